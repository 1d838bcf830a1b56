package packing

import "strconv"

// takeItem is a scan while items (or the weight) are due.
func (d *decision) takeItem(in Scan, owners []Owner) {
	p := d.focus()
	full, wrong := -1, false
	var got Goods
	for _, o := range owners {
		if o.Kind != OwnerGoods {
			continue
		}
		wrong, got = true, o.Goods
		for i, l := range p.Lines {
			if l.Goods != o.Goods.ID {
				continue
			}
			if p.Verified(i)+max(o.Units, 1) <= l.Quantity {
				d.emit(p.ID, UnitVerified{Line: i, N: max(o.Units, 1)})
				d.advance()
				return
			}
			full = i
		}
	}
	switch {
	case full >= 0:
		l := p.Lines[full]
		d.refuse(p.ID, Red, OverScan, Alert{
			Expected: &l.Item, Got: &l.Item,
			Args: map[string]string{"quantity": strconv.Itoa(l.Quantity), "verified": strconv.Itoa(p.Verified(full))},
		})
	case wrong:
		d.wrongItem(p, in, got)
	case len(owners) > 0:
		got := "label"
		if owners[0].Kind != OwnerLabel {
			got = string(owners[0].Kind)
		}
		d.wrongKind(in, got)
	default:
		d.unknownCode(in)
	}
}

// wrongItem refuses known goods that are not in the parcel. The third in one
// parcel clears its counts; the second clearing holds it.
func (d *decision) wrongItem(p *Parcel, in Scan, got Goods) {
	alert := Alert{Got: &got.Item, Args: map[string]string{"code": in.Shown}}
	if i := firstOpenLine(p); i >= 0 {
		alert.Expected = &p.Lines[i].Item
		alert.Args["missing"] = strconv.Itoa(p.Lines[i].Quantity - p.Verified(i))
	}
	if other, ok := d.f.Elsewhere[in.Key]; ok && other.ID != p.ID {
		alert.Args["tote"], alert.Args["order"] = other.Tote, other.Order
	}
	d.refuse(p.ID, Red, WrongItem, alert)
	if d.parcels[p.ID].Wrong < d.pol.WrongRestart {
		return
	}
	d.emit(p.ID, CountsCleared{Why: WrongItem})
	if d.parcels[p.ID].Restarts >= 2 {
		d.refuse(p.ID, Red, PutAside, Alert{Args: map[string]string{"reason": string(HoldWrongItems)}})
		d.hold(p.ID, Hold{Reason: HoldWrongItems, By: d.bench.Person, AtMs: d.nowMs, Supervisor: true})
		d.putAside(p.ID)
		return
	}
	d.refuse(p.ID, Red, Restarted, Alert{Args: map[string]string{"why": string(WrongItem)}})
}

// advance takes the steps that need nobody: it asks for the label when all is
// verified and weighed, and seals when nothing is missing.
func (d *decision) advance() {
	p := d.focus()
	if p == nil {
		return
	}
	switch NextStep(p, d.pol, d.nowMs) {
	case StepPrint:
		// A copy that was voided as "never sent" is not printed again unasked.
		if n := len(p.Labels); n > 0 && p.Labels[n-1].Why == neverSent {
			return
		}
		d.requestLabel(p, false)
	case StepSeal:
		d.seal(p)
	}
}

// seal is the last gate: everything that keeps a parcel on the bench is asked
// again here, whatever was asked before.
func (d *decision) seal(p *Parcel) {
	if !d.mayGoOn(p) {
		return
	}
	if len(p.Holds) > 0 {
		d.refuse(p.ID, Amber, PutAside, Alert{Args: map[string]string{"reason": string(p.Holds[0].Reason)}})
		d.putAside(p.ID)
		return
	}
	waybill := shippedWaybill(p)
	told := p.ToldWaybill != "" || p.ToldCarrier != ""
	sealed := Sealed{Tell: p.TellAt == "sealed" && (!told || waybill != p.ToldWaybill || p.Carrier != p.ToldCarrier)}
	sealed.Again = sealed.Tell && told
	// Old knowledge never stops packing; it is said, and kept with the parcel.
	if age, live := d.f.Ages[p.Connection]; live && age >= 0 {
		sealed.KnownMs, sealed.StatusOld = d.nowMs-age, age > d.pol.StatusOldMs
	} else if live {
		sealed.StatusOld = true
	}
	d.emit(p.ID, sealed)
}
