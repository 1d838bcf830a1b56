package upstream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// TypeShipped is the event that tells a connection that a parcel left.
const TypeShipped = "parcel.shipped"

// Event is what an outbox row's payload holds: the envelope of Standard
// Webhooks (type, timestamp, data), which the generic connector sends byte for
// byte and others read their fields from.
type Event struct {
	Type string    `json:"type"`
	Time time.Time `json:"timestamp"` // when it happened at the bench
	Data EventData `json:"data"`
}

// EventData is what upstream learns about a parcel. No buyer in it.
type EventData struct {
	Connection string   `json:"connection"`
	Parcel     string   `json:"parcel"`
	Order      string   `json:"order"`
	MoreOrders []string `json:"more_orders,omitempty"` // combined into the parcel
	Waybill    string   `json:"waybill"`
	Carrier    string   `json:"carrier,omitempty"`
	WeightMg   int64    `json:"weight_mg,omitempty"` // milligrams, 0 = not weighed
	// WeightSource says where the weight is from: "scale", "typed", "" = none.
	WeightSource string     `json:"weight_source,omitempty"`
	PickedBy     string     `json:"picked_by,omitempty"`
	VerifiedBy   string     `json:"verified_by,omitempty"`
	Station      string     `json:"station,omitempty"`
	SealedAt     *time.Time `json:"sealed_at,omitempty"`
	Batch        string     `json:"batch,omitempty"`
	Reprinted    bool       `json:"reprinted,omitempty"` // the label was printed again
}

// EncodeEvent writes the payload of an outbox row. The bytes are stored and sent
// as they are, never marshalled again: signatures and read-backs rest on them.
// HTML characters stay as they are; times are written in UTC.
func EncodeEvent(e Event) ([]byte, error) {
	if e.Type == "" || e.Time.IsZero() || e.Data.Parcel == "" {
		return nil, fmt.Errorf("encode event: type, time and parcel are needed")
	}
	e.Time = e.Time.UTC()
	if e.Data.SealedAt != nil {
		at := e.Data.SealedAt.UTC()
		e.Data.SealedAt = &at
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// DecodeEvent reads a payload written by EncodeEvent, of this release or an
// older one.
func DecodeEvent(payload []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return Event{}, fmt.Errorf("decode event: %w", err)
	}
	if e.Type == "" || e.Data.Parcel == "" {
		return Event{}, fmt.Errorf("decode event: type or parcel is missing")
	}
	return e, nil
}
