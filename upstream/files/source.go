package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

// input is the bytes of a file, readable at any place and more than once.
type input struct {
	io.ReaderAt
	size int64
	// unchanged says, after reading, whether the file is still what it was; nil
	// for bytes in memory.
	unchanged func() *fault
	modTime   time.Time    // zero for bytes in memory
	done      atomic.Int64 // bytes read in the pass under way, for the progress
}

// all is a new pass over the whole input.
func (in *input) all() io.Reader {
	in.done.Store(0)
	return &pass{r: io.NewSectionReader(in, 0, in.size), in: in}
}

type pass struct {
	r  io.Reader
	in *input
}

func (p *pass) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.in.done.Add(int64(n))
	return n, err //nolint:wrapcheck // a reader in the middle
}

// head is the first bytes.
func (in *input) head() ([]byte, error) {
	b := make([]byte, min(in.size, 512))
	n, err := in.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return b[:n], nil
}

// memory reads r to its end, within the limit.
func memory(r io.Reader) (*input, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	in := &input{ReaderAt: bytes.NewReader(data), size: int64(len(data))}
	if f := in.tooLarge(); f != nil {
		return nil, f
	}
	return in, nil
}

func (in *input) tooLarge() *fault {
	if in.size > maxFile {
		return faultAt(0, "", "import.file_large", "limit", strconv.Itoa(maxFile>>20))
	}
	return nil
}

// openFile opens a file of a person's choice. What isn't a plain file (a
// folder, a pipe, a device) is refused before it could make us wait, one that
// is too large before it is read. The error is a *fault in those cases.
func openFile(path string) (*input, io.Closer, error) {
	name := filepath.Base(path)
	info, err := os.Stat(path) // before opening: opening a pipe waits for its writer
	if err == nil && !info.Mode().IsRegular() {
		return nil, nil, notPlain(name, info)
	}
	if err != nil {
		return nil, nil, openFault(name, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, nil, openFault(name, err)
	}
	in, err := fileInput(f, name)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, err
	}
	return in, f, nil
}

func fileInput(f *os.File, name string) (*input, error) {
	before, err := f.Stat() // what we opened may be another file than was looked at
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if !before.Mode().IsRegular() {
		return nil, notPlain(name, before)
	}
	in := &input{ReaderAt: f, size: before.Size(), modTime: before.ModTime()}
	in.unchanged = func() *fault {
		after, err := f.Stat()
		if err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
			return faultAt(0, "", "import.file_changed", "file", name)
		}
		return nil
	}
	if fault := in.tooLarge(); fault != nil {
		return nil, fault
	}
	return in, nil
}

func notPlain(name string, info fs.FileInfo) *fault {
	if info.IsDir() {
		return faultAt(0, "", "import.file_folder", "file", name)
	}
	return faultAt(0, "", "import.file_special", "file", name)
}

// openFault makes a sentence of why a file can't be opened; other errors stay.
func openFault(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return faultAt(0, "", "import.file_missing", "file", name)
	case errors.Is(err, fs.ErrPermission):
		return faultAt(0, "", "import.file_denied", "file", name)
	}
	return fmt.Errorf("open file: %w", err)
}
