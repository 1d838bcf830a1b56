package emulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// RunningPrinter is an emulator inside this process, for tests: the same wire,
// the same commands, without a process of its own.
type RunningPrinter struct {
	URI string // socket://127.0.0.1:PORT

	stop  context.CancelFunc
	stdin *io.PipeWriter
	ended chan struct{}
	err   error // of RunPrinter, once ended

	mu      sync.Mutex
	printed []Printed
	events  []map[string]any
	changed chan struct{} // closed and replaced at every event
	pending chan done     // answers to Do
	doing   sync.Mutex    // one Do at a time
}

// StartPrinter starts an emulator and returns when it listens.
func StartPrinter(opt PrinterOptions) (*RunningPrinter, error) {
	ctx, stop := context.WithCancel(context.Background())
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	r := &RunningPrinter{
		stop: stop, stdin: inW, ended: make(chan struct{}),
		changed: make(chan struct{}), pending: make(chan done, 1),
	}
	go func() {
		r.err = RunPrinter(ctx, opt, inR, outW)
		_ = outW.Close()
		_ = inR.Close()
		close(r.ended)
	}()
	up := make(chan string, 1)
	go r.follow(outR, up)
	select {
	case r.URI = <-up:
		return r, nil
	case <-r.ended:
		stop()
		if r.err == nil {
			r.err = errors.New("it ended at once")
		}
		return nil, fmt.Errorf("start printer: %w", r.err)
	}
}

// follow reads the emulator's standard output.
func (r *RunningPrinter) follow(out io.Reader, up chan<- string) {
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := append([]byte(nil), sc.Bytes()...)
		var event map[string]any
		if json.Unmarshal(line, &event) != nil {
			continue
		}
		r.mu.Lock()
		r.events = append(r.events, event)
		if event["event"] == "printed" {
			var p Printed
			if json.Unmarshal(line, &p) == nil {
				r.printed = append(r.printed, p)
			}
		}
		close(r.changed)
		r.changed = make(chan struct{})
		r.mu.Unlock()
		switch event["event"] {
		case "listening":
			up <- event["uri"].(string)
		case "ok", "error":
			var d done
			if json.Unmarshal(line, &d) == nil && d.Command != "" {
				r.pending <- d
			}
		}
	}
}

// Do gives one command and returns when it was obeyed.
func (r *RunningPrinter) Do(command string) error {
	r.doing.Lock()
	defer r.doing.Unlock()
	if _, err := io.WriteString(r.stdin, command+"\n"); err != nil {
		return fmt.Errorf("command printer: %w", err)
	}
	select {
	case d := <-r.pending:
		if d.Event == "error" {
			return fmt.Errorf("command printer: %s: %s", command, d.Error)
		}
		return nil
	case <-r.ended:
		if command == "quit" {
			return nil
		}
		return fmt.Errorf("command printer: it has ended: %w", r.err)
	}
}

// Printed are the labels on paper so far.
func (r *RunningPrinter) Printed() []Printed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Printed(nil), r.printed...)
}

// Events are all events so far, by their names in order of time.
func (r *RunningPrinter) Events(name string) []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []map[string]any
	for _, e := range r.events {
		if e["event"] == name {
			out = append(out, e)
		}
	}
	return out
}

// Wait returns when ok holds, which is tried after every event, or when ctx ends.
func (r *RunningPrinter) Wait(ctx context.Context, ok func() bool) error {
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-r.ended:
			if ok() {
				return nil
			}
			return errors.New("wait for printer: it has ended")
		case <-ctx.Done():
			return fmt.Errorf("wait for printer: %w", ctx.Err())
		}
	}
}

// Close ends the emulator.
func (r *RunningPrinter) Close() error {
	r.stop()
	_ = r.stdin.Close()
	<-r.ended
	return r.err
}
