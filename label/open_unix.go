//go:build unix

package label

import "syscall"

// openNonblock keeps an open from waiting, should the path have become a pipe
// since it was looked at.
const openNonblock = syscall.O_NONBLOCK
