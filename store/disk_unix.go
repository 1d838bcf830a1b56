//go:build unix

package store

import (
	"golang.org/x/sys/unix"
)

// errQuota is another way of the system to say that there is no room.
const errQuota = unix.EDQUOT

// freeBytes is the room that this user has left on the disk of a directory.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// sameDisk tells whether two folders take their room from the same disk; where
// it can't be told, they do.
func sameDisk(a, b string) bool {
	var x, y unix.Stat_t
	if unix.Stat(a, &x) != nil || unix.Stat(b, &y) != nil {
		return true
	}
	return x.Dev == y.Dev
}
