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
	"time"
)

// process is an emulator or a fake server: JSON lines come out, commands go in.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	events chan event
	done   chan struct{}
}

// event is one JSON line of a process.
type event struct {
	Event string `json:"event"`
	URI   string `json:"uri"`
	URL   string `json:"url"`
	N     int    `json:"n"`
	PNG   string `json:"png"`
	SHA   string `json:"sha256"`
	Error string `json:"error"`
}

// startProcess starts exe with args and waits until it listens. It answers
// the address.
func startProcess(ctx context.Context, exe string, stderr io.Writer, args ...string) (*process, string, error) {
	p := &process{name: args[0] + " " + args[1], events: make(chan event, 10_000), done: make(chan struct{})}
	p.cmd = exec.Command(exe, args...)
	p.cmd.Stderr = stderr
	p.cmd.Env = os.Environ()
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, "", fmt.Errorf("start %s: %w", p.name, err)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", p.name, err)
	}
	go p.read(stdout)
	select {
	case e, ok := <-p.events:
		if !ok || e.Event != "listening" {
			return nil, "", errors.Join(fmt.Errorf("start %s: it does not listen (%s %s)", p.name, e.Event, e.Error), p.stop())
		}
		if e.URI != "" {
			return p, e.URI, nil
		}
		return p, e.URL, nil
	case <-time.After(20 * time.Second):
		return nil, "", errors.Join(fmt.Errorf("start %s: no answer", p.name), p.stop())
	case <-ctx.Done():
		return nil, "", errors.Join(ctx.Err(), p.stop())
	}
}

func (p *process) read(stdout io.Reader) {
	defer close(p.done)
	defer close(p.events)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			p.events <- e
		}
	}
}

// tell gives the process a command line.
func (p *process) tell(format string, args ...any) error {
	if _, err := fmt.Fprintf(p.stdin, format+"\n", args...); err != nil {
		return fmt.Errorf("tell %s: %w", p.name, err)
	}
	return nil
}

// stop ends the process: by asking, and if it does not listen, by force.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	_ = p.tell("quit") // it may be gone already
	_ = p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("end %s: %w", p.name, err)
	}
	return nil
}
