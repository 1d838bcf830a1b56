package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"packbench/store"
)

// The top folder of a disk can't be replaced: a sentence, and nothing is
// touched, empty or not; the next start works.
func TestRestoreOntoADisk(t *testing.T) {
	_, file := backedUp(t)
	for name, full := range map[string]bool{"empty": false, "full": true} {
		t.Run(name, func(t *testing.T) {
			dir := smallDisk(t, 64<<20)
			if full {
				s := open(t, dir)
				newRig(t, s).shop(1)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "mine"), []byte("mine"))
			}
			_, err := store.Restore(t.Context(), file, dir, true, testNow)
			speaks(t, err, store.ErrTopFolder)
			if _, err := os.Lstat(dir + ".restoring"); !errors.Is(err, os.ErrNotExist) {
				t.Error("what was ready was left there:", err)
			}
			s := open(t, dir)
			a := clean(t, s)
			if full && (a.Parcels != 1 || string(read(t, filepath.Join(dir, "mine"))) != "mine") || !full && a.Parcels != 0 {
				t.Errorf("%+v", a)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("root", func(t *testing.T) {
		_, err := store.Restore(t.Context(), file, "/", true, testNow)
		speaks(t, err, store.ErrTopFolder)
	})
}

// A backup on the bench's own disk leaves the room that packing needs; the same
// backup on another disk is made.
func TestBackupLeavesRoom(t *testing.T) {
	dir := filepath.Join(smallDisk(t, 64<<20), "data")
	s := open(t, dir)
	newRig(t, s).shop(1)
	_, err := s.BackupDaily(t.Context(), testNow)
	speaks(t, err, store.ErrDiskFull)
	_, err = s.Backup(t.Context(), filepath.Join(dir, "..", "mine"), testNow)
	speaks(t, err, store.ErrDiskFull)
	if d := disk(t, s); d.Full {
		t.Errorf("nothing was written: %+v", d)
	}
	if _, err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "mine"), testNow); err != nil {
		t.Fatal("to another disk:", err)
	}
}
