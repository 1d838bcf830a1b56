package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

// projectionVersion counts the changes of the rules after which old events come
// to other rows than before (a new field of packing.Parcel, say). Raise it then:
// each database makes its projections anew from the journal when it is opened.
// Otherwise the audit would take the old rows for changed ones; a test opens
// the stored databases of old releases and sees that.
const projectionVersion = 1

// applicationID marks a database as ours ("PB") and says by which version of
// the rules its projections were made. Databases before it have 0.
const applicationID = 0x5042_0000 + projectionVersion

// reproject makes the projections anew if other rules made them. A journal that
// is broken can't be replayed: then all stays as it is, and the check says why.
func (s *Store) reproject(ctx context.Context) error {
	var id int
	if err := s.write.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("read projection version: %w", err)
	}
	if id == applicationID {
		return nil
	}
	again, _, err := rebuild(ctx, s.write, nil)
	var broken *ChainError
	if errors.As(err, &broken) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make projections anew: %w", err)
	}
	defer again.remove()
	if err := s.takeOver(ctx, filepath.Join(again.dir, databaseName)); err != nil {
		return fmt.Errorf("make projections anew: %w", err)
	}
	return nil
}

// takeOver copies the projections of another database, all in one transaction.
// How far the outbox came is not the journal's, so it stays.
func (s *Store) takeOver(ctx context.Context, from string) (err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "ATTACH DATABASE ? AS again", from); err != nil {
		return err
	}
	defer func() {
		_, derr := conn.ExecContext(ctx, "DETACH DATABASE again")
		err = errors.Join(err, derr)
	}()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, table := range []string{"parcels", "codes", "lines", "benches", "settings"} {
		for _, q := range []string{"DELETE FROM main." + table, "INSERT INTO main." + table + " SELECT * FROM again." + table} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return errors.Join(fmt.Errorf("%s: %w", table, err), ignoreDone(tx.Rollback()))
			}
		}
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA application_id = "+strconv.Itoa(applicationID)); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}
