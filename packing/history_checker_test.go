package packing_test

import (
	"fmt"
	"slices"

	"packbench/packing"
)

// checker keeps what the events say, apart from what the program's states say.
type checker struct {
	w       *world
	units   map[packing.ParcelID]map[int]int
	by      map[packing.ParcelID]map[packing.PersonID]bool
	pickers map[packing.ParcelID]map[packing.PersonID]bool
	weighed map[packing.ParcelID]bool
	proof   map[packing.ParcelID]string // strong code since the last label, "" = none
	cancel  map[packing.ParcelID]bool
	holds   map[packing.ParcelID]map[packing.HoldReason]bool
	proven  map[string]packing.ParcelID // waybill → where
	loose   map[packing.JobID]bool
	final   map[packing.ParcelID]bool
	once    map[packing.ParcelID]bool           // was sealed at least once
	stopped map[packing.ParcelID]packing.Status // upstream's word, if it is against shipping
	ended   map[packing.ParcelID]string         // waybill of the proof that it is sealed with, "" = not sealed
	printed int
	settled int // proven, void or orphan
}

func newChecker(w *world) *checker {
	return &checker{
		w: w, units: map[packing.ParcelID]map[int]int{}, by: map[packing.ParcelID]map[packing.PersonID]bool{},
		pickers: map[packing.ParcelID]map[packing.PersonID]bool{}, weighed: map[packing.ParcelID]bool{},
		proof: map[packing.ParcelID]string{}, cancel: map[packing.ParcelID]bool{},
		holds:  map[packing.ParcelID]map[packing.HoldReason]bool{},
		proven: map[string]packing.ParcelID{}, loose: map[packing.JobID]bool{},
		final: map[packing.ParcelID]bool{}, once: map[packing.ParcelID]bool{}, stopped: map[packing.ParcelID]packing.Status{}, ended: map[packing.ParcelID]string{},
	}
}

func put[K, V comparable, X any](m map[K]map[V]X, k K, v V, x X) {
	if m[k] == nil {
		m[k] = map[V]X{}
	}
	m[k][v] = x
}

// step judges the events of one input. before is the alerts before it.
func (c *checker) step(in packing.Input, events []packing.Event, before []packing.Alert) error {
	c.hear(in)
	refused, counted := false, false
	for _, e := range events {
		switch body := e.Body.(type) {
		case packing.Refused:
			switch body.Alert.Kind {
			case packing.NoLabel, packing.PutAside, packing.Cancelled, packing.CancelWanted:
				// The item was right; the next step is what can't be taken.
			default:
				refused = true
			}
		case packing.UnitVerified:
			counted = true
			if c.units[e.Parcel] == nil {
				c.units[e.Parcel] = map[int]int{}
			}
			c.units[e.Parcel][body.Line] += body.N
			put(c.by, e.Parcel, e.Person, true)
		case packing.CountsCleared:
			delete(c.units, e.Parcel)
			delete(c.by, e.Parcel)
			delete(c.weighed, e.Parcel)
		case packing.Picked:
			put(c.pickers, e.Parcel, body.By, true)
		case packing.Weighed:
			c.weighed[e.Parcel] = true
		case packing.ParcelChanged:
			if body.Lines {
				delete(c.units, e.Parcel)
				delete(c.by, e.Parcel)
				delete(c.weighed, e.Parcel)
			}
			if body.Label {
				c.proof[e.Parcel] = ""
			}
		case packing.Opened:
			c.ended[e.Parcel] = ""
		case packing.Held:
			put(c.holds, e.Parcel, body.Hold.Reason, true)
		case packing.HoldReleased:
			delete(c.holds[e.Parcel], body.Reason)
		}
		if err := c.label(e); err != nil {
			return err
		}
		if _, ok := e.Body.(packing.Sealed); ok {
			if err := c.sealed(e.Parcel); err != nil {
				return err
			}
		}
	}
	if refused && counted {
		return fmt.Errorf("I2: a refusal and a count in one input %#v", in)
	}
	for id, lines := range c.units {
		for i, n := range lines {
			if q := c.w.parcels[id].Lines[i].Quantity; n > q || n != c.w.parcels[id].Verified(i) {
				return fmt.Errorf("I2: %s line %d has %d of %d, state says %d", id, i, n, q, c.w.parcels[id].Verified(i))
			}
		}
	}
	if err := c.outbox(); err != nil {
		return err
	}
	return c.alerts(in, before)
}

// hear is what upstream said, whatever the program makes of it.
func (c *checker) hear(in packing.Input) {
	switch in := in.(type) {
	case packing.CancelNews:
		c.cancel[in.Parcel] = in.Cancel != packing.CancelNone || c.final[in.Parcel]
		c.final[in.Parcel] = c.final[in.Parcel] || in.Cancel == packing.CancelFinal
	case packing.Arrived:
		delete(c.stopped, in.Parcel.ID)
		if s := in.Parcel.Status; s != packing.StatusPackable && (s != packing.StatusShipped || !c.once[in.Parcel.ID]) {
			c.stopped[in.Parcel.ID] = s
		}
	}
}

// outbox: upstream is told of every parcel that left for good, once, with the
// number that was proven on it, and of no other.
func (c *checker) outbox() error {
	for id, rows := range c.w.told {
		if c.ended[id] == "" && !slices.ContainsFunc(rows, func(r *toldRow) bool { return r.state == "pending" }) {
			continue
		}
		good := c.ended[id] != "" && !c.cancel[id] && len(c.holds[id]) == 0 && c.stopped[id] == ""
		pending, done, parked := 0, 0, 0
		for _, r := range rows {
			switch r.state {
			case "pending":
				pending++
				if !good {
					return fmt.Errorf("I6: %s is told although cancelled, held or open", id)
				}
				if r.waybill != c.ended[id] {
					return fmt.Errorf("I6: %s is told with %s, proven was %s", id, r.waybill, c.ended[id])
				}
			case "done":
				done++
			case "parked":
				parked++
			}
		}
		if pending > 1 || pending > 0 && done > 0 {
			return fmt.Errorf("I6: %s would be told again: %+v", id, rows)
		}
		if good && pending+done+parked == 0 {
			return fmt.Errorf("I6: nobody tells of %s", id)
		}
	}
	return nil
}

func (c *checker) label(e packing.Event) error {
	settle := func(job packing.JobID) {
		if c.loose[job] {
			delete(c.loose, job)
			c.settled++
		}
	}
	switch body := e.Body.(type) {
	case packing.LabelRequested:
		c.loose[body.Label.Job] = true
		c.printed++
		c.proof[e.Parcel] = ""
	case packing.LabelVoided:
		settle(body.Job)
		c.proof[e.Parcel] = ""
	case packing.LabelOrphaned:
		settle(body.Job)
	case packing.PrintReported:
		if body.State == packing.PrintFailed {
			settle(body.Job)
		}
	case packing.LabelProven:
		settle(body.Job)
		if other, ok := c.proven[body.Code]; ok && other != e.Parcel {
			return fmt.Errorf("I4: %s proven on %s and on %s", body.Code, other, e.Parcel)
		}
		c.proven[body.Code] = e.Parcel
		if err := c.isStrong(body.Code, e.Parcel); err != nil {
			return err
		}
		c.proof[e.Parcel] = body.Code
	}
	if c.w.pol.Flow == packing.VerifyFirst && len(c.loose) > 1 {
		return fmt.Errorf("I3: %d labels are loose", len(c.loose))
	}
	return nil
}

// balance: printed = proven + void + orphans + still loose, and the bench
// knows which are loose.
func (c *checker) balance() error {
	if c.printed != c.settled+len(c.loose) {
		return fmt.Errorf("I3: printed %d, settled %d, loose %d", c.printed, c.settled, len(c.loose))
	}
	if len(c.w.bench.Loose) != len(c.loose) {
		return fmt.Errorf("I3: the bench knows %v, events say %v", c.w.bench.Loose, c.loose)
	}
	for _, l := range c.w.bench.Loose {
		if !c.loose[l.Job] {
			return fmt.Errorf("I3: %s is not loose", l.Job)
		}
	}
	return nil
}

// isStrong looks at the warehouse itself: one parcel, and no other thing.
func (c *checker) isStrong(code string, parcel packing.ParcelID) error {
	n := 0
	for id, p := range c.w.parcels {
		if p.Waybill == code || p.File != nil && slices.Contains(p.File.Codes, code) {
			n++
			if id != parcel {
				return fmt.Errorf("I1: %s of %s was taken as proof of %s", code, id, parcel)
			}
		}
		if p.Order == code || p.Tote == code {
			return fmt.Errorf("I1: %s is a number of %s", code, id)
		}
	}
	if n != 1 {
		return fmt.Errorf("I1: %d parcels own %s", n, code)
	}
	return nil
}

func (c *checker) sealed(id packing.ParcelID) error {
	p := c.w.parcels[id]
	for i, l := range p.Lines {
		if c.units[id][i] != l.Quantity {
			return fmt.Errorf("I1: %s sealed with %d of %d on line %d", id, c.units[id][i], l.Quantity, i)
		}
	}
	if !c.w.pol.Solo {
		if len(c.pickers[id]) == 0 {
			return fmt.Errorf("I1: %s sealed and nobody picked it", id)
		}
		for person := range c.by[id] {
			if c.pickers[id][person] {
				return fmt.Errorf("I1: %s picked and verified by %s", id, person)
			}
		}
	}
	switch {
	case c.proof[id] == "":
		return fmt.Errorf("I1: %s sealed without proof of its last label", id)
	case c.w.pol.WeighGate && !c.weighed[id]:
		return fmt.Errorf("I1: %s sealed without a weight", id)
	case c.cancel[id]:
		return fmt.Errorf("I1: %s sealed although cancelled", id)
	case len(c.holds[id]) > 0:
		return fmt.Errorf("I1: %s sealed although held: %v", id, c.holds[id])
	case c.stopped[id] != "":
		return fmt.Errorf("I1: %s sealed although upstream says %s", id, c.stopped[id])
	}
	c.once[id] = true
	if c.ended[id] = c.proof[id]; len(c.w.told[id]) == 0 {
		return fmt.Errorf("I6: %s is sealed, and no row tells of it", id)
	}
	return nil
}

// alerts: what needs ACK goes by ACK only, and ACK clears only the first.
func (c *checker) alerts(in packing.Input, before []packing.Alert) error {
	hard := func(list []packing.Alert) (n int) {
		for _, a := range list {
			if a.Severity != packing.Amber {
				n++
			}
		}
		return n
	}
	was, is := hard(before), hard(c.w.bench.Alerts)
	if is >= was {
		return nil
	}
	scan, ok := in.(packing.Scan)
	if !ok || scan.Body != string(packing.CmdAck) || is != was-1 {
		return fmt.Errorf("I10: %d alerts became %d by %#v", was, is, in)
	}
	return nil
}
