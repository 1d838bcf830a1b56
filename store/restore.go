package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"time"
)

// Restored says what a restore did.
type Restored struct {
	BackupInfo
	// Aside is where the directory that was replaced lies now; "" if none was.
	Aside string `json:"aside,omitempty"`
	// Older are the directories that earlier restores put aside and that are
	// still there: they hold people's data too.
	Older []string `json:"older,omitempty"`
}

// restoringDir is where a restore gets ready, beside the data directory.
func restoringDir(dir string) string { return dir + ".restoring" }

// midRestore is called between the steps of a restore; tests crash there.
var midRestore = func(step string) {}

// Restore makes the data directory dir from a backup. Everything is unpacked
// beside it, checked (each byte, SQLite's own check, the hash chain, the
// version) and made durable first; only then it takes the name, in one step. A
// directory that holds anything is refused, or, with replace, moved aside
// and never deleted. A bench that runs on it refuses too (LockedError). Outbox
// rows that were not told when the backup was made may have been told since: they
// are marked so that they are read back before they are sent. Where the name
// can't be taken (the top folder of a disk), nothing is touched.
func Restore(ctx context.Context, file, dir string, replace bool, now time.Time) (out Restored, err error) {
	if dir, err = realDir(dir); err != nil {
		return out, err
	}
	f, z, info, err := openBackup(ctx, file)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out.BackupInfo = info
	if filepath.Dir(dir) == dir { // there is no beside
		return out, fault("fault.restore_top", ErrTopFolder, nil, "dir", dir)
	}
	used, err := inUse(dir)
	if err != nil {
		return out, err
	}
	if used && !replace {
		return out, fault("fault.restore_not_empty", ErrNotEmpty, nil, "dir", dir)
	}
	locks, err := lockExisting(dir)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, locks.close()) }()
	ready := restoringDir(dir)
	if err := unpack(ctx, z, info, ready, file); err != nil {
		return out, errors.Join(classify(err, filepath.Dir(dir), file), clearReady(ready))
	}
	midRestore("ready")
	lock, err := lockDir(ready)
	if err != nil {
		return out, errors.Join(err, clearReady(ready))
	}
	locks.add(lock)
	if err := syncPath(ready); err != nil {
		return out, errors.Join(err, clearReady(ready))
	}
	if used {
		out.Aside = aside(dir, now)
	}
	if err := swap(ready, dir, out.Aside, locks); err != nil {
		return out, err
	}
	if out.Older, err = putAside(dir, out.Aside); err != nil {
		return out, err
	}
	return out, removeIfThere(filepath.Join(dir, unpackedName))
}

// realDir is the directory itself, where its name is a link.
func realDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find data directory: %w", err)
	}
	if there, err := filepath.EvalSymlinks(dir); err == nil {
		return there, nil
	}
	return dir, nil
}

// inUse tells whether a directory holds anything but a lock.
func inUse(dir string) (bool, error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, classify(fmt.Errorf("read data directory: %w", err), dir, dir)
	}
	for _, e := range all {
		if e.Name() != lockName {
			return true, nil
		}
	}
	return false, nil
}

// locked is the locks that are held while directories change names.
type locked []*os.File

func lockExisting(dir string) (*locked, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return &locked{}, nil
	}
	f, err := lockDir(dir)
	if err != nil {
		return nil, classify(err, dir, dir)
	}
	return &locked{f}, nil
}

func (l *locked) add(f *os.File) { *l = append(*l, f) }

// close frees them all.
func (l *locked) close() error {
	var errs []error
	for _, f := range *l {
		errs = append(errs, f.Close())
	}
	*l = nil
	return errors.Join(errs...)
}

// forRename frees the locks where a directory with an open file can't be renamed.
func (l *locked) forRename() error {
	if runtime.GOOS == "windows" {
		return l.close()
	}
	return nil
}

// unpack writes a backup's files into a new directory and checks them.
func unpack(ctx context.Context, z *zip.Reader, info BackupInfo, ready, file string) (err error) {
	if err := clearReady(ready); err != nil {
		return err
	}
	var size int64
	for _, p := range info.Files {
		size += p.Size
	}
	if err := os.MkdirAll(ready, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if free, err := freeBytes(ready); err == nil && free < size+tooFull {
		return fault("fault.restore_no_room", ErrDiskFull, fmt.Errorf("%d bytes are free, %d are needed", free, size), "dir", ready)
	}
	if err := os.WriteFile(filepath.Join(ready, unpackedName), nil, 0o600); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	root, err := os.OpenRoot(ready)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, p := range info.Files {
		if err := unpackPart(ctx, z, root, p, file); err != nil {
			return err
		}
		midRestore(p.Name)
	}
	if err := checkRestored(ctx, ready, info, file); err != nil {
		return err
	}
	return doubtOutbox(ctx, filepath.Join(ready, databaseName))
}

// doubtOutbox marks what waits to be told as in doubt: since the backup was made
// it may have been told, and telling twice is worse than asking. So does what
// was withdrawn then: it may have been reinstated, and told.
func doubtOutbox(ctx context.Context, path string) (err error) {
	q := url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}, "_synchronous": {"FULL"}, "_dqs": {"0"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return fmt.Errorf("mark outbox: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "UPDATE outbox SET unknown = 1, next_ms = 0 WHERE state IN ('pending', 'parked', 'withdrawn')"); err != nil {
		return fmt.Errorf("mark outbox: %w", err)
	}
	return nil
}

// unpackedName marks a directory that a restore made, until Open takes it. What
// has no mark is somebody's data: a crash may leave it under the name of a
// directory that gets ready, and it is never deleted.
const unpackedName = ".unpacked"

// clearReady takes what a restore that was interrupted left out of the way.
func clearReady(ready string) error {
	if _, err := os.Stat(ready); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	used, err := inUse(ready)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(ready, unpackedName)); used && errors.Is(err, fs.ErrNotExist) {
		return moveInto(ready, aside(ready, time.Now()))
	}
	if err := os.RemoveAll(ready); err != nil {
		return fmt.Errorf("clear leftovers: %w", err)
	}
	return nil
}

func unpackPart(ctx context.Context, z *zip.Reader, root *os.Root, p BackupPart, file string) (err error) {
	in, err := z.Open(p.Name)
	if err != nil {
		return damagedBackup(file, err)
	}
	defer in.Close()
	if folder := path.Dir(p.Name); folder != "." {
		if err := root.MkdirAll(filepath.FromSlash(folder), 0o700); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	out, err := root.OpenFile(filepath.FromSlash(p.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", p.Name, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	sum := sha256.New()
	// One byte more than there may be shows that there is more.
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(untilDone{ctx, in}, p.Size+1))
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) {
		return damagedBackup(file, err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", p.Name, err)
	}
	if n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		return damagedBackup(file, fmt.Errorf("%s is not what the manifest says", p.Name))
	}
	if err := out.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", p.Name, err)
	}
	return nil
}

// checkRestored looks at the databases before anybody relies on them.
func checkRestored(ctx context.Context, ready string, info BackupInfo, file string) (err error) {
	for _, name := range []string{databaseName, labelsName} {
		db, err := openRO(filepath.Join(ready, name))
		if err != nil {
			return err
		}
		err = quickCheck(ctx, db, ready, name)
		if err == nil && name == databaseName {
			var have int
			have, err = version(ctx, db, name)
			if err == nil && have != info.Schema {
				err = fmt.Errorf("its version is %d and the manifest says %d", have, info.Schema)
			}
			if err == nil {
				err = sameChain(ctx, db, info)
			}
		}
		if err = errors.Join(err, db.Close()); err != nil {
			var broken *ChainError
			if errors.As(err, &broken) {
				return chainFault(err)
			}
			if errors.Is(err, ErrNewer) || ctx.Err() != nil {
				return err
			}
			return damagedBackup(file, err)
		}
	}
	return nil
}

func sameChain(ctx context.Context, db querier, info BackupInfo) error {
	chain, err := followChain(ctx, db, nil)
	if err != nil {
		return err
	}
	if chain.Events != info.Events || hex.EncodeToString(chain.Head) != info.Head {
		return fmt.Errorf("the journal ends at event %d, and the manifest says %d", chain.Events, info.Events)
	}
	return nil
}
