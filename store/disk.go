package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"packbench/packing"
)

// The room that a bench needs.
const (
	// DefaultReserve is the size of the reserve file in bytes (64 MiB): room for
	// some ten thousand parcels' ends on a disk that is full.
	DefaultReserve = 64 << 20
	// lowDisk is the free space in bytes under which somebody should tidy up.
	lowDisk = 1 << 30
)

// Disk says how much room the data directory has.
type Disk struct {
	Free int64 `json:"free"` // bytes
	// Low: less than 1 GiB is left. Packing goes on, somebody should tidy up.
	Low bool `json:"low"`
	// Full: a write found no room. The parcel in work can be finished from the
	// reserve; no new one should be begun.
	Full bool `json:"full"`
	// Reserve is how many bytes the reserve file holds ready; 0 = it is used up.
	Reserve int64 `json:"reserve"`
}

// Disk measures the room, and puts the reserve file back as soon as there is
// enough again; only then Full ends. The bench asks every few seconds.
//
// The policy: a Commit that finds the disk full removes the reserve file and
// tries once more, so that the packer at the bench notices nothing but the red
// health strip. From then on Full is set, and new parcels and labels from
// upstream are refused with ErrDiskFull (they come again), because they would
// use up what the parcels in work need; so is work in the background. When the
// reserve is used up too, Commit fails with ErrDiskFull. What was acknowledged
// stays readable all the time.
func (s *Store) Disk() (Disk, error) {
	free, err := freeBytes(s.Dir)
	if err != nil {
		return Disk{}, fmt.Errorf("measure disk: %w", err)
	}
	d := Disk{Free: free, Low: free < lowDisk}
	if s.lock != nil {
		s.keepReserve(free)
	}
	if info, err := os.Stat(filepath.Join(s.Dir, reserveName)); err == nil {
		d.Reserve = info.Size()
	}
	d.Full = s.full.Load()
	return d, nil
}

// keepReserve makes the reserve file where there is room for it twice.
func (s *Store) keepReserve(free int64) {
	s.reserving.Lock()
	defer s.reserving.Unlock()
	path := filepath.Join(s.Dir, reserveName)
	if s.reserve <= 0 {
		if free >= DefaultReserve {
			s.full.Store(false)
		}
		return
	}
	if info, err := os.Stat(path); err == nil && info.Size() == s.reserve {
		if free >= s.reserve {
			s.full.Store(false)
		}
		return
	}
	if free < 2*s.reserve {
		return
	}
	if err := allocate(path, s.reserve); err == nil { // else there was less room than it seemed; later again
		s.full.Store(false)
	}
}

// allocate makes a file of size bytes that really takes that room.
func allocate(path string, size int64) (err error) {
	unready := path + ".new"
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(unready))
		}
	}()
	f, err := os.OpenFile(unready, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	err = fallocate(f, size)
	if errors.Is(err, errors.ErrUnsupported) {
		err = fill(f, size)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make reserve: %w", err)
	}
	return moveInto(unready, path)
}

// fill writes a file full of bytes that no file system can fold away as zeros.
func fill(f *os.File, size int64) error {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i*131 + i>>8)
	}
	for size > 0 {
		n, err := f.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

// ReleaseReserve gives the reserve file's room free; false if there was none.
// Commit does it by itself when it has to.
func (s *Store) ReleaseReserve() bool {
	s.reserving.Lock()
	defer s.reserving.Unlock()
	return dropReserve(s.Dir)
}

func dropReserve(dir string) bool {
	return os.Remove(filepath.Join(dir, reserveName)) == nil
}

// writeFault makes a Fault of a failed write, and remembers that the disk is full.
func (s *Store) writeFault(err error) error {
	if err == nil {
		return nil
	}
	err = classify(err, s.Dir, databaseName)
	if errors.Is(err, ErrDiskFull) {
		s.full.Store(true)
	}
	return err
}

// mayCommit refuses what would use up the last room: while the disk is full,
// only work that has begun is stored.
func (s *Store) mayCommit(events []packing.Event) error {
	if !s.full.Load() || !onlyNews(events) {
		return nil
	}
	if d, err := s.Disk(); err == nil && !d.Full {
		return nil
	}
	return fault("fault.disk_full", ErrDiskFull, errors.New("nothing new is taken"))
}

// onlyNews tells whether events are nothing but new parcels and labels, which
// upstream or a file can tell again. A cancel is no news in this sense: it must
// be known before the box is closed.
func onlyNews(events []packing.Event) bool {
	for _, e := range events {
		switch e.Body.(type) {
		case packing.ParcelArrived, packing.LabelArrived:
		default:
			return false
		}
	}
	return len(events) > 0
}
