package packing

// Need names one fact that Decide will look at.
type Need struct {
	What NeedKind
	Key  string
}

// NeedKind is what is looked up; each kind is one indexed lookup.
type NeedKind string

// The lookups.
const (
	NeedCode      NeedKind = "code"      // who owns a code
	NeedElsewhere NeedKind = "elsewhere" // in which other open parcel goods of this code are due
	NeedParcel    NeedKind = "parcel"    // a parcel by its id
	NeedNext      NeedKind = "next"      // the most urgent parcels to print ahead
	NeedPerson    NeedKind = "person"    // who wears a badge
)

// Facts are the answers, by the key that was asked.
type Facts struct {
	Codes     map[string][]Owner
	Lines     map[ParcelID][]Line // of parcels that a code means: lines resolved against the catalogue
	Elsewhere map[string]Parcel
	Parcels   map[ParcelID]*Parcel
	Next      []*Parcel
	People    map[PersonID]Person
	// Ages is how long ago the word of each live connection was complete, ms; -1
	// = never. A connection that speaks by files only is not in it.
	Ages map[string]int64
}

// OwnerKind is as what something of ours carries a code.
type OwnerKind string

// The owners. Only OwnerLabel can prove a label.
const (
	OwnerLabel OwnerKind = "label" // a code on the parcel's label, or its declared waybill
	OwnerOrder OwnerKind = "order" // order or parcel number
	OwnerTote  OwnerKind = "tote"
	OwnerWave  OwnerKind = "wave"
	OwnerGoods OwnerKind = "goods"
)

// Owner is one thing of ours that carries a code.
type Owner struct {
	Kind   OwnerKind
	Parcel *Parcel // not for goods
	Goods  Goods   // for goods
	Units  int     // units that the code stands for
}

// Goods is what the catalogue knows of a thing.
type Goods struct {
	ID       GoodsID
	Item     Item
	WeightMg int64
	Weight   WeightSource
}

// Person is who wears a badge.
type Person struct {
	ID   PersonID
	Name string
	Role Role
}

// Policy is the settings that rules read, copied in for each decision.
type Policy struct {
	Flow      Flow
	Solo      bool  // a shop with one person: picker = verifier is allowed and marked
	WeighGate bool  // a scale was set up
	TareMg    int64 // packaging, where nothing better is known
	// The allowed difference is the larger of BandMg and BandPermille of the expected weight.
	BandMg       int64
	BandPermille int64

	SameScanMs   int64 // the same code from the same scanner within this is one scan
	WrongRestart int   // wrong items in one parcel that restart it
	ProofFreshMs int64 // label-first: how long the opening proof serves for sealing
	AheadBatch   int   // label-first: labels of one batch
	InPrinter    int   // label-first: labels in the printer at most
	Hanging      int   // label-first: loose labels at most
	LeaseMs      int64
	StatusOldMs  int64 // a live connection's word older than this is old at the seal
}

// Flow is the order of steps.
type Flow string

// The flows built so far.
const (
	VerifyFirst Flow = "verify-first" // verify, weigh, print, stick, prove
	LabelFirst  Flow = "label-first"  // labels ahead, stuck on the bag; the opening scan is the proof
)

// DefaultPolicy is the shipped settings (BENCH's "tune" list).
func DefaultPolicy() Policy {
	return Policy{
		Flow:         VerifyFirst,
		TareMg:       0,
		BandMg:       15_000,
		BandPermille: 30,
		SameScanMs:   500,
		WrongRestart: 3,
		ProofFreshMs: 60_000,
		AheadBatch:   20,
		InPrinter:    2,
		Hanging:      10,
		LeaseMs:      8 * 3600 * 1000,
		StatusOldMs:  15 * 60 * 1000,
	}
}

// Needs says which facts an input asks for.
func Needs(s State, in Input) []Need {
	switch in := in.(type) {
	case Scan:
		return scanNeeds(s, in)
	case LabelCame:
		return []Need{{NeedParcel, string(in.Parcel)}}
	case CancelNews:
		return []Need{{NeedParcel, string(in.Parcel)}}
	case Arrived:
		needs := []Need{{NeedParcel, string(in.Parcel.ID)}}
		if in.Whole != "" && in.Whole != in.Parcel.ID {
			needs = append(needs, Need{NeedParcel, string(in.Whole)})
		}
		return needs
	case PINChecked:
		needs := []Need{{NeedPerson, string(in.Person)}}
		if s.Bench.Ask != nil {
			needs = append(needs, Need{NeedParcel, string(s.Bench.Ask.Parcel)})
		}
		return needs
	case PrintReport, Tick:
		return []Need{{What: NeedNext}}
	case Restart:
		return []Need{{What: NeedNext}, {NeedPerson, string(s.Bench.Person)}}
	}
	return nil
}

func scanNeeds(s State, in Scan) []Need {
	var needs []Need
	switch in.Class {
	case ClassBadge:
		needs = append(needs, Need{NeedPerson, in.Body})
		if s.Bench.Picker != nil {
			needs = append(needs, Need{NeedCode, s.Bench.Picker.Code})
		}
		return needs
	case ClassCommand:
		needs = append(needs, Need{What: NeedNext})
		if h := s.Bench.head(); h != nil && h.Parcel != "" && h.Parcel != s.Bench.Focus {
			needs = append(needs, Need{NeedParcel, string(h.Parcel)})
		}
	case ClassLocation:
	default:
		needs = append(needs, Need{NeedCode, in.Key})
		if s.Bench.Focus != "" {
			needs = append(needs, Need{NeedElsewhere, in.Key})
		}
	}
	if s.Bench.Ask != nil && s.Bench.Ask.Parcel != s.Bench.Focus {
		needs = append(needs, Need{NeedParcel, string(s.Bench.Ask.Parcel)})
	}
	return needs
}
