package printer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// How long things may take. Those that a bench may want to change are in
// [Options].
const (
	minBackoff   = 300 * time.Millisecond // first pause before connecting again
	maxBackoff   = 5 * time.Second
	calmSession  = time.Second            // a connection that lived this long, or was answered on, resets the pause
	stallTimeout = 10 * time.Second       // a job may go this long without a byte being taken
	stopGrace    = 2 * time.Second        // what is left to a job when the program ends
	queryWrite   = 200 * time.Millisecond // a question that cannot be written this fast is given up
	settleTime   = 15 * time.Second       // a broken wire later than this says nothing about a job of a silent printer
)

// Options describe one printer.
type Options struct {
	Language Language
	Dial     Dialer
	Profile  Profile

	// CancelFirst makes the very first connection begin with the language's
	// Cancel: the program ended while a job may have been half sent.
	CancelFirst bool

	// OnHealth is called after every change of Health but its time, from the
	// printer's own goroutine; it must not block. May be nil.
	OnHealth func(Health)

	Now func() time.Time // time.Now if nil; stamps reports and health
	Log *slog.Logger     // may be nil
}

// Printer is one label printer. Its methods may be called from any goroutine.
type Printer struct {
	opt     Options
	reports mailbox
	wake    chan struct{} // a job waits; capacity 1
	changed chan struct{} // health changed; capacity 1

	mu      sync.Mutex
	queue   []*queuedJob
	stopped bool
	health  Health

	// Only Run touches these.
	dirty    bool // the printer may hold half a job
	answered bool // the printer answered on the present connection
}

// queuedJob is a job that has not had a byte sent.
type queuedJob struct {
	Job
	retried bool // its connection broke once before the first byte
}

// New makes a printer; nothing happens until Run.
func New(opt Options) *Printer {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Printer{
		opt:     opt,
		reports: mailbox{out: make(chan Report)},
		wake:    make(chan struct{}, 1),
		changed: make(chan struct{}, 1),
		health:  Health{State: Absent, At: opt.Now()},
		dirty:   opt.CancelFirst,
	}
}

// Submit hands over a job and returns at once. What becomes of it comes by
// Reports, in any case: also if Run was not started yet or has ended.
func (p *Printer) Submit(j Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report(j.ID, Queued, 0, "", nil)
	if p.stopped {
		p.report(j.ID, Failed, 0, ReasonStopped, nil)
		return
	}
	p.queue = append(p.queue, &queuedJob{Job: j})
	poke(p.wake)
}

// Reports is where the fate of every job appears, in order. It is never
// closed; a reader that comes late misses nothing.
func (p *Printer) Reports() <-chan Report { return p.reports.out }

// Health is the printer's state now.
func (p *Printer) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// Changed receives a value after Health has changed; changes that nobody
// collected are folded into one.
func (p *Printer) Changed() <-chan struct{} { return p.changed }

// Run keeps the printer connected and prints until ctx ends. A job that is on
// the wire at that moment gets two more seconds, because half a label left in
// a printer is worse; jobs that wait are reported failed, Sent 0.
func (p *Printer) Run(ctx context.Context) {
	defer func() {
		p.mu.Lock()
		p.stopped = true
		p.mu.Unlock()
		p.failWaiting(ReasonStopped, nil)
	}()
	backoff := minBackoff
	resync := false
	for ctx.Err() == nil {
		if !resync {
			p.setHealth(Opening, "", false)
		}
		conn, err := p.opt.Dial(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			p.opt.Log.Debug("printer unreachable", "err", err)
			p.setHealth(Absent, ReasonUnreachable, false)
			p.failWaiting(ReasonUnreachable, err)
			resync = false
			backoff = p.pause(ctx, backoff)
			continue
		}
		opened := time.Now()
		p.answered = false
		err = p.serve(ctx, conn, resync)
		if err == nil {
			return // ctx ended
		}
		p.opt.Log.Debug("printer connection ended", "err", err)
		if p.answered || time.Since(opened) >= calmSession {
			backoff = minBackoff
		}
		if resync = errors.Is(err, errResync); resync {
			continue
		}
		p.setHealth(Absent, ReasonConnectionLost, false)
		if !p.anyWaiting() {
			backoff = p.pause(ctx, backoff)
		}
	}
}

// pause waits before the next try, unless a job comes: a job deserves a fresh
// try. It returns the next pause.
func (p *Printer) pause(ctx context.Context, d time.Duration) time.Duration {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-p.wake:
	}
	return min(d*2, maxBackoff)
}

func (p *Printer) anyWaiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) > 0
}

// next takes the oldest waiting job, nil if there is none.
func (p *Printer) next() *queuedJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return nil
	}
	j := p.queue[0]
	p.queue = p.queue[1:]
	return j
}

// putBack returns a job of which no byte left to the head of the queue.
func (p *Printer) putBack(j *queuedJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append([]*queuedJob{j}, p.queue...)
}

// failWaiting ends every waiting job: nothing of them was sent.
func (p *Printer) failWaiting(reason string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range p.queue {
		p.report(j.ID, Failed, 0, reason, err)
	}
	p.queue = nil
	select {
	case <-p.wake:
	default:
	}
}

func (p *Printer) report(id string, s State, sent int64, reason string, err error) {
	r := Report{ID: id, State: s, Sent: sent, Reason: reason, At: p.opt.Now()}
	if err != nil {
		r.Detail = err.Error()
	}
	p.reports.put(r)
}

func (p *Printer) setHealth(s HealthState, fault string, known bool) {
	p.mu.Lock()
	h := Health{State: s, Fault: fault, Known: known, At: p.opt.Now()}
	same := h.State == p.health.State && h.Fault == p.health.Fault && h.Known == p.health.Known
	p.health = h
	p.mu.Unlock()
	if same {
		return
	}
	poke(p.changed)
	if p.opt.OnHealth != nil {
		p.opt.OnHealth(h)
	}
}

// payload is the bytes of a job, or why there are none.
func (p *Printer) payload(j Job) (data []byte, reason string, err error) {
	copies := max(j.Copies, 1)
	if len(j.Native) > 0 && (j.NativeFor == p.opt.Language.Name() || j.NativeFor == p.opt.Profile.ID) {
		if copies == 1 {
			return j.Native, "", nil
		}
		for range copies {
			data = append(data, j.Native...)
		}
		return data, "", nil
	}
	if j.Page == nil {
		return nil, ReasonWrongLanguage, fmt.Errorf("job has bytes for %q only, the printer speaks %s", j.NativeFor, p.opt.Language.Name())
	}
	data, err = p.opt.Language.Encode(j.Page, p.opt.Profile, copies)
	if err != nil {
		return nil, ReasonUnprintable, err
	}
	if len(data) == 0 {
		return nil, ReasonUnprintable, errors.New("the page has no bytes")
	}
	return data, "", nil
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
