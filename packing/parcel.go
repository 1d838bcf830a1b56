package packing

import (
	"slices"
)

// ParcelID identifies a parcel on every station: connection and number.
type ParcelID string

// PersonID is what a person's badge says.
type PersonID string

// GoodsID is the catalogue's name of a thing on the shelf.
type GoodsID string

// JobID names one printed label of one parcel.
type JobID string

// Parcel is what goes into one box with one label.
type Parcel struct {
	ID         ParcelID `json:"id"`
	Connection string   `json:"connection"`
	Number     string   `json:"number"` // unique in its connection
	Order      string   `json:"order"`  // as the marketplace names it
	Nr         int      `json:"nr,omitempty"`
	Of         int      `json:"of,omitempty"` // parcel Nr of Of
	Tote       string   `json:"tote,omitempty"`
	Wave       string   `json:"wave,omitempty"`
	Carrier    string   `json:"carrier,omitempty"`
	Waybill    string   `json:"waybill,omitempty"`
	Lines      []Line   `json:"lines"`
	ShipByMs   int64    `json:"ship_by,omitempty"` // ms UTC; 0 = unknown
	CreatedMs  int64    `json:"created,omitempty"`
	Status     Status   `json:"status"`
	Cancel     Cancel   `json:"cancel,omitempty"`
	KnownMs    int64    `json:"known,omitempty"`   // when upstream last said how it stands
	Version    int      `json:"version,omitempty"` // counts changes of content
	Content    string   `json:"content,omitempty"` // hash of what the connection sent
	TellAt     string   `json:"tell_at,omitempty"` // "sealed", or "" for nothing to tell
	// Address tells one address from another and says nothing of it: a few bits
	// of a hash of each part, with "/" between; a part that upstream hides is empty.
	Address string `json:"address,omitempty"`
	HasNote bool   `json:"has_note,omitempty"`

	PickedBy []PersonID `json:"picked_by,omitempty"`
	Verifier PersonID   `json:"verifier,omitempty"` // who opened it last
	Solo     bool       `json:"solo,omitempty"`     // picked and verified by one person, as the shop allows
	OpenedMs int64      `json:"opened,omitempty"`
	Units    []Unit     `json:"units,omitempty"`
	Wrong    int        `json:"wrong,omitempty"`    // wrong items since the last restart
	Restarts int        `json:"restarts,omitempty"` // by wrong items
	Weighing *Weighing  `json:"weighing,omitempty"`
	OffScale int        `json:"off_scale,omitempty"` // refused weights since the last restart

	File     *LabelFile `json:"file,omitempty"`
	Labels   []Label    `json:"labels,omitempty"`    // every label ever printed, oldest first
	ProofDue bool       `json:"proof_due,omitempty"` // the parcel was out of sight since its label was proven
	SealedMs int64      `json:"sealed,omitempty"`
	SealedBy PersonID   `json:"sealed_by,omitempty"`
	SealedAt string     `json:"sealed_at,omitempty"` // station
	// StatusOld: what was known of it at the seal was older than the shop allows.
	// It may be loaded, but its batch closes only after a fresh word.
	StatusOld   bool   `json:"status_old,omitempty"`
	WasSealed   bool   `json:"was_sealed,omitempty"`   // at least once
	ToldWaybill string `json:"told,omitempty"`         // the number that upstream is, or will be, told
	ToldCarrier string `json:"told_carrier,omitempty"` // and the carrier
	Shelf       string `json:"shelf,omitempty"`        // where it lies, until it is opened again
	Holds       []Hold `json:"holds,omitempty"`
	Lease       Lease  `json:"lease"`
}

// Line is goods × quantity in a parcel. The fields from Goods on are copied
// from the catalogue when the parcel is opened.
type Line struct {
	Listing   string       `json:"listing"` // what the shop sells it as
	Name      string       `json:"name"`    // as the order has it
	Variation string       `json:"variation,omitempty"`
	Quantity  int          `json:"quantity"`
	Gift      bool         `json:"gift,omitempty"`
	Goods     GoodsID      `json:"goods,omitempty"`
	Item      Item         `json:"item"`
	WeightMg  int64        `json:"weight,omitempty"`
	Weight    WeightSource `json:"weight_source,omitempty"`
}

// Item is what people need to recognise goods: names in both languages, a
// specification, a picture.
type Item struct {
	NameZH  string `json:"zh,omitempty"`
	NameEN  string `json:"en,omitempty"`
	Spec    string `json:"spec,omitempty"`
	Picture string `json:"picture,omitempty"`
}

// WeightSource says how far a catalogue weight can be trusted.
type WeightSource string

// A guessed or missing weight only warns; only a measured one can block.
const (
	WeightUnknown  WeightSource = ""
	WeightGuessed  WeightSource = "guessed"
	WeightMeasured WeightSource = "measured"
)

// Unit is one accepted item scan.
type Unit struct {
	Line int      `json:"line"`
	N    int      `json:"n"` // units that the barcode stands for
	By   PersonID `json:"by"`
	AtMs int64    `json:"at"`
}

// Weighing is the weight that passed, or was let pass.
type Weighing struct {
	Mg         int64    `json:"mg"`
	ExpectedMg int64    `json:"expected"`
	BandMg     int64    `json:"band"` // allowed difference either way; 0 = nothing to compare with
	Warned     bool     `json:"warned,omitempty"`
	Override   PersonID `json:"override,omitempty"`
	AtMs       int64    `json:"at"`
}

// LabelFile is the label that the platform or carrier gave for the parcel:
// content-addressed, with the codes read from it.
type LabelFile struct {
	Hash      string   `json:"hash"`              // SHA-256 of the file's bytes
	Page      int      `json:"page"`              // from 0
	Codes     []string `json:"codes"`             // in the form in which codes are compared
	Texts     []string `json:"texts,omitempty"`   // the same codes as they stand on the label
	Printable bool     `json:"printable"`         // its codes were read back from the very bitmap that prints
	Problem   string   `json:"problem,omitempty"` // message key when not
}

// LabelState is where one printed label stands.
type LabelState string

// A label is loose from the committed print request until it is proven or void.
const (
	LabelStateRequested LabelState = "requested"
	LabelStateSent      LabelState = "sent"
	LabelStateUnknown   LabelState = "unknown" // it may or may not have come out
	LabelStateProven    LabelState = "proven"
	LabelStateVoid      LabelState = "void"
	LabelStateOrphan    LabelState = "orphan" // named at the end of a label-first batch as not found
)

// Label is one printed copy.
type Label struct {
	Job       JobID      `json:"job"`
	Station   string     `json:"station"`
	Hash      string     `json:"hash"`
	Page      int        `json:"page"`
	Codes     []string   `json:"codes"`
	State     LabelState `json:"state"`
	Confirmed bool       `json:"confirmed,omitempty"` // the printer said that it is out
	AtMs      int64      `json:"at"`
	ProvenMs  int64      `json:"proven,omitempty"`
	ProvenBy  PersonID   `json:"proven_by,omitempty"`
	Code      string     `json:"code,omitempty"` // the strong code that proved it
	Why       string     `json:"why,omitempty"`  // why it is void
}

// Loose tells whether the label may be lying about, on no proven box.
func (l Label) Loose() bool {
	return l.State == LabelStateRequested || l.State == LabelStateSent || l.State == LabelStateUnknown
}

// Hold stops a parcel until somebody answers. Several may lie on one parcel.
type Hold struct {
	Reason     HoldReason `json:"reason"`
	By         PersonID   `json:"by"`
	AtMs       int64      `json:"at"`
	Other      ParcelID   `json:"other,omitempty"` // the other parcel of a swap
	Shelf      string     `json:"shelf,omitempty"` // where the parcel lies
	Supervisor bool       `json:"supervisor"`      // false: clears itself when the parcel's own label is proven
}

// HoldReason is why.
type HoldReason string

// The reasons that this program gives by itself, and the packer's own.
const (
	HoldPacker       HoldReason = "packer"        // put aside by hand
	HoldForeignLabel HoldReason = "foreign_label" // its label, or another's on it, was scanned at the wrong parcel
	HoldUsedLabel    HoldReason = "used_label"    // a label already proven on a sealed parcel turned up again
	HoldWrongItems   HoldReason = "wrong_items"   // restarted twice
	HoldCancel       HoldReason = "cancel"
	HoldStatus       HoldReason = "status"  // upstream says since it was opened that it must not leave
	HoldChanged      HoldReason = "changed" // sealed, and changed since: it is opened and proven anew
)

// Status is what upstream says of the order.
type Status string

// Only a packable parcel opens.
const (
	StatusPackable       Status = "packable"
	StatusUnpaid         Status = "unpaid"
	StatusOnHold         Status = "on_hold"
	StatusOtherWarehouse Status = "other_warehouse"
	StatusShipped        Status = "shipped"
)

// Cancel says whether the buyer wants out.
type Cancel string

// A cancel may be asked for, or final.
const (
	CancelNone  Cancel = ""
	CancelAsked Cancel = "asked"
	CancelFinal Cancel = "final"
)

// Lease is the right of one station to work on the parcel until a moment.
// Epoch counts the claims.
type Lease struct {
	Station string `json:"station,omitempty"`
	UntilMs int64  `json:"until,omitempty"`
	Epoch   int    `json:"epoch,omitempty"`
}

// Verified is how many units of line i were accepted.
func (p *Parcel) Verified(i int) int {
	n := 0
	for _, u := range p.Units {
		if u.Line == i {
			n += u.N
		}
	}
	return n
}

// AllVerified tells whether every line is full.
func (p *Parcel) AllVerified() bool {
	for i, l := range p.Lines {
		if p.Verified(i) < l.Quantity {
			return false
		}
	}
	return len(p.Lines) > 0
}

// Label is the newest copy that is not void, or nil.
func (p *Parcel) Label() *Label {
	for i := len(p.Labels) - 1; i >= 0; i-- {
		if p.Labels[i].State != LabelStateVoid {
			return &p.Labels[i]
		}
	}
	return nil
}

// waits: nobody has begun with it, so that news may change it freely.
func (p *Parcel) waits() bool { return p.OpenedMs == 0 && p.SealedMs == 0 && len(p.Labels) == 0 }

// packable: upstream lets it leave. That it is shipped since it was sealed here
// is no reason against a parcel that came back to the bench.
func (p *Parcel) packable() bool {
	return p.Status == StatusPackable || p.Status == StatusShipped && p.WasSealed
}

// Place is where a parcel was last: its shelf if it has one, and the bench that
// sealed or opened it, with who and when (ms UTC; 0 = never).
func (p *Parcel) Place() (shelf, bench string, by PersonID, atMs int64) {
	switch {
	case p.SealedMs > 0:
		return p.Shelf, p.SealedAt, p.SealedBy, p.SealedMs
	case p.OpenedMs > 0:
		return p.Shelf, p.Lease.Station, p.Verifier, p.OpenedMs
	}
	return p.Shelf, "", "", 0
}

// onlyCancel: nothing is known of the parcel but that its buyer wants out.
func (p *Parcel) onlyCancel() bool { return p.Cancel != CancelNone && len(p.Lines) == 0 }

// HeldFor tells whether a hold of that reason lies on the parcel.
func (p *Parcel) HeldFor(r HoldReason) bool {
	return slices.ContainsFunc(p.Holds, func(h Hold) bool { return h.Reason == r })
}

// supervisorHold is the first hold that only a supervisor can lift, or nil.
func (p *Parcel) supervisorHold() *Hold {
	for i := range p.Holds {
		if p.Holds[i].Supervisor {
			return &p.Holds[i]
		}
	}
	return nil
}

// Stage is the one word for where a parcel stands (BENCH §3).
type Stage string

// The stages, in the order of a good day.
const (
	StageWaiting    Stage = "waiting"
	StagePicked     Stage = "picked"
	StageVerifying  Stage = "verifying"
	StageVerified   Stage = "verified"
	StageUnlabelled Stage = "unlabelled" // verified, but there is no label that could be printed
	StageLabelled   Stage = "labelled"
	StageSealed     Stage = "sealed"
	StageHeld       Stage = "held"
	StageCancelled  Stage = "cancelled"
)

// Stage derives the parcel's word from its facts; releasing a hold therefore
// returns it to where it was.
func (p *Parcel) Stage() Stage {
	label := p.Label()
	switch {
	case len(p.Holds) > 0:
		return StageHeld
	case p.Cancel == CancelFinal:
		return StageCancelled
	case p.SealedMs > 0:
		return StageSealed
	case label != nil && label.State != LabelStateOrphan && p.AllVerified():
		return StageLabelled
	case p.AllVerified() && (p.File == nil || !p.File.Printable):
		return StageUnlabelled
	case p.AllVerified():
		return StageVerified
	case p.OpenedMs > 0:
		return StageVerifying
	case len(p.PickedBy) > 0:
		return StagePicked
	default:
		return StageWaiting
	}
}

// clone copies the parcel so deeply that Apply may change the copy.
func (p *Parcel) clone() *Parcel {
	c := *p
	c.Lines = slices.Clone(p.Lines)
	c.PickedBy = slices.Clone(p.PickedBy)
	c.Units = slices.Clone(p.Units)
	c.Labels = slices.Clone(p.Labels)
	c.Holds = slices.Clone(p.Holds)
	return &c
}
