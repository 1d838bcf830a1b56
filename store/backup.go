package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	// Renamed are files whose own names not every system can hold.
	Renamed []RenamedPart `json:"renamed,omitempty"`
	// LeftOut are files that are not in it: links, what may not be read, and
	// what was gone when its turn came.
	LeftOut []string `json:"left_out,omitempty"`
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
// file of that name is replaced only then. Whatever it writes, Restore takes.
func (s *Store) Backup(ctx context.Context, file string, now time.Time) (BackupInfo, error) {
	info := BackupInfo{Format: backupFormat, Schema: schemaVersion, Station: s.Station, MadeMs: now.UnixMilli()}
	small, size, err := s.smallParts(&info)
	if err != nil {
		return info, err
	}
	work, err := s.workDir(file, size)
	if err != nil {
		return info, classify(fmt.Errorf("begin backup: %w", err), filepath.Dir(file), file)
	}
	defer os.RemoveAll(work) // copies; a failure leaves a hidden folder that is cleared in time
	// The labels come last: an event names only labels that were stored before.
	var parts []part
	for _, name := range []string{databaseName, labelsName} {
		parts = append(parts, part{name: name, path: filepath.Join(work, name)})
		if err := s.copyChecked(ctx, filepath.Join(work, name), &info); err != nil {
			return info, err
		}
	}
	unready := filepath.Join(filepath.Dir(file), unreadyPrefix+strings.TrimPrefix(filepath.Base(work), workPrefix))
	err = writeBackup(ctx, unready, append(parts, small...), &info, nil)
	if err == nil {
		err = moveInto(unready, file)
	}
	if err != nil {
		return info, errors.Join(classify(fmt.Errorf("write backup: %w", err), filepath.Dir(file), file), removeIfThere(unready))
	}
	return info, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	return nil
}

// spareRoom is what a backup leaves free on the bench's own disk, in bytes: it
// must never take the room that packing needs.
const spareRoom = lowDisk / 4

// workDir makes a hidden folder for the copies: in the data directory if there
// is room to spare, else beside the backup, if that is another disk. small is
// the size of what is not copied first.
func (s *Store) workDir(file string, small int64) (string, error) {
	var copies int64
	for _, name := range []string{databaseName, databaseName + "-wal", labelsName, labelsName + "-wal"} {
		if info, err := os.Stat(filepath.Join(s.Dir, name)); err == nil {
			copies += info.Size()
		}
	}
	here, there := filepath.Join(s.Dir, backupsName), filepath.Dir(file)
	for _, dir := range []string{here, there} {
		_ = clearCopies(dir) // tidying; EraseOld speaks of what can't be
	}
	archive := copies + small
	same := sameDisk(s.Dir, there)
	need := copies + spareRoom
	if same {
		need += archive
	}
	free, err := freeBytes(s.Dir)
	if err == nil && free > need {
		if err := os.MkdirAll(here, 0o700); err == nil {
			if dir, err := os.MkdirTemp(here, workPrefix); err == nil {
				return dir, nil
			}
		}
	}
	if same && err == nil && free <= need {
		return "", noRoom(file, free, need)
	}
	if !same {
		need = copies + archive + tooFull
		if free, err = freeBytes(there); err == nil && free < need {
			return "", noRoom(file, free, need)
		}
	}
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(there, workPrefix)
}

func noRoom(file string, free, need int64) error {
	return fault("fault.backup_no_room", ErrDiskFull, fmt.Errorf("%d bytes are free, %d are needed", free, need), "file", file)
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

// part is a file on its way into a backup. A small one is a person's: where it
// can't be read any more, the backup is made without it.
type part struct {
	name, path string
	small      bool
}
