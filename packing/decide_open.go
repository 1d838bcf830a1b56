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
	if p := parcels[0]; strong(owners) && p.onStaleCopy(in.Key) {
		d.refuse(p.ID, Red, OldLabel, Alert{Args: map[string]string{"order": p.Order}})
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
	case !p.packable():
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
	if l := d.parcels[p.ID].Label(); l != nil && strongLabel && slices.Contains(l.Codes, code) && !p.namelessProof(l, code) {
		d.proveOwn(p.ID, l.Job, code)
	}
	d.advance()
}
