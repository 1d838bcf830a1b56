package store

import (
	"context"
	"database/sql"
	"fmt"
)

// OutboxHeads is the rows of a connection that may be sent now: of each parcel
// only its oldest row that is not done, and that only if it is not parked. A
// row that waits although the clock went back behind its birth is due too.
func (s *Store) OutboxHeads(ctx context.Context, connection string, nowMs int64, limit int) ([]OutboxRow, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, id, connection, parcel, operation, version, payload, attempts, next_ms, unknown, created_ms
		FROM outbox o WHERE connection = ?1 AND state = 'pending' AND (next_ms <= ?2 OR ?2 < created_ms)
		AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.connection = o.connection AND e.parcel = o.parcel AND e.seq < o.seq AND e.state IN ('pending', 'parked'))
		ORDER BY seq LIMIT ?3`, connection, nowMs, limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer rows.Close()
	var out []OutboxRow
	for rows.Next() {
		var r OutboxRow
		if err := rows.Scan(&r.Seq, &r.ID, &r.Connection, &r.Parcel, &r.Operation, &r.Version, &r.Payload, &r.Attempts, &r.NextMs, &r.Unknown, &r.CreatedMs); err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// RecordOutbox stores what a try came to.
func (s *Store) RecordOutbox(ctx context.Context, seq int64, r OutboxResult) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		counted := 0
		if r.Counted {
			counted = 1
		}
		res, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, attempts = attempts + ?, next_ms = ?, unknown = ?, note = ?, answered_ms = ? WHERE seq = ?`,
			string(r.State), counted, r.NextMs, r.Unknown, r.Note, r.AtMs, seq)
		if err != nil {
			return fmt.Errorf("record outbox: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("record outbox: no row %d (%v)", seq, err)
		}
		return nil
	})
}

// OutboxCounts is how many rows are not done, by state. Done ones are not
// counted: there may be a million, and the bench asks every second.
func (s *Store) OutboxCounts(ctx context.Context) (map[OutboxState]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT state, count(*) FROM outbox WHERE state IN ('pending', 'parked') GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("count outbox: %w", err)
	}
	defer rows.Close()
	out := map[OutboxState]int{}
	for rows.Next() {
		var state OutboxState
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count outbox: %w", err)
		}
		out[state] = n
	}
	return out, rows.Err()
}

// Cursor is where pulling from a connection went on; "" at the start.
func (s *Store) Cursor(ctx context.Context, connection string) (string, error) {
	var c string
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(cursor), '') FROM cursors WHERE connection = ?", connection).Scan(&c)
	if err != nil {
		return "", fmt.Errorf("read cursor: %w", err)
	}
	return c, nil
}

// SetCursor stores where pulling from a connection goes on.
func (s *Store) SetCursor(ctx context.Context, connection, cursor string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO cursors (connection, cursor) VALUES (?,?) ON CONFLICT (connection) DO UPDATE SET cursor = excluded.cursor", connection, cursor)
		if err != nil {
			return fmt.Errorf("save cursor: %w", err)
		}
		return nil
	})
}
