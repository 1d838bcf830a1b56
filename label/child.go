package label

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"packbench/raster"
)

// The parent and its rendering child speak gob over the child's standard input
// and output: one hello, then requests, each answered once, in order. The child
// ends when its input ends.

type hello struct {
	CacheDir string
	Limits   Limits
}

type operation int

const (
	opOpen operation = iota + 1
	opRender
	opClose
)

type request struct {
	Op   operation
	PDF  []byte // opOpen
	Page int    // opRender
	DPI  float64
}

type response struct {
	Fault string // empty: done
	Kind  int    // index in faultKinds of what Fault wraps
	Pages []PageSize
	Page  *raster.Bitmap
}

// faultKinds are the errors that keep their identity across the pipe.
var faultKinds = []error{ErrRenderer, ErrEncrypted, ErrDamaged, ErrTooLarge, ErrNoPage, ErrTimedOut}

func faultOf(err error) (fault string, kind int) {
	if err == nil {
		return "", 0
	}
	for i, k := range faultKinds {
		if errors.Is(err, k) {
			return err.Error(), i
		}
	}
	return err.Error(), 0
}

// childFault is an error that happened in the child.
type childFault struct {
	text string
	kind error
}

func (e *childFault) Error() string { return e.text }
func (e *childFault) Unwrap() error { return e.kind }

func (r *response) err() error {
	if r.Fault == "" {
		return nil
	}
	kind := ErrRenderer
	if r.Kind >= 0 && r.Kind < len(faultKinds) {
		kind = faultKinds[r.Kind]
	}
	return &childFault{text: r.Fault, kind: kind}
}

// child is an engine in a process of its own.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	enc    *gob.Encoder
	dec    *gob.Decoder
	limits Limits
	said   *tail // what it wrote to standard error
	ended  sync.Once
}

// startChild runs our own executable again as the renderer.
func startChild(ctx context.Context, cacheDir string, limits Limits) (backend, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own executable: %w: %w", ErrRenderer, err)
	}
	c := &child{cmd: exec.Command(self), limits: limits, said: &tail{}}
	c.cmd.Env = append(os.Environ(), workerVariable+"=1")
	c.cmd.Stderr = c.said
	hideWindow(c.cmd)
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start renderer: %w: %w", ErrRenderer, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start renderer: %w: %w", ErrRenderer, err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start renderer: %w: %w", ErrRenderer, err)
	}
	c.enc, c.dec = gob.NewEncoder(c.in), gob.NewDecoder(out)
	if _, err := c.call(ctx, "start renderer", startLimit, hello{CacheDir: cacheDir, Limits: limits}); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// call sends one message and waits for its answer; when time is over or ctx
// ends the process is killed, which ends the waiting.
func (c *child) call(ctx context.Context, doing string, limit time.Duration, message any) (*response, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	disarm := context.AfterFunc(limited, func() { _ = c.cmd.Process.Kill() })
	var answer response
	err := c.enc.Encode(message)
	if err == nil {
		err = c.dec.Decode(&answer)
	}
	if inTime := disarm(); !inTime {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
		return nil, fmt.Errorf("%s: stopped after %v: %w", doing, limit, ErrTimedOut)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w%s", doing, ErrRenderer, err, c.said.suffix())
	}
	return &answer, answer.err()
}

func (c *child) open(ctx context.Context, pdf []byte) ([]PageSize, error) {
	answer, err := c.call(ctx, "open document", c.limits.PageTime, request{Op: opOpen, PDF: pdf})
	if err != nil {
		return nil, err
	}
	return answer.Pages, nil
}

func (c *child) render(ctx context.Context, page int, dpi float64) (*raster.Bitmap, error) {
	answer, err := c.call(ctx, "render page", c.limits.PageTime, request{Op: opRender, Page: page, DPI: dpi})
	if err != nil {
		return nil, err
	}
	bm := answer.Page
	if bm == nil || bm.Stride != (bm.W+7)/8 || len(bm.Bits) != bm.Stride*bm.H {
		return nil, fmt.Errorf("render page %d: malformed answer: %w", page+1, ErrRenderer)
	}
	return bm, nil
}

func (c *child) closeDocument() {
	// A child that fails here is found broken by the next call.
	_, _ = c.call(context.Background(), "close document", c.limits.PageTime, request{Op: opClose})
}

func (c *child) interrupt() { _ = c.cmd.Process.Kill() }

func (c *child) stop() {
	c.ended.Do(func() {
		_ = c.in.Close()
		_ = c.cmd.Process.Kill() // it holds nothing that needs an orderly end
		_ = c.cmd.Wait()
	})
}

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

const tailBytes = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if n := len(t.last) - tailBytes; n > 0 {
		t.last = bytes.Clone(t.last[n:])
	}
	return len(p), nil
}

func (t *tail) suffix() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := strings.TrimSpace(string(t.last)); s != "" {
		return ": " + s
	}
	return ""
}
