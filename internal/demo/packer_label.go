package demo

import (
	"context"
	"slices"
	"time"

	"packbench/bench"
	"packbench/packing"
)

// nextBag works label-first: labels are printed ahead and stuck on bags; a bag
// is opened by its own label.
func (p *packer) nextBag(ctx context.Context, v *bench.View) (bool, error) {
	p.collect()
	for len(p.hand) > 0 {
		sheet := p.hand[0]
		i := slices.IndexFunc(p.totes, func(t *parcel) bool { return t.waybill == sheet.waybill() })
		if i < 0 {
			p.tear(sheet) // a second copy: its bag was opened by the first
			continue
		}
		p.pulls = 0
		return true, p.scan(ctx, sheet.waybill()) // rightTote sees what opened
	}
	if v.Hint.Args["ahead"] == "0" && len(v.Loose) == 0 {
		if p.pulls++; p.pulls > 5 {
			return false, nil
		}
		return true, p.command(ctx, packing.CmdAhead)
	}
	switch {
	case len(v.Loose) == 0 && p.waitedFor(p.day.opt.doubt()):
		return true, p.scanTote(ctx, p.totes[0]) // it gets none ahead, being held, say
	case len(v.Loose) > 0 && p.waitedFor(labelPatience):
		return true, p.command(ctx, packing.CmdEndAhead) // the printer keeps them for itself
	}
	return false, nil
}

// prove sticks the label that came out of the printer and scans it.
func (p *packer) prove(ctx context.Context, v *bench.View) (bool, error) {
	t := p.now
	if t.mistake == floorLabel && !p.done[floorLabel] && len(p.totes) > 0 {
		p.done[floorLabel] = true
		return true, p.scan(ctx, p.totes[0].waybill) // a label that lay about
	}
	if t.mistake == usedLabel && !p.done[usedLabel] && len(p.sealed) > 0 {
		p.done[usedLabel] = true
		p.held = append(p.held, p.sealed[0])
		return true, p.scan(ctx, p.sealed[0].waybill)
	}
	if t.printed {
		return true, p.scan(ctx, t.waybill)
	}
	if p.takeSheet(t) {
		t.printed = true
		return true, p.scan(ctx, t.waybill)
	}
	if !p.waitedFor(labelPatience) {
		return false, nil
	}
	return true, p.command(ctx, packing.CmdBadLabel) // it was sent, and nothing is there
}

// labelPatience is how long a packer looks at a printer that should print.
const labelPatience = 10 * time.Second

// waitedFor tells whether the packer has waited for a label as long as that,
// and begins to wait if it does not yet.
func (p *packer) waitedFor(most time.Duration) bool {
	if p.since.IsZero() {
		p.since = time.Now()
	}
	if time.Since(p.since) < most {
		return false
	}
	p.since = time.Time{}
	return true
}

// collect takes what lies in the printer's tray into the hand.
func (p *packer) collect() {
	for s := p.day.nextSheet(); s != nil; s = p.day.nextSheet() {
		p.hand = append(p.hand, s)
		p.since = time.Time{}
	}
}

// takeSheet finds a parcel's label among those in the hand; the copies of
// boxes that have theirs are torn up.
func (p *packer) takeSheet(t *parcel) bool {
	p.collect()
	for _, s := range slices.Clone(p.hand) {
		if s.waybill() == t.waybill {
			p.hand = slices.DeleteFunc(p.hand, func(o *sheet) bool { return o == s })
			return true
		}
		if !slices.ContainsFunc(p.totes, func(t *parcel) bool { return t.waybill == s.waybill() }) {
			p.tear(s)
		}
	}
	return false
}

func (p *packer) tear(s *sheet) {
	p.day.torn++
	p.hand = slices.DeleteFunc(p.hand, func(o *sheet) bool { return o == s })
}

// cameOut answers whether the label came out: by scanning it, or the newest of
// several, if it is there.
func (p *packer) cameOut(ctx context.Context, v *bench.View) (bool, error) {
	if v.Parcel != nil && p.now != nil {
		if p.takeSheet(p.now) {
			p.now.printed = true
		}
		if p.now.printed {
			return true, p.scan(ctx, p.now.waybill)
		}
	} else if p.collect(); len(p.hand) > 0 {
		return true, p.scan(ctx, p.hand[len(p.hand)-1].waybill())
	}
	if !p.waitedFor(p.day.opt.doubt()) {
		return false, nil // it may still come
	}
	if p.paperOut {
		return true, p.refill()
	}
	return true, p.command(ctx, packing.CmdNoLabel)
}

// refill puts paper into the printer if it has none.
func (p *packer) refill() error {
	if !p.paperOut {
		return nil
	}
	p.paperOut = false
	return p.day.printer.tell("paper in")
}

// noteAsked remembers, outside of the program, that a person asked for another
// copy of a label.
func (p *packer) noteAsked(ctx context.Context, c packing.Command) error {
	switch c {
	case packing.CmdPrint, packing.CmdBadLabel, packing.CmdNoLabel, packing.CmdEndAhead:
	default:
		return nil
	}
	v, err := p.day.look(ctx)
	if err != nil {
		return err
	}
	if v.Parcel != nil {
		if p.day.had[v.Parcel.ID] {
			p.day.asked[v.Parcel.Waybill]++
		}
		return nil
	}
	for _, t := range p.day.parcels {
		if slices.ContainsFunc(v.Loose, func(l bench.LooseView) bool { return l.Parcel == string(bench.ParcelID("erp", t.number)) }) {
			p.day.asked[t.waybill]++
		}
	}
	return nil
}
