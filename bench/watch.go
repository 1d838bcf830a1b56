package bench

import (
	"context"
	"fmt"
	"time"

	"packbench/packing"
)

// What the bench keeps an eye on beside its inputs: how old the word of each
// connection is, this PC's clock, and the room on the disk.

// ages is how old the word of each live connection is, ms; -1 = never heard.
func (b *Bench) ages() map[string]int64 {
	if b.opt.Connections == nil {
		return nil
	}
	out := map[string]int64{}
	for _, c := range b.opt.Connections() {
		if c.State != StateFiles {
			out[c.Name] = c.AgeMs
		}
	}
	return out
}

// How far a clock may be off (BENCH §6, row 52).
const (
	clockSkewed = 2 * time.Minute
	clockWrong  = 12 * time.Hour
)

// clockWatch compares this PC's clock with the journal, with itself and with
// the servers'.
type clockWatch struct {
	start  time.Time     // with its monotonic reading
	behind time.Duration // at the start: by how much the newest event lies in the future
	skewMs int64
}

func newClockWatch(ctx context.Context, opt Options) (clockWatch, error) {
	last, err := opt.Store.LastEventMs(ctx)
	if err != nil {
		return clockWatch{}, fmt.Errorf("read the newest event's time: %w", err)
	}
	w := clockWatch{start: opt.Now()}
	if last > 0 {
		w.behind = time.UnixMilli(last).Sub(w.start)
	}
	return w, nil
}

// passed is how much time has gone since the start by the calendar, which can
// be set, and by the clock that nobody can set.
func (w clockWatch) passed(now time.Time) (calendar, monotonic time.Duration) {
	return now.Round(0).Sub(w.start.Round(0)), now.Sub(w.start)
}

// judge says how far the clock can be believed now. skews are the servers'
// clocks minus ours; the smallest one counts, since a single server may be wrong.
func (w clockWatch) judge(calendar, monotonic time.Duration, skews []time.Duration) (packing.ClockState, time.Duration) {
	set := calendar - monotonic // by how much somebody set the calendar forward
	back := max(w.behind-monotonic, -set)
	var skew time.Duration
	for i, s := range skews {
		if i == 0 || s.Abs() < skew.Abs() {
			skew = s
		}
	}
	switch {
	case skew.Abs() > clockWrong:
		return packing.ClockWrong, skew
	case skew.Abs() > clockSkewed:
		return packing.ClockSkewed, skew
	case len(skews) > 0:
		return packing.ClockRight, skew // a server agrees: what is wrong is older
	case back > clockSkewed:
		return packing.ClockWrong, back
	case set > clockSkewed:
		return packing.ClockSkewed, -set // set forward, and nobody to ask
	}
	return packing.ClockRight, skew
}

// watchClock notes a change of what can be believed, as an event: both times
// are kept.
func (b *Bench) watchClock(ctx context.Context) {
	var skews []time.Duration
	if b.opt.Connections != nil {
		for _, c := range b.opt.Connections() {
			if c.State != StateFiles && c.AgeMs >= 0 {
				skews = append(skews, time.Duration(c.SkewMs)*time.Millisecond)
			}
		}
	}
	calendar, monotonic := b.watched.passed(b.opt.Now())
	state, skew := b.watched.judge(calendar, monotonic, skews)
	b.watched.skewMs = skew.Milliseconds()
	if state != b.state.Bench.Clock {
		b.opt.Log.Warn("clock", "state", string(state), "skew", skew.String())
		_ = b.handle(ctx, packing.ClockNews{Clock: state, SkewMs: skew.Milliseconds()}) // shown as not stored
	}
}

// watchDisk measures the room.
func (b *Bench) watchDisk() {
	d, err := b.opt.Store.Disk()
	if err != nil {
		b.opt.Log.Error("measure disk", "error", err)
		return
	}
	b.disk = DiskView{Free: d.Free}
	switch {
	case d.Full:
		b.disk.State = "full"
	case d.Low:
		b.disk.State = "low"
	}
}
