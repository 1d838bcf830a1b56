package store

import (
	"math"

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
