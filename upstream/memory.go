package upstream

import (
	"context"
	"fmt"
	"time"
)

const (
	knownEvery = 15 * time.Second // knowledge is written down at most this often,
	knownOld   = 10 * time.Minute // unless what is written is older than this
	skewStep   = 30 * time.Second // a change of the server's clock worth writing down
)

// wallMs is the calendar's time, ms UTC: for what is stored and shown. Nothing
// is scheduled by it while the process lives.
func (w *Worker) wallMs() int64 { return w.o.Wall().UnixMilli() }

// steadyMs is the calendar's time as it was when the worker was made, moved on
// by the process's own clock: the store's next_ms are written and compared in it,
// so that setting the clock neither hurries nor delays a retry.
func (w *Worker) steadyMs() int64 { return w.bornMs + w.o.Now().Sub(w.born).Milliseconds() }

// recall loads what an earlier process knew of the connection, once. Nothing is
// sent before it is known whether the server asked to be left alone.
func (w *Worker) recall(ctx context.Context) error {
	if w.recalled {
		return nil
	}
	c, err := w.o.Outbox.LoadConnection(ctx, w.o.Connection)
	if err != nil {
		return fmt.Errorf("load connection: %w", err)
	}
	w.recalled = true
	w.quietStored, w.knownStored, w.skewStored = c.QuietMs, c.KnownMs, c.SkewMs
	w.setHealth(func(h *Health) {
		h.SkewMs = c.SkewMs
		if h.KnownMs == 0 {
			h.KnownMs = c.KnownMs
		}
	})
	if left := time.Duration(c.QuietMs-w.wallMs()) * time.Millisecond; c.QuietMs > 0 && left > 0 {
		// Never longer than a server may ask for: the clock may have been set back.
		w.quietUntil = w.o.Now().Add(min(left, QuietCap+time.Second))
		w.showQuiet()
	}
	return nil
}

// known notes that the changes are known as of a moment, given by both clocks.
func (w *Worker) known(ctx context.Context, at time.Time, atMs int64) {
	w.setHealth(func(h *Health) { h.KnownMs, h.known = atMs, at })
	now := w.o.Now()
	recent := !w.knownWritten.IsZero() && now.Sub(w.knownWritten) < knownEvery
	if recent && atMs-w.knownStored <= knownOld.Milliseconds() && atMs >= w.knownStored {
		return
	}
	if err := w.o.Outbox.SetKnown(ctx, w.o.Connection, true, atMs); err != nil {
		if ctx.Err() == nil {
			w.o.Log.Error("write age of changes", "connection", w.o.Connection, "err", err)
		}
		return
	}
	w.knownWritten, w.knownStored = now, atMs
}

// noteClock takes over what the connector found out about the server's clock.
func (w *Worker) noteClock(ctx context.Context) {
	clock, ok := w.o.Connector.(Clock)
	if !ok {
		return
	}
	skew, ok := clock.Skew()
	if !ok {
		return
	}
	ms := skew.Milliseconds()
	w.setHealth(func(h *Health) { h.SkewMs = ms })
	if d := time.Duration(ms-w.skewStored) * time.Millisecond; d.Abs() < skewStep {
		return
	}
	if err := w.o.Outbox.SetSkew(ctx, w.o.Connection, ms); err != nil {
		if ctx.Err() == nil {
			w.o.Log.Error("write clock difference", "connection", w.o.Connection, "err", err)
		}
		return
	}
	w.skewStored = ms
}
