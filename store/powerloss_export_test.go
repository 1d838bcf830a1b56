package store

import (
	"context"
	"database/sql"
)

// Tune runs a PRAGMA on both writing connections.
func (s *Store) Tune(pragma string) error {
	for _, db := range []*sql.DB{s.write, s.labels} {
		if _, err := db.ExecContext(context.Background(), "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	return nil
}
