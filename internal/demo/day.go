package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"packbench/bench"
	"packbench/label"
	"packbench/packing"
	"packbench/store"
	"packbench/text"
)

// Options of a day.
type Options struct {
	Exe    string // this program, for emulators and fakes in processes of their own
	Data   string // data directory
	Out    string // where labels, documents and the summary go
	Orders int
	Seed   uint64
	Pace   time.Duration // between two movements; 0 = as fast as the bench answers
	ByHand bool          // nobody packs: a person will, in the window
	Words  *text.Catalogue
	Stderr io.Writer
	Log    *slog.Logger
	// Desk starts the bench as a process of its own, again after each time that
	// it went dark; clock says how far the day's clock is ahead of the system's.
	// nil: the bench runs in this process. The orders and labels come in before,
	// in this process.
	Desk func(ctx context.Context, clock func() time.Duration) (Desk, error)
	// Window shows the bench beside the shift and returns when it is closed.
	Window func(context.Context, *bench.Station) error
}

// day is everything that stands on the table.
type day struct {
	opt      Options
	parcels  []*parcel
	desk     Desk
	station  *bench.Station // nil while the bench is a process of its own
	renderer *label.Renderer
	target   label.Target
	printer  *process
	scale    *process // nil where no scale can be emulated
	erp      *process
	packer   *packer

	sheets   []sheet // labels that came out, in order
	taken    int     // how many of them were taken
	missing  map[*parcel]int64
	onScale  int64
	asked    map[string]int  // waybill → copies that a person asked for beyond the first
	had      map[string]bool // parcels that the screen showed with a label
	torn     int             // second copies that were torn up
	again    int             // scans made again because the bench had not stored them
	restarts int
	finished bool
	offset   atomic.Int64 // ns that hands have taken, added to the clock
}

// handling is what one movement of a packer takes on the day's clock.
const handling = 1500 * time.Millisecond

func (d *day) now() time.Time { return time.Now().Add(d.ahead()) }

// ahead is how far the day's clock is ahead of the system's.
func (d *day) ahead() time.Duration { return time.Duration(d.offset.Load()) }

// Run makes the day and works through it.
func Run(ctx context.Context, opt Options) (Summary, error) {
	d := &day{opt: opt, parcels: makeOrders(opt.Orders, opt.Seed), missing: map[*parcel]int64{}, asked: map[string]int{}, had: map[string]bool{}}
	defer func() {
		for _, p := range []*process{d.printer, d.scale, d.erp} {
			if err := p.stop(); err != nil {
				opt.Log.Warn("end of the day", "error", err)
			}
		}
	}()
	if err := d.set(ctx); err != nil {
		return Summary{}, errors.Join(err, d.closeStation())
	}
	started := time.Now()
	err := d.work(ctx)
	if err == nil {
		err = d.waitTold(ctx)
	}
	err = errors.Join(err, d.closeStation())
	if err != nil {
		return Summary{}, err
	}
	sum, err := d.summary(ctx, time.Since(started))
	if err != nil {
		return sum, err
	}
	return sum, d.writeSummary(sum)
}

func (d *day) closeStation() error {
	if d.renderer != nil {
		defer d.renderer.Close()
	}
	var err error
	switch {
	case d.desk != nil:
		err = d.desk.Close()
	case d.station != nil: // set up, and no further
		err = d.station.Close()
	}
	d.desk, d.station = nil, nil
	return err
}

// restart ends the program in the middle of a parcel and starts it again.
func (d *day) restart(ctx context.Context) error {
	if d.opt.Window != nil {
		return nil // the window would go with it
	}
	before, err := d.look(ctx)
	if err != nil {
		return err
	}
	if err := d.desk.Close(); err != nil {
		return err
	}
	if err := d.openDesk(ctx); err != nil {
		return err
	}
	d.restarts++
	after, err := d.look(ctx)
	if err != nil {
		return err
	}
	if before.Parcel == nil || after.Parcel == nil || before.Parcel.ID != after.Parcel.ID {
		return fmt.Errorf("after the restart the bench shows another parcel: %+v, was %+v", after.Parcel, before.Parcel)
	}
	for i := range before.Parcel.Lines {
		if before.Parcel.Lines[i].Verified != after.Parcel.Lines[i].Verified {
			return fmt.Errorf("after the restart line %d counts %d, was %d", i, after.Parcel.Lines[i].Verified, before.Parcel.Lines[i].Verified)
		}
	}
	return nil
}

// takeOrders waits until the orders have come from the ERP, and imports their labels.
func (d *day) takeOrders(ctx context.Context) error {
	want := len(d.parcels)
	err := d.wait(ctx, 30*time.Second, "the orders", func() (bool, error) {
		stages, err := d.station.Store.Stages(ctx)
		n := 0
		for _, k := range stages {
			n += k
		}
		return n == want, err
	})
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(d.dir("documents"), "labels.pdf"))
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	pages, err := d.station.Bench.ImportLabels(ctx, data)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if p.Parcel == "" || p.Why != "" {
			return fmt.Errorf("label page %d: %s (codes %v)", p.Page, p.Why, p.Codes)
		}
	}
	return nil
}

// work is the shift: first the picks are closed, then everything is packed.
func (d *day) work(ctx context.Context) error {
	if d.opt.ByHand {
		return d.opt.Window(ctx, d.station)
	}
	d.packer = &packer{day: d, pace: d.opt.Pace, totes: append([]*parcel(nil), d.parcels...), badge: verifier, done: map[mistake]bool{}}
	if d.opt.Window == nil {
		return d.shift(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	packed := make(chan error, 1)
	go func() { packed <- d.shift(ctx) }()
	if err := d.opt.Window(ctx, d.station); err != nil {
		return err
	}
	cancel()
	if err := <-packed; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// patience is how long nothing may happen before the day counts as stuck.
const patience = 60 * time.Second

func (d *day) shift(ctx context.Context) error {
	p := d.packer
	if err := p.pickAll(ctx); err != nil {
		return err
	}
	desk := d.desk
	changed, end := desk.Watch()
	defer func() { end() }()
	last := time.Now()
	for !d.finished {
		if err := d.changeFlow(ctx); err != nil {
			return err
		}
		v, err := d.look(ctx)
		if err != nil {
			return err
		}
		if desk != d.desk { // another bench, after a restart
			end()
			desk = d.desk
			changed, end = desk.Watch()
		}
		p.rightTote(v)
		acted, err := p.step(ctx, v)
		if err != nil {
			return err
		}
		d.offset.Add(int64(handling))
		if acted {
			last, p.since = time.Now(), time.Time{}
			continue
		}
		if time.Since(last) > patience {
			return fmt.Errorf("the shift is stuck at %q (%v), parcel %+v, alert %+v, loose %v, %d labels in the hand, %d totes left",
				v.Prompt.Key, v.Hint.Args, v.Parcel, v.Alert, v.Loose, len(p.hand), len(p.totes))
		}
		d.offset.Add(-int64(handling))
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return p.signOut(ctx)
}

// changeFlow turns the bench to label-first when only such parcels are left.
func (d *day) changeFlow(ctx context.Context) error {
	p := d.packer
	v, err := d.look(ctx)
	if err != nil {
		return err
	}
	want := packing.VerifyFirst
	if len(p.totes) > 0 && p.totes[0].labelFirst {
		want = packing.LabelFirst
	}
	if len(p.totes) == 0 && len(v.Loose) > 0 || v.Flow == string(want) || v.Parcel != nil || v.Alert != nil {
		return nil
	}
	if err := d.desk.Set(ctx, bench.SettingFlow, string(want)); !errors.Is(err, ErrGone) {
		return err
	}
	return nil // the screen will say how far it came
}

// pickAll: the picker closes the picks, tote by tote; then the verifier comes.
func (p *packer) pickAll(ctx context.Context) error {
	if err := p.scanBadge(ctx, picker); err != nil {
		return err
	}
	if err := p.command(ctx, packing.CmdPick); err != nil {
		return err
	}
	for _, t := range p.totes {
		if err := p.scanTote(ctx, t); err != nil {
			return err
		}
	}
	return p.scanBadge(ctx, p.badge)
}

func (p *packer) signOut(ctx context.Context) error { return p.command(ctx, packing.CmdSignOut) }

// load puts a weight on the scale, and lets it come to rest when it is empty.
func (d *day) load(ctx context.Context, mg int64) error {
	if d.scale == nil || mg == d.onScale {
		return nil
	}
	d.onScale = mg
	if err := d.scale.tell("load %dg", mg/1000); err != nil {
		return err
	}
	if mg != 0 {
		return nil
	}
	return d.wait(ctx, 10*time.Second, "an empty scale", func() (bool, error) {
		v, err := d.look(ctx)
		if err != nil {
			return false, err
		}
		return v.Scale.Stable && v.Scale.Mg == 0 && !v.Scale.Loaded && !v.Scale.NeedsZero, nil
	})
}

// cancel lets the buyer cancel, and waits until the bench has heard of it.
func (d *day) cancel(ctx context.Context, p *parcel) error {
	data, err := json.Marshal(map[string]any{"type": "cancel", "number": p.number, "order": p.order, "at": time.Now().UnixMilli()})
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if err := d.erp.tell("cancel %s", data); err != nil {
		return err
	}
	return d.wait(ctx, 20*time.Second, "the cancellation", func() (bool, error) {
		v, err := d.look(ctx)
		return err == nil && v.Alert != nil, err
	})
}

// stored is the parcel as the data directory has it.
func (d *day) stored(ctx context.Context, p *parcel) (have *packing.Parcel, err error) {
	err = d.withStore(func(st *store.Store) error {
		have, err = st.Parcel(ctx, bench.ParcelID("erp", p.number))
		return err
	})
	if err == nil && have == nil {
		err = fmt.Errorf("parcel %s is not stored", p.number)
	}
	return have, err
}

// waitTold waits until upstream knows everything.
func (d *day) waitTold(ctx context.Context) error {
	return d.wait(ctx, 30*time.Second, "the ERP to be told", func() (bool, error) {
		if _, err := d.look(ctx); err != nil { // nobody is told by a bench that is dark
			return false, err
		}
		var counts map[store.OutboxState]int
		err := d.withStore(func(st *store.Store) (err error) {
			counts, err = st.OutboxCounts(ctx)
			return err
		})
		return counts[store.OutboxPending] == 0, err
	})
}

// wait asks again until it is so; it fails after a time by saying for what.
func (d *day) wait(ctx context.Context, most time.Duration, what string, so func() (bool, error)) error {
	deadline := time.Now().Add(most)
	for {
		ok, err := so()
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("wait for %s: nothing in %s", what, most)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
