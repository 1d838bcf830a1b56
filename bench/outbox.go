package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"packbench/packing"
	"packbench/store"
)

// OutboxAnswer is what a person makes of an outbox row that upstream refused,
// or that can't wait for the network.
type OutboxAnswer struct {
	Row     string // its id
	Answer  packing.OutboxAnswer
	Carrier string // edit: the carrier as upstream wants it named
	Why     string // the person's own words; needed
	// By is the badge of who answers; "" is whoever may open the data directory.
	By packing.PersonID
}

// Why a row can't be answered so.
var (
	// ErrNotParked: the row does not wait for a person.
	ErrNotParked = errors.New("outbox row does not wait for an answer")
	// ErrInDoubt: the server may have taken the row as it is. A retry looks first;
	// a correction under a new id could tell it twice.
	ErrInDoubt = errors.New("outbox row may have arrived")
)

// ErrNotAllowed: the person's role does not allow it.
var ErrNotAllowed = errors.New("this person may not do that")

// allowed asks the table of roles. Nobody named is whoever may open the data
// directory: the command line.
func (b *Bench) allowed(ctx context.Context, who packing.PersonID, what packing.Action) error {
	if who == "" {
		return nil
	}
	people, err := b.opt.Store.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.ID == string(who) && p.Role.May(what) {
			return nil
		}
	}
	return ErrNotAllowed
}

// AnswerOutbox records the answer as an event; the row follows it in the same
// transaction. A correction can change the carrier's name and nothing else: the
// waybill is what was proven on the box.
func (b *Bench) AnswerOutbox(ctx context.Context, a OutboxAnswer) error {
	if strings.TrimSpace(a.Why) == "" {
		return errors.New("answer outbox row: say why")
	}
	a.By = packing.PersonID(strings.ToUpper(string(a.By)))
	if err := b.allowed(ctx, a.By, packing.ActOutbox); err != nil {
		return fmt.Errorf("answer outbox row %s: %w", a.Row, err)
	}
	return b.do(ctx, func(ctx context.Context) error {
		row, state, err := b.opt.Store.OutboxRowByID(ctx, a.Row)
		if err != nil {
			return err
		}
		// What was done by hand may be told before the server ever answered; what
		// may have arrived already is read back first, never corrected.
		if state != store.OutboxParked && (state != store.OutboxPending || a.Answer != packing.AnswerByHand) {
			return fmt.Errorf("answer outbox row %s: %w (%s)", a.Row, ErrNotParked, state)
		}
		if row.Unknown && a.Answer == packing.AnswerEdit {
			return fmt.Errorf("answer outbox row %s: %w", a.Row, ErrInDoubt)
		}
		body := packing.OutboxAnswered{Row: a.Row, Answer: a.Answer, Why: a.Why}
		if a.Answer == packing.AnswerEdit {
			if body.Payload, err = withCarrier(row.Payload, a.Carrier); err != nil {
				return fmt.Errorf("answer outbox row %s: %w", a.Row, err)
			}
		}
		return b.commit(ctx, []packing.Event{{Parcel: packing.ParcelID(row.Parcel), Person: a.By, AtMs: b.opt.Now().UnixMilli(), Body: body}})
	})
}

// withCarrier is a shipped payload with another carrier's name.
func withCarrier(payload []byte, carrier string) ([]byte, error) {
	carrier = strings.TrimSpace(carrier)
	if carrier == "" {
		return nil, errors.New("correct payload: no carrier given")
	}
	var s packing.Shipped
	if err := json.Unmarshal(payload, &s); err != nil {
		return nil, fmt.Errorf("correct payload: %w", err)
	}
	s.Data.Carrier = carrier
	out, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("correct payload: %w", err)
	}
	return out, nil
}
