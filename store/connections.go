package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Connection is what is remembered of a connection over a restart. Its cursor is
// kept apart ([Store.Cursor]): that one changes with each page.
type Connection struct {
	Name    string
	Live    bool  // it answers by itself; false: it speaks by files only
	KnownMs int64 // everything it said is known as of this time, ms UTC; 0 = nothing yet
	QuietMs int64 // it asked to be left alone until then, ms UTC; 0 = it did not
	SkewMs  int64 // its clock minus ours, ms, by the Date of its answers
}

const connectionColumns = "SELECT name, live, known_ms, quiet_ms, skew_ms FROM connections"

// LoadConnection is what is remembered of one connection; of one that was never
// heard, nothing but its name.
func (s *Store) LoadConnection(ctx context.Context, name string) (Connection, error) {
	c := Connection{Name: name, Live: true}
	err := s.read.QueryRowContext(ctx, connectionColumns+" WHERE name = ?", name).Scan(&c.Name, &c.Live, &c.KnownMs, &c.QuietMs, &c.SkewMs)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Connection{}, fmt.Errorf("read connection: %w", err)
	}
	return c, nil
}

// Connections is every connection that was ever heard, by name.
func (s *Store) Connections(ctx context.Context) ([]Connection, error) {
	rows, err := s.read.QueryContext(ctx, connectionColumns+" ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read connections: %w", err)
	}
	defer rows.Close()
	var out []Connection
	for rows.Next() {
		var c Connection
		if err := rows.Scan(&c.Name, &c.Live, &c.KnownMs, &c.QuietMs, &c.SkewMs); err != nil {
			return nil, fmt.Errorf("read connections: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// SetKnown remembers that everything the connection said is known as of knownMs,
// and whether it speaks by itself or by files. An import of an order file calls
// it too, with the file's time.
func (s *Store) SetKnown(ctx context.Context, name string, live bool, knownMs int64) error {
	return s.setConnection(ctx, `INSERT INTO connections (name, live, known_ms) VALUES (?1, ?2, ?3)
		ON CONFLICT (name) DO UPDATE SET live = ?2, known_ms = ?3 WHERE live <> ?2 OR known_ms <> ?3`, name, live, knownMs)
}

// SetQuiet remembers until when the connection asked to be left alone; 0 = not
// any more.
func (s *Store) SetQuiet(ctx context.Context, name string, quietMs int64) error {
	return s.setConnection(ctx, `INSERT INTO connections (name, quiet_ms) VALUES (?1, ?2)
		ON CONFLICT (name) DO UPDATE SET quiet_ms = ?2 WHERE quiet_ms <> ?2`, name, quietMs)
}

// SetSkew remembers by how much the connection's clock is ahead of ours, ms.
func (s *Store) SetSkew(ctx context.Context, name string, skewMs int64) error {
	return s.setConnection(ctx, `INSERT INTO connections (name, skew_ms) VALUES (?1, ?2)
		ON CONFLICT (name) DO UPDATE SET skew_ms = ?2 WHERE skew_ms <> ?2`, name, skewMs)
}

// setConnection changes one row. Where nothing differs, SQLite writes nothing
// and nothing has to reach the disk.
func (s *Store) setConnection(ctx context.Context, query string, args ...any) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("save connection: %w", err)
		}
		return nil
	})
}
