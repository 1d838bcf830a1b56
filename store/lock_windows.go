//go:build windows

package store

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks one byte far behind the text, so that others can read who has it.
func lockFile(f *os.File) error {
	const far = 1 << 20
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{Offset: far})
}
