package packing

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Effect is something that must happen outside once the event is on disk.
type Effect interface{ isEffect() }

// Print asks the printer for a label, once.
type Print struct {
	Parcel ParcelID
	Job    JobID
	Hash   string
	Page   int
}

// Sound names what is heard; colour and words say the same.
type Sound string

// The sounds of BENCH §10.
const (
	SoundOK        Sound = "ok"
	SoundOpen      Sound = "open"
	SoundVerified  Sound = "verified"
	SoundProven    Sound = "proven"
	SoundOver      Sound = "over"
	SoundWrong     Sound = "wrong"
	SoundCancelled Sound = "cancelled"
)

// Beep asks for a sound.
type Beep struct{ Sound Sound }

// Tell adds a row to the outbox, in the transaction of its event.
type Tell struct {
	Connection string
	Parcel     ParcelID
	Operation  string
	Version    int
	Payload    []byte // JSON of Shipped, frozen
	// Replace: an earlier row told, or would have told, another waybill. A person
	// decides where that one may have arrived.
	Replace bool
}

// Recall stops what is still to be told of a sealed parcel: it was held or
// cancelled. What was told already stays told.
type Recall struct{ Parcel ParcelID }

// Reinstate ends a Recall: the parcel may leave after all.
type Reinstate struct{ Parcel ParcelID }

func (Print) isEffect()     {}
func (Beep) isEffect()      {}
func (Tell) isEffect()      {}
func (Recall) isEffect()    {}
func (Reinstate) isEffect() {}

// OpShipped is the operation of a sealed parcel's outbox row.
const OpShipped = "shipped"

// Shipped is what upstream is told of a sealed parcel: the envelope and fields
// of Standard Webhooks that package upstream describes.
type Shipped struct {
	Type string      `json:"type"`
	Time time.Time   `json:"timestamp"`
	Data ShippedData `json:"data"`
}

// ShippedData is the parcel in it. No buyer is in it.
type ShippedData struct {
	Connection   string     `json:"connection"`
	Parcel       string     `json:"parcel"`
	Order        string     `json:"order"`
	Waybill      string     `json:"waybill"`
	Carrier      string     `json:"carrier,omitempty"`
	WeightMg     int64      `json:"weight_mg,omitempty"`
	WeightSource string     `json:"weight_source,omitempty"`
	PickedBy     string     `json:"picked_by,omitempty"`
	VerifiedBy   string     `json:"verified_by,omitempty"`
	Station      string     `json:"station,omitempty"`
	SealedAt     *time.Time `json:"sealed_at,omitempty"`
	Reprinted    bool       `json:"reprinted,omitempty"`
}

// Effects says what an event asks of the world outside. Everything in it comes
// from the event and the two states, so that a restart can ask again.
func Effects(before State, e Event, after State) []Effect {
	out := effects(e, after)
	if before.Parcel == nil || !before.Parcel.WasSealed {
		return out // nothing was told of it yet
	}
	sealed, again := e.Body.(Sealed)
	switch was, is := mayBeTold(before.Parcel), mayBeTold(after.Parcel); {
	case was && !is:
		return append(out, Recall{e.Parcel})
	case is && !was && !(again && sealed.Tell):
		return append(out, Reinstate{e.Parcel})
	}
	return out
}

// mayBeTold: it is sealed, and nothing speaks against its leaving.
func mayBeTold(p *Parcel) bool {
	return p != nil && p.SealedMs > 0 && len(p.Holds) == 0 && p.Cancel == CancelNone
}

func effects(e Event, after State) []Effect {
	switch body := e.Body.(type) {
	case LabelRequested:
		return []Effect{Print{Parcel: e.Parcel, Job: body.Label.Job, Hash: body.Label.Hash, Page: body.Label.Page}}
	case Opened:
		return []Effect{Beep{SoundOpen}}
	case UnitVerified:
		if after.Parcel.AllVerified() {
			return []Effect{Beep{SoundVerified}}
		}
		return []Effect{Beep{SoundOK}}
	case LabelProven:
		return []Effect{Beep{SoundProven}}
	case SignedIn, Picked, ModeSet, Shelved, HoldReleased, Weighed:
		return []Effect{Beep{SoundOK}}
	case ScanIgnored:
		return []Effect{Beep{SoundWrong}}
	case Refused:
		switch {
		case body.Alert.Severity == Purple:
			return []Effect{Beep{SoundCancelled}}
		case body.Alert.Kind == OverScan:
			return []Effect{Beep{SoundOver}}
		}
		return []Effect{Beep{SoundWrong}}
	case Sealed:
		if body.Tell {
			return []Effect{shippedEffect(after.Parcel, body.Again)}
		}
	}
	return nil
}

// copiesOut counts the labels that came, or may have come, out of a printer.
func copiesOut(p *Parcel) int {
	n := 0
	for _, l := range p.Labels {
		if l.Why != neverSent {
			n++
		}
	}
	return n
}

// text is a code as it stands on the label.
func (f *LabelFile) text(key string) string {
	if f != nil {
		if i := slices.Index(f.Codes, key); i >= 0 && i < len(f.Texts) {
			return f.Texts[i]
		}
	}
	return key
}

// shippedWaybill is the number that upstream is told: the declared one, else
// the one that was proven, as it stands on the label.
func shippedWaybill(p *Parcel) string {
	if l := p.Label(); l != nil && p.Waybill == "" && !isDigest(l.Code) {
		return p.File.text(l.Code)
	}
	return p.Waybill
}

func shippedEffect(p *Parcel, replace bool) Tell {
	at := time.UnixMilli(p.SealedMs).UTC()
	pickers := make([]string, len(p.PickedBy))
	for i, id := range p.PickedBy {
		pickers[i] = string(id)
	}
	data := ShippedData{
		Connection: p.Connection, Parcel: p.Number, Order: p.Order,
		Waybill: shippedWaybill(p), Carrier: p.Carrier,
		PickedBy: strings.Join(pickers, ","), VerifiedBy: string(p.SealedBy),
		SealedAt: &at, Station: p.SealedAt, Reprinted: copiesOut(p) > 1,
	}
	if p.Weighing != nil && p.Weighing.Mg > 0 {
		data.WeightMg, data.WeightSource = p.Weighing.Mg, "scale"
	}
	payload, err := json.Marshal(Shipped{Type: "parcel." + OpShipped, Time: at, Data: data})
	if err != nil {
		panic("packing: encode shipped: " + err.Error()) // plain strings, numbers and a time of this age
	}
	return Tell{Connection: p.Connection, Parcel: p.ID, Operation: OpShipped, Version: p.Version, Payload: payload, Replace: replace}
}
