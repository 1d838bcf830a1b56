package packing

import (
	"strconv"
	"time"
)

// decision collects the events of one input, applying each at once so that
// what follows sees what went before.
type decision struct {
	f       Facts
	pol     Policy
	nowMs   int64
	scan    *LastScan
	bench   Bench
	parcels map[ParcelID]*Parcel
	events  []Event
}

// Decide says what follows from an input. It returns no events only for what
// leaves no trace: a scanner's stutter, a weight that nobody waits for, a tick.
func Decide(s State, f Facts, pol Policy, in Input, now time.Time) []Event {
	d := &decision{f: f, pol: pol, nowMs: now.UnixMilli(), bench: s.Bench, parcels: map[ParcelID]*Parcel{}}
	d.know(f)
	if s.Parcel != nil {
		d.parcels[s.Parcel.ID] = s.Parcel
	}
	switch in := in.(type) {
	case Scan:
		d.takeScan(in)
	case Weight:
		d.takeWeight(in)
	case PrintReport:
		d.takePrintReport(in)
	case PrinterFault:
		if in.Fault != d.bench.Fault {
			d.emit("", PrinterFaulted(in))
		}
	case Arrived:
		d.takeArrived(in)
	case LabelCame:
		d.takeLabel(in)
	case CancelNews:
		d.takeCancel(in)
	case PINChecked:
		d.takePIN(in)
	case ClockNews:
		if in.Clock != d.bench.Clock {
			d.emit("", ClockNoted(in))
		}
	case Restart:
		d.takeRestart()
	case Tick:
		if p := d.focus(); p != nil && !d.bench.Blocked() && NextStep(p, d.pol, d.nowMs) == StepSeal {
			d.seal(p) // a setting was changed: nothing is missing any more
		}
		d.printAhead()
	}
	return d.events
}

// know makes the parcels of the facts available to emit.
func (d *decision) know(f Facts) {
	for _, owners := range f.Codes {
		for _, o := range owners {
			if o.Parcel != nil {
				d.parcels[o.Parcel.ID] = o.Parcel
			}
		}
	}
	for _, p := range f.Next {
		d.parcels[p.ID] = p
	}
	for id, p := range f.Parcels {
		if p != nil {
			d.parcels[id] = p
		}
	}
}

// emit adds an event about a parcel ("" = about none) and applies it.
func (d *decision) emit(parcel ParcelID, body Body) {
	e := Event{Parcel: parcel, Person: d.bench.Person, AtMs: d.nowMs, Body: body}
	e.Scan, d.scan = d.scan, nil
	s := Apply(State{Bench: d.bench, Parcel: d.parcels[parcel]}, e)
	d.bench = s.Bench
	if parcel != "" {
		d.parcels[parcel] = s.Parcel
	}
	d.events = append(d.events, e)
}

// focus is the open parcel as it is now, or nil.
func (d *decision) focus() *Parcel {
	if d.bench.Focus == "" {
		return nil
	}
	return d.parcels[d.bench.Focus]
}

// refuse puts an alert on the screen.
func (d *decision) refuse(parcel ParcelID, severity Severity, kind RefusalKind, more Alert) {
	more.Kind, more.Severity, more.Parcel, more.AtMs = kind, severity, parcel, d.nowMs
	d.emit(parcel, Refused{Alert: more})
}

// takeScan is the first fork of every scan: stutter, alert, then by class.
func (d *decision) takeScan(in Scan) {
	// What the scanner did counts, not when the bench got to it: after a slow
	// commit two triggers may be decided in one breath, or one apart.
	now := LastScan{Key: KeptKey(in.Key), Device: in.Device, AtMs: in.AtMs}
	last := d.bench.Last
	if now.Key == last.Key && now.Device == last.Device && now.AtMs >= last.AtMs && now.AtMs-last.AtMs < d.pol.SameScanMs {
		return
	}
	d.scan = &now
	head := d.bench.head()
	if head != nil && in.Class == ClassCommand && Command(in.Body) == CmdAck {
		d.emit(head.Parcel, Acked{Alert: head.Kind})
		return
	}
	if d.bench.Blocked() {
		d.emit("", ScanIgnored{})
		return
	}
	if head == nil {
		d.routeStored(in)
		return
	}
	// An amber alert goes with the next valid scan: try the scan, and if it was
	// accepted, say first that the alert passed.
	before := len(d.events)
	scan := *d.scan
	d.routeStored(in)
	for _, e := range d.events[before:] {
		if _, refused := e.Body.(Refused); refused {
			return
		}
	}
	passed := Event{Person: d.events[before].Person, Parcel: "", AtMs: d.nowMs, Scan: &scan, Body: AlertPassed{Alert: head.Kind}}
	d.events[before].Scan = nil
	d.events = append([]Event{passed}, d.events...)
}

// routeStored routes a scan so that it leaves an event in any case: a scan that
// the bench has seen is in the journal.
func (d *decision) routeStored(in Scan) {
	before := len(d.events)
	d.route(in)
	if len(d.events) == before {
		d.emit("", ScanIgnored{})
	}
}

func (d *decision) route(in Scan) {
	switch in.Class {
	case ClassCommand:
		d.takeCommand(in)
	case ClassBadge:
		d.takeBadge(in)
	case ClassLocation:
		d.takeLocation(in)
	default:
		d.takeCode(in)
	}
}

// wrongKind refuses a code that exists but is not what is due now.
func (d *decision) wrongKind(in Scan, got string) {
	due := "open"
	var expected *Item
	if p := d.focus(); p != nil {
		due = string(NextStep(p, d.pol, d.nowMs))
		if i := firstOpenLine(p); i >= 0 {
			expected = &p.Lines[i].Item
		}
	}
	d.refuse(d.bench.Focus, Amber, WrongKind, Alert{
		Expected: expected,
		Args:     map[string]string{"got": got, "due": due, "code": in.Shown},
	})
}

func (d *decision) unknownCode(in Scan) {
	d.refuse(d.bench.Focus, Amber, UnknownCode, Alert{Args: map[string]string{
		"code": in.Shown, "length": strconv.Itoa(in.Length), "symbology": in.Symbology,
	}})
}

// firstOpenLine is the first line that still lacks units, or -1.
func firstOpenLine(p *Parcel) int {
	for i, l := range p.Lines {
		if p.Verified(i) < l.Quantity {
			return i
		}
	}
	return -1
}

// takeCode is a scan of something that is no command code of ours.
func (d *decision) takeCode(in Scan) {
	owners := d.f.Codes[in.Key]
	switch {
	case d.bench.Person == "":
		d.refuse("", Amber, NobodyHere, Alert{})
	case d.bench.Ask != nil && d.bench.Ask.Kind == AskShelf:
		d.wrongKind(in, "code")
	case d.bench.Mode == ModePick:
		d.pick(in, owners)
	case d.answersDoubt(in, owners):
	case d.bench.Focus == "":
		d.open(in.Key, in, owners)
	case NextStep(d.focus(), d.pol, d.nowMs) == StepProve:
		d.prove(in, owners)
	default:
		d.takeItem(in, owners)
	}
}
