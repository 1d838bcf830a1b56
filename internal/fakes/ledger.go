package fakes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Delivery is one line of the ledger: an event that took effect, or its repeat.
type Delivery struct {
	AtMs       int64  `json:"at_ms"`
	ID         string `json:"id"`
	Type       string `json:"type"`
	Parcel     string `json:"parcel"`
	Order      string `json:"order"`
	Waybill    string `json:"waybill"`
	SHA256     string `json:"sha256"`     // of the body
	Deliveries int    `json:"deliveries"` // how often an event of that id came
	// Effects is how often this order was told as shipped with this waybill, this
	// line included if it took effect: more than 1 is the fault to look for.
	Effects int `json:"effects"`
}

func (e *ERP) openLedger(name string) error {
	old, err := os.ReadFile(name) // #nosec G304 -- the operator names it
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read ledger: %w", err)
	}
	whole := strings.LastIndexByte(string(old), '\n') + 1 // a torn last line never took effect
	for line := range strings.Lines(string(old[:whole])) {
		var d Delivery
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		e.remember(d)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return errors.Join(fmt.Errorf("cut ledger: %w", err), f.Close())
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		return errors.Join(fmt.Errorf("seek ledger: %w", err), f.Close())
	}
	e.ledger = f
	return nil
}

// Close closes the ledger.
func (e *ERP) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ledger == nil {
		return nil
	}
	if err := e.ledger.Close(); err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	e.ledger = nil
	return nil
}

// Deliveries lists the events that took effect, in order, with how often each
// was delivered.
func (e *ERP) Deliveries() []Delivery {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Delivery, 0, len(e.order))
	for _, id := range e.order {
		out = append(out, *e.events[id])
	}
	return out
}

func (d Delivery) orderWaybill() string { return d.Order + "\x00" + d.Waybill }

// write makes a delivery durable, then known. The caller holds mu.
func (e *ERP) write(d Delivery) error {
	if e.ledger != nil {
		line, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
		if _, err := e.ledger.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
		if err := e.ledger.Sync(); err != nil {
			return fmt.Errorf("sync ledger: %w", err)
		}
	}
	e.remember(d)
	if e.notify != nil {
		e.notify(d)
	}
	return nil
}

func (e *ERP) remember(d Delivery) {
	if e.events[d.ID] == nil {
		e.order = append(e.order, d.ID)
	}
	e.events[d.ID] = &d
	e.effects[d.orderWaybill()] = max(d.Effects, e.effects[d.orderWaybill()])
	if _, ok := e.waybill[d.Parcel]; !ok {
		e.waybill[d.Parcel] = d.Waybill
	}
}
