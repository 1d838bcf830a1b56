package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// vacuumInto copies a database as it is at one moment, beside whoever writes to
// it, without what was deleted, and makes the copy durable.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	if err := touch(to); err != nil {
		return err
	}
	db, err := openRO(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), err)
	}
	return syncPath(to)
}
