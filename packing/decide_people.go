package packing

import "slices"

// takeBadge: a supervisor answers, a picker is named, or somebody signs in.
func (d *decision) takeBadge(in Scan) {
	person, known := d.f.People[PersonID(in.Body)]
	if !known {
		d.refuse(d.bench.Focus, Amber, UnknownBadge, Alert{Args: map[string]string{"code": in.Shown}})
		return
	}
	switch ask := d.bench.Ask; {
	case ask != nil && (ask.Kind == AskRelease || ask.Kind == AskOverride):
		if !person.Role.May(ask.needs()) {
			d.refuse(ask.Parcel, Amber, NotSupervisor, Alert{Args: map[string]string{"name": person.Name}})
			return
		}
		next := *ask
		next.By = person.ID
		d.emit("", Asked{Ask: &next})
	case d.bench.Picker != nil:
		d.namePicker(person)
	default:
		d.signIn(person)
	}
}

// signIn makes the badge's owner the one who works. With a parcel open its
// picker can't take over: that would make picker and verifier one person.
func (d *decision) signIn(person Person) {
	if !person.Role.May(ActPack) {
		d.refuse(d.bench.Focus, Amber, NoRight, Alert{Args: map[string]string{"name": person.Name}})
		return
	}
	if p := d.focus(); p != nil && !d.pol.Solo && slices.Contains(p.PickedBy, person.ID) {
		d.refuse(p.ID, Red, SamePerson, Alert{Args: map[string]string{"name": person.Name}})
		return
	}
	d.emit("", SignedIn{Person: person.ID, Name: person.Name})
}

// namePicker records who picked everything of the scanned tote, wave or order
// that nobody is recorded for, and then opens as was asked.
func (d *decision) namePicker(person Person) {
	if !person.Role.May(ActPicked) {
		d.refuse("", Amber, NoRight, Alert{Args: map[string]string{"name": person.Name}})
		return
	}
	code := d.bench.Picker.Code
	owners := d.f.Codes[code]
	if len(owners) == 0 {
		d.signIn(person)
		return
	}
	for _, p := range parcelsOf(owners) {
		if len(p.PickedBy) > 0 || p.SealedMs > 0 || p.Cancel != CancelNone {
			continue
		}
		d.emit(p.ID, Picked{By: person.ID})
		if slices.ContainsFunc(p.Units, func(u Unit) bool { return u.By == person.ID }) {
			d.emit(p.ID, CountsCleared{Why: SamePerson}) // verified by the picker, while the shop allowed it
		}
	}
	for i := range owners {
		if owners[i].Parcel != nil {
			owners[i].Parcel = d.parcels[owners[i].Parcel.ID]
		}
	}
	d.open(code, Scan{Key: code, Shown: code}, owners)
}

// canPick: nothing was verified yet, so a pick can still be closed.
func canPick(p *Parcel) bool {
	return p.SealedMs == 0 && len(p.Units) == 0 && p.Cancel == CancelNone
}

// pick closes the pick of a tote, wave, order or parcel for the person here.
func (d *decision) pick(in Scan, owners []Owner) {
	parcels := parcelsOf(owners)
	if len(parcels) == 0 {
		if len(owners) == 0 {
			d.unknownCode(in)
			return
		}
		d.wrongKind(in, "goods")
		return
	}
	done := 0
	for _, p := range parcels {
		if canPick(p) && !slices.Contains(p.PickedBy, d.bench.Person) {
			d.emit(p.ID, Picked{By: d.bench.Person})
			done++
		}
	}
	if done == 0 {
		d.refuse(parcels[0].ID, Amber, CantOpen, Alert{Args: map[string]string{"why": "picked"}})
	}
}

// parcelsOf is the distinct parcels that own a code, in the facts' order.
func parcelsOf(owners []Owner) []*Parcel {
	var out []*Parcel
	for _, o := range owners {
		if o.Parcel != nil && !slices.ContainsFunc(out, func(p *Parcel) bool { return p.ID == o.Parcel.ID }) {
			out = append(out, o.Parcel)
		}
	}
	return out
}

// takeLocation: the shelf of a held parcel.
func (d *decision) takeLocation(in Scan) {
	if ask := d.bench.Ask; ask != nil && ask.Kind == AskShelf {
		d.emit(ask.Parcel, Shelved{Shelf: in.Body})
		return
	}
	d.wrongKind(in, "location")
}

// takeCommand is a command code or its key.
func (d *decision) takeCommand(in Scan) {
	cmd := Command(in.Body)
	if cmd == CmdAck {
		if d.bench.Ask != nil && d.bench.Ask.Kind != AskShelf {
			d.emit("", Asked{}) // never mind the supervisor
			return
		}
		d.notAllowed(cmd, "no_alert")
		return
	}
	if d.bench.Person == "" {
		d.refuse("", Amber, NobodyHere, Alert{})
		return
	}
	p := d.focus()
	switch cmd {
	case CmdPick, CmdPack, CmdSignOut:
		d.changeMode(cmd, p)
	case CmdHold:
		if p == nil {
			d.notAllowed(cmd, "no_parcel")
			return
		}
		d.hold(p.ID, Hold{Reason: HoldPacker, By: d.bench.Person, AtMs: d.nowMs, Supervisor: true})
		d.putAside(p.ID)
	case CmdRelease, CmdOverride:
		d.askSupervisor(cmd, p)
	case CmdPrint, CmdBadLabel, CmdNoLabel, CmdAhead, CmdEndAhead:
		d.takeLabelCommand(cmd, p)
	default:
		d.notAllowed(cmd, "unknown")
	}
}

func (d *decision) changeMode(cmd Command, p *Parcel) {
	switch {
	case p != nil:
		d.notAllowed(cmd, "parcel_open")
	case cmd == CmdPick:
		d.emit("", ModeSet{Mode: ModePick})
	case cmd == CmdPack:
		d.emit("", ModeSet{Mode: ModeVerify})
	default:
		d.emit("", SignedOut{})
	}
}

func (d *decision) notAllowed(cmd Command, why string) {
	d.refuse(d.bench.Focus, Amber, NotAllowed, Alert{Args: map[string]string{"command": string(cmd), "why": why}})
}

// askSupervisor starts a release or an override; badge and PIN are due.
func (d *decision) askSupervisor(cmd Command, p *Parcel) {
	if cmd == CmdOverride {
		if p == nil || NextStep(p, d.pol, d.nowMs) != StepWeigh {
			d.notAllowed(cmd, "no_weight")
			return
		}
		d.emit("", Asked{Ask: &Ask{Kind: AskOverride, Parcel: p.ID}})
		return
	}
	target := d.bench.Focus
	if h := d.lastRefusedHeld(); target == "" {
		target = h
	}
	if target == "" || d.parcels[target] == nil || len(d.parcels[target].Holds) == 0 {
		d.notAllowed(cmd, "not_held")
		return
	}
	d.emit("", Asked{Ask: &Ask{Kind: AskRelease, Parcel: target}})
}

// lastRefusedHeld is the held parcel whose opening was just refused: scan it,
// read why, scan RELEASE.
func (d *decision) lastRefusedHeld() ParcelID {
	if h := d.bench.head(); h != nil && h.Kind == CantOpen && h.Args["why"] == "held" {
		return h.Parcel
	}
	return ""
}

// takePIN ends a supervisor's question.
func (d *decision) takePIN(in PINChecked) {
	ask := d.bench.Ask
	if ask == nil || ask.By == "" || ask.By != in.Person || *ask != in.Asked {
		return // another question is open by now
	}
	person, known := d.f.People[in.Person]
	if !in.OK || !known || !person.Role.May(ask.needs()) {
		d.refuse(ask.Parcel, Amber, WrongPIN, Alert{Args: map[string]string{"name": person.Name}})
		return
	}
	if h := d.bench.head(); h != nil && (h.Kind == WrongPIN || h.Kind == NotSupervisor) {
		d.emit("", AlertPassed{Alert: h.Kind}) // answered by the right PIN
	}
	d.emit("", Asked{})
	p := d.parcels[ask.Parcel]
	if p == nil {
		return
	}
	switch ask.Kind {
	case AskOverride:
		if p.ID != d.bench.Focus || NextStep(p, d.pol, d.nowMs) != StepWeigh {
			return
		}
		d.emit(p.ID, Weighed{Weighing: Weighing{Override: in.Person, ExpectedMg: expectedMg(p, d.pol), AtMs: d.nowMs}, Load: d.bench.Load})
		d.advance()
	case AskRelease:
		before := len(d.events)
		for _, h := range slices.Clone(p.Holds) {
			if d.parcels[p.ID].liftable(h.Reason) {
				d.emit(p.ID, HoldReleased{Reason: h.Reason, By: in.Person})
			}
		}
		if len(d.events) == before {
			why := "upstream"
			if p.HeldFor(HoldChanged) {
				why = "changed"
			}
			d.notAllowed(CmdRelease, why)
			return
		}
		if p.ID == d.bench.Focus {
			d.advance()
		}
	}
}
