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

	Now    func() time.Time // for waiting: must not jump; default time.Now
	Wall   func() time.Time // the calendar, for what is stored and shown; default time.Now
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
	// strangeAnswers parks an op that the receiver itself answered this often with
	// something that is no yes ([Outcome.Strange]), whatever becomes of others.
	strangeAnswers = 5
)

// Worker serves one connection with one goroutine: it pulls on an interval,
// pushes the outbox in order per parcel, and keeps the connection's health.
type Worker struct {
	o      Options
	wake   chan struct{}
	resume chan struct{}
	busy   sync.Mutex // held by Run or SyncOnce

	born   time.Time // steadyMs began here
	bornMs int64     // and this was the calendar then

	// Below: only the goroutine that holds busy. Deadlines are of Options.Now.
	nextPull   time.Time
	quietUntil time.Time           // the server asked to be left alone until then
	restUntil  time.Time           // our own pause: no network, no sign-in, no disk
	due        map[int64]time.Time // when rows that failed in this run may be tried again
	refused    string              // why changes are refused for good, "" if they aren't
	silent     int                 // calls in a row without an answer
	faults     int                 // server faults in a row
	pullFails  int                 // failed rounds of Pull in a row
	storeFails int                 // failed writes to the outbox in a row
	tries      map[int64]int       // failed tries per row in this run, for its back-off
	poison     map[int64]faulty    // answered faults per row
	served     int                 // ops done in this run

	// What the store remembers of the connection.
	recalled                             bool
	quietStored, knownStored, skewStored int64 // ms
	knownWritten                         time.Time

	mu     sync.Mutex
	health Health
}

// faulty counts the faults that a server answered one op with.
type faulty struct {
	faults  int
	strange int    // those of them that were strange answers
	served  int    // Worker.served at the first fault
	note    string // what the server said last
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
	if o.Wall == nil {
		o.Wall = time.Now
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
		born:   o.Now(),
		bornMs: o.Wall().UnixMilli(),
		due:    map[int64]time.Time{},
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

// Resume tries again at once and pulls: after a new sign-in, or when a person
// asks for fresh changes. A pause that the server asked for still holds.
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
			w.restUntil, w.nextPull = time.Time{}, time.Time{}
			w.showQuiet()
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round does what is due now.
func (w *Worker) round(ctx context.Context) {
	if err := w.recall(ctx); err != nil {
		w.storeFailed(ctx, "read connection", 0, err)
		return
	}
	for ctx.Err() == nil && !w.paused(ctx) {
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
	if wait := max(w.quietUntil.Sub(now), w.restUntil.Sub(now)); wait > 0 {
		return wait
	}
	next := now.Add(w.o.PushEvery)
	if w.nextPull.Before(next) {
		next = w.nextPull
	}
	for _, at := range w.due {
		if at.Before(next) {
			next = at
		}
	}
	return max(next.Sub(now), time.Millisecond)
}

// Summary is what one SyncOnce came to.
type Summary struct {
	Parcels, Cancels int // changes taken in
	Done             int // ops that the connection knows now
	Parked           int // ops that wait for a person
	Withdrawn        int // ops that were recalled, and are certainly not there
	Later            int // ops that were tried and will be again
}

// ErrRunning is what SyncOnce answers while Run works.
var ErrRunning = errors.New("sync once: the connection is being served already")

// ErrQuiet is what SyncOnce answers while the server wants to be left alone.
var ErrQuiet = errors.New("the server asked to be left alone")

// SyncOnce pulls all changes and tries every due op once, regardless of
// intervals. The error is about the pull, or why the outbox couldn't be worked
// off; the summary counts even then.
func (w *Worker) SyncOnce(ctx context.Context) (Summary, error) {
	if !w.busy.TryLock() {
		return Summary{}, ErrRunning
	}
	defer w.busy.Unlock()
	if err := w.recall(ctx); err != nil {
		return Summary{}, fmt.Errorf("sync once: %w", err)
	}
	w.restUntil = time.Time{}
	if w.paused(ctx) {
		return Summary{}, w.quietError()
	}
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
	for ctx.Err() == nil && !w.paused(ctx) && w.push(ctx, &sum, false) {
		continue
	}
	if err := ctx.Err(); err != nil {
		return sum, fmt.Errorf("sync once: %w", err)
	}
	if pullErr != nil {
		return sum, pullErr
	}
	if w.o.Now().Before(w.quietUntil) {
		return sum, w.quietError()
	}
	if h := w.Health(); h.State != StateOnline && h.State != StateStarting {
		return sum, fmt.Errorf("push outbox: %s (%s)", h.State, h.Code)
	}
	return sum, nil
}

func (w *Worker) quietError() error {
	left := w.quietUntil.Sub(w.o.Now()).Round(time.Second)
	return fmt.Errorf("sync once: %w for another %s", ErrQuiet, max(left, time.Second))
}
