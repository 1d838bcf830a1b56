package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"packbench/bench"
	"packbench/scanner"
	"packbench/store"
)

// Desk is a running bench as the person in front of it meets it: a screen and
// a scanner. It may be in this process, or in one of its own that somebody may
// kill at any moment.
type Desk interface {
	// View is what the screen shows, or showed last.
	View() *bench.View
	// Scan pulls the trigger and returns when the bench has dealt with it;
	// ErrGone if the bench ended before it said so.
	Scan(context.Context, scanner.Scan) error
	PIN(ctx context.Context, pin string) error
	Set(ctx context.Context, key, value string) error
	// Watch answers a channel that gets a value after the screen changed or
	// went dark, and a function that ends it.
	Watch() (<-chan struct{}, func())
	// Gone tells whether the screen is dark.
	Gone() bool
	Close() error
}

// ErrGone: the process of the bench has ended, nobody knows at which point.
var ErrGone = errors.New("the bench is gone")

// localDesk is a station in this process.
type localDesk struct {
	*bench.Bench
	station *bench.Station
}

func (l localDesk) Scan(ctx context.Context, s scanner.Scan) error {
	if err := l.Bench.Scan(ctx, s); err != nil {
		return err
	}
	return l.Settle(ctx)
}

func (l localDesk) Gone() bool   { return false }
func (l localDesk) Close() error { return l.station.Close() }

// look is a glance at the screen. A dark one is started again first.
func (d *day) look(ctx context.Context) (*bench.View, error) {
	if d.desk.Gone() {
		if err := d.switchOn(ctx); err != nil {
			return nil, err
		}
	}
	v := d.desk.View()
	if v.Parcel != nil && v.Parcel.Label != nil {
		d.had[v.Parcel.ID] = true
	}
	for _, l := range v.Loose {
		d.had[l.Parcel] = true
	}
	return v, nil
}

// switchOn starts the bench again after it went dark.
func (d *day) switchOn(ctx context.Context) error {
	if err := d.desk.Close(); err != nil && !errors.Is(err, ErrGone) {
		return err
	}
	d.restarts++
	return d.openDesk(ctx)
}

// openDesk starts the bench: in this process, or as the options say.
func (d *day) openDesk(ctx context.Context) error {
	if d.opt.Desk == nil {
		if err := d.open(ctx); err != nil {
			return err
		}
		d.desk = localDesk{d.station.Bench, d.station}
		return nil
	}
	desk, err := d.opt.Desk(ctx, d.ahead)
	if err != nil {
		return fmt.Errorf("start bench: %w", err)
	}
	d.desk = desk
	return nil
}

// pull scans a code and returns when the bench has stored it. Where the bench
// goes dark meanwhile, the person starts it again and does what anybody would:
// the screen says which scan was stored last; if it was not this one, scan again.
func (d *day) pull(ctx context.Context, raw string) error {
	const attempts = 20 // kills in a row that one scan may meet
	for range attempts {
		if _, err := d.look(ctx); err != nil {
			return err
		}
		d.offset.Add(int64(time.Millisecond)) // no two scans at one time, not even by a script
		s := scanner.Scan{Raw: raw, Symbology: "]C0", Device: "demo scanner", At: d.now()}
		err := d.desk.Scan(ctx, s)
		if !errors.Is(err, ErrGone) {
			return err
		}
		v, err := d.look(ctx)
		if err != nil {
			return err
		}
		if v.LastMs == s.At.UnixMilli() {
			return nil
		}
		d.again++
		d.offset.Add(int64(handling))
	}
	return fmt.Errorf("scan: %w %d times in a row", ErrGone, attempts)
}

// withStore looks into the data directory beside whoever works on it.
func (d *day) withStore(f func(*store.Store) error) (err error) {
	if d.station != nil {
		return f(d.station.Store)
	}
	st, err := store.Open(d.opt.Data, store.Options{Shared: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return f(st)
}

// doubt is how long a packer waits for a label that may or may not come. Where
// the bench is killed again and again, for its kills' sake not long.
func (o Options) doubt() time.Duration {
	if o.Desk != nil {
		return time.Second
	}
	return 3 * time.Second
}
