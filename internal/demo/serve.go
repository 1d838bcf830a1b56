package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"packbench/bench"
	"packbench/scanner"
)

// ServeDesk lets a bench be worked from outside: requests come as JSON lines,
// views and answers go as JSON lines, until a request says quit or in ends.
// clock is told how far the day's clock is ahead.
func ServeDesk(ctx context.Context, b Served, clock *atomic.Int64, in io.Reader, out io.Writer) error {
	var mu sync.Mutex
	enc := json.NewEncoder(out)
	say := func(r reply) error {
		mu.Lock()
		defer mu.Unlock()
		r.View = b.View() // inside the lock, so that views never go backwards
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("write view: %w", err)
		}
		return nil
	}
	changed, end := b.Watch()
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	defer end()
	if err := say(reply{}); err != nil {
		return err
	}
	watching.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
				if say(reply{}) != nil {
					return // nobody looks any more; the requests end too
				}
			}
		}
	})
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		clock.Store(int64(r.Clock))
		if r.Quit {
			return nil
		}
		if err := say(serveOne(ctx, b, r)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	return nil
}

func serveOne(ctx context.Context, b Served, r request) reply {
	answer := reply{N: r.N}
	var err error
	switch {
	case r.Scan != nil:
		if err = b.Scan(ctx, *r.Scan); err == nil {
			err = b.Settle(ctx)
		}
		if v := b.View(); err == nil && v.Fault != "" {
			err = errors.New(v.Fault)
		} else if err == nil && v.LastMs == r.Scan.At.UnixMilli() {
			answer.Stored = v.LastMs
		}
	case r.PIN != "":
		err = b.PIN(ctx, r.PIN)
	case len(r.Set) == 2:
		err = b.Set(ctx, r.Set[0], r.Set[1])
	default:
		err = errors.New("empty request")
	}
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}

// RunDesk opens a data directory with its devices and connections and serves
// its bench until a request says quit or the requests end.
func RunDesk(ctx context.Context, opt DeskOptions) (err error) {
	var ahead atomic.Int64
	ahead.Store(int64(opt.Clock))
	st, err := bench.OpenStation(ctx, opt.Data, bench.StationOptions{
		Devices: true, Sync: true, PullEvery: time.Second, Log: opt.Log,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var b Served = st.Bench
	if opt.Wrap != nil {
		if b, err = opt.Wrap(st); err != nil {
			return err
		}
	}
	return ServeDesk(ctx, b, &ahead, opt.In, opt.Out)
}

// Served is what ServeDesk needs of a bench.
type Served interface {
	View() *bench.View
	Scan(context.Context, scanner.Scan) error
	Settle(context.Context) error
	PIN(ctx context.Context, pin string) error
	Set(ctx context.Context, key, value string) error
	Watch() (<-chan struct{}, func())
}

// DeskOptions of RunDesk.
type DeskOptions struct {
	Data  string        // data directory
	Clock time.Duration // how far the day's clock is ahead, to begin with
	Log   *slog.Logger
	In    io.Reader
	Out   io.Writer
	// Wrap may put something between the requests and the bench; nil: nothing.
	Wrap func(*bench.Station) (Served, error)
}
