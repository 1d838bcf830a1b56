package packing

import (
	"encoding/json"
	"fmt"
)

// Event is one fact of the journal. It names at most one parcel.
type Event struct {
	Parcel ParcelID
	Person PersonID // who worked when it happened
	AtMs   int64
	Scan   *LastScan // the scan that caused it, on the first event of a commit
	Body   Body
}

// Body is what happened. One struct a kind, JSON in the journal.
type Body interface{ Kind() string }

// The people.
type (
	// SignedIn: a badge was scanned; the bench verifies from now on.
	SignedIn struct {
		Person PersonID `json:"person"`
		Name   string   `json:"name"`
	}
	// SignedOut: nobody works here.
	SignedOut struct{}
	// ModeSet: scans close picks, or verify, from now on.
	ModeSet struct {
		Mode Mode `json:"mode"`
	}
	// Picked: By closed the pick of the parcel.
	Picked struct {
		By PersonID `json:"by"`
	}
	// PickerAsked: nobody knows who picked; the picker's badge is due.
	PickerAsked struct {
		Code string `json:"code"`
	}
)

// What upstream and files say.
type (
	// ParcelArrived: the parcel is known now, or what waits was changed.
	ParcelArrived struct {
		Parcel Parcel `json:"parcel"`
	}
	// ParcelChanged: upstream changed a parcel that somebody had begun with.
	ParcelChanged struct {
		Parcel Parcel `json:"parcel"`          // only what upstream owns is taken from it
		Label  bool   `json:"label,omitempty"` // its label file is of no use any more
		Lines  bool   `json:"lines,omitempty"` // other goods: all are verified anew
	}
	// StatusKnown: upstream said again how a parcel stands; its content is as it was.
	StatusKnown struct {
		Status Status `json:"status"`
	}
	// LabelArrived: the parcel's label file is here.
	LabelArrived struct {
		File LabelFile `json:"file"`
	}
	// CancelKnown: the buyer asked to cancel, or it is cancelled.
	CancelKnown struct {
		Cancel Cancel `json:"cancel"`
	}
)

// The work on a parcel.
type (
	// Opened: the verifier has the parcel in focus. Lines are copied from the
	// catalogue as it was then.
	Opened struct {
		Lines []Line `json:"lines"`
		Solo  bool   `json:"solo,omitempty"`
		Lease Lease  `json:"lease"`
	}
	// UnitVerified: an item was accepted.
	UnitVerified struct {
		Line int `json:"line"`
		N    int `json:"n"`
	}
	// CountsCleared: everything is verified anew.
	CountsCleared struct {
		Why RefusalKind `json:"why"`
	}
	// Weighed: the weight passed, or was let pass.
	Weighed struct {
		Weighing Weighing `json:"weighing"`
		Load     int64    `json:"load"`
	}
	// LoadUsed: a load was weighed and refused.
	LoadUsed struct {
		Mg   int64 `json:"mg"`
		Load int64 `json:"load"`
	}
	// Closed: the parcel left the focus unfinished.
	Closed struct{}
	// Sealed: every gate is passed.
	Sealed struct {
		Tell bool `json:"tell,omitempty"` // upstream is told that it is shipped
		// Again: it was told before, with another waybill.
		Again     bool  `json:"again,omitempty"`
		StatusOld bool  `json:"status_old,omitempty"`
		KnownMs   int64 `json:"known,omitempty"` // its connection's word was complete as of then, ms UTC
	}
)

// The labels.
type (
	// LabelRequested: the label will be printed; from here on it is loose.
	LabelRequested struct {
		Label Label `json:"label"`
		Ahead bool  `json:"ahead,omitempty"`
	}
	// PrintReported: how far the job came.
	PrintReported struct {
		Job    JobID      `json:"job"`
		State  PrintState `json:"state"`
		Reason string     `json:"reason,omitempty"`
	}
	// LabelProven: a strong code of the label was scanned on its own box.
	LabelProven struct {
		Job  JobID  `json:"job"`
		Code string `json:"code"`
	}
	// LabelVoided: this copy is no label any more.
	LabelVoided struct {
		Job JobID  `json:"job"`
		Why string `json:"why"`
	}
	// LabelOrphaned: printed ahead, and not found at the batch's end.
	LabelOrphaned struct {
		Job JobID `json:"job"`
	}
	// AheadSet: how many labels are still to be printed ahead.
	AheadSet struct {
		N int `json:"n"`
	}
	// PrinterFaulted: the printer's fault, or none.
	PrinterFaulted struct {
		Fault string `json:"fault"`
	}
)

// The refusals and answers.
type (
	// Refused: nothing was counted; the alert is on the screen.
	Refused struct {
		Alert Alert `json:"alert"`
	}
	// Acked: the alert on the screen was answered by ACK.
	Acked struct {
		Alert RefusalKind `json:"alert"`
	}
	// AlertPassed: an amber alert went with the next valid scan.
	AlertPassed struct {
		Alert RefusalKind `json:"alert"`
	}
	// ScanIgnored: a scan came while an alert waited for ACK.
	ScanIgnored struct{}
	// Held: the parcel stops.
	Held struct {
		Hold Hold `json:"hold"`
	}
	// Shelved: where a held parcel lies.
	Shelved struct {
		Shelf string `json:"shelf"`
	}
	// HoldReleased: a supervisor, or the parcel's own proof, lifted the hold.
	HoldReleased struct {
		Reason HoldReason `json:"reason"`
		By     PersonID   `json:"by,omitempty"` // empty: by itself
	}
	// Asked: the bench waits for a shelf or a supervisor; nil ends it.
	Asked struct {
		Ask *Ask `json:"ask"`
	}
)

// SettingChanged: a setting has a new value. Secrets are no settings.
type SettingChanged struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// OutboxAnswer is what a person made of a row that upstream refused.
type OutboxAnswer string

// The answers.
const (
	AnswerRetry  OutboxAnswer = "retry"   // send it again as it is
	AnswerEdit   OutboxAnswer = "edit"    // send a corrected one in its place
	AnswerByHand OutboxAnswer = "by_hand" // it was told in another way
)

// OutboxAnswered: a person answered a parked row of the outbox.
type OutboxAnswered struct {
	Row     string          `json:"row"` // its id
	Answer  OutboxAnswer    `json:"answer"`
	Why     string          `json:"why,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"` // of the corrected one
}

// ClockNoted: this PC's clock is right again, or not.
type ClockNoted struct {
	Clock  ClockState `json:"clock"`
	SkewMs int64      `json:"skew,omitempty"` // the other clock minus ours, ms
}

// Kind is the journal's name of the event, here and below.
func (ClockNoted) Kind() string     { return "clock_noted" }
func (OutboxAnswered) Kind() string { return "outbox_answered" }
func (SettingChanged) Kind() string { return "setting_changed" }
func (SignedIn) Kind() string       { return "signed_in" }
func (SignedOut) Kind() string      { return "signed_out" }
func (ModeSet) Kind() string        { return "mode_set" }
func (Picked) Kind() string         { return "picked" }
func (PickerAsked) Kind() string    { return "picker_asked" }
func (ParcelArrived) Kind() string  { return "parcel_arrived" }
func (ParcelChanged) Kind() string  { return "parcel_changed" }
func (StatusKnown) Kind() string    { return "status_known" }
func (LabelArrived) Kind() string   { return "label_arrived" }
func (CancelKnown) Kind() string    { return "cancel_known" }
func (Opened) Kind() string         { return "opened" }
func (UnitVerified) Kind() string   { return "unit_verified" }
func (CountsCleared) Kind() string  { return "counts_cleared" }
func (Weighed) Kind() string        { return "weighed" }
func (LoadUsed) Kind() string       { return "load_used" }
func (Closed) Kind() string         { return "closed" }
func (Sealed) Kind() string         { return "sealed" }
func (LabelRequested) Kind() string { return "label_requested" }
func (PrintReported) Kind() string  { return "print_reported" }
func (LabelProven) Kind() string    { return "label_proven" }
func (LabelVoided) Kind() string    { return "label_voided" }
func (LabelOrphaned) Kind() string  { return "label_orphaned" }
func (AheadSet) Kind() string       { return "ahead_set" }
func (PrinterFaulted) Kind() string { return "printer_faulted" }
func (Refused) Kind() string        { return "refused" }
func (Acked) Kind() string          { return "acked" }
func (AlertPassed) Kind() string    { return "alert_passed" }
func (ScanIgnored) Kind() string    { return "scan_ignored" }
func (Held) Kind() string           { return "held" }
func (Shelved) Kind() string        { return "shelved" }
func (HoldReleased) Kind() string   { return "hold_released" }
func (Asked) Kind() string          { return "asked" }

// decoders reads a body of each kind from the journal.
var decoders = map[string]func([]byte) (Body, error){}

func register[T Body]() {
	var zero T
	decoders[zero.Kind()] = func(b []byte) (Body, error) {
		var v T
		err := json.Unmarshal(b, &v)
		return v, err
	}
}

func init() {
	register[SettingChanged]()
	register[ClockNoted]()
	register[OutboxAnswered]()
	register[SignedIn]()
	register[SignedOut]()
	register[ModeSet]()
	register[Picked]()
	register[PickerAsked]()
	register[ParcelArrived]()
	register[ParcelChanged]()
	register[StatusKnown]()
	register[LabelArrived]()
	register[CancelKnown]()
	register[Opened]()
	register[UnitVerified]()
	register[CountsCleared]()
	register[Weighed]()
	register[LoadUsed]()
	register[Closed]()
	register[Sealed]()
	register[LabelRequested]()
	register[PrintReported]()
	register[LabelProven]()
	register[LabelVoided]()
	register[LabelOrphaned]()
	register[AheadSet]()
	register[PrinterFaulted]()
	register[Refused]()
	register[Acked]()
	register[AlertPassed]()
	register[ScanIgnored]()
	register[Held]()
	register[Shelved]()
	register[HoldReleased]()
	register[Asked]()
}

// payload is an event's form in the journal.
type payload struct {
	Scan *LastScan       `json:"scan,omitempty"`
	Body json.RawMessage `json:"body"`
}

// Version is the version of the payload's form for a kind. Old forms are
// up-cast in DecodePayload.
func Version(Body) int { return 1 }

// EncodePayload is the event's body and scan as JSON.
func EncodePayload(e Event) ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.Body.Kind(), err)
	}
	out, err := json.Marshal(payload{Scan: e.Scan, Body: body})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.Body.Kind(), err)
	}
	return out, nil
}

// DecodePayload reads what EncodePayload wrote into e. An unknown kind or
// version is an error: it was written by a newer program.
func DecodePayload(kind string, version int, data []byte, e *Event) error {
	decode, ok := decoders[kind]
	if !ok || version != 1 {
		return fmt.Errorf("decode event: kind %q version %d is unknown", kind, version)
	}
	var p payload
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("decode event %s: %w", kind, err)
	}
	body, err := decode(p.Body)
	if err != nil {
		return fmt.Errorf("decode event %s: %w", kind, err)
	}
	e.Scan, e.Body = p.Scan, body
	return nil
}
