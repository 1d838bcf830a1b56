package scale

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"packbench/internal/serialport"
)

// pan is a scale at the far end of a pipe.
type pan struct {
	mu       sync.Mutex
	plugged  bool
	silent   bool
	grams    int
	opens    int
	asked    []string
	far      net.Conn
	readings []Reading
	states   []string
}

func (p *pan) open(context.Context) (io.ReadWriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opens++
	if !p.plugged {
		return nil, fmt.Errorf("open /dev/x: %w", serialport.ErrAbsent)
	}
	near, far := net.Pipe()
	p.far = far
	go p.answer(far)
	return near, nil
}

func (p *pan) answer(far net.Conn) {
	lines := bufio.NewScanner(far)
	for lines.Scan() {
		p.mu.Lock()
		p.asked = append(p.asked, lines.Text())
		silent, grams := p.silent, p.grams
		p.mu.Unlock()
		if lines.Text() == "SI" && !silent {
			if _, err := fmt.Fprintf(far, "S S %10d g\r\n", grams); err != nil {
				return
			}
		}
	}
}

func (p *pan) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *pan) source() *Source {
	return &Source{
		Open:     p.open,
		Protocol: func() Protocol { return &MTSICS{} },
		Deliver:  func(r Reading) { p.set(func() { p.readings = append(p.readings, r) }) },
		Notify:   func(s DeviceStatus) { p.set(func() { p.states = append(p.states, string(s.State)+string(s.Reason)) }) },
	}
}

// TestSource plays a scale that comes, is silent, is pulled out and comes back.
func TestSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &pan{grams: 1500}
		source := p.source()
		done := make(chan error)
		go func() { done <- source.Run(ctx) }()

		time.Sleep(4 * time.Second)
		p.set(func() {
			if p.opens != 4 { // at 0, 0.3, 0.9 and 2.1 s
				t.Errorf("tried to open %d times in 4 s", p.opens)
			}
			p.plugged = true
		})
		time.Sleep(2 * time.Second)
		if r, ok := source.Latest(); !ok || r.Milligrams != 1_500_000 || !r.StableAt(time.Now()) {
			t.Errorf("latest: %+v, %v", r, ok)
		}
		p.set(func() { p.silent = true })
		time.Sleep(4 * time.Second)
		if r, ok := source.Latest(); !ok || r.StableAt(time.Now()) {
			t.Errorf("a silent scale's latest is still stable: %+v, %v", r, ok)
		}
		if got := source.Status(); got.Reason != ReasonSilent {
			t.Errorf("silent scale: %+v", got)
		}
		p.set(func() { p.silent, p.grams = false, 800 })
		time.Sleep(time.Second)
		p.set(func() { _ = p.far.Close(); p.plugged = false })
		time.Sleep(time.Second)
		if r, ok := source.Latest(); ok {
			t.Errorf("an unplugged scale has a latest reading: %+v", r)
		}
		p.set(func() { p.plugged = true })
		time.Sleep(6 * time.Second)
		if r, ok := source.Latest(); !ok || r.Milligrams != 800_000 {
			t.Errorf("latest after coming back: %+v, %v", r, ok)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		synctest.Wait()
		p.set(func() {
			want := []string{"opening", "absent", "ready", "errorsilent", "ready", "errorlost", "absent", "ready"}
			if !slices.Equal(p.states, want) {
				t.Errorf("states %q, want %q", p.states, want)
			}
			if p.asked[0] != "@" || p.asked[1] != "SI" {
				t.Errorf("asked %q first", p.asked[:2])
			}
		})
	})
}

// deaf is a port that takes no bytes and gives none until it is closed.
type deaf struct{ closed chan struct{} }

func (d deaf) Read([]byte) (int, error)  { <-d.closed; return 0, io.EOF }
func (d deaf) Write([]byte) (int, error) { <-d.closed; return 0, io.ErrClosedPipe }
func (d deaf) Close() error              { close(d.closed); return nil }

// TestSourceStuckPort: a driver that takes no bytes is closed and opened again.
func TestSourceStuckPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		opens := 0
		source := &Source{
			Open: func(context.Context) (io.ReadWriteCloser, error) {
				mu.Lock()
				defer mu.Unlock()
				opens++
				return deaf{make(chan struct{})}, nil
			},
			Protocol: func() Protocol { return &MTSICS{} },
		}
		done := make(chan error)
		go func() { done <- source.Run(ctx) }()
		time.Sleep(10 * time.Second)
		if got := source.Status(); got.State != StateError || got.Reason != ReasonLost || !errors.Is(got.Err, errWriteStuck) {
			t.Errorf("status %+v", got)
		}
		cancel()
		<-done
		mu.Lock()
		defer mu.Unlock()
		if opens < 3 {
			t.Errorf("opened %d times", opens)
		}
	})
}

func TestOpenAbsentPort(t *testing.T) {
	address, err := serialport.Parse("serial:/nonexistent/tty?baud=4800&mode=7E2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := address.Open(t.Context()); !errors.Is(err, serialport.ErrAbsent) {
		t.Errorf("open: %v, want %v", err, serialport.ErrAbsent)
	}
	if state, reason := classify(serialport.ErrAbsent); state != StateAbsent || reason != ReasonNone {
		t.Errorf("classify: %s %s", state, reason)
	}
}
