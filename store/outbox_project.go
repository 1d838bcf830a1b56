package store

import (
	"context"
	"crypto/sha256"
	"fmt"

	"packbench/packing"
)

// outboxEffect does what an effect asks of the outbox, in the transaction of
// its event; mine is false for effects that are not the outbox's.
func (p *projector) outboxEffect(ctx context.Context, entry Entry, effect packing.Effect) (mine bool, err error) {
	switch e := effect.(type) {
	case packing.Tell:
		p.out.Told = true
		row := OutboxRow{Connection: e.Connection, Parcel: string(e.Parcel), Operation: e.Operation, Version: e.Version, Payload: e.Payload}
		if e.Replace {
			return true, p.replaceOutbox(ctx, entry, row)
		}
		return true, p.addOutbox(ctx, entry, row, 0)
	case packing.Recall:
		// A row that may have been sent is read back first: the worker ends it. A
		// parked one goes on waiting for its person, also after a Reinstate.
		return true, p.exec(ctx, `UPDATE outbox SET recalled = 1, state = iif(unknown = 0 AND state = 'pending', 'withdrawn', state)
			WHERE parcel = ? AND state IN ('pending', 'parked')`, string(e.Parcel))
	case packing.Reinstate:
		p.out.Told = true
		return true, p.exec(ctx, `UPDATE outbox SET recalled = 0, state = iif(state = 'withdrawn', 'pending', state), next_ms = 0
			WHERE parcel = ? AND recalled = 1`, string(e.Parcel))
	}
	return false, nil
}

// toldBefore is the note of a row that would tell a second number of a parcel.
const toldBefore = "已报过另一个运单号，请核对 / another waybill was told before: please check"

// replaceOutbox tells another waybill than an earlier row. Rows that were never
// sent give way; where one may have arrived, a person must decide.
func (p *projector) replaceOutbox(ctx context.Context, entry Entry, r OutboxRow) error {
	if err := p.exec(ctx, `UPDATE outbox SET state = 'replaced', answered_ms = ? WHERE connection = ? AND parcel = ? AND operation = ?
		AND state IN ('pending', 'parked', 'withdrawn') AND unknown = 0`, entry.AtMs, r.Connection, r.Parcel, r.Operation); err != nil {
		return err
	}
	if err := p.addEdit(ctx, entry, r); err != nil {
		return err
	}
	return p.exec(ctx, `UPDATE outbox SET state = 'parked', note = ?1 WHERE id = ?2 AND EXISTS
		(SELECT 1 FROM outbox e WHERE e.connection = ?3 AND e.parcel = ?4 AND e.operation = ?5 AND e.id <> ?2 AND e.state <> 'replaced')`,
		toldBefore, entry.ULID, r.Connection, r.Parcel, r.Operation)
}

// addOutbox adds a row; its id is the event's, so it is made only once.
func (p *projector) addOutbox(ctx context.Context, entry Entry, r OutboxRow, edit int) error {
	sum := sha256.Sum256(r.Payload)
	return p.exec(ctx, `INSERT INTO outbox (id, connection, parcel, operation, version, edit, payload, sha256, created_ms)
		VALUES (?,?,?,?,?,?,?,?,?)`, entry.ULID, r.Connection, r.Parcel, r.Operation, r.Version, edit, r.Payload, sum[:], entry.AtMs)
}

// addEdit adds a row beside others of the same parcel and version: a box that
// was opened and sealed again, though its content is the same, or one that a
// person corrected. How far the rows came plays no part in its number, so that a
// rebuild comes to the same one.
func (p *projector) addEdit(ctx context.Context, entry Entry, r OutboxRow) error {
	var edit int
	err := p.tx.QueryRowContext(ctx, "SELECT coalesce(max(edit), -1) + 1 FROM outbox WHERE connection = ? AND parcel = ? AND operation = ? AND version = ?",
		r.Connection, r.Parcel, r.Operation, r.Version).Scan(&edit)
	if err != nil {
		return fmt.Errorf("read outbox of %s: %w", r.Parcel, err)
	}
	return p.addOutbox(ctx, entry, r, edit)
}

// answerOutbox does what a person answered to a parked row.
func (p *projector) answerOutbox(ctx context.Context, entry Entry, a packing.OutboxAnswered) error {
	switch a.Answer {
	case packing.AnswerRetry:
		return p.exec(ctx, "UPDATE outbox SET state = 'pending', next_ms = 0 WHERE id = ? AND state = 'parked'", a.Row)
	case packing.AnswerByHand:
		return p.exec(ctx, "UPDATE outbox SET state = 'by_hand', answered_ms = ? WHERE id = ? AND state IN ('pending', 'parked')", entry.AtMs, a.Row)
	case packing.AnswerEdit:
		var r OutboxRow
		err := p.tx.QueryRowContext(ctx, "SELECT connection, parcel, operation, version FROM outbox WHERE id = ?", a.Row).
			Scan(&r.Connection, &r.Parcel, &r.Operation, &r.Version)
		if err != nil {
			return fmt.Errorf("read outbox row %s: %w", a.Row, err)
		}
		r.Payload = a.Payload
		// A row in doubt is not corrected (the bench refuses it); in a rebuild
		// nothing is in doubt.
		if err := p.exec(ctx, "UPDATE outbox SET state = 'replaced', answered_ms = ? WHERE id = ? AND state IN ('pending', 'parked') AND unknown = 0", entry.AtMs, a.Row); err != nil {
			return err
		}
		return p.addEdit(ctx, entry, r)
	}
	return fmt.Errorf("answer outbox row %s: %q is no answer", a.Row, a.Answer)
}

func (p *projector) exec(ctx context.Context, query string, args ...any) error {
	if _, err := p.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

// OutboxRowByID is one row and where it stands; sql.ErrNoRows if there is none.
func (s *Store) OutboxRowByID(ctx context.Context, id string) (OutboxRow, OutboxState, error) {
	var r OutboxRow
	var state OutboxState
	err := s.read.QueryRowContext(ctx, `SELECT seq, id, connection, parcel, operation, version, payload, attempts, next_ms, unknown, recalled, created_ms, state
		FROM outbox WHERE id = ?`, id).
		Scan(&r.Seq, &r.ID, &r.Connection, &r.Parcel, &r.Operation, &r.Version, &r.Payload, &r.Attempts, &r.NextMs, &r.Unknown, &r.Recalled, &r.CreatedMs, &state)
	if err != nil {
		return r, "", fmt.Errorf("read outbox row %s: %w", id, err)
	}
	return r, state, nil
}
