package packing

import "slices"

// State is all that the rules look at: the bench, and the parcel that the
// input or event is about (the one in focus, or nil).
type State struct {
	Bench  Bench
	Parcel *Parcel
}

// Bench is one place with its people and devices, as far as rules care.
type Bench struct {
	Station string       `json:"station"`
	Mode    Mode         `json:"mode"`
	Person  PersonID     `json:"person,omitempty"` // who works
	Name    string       `json:"name,omitempty"`
	Focus   ParcelID     `json:"focus,omitempty"`
	Picker  *PickerAsk   `json:"picker,omitempty"` // the bench waits for the picker's badge
	Ask     *Ask         `json:"ask,omitempty"`    // the bench waits for a shelf code or a supervisor
	Alerts  []Alert      `json:"alerts,omitempty"` // worst first
	Loose   []LooseLabel `json:"loose,omitempty"`  // in print order
	Ahead   int          `json:"ahead,omitempty"`  // label-first: labels still to print ahead
	Orphans []ParcelID   `json:"orphans,omitempty"`
	Load    int64        `json:"load,omitempty"` // the last load of the scale that was used
	Last    LastScan     `json:"last"`
	Fault   string       `json:"fault,omitempty"` // the printer's, message key
	Clock   ClockState   `json:"clock,omitempty"`
}

// ClockState is how far this PC's clock can be believed.
type ClockState string

// A skewed clock is shown; with a wrong one nobody is told a time of day that
// hangs on it.
const (
	ClockRight  ClockState = ""
	ClockSkewed ClockState = "skewed" // more than two minutes from somebody else's
	ClockWrong  ClockState = "wrong"  // more than twelve hours, or it went back
)

// Mode is what scans mean: closing picks, or verifying and packing.
type Mode string

// A badge always brings the bench back to verifying.
const (
	ModeVerify Mode = "verify"
	ModePick   Mode = "pick"
)

// PickerAsk: a parcel can't open before it is known who picked it.
type PickerAsk struct {
	Code string `json:"code"` // the code that was scanned to open
}

// AskKind is what the bench waits for.
type AskKind string

// What can be asked.
const (
	AskShelf    AskKind = "shelf"    // where a held parcel is put
	AskRelease  AskKind = "release"  // supervisor: lift the holds
	AskOverride AskKind = "override" // supervisor: let the weight pass
)

// Ask is one open question about one parcel.
type Ask struct {
	Kind   AskKind  `json:"kind"`
	Parcel ParcelID `json:"parcel"`
	By     PersonID `json:"by,omitempty"` // the supervisor whose PIN is due
}

// needs is what a person must be allowed to do to answer the question.
func (a *Ask) needs() Action {
	if a.Kind == AskOverride {
		return ActOverride
	}
	return ActRelease
}

// LooseLabel is a label that left, or may have left, this bench's printer and
// is neither proven nor void.
type LooseLabel struct {
	Parcel ParcelID   `json:"parcel"`
	Job    JobID      `json:"job"`
	State  LabelState `json:"state"`
	Out    bool       `json:"out,omitempty"` // the printer said so
}

// LastScan is the newest scan that the bench stored, for telling one scan from
// the scanner's stutter, and for saying after a crash what was kept.
type LastScan struct {
	Key    string `json:"key,omitempty"`
	Device string `json:"device,omitempty"`
	AtMs   int64  `json:"at,omitempty"`
}

// Severity orders alerts.
type Severity string

// Purple (cancelled) is worse than red, red worse than amber. Purple and red
// are cleared by ACK only, amber also by the next valid scan.
const (
	Purple Severity = "purple"
	Red    Severity = "red"
	Amber  Severity = "amber"
)

func (s Severity) rank() int {
	switch s {
	case Purple:
		return 0
	case Red:
		return 1
	default:
		return 2
	}
}

// Alert is a refusal that is on the screen.
type Alert struct {
	Kind     RefusalKind       `json:"kind"`
	Severity Severity          `json:"severity"`
	Parcel   ParcelID          `json:"parcel,omitempty"`
	Expected *Item             `json:"expected,omitempty"`
	Got      *Item             `json:"got,omitempty"`
	Args     map[string]string `json:"args,omitempty"`
	AtMs     int64             `json:"at"`
	Ignored  int               `json:"ignored,omitempty"` // scans made meanwhile, not applied
}

// RefusalKind names why something was refused; texts are kept by it.
type RefusalKind string

// The refusals of BENCH §6 that this bench knows; the row is in brackets.
const (
	WrongItem      RefusalKind = "wrong_item"      // [1]
	UnknownCode    RefusalKind = "unknown_code"    // [2]
	OverScan       RefusalKind = "over_scan"       // [3]
	SamePerson     RefusalKind = "same_person"     // [7]
	CantOpen       RefusalKind = "cant_open"       // [8]
	Cancelled      RefusalKind = "cancelled"       // [9]
	CancelWanted   RefusalKind = "cancel_asked"    // [9]
	WrongLabel     RefusalKind = "wrong_label"     // [12]
	OldLabel       RefusalKind = "old_label"       // [11] of before a change: tear it up
	OrderChanged   RefusalKind = "order_changed"   // [11] the open parcel
	Recalled       RefusalKind = "recalled"        // [10], [11] a sealed parcel must not leave
	Freed          RefusalKind = "freed"           // nothing holds it any more: fetch it from its shelf
	UsedLabel      RefusalKind = "used_label"      // [13]
	WeightOff      RefusalKind = "weight"          // [16]
	PrinterFailed  RefusalKind = "printer_failed"  // [18] nothing went out
	PrinterUnknown RefusalKind = "printer_unknown" // [18] one may have come out
	NoLabel        RefusalKind = "no_label"        // [19]
	WrongKind      RefusalKind = "wrong_kind"      // [27]
	WeakCode       RefusalKind = "weak_code"
	NobodyHere     RefusalKind = "nobody"
	UnknownBadge   RefusalKind = "unknown_badge"
	NotAllowed     RefusalKind = "not_allowed" // a command that can't be done now
	NotSupervisor  RefusalKind = "not_supervisor"
	NoRight        RefusalKind = "no_right" // this badge may not pack
	WrongPIN       RefusalKind = "wrong_pin"
	Restarted      RefusalKind = "restarted" // counts are back at zero
	PutAside       RefusalKind = "put_aside" // held: take it to a shelf
)

// head is the alert on the screen, or nil.
func (b *Bench) head() *Alert {
	if len(b.Alerts) == 0 {
		return nil
	}
	return &b.Alerts[0]
}

// Blocked tells whether only ACK is taken now.
func (b *Bench) Blocked() bool {
	h := b.head()
	return h != nil && h.Severity != Amber
}

// push adds an alert behind those at least as bad. A new amber replaces ambers:
// one soft refusal at a time.
func (b *Bench) push(a Alert) {
	alerts := make([]Alert, 0, len(b.Alerts)+1)
	for _, old := range b.Alerts {
		if a.Severity != Amber || old.Severity != Amber {
			alerts = append(alerts, old)
		}
	}
	i := 0
	for i < len(alerts) && alerts[i].Severity.rank() <= a.Severity.rank() {
		i++
	}
	b.Alerts = slices.Insert(alerts, i, a)
}

// looseOf is the place of a job among the loose labels, or -1.
func (b *Bench) looseOf(job JobID) int {
	return slices.IndexFunc(b.Loose, func(l LooseLabel) bool { return l.Job == job })
}

// inDoubt tells whether a label may or may not have come out of the printer.
func (b *Bench) inDoubt() bool {
	return slices.ContainsFunc(b.Loose, func(l LooseLabel) bool { return l.State == LabelStateUnknown })
}

// clone copies the bench so deeply that Apply may change the copy.
func (b Bench) clone() Bench {
	b.Alerts = slices.Clone(b.Alerts)
	b.Loose = slices.Clone(b.Loose)
	b.Orphans = slices.Clone(b.Orphans)
	return b
}
