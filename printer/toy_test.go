package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"packbench/raster"
)

// toy is a language in which a test can see everything: a page is its width in
// letters j and a dot, Cancel is "!", the question is "?", and an answer is one
// line "pending fault".
type toy struct{}

func (toy) Name() string        { return "toy" }
func (toy) Cancel() []byte      { return []byte("!") }
func (toy) StatusQuery() []byte { return []byte("?") }

func (toy) Encode(page *raster.Bitmap, _ Profile, copies int) ([]byte, error) {
	if page.W == 0 {
		return nil, errors.New("empty")
	}
	return bytes.Repeat(append(bytes.Repeat([]byte("j"), page.W-1), '.'), copies), nil
}

func (toy) ParseStatus(buf []byte) (Status, int, bool) {
	i := bytes.IndexByte(buf, '\n')
	if i < 0 {
		return Status{}, 0, false
	}
	pending, fault, _ := strings.Cut(string(buf[:i]), " ")
	n, err := strconv.Atoi(pending)
	st := Status{Known: err == nil, Fault: fault, Pending: n}
	return st, i + 1, true
}

// toyPrinter is the other end of the wire.
type toyPrinter struct {
	mu      sync.Mutex
	refuse  bool // Dial fails
	silent  bool // questions are not answered
	deaf    bool // takes no bytes
	late    time.Duration
	breakAt int    // the wire breaks after so many more bytes; 0 = never
	answer  string // to a question
	got     []byte // everything read, "|" at the start of each connection
	asked   []time.Time
	dialled []time.Time
	conns   []*toyConn
}

func (p *toyPrinter) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *toyPrinter) read() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.got)
}

func (p *toyPrinter) dial(context.Context) (Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialled = append(p.dialled, time.Now())
	if p.refuse {
		return nil, errors.New("refused")
	}
	mine, theirs := net.Pipe()
	c := &toyConn{Conn: theirs, p: p, other: mine}
	p.got = append(p.got, '|')
	p.conns = append(p.conns, c)
	return c, nil
}

// hangUp breaks every connection from the printer's side.
func (p *toyPrinter) hangUp() {
	p.set(func() {
		for _, c := range p.conns {
			c.other.Close()
		}
	})
}

// toyConn takes writes at once (net.Pipe would make the writer wait for the
// reader) and answers questions.
type toyConn struct {
	net.Conn
	p     *toyPrinter
	other net.Conn
	limit time.Time
}

func (c *toyConn) SetWriteDeadline(t time.Time) error { c.limit = t; return nil }
func (c *toyConn) Close() error                       { c.other.Close(); return c.Conn.Close() }

func (c *toyConn) Write(b []byte) (int, error) {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, ch := range b {
		if p.deaf {
			p.mu.Unlock()
			time.Sleep(time.Until(c.limit))
			p.mu.Lock()
			return i, os.ErrDeadlineExceeded
		}
		if p.breakAt > 0 {
			if p.breakAt--; p.breakAt == 0 {
				c.other.Close()
				return i, errors.New("broken")
			}
		}
		p.got = append(p.got, ch)
		if ch == '?' {
			p.asked = append(p.asked, time.Now())
			if !p.silent {
				text, wait := p.answer, p.late
				go func() {
					time.Sleep(wait)
					_, _ = io.WriteString(c.other, text+"\n")
				}()
			}
		}
	}
	return len(b), nil
}

// rig is a running printer under test.
type rig struct {
	t    *testing.T
	wire *toyPrinter
	p    *Printer
	stop func()

	mu  sync.Mutex
	got []string // reports as "id state sent reason"
}

// run starts everything inside a synctest bubble and stops it at the end.
func run(t *testing.T, wire *toyPrinter, change func(*Options), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if wire.answer == "" {
			wire.answer = "0"
		}
		opt := Options{Language: toy{}, Dial: wire.dial, Profile: Profile{ID: "toy-1", Status: true}}
		if change != nil {
			change(&opt)
		}
		r := &rig{t: t, wire: wire, p: New(opt)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		var once sync.Once
		r.stop = func() { once.Do(func() { cancel(); <-ended }) }
		go func() { defer close(ended); r.p.Run(ctx) }()
		quit := make(chan struct{})
		go func() {
			for {
				select {
				case rep := <-r.p.Reports():
					r.mu.Lock()
					s := fmt.Sprintf("%s %s %d %s", rep.ID, rep.State, rep.Sent, rep.Reason)
					r.got = append(r.got, s)
					r.mu.Unlock()
				case <-quit:
					return
				}
			}
		}()
		test(r)
		r.stop()
		synctest.Wait()
		close(quit)
		time.Sleep(time.Minute) // answers on their way
	})
}

func (r *rig) submit(id string, size int) {
	r.p.Submit(Job{ID: id, Page: raster.New(size, 1)})
}

// after lets time pass and then compares all reports so far.
func (r *rig) after(d time.Duration, want ...string) {
	r.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range max(len(want), len(r.got)) {
		var g, w string
		if i < len(r.got) {
			g = r.got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			r.t.Errorf("report %d is %q, want %q", i, g, w)
		}
	}
	r.got = nil
}

func (r *rig) health(state HealthState, fault string, known bool) {
	r.t.Helper()
	if h := r.p.Health(); h.State != state || h.Fault != fault || h.Known != known {
		r.t.Errorf("health %s %q known=%v, want %s %q known=%v", h.State, h.Fault, h.Known, state, fault, known)
	}
}
