package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Options of a Worker. The first five are needed; the rest have defaults.
type Options struct {
	Connection string
	Connector  Connector
	Sink       Sink
	Cursors    CursorStore
	Outbox     Outbox

	PullEvery   time.Duration // between rounds of Pull, default 1 min
	PushEvery   time.Duration // looking at the outbox without being woken, default 10 s
	SignInEvery time.Duration // trying again while a sign-in is needed, default 5 min

	Now    func() time.Time // default time.Now
	Chance func() float64   // in [0,1), for jitter; default math/rand
	Log    *slog.Logger     // default: discard

	// OnMsgs hears what a connector has to say to people; parcel is "" for a
	// remark on a Pull. OnHealth hears every change of health. Both are called
	// on the worker's goroutine and must not block.
	OnMsgs   func(connection, parcel string, msgs []Msg)
	OnHealth func(Health)
}

const (
	headsAtOnce      = 50          // outbox rows fetched at once
	pagesARound      = 100         // pages of changes before the outbox gets its turn
	outboxTurn       = time.Second // what the outbox gets then
	faultsForOffline = 3           // server faults in a row that speak for the server, not for one op
	// poisonFaults parks an op that the server answered this often with a fault
	// while it served others: the op is the reason, and it would block its parcel
	// for ever. Faults without an answer never count.
	poisonFaults = 20
)

// Worker serves one connection with one goroutine: it pulls on an interval,
// pushes the outbox in order per parcel, and keeps the connection's health.
type Worker struct {
	o      Options
	wake   chan struct{}
	resume chan struct{}
	busy   sync.Mutex // held by Run or SyncOnce

	// Below: only the goroutine that holds busy.
	nextPull   time.Time
	nextRetry  time.Time // earliest time at which a row of this run is due again
	quietUntil time.Time
	silent     int              // calls in a row without an answer
	faults     int              // server faults in a row
	pullFails  int              // failed rounds of Pull in a row
	storeFails int              // failed writes to the outbox in a row
	tries      map[int64]int    // failed tries per row in this run, for its back-off
	poison     map[int64]faulty // answered faults per row
	served     int              // ops done in this run

	mu     sync.Mutex
	health Health
}

// faulty counts the faults that a server answered one op with.
type faulty struct {
	faults int
	served int // Worker.served at the first fault
}

// NewWorker makes the worker of a connection; Run starts it.
func NewWorker(o Options) (*Worker, error) {
	if o.Connection == "" || o.Connector == nil || o.Sink == nil || o.Cursors == nil || o.Outbox == nil {
		return nil, errors.New("make worker: connection, connector, sink, cursors and outbox are needed")
	}
	setDefault(&o.PullEvery, time.Minute)
	setDefault(&o.PushEvery, 10*time.Second)
	setDefault(&o.SignInEvery, 5*time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{
		o:      o,
		wake:   make(chan struct{}, 1),
		resume: make(chan struct{}, 1),
		tries:  map[int64]int{},
		poison: map[int64]faulty{},
		health: Health{Connection: o.Connection, State: StateStarting},
	}, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Wake says that the outbox has new rows. It never blocks and may be called
// from any goroutine; a pause of the connection still holds.
func (w *Worker) Wake() { signal(w.wake) }

// Resume ends a pause at once and pulls: after a new sign-in, or when a person
// asks for fresh changes.
func (w *Worker) Resume() { signal(w.resume) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is already waiting
	}
}

// Run works until ctx ends, then returns; a call under way is cancelled and its
// result, if any, still recorded.
func (w *Worker) Run(ctx context.Context) {
	w.busy.Lock()
	defer w.busy.Unlock()
	for ctx.Err() == nil {
		w.round(ctx)
		timer := time.NewTimer(w.untilNext())
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-w.resume:
			w.quietUntil, w.nextPull = time.Time{}, time.Time{}
			w.setHealth(func(h *Health) { h.QuietMs = 0 })
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round does what is due now.
func (w *Worker) round(ctx context.Context) {
	if !w.o.Now().Before(w.nextRetry) {
		w.nextRetry = time.Time{} // being seen to now
	}
	for ctx.Err() == nil && !w.paused() {
		if !w.o.Now().Before(w.nextPull) {
			_, _ = w.pull(ctx, pagesARound) // logged, shown as health and repeated
			continue
		}
		if !w.push(ctx, nil, true) {
			return
		}
	}
}

// untilNext is how long there is nothing to do unless somebody wakes us.
func (w *Worker) untilNext() time.Duration {
	now := w.o.Now()
	if now.Before(w.quietUntil) {
		return w.quietUntil.Sub(now)
	}
	next := now.Add(w.o.PushEvery)
	if w.nextPull.Before(next) {
		next = w.nextPull
	}
	if !w.nextRetry.IsZero() && w.nextRetry.Before(next) {
		next = w.nextRetry
	}
	return max(next.Sub(now), time.Millisecond)
}

// Summary is what one SyncOnce came to.
type Summary struct {
	Parcels, Cancels int // changes taken in
	Done             int // ops that the connection knows now
	Parked           int // ops that wait for a person
	Later            int // ops that were tried and will be again
}

// ErrRunning is what SyncOnce answers while Run works.
var ErrRunning = errors.New("sync once: the connection is being served already")

// SyncOnce pulls all changes and tries every due op once, regardless of
// intervals. The error is about the pull, or why the outbox couldn't be worked
// off; the summary counts even then.
func (w *Worker) SyncOnce(ctx context.Context) (Summary, error) {
	if !w.busy.TryLock() {
		return Summary{}, ErrRunning
	}
	defer w.busy.Unlock()
	w.quietUntil = time.Time{}
	var sum Summary
	var pullErr error
	for {
		got, err := w.pull(ctx, pagesARound)
		sum.Parcels += got.parcels
		sum.Cancels += got.cancels
		if err != nil {
			pullErr = fmt.Errorf("pull changes: %w", err)
		}
		if err != nil || !got.more {
			break
		}
	}
	for ctx.Err() == nil && !w.paused() && w.push(ctx, &sum, false) {
		continue
	}
	if err := ctx.Err(); err != nil {
		return sum, fmt.Errorf("sync once: %w", err)
	}
	if pullErr != nil {
		return sum, pullErr
	}
	if h := w.Health(); h.State != StateOnline {
		return sum, fmt.Errorf("push outbox: %s (%s)", h.State, h.Code)
	}
	return sum, nil
}
