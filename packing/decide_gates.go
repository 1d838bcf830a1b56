package packing

// mayGoOn is the gate before the print, at the proof and at the seal: what was
// heard since the parcel was opened may have stopped it. A parcel that must not
// go on is put aside, and the reason is on the screen.
func (d *decision) mayGoOn(p *Parcel) bool {
	switch {
	case p.Cancel != CancelNone:
		d.refuseCancelled(p)
		return false
	case !p.packable():
		d.stopForStatus(p)
		return false
	}
	return true
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
	d.hold(p.ID, Hold{Reason: HoldCancel, By: d.bench.Person, AtMs: d.nowMs, Supervisor: true})
	if d.bench.Focus == p.ID || d.parcels[p.ID].Shelf == "" {
		d.putAside(p.ID)
	}
}

// stopForStatus puts a parcel aside of which upstream says that it must not leave.
func (d *decision) stopForStatus(p *Parcel) {
	d.hold(p.ID, Hold{Reason: HoldStatus, By: d.bench.Person, AtMs: d.nowMs, Supervisor: true})
	d.refuse(p.ID, Amber, PutAside, Alert{Args: map[string]string{"reason": string(HoldStatus), "status": string(p.Status)}})
	d.putAside(p.ID)
}

// recall says that a sealed parcel must not leave, and where it was last.
func (d *decision) recall(p *Parcel, severity Severity, why string) {
	d.refuse(p.ID, severity, Recalled, Alert{Args: map[string]string{
		"why": why, "order": p.Order, "tail": tail(p.Waybill, 4),
		"bench": p.SealedAt, "by": string(p.SealedBy), "at_ms": itoa(p.SealedMs), "shelf": p.Shelf,
	}})
}

// liftable: people may decide it. What upstream says is lifted by upstream, and
// nobody's word replaces the proof of a new label.
func (p *Parcel) liftable(r HoldReason) bool {
	switch r {
	case HoldChanged:
		return false
	case HoldStatus:
		return p.packable()
	case HoldCancel:
		return p.Cancel == CancelNone
	}
	return true
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
