package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
)

// packer works a shift. What it knows of the program is the View; what it
// knows of the world is what lies in front of it.
type packer struct {
	day  *day
	pace time.Duration // between two movements; 0 as fast as the bench answers

	totes []*parcel // still to be done, in order
	now   *parcel   // whose tote is on the table
	table []unit    // what was put aside for good
	badge string    // who sits here
	hand  []*sheet  // labels that came out and are on no box yet, oldest first
	scans int
	since time.Time // when the packer began to wait for a label; zero = does not
	pulls int       // AHEAD commands in a row that brought no label

	held     []*parcel // on shelves, for the supervisor
	done     map[mistake]bool
	sealed   []*parcel
	paperOut bool
}

// step looks at the screen and does one thing. It answers false when there is
// nothing to do but wait.
func (p *packer) step(ctx context.Context, v *bench.View) (bool, error) {
	if v.Alert != nil {
		return true, p.answer(ctx, v)
	}
	switch v.Prompt.Key {
	case "prompt.badge":
		return true, p.scanBadge(ctx, p.badge)
	case "prompt.picker":
		return true, p.scanBadge(ctx, picker)
	case "prompt.open", "prompt.open_label":
		return p.next(ctx, v)
	case "prompt.item":
		return true, p.item(ctx)
	case "prompt.weigh":
		return p.weigh(ctx, v)
	case "prompt.print":
		if v.Printer.Fault != "" {
			if !p.waitedFor(p.day.opt.doubt()) {
				return false, nil // it is being refilled
			}
			return true, p.refill()
		}
		return true, p.command(ctx, packing.CmdPrint)
	case "prompt.prove":
		return p.prove(ctx, v)
	case "prompt.came_out", "prompt.last_good":
		return p.cameOut(ctx, v)
	case "prompt.no_label", "prompt.bad_file", "prompt.wait":
		return true, p.command(ctx, packing.CmdHold)
	case "prompt.shelf":
		return true, p.scanOwn(ctx, code.Location, "A1")
	case "prompt.supervisor":
		return true, p.scanBadge(ctx, supervisor)
	case "prompt.pin":
		if err := p.day.desk.PIN(ctx, bossPIN); !errors.Is(err, ErrGone) {
			return true, err
		}
		return true, nil // the screen will ask again
	}
	return false, fmt.Errorf("the screen says %q: nobody knows what to do", v.Prompt.Key)
}

// answer reacts to an alert: first with the hands, then with ACK.
func (p *packer) answer(ctx context.Context, v *bench.View) error {
	switch packing.RefusalKind(v.Alert.Kind) {
	case packing.Restarted:
		// All counts are zero: everything goes back into the tote.
		p.now.units, p.now.box = append(p.now.box, p.now.units...), nil
	case packing.WeightOff:
		if p.now.mistake == unitMissing {
			p.day.missing[p.now] = 0 // the box is opened, the unit on the table goes in
		}
		if err := p.load(ctx); err != nil {
			return err
		}
	case packing.SamePerson:
		p.badge = verifier
		if p.now != nil {
			p.totes, p.now = append([]*parcel{p.now}, p.totes...), nil // the same tote again
		}
		if err := p.command(ctx, packing.CmdAck); err != nil {
			return err
		}
		return p.scanBadge(ctx, p.badge)
	case packing.CantOpen:
		if v.Alert.Args["why"] == "held" && p.now != nil && slices.Contains(p.held, p.now) {
			return p.command(ctx, packing.CmdRelease)
		}
		p.now = nil // put the tote aside, take the next
	case packing.PrinterUnknown, packing.PrinterFailed:
		if err := p.refill(); err != nil {
			return err
		}
	case packing.Cancelled, packing.CancelWanted, packing.PutAside:
		if v.Parcel == nil || v.Alert.Kind == string(packing.PutAside) {
			p.shelve()
		}
	}
	return p.command(ctx, packing.CmdAck)
}

// shelve: the parcel on the table goes to a shelf; a supervisor will look at
// it, unless the buyer does not want it any more.
func (p *packer) shelve() {
	if p.now == nil {
		return
	}
	if p.now.mistake != cancelled {
		p.held = append(p.held, p.now)
	}
	p.now = nil
}

// next takes the next tote, or the next held parcel when all totes are done.
func (p *packer) next(ctx context.Context, v *bench.View) (bool, error) {
	p.leave()
	if err := p.day.load(ctx, 0); err != nil {
		return false, err
	}
	if len(p.totes) == 0 {
		return p.nextHeld(ctx)
	}
	if p.totes[0].labelFirst {
		return p.nextBag(ctx, v)
	}
	p.take(p.totes[0])
	p.totes = p.totes[1:]
	if p.now.mistake == samePerson && !p.done[samePerson] {
		p.done[samePerson] = true
		p.badge = picker // sits down although he picked it
		if err := p.scanBadge(ctx, p.badge); err != nil {
			return false, err
		}
	}
	return true, p.scanTote(ctx, p.now)
}

func (p *packer) take(next *parcel) {
	p.now = next
}

// nextHeld brings a held parcel back from its shelf, with the supervisor here.
func (p *packer) nextHeld(ctx context.Context) (bool, error) {
	if len(p.held) == 0 {
		p.day.finished = true
		return false, nil
	}
	p.now = p.held[0]
	have, err := p.day.stored(ctx, p.now)
	if err != nil {
		return false, err
	}
	if len(have.Holds) == 0 {
		p.held = p.held[1:]
		if have.SealedMs > 0 {
			p.now = nil
			return true, nil
		}
	}
	return true, p.scanTote(ctx, p.now)
}

// rightTote sees to it that the tote on the table is the one on the screen: a
// scan of a label may have opened another, and the bench may have stored a scan
// that it did not live to acknowledge.
func (p *packer) rightTote(v *bench.View) {
	if v.Parcel == nil || p.now != nil && v.Parcel.ID == string(bench.ParcelID("erp", p.now.number)) {
		return
	}
	for i, t := range p.totes {
		if v.Parcel.ID != string(bench.ParcelID("erp", t.number)) {
			continue
		}
		p.leave()
		p.take(t)
		p.totes = slices.Delete(p.totes, i, i+1)
		for _, s := range p.hand {
			if s.waybill() == t.waybill { // it was opened by its label, which hangs on it
				t.printed = true
				p.hand = slices.DeleteFunc(p.hand, func(o *sheet) bool { return o == s })
				break
			}
		}
		return
	}
}

// leave: what was on the table has gone off the screen; with its label it is sealed.
func (p *packer) leave() {
	if p.now != nil && p.now.printed && !slices.Contains(p.held, p.now) {
		p.sealed = append(p.sealed, p.now)
	}
	p.now = nil
}

// item takes the next thing out of the tote and scans it into the box.
func (p *packer) item(ctx context.Context) error {
	switch t := p.now; {
	case t.mistake == wrongCode && !p.done[wrongCode]:
		p.done[wrongCode] = true
		return p.scan(ctx, t.waybill)
	case t.mistake == powerCut && len(p.now.box) > 0 && !p.done[powerCut]:
		p.done[powerCut] = true
		return p.day.restart(ctx)
	case t.mistake == cancelled && len(p.now.box) > 0 && !p.done[cancelled]:
		p.done[cancelled] = true
		return p.day.cancel(ctx, t)
	case t.mistake == paperOut && !p.done[paperOut]:
		p.done[paperOut], p.paperOut = true, true
		return p.day.printer.tell("paper out")
	case len(t.units) == 0:
		return p.command(ctx, packing.CmdHold)
	}
	return p.takeUnit(ctx)
}

func (p *packer) takeUnit(ctx context.Context) error {
	u := p.now.units[0]
	p.now.units = p.now.units[1:]
	before, err := p.verified(ctx)
	if err != nil {
		return err
	}
	if err := p.scan(ctx, u.code); err != nil {
		return err
	}
	after, err := p.verified(ctx)
	if after > before {
		p.now.box = append(p.now.box, u)
	} else {
		p.table = append(p.table, u) // refused: it stays out of the box
	}
	return err
}

// verified is the sum of the counts on the screen.
func (p *packer) verified(ctx context.Context) (n int, err error) {
	v, err := p.day.look(ctx)
	if err != nil || v.Parcel == nil {
		return 0, err
	}
	for _, l := range v.Parcel.Lines {
		n += l.Verified
	}
	return n, nil
}

// weigh puts the box on the scale and waits; a thing that is still in the tote
// is scanned first, because it should not be there.
func (p *packer) weigh(ctx context.Context, v *bench.View) (bool, error) {
	if len(p.now.units) > 0 {
		return true, p.takeUnit(ctx)
	}
	if p.now.mistake == unitMissing && !p.done[unitMissing] && len(p.now.box) > 1 {
		p.done[unitMissing] = true
		p.day.missing[p.now] = p.now.box[0].mg
	}
	if v.Scale.Loaded {
		return false, nil
	}
	return false, p.load(ctx)
}

// load puts what is in the box on the scale.
func (p *packer) load(ctx context.Context) error {
	sum := -p.day.missing[p.now]
	for _, u := range p.now.box {
		sum += u.mg
	}
	return p.day.load(ctx, sum)
}

func (p *packer) scanBadge(ctx context.Context, id string) error {
	return p.scanOwn(ctx, code.Badge, id)
}

func (p *packer) command(ctx context.Context, c packing.Command) error {
	if err := p.noteAsked(ctx, c); err != nil {
		return err
	}
	return p.scanOwn(ctx, code.Command, string(c))
}

// scanTote scans the label of a tote: the text that the ERP knows it by.
func (p *packer) scanTote(ctx context.Context, t *parcel) error { return p.scan(ctx, t.tote) }

// scanOwn scans one of our own codes.
func (p *packer) scanOwn(ctx context.Context, class code.CommandClass, body string) error {
	raw, err := code.FormatCommand(class, body)
	if err != nil {
		return fmt.Errorf("scan %s: %w", body, err)
	}
	return p.scan(ctx, raw)
}

// scan pulls the trigger, and waits until the bench has stored what follows.
func (p *packer) scan(ctx context.Context, raw string) error {
	p.scans++
	if err := p.day.pull(ctx, strings.TrimSpace(raw)); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	p.rest(ctx)
	return nil
}

// rest is how long a hand needs.
func (p *packer) rest(ctx context.Context) {
	wait := p.pace
	if wait == 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
