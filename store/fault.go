package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
)

// Fault is something wrong with the data directory that a person can do
// something about. Key names the sentence (a text of assets/text) and Args
// fill it; Err is for the log and for errors.Is.
type Fault struct {
	Key  string
	Args map[string]string
	Err  error
}

// Error is the technical form; people read the text of Key.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap leads to the sentinel and to the cause.
func (f *Fault) Unwrap() error { return f.Err }

// What a Fault may be, for errors.Is.
var (
	// ErrNewer: the database was written by a newer program.
	ErrNewer = errors.New("database is newer than this program")
	// ErrDamaged: the database cannot be read as it was written.
	ErrDamaged = errors.New("database is damaged")
	// ErrForeign: the file is a database, but none of this program.
	ErrForeign = errors.New("database is not one of this program")
	// ErrMissing: the directory held data, and its database is gone.
	ErrMissing = errors.New("database is missing")
	// ErrReadOnly: the directory or a file in it can't be written.
	ErrReadOnly = errors.New("data directory can't be written")
	// ErrNotFile: something that is no file, or no directory, is in the place of one.
	ErrNotFile = errors.New("file and directory mixed up")
	// ErrDiskFull: there is no room left. What was acknowledged is safe and can be read.
	ErrDiskFull = errors.New("disk is full")
	// ErrDisk: the disk fails to read or write.
	ErrDisk = errors.New("disk error")
	// ErrMigration: the database could not be brought to the new version; it is
	// whole, as it was.
	ErrMigration = errors.New("database was not migrated")
	// ErrInterrupted: a restore was ended in the middle and must be done again.
	ErrInterrupted = errors.New("restore was interrupted")
	// ErrNotEmpty: a restore goes into an empty directory only.
	ErrNotEmpty = errors.New("data directory is not empty")
	// ErrTopFolder: the data directory is the top folder of a disk, whose name
	// can't be given to another.
	ErrTopFolder = errors.New("data directory is the top folder of a disk")
	// ErrBackup: the file is no backup, or not all of one.
	ErrBackup = errors.New("backup can't be used")
)

// fault makes a Fault of a sentinel and what brought it about (may be nil).
func fault(key string, is, cause error, args ...string) *Fault {
	f := &Fault{Key: key, Err: is, Args: map[string]string{}}
	if cause != nil && !errors.Is(cause, is) {
		f.Err = fmt.Errorf("%w: %w", is, cause)
	} else if cause != nil {
		f.Err = cause
	}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// SQLite's primary result codes, the low byte of what the driver reports.
const (
	sqliteBusy     = 5
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// sqliteCode is the primary result code of an error, 0 if SQLite gave none.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// tooFull is the free space in bytes under which a failed write is put down to
// the full disk, although SQLite only speaks of an error: it can't always tell.
const tooFull = 1 << 20

// isFull tells whether an error of a write in dir comes from a full disk.
func isFull(err error, dir string) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota) {
		return true
	}
	switch sqliteCode(err) {
	case sqliteFull:
		return true
	case sqliteIOErr, sqliteCantOpen:
		free, ferr := freeBytes(dir)
		return ferr == nil && free < tooFull
	}
	return false
}

// classify makes a Fault of an error where a person can do something about it;
// others, and faults, stay as they are. file is the one at hand, dir where it lies.
func classify(err error, dir, file string) error {
	var known *Fault
	if err == nil || errors.As(err, &known) {
		return err
	}
	if isFull(err, dir) {
		return fault("fault.disk_full", ErrDiskFull, err)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fault("fault.db_read_only", ErrReadOnly, err, "dir", dir)
	}
	switch sqliteCode(err) {
	case sqliteReadOnly, sqliteCantOpen:
		return fault("fault.db_read_only", ErrReadOnly, err, "dir", dir)
	case sqliteCorrupt, sqliteNotADB:
		return fault("fault.db_damaged", ErrDamaged, err, "file", file)
	case sqliteIOErr:
		return fault("fault.disk_error", ErrDisk, err, "dir", dir)
	}
	return err
}
