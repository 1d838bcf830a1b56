//go:build !linux

package store

import (
	"errors"
	"os"
)

// fallocate is not known here: the file is written instead.
func fallocate(*os.File, int64) error { return errors.ErrUnsupported }

// exchange is not known here: two renames do it.
func exchange(string, string) error { return errors.ErrUnsupported }
