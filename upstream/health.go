package upstream

import (
	"context"
	"time"
)

// State is how a connection is doing as a whole.
type State string

// The states of a connection. Packing goes on in all of them.
const (
	StateStarting State = "starting"      // nothing heard yet
	StateOnline   State = "online"        // the last call was answered
	StateOffline  State = "offline"       // no answer, or nothing but server faults
	StateSignIn   State = "needs_sign_in" // refused until a person acts
)

// Health is what the bench shows of a connection.
type Health struct {
	Connection string
	State      State
	GoodMs     int64 // last good answer of any kind, ms UTC, 0 = none since the start
	// KnownMs: everything that it said is known as of this time, ms UTC, 0 =
	// nothing yet. It outlives a restart.
	KnownMs int64
	QuietMs int64  // nothing is sent before this time, ms UTC, 0 = not paused
	SkewMs  int64  // its clock minus ours, ms; matters to people from 2 min on
	Code    string // short reason of the last failure, fit for logs; "" if online
	Words   string // the server's own words to it, for the board only

	known time.Time // KnownMs by this process's own clock; zero if an earlier one saw it
}

// Age is how old the knowledge of the connection's changes is; ok is false where
// that can't be said. What this process fetched ages by its own clock, which
// nobody can set; what an earlier one fetched ages by the calendar, and if that
// says "in the future", nothing is known.
func (h Health) Age(now time.Time) (age time.Duration, ok bool) {
	switch {
	case h.KnownMs == 0:
		return 0, false
	case !h.known.IsZero():
		return max(0, now.Sub(h.known)), true
	}
	age = now.Sub(time.UnixMilli(h.KnownMs))
	return max(0, age), age >= 0
}

// Health is the state of the connection now. Safe from any goroutine.
func (w *Worker) Health() Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.health
}

// setHealth changes the health and tells it if it differs.
func (w *Worker) setHealth(change func(*Health)) {
	w.mu.Lock()
	before := w.health
	change(&w.health)
	after := w.health
	w.mu.Unlock()
	if before.State != after.State {
		w.o.Log.Info("connection state", "connection", w.o.Connection, "state", string(after.State), "code", after.Code)
	}
	if before != after && w.o.OnHealth != nil {
		w.o.OnHealth(after)
	}
}

// heard draws the conclusions of an outcome for the connection as a whole: its
// state, and how long to be quiet.
func (w *Worker) heard(ctx context.Context, out Outcome) {
	switch {
	case out.Kind == NeedsSignIn:
		w.rest(w.o.SignInEvery)
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateSignIn, out.Code, out.Words })
	case out.Offline:
		w.silent++
		w.rest(backoff(w.silent, w.o.Chance()))
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOffline, out.Code, out.Words })
	case out.RetryAfter > 0, out.Kind == RetryAfter:
		w.silent = 0
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOnline, out.Code, "" })
	case out.Kind == Unknown:
		// A fault for one op may be that op's; several in a row are the server's.
		w.faults++
		if w.faults >= faultsForOffline {
			w.rest(backoff(w.faults-faultsForOffline+1, w.o.Chance()))
			w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOffline, out.Code, out.Words })
		}
	default:
		w.silent, w.faults = 0, 0
		now := w.wallMs()
		w.setHealth(func(h *Health) {
			h.GoodMs = now
			if w.refused == "" { // else the changes are refused although ops are taken
				h.State, h.Code, h.Words = StateOnline, "", ""
			}
		})
	}
	if out.RetryAfter > 0 {
		// Up to a second more, so that benches don't return as one.
		w.obey(ctx, min(out.RetryAfter, QuietCap)+time.Duration(w.o.Chance()*float64(time.Second)))
	}
}

// rest keeps the whole connection quiet for d, or longer if it already is: our
// own wish, which ends with the process or by Resume.
func (w *Worker) rest(d time.Duration) {
	if until := w.o.Now().Add(d); until.After(w.restUntil) {
		w.restUntil = until
		w.showQuiet()
	}
}

// obey keeps the whole connection quiet for d because the server asked for it:
// it is written down, so that a restart is no excuse.
func (w *Worker) obey(ctx context.Context, d time.Duration) {
	until := w.o.Now().Add(d)
	if !until.After(w.quietUntil) {
		return
	}
	w.quietUntil = until
	w.storeQuiet(ctx, w.wallMs()+d.Milliseconds())
	w.showQuiet()
}

func (w *Worker) storeQuiet(ctx context.Context, ms int64) {
	if err := w.o.Outbox.SetQuiet(context.WithoutCancel(ctx), w.o.Connection, ms); err != nil {
		w.o.Log.Error("write pause", "connection", w.o.Connection, "err", err)
		return
	}
	w.quietStored = ms
}

// showQuiet puts the end of the longer pause into the health.
func (w *Worker) showQuiet() {
	until, now := w.quietUntil, w.o.Now()
	if w.restUntil.After(until) {
		until = w.restUntil
	}
	ms := int64(0)
	if now.Before(until) {
		ms = w.wallMs() + until.Sub(now).Milliseconds()
	}
	w.setHealth(func(h *Health) { h.QuietMs = ms })
}

// paused reports whether the connection must be quiet now.
func (w *Worker) paused(ctx context.Context) bool {
	now := w.o.Now()
	if now.Before(w.quietUntil) || now.Before(w.restUntil) {
		return true
	}
	if !w.quietUntil.IsZero() || !w.restUntil.IsZero() {
		w.quietUntil, w.restUntil = time.Time{}, time.Time{}
		w.showQuiet()
	}
	if w.quietStored != 0 {
		w.storeQuiet(ctx, 0) // or a clock set back would bring it to life again
	}
	return false
}
