package packing

import (
	"slices"
	"strings"
)

// Apply is the state after an event. It reads nothing but s and e. s.Parcel
// must be the parcel that e names (nil if it is not known yet, or none is
// named); the returned State holds the changed copies.
func Apply(s State, e Event) State {
	b := s.Bench.clone()
	if e.Scan != nil {
		b.Last = *e.Scan
	}
	var p *Parcel
	if s.Parcel != nil {
		p = s.Parcel.clone()
	} else if e.Parcel != "" {
		p = &Parcel{ID: e.Parcel}
	}
	switch body := e.Body.(type) {
	case SettingChanged: // kept by the store; the rules read it as Policy
	case OutboxAnswered: // the store's: the rules don't look into the outbox
	case ClockNoted:
		b.Clock = body.Clock
	case SignedIn, SignedOut, ModeSet, Picked, PickerAsked:
		applyPeople(&b, p, body)
	case ParcelArrived, ParcelChanged, StatusKnown, LabelArrived, CancelKnown:
		applyNews(p, body, e)
	case LabelRequested, PrintReported, LabelProven, LabelVoided, LabelOrphaned, AheadSet, PrinterFaulted:
		applyLabel(&b, p, body, e)
	case Refused, Acked, AlertPassed, ScanIgnored, Held, Shelved, HoldReleased, Asked:
		applyAnswer(&b, p, body)
	default:
		applyWork(&b, p, body, e)
	}
	return State{Bench: b, Parcel: p}
}

func applyPeople(b *Bench, p *Parcel, body Body) {
	switch body := body.(type) {
	case SignedIn:
		b.Person, b.Name, b.Mode, b.Picker = body.Person, body.Name, ModeVerify, nil
	case SignedOut:
		b.Person, b.Name, b.Mode = "", "", ModeVerify
	case ModeSet:
		b.Mode, b.Picker = body.Mode, nil
	case Picked:
		b.Picker = nil
		if !slices.Contains(p.PickedBy, body.By) {
			p.PickedBy = append(p.PickedBy, body.By)
		}
	case PickerAsked:
		b.Picker = &PickerAsk{Code: body.Code}
	}
}

func applyNews(p *Parcel, body Body, e Event) {
	switch body := body.(type) {
	case ParcelArrived:
		news := body.Parcel
		news.ID, news.KnownMs = p.ID, e.AtMs
		// What the bench has found out stays; only what upstream owns changes.
		news.Labels, news.Holds, news.Lease, news.ProofDue = p.Labels, p.Holds, p.Lease, p.ProofDue
		news.File = nil
		if !staleLabel(p, &news) {
			news.File = p.File // of another waybill, carrier or address it would be the wrong label
		}
		news.Waybill, news.Carrier, news.Address = known(news.Waybill, p.Waybill), known(news.Carrier, p.Carrier), knownParts(news.Address, p.Address)
		news.Shelf = p.Shelf
		pickers := slices.Clone(p.PickedBy)
		for _, by := range news.PickedBy {
			if !slices.Contains(pickers, by) {
				pickers = append(pickers, by)
			}
		}
		news.PickedBy = pickers
		if p.Cancel == CancelFinal || p.onlyCancel() {
			news.Cancel = p.Cancel
		}
		news.Version = p.Version + 1
		*p = news
	case ParcelChanged:
		applyChange(p, body, e.AtMs)
	case StatusKnown:
		p.Status, p.KnownMs = body.Status, e.AtMs
	case LabelArrived:
		file := body.File
		p.File = &file
	case CancelKnown:
		p.Cancel, p.KnownMs = body.Cancel, e.AtMs
	}
}

// applyChange takes over what upstream owns of a parcel in work.
func applyChange(p *Parcel, c ParcelChanged, atMs int64) {
	news := &c.Parcel
	p.Order, p.Nr, p.Of, p.Wave = news.Order, news.Nr, news.Of, news.Wave
	p.ShipByMs, p.Content, p.HasNote, p.KnownMs = news.ShipByMs, news.Content, news.HasNote, atMs
	p.Waybill, p.Carrier, p.Address = known(news.Waybill, p.Waybill), known(news.Carrier, p.Carrier), knownParts(news.Address, p.Address)
	if c.Label || c.Lines {
		p.Version++
	}
	if c.Label {
		p.File = nil
	}
	if c.Lines {
		p.Lines, p.Units, p.Weighing, p.Wrong, p.OffScale = news.Lines, nil, nil, 0, 0
	}
}

// known is the news, unless it says nothing.
func known(news, old string) string {
	if news == "" {
		return old
	}
	return news
}

// knownParts is known for each part of an address.
func knownParts(news, old string) string {
	a, b := strings.Split(news, "/"), strings.Split(old, "/")
	if len(a) != len(b) {
		return known(news, old)
	}
	for i := range a {
		a[i] = known(a[i], b[i])
	}
	return strings.Join(a, "/")
}

func applyWork(b *Bench, p *Parcel, body Body, e Event) {
	switch body := body.(type) {
	case Opened:
		b.Focus, b.Picker = p.ID, nil
		p.Lines, p.Lease = body.Lines, body.Lease
		p.Verifier, p.OpenedMs = e.Person, e.AtMs
		p.Solo = p.Solo || body.Solo
		p.ProofDue = true
		p.SealedMs, p.SealedBy, p.SealedAt, p.Shelf = 0, "", "", "" // a recalled one is sealed anew
		for i := range p.Holds {
			p.Holds[i].Shelf = ""
		}
	case UnitVerified:
		p.Solo = p.Solo || slices.Contains(p.PickedBy, e.Person)
		p.Units = append(p.Units, Unit{Line: body.Line, N: body.N, By: e.Person, AtMs: e.AtMs})
	case CountsCleared:
		p.Units, p.Wrong, p.OffScale, p.Weighing = nil, 0, 0, nil
		if body.Why == WrongItem {
			p.Restarts++
		}
	case Weighed:
		w := body.Weighing
		p.Weighing, p.OffScale, b.Load = &w, 0, body.Load
	case LoadUsed:
		p.OffScale++
		b.Load = body.Load
	case Closed:
		b.Focus = ""
		p.Lease.UntilMs = 0
	case Sealed:
		p.SealedMs, p.SealedBy, p.SealedAt = e.AtMs, e.Person, b.Station
		p.StatusOld, p.WasSealed = body.StatusOld, true
		if body.Tell {
			p.ToldWaybill, p.ToldCarrier = shippedWaybill(p), p.Carrier
		}
		p.Lease.UntilMs = 0
		b.Focus = ""
	}
}

func applyLabel(b *Bench, p *Parcel, body Body, e Event) {
	settle := func(job JobID, state LabelState) {
		if i := b.looseOf(job); i >= 0 {
			b.Loose = slices.Delete(b.Loose, i, i+1)
		}
		for i := range p.Labels {
			if p.Labels[i].Job == job {
				p.Labels[i].State = state
			}
		}
	}
	switch body := body.(type) {
	case LabelRequested:
		l := body.Label
		p.Labels = append(p.Labels, l)
		b.Loose = append(b.Loose, LooseLabel{Parcel: p.ID, Job: l.Job, State: l.State})
		if body.Ahead && b.Ahead > 0 {
			b.Ahead--
		}
	case PrintReported:
		applyReport(b, p, body, settle)
	case LabelProven:
		settle(body.Job, LabelStateProven)
		p.ProofDue = false
		b.Orphans = slices.DeleteFunc(b.Orphans, func(id ParcelID) bool { return id == p.ID })
		for i := range p.Labels {
			if l := &p.Labels[i]; l.Job == body.Job {
				l.ProvenMs, l.ProvenBy, l.Code = e.AtMs, e.Person, body.Code
			}
		}
	case LabelVoided:
		settle(body.Job, LabelStateVoid)
		for i := range p.Labels {
			if p.Labels[i].Job == body.Job {
				p.Labels[i].Why = body.Why
			}
		}
	case LabelOrphaned:
		settle(body.Job, LabelStateOrphan)
		b.Orphans = append(b.Orphans, p.ID)
	case AheadSet:
		b.Ahead = body.N
		if body.N > 0 {
			b.Orphans = nil
		}
	case PrinterFaulted:
		b.Fault = body.Fault
	}
}

// applyReport moves a label by what its job came to. A report that comes after
// the label was proven or voided changes nothing: people know better.
func applyReport(b *Bench, p *Parcel, r PrintReported, settle func(JobID, LabelState)) {
	i := b.looseOf(r.Job)
	if i < 0 {
		return
	}
	state := LabelStateSent
	switch r.State {
	case PrintUnknown:
		state = LabelStateUnknown
	case PrintFailed:
		settle(r.Job, LabelStateVoid)
		for k := range p.Labels {
			if p.Labels[k].Job == r.Job {
				p.Labels[k].Why = neverSent
			}
		}
		return
	}
	b.Loose[i].State = state
	b.Loose[i].Out = r.State == PrintConfirmed
	for k := range p.Labels {
		if l := &p.Labels[k]; l.Job == r.Job {
			l.State, l.Confirmed = state, r.State == PrintConfirmed
		}
	}
}

func applyAnswer(b *Bench, p *Parcel, body Body) {
	switch body := body.(type) {
	case Refused:
		b.push(body.Alert)
		if p != nil && body.Alert.Kind == WrongItem {
			p.Wrong++
		}
	case Acked, AlertPassed:
		if len(b.Alerts) > 0 {
			b.Alerts = b.Alerts[1:]
		}
	case ScanIgnored:
		if h := b.head(); h != nil {
			h.Ignored++
		}
	case Held:
		p.Holds = append(p.Holds, body.Hold)
		p.ProofDue = p.ProofDue || !body.Hold.Supervisor // its own proof clears it
	case Shelved:
		for i := range p.Holds {
			p.Holds[i].Shelf = body.Shelf
		}
		p.Shelf, b.Ask = body.Shelf, nil
	case HoldReleased:
		p.Holds = slices.DeleteFunc(p.Holds, func(h Hold) bool { return h.Reason == body.Reason })
	case Asked:
		b.Ask = body.Ask
	}
}
