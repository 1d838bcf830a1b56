package demo

import (
	"bytes"
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
	"packbench/document"
	"packbench/label"
	"packbench/packing"
	"packbench/raster"
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
	// Window shows the bench beside the shift and returns when it is closed.
	Window func(context.Context, *bench.Station) error
}

// day is everything that stands on the table.
type day struct {
	opt      Options
	parcels  []*parcel
	station  *bench.Station
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
	restarts int
	finished bool
	offset   atomic.Int64 // ns that hands have taken, added to the clock
}

// sheet is a label that came out of the printer, as eyes and scanners see it.
type sheet struct {
	png   string
	codes []label.Code
}

// waybill is the large barcode on it.
func (s *sheet) waybill() string {
	for _, c := range s.codes {
		if c.Symbology == label.Code128 {
			return c.Text
		}
	}
	return ""
}

// handling is what one movement of a packer takes on the day's clock.
const handling = 1500 * time.Millisecond

func (d *day) now() time.Time { return time.Now().Add(time.Duration(d.offset.Load())) }

// Run makes the day and works through it.
func Run(ctx context.Context, opt Options) (Summary, error) {
	d := &day{opt: opt, parcels: makeOrders(opt.Orders, opt.Seed), missing: map[*parcel]int64{}}
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
	if d.station == nil {
		return nil
	}
	err := d.station.Close()
	d.station = nil
	return err
}

// restart ends the program in the middle of a parcel and starts it again.
func (d *day) restart(ctx context.Context) error {
	if d.opt.Window != nil {
		return nil // the window would go with it
	}
	before := d.station.Bench.View()
	if err := d.station.Close(); err != nil {
		return err
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	d.restarts++
	after := d.station.Bench.View()
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

// writeDocuments makes the sheets that hang at the bench, and the labels as
// the platform would give them: one PDF, a label a page.
func (d *day) writeDocuments() error {
	for _, paper := range []string{"a4", "100x150"} {
		if _, err := WriteSheets(d.dir("documents"), d.opt.Words, paper, people); err != nil {
			return err
		}
	}
	var labels []document.ShippingLabelData
	for _, p := range d.parcels {
		labels = append(labels, p.label())
	}
	var buf bytes.Buffer
	if err := document.ShippingLabels(&buf, labels); err != nil {
		return fmt.Errorf("make labels: %w", err)
	}
	if err := os.WriteFile(filepath.Join(d.dir("documents"), "labels.pdf"), buf.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write labels: %w", err)
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
	changed, end := d.station.Bench.Watch()
	defer func() { end() }()
	last, opened := time.Now(), d.restarts
	for !d.finished {
		if err := d.changeFlow(ctx); err != nil {
			return err
		}
		if opened != d.restarts { // another bench, after the restart
			end()
			changed, end = d.station.Bench.Watch()
			opened = d.restarts
		}
		v := d.station.Bench.View()
		acted, err := p.step(ctx, v)
		if err != nil {
			return err
		}
		d.offset.Add(int64(handling))
		if acted {
			last = time.Now()
			continue
		}
		if time.Since(last) > patience {
			return fmt.Errorf("the shift is stuck at %q, parcel %+v, alert %+v", v.Prompt.Key, v.Parcel, v.Alert)
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
	v := d.station.Bench.View()
	want := packing.VerifyFirst
	if len(p.totes) > 0 && p.totes[0].labelFirst {
		want = packing.LabelFirst
	}
	if len(p.totes) == 0 && len(v.Loose) > 0 || v.Flow == string(want) || v.Parcel != nil || v.Alert != nil {
		return nil
	}
	return d.station.Bench.Set(ctx, bench.SettingFlow, string(want))
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

// nextSheet takes the oldest label that came out and was not taken; nil if
// there is none. What is on it is read from its picture, as a scanner would.
func (d *day) nextSheet() *sheet {
	for more := true; more; {
		select {
		case e, ok := <-d.printer.events:
			more = ok
			if ok && e.Event == "printed" {
				d.sheets = append(d.sheets, sheet{png: e.PNG})
			}
		default:
			more = false
		}
	}
	if d.taken >= len(d.sheets) {
		return nil
	}
	s := &d.sheets[d.taken]
	if s.codes == nil {
		data, err := os.ReadFile(s.png)
		if err != nil {
			d.opt.Log.Error("look at label", "error", err)
			return nil
		}
		bm, err := raster.DecodePNG(bytes.NewReader(data))
		if err != nil {
			d.opt.Log.Error("look at label", "error", err)
			return nil
		}
		s.codes = label.ReadCodes(bm, 203.2)
	}
	d.taken++
	return s
}

// load puts a weight on the scale, and lets it come to rest when it is empty.
func (d *day) load(mg int64) error {
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
	return d.wait(context.Background(), 10*time.Second, "an empty scale", func() (bool, error) {
		s := d.station.Bench.View().Scale
		return s.Stable && s.Mg == 0 && !s.Loaded && !s.NeedsZero, nil
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
		return d.station.Bench.View().Alert != nil, nil
	})
}

func (d *day) wasReleased(ctx context.Context, p *parcel) bool {
	have, err := d.station.Store.Parcel(ctx, bench.ParcelID("erp", p.number))
	return err == nil && have != nil && len(have.Holds) == 0
}

func (d *day) isSealed(ctx context.Context, p *parcel) bool {
	have, err := d.station.Store.Parcel(ctx, bench.ParcelID("erp", p.number))
	return err == nil && have != nil && have.SealedMs > 0
}

// waitTold waits until upstream knows everything.
func (d *day) waitTold(ctx context.Context) error {
	return d.wait(ctx, 30*time.Second, "the ERP to be told", func() (bool, error) {
		counts, err := d.station.Store.OutboxCounts(ctx)
		return counts["pending"] == 0, err
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
