package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// What lies in a data directory.
const (
	databaseName = "packbench.db"
	labelsName   = "labels.db"
	reserveName  = "reserve"
	backupsName  = "backups"
	lockName     = "lock"
	picturesName = "pictures"
	profilesName = "profiles"
)

// makeDir makes the data directory, if it is not there, for its owner alone.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fault("fault.db_not_file", ErrNotFile, nil, "file", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return classify(fmt.Errorf("make data directory: %w", err), filepath.Dir(dir), dir)
	}
	return nil
}

// narrow takes group's and others' rights from everything in a data directory:
// it holds names and addresses. Pictures of goods hold none, and may be many.
// What belongs to somebody else and is none of the files that hold people's data
// (a profile that an administrator put there, a disk's lost+found) stays as it
// is: it must not keep a bench from starting.
func narrow(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // rights come from the user's folder there
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		must := path == dir || holdsData(dir, path)
		if errors.Is(err, fs.ErrNotExist) || !must && errors.Is(err, fs.ErrPermission) {
			return nil // another process tidied up, or a folder of somebody else's
		}
		if err != nil {
			return fmt.Errorf("narrow rights: %w", err)
		}
		if d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("narrow rights: %w", err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			if err := os.Chmod(path, mode&^0o077); err != nil && (must || !errors.Is(err, fs.ErrPermission)) {
				return fmt.Errorf("narrow rights: %w", err)
			}
		}
		if d.IsDir() && path == filepath.Join(dir, picturesName) {
			return fs.SkipDir
		}
		return nil
	})
}

// holdsData tells whether a file in a data directory is one of ours that holds
// people's data: a database, what SQLite keeps beside it, or a copy of one.
func holdsData(dir, path string) bool {
	name := filepath.Base(path)
	switch filepath.Dir(path) {
	case dir:
		return name == backupsName || strings.HasPrefix(name, databaseName) || strings.HasPrefix(name, labelsName)
	case filepath.Join(dir, backupsName):
		return strings.HasSuffix(name, BackupSuffix) || strings.HasPrefix(name, "before-schema-") || strings.HasPrefix(name, unreadyPrefix) || strings.HasPrefix(name, workPrefix)
	}
	return false
}

// syncPath makes a file, or the names in a directory, durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() && runtime.GOOS == "windows" {
		return nil // a directory can't be synced there; renames are journalled
	}
	if runtime.GOOS == "windows" { // a handle for reading can't be flushed there
		w, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		return errors.Join(w.Sync(), w.Close())
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", filepath.Base(path), err)
	}
	return nil
}

// moveInto gives a finished file its name, durably.
func moveInto(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("name %s: %w", filepath.Base(to), err)
	}
	return syncPath(filepath.Dir(to))
}

// touch makes an empty file for its owner alone, in place of any that is there:
// SQLite would make it with the system's rights, and its -wal takes them over.
func touch(path string) error {
	if err := removeDatabase(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	return f.Close()
}

// removeDatabase removes a database file and what SQLite keeps beside it.
func removeDatabase(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	return nil
}

// remains tells whether a directory without database held data before.
func remains(dir string) (string, error) {
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read data directory: %w", err)
	}
	for _, e := range all {
		name := e.Name()
		switch {
		case name == databaseName+"-wal", name == labelsName, name == labelsName+"-wal":
			return name, nil
		case name == backupsName && e.IsDir():
			inside, err := os.ReadDir(filepath.Join(dir, name))
			if err != nil {
				return "", fmt.Errorf("read backups: %w", err)
			}
			for _, b := range inside {
				if !strings.HasPrefix(b.Name(), ".") {
					return filepath.Join(name, b.Name()), nil
				}
			}
		}
	}
	return "", nil
}
