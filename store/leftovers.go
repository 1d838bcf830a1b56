package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What is under way when a program is killed stays behind, and it holds what
// people must not keep: the copies of a backup, an archive that is not whole, a
// restore that was getting ready, an audit's second database. All of them have
// names of ours, and go once nobody has touched them for a day.
const (
	workPrefix    = ".packbench-copy-"    // a folder with a backup's copies
	unreadyPrefix = ".packbench-unready-" // an archive that is being written
	auditPrefix   = "packbench-audit-"    // a folder with a rebuild

	// As they were called before; only our own files may lie in the folder.
	oldWorkPrefix    = ".copy-"
	oldUnreadySuffix = BackupSuffix + ".unready"
)

// deadAfter is how long something must lie untouched until nobody works on it.
const deadAfter = 24 * time.Hour

// clearLeftovers removes what was left behind beside the data: not what a
// restore put aside, which is somebody's data until that person deletes it.
func (s *Store) clearLeftovers() error {
	errs := []error{clearCopies(filepath.Join(s.Dir, backupsName)), clearAudits()}
	ready := restoringDir(s.Dir)
	if _, err := os.Lstat(filepath.Join(ready, unpackedName)); err == nil && s.lock != nil && dead(ready) {
		errs = append(errs, clearReady(ready))
	}
	return errors.Join(errs...)
}

// clearCopies removes what backups left in a folder.
func clearCopies(dir string) error {
	return clearDead(dir, func(name string, folder bool) bool {
		if folder {
			return strings.HasPrefix(name, workPrefix) || strings.HasPrefix(name, oldWorkPrefix) && onlyCopies(filepath.Join(dir, name))
		}
		return strings.HasPrefix(name, unreadyPrefix) || strings.HasSuffix(name, oldUnreadySuffix)
	})
}

// clearAudits removes what audits left in the system's temporary folder.
func clearAudits() error {
	dir := roomy()
	if dir == "" {
		dir = os.TempDir()
	}
	err := clearDead(dir, func(name string, folder bool) bool { return folder && strings.HasPrefix(name, auditPrefix) })
	if errors.Is(err, fs.ErrPermission) {
		return nil // another user's: that user's audit clears it
	}
	return err
}

// clearDead removes what ours names in a folder, if nobody works on it.
func clearDead(dir string, ours func(name string, folder bool) bool) error {
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	var errs []error
	for _, e := range all {
		path := filepath.Join(dir, e.Name())
		if (e.IsDir() || e.Type().IsRegular()) && ours(e.Name(), e.IsDir()) && dead(path) {
			if err := os.RemoveAll(path); err != nil {
				errs = append(errs, fmt.Errorf("remove leftovers: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}

// dead tells whether nobody has touched a file, or a folder and what is in it,
// for a day. A time that lies a day ahead comes from a clock that was wrong.
func dead(path string) bool {
	lately := func(info fs.FileInfo, err error) bool {
		return err == nil && time.Since(info.ModTime()).Abs() < deadAfter
	}
	if lately(os.Lstat(path)) {
		return false
	}
	inside, err := os.ReadDir(path)
	if err != nil {
		return true // a file
	}
	for _, e := range inside {
		if lately(e.Info()) {
			return false
		}
	}
	return true
}

// onlyCopies tells whether a folder holds nothing but copies of our databases.
func onlyCopies(dir string) bool {
	inside, err := os.ReadDir(dir)
	for _, e := range inside {
		name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), "-journal"), "-wal")
		if name != databaseName && name != labelsName {
			return false
		}
	}
	return err == nil
}
