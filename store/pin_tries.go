package store

import (
	"context"
	"database/sql"
	"fmt"
)

// PINTries is how often a person's PIN was wrong since it was last right.
type PINTries struct {
	Person string
	Failed int
	NextMs int64 // none is checked before this time, ms UTC; 0 = at once
}

// PINTries is everybody whose last PIN was wrong. A right one leaves no row.
func (s *Store) PINTries(ctx context.Context) ([]PINTries, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT person, failed, next_ms FROM pin_tries ORDER BY person")
	if err != nil {
		return nil, fmt.Errorf("read wrong PINs: %w", err)
	}
	defer rows.Close()
	var out []PINTries
	for rows.Next() {
		var t PINTries
		if err := rows.Scan(&t.Person, &t.Failed, &t.NextMs); err != nil {
			return nil, fmt.Errorf("read wrong PINs: %w", err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// SavePINTries remembers a person's tries, durably before it returns; none
// failed = the row goes.
func (s *Store) SavePINTries(ctx context.Context, t PINTries) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		query, args := "DELETE FROM pin_tries WHERE person = ?", []any{t.Person}
		if t.Failed > 0 {
			query, args = `INSERT INTO pin_tries (person, failed, next_ms) VALUES (?1, ?2, ?3)
				ON CONFLICT (person) DO UPDATE SET failed = ?2, next_ms = ?3`, []any{t.Person, t.Failed, t.NextMs}
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("save wrong PINs: %w", err)
		}
		return nil
	})
}

// ReplacePIN puts a new PHC string in the place of an old one, unless somebody
// has set another PIN meanwhile.
func (s *Store) ReplacePIN(ctx context.Context, person, old, phc string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE people SET pin = ? WHERE id = ? AND pin = ?", phc, person, old); err != nil {
			return fmt.Errorf("save PIN: %w", err)
		}
		return nil
	})
}
