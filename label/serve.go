package label

import (
	"bufio"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// workerVariable in the environment makes a process the rendering child.
const workerVariable = "PACKBENCH_RENDER_WORKER"

// serves tells that this executable's main calls ServeRenderer, so that
// starting it again gives a renderer and not a second program.
var serves atomic.Bool

func canServe() bool { return serves.Load() }

// ServeRenderer must be the first thing that main does. In a process that was
// started as the rendering child it serves until its parent is gone and then
// exits; in any other it returns at once and allows renderers to start such
// children.
func ServeRenderer() {
	if os.Getenv(workerVariable) == "" {
		serves.Store(true)
		return
	}
	_ = os.Unsetenv(workerVariable)
	if err := serve(os.Stdin, os.Stdout, func() { os.Exit(0) }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// garbageBytes is how much may be answered before garbage is collected, and
// quietTime how long no document must be open and no request come before the
// next instance is made ready and memory goes back to the system.
const (
	garbageBytes = 32 << 20
	quietTime    = 20 * time.Millisecond
)

// serve answers requests until in ends. A collection stops every goroutine
// until a running native call ends, and with it the goroutine that sees our
// parent's end; so collections are made between calls only.
func serve(in io.Reader, out io.Writer, parentGone func()) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	dec := gob.NewDecoder(bufio.NewReader(in))
	buffered := bufio.NewWriter(out)
	enc := gob.NewEncoder(buffered)
	answer := func(r response) error {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		return buffered.Flush()
	}

	var h hello
	if err := dec.Decode(&h); err != nil {
		return fmt.Errorf("read hello: %w", err)
	}
	e, err := startEngine(h.CacheDir, h.Limits, false)
	var first response
	first.Fault, first.Kind = faultOf(err)
	if err := answer(first); err != nil {
		return err
	}
	if err != nil {
		return err
	}

	requests := make(chan request)
	go func() {
		defer close(requests)
		for {
			var r request
			if dec.Decode(&r) != nil {
				parentGone()
				return
			}
			requests <- r
		}
	}()

	w := worker{engine: e, limits: h.Limits}
	garbage := 0
	for clean := false; ; {
		var idle <-chan time.Time
		if !clean && w.s == nil {
			idle = time.After(quietTime)
		}
		select {
		case <-idle:
			w.engine.warmUp(w.limits)
			debug.FreeOSMemory()
			clean, garbage = true, 0
		case r, ok := <-requests:
			if !ok {
				return nil
			}
			a := w.do(r)
			if err := answer(a); err != nil {
				return err
			}
			clean = false
			garbage += len(r.PDF)
			if a.Page != nil {
				garbage += 3 * len(a.Page.Bits) // the page, its encoding, its buffers
			}
			if r.Op == opClose || garbage > garbageBytes {
				runtime.GC()
				garbage = 0
			}
		}
	}
}

// worker is the child's state: at most one open document.
type worker struct {
	engine *engine
	limits Limits
	s      *session
}

func (w *worker) do(r request) (a response) {
	var err error
	switch {
	case r.Op == opOpen:
		w.close()
		if w.s, err = w.engine.open(r.PDF, w.limits, nil); err == nil {
			a.Pages = w.s.pages
		} else {
			w.s = nil
		}
	case r.Op == opRender && w.s != nil:
		a.Page, err = w.s.render(r.Page, r.DPI)
	case r.Op == opClose:
		w.close()
	default:
		err = fmt.Errorf("serve request %d: no open document: %w", r.Op, ErrRenderer)
	}
	a.Fault, a.Kind = faultOf(err)
	return a
}

func (w *worker) close() {
	if w.s != nil {
		w.s.close()
		w.s = nil
	}
}
