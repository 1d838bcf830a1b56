package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"packbench/packing"
)

// CrashMigration makes f run in the middle of each migration.
func CrashMigration(f func(version int) error) (undo func()) {
	old := midMigration
	midMigration = f
	return func() { midMigration = old }
}

// CrashRestore makes f run between the steps of a restore.
func CrashRestore(f func(step string)) (undo func()) {
	old := midRestore
	midRestore = f
	return func() { midRestore = old }
}

// LimitPages makes both databases full at so many pages more than they have,
// with the code that SQLite gives for a full disk; less than 0 ends it.
func (s *Store) LimitPages(more int) error {
	for _, db := range []*sql.DB{s.write, s.labels} {

		var pages, now int
		if err := db.QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&pages); err != nil {
			return err
		}
		limit := pages + more
		if more < 0 {
			limit = 1 << 30
		}
		if err := db.QueryRowContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", limit)).Scan(&now); err != nil {
			return err
		}
	}
	return nil
}

// EraseRows is EraseOld without cutting the write-ahead log.
func (s *Store) EraseRows(ctx context.Context, nowMs int64) error { return s.eraseRows(ctx, nowMs) }

// NewULID is newULID.
func (s *Store) NewULID(ms int64) (string, error) { return s.newULID(ms) }

// Chunks is how many background transactions there were.
func (s *Store) Chunks() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return s.writer.chunks
}

// CommitsWaiting is how many commits wait for the lane.
func (s *Store) CommitsWaiting() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return s.writer.commits
}

// ForgeBackup makes a backup whose seal is right and whose manifest is not.
func ForgeBackup(ctx context.Context, dir, file string, forge func(*BackupInfo)) error {
	info := BackupInfo{Format: backupFormat, Schema: schemaVersion}
	for _, name := range []string{databaseName, labelsName} {
		db, err := openRO(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if name == databaseName {
			chain, err := followChain(ctx, db, nil)
			if err != nil {
				return err
			}
			info.Events, info.Head = chain.Events, hex.EncodeToString(chain.Head)
		}
		if err := db.Close(); err != nil {
			return err
		}
	}
	parts := []part{{name: databaseName, path: filepath.Join(dir, databaseName)}, {name: labelsName, path: filepath.Join(dir, labelsName)}}
	return writeBackup(ctx, file, parts, &info, forge)
}

// Replayable writes an event as the journal does and reads it again.
func Replayable(ev packing.Event) error {
	payload, err := packing.EncodePayload(ev)
	if err != nil {
		return err
	}
	e := Entry{Kind: ev.Body.Kind(), V: packing.Version(ev.Body), Payload: payload}
	_, err = e.Event()
	return err
}
