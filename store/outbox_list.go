package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"packbench/packing"
)

// OutboxRows lists rows for people, in order of writing, at most limit of them;
// the rest follows with OutboxFilter.After. It reads beside a running bench.
func (s *Store) OutboxRows(ctx context.Context, f OutboxFilter, limit int) ([]OutboxEntry, error) {
	query := `SELECT seq, id, connection, parcel, operation, version, edit, payload, attempts, next_ms, unknown, recalled, created_ms,
		state, note, answered_ms FROM outbox WHERE seq > ?`
	args := []any{f.After}
	if f.Connection != "" {
		query += " AND connection = ?"
		args = append(args, f.Connection)
	}
	if len(f.States) > 0 {
		var list []string
		open := true
		for _, state := range f.States {
			if !state.known() {
				return nil, fmt.Errorf("list outbox: %q is no state", state)
			}
			list = append(list, "'"+string(state)+"'")
			open = open && (state == OutboxPending || state == OutboxParked)
		}
		query += " AND state IN (" + strings.Join(list, ", ") + ")"
		if open {
			query += " AND state IN ('pending', 'parked')" // the index's own words
		}
	}
	rows, err := s.read.QueryContext(ctx, query+" ORDER BY seq LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	defer rows.Close()
	var out []OutboxEntry
	for rows.Next() {
		var e OutboxEntry
		if err := rows.Scan(&e.Seq, &e.ID, &e.Connection, &e.Parcel, &e.Operation, &e.Version, &e.Edit, &e.Payload, &e.Attempts,
			&e.NextMs, &e.Unknown, &e.Recalled, &e.CreatedMs, &e.State, &e.Note, &e.AnsweredMs); err != nil {
			return nil, fmt.Errorf("list outbox: %w", err)
		}
		e.readPayload()
		out = append(out, e)
	}
	return out, rows.Err()
}

// readPayload takes what people look for out of the payload. A payload of an
// unknown form leaves it empty; the row is listed all the same.
func (e *OutboxEntry) readPayload() {
	var p packing.Shipped
	if json.Unmarshal(e.Payload, &p) != nil {
		return
	}
	e.Order, e.Waybill, e.Carrier = p.Data.Order, p.Data.Waybill, p.Data.Carrier
	if p.Data.SealedAt != nil {
		e.SealedMs = p.Data.SealedAt.UnixMilli()
	}
}

// OutboxStates lists every state of a row.
func OutboxStates() []OutboxState {
	return []OutboxState{OutboxPending, OutboxParked, OutboxDone, OutboxWithdrawn, OutboxByHand, OutboxReplaced}
}

func (s OutboxState) known() bool {
	for _, known := range OutboxStates() {
		if s == known {
			return true
		}
	}
	return false
}
