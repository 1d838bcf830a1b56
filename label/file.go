package label

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ReadFile reads a label file, or an archive of them, within the default limits.
// What isn't a plain file (a folder, a pipe, a device) is refused before it
// could make us wait, one that is too large before it is read.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: opening a pipe waits for its writer
	if err != nil {
		return nil, fmt.Errorf("read label file: %w", err)
	}
	if err := plain(info); err != nil {
		return nil, fmt.Errorf("read label file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, fmt.Errorf("read label file: %w", err)
	}
	data, err := readPlain(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read label file: %w", err)
	}
	return data, nil
}

func plain(info os.FileInfo) error {
	switch {
	case info.IsDir():
		return ErrFolder
	case !info.Mode().IsRegular():
		return ErrNotPlain
	}
	return nil
}

func readPlain(f *os.File) ([]byte, error) {
	before, err := f.Stat() // what was opened may be another file than was looked at
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by the caller
	}
	if err := plain(before); err != nil {
		return nil, err
	}
	limit := int64(DefaultLimits.FileBytes)
	var head [4]byte
	if n, _ := f.ReadAt(head[:], 0); Sniff(head[:n]) == ZIP {
		limit = DefaultArchiveLimits.Bytes
	}
	if before.Size() > limit {
		return nil, fmt.Errorf("%d bytes: %w", before.Size(), ErrTooLarge)
	}
	if before.Size() == 0 {
		return nil, ErrEmpty
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by the caller
	}
	after, err := f.Stat()
	if err != nil || int64(len(data)) != before.Size() || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return nil, ErrChanged
	}
	return data, nil
}
