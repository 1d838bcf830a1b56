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
	Faults  uint64 // misbehave by chance with this seed; 0 = only on command
}

// RunERP serves an [ERP] as a process until ctx ends, stdin says quit or the
// listener breaks; the end of stdin alone changes nothing. It prints JSON lines:
//
//	{"event":"listening","url":"http://127.0.0.1:41234"}
//	{"event":"delivered","delivery":{…}}     after it is on disk
//	{"event":"ok","command":"…"}  {"event":"error","command":"…","error":"…"}
//
// and takes commands, one a line. Those that befall requests count POSTs unless
// "get" follows; N is how many suffer:
//
//	order {json}          cancel {json}      add a change
//	fail STATUS N [get]         answer with that status, without effect
//	fail-after STATUS N [get]   take effect, then answer with that status
//	429 N SECONDS [get]         busy, with Retry-After; 503 likewise
//	429-date N SECONDS [get]    the same with a date; 503-date likewise
//	lose-request N [get]        cut the connection without effect
//	lose-answer N [get]         take effect, then cut the connection
//	cut-body N [get]            take effect, then cut in the middle of the answer
//	nonsense N [get]            take effect, then answer 200 with garbage
//	portal N [get]              answer 200 with a sign-in page, without effect
//	slow 2s               wait before every answer, after the effect; slow 0 ends it
//	date -3h              what its Date header is off by; date 0 ends it
//	clock 3h              what its whole clock is off by; clock 0 ends it
//	secret whsec_…        another secret
//	keys off              a second call is a second effect; keys on
//	offline               stop listening and cut all connections
//	online                listen again on the same address
//	away 30s              offline, and online again after that time
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
	p := &process{erp: e, out: stdout, leave: make(chan time.Duration, 1), back: make(chan struct{}, 1)}
	if o.Faults != 0 {
		e.ByChance(o.Faults)
		e.away = func(d time.Duration) {
			select {
			case p.leave <- d:
			default: // it is going already
			}
		}
	}
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
		case d := <-p.leave:
			p.goAway(d)
		case <-p.back:
			if err := p.online(p.addr); err != nil {
				return err
			}
			p.say(map[string]any{"event": "back"})
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
	leave  chan time.Duration // go away for so long
	back   chan struct{}      // that time is over

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

// goAway goes offline for d.
func (p *process) goAway(d time.Duration) {
	p.offline()
	p.say(map[string]any{"event": "away", "seconds": d.Seconds()})
	time.AfterFunc(d, func() {
		select {
		case p.back <- struct{}{}:
		default: // one return is enough
		}
	})
}

// duration reads the argument of slow, date, clock and away; "0" is fine.
func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("want a duration, as 2s")
	}
	return d, nil
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
	case "slow", "date", "clock", "away":
		d, err := duration(rest)
		if err != nil {
			return err
		}
		if d < 0 && (word == "slow" || word == "away") {
			return errors.New("want no negative duration")
		}
		if word == "away" {
			p.goAway(d)
			return nil
		}
		p.erp.mu.Lock()
		defer p.erp.mu.Unlock()
		switch word {
		case "slow":
			p.erp.slow = d
		case "date":
			p.erp.date = d
		case "clock":
			p.erp.ahead = d
		}
		return nil
	case "secret":
		return p.erp.SetSecret(rest)
	case "keys":
		if rest != "on" && rest != "off" {
			return errors.New("want on or off")
		}
		p.erp.Keys(rest == "on")
		return nil
	}
	return p.erp.addFaults(word, strings.Fields(rest))
}
