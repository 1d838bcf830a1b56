package ui

import (
	"context"
	"sync"
)

// courier carries what the person did to the bench, in order, on a goroutine of
// its own: the bench may make its caller wait, and the screen must not.
type courier struct {
	mu    sync.Mutex
	queue []func(context.Context)
	more  chan struct{}
}

func newCourier() *courier { return &courier{more: make(chan struct{}, 1)} }

// send queues a delivery. It never waits.
func (c *courier) send(f func(context.Context)) {
	c.mu.Lock()
	c.queue = append(c.queue, f)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends.
func (c *courier) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.more:
		}
		c.mu.Lock()
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, f := range queue {
			if ctx.Err() != nil {
				return
			}
			f(ctx)
		}
	}
}
