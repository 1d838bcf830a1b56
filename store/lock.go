package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// LockedError says which process has the data directory.
type LockedError struct{ Owner string }

// Error is the sentence of DESIGN §10.
func (e *LockedError) Error() string { return "data directory in use by " + e.Owner }

// lockDir takes the directory's lock for the life of the process; the system
// frees it even when the process is killed.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := lockFile(f); err != nil {
		owner, readErr := os.ReadFile(path)
		if readErr != nil || len(owner) == 0 {
			owner = []byte("another process")
		}
		return nil, joinClose(&LockedError{Owner: strings.TrimSpace(string(owner))}, f)
	}
	owner := fmt.Sprintf("process %d since %s\n", os.Getpid(), time.Now().Format(time.DateTime))
	if err := f.Truncate(0); err != nil {
		return nil, joinClose(fmt.Errorf("write lock: %w", err), f)
	}
	if _, err := f.WriteAt([]byte(owner), 0); err != nil {
		return nil, joinClose(fmt.Errorf("write lock: %w", err), f)
	}
	return f, nil
}

func joinClose(err error, f *os.File) error {
	if closeErr := f.Close(); closeErr != nil {
		return fmt.Errorf("%w (and close lock: %v)", err, closeErr)
	}
	return err
}
