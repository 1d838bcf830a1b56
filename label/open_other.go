//go:build !unix

package label

// openNonblock: only Unix's open waits for the other end of a pipe.
const openNonblock = 0
