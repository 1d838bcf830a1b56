// Package emulate pretends to be the devices of a packing bench, on the real
// wire: programs that talk to it cannot tell the difference.
//
// Every emulator is a process of its own (or a goroutine in tests), so that what
// it saw survives a crash of the program under test. It obeys commands, one a
// line, on its standard input; tells what happens, one JSON object a line, on
// its standard output; and keeps a ledger, one JSON object a line, each written
// to disk before the device acts as if it had happened.
//
// It reads what it is sent with packages that the program under test does not
// use for writing, so that it is a second opinion.
package emulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// jsonLines writes one JSON object a line. Lines of several goroutines do not mix.
type jsonLines struct {
	mu sync.Mutex
	w  io.Writer
}

// emit writes one event. A standard output that nobody reads any more is no
// reason for a device to stop, so errors are dropped.
func (j *jsonLines) emit(event any) {
	b, err := json.Marshal(event)
	if err != nil {
		b = fmt.Appendf(nil, `{"event":"error","error":%q}`, err.Error())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.w.Write(append(b, '\n'))
}

// ledger is an append-only file of JSON lines; add returns when the line is on disk.
type ledger struct {
	mu sync.Mutex
	f  *os.File
}

// openLedger opens or makes the file; an empty path gives a ledger that keeps nothing.
func openLedger(path string) (*ledger, error) {
	if path == "" {
		return &ledger{}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return &ledger{f: f}, nil
}

func (l *ledger) add(entry any) error {
	if l.f == nil {
		return nil
	}
	b, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

func (l *ledger) Close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}

// commandLines passes on the trimmed, non-empty lines of r and closes the channel
// at its end. The goroutine ends with r or when done is closed and a line comes.
func commandLines(r io.Reader, done <-chan struct{}) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		if r == nil {
			return
		}
		sc := bufio.NewScanner(r)
		for sc.Scan() {
			line := strings.TrimSpace(sc.Text())
			if line == "" {
				continue
			}
			select {
			case lines <- line:
			case <-done:
				return
			}
		}
	}()
	return lines
}

// done tells that a command was obeyed, so that a script need not guess when.
type done struct {
	Event   string `json:"event"` // "ok" or "error"
	Command string `json:"command"`
	Error   string `json:"error,omitempty"`
}

// answer reports the outcome of a command.
func (j *jsonLines) answer(command string, err error) {
	d := done{Event: "ok", Command: command}
	if err != nil {
		d.Event, d.Error = "error", err.Error()
	}
	j.emit(d)
}

// stamp is a time as emulators write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
