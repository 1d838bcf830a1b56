package bench

import (
	"context"
	"sync"
	"time"

	"packbench/store"
)

// After five wrong PINs each further one costs a wait, from half a minute,
// doubling, up to an hour.
const (
	pinFree     = 5
	pinWait     = 30 * time.Second
	pinWaitMost = time.Hour
	// pinForgotten is how long after the end of a wait a restart does not begin it
	// again. A wait begins again in full at a restart, because the wall clock,
	// which is all that outlives one, can be set by anybody at the bench.
	pinForgotten = 24 * time.Hour
)

// pinStore is where wrong PINs are counted.
type pinStore interface {
	PINTries(ctx context.Context) ([]store.PINTries, error)
	SavePINTries(ctx context.Context, t store.PINTries) error
}

// pinGuard counts wrong PINs. While the program runs, waits go by the monotonic
// clock, which nobody can set. mu is held over a whole check.
type pinGuard struct {
	mu     sync.Mutex
	store  pinStore
	wall   func() time.Time
	steady func() time.Time // with a monotonic reading
	tries  map[string]pinTries
}

type pinTries struct {
	failed int
	until  time.Time // steady; none is checked before
}

// newPINGuard begins with what is remembered of earlier runs.
func newPINGuard(ctx context.Context, s pinStore, wall, steady func() time.Time) (*pinGuard, error) {
	g := &pinGuard{store: s, wall: wall, steady: steady, tries: map[string]pinTries{}}
	all, err := s.PINTries(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		one := pinTries{failed: t.Failed}
		if t.NextMs > 0 && wall().UnixMilli()-t.NextMs <= pinForgotten.Milliseconds() {
			one.until = steady().Add(waitAfter(t.Failed))
		}
		g.tries[t.Person] = one
	}
	return g, nil
}

// waitAfter is how long nothing is checked after so many wrong PINs.
func waitAfter(failed int) time.Duration {
	if failed < pinFree {
		return 0
	}
	wait := pinWait
	for range failed - pinFree {
		if wait *= 2; wait >= pinWaitMost {
			return pinWaitMost
		}
	}
	return wait
}

// wait is how long a person's next PIN is not checked yet; 0 = now.
func (g *pinGuard) wait(person string) time.Duration {
	return max(0, g.tries[person].until.Sub(g.steady()))
}

// charge counts a try as a wrong one, until forgive says otherwise.
func (g *pinGuard) charge(ctx context.Context, person string) error {
	t := g.tries[person]
	t.failed++
	saved := store.PINTries{Person: person, Failed: t.failed}
	if wait := waitAfter(t.failed); wait > 0 {
		t.until, saved.NextMs = g.steady().Add(wait), g.wall().Add(wait).UnixMilli()
	}
	if err := g.store.SavePINTries(ctx, saved); err != nil {
		return err
	}
	g.tries[person] = t
	return nil
}

// forgive forgets a person's wrong PINs: the last one was right.
func (g *pinGuard) forgive(ctx context.Context, person string) error {
	if err := g.store.SavePINTries(ctx, store.PINTries{Person: person}); err != nil {
		return err
	}
	delete(g.tries, person)
	return nil
}
