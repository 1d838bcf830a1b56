package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// headsQuery repeats the condition of the index on open rows word for word: only
// then SQLite uses it and never looks at the million that are done.
const headsQuery = `SELECT seq, id, connection, parcel, operation, version, payload, attempts, next_ms, unknown, recalled, created_ms
	FROM outbox o WHERE connection = ?1 AND state = 'pending' AND state IN ('pending', 'parked')
	AND (next_ms <= ?2 OR next_ms > ?2 + 2 * ?4 OR ?2 < created_ms)
	AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.connection = o.connection AND e.parcel = o.parcel AND e.seq < o.seq AND e.state IN ('pending', 'parked'))
	ORDER BY seq LIMIT ?3`

// OutboxHeads is the rows of a connection that are due at nowMs, oldest first:
// of each parcel only its oldest open row, and none if that is parked. A recalled
// row is among them until it is known what became of it. Where the clock was
// wrong (a row waits for more than twice [OutboxCap], or is born in the future),
// the row is due.
func (s *Store) OutboxHeads(ctx context.Context, connection string, nowMs int64, limit int) ([]OutboxRow, error) {
	rows, err := s.read.QueryContext(ctx, headsQuery, connection, nowMs, limit, OutboxCap)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer rows.Close()
	var out []OutboxRow
	for rows.Next() {
		var r OutboxRow
		if err := rows.Scan(&r.Seq, &r.ID, &r.Connection, &r.Parcel, &r.Operation, &r.Version, &r.Payload, &r.Attempts, &r.NextMs, &r.Unknown, &r.Recalled, &r.CreatedMs); err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// MarkSending writes that a row may have been sent from now on, durable before
// it returns: after a power cut it is read back. ok is false, and nothing must be
// sent, if the row was recalled or ended meanwhile.
func (s *Store) MarkSending(ctx context.Context, seq, atMs int64) (ok bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE outbox SET unknown = 1, answered_ms = ? WHERE seq = ? AND state = 'pending' AND recalled = 0", atMs, seq)
		if err != nil {
			return fmt.Errorf("mark outbox row: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return fmt.Errorf("mark outbox row: %w", err)
		}
		ok = n == 1
		return nil
	})
	return ok && err == nil, err
}

// RecordOutbox stores what a try came to. What a person or a recall made of the
// row meanwhile holds, unless the server has it: that is then a fact.
func (s *Store) RecordOutbox(ctx context.Context, seq int64, r OutboxResult) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var state OutboxState
		var recalled bool
		var attempts, nextMs, atMs int64
		var note string
		err := tx.QueryRowContext(ctx, "SELECT state, recalled, attempts, next_ms, note, answered_ms FROM outbox WHERE seq = ?", seq).
			Scan(&state, &recalled, &attempts, &nextMs, &note, &atMs)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record outbox: no row %d", seq)
		}
		if err != nil {
			return fmt.Errorf("record outbox: %w", err)
		}
		to := r.after(state, recalled)
		if state == OutboxDone {
			return nil
		}
		if r.Counted {
			attempts++
		}
		if to == state && state != OutboxPending && state != OutboxParked {
			// Ended by somebody else: why and when is theirs.
			r.Note, r.NextMs, r.AtMs = note, nextMs, atMs
		}
		_, err = tx.ExecContext(ctx, "UPDATE outbox SET state = ?, attempts = ?, next_ms = ?, unknown = ?, note = ?, answered_ms = ? WHERE seq = ?",
			string(to), attempts, r.NextMs, r.Unknown && to != OutboxDone, r.Note, r.AtMs, seq)
		if err != nil {
			return fmt.Errorf("record outbox: %w", err)
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
