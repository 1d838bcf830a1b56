package bench

import (
	"context"

	"packbench/packing"
	"packbench/scale"
)

// Weigh takes one reading of the scale. settled is a new load that came to
// rest, nil if this reading is none; the bench keeps it until the scale is
// empty. needsZero: the next load counts only after the scale was at zero.
func (b *Bench) Weigh(ctx context.Context, r scale.Reading, settled *packing.Weight, needsZero bool) error {
	return b.put(ctx, request{call: func(ctx context.Context) error {
		b.scale.reading(r)
		b.scale.needsZero = needsZero
		switch {
		case settled != nil:
			b.lastLoad, b.loadFor = settled, b.state.Bench.Focus
		case !b.changedLoad(r):
			b.publish(ctx)
			return nil
		}
		b.publish(ctx)
		if !b.loadServes() {
			return nil
		}
		return b.handle(ctx, *b.lastLoad)
	}})
}

// loadServes tells whether the load on the scale may be the open parcel's: it
// came to rest while that one, or none, was open.
func (b *Bench) loadServes() bool {
	return b.lastLoad != nil && (b.loadFor == "" || b.loadFor == b.state.Bench.Focus)
}

// emptyMg: below this the scale counts as empty, milligrams.
const emptyMg = 5_000

// moved is by how much a load must change to count as changed, milligrams.
const moved = 2_000

// changedLoad follows a load that lies on the scale: goods may be put into the
// box, or taken out after a refusal, without lifting it. The load keeps its
// number until the rules have used it; a used load that changes is a new one
// for the same parcel only. It tells whether the rules should look again.
func (b *Bench) changedLoad(r scale.Reading) bool {
	if !r.Stable || r.Status != scale.OK || b.lastLoad == nil {
		return false
	}
	if r.Milligrams < emptyMg {
		b.lastLoad = nil
		return false
	}
	diff := r.Milligrams - b.lastLoad.Mg
	if -moved < diff && diff < moved {
		return false
	}
	used := b.lastLoad.Load == b.state.Bench.Load
	if used && b.loadFor != b.state.Bench.Focus {
		return false
	}
	load := b.lastLoad.Load
	if used {
		load = max(b.opt.Now().UnixMilli(), load+1)
	}
	b.lastLoad = &packing.Weight{Mg: r.Milligrams, Load: load}
	return true
}

// ScaleState shows how the scale stands as a device.
func (b *Bench) ScaleState(ctx context.Context, state string) error {
	return b.put(ctx, request{call: func(ctx context.Context) error {
		b.scale.state = state
		if state != string(scale.StateReady) {
			b.lastLoad = nil // whatever lies there is weighed anew
		}
		b.publish(ctx)
		return nil
	}})
}
