package upstream

import "time"

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
	GoodMs     int64  // last good answer of any kind, ms UTC, 0 = none since the start
	PulledMs   int64  // changes are known as of this time, ms UTC, 0 = none since the start
	QuietMs    int64  // nothing is sent before this time, ms UTC, 0 = not paused
	Code       string // short reason of the last failure, fit for logs; "" if online
	Words      string // the server's own words to it, for the board only
}

// Age is how long ago the changes were fetched that the bench knows; ok is
// false if there were none since the start.
func (h Health) Age(now time.Time) (age time.Duration, ok bool) {
	if h.PulledMs == 0 {
		return 0, false
	}
	return max(0, now.Sub(time.UnixMilli(h.PulledMs))), true
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
func (w *Worker) heard(out Outcome) {
	switch {
	case out.Kind == NeedsSignIn:
		w.pause(w.o.SignInEvery)
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateSignIn, out.Code, out.Words })
		return
	case out.Offline:
		w.silent++
		w.pause(backoff(w.silent, w.o.Chance()))
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOffline, out.Code, out.Words })
	case out.Kind == Unknown:
		// A fault for one op may be that op's; several in a row are the server's.
		w.faults++
		if w.faults >= faultsForOffline {
			w.pause(backoff(w.faults-faultsForOffline+1, w.o.Chance()))
			w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOffline, out.Code, out.Words })
		}
	case out.Kind == RetryAfter:
		w.silent = 0
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateOnline, out.Code, "" })
	default:
		w.silent, w.faults = 0, 0
		now := w.o.Now().UnixMilli()
		w.setHealth(func(h *Health) { h.State, h.GoodMs, h.Code, h.Words = StateOnline, now, "", "" })
	}
	if out.RetryAfter > 0 {
		// Up to a second more, so that benches don't return as one.
		w.pause(out.RetryAfter + time.Duration(w.o.Chance()*float64(time.Second)))
	}
}

// pause keeps the whole connection quiet for d, or longer if it already is.
func (w *Worker) pause(d time.Duration) {
	if until := w.o.Now().Add(d); until.After(w.quietUntil) {
		w.quietUntil = until
		w.setHealth(func(h *Health) { h.QuietMs = until.UnixMilli() })
	}
}

// paused reports whether the connection must be quiet now.
func (w *Worker) paused() bool {
	if w.o.Now().Before(w.quietUntil) {
		return true
	}
	if !w.quietUntil.IsZero() {
		w.quietUntil = time.Time{}
		w.setHealth(func(h *Health) { h.QuietMs = 0 })
	}
	return false
}
