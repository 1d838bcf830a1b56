package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"packbench/bench"
	"packbench/scanner"
)

// request is a line to a bench in a process of its own: one of its fields is
// set. Clock is how far the day's clock is ahead of the system's.
type request struct {
	N     int           `json:"n"`
	Clock time.Duration `json:"clock,omitempty"`
	Scan  *scanner.Scan `json:"scan,omitempty"`
	PIN   string        `json:"pin,omitempty"`
	Set   []string      `json:"set,omitempty"` // key, value
	Quit  bool          `json:"quit,omitempty"`
}

// reply is a line from it: a view that changed, or the answer to a request
// with the view that followed.
type reply struct {
	N int `json:"n,omitempty"` // of the request; 0 = none, the screen changed
	// Stored is when the scan of the request was made, in ms, and is written
	// only after its transaction is on the disk; 0 = it left no trace.
	Stored int64       `json:"stored,omitempty"`
	Error  string      `json:"error,omitempty"`
	View   *bench.View `json:"view"`
}

// Hooks hear what a Remote hears; nil ones are left out. They run on its
// reading goroutine.
type Hooks struct {
	// Started is told that the process runs, and how to kill it.
	Started func(kill func())
	// Stored is told the time of each scan that the bench acknowledged, and the
	// view that came with it.
	Stored func(atMs int64, v *bench.View)
	// Seen is told each view.
	Seen func(v *bench.View)
}

// Remote is a bench in a process of its own. What it said before it died is
// heard to the end: a pipe outlives who wrote into it.
type Remote struct {
	hooks Hooks
	cmd   *exec.Cmd
	stdin io.WriteCloser
	clock func() time.Duration
	view  atomic.Pointer[bench.View]
	first *bench.View
	up    chan struct{} // closed at the first view
	gone  chan struct{} // closed when its output has ended

	asking sync.Mutex // one request at a time
	mu     sync.Mutex
	n      int
	answer chan reply
	watch  map[chan struct{}]bool
}

// StartRemote starts a process that ends in ServeDesk, and waits for its first
// view. clock says how far the day's clock is ahead.
func StartRemote(ctx context.Context, cmd *exec.Cmd, clock func() time.Duration, hooks Hooks) (*Remote, error) {
	r := &Remote{
		hooks: hooks, cmd: cmd, clock: clock,
		up: make(chan struct{}), gone: make(chan struct{}), watch: map[chan struct{}]bool{},
	}
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	var err error
	if r.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if hooks.Started != nil {
		hooks.Started(r.Kill)
	}
	go r.read(stdout)
	select {
	case <-r.up:
		return r, nil
	case <-r.gone:
		return nil, errors.Join(fmt.Errorf("start bench: %w before it showed anything", ErrGone), ignoreKilled(cmd.Wait()))
	case <-ctx.Done():
		_ = cmd.Process.Kill() // it may have ended already
		<-r.gone
		return nil, errors.Join(ctx.Err(), ignoreKilled(cmd.Wait()))
	}
}

func (r *Remote) read(stdout io.Reader) {
	defer close(r.gone)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			r.changed()
			return // a torn last line was never an answer
		}
		var a reply
		if !strings.HasPrefix(string(line), "{") || json.Unmarshal(line, &a) != nil || a.View == nil {
			continue
		}
		if r.first == nil {
			r.first = a.View
			r.view.Store(a.View)
			close(r.up)
		}
		r.view.Store(a.View)
		if a.Stored != 0 && r.hooks.Stored != nil {
			r.hooks.Stored(a.Stored, a.View)
		}
		if r.hooks.Seen != nil {
			r.hooks.Seen(a.View)
		}
		r.mu.Lock()
		if a.N != 0 && a.N == r.n && r.answer != nil {
			r.answer <- a
			r.answer = nil
		}
		r.mu.Unlock()
		r.changed()
	}
}

func (r *Remote) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.watch {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// First is the first view of this life.
func (r *Remote) First() *bench.View { return r.first }

// View is the last view.
func (r *Remote) View() *bench.View { return r.view.Load() }

// Watch is Desk's.
func (r *Remote) Watch() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watch[c] = true
	return c, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watch, c)
	}
}

// Gone tells whether the process has ended and all that it said was heard.
func (r *Remote) Gone() bool {
	select {
	case <-r.gone:
		return true
	default:
		return false
	}
}

// Scan is Desk's.
func (r *Remote) Scan(ctx context.Context, s scanner.Scan) error {
	return r.ask(ctx, request{Scan: &s})
}

// PIN is Desk's.
func (r *Remote) PIN(ctx context.Context, pin string) error { return r.ask(ctx, request{PIN: pin}) }

// Set is Desk's.
func (r *Remote) Set(ctx context.Context, key, value string) error {
	return r.ask(ctx, request{Set: []string{key, value}})
}

func (r *Remote) ask(ctx context.Context, q request) error {
	r.asking.Lock()
	defer r.asking.Unlock()
	answer := make(chan reply, 1)
	r.mu.Lock()
	r.n++
	q.N, q.Clock = r.n, r.clock()
	r.answer = answer
	r.mu.Unlock()
	line, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("ask bench: %w", err)
	}
	_, _ = r.stdin.Write(append(line, '\n')) // a closed pipe shows as gone
	select {
	case a := <-answer:
		return a.err()
	case <-r.gone:
		select { // its last words may have been the answer
		case a := <-answer:
			return a.err()
		default:
			return ErrGone
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a reply) err() error {
	if a.Error != "" {
		return fmt.Errorf("bench: %s", a.Error)
	}
	return nil
}

// Kill ends the process as a power cut of the program would: SIGKILL.
func (r *Remote) Kill() {
	_ = r.cmd.Process.Kill() // it may have ended already
}

// Close ends it in order, if it still runs, and waits. A process that was
// killed is no error.
func (r *Remote) Close() error {
	if line, err := json.Marshal(request{Quit: true, Clock: r.clock()}); err == nil {
		_, _ = r.stdin.Write(append(line, '\n')) // it may be gone
	}
	_ = r.stdin.Close()
	select {
	case <-r.gone:
	case <-time.After(20 * time.Second):
		r.Kill()
		<-r.gone
	}
	return ignoreKilled(r.cmd.Wait())
}

func ignoreKilled(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() {
		return nil // by a signal
	}
	if err != nil {
		return fmt.Errorf("end bench: %w", err)
	}
	return nil
}
