package packing

import (
	"cmp"
	"slices"
	"strconv"
)

// open looks for the parcel that a code means and opens the most urgent one
// that may be opened; if none may, it says why.
func (d *decision) open(code string, in Scan, owners []Owner) {
	parcels := parcelsOf(owners)
	if len(parcels) == 0 {
		if len(owners) == 0 {
			d.unknownCode(in)
			return
		}
		d.wrongKind(in, "goods")
		return
	}
	byLabel := slices.ContainsFunc(owners, func(o Owner) bool { return o.Kind == OwnerLabel })
	if byLabel && len(parcels) > 1 {
		d.refuse("", Amber, WeakCode, Alert{Args: map[string]string{"code": in.Shown}})
		return
	}
	slices.SortStableFunc(parcels, moreUrgent)
	for _, p := range parcels {
		if d.whyNot(p) == "" {
			d.openParcel(p, code, byLabel && strong(owners))
			return
		}
	}
	// Sealed and done is the least interesting reason of a tote with several.
	refused := parcels[0]
	for _, p := range parcels {
		if p.SealedMs == 0 {
			refused = p
			break
		}
	}
	d.refuseOpening(refused)
}

// moreUrgent orders parcels by the nearest clock, unknown clocks last.
func moreUrgent(a, b *Parcel) int {
	clock := func(p *Parcel) int64 {
		if p.ShipByMs == 0 {
			return 1<<63 - 1
		}
		return p.ShipByMs
	}
	return cmp.Or(cmp.Compare(clock(a), clock(b)), cmp.Compare(a.CreatedMs, b.CreatedMs), cmp.Compare(a.ID, b.ID))
}

// whyNot is why a parcel can't be opened here now, or "".
func (d *decision) whyNot(p *Parcel) string {
	switch {
	case p.Cancel != CancelNone:
		return "cancelled"
	case p.SealedMs > 0 && len(p.Holds) == 0:
		return "sealed"
	case p.supervisorHold() != nil:
		return "held"
	case p.Status != StatusPackable:
		return string(p.Status)
	case p.Lease.Station != "" && p.Lease.Station != d.bench.Station && p.Lease.UntilMs > d.nowMs:
		return "other_bench"
	}
	return ""
}

func (d *decision) refuseOpening(p *Parcel) {
	switch why := d.whyNot(p); why {
	case "cancelled":
		d.refuseCancelled(p)
	default:
		args := map[string]string{"why": why, "order": p.Order, "bench": p.Lease.Station, "by": string(p.SealedBy)}
		if p.SealedMs > 0 {
			args["at_ms"] = strconv.FormatInt(p.SealedMs, 10)
		}
		if h := p.supervisorHold(); h != nil {
			args["reason"], args["shelf"] = string(h.Reason), h.Shelf
		}
		d.refuse(p.ID, Amber, CantOpen, Alert{Args: args})
	}
}

// refuseCancelled stops a parcel whose buyer wants out: purple, its loose
// label is void, and it goes to the cancel bin.
func (d *decision) refuseCancelled(p *Parcel) {
	kind := Cancelled
	if p.Cancel == CancelAsked {
		kind = CancelWanted
	}
	d.refuse(p.ID, Purple, kind, Alert{Args: map[string]string{"order": p.Order}})
	if l := p.Label(); l != nil && l.State != LabelStateProven {
		d.emit(p.ID, LabelVoided{Job: l.Job, Why: "cancelled"})
	}
	if !p.HeldFor(HoldCancel) {
		d.hold(p.ID, Hold{Reason: HoldCancel, By: d.bench.Person, AtMs: d.nowMs, Supervisor: true})
		d.putAside(p.ID)
	}
}

// openParcel opens one that may be opened, if picker and verifier are known
// to be two people. A strong code of its own loose label proves that label in
// the same breath: the label is on the bag, and the bag is here.
func (d *decision) openParcel(p *Parcel, code string, strongLabel bool) {
	if len(p.PickedBy) == 0 && !d.pol.Solo {
		d.emit(p.ID, PickerAsked{Code: code})
		return
	}
	same := slices.Contains(p.PickedBy, d.bench.Person)
	if same && !d.pol.Solo {
		d.refuse(p.ID, Red, SamePerson, Alert{Args: map[string]string{"name": d.bench.Name, "order": p.Order}})
		return
	}
	lines, resolved := d.f.Lines[p.ID]
	if !resolved {
		lines = p.Lines
	}
	d.emit(p.ID, Opened{
		Lines: slices.Clone(lines),
		Solo:  same || len(p.PickedBy) == 0,
		Lease: Lease{Station: d.bench.Station, UntilMs: d.nowMs + d.pol.LeaseMs, Epoch: p.Lease.Epoch + 1},
	})
	if l := d.parcels[p.ID].Label(); l != nil && strongLabel && slices.Contains(l.Codes, code) {
		d.proveOwn(p.ID, l.Job, code)
	}
	d.advance()
}

// hold puts a hold on a parcel, once a reason.
func (d *decision) hold(id ParcelID, h Hold) {
	if p := d.parcels[id]; p != nil && p.HeldFor(h.Reason) {
		return
	}
	d.emit(id, Held{Hold: h})
}

// putAside ends the work on a held parcel: a label that still hangs about is
// void (tear it up), the focus goes, and the shelf's code is asked for.
func (d *decision) putAside(id ParcelID) {
	p := d.parcels[id]
	if d.bench.Focus == id {
		if l := p.Label(); l != nil && l.Loose() {
			d.emit(id, LabelVoided{Job: l.Job, Why: "put aside"})
		}
		d.emit(id, Closed{})
	}
	d.emit(id, Asked{Ask: &Ask{Kind: AskShelf, Parcel: id}})
}

// takeArrived stores what upstream says of a parcel: new ones, changes of what
// still waits, and a fresh status for everything else.
func (d *decision) takeArrived(news Parcel) {
	old := d.parcels[news.ID]
	if old != nil && !old.onlyCancel() && old.Cancel == CancelAsked && news.Cancel == CancelNone {
		d.takeCancel(CancelNews{Parcel: news.ID, Cancel: CancelNone}) // withdrawn, or declined
		old = d.parcels[news.ID]
	}
	switch {
	case old == nil || old.onlyCancel() || (old.Content != news.Content && old.OpenedMs == 0 && old.SealedMs == 0 && len(old.Labels) == 0):
		d.emit(news.ID, ParcelArrived{Parcel: news})
	case old.Status != news.Status && old.SealedMs == 0:
		d.emit(news.ID, StatusKnown{Status: news.Status})
	}
	if old != nil && news.Cancel != CancelNone && old.Cancel != news.Cancel {
		d.takeCancel(CancelNews{Parcel: news.ID, Cancel: news.Cancel})
	}
}

// takeCancel stores that the buyer wants out, and stops the parcel where it is.
func (d *decision) takeCancel(in CancelNews) {
	p := d.parcels[in.Parcel]
	if p == nil {
		if in.Cancel != CancelNone { // it came before its parcel
			d.emit(in.Parcel, CancelKnown{Cancel: in.Cancel})
		}
		return
	}
	if p.Cancel == in.Cancel || p.Cancel == CancelFinal {
		return
	}
	d.emit(p.ID, CancelKnown{Cancel: in.Cancel})
	switch {
	case in.Cancel == CancelNone:
		if p.HeldFor(HoldCancel) {
			d.emit(p.ID, HoldReleased{Reason: HoldCancel})
		}
	case d.bench.Focus == p.ID:
		d.refuseCancelled(d.parcels[p.ID])
	case p.SealedMs > 0:
		d.hold(p.ID, Hold{Reason: HoldCancel, AtMs: d.nowMs, Supervisor: true})
	}
}
