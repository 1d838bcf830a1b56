package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"packbench/code"
	"packbench/internal/privacy"
	"packbench/packing"
	"packbench/printer"
	"packbench/scanner"
	"packbench/store"
)

// LabelPrinter is what the bench needs of a printer.
type LabelPrinter interface {
	Submit(printer.Job)
	Reports() <-chan printer.Report
	Health() printer.Health
}

// Options wires a bench. Store is needed; a device that is nil does not exist.
type Options struct {
	Store   *store.Store
	Labels  *Labels      // prepares label files; needed to print
	Printer LabelPrinter // the label printer
	// NoPrinter is why there is none although one was set up, a message key.
	NoPrinter string
	Now       func() time.Time
	Log       *slog.Logger
	// Sound plays what effects ask for; nil is silence.
	Sound func(packing.Sound)
	// Told is called after a commit that added an outbox row.
	Told func()
	// Connections says how each connection stands, for the health strip.
	Connections func() []ConnectionView
	// Pepper is mixed into PINs before they are hashed; the zero one is none.
	Pepper Pepper
}

// Bench is one running bench. Make it with New, then Run it.
type Bench struct {
	opt    Options
	policy packing.Policy
	tell   map[string]string // connection → tell_at

	settings map[string]string
	pins     *pinGuard

	queue   chan request
	later   chan request  // imports and pulls: taken when nobody scans
	state   packing.State // Parcel = the one in focus
	fault   Msg           // the last input was not stored; Key "" = it was
	watched clockWatch
	disk    DiskView
	busyAt  time.Time // the last scan
	pace    int       // parcels of one batch of an import while somebody scans
	damage  Msg       // what is wrong with the data as a whole; Key "" = nothing
	asked   bool      // the input at work is a person's or a device's

	view    atomic.Pointer[View]
	seq     uint64
	watch   sync.Mutex
	watcher map[chan struct{}]bool

	names  map[string]string // person → name
	note   string            // buyer's note on the parcel in focus
	counts map[store.OutboxState]int
	sealed int // parcels sealed since the program started

	scale    scaleView
	lastLoad *packing.Weight  // the settled load that still lies on the scale
	loadFor  packing.ParcelID // the parcel that was open when it came to rest, or used it
	health   printer.Health
}

// request is one input, or one call of the bench's own goroutine, on its way
// through the queue; done, if not nil, is answered once it is stored.
type request struct {
	input packing.Input
	call  func(context.Context) error
	done  chan error
}

// New makes a bench from what the store last knew: after a crash it is the
// same parcel, the same counts and the same open alerts.
func New(ctx context.Context, opt Options) (*Bench, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bench{opt: opt, queue: make(chan request, 4096), later: make(chan request), watcher: map[chan struct{}]bool{}, names: map[string]string{}, counts: map[store.OutboxState]int{}, pace: 5}
	state, err := opt.Store.Bench(ctx)
	if err != nil {
		return nil, fmt.Errorf("start bench: %w", err)
	}
	b.state.Bench = state
	if b.pins, err = newPINGuard(ctx, opt.Store, opt.Now, time.Now); err != nil {
		return nil, fmt.Errorf("start bench: %w", err)
	}
	if state.Focus != "" {
		if b.state.Parcel, err = opt.Store.Parcel(ctx, state.Focus); err != nil {
			return nil, fmt.Errorf("start bench: %w", err)
		}
	}
	if err := b.reload(ctx); err != nil {
		return nil, fmt.Errorf("start bench: %w", err)
	}
	if b.watched, err = newClockWatch(ctx, opt); err != nil {
		return nil, fmt.Errorf("start bench: %w", err)
	}
	b.publish(ctx)
	return b, nil
}

// reload reads what changes rarely: settings and people.
func (b *Bench) reload(ctx context.Context) error {
	settings, err := b.opt.Store.Settings(ctx)
	if err != nil {
		return err
	}
	if b.policy, err = PolicyFrom(settings); err != nil {
		return err
	}
	b.settings, b.tell = settings, tellAt(settings)
	people, err := b.opt.Store.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		b.names[p.ID] = p.Name
	}
	counts, err := b.opt.Store.OutboxCounts(ctx)
	if err != nil {
		return err
	}
	b.counts = counts
	return nil
}

// Run takes inputs until ctx ends.
func (b *Bench) Run(ctx context.Context) error {
	b.handle(ctx, packing.Restart{})
	var reports <-chan printer.Report
	if b.opt.Printer != nil {
		reports = b.opt.Printer.Reports()
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select { // a person's scan goes before a file's orders
		case r := <-b.queue:
			b.serve(ctx, r)
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-b.queue:
			b.serve(ctx, r)
		case r := <-b.later:
			r.done <- r.call(ctx)
		case r, ok := <-reports:
			if !ok {
				reports = nil
				continue
			}
			b.handleReport(ctx, r)
		case <-tick.C:
			b.tick(ctx)
		}
	}
}

// serve takes one request from the queue.
func (b *Bench) serve(ctx context.Context, r request) {
	var err error
	if r.call != nil {
		err = r.call(ctx)
	} else {
		b.busyAt, b.asked = time.Now(), true
		err = b.handle(ctx, r.input)
	}
	b.asked = false
	if r.done != nil {
		r.done <- err
	}
}

// tick refreshes what changes without an input: device health, the outbox.
func (b *Bench) tick(ctx context.Context) {
	if counts, err := b.opt.Store.OutboxCounts(ctx); err == nil {
		b.counts = counts
	}
	if b.opt.Printer != nil {
		if h := b.opt.Printer.Health(); h != b.health {
			b.health = h
			b.handle(ctx, packing.PrinterFault{Fault: h.Fault})
		}
	}
	b.watchClock(ctx)
	b.watchDisk()
	b.handle(ctx, packing.Tick{})
	b.publish(ctx)
}

// put queues a request; it blocks only when 4096 inputs wait, which is longer
// than any scanner can be ahead.
func (b *Bench) put(ctx context.Context, r request) error {
	select {
	case b.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// doLater is do for what must not keep a scan waiting. A call that has begun is
// waited for, also when ctx ends: what it came to is always known.
func (b *Bench) doLater(ctx context.Context, f func(context.Context) error) error {
	done := make(chan error, 1)
	select {
	case b.later <- request{call: f, done: done}:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do queues a call of the bench's own goroutine and waits for it.
func (b *Bench) do(ctx context.Context, f func(context.Context) error) error {
	done := make(chan error, 1)
	if err := b.put(ctx, request{call: f, done: done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Submit queues an input and waits until it is stored.
func (b *Bench) Submit(ctx context.Context, in packing.Input) error {
	return b.do(ctx, func(ctx context.Context) error { return b.handle(ctx, in) })
}

// Scan queues a scan and returns at once.
func (b *Bench) Scan(ctx context.Context, s scanner.Scan) error {
	return b.put(ctx, request{input: scanInput(s)})
}

// Command queues a command given by key or button, as if its code were scanned.
func (b *Bench) Command(ctx context.Context, cmd packing.Command) error {
	raw, err := code.FormatCommand(code.Command, string(cmd))
	if err != nil {
		return fmt.Errorf("make command: %w", err)
	}
	return b.Scan(ctx, scanner.Scan{Raw: raw, Device: "key:" + string(cmd), At: b.opt.Now()})
}

// scanInput classifies a scan for the rules.
func scanInput(s scanner.Scan) packing.Scan {
	raw := strings.ToValidUTF8(s.Raw, "\uFFFD") // what JSON would make of it, and a rebuild must too
	in := packing.Scan{Key: packing.KeptKey(code.Key(raw)), Symbology: s.Symbology, Device: s.Device, AtMs: s.At.UnixMilli()}
	_, data := code.SplitAIM(strings.TrimSpace(raw))
	in.Shown, in.Length = shown(data), utf8.RuneCountInString(data)
	if cmd, err := code.ParseCommand(raw); err == nil {
		in.Class, in.Body = packing.Class(string(rune(cmd.Class))), cmd.Body
	}
	return in
}

// shown is what may be seen of a code, and kept: long ones lose their middle,
// because a QR code on a label can hold a whole address.
func shown(key string) string {
	letters := []rune(key)
	if len(letters) <= 32 {
		return key
	}
	return string(letters[:6]) + "…" + string(letters[len(letters)-4:])
}

// handle is the way of a scan: needs, facts, decision, commit, effects, view.
func (b *Bench) handle(ctx context.Context, in packing.Input) error {
	facts, err := b.opt.Store.Facts(ctx, packing.Needs(b.state, in), b.state.Parcel)
	if err != nil {
		return b.notStored(ctx, err)
	}
	facts.Ages = b.ages()
	events := packing.Decide(b.state, facts, b.policy, in, b.opt.Now())
	if len(events) == 0 {
		return nil
	}
	if _, ok := in.(packing.Weight); ok {
		b.loadFor = b.state.Bench.Focus
	}
	return b.commit(ctx, events)
}

// commit stores events and then lets their effects happen.
func (b *Bench) commit(ctx context.Context, events []packing.Event) error {
	before := packing.Step("")
	if b.state.Parcel != nil {
		before = packing.NextStep(b.state.Parcel, b.policy, b.opt.Now().UnixMilli())
	}
	out, err := b.opt.Store.Commit(ctx, b.state.Bench, events)
	if err != nil {
		return b.notStored(ctx, err)
	}
	if b.asked { // an import's success says nothing of the last scan
		b.fault = Msg{}
	}
	if err := b.follow(ctx, out); err != nil {
		return b.notStored(ctx, err)
	}
	if out.Told {
		if counts, err := b.opt.Store.OutboxCounts(ctx); err == nil {
			b.counts = counts
		}
	}
	for _, e := range events {
		if _, ok := e.Body.(packing.Sealed); ok {
			b.sealed++
		}
	}
	b.publish(ctx)
	b.act(ctx, out)
	return b.afterwards(ctx, before)
}

// follow takes over the states that a commit came to.
func (b *Bench) follow(ctx context.Context, out store.Committed) error {
	oldFocus := b.state.Bench.Focus
	b.state.Bench = out.Bench
	focus := out.Bench.Focus
	switch {
	case focus == "":
		b.state.Parcel, b.note = nil, ""
		return nil
	case out.Parcels[focus] != nil:
		b.state.Parcel = out.Parcels[focus]
	case focus != oldFocus:
		p, err := b.opt.Store.Parcel(ctx, focus)
		if err != nil {
			return err
		}
		b.state.Parcel = p
	}
	if focus != oldFocus {
		note, err := b.opt.Store.Note(ctx, string(focus))
		if err != nil { // the event is stored; a note that can't be read stops nothing
			b.opt.Log.Error("read note", "error", err)
		}
		b.note = privacy.MaskText(note) // the packer needs it; a number in it nobody does
	}
	return nil
}

// afterwards gives the rules what lay ready for the new step: a settled weight
// that is still on the scale, or room for another label ahead.
func (b *Bench) afterwards(ctx context.Context, before packing.Step) error {
	var now packing.Step
	if b.state.Parcel != nil {
		now = packing.NextStep(b.state.Parcel, b.policy, b.opt.Now().UnixMilli())
	}
	if b.loadServes() && now == packing.StepWeigh && !b.state.Bench.Blocked() && b.lastLoad.Load != b.state.Bench.Load {
		return b.handle(ctx, *b.lastLoad)
	}
	if b.state.Bench.Ahead > 0 {
		return b.handle(ctx, packing.Tick{})
	}
	return nil
}

// faultMsg is what people are told of an error: the store's own sentence, or
// another where it has none.
func faultMsg(err error, other string) Msg {
	var fault *store.Fault
	if errors.As(err, &fault) {
		return Msg{Key: fault.Key, Args: fault.Args}
	}
	return Msg{Key: other}
}

// notStored shows that the last input was not kept; the person scans it again.
func (b *Bench) notStored(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	b.opt.Log.Error("input not stored", "error", err)
	switch {
	case errors.Is(err, store.ErrDamaged):
		b.damage = faultMsg(err, "fault.db_damaged")
	case b.asked: // else nobody waits for it at the screen; it comes again
		b.fault = faultMsg(err, "fault.not_stored")
	}
	b.watchDisk()
	b.publish(ctx)
	return err
}

// Settle waits until everything that was queued before is stored.
func (b *Bench) Settle(ctx context.Context) error {
	return b.do(ctx, func(context.Context) error { return nil })
}
