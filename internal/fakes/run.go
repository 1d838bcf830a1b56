package fakes

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ERPOptions of RunERP.
type ERPOptions struct {
	Listen  string // "127.0.0.1:0"; port 0 takes a free one
	Secret  string // "whsec_…"
	Ledger  string // file that is appended to; "" = none
	Changes string // file with changes to begin with; "" = none
}

// RunERP serves an [ERP] as a process until ctx ends, stdin says quit or the
// listener breaks; the end of stdin alone changes nothing. It prints JSON lines:
//
//	{"event":"listening","url":"http://127.0.0.1:41234"}
//	{"event":"delivered","delivery":{…}}     after it is on disk
//	{"event":"ok","command":"…"}  {"event":"error","command":"…","error":"…"}
//
// and takes commands, one a line. Those that befall requests count POSTs unless
// "get" follows:
//
//	order {json}          cancel {json}      add a change
//	fail 500 N [get]      429 N SECONDS [get]
//	lose-answer N [get]   take effect, then cut the connection
//	lose-request N [get]  cut the connection without effect
//	slow 2s               wait before every answer, after the effect; slow 0 ends it
//	offline               stop listening and cut all connections
//	online                listen again on the same address
//	quit
//
// The changes file holds {"changes":[…]}, an array, or one JSON object a line.
func RunERP(ctx context.Context, o ERPOptions, stdin io.Reader, stdout io.Writer) (err error) {
	e, err := NewERP(o.Secret, o.Ledger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if o.Changes != "" {
		if err := e.loadChanges(o.Changes); err != nil {
			return err
		}
	}
	p := &process{erp: e, out: stdout}
	e.notify = func(d Delivery) { p.say(map[string]any{"event": "delivered", "delivery": d}) }
	if err := p.online(o.Listen); err != nil {
		return err
	}
	defer p.offline()
	p.say(map[string]any{"event": "listening", "url": "http://" + p.addr})

	lines := make(chan string)
	go readLines(ctx, stdin, lines)
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			if line == "quit" {
				return nil
			}
			if err := p.do(line); err != nil {
				p.say(map[string]any{"event": "error", "command": line, "error": err.Error()})
				continue
			}
			p.say(map[string]any{"event": "ok", "command": line})
		}
	}
}

func readLines(ctx context.Context, r io.Reader, lines chan<- string) {
	defer close(lines)
	s := bufio.NewScanner(r)
	s.Buffer(nil, erpMaxBody)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			continue
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return
		}
	}
}

// loadChanges reads the file of changes in any of its forms.
func (e *ERP) loadChanges(name string) error {
	data, err := os.ReadFile(name) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	var page struct {
		Changes []json.RawMessage `json:"changes"`
	}
	if json.Unmarshal(data, &page) != nil || page.Changes == nil {
		page.Changes = nil
		if json.Unmarshal(data, &page.Changes) != nil {
			for line := range strings.Lines(string(data)) {
				if line = strings.TrimSpace(line); line != "" {
					page.Changes = append(page.Changes, json.RawMessage(line))
				}
			}
		}
	}
	for i, raw := range page.Changes {
		if err := e.AddChange("", raw); err != nil {
			return fmt.Errorf("read changes: entry %d: %w", i+1, err)
		}
	}
	return nil
}

// process is the running server around an ERP.
type process struct {
	erp    *ERP
	addr   string // host:port, kept over offline
	server *http.Server

	mu  sync.Mutex // guards out: handlers and commands both speak
	out io.Writer
}

func (p *process) say(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Whoever started us may have stopped listening; the ledger has it all.
	_ = json.NewEncoder(p.out).Encode(v)
}

func (p *process) online(addr string) error {
	if p.server != nil {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	p.addr = l.Addr().String()
	p.server = &http.Server{Handler: p.erp, ReadHeaderTimeout: 10 * time.Second}
	go func(s *http.Server) { _ = s.Serve(l) }(p.server) // ends with Close
	return nil
}

func (p *process) offline() {
	if p.server != nil {
		_ = p.server.Close() // cuts everything; nothing to save
		p.server = nil
	}
}

// do obeys one command.
func (p *process) do(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "order", "cancel":
		return p.erp.AddChange(word, []byte(rest))
	case "offline":
		p.offline()
		return nil
	case "online":
		return p.online(p.addr)
	case "slow":
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 {
			return errors.New("want a duration, as 2s")
		}
		p.erp.mu.Lock()
		p.erp.slow = d
		p.erp.mu.Unlock()
		return nil
	case "fail", "429", "lose-answer", "lose-request":
		return p.erp.addFaults(word, strings.Fields(rest))
	}
	return fmt.Errorf("unknown command %q", word)
}

// addFaults reads the numbers of a fault command.
func (e *ERP) addFaults(word string, args []string) error {
	method := http.MethodPost
	if n := len(args); n > 0 && strings.EqualFold(args[n-1], http.MethodGet) {
		method, args = http.MethodGet, args[:n-1]
	}
	want := map[string]int{"fail": 2, "429": 2, "lose-answer": 1, "lose-request": 1}[word]
	if len(args) != want {
		return fmt.Errorf("want %d numbers", want)
	}
	var n [2]int
	for i, a := range args {
		v, err := strconv.Atoi(strings.TrimSuffix(a, "s"))
		if err != nil || v < 0 || v > 1_000_000 {
			return fmt.Errorf("%q is no number from 0 to 1000000", a)
		}
		n[i] = v
	}
	fault, count := erpFault{kind: word}, n[0]
	switch word {
	case "fail":
		fault.status, count = n[0], n[1]
		if fault.status < 200 || fault.status > 599 {
			return errors.New("want a status from 200 to 599")
		}
	case "429":
		fault.after = n[1]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for range count {
		e.faults[method] = append(e.faults[method], fault)
	}
	return nil
}
