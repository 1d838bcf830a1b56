package label

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"packbench/raster"
)

// local is the stoppable engine in our own process: the way where no child
// process can be had.
type local struct {
	engine *engine
	limits Limits
	s      *session
	dead   bool
}

func startLocal(cacheDir string, limits Limits) (backend, error) {
	e, err := startEngine(cacheDir, limits, true)
	if err != nil {
		return nil, err
	}
	return &local{engine: e, limits: limits}, nil
}

func (l *local) open(ctx context.Context, pdf []byte) ([]PageSize, error) {
	disarm := func() bool { return true }
	s, err := l.engine.open(pdf, l.limits, func(kill func()) { disarm = l.arm(ctx, kill) })
	if stopped := !disarm(); stopped {
		l.dead = true
		return nil, l.stoppedError(ctx, "open document")
	}
	if err != nil {
		return nil, err
	}
	l.s = s
	return s.pages, nil
}

func (l *local) render(ctx context.Context, page int, dpi float64) (*raster.Bitmap, error) {
	disarm := l.arm(ctx, l.s.kill)
	bm, err := l.s.render(page, dpi)
	if stopped := !disarm(); stopped {
		l.dead = true
		return nil, l.stoppedError(ctx, "render page")
	}
	if errors.Is(err, ErrRenderer) {
		l.dead = true
		l.s.kill() // after a fault inside the sandbox nothing in it can be trusted
	}
	return bm, err
}

// arm stops the running call when ctx ends or the page's time is over; the
// function that it returns disarms and tells whether it was in time.
func (l *local) arm(ctx context.Context, kill func()) (disarm func() bool) {
	limited, cancel := context.WithTimeout(ctx, l.limits.PageTime)
	stop := context.AfterFunc(limited, kill)
	return func() bool {
		defer cancel()
		return stop()
	}
}

func (l *local) stoppedError(ctx context.Context, doing string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: stopped after %v: %w", doing, l.limits.PageTime.Round(time.Millisecond), ErrTimedOut)
}

func (l *local) closeDocument() {
	if l.s != nil && !l.dead {
		l.s.close()
	}
	l.s = nil
}

// interrupt leaves a page to its own time limit.
func (l *local) interrupt() {}

func (l *local) stop() {
	l.closeDocument()
	l.engine.close()
	debug.FreeOSMemory() // the sandbox's memory would wait for the next collection
}
