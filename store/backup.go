package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BackupSuffix is how backup files are called.
const BackupSuffix = ".packbench-backup"

// BackupInfo says what a backup holds. It is the file's own manifest.json.
type BackupInfo struct {
	Format  int          `json:"format"` // of the file; 1
	Schema  int          `json:"schema"` // of the database
	Station string       `json:"station,omitempty"`
	MadeMs  int64        `json:"made_ms"` // ms UTC
	Events  int64        `json:"events"`
	Head    string       `json:"head"` // hash of the newest event, hex
	Parcels int64        `json:"parcels"`
	Files   []BackupPart `json:"files"`
}

// BackupPart is one file in a backup.
type BackupPart struct {
	Name   string `json:"name"` // relative, with /
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Backup writes everything that a new machine needs into one file: both
// databases, as they are at this moment beside a running bench, printer
// profiles and pictures of goods. Secrets are never in it. The copies are
// checked, and their hash chain followed, before the file gets its name; any
// file of that name is replaced only then.
func (s *Store) Backup(ctx context.Context, file string, now time.Time) (BackupInfo, error) {
	work, err := s.workDir(file)
	if err != nil {
		return BackupInfo{}, classify(fmt.Errorf("begin backup: %w", err), filepath.Dir(file), file)
	}
	defer os.RemoveAll(work) // copies; a failure leaves a hidden folder that the next one clears
	info := BackupInfo{Format: backupFormat, Schema: schemaVersion, Station: s.Station, MadeMs: now.UnixMilli()}
	// The labels come last: an event names only labels that were stored before.
	for _, name := range []string{databaseName, labelsName} {
		if err := s.copyChecked(ctx, filepath.Join(work, name), &info); err != nil {
			return info, err
		}
	}
	parts, err := s.backupParts(work)
	if err != nil {
		return info, err
	}
	unready := file + ".unready"
	if err := writeBackup(ctx, unready, parts, &info, nil); err != nil {
		return info, errors.Join(classify(fmt.Errorf("write backup: %w", err), filepath.Dir(file), file), removeIfThere(unready))
	}
	if err := moveInto(unready, file); err != nil {
		return info, classify(err, filepath.Dir(file), file)
	}
	return info, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	return nil
}

// workDir makes a hidden folder for the copies: in the data directory if there
// is room to spare, because a copy must not take the bench's last, else beside
// the backup.
func (s *Store) workDir(file string) (string, error) {
	var need int64
	for _, name := range []string{databaseName, databaseName + "-wal", labelsName, labelsName + "-wal"} {
		if info, err := os.Stat(filepath.Join(s.Dir, name)); err == nil {
			need += info.Size()
		}
	}
	here, there := filepath.Join(s.Dir, backupsName), filepath.Dir(file)
	if err := os.MkdirAll(here, 0o700); err == nil {
		clearWork(here)
		if free, err := freeBytes(here); err == nil && free > 2*need+lowDisk/4 {
			if dir, err := os.MkdirTemp(here, workPrefix); err == nil {
				return dir, nil
			}
		}
	}
	free, err := freeBytes(there)
	if err != nil {
		return "", err
	}
	if free < 2*need+tooFull {
		return "", fault("fault.backup_no_room", ErrDiskFull, fmt.Errorf("%d bytes are free, %d are needed", free, 2*need+tooFull), "file", file)
	}
	return os.MkdirTemp(there, workPrefix)
}

const workPrefix = ".copy-"

// clearWork removes the copies of a backup that was killed: those that nobody
// has touched for a day.
func clearWork(dir string) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return // it is only tidying
	}
	for _, e := range all {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), workPrefix) && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // again next time
		}
	}
}

// copyChecked copies a database and looks through the copy; of the journal it
// follows the chain, so that no good backup is ever rotated out by a bad one.
func (s *Store) copyChecked(ctx context.Context, to string, info *BackupInfo) (err error) {
	name := filepath.Base(to)
	if err := vacuumInto(ctx, filepath.Join(s.Dir, name), to); err != nil {
		return classify(err, filepath.Dir(to), name)
	}
	db, err := openRO(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := quickCheck(ctx, db, s.Dir, name); err != nil {
		return err
	}
	if name != databaseName {
		return nil
	}
	if info.Schema, err = version(ctx, db, name); err != nil {
		return err
	}
	chain, err := followChain(ctx, db, nil)
	if err != nil {
		return chainFault(classify(err, s.Dir, name))
	}
	info.Events, info.Head = chain.Events, hex.EncodeToString(chain.Head)
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM parcels").Scan(&info.Parcels); err != nil {
		return fmt.Errorf("count parcels: %w", err)
	}
	return nil
}

// part is a file on its way into a backup.
type part struct{ name, path string }

// backupParts lists what goes into a backup: the copies, and the small files
// that people put into the data directory.
func (s *Store) backupParts(work string) ([]part, error) {
	parts := []part{{databaseName, filepath.Join(work, databaseName)}, {labelsName, filepath.Join(work, labelsName)}}
	for _, folder := range []string{profilesName, picturesName} {
		root := filepath.Join(s.Dir, folder)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == root {
				return fs.SkipAll
			}
			if err != nil {
				return err
			}
			if !d.Type().IsRegular() {
				return nil // a link may lead anywhere
			}
			name, err := filepath.Rel(s.Dir, path)
			if err != nil {
				return err
			}
			parts = append(parts, part{filepath.ToSlash(name), path})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", folder, err)
		}
	}
	return parts, nil
}

// The automatic backups.
const (
	backupEvery  = 20 * time.Hour // a bench that starts at eight makes one a day
	backupsKept  = 7
	backupPrefix = "packbench-"
	backupTime   = "20060102T150405Z"
)

// BackupDaily makes an automatic backup in the data directory if the newest is
// older than 20 hours, and then removes old ones (Rotate). It answers the new
// file's path, "" if none was due.
func (s *Store) BackupDaily(ctx context.Context, now time.Time) (string, error) {
	dir := filepath.Join(s.Dir, backupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", classify(fmt.Errorf("make backups: %w", err), s.Dir, dir)
	}
	all, err := s.automatic(now)
	if err != nil {
		return "", err
	}
	if len(all) > 0 && !all[0].future && now.Sub(all[0].made) < backupEvery {
		return "", nil
	}
	file := filepath.Join(dir, backupPrefix+now.UTC().Format(backupTime)+BackupSuffix)
	if _, err := s.Backup(ctx, file, now); err != nil {
		return "", err
	}
	return file, s.Rotate(now)
}

// LastBackup is when the newest automatic backup was made; the zero time if
// there is none.
func (s *Store) LastBackup(now time.Time) (time.Time, error) {
	all, err := s.automatic(now)
	if err != nil || len(all) == 0 || all[0].future {
		return time.Time{}, err
	}
	return all[0].made, nil
}

// oldBackup is a file in the backups folder.
type oldBackup struct {
	path   string
	made   time.Time
	future bool // by its name it was made later than now: the clock was wrong then
}

// automatic lists the automatic backups, newest first; those from the future
// come last, since their time says nothing.
func (s *Store) automatic(now time.Time) ([]oldBackup, error) {
	all, err := os.ReadDir(filepath.Join(s.Dir, backupsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var out []oldBackup
	for _, e := range all {
		name, ok := strings.CutSuffix(e.Name(), BackupSuffix)
		if !ok {
			continue
		}
		made, err := time.Parse(backupTime, strings.TrimPrefix(name, backupPrefix))
		if err != nil {
			continue // somebody's own
		}
		out = append(out, oldBackup{path: filepath.Join(s.Dir, backupsName, e.Name()), made: made, future: made.After(now.Add(time.Minute))})
	}
	slices.SortFunc(out, func(a, b oldBackup) int {
		if a.future != b.future {
			if a.future {
				return 1
			}
			return -1
		}
		return b.made.Compare(a.made)
	})
	return out, nil
}

// Rotate removes automatic backups: all but the seven newest, and whatever is
// older than 52 days (what is erased after 45 days has a week to leave the
// backups too), also a copy from before a migration. The newest is never
// removed. Backups that a person made elsewhere are that person's.
func (s *Store) Rotate(now time.Time) error {
	all, err := s.automatic(now)
	if err != nil {
		return err
	}
	oldest := now.Add(-eraseAfter - rotateAfter)
	for i, b := range all {
		if i == 0 || i < backupsKept && !b.made.Before(oldest) {
			continue
		}
		if err := os.Remove(b.path); err != nil {
			return fmt.Errorf("rotate backups: %w", err)
		}
	}
	if len(all) == 0 {
		return nil
	}
	copies, err := filepath.Glob(filepath.Join(s.Dir, backupsName, "before-schema-*.db"))
	if err != nil {
		return fmt.Errorf("rotate backups: %w", err)
	}
	for _, path := range copies {
		if info, err := os.Stat(path); err == nil && info.ModTime().Before(oldest) {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("rotate backups: %w", err)
			}
		}
	}
	return nil
}
