package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// asideMark is between the names of a data directory and of what a restore put aside.
const asideMark = ".before-restore-"

// putAside lists what restores put aside of a data directory, but for one.
func putAside(dir, but string) ([]string, error) {
	all, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("list what was put aside: %w", err)
	}
	var out []string
	for _, e := range all {
		path := filepath.Join(filepath.Dir(dir), e.Name())
		if e.IsDir() && path != but && strings.HasPrefix(e.Name(), filepath.Base(dir)+asideMark) {
			out = append(out, path)
		}
	}
	return out, nil
}

// aside is a free name for the directory that is replaced.
func aside(dir string, now time.Time) string {
	name := dir + asideMark + now.Format("20060102-150405")
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s%s%s-%d", dir, asideMark, now.Format("20060102-150405"), n)
	}
}

// swap puts what is ready in the place of dir; what dir holds goes aside ("" = it
// holds nothing). If that fails, dir is as it was, and what was ready is gone.
func swap(ready, dir, aside string, locks *locked) error {
	var err error
	if aside == "" {
		err = swapEmpty(ready, dir, locks)
	} else {
		err = swapFull(ready, dir, aside, locks)
	}
	if err == nil {
		return nil
	}
	// What is ready carries its mark until it is the data directory.
	if _, serr := os.Lstat(filepath.Join(ready, unpackedName)); serr != nil {
		return err // it is in place; only what came after failed
	}
	if _, serr := os.Lstat(dir); errors.Is(serr, fs.ErrNotExist) {
		back := func() error { return os.Rename(aside, dir) }
		if aside == "" {
			back = func() error { return os.Mkdir(dir, 0o700) }
		}
		if back := back(); back != nil { // Open says that the restore must be done again
			return errors.Join(err, fmt.Errorf("put the old data back: %w", back))
		}
	}
	err = errors.Join(err, locks.forRename(), clearReady(ready))
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) {
		return fault("fault.restore_top", ErrTopFolder, err, "dir", dir)
	}
	return classify(err, filepath.Dir(dir), dir)
}

// swapEmpty puts what is ready in the place of nothing, or of a directory that
// holds at most a lock.
func swapEmpty(ready, dir string, locks *locked) error {
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil && !errors.Is(err, fs.ErrNotExist) && runtime.GOOS != "windows" {
		return fmt.Errorf("clear data directory: %w", err)
	}
	if err := locks.forRename(); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		if err := removeIfThere(filepath.Join(dir, lockName)); err != nil {
			return err
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear data directory: %w", err)
	}
	return moveInto(ready, dir)
}

// swapFull puts what is ready in the place of the old directory, in one step
// where the system can. Where it can't, a crash between the two renames leaves
// no data directory, and Open says that the restore must be done again.
func swapFull(ready, dir, aside string, locks *locked) error {
	if err := locks.forRename(); err != nil {
		return err
	}
	err := exchange(ready, dir)
	if errors.Is(err, errors.ErrUnsupported) {
		if err := os.Rename(dir, aside); err != nil {
			return fmt.Errorf("move the old data aside: %w", err)
		}
		midRestore("between")
		return moveInto(ready, dir)
	}
	if err != nil {
		return fmt.Errorf("replace the data: %w", err)
	}
	midRestore("between")
	return moveInto(ready, aside)
}
