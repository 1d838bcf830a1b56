package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"packbench/printer"
)

// dialFile opens a device file for both directions, or a plain file (made if it
// is missing) to which the bytes are appended.
func dialFile(_ context.Context, a Address) (printer.Conn, error) {
	info, err := os.Stat(a.Path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("open %s: is a directory", a)
	case err == nil && info.Mode()&os.ModeDevice != 0:
		f, err := os.OpenFile(a.Path, os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", a, err)
		}
		return newDevice(f), nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("open %s: %w", a, err)
	}
	f, err := os.OpenFile(a.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a, err)
	}
	return &plainFile{File: f, closed: make(chan struct{})}, nil
}

// device is a device file. Some drivers block a read until the printer speaks,
// whatever happens to the file meanwhile, and some answer "end" when it is
// silent; so reading is done beside, and Close never waits for it.
type device struct {
	*os.File
	once   sync.Once
	closed chan struct{}
	in     chan []byte
	failed chan error
	rest   []byte
}

func newDevice(f *os.File) *device {
	d := &device{File: f, closed: make(chan struct{}), in: make(chan []byte), failed: make(chan error, 1)}
	go d.pump()
	return d
}

func (d *device) pump() {
	for {
		buf := make([]byte, 1024)
		n, err := d.File.Read(buf)
		if n > 0 {
			select {
			case d.in <- buf[:n]:
			case <-d.closed:
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return // it has no voice, which is no fault
		}
		if err != nil {
			d.failed <- err
			return
		}
	}
}

// Read waits for the printer to say something or for Close.
func (d *device) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		select {
		case d.rest = <-d.in:
		case err := <-d.failed:
			return 0, err
		case <-d.closed:
			return 0, io.EOF
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// Close ends both directions.
func (d *device) Close() error {
	err := os.ErrClosed
	d.once.Do(func() {
		close(d.closed)
		err = d.File.Close()
	})
	return err
}

// plainFile collects bytes; nothing ever comes back from it.
type plainFile struct {
	*os.File
	once   sync.Once
	closed chan struct{}
}

// OneWay tells that there is nobody to ask.
func (*plainFile) OneWay() bool { return true }

// Read waits for Close.
func (f *plainFile) Read([]byte) (int, error) {
	<-f.closed
	return 0, io.EOF
}

// Close makes what was written durable.
func (f *plainFile) Close() error {
	err := os.ErrClosed
	f.once.Do(func() {
		close(f.closed)
		err = errors.Join(f.Sync(), f.File.Close())
	})
	return err
}

// SetDeadline and its like do nothing: a plain file never blocks for long.
func (*plainFile) SetDeadline(time.Time) error      { return nil }
func (*plainFile) SetReadDeadline(time.Time) error  { return nil }
func (*plainFile) SetWriteDeadline(time.Time) error { return nil }
