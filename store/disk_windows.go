package store

import (
	"math"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// errQuota is how the system says that there is no room.
const errQuota = windows.ERROR_DISK_FULL

// freeBytes is the room that this user has left on the disk of a directory.
func freeBytes(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free, total, all uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, &total, &all); err != nil {
		return 0, err
	}
	return int64(min(free, math.MaxInt64)), nil
}

// sameDisk tells whether two folders take their room from the same disk; where
// it can't be told, they do.
func sameDisk(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX != nil || errY != nil || strings.EqualFold(filepath.VolumeName(x), filepath.VolumeName(y))
}
