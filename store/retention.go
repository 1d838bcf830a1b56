package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"time"
)

// How long what people must not keep is kept. The journal holds none of it.
const (
	// eraseAfter is how long personal data is kept once a parcel is known: 15
	// days to be delivered, and 30 days after that.
	eraseAfter = 45 * 24 * time.Hour
	// rotateAfter is how long a purge may take to reach the backups: seven daily
	// ones are kept.
	rotateAfter = 7 * 24 * time.Hour
)

// EraseOld removes label files and personal data whose time has come, so that
// no byte of them is left in either database or beside it: SQLite overwrites
// what it deletes (secure_delete), and the write-ahead log, which still holds
// the old pages, is cut to nothing. Backups follow by Rotate. The clock decides
// only as far as the journal bears it out (Believed). What backups, restores and
// audits that were killed left behind goes too.
func (s *Store) EraseOld(ctx context.Context, nowMs int64) error {
	now, err := s.Believed(ctx, time.UnixMilli(nowMs))
	if err != nil {
		return err
	}
	if err := s.eraseRows(ctx, now.UnixMilli()); err != nil {
		return err
	}
	for _, file := range []string{databaseName, labelsName} {
		if err := cutLog(ctx, filepath.Join(s.Dir, file)); err != nil {
			return err
		}
	}
	return s.clearLeftovers()
}

func (s *Store) eraseRows(ctx context.Context, nowMs int64) error {
	err := s.Background(ctx, func(c *Chunk) (bool, error) {
		for c.Room() {
			res, err := c.ExecContext(ctx, "DELETE FROM personal WHERE rowid IN (SELECT rowid FROM personal WHERE erase_ms < ? LIMIT 20)", nowMs)
			if err != nil {
				return false, fmt.Errorf("erase personal data: %w", err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return true, err
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if err := s.eraseLabels(ctx, nowMs); err != nil {
		return err
	}
	return s.shrinkLabels(ctx)
}

// eraseLabels removes label files and their pages, a few at a time: a label
// that is to be printed waits for the same connection. What is to go is looked
// for through another.
func (s *Store) eraseLabels(ctx context.Context, nowMs int64) (err error) {
	look, err := openRO(filepath.Join(s.Dir, labelsName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	for _, q := range []string{
		"SELECT hash FROM files WHERE erase_ms < ?",
		"SELECT DISTINCT hash FROM pages WHERE hash NOT IN (SELECT hash FROM files) AND ?1 IS NOT NULL", // of files that are gone
	} {
		hashes, err := texts(ctx, look, q, nowMs)
		if err != nil {
			return fmt.Errorf("find old labels: %w", err)
		}
		for some := range slices.Chunk(hashes, 20) {
			if err := s.eraseSome(ctx, some); err != nil {
				return fmt.Errorf("erase labels: %w", s.writeFault(err))
			}
		}
	}
	return nil
}

func (s *Store) eraseSome(ctx context.Context, hashes []string) error {
	tx, err := s.labels.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		for _, q := range []string{"DELETE FROM pages WHERE hash = ?", "DELETE FROM files WHERE hash = ?"} {
			if _, err := tx.ExecContext(ctx, q, hash); err != nil {
				return errors.Join(err, ignoreDone(tx.Rollback()))
			}
		}
	}
	return tx.Commit()
}

// texts is one column of text.
func texts(ctx context.Context, db querier, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// shrinkLabels gives the room of erased labels back to the disk, a little at a
// time, down to an eighth that the next labels take.
func (s *Store) shrinkLabels(ctx context.Context) error {
	for {
		var free, pages int
		if err := s.labels.QueryRowContext(ctx, "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count").Scan(&free, &pages); err != nil {
			return fmt.Errorf("shrink labels: %w", err)
		}
		if free < 256 || free < pages/8 {
			return nil
		}
		if _, err := s.labels.ExecContext(ctx, "PRAGMA incremental_vacuum(256)"); err != nil {
			return fmt.Errorf("shrink labels: %w", s.writeFault(err))
		}
		var now int
		if err := s.labels.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&now); err != nil {
			return fmt.Errorf("shrink labels: %w", err)
		}
		if now >= free {
			return nil // made by an old version, without auto_vacuum
		}
	}
}

// ErrLogBusy: somebody reads, so the write-ahead log could not be cut; what was
// erased may still be in it. The next EraseOld cuts it.
var ErrLogBusy = errors.New("write-ahead log is in use")

// cutTries is how often, every 50 ms, the log's cut is tried: a second in all.
const cutTries = 20

// cutLog writes the write-ahead log back into its database and cuts it to
// nothing, through a handle of its own: most of it beside the bench, only the
// end in its way. It never waits inside SQLite: a scan would wait with it.
func cutLog(ctx context.Context, path string) (err error) {
	q := url.Values{"mode": {"rw"}, "_busy_timeout": {"0"}, "_synchronous": {"FULL"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return fmt.Errorf("cut log: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for try := 0; ; try++ {
		var busy, frames, done int
		for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
			err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &done)
			if sqliteCode(err) == sqliteBusy {
				err, busy = nil, 1
			}
			if err != nil {
				return classify(fmt.Errorf("cut log: %w", err), filepath.Dir(path), filepath.Base(path))
			}
		}
		if busy == 0 {
			return nil
		}
		if try == cutTries {
			return fmt.Errorf("cut log of %s: %w", filepath.Base(path), ErrLogBusy)
		}
		select { // a reader's moment
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
