package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"packbench/store"
)

// What killed backups, restores and audits left behind goes after a day; what
// is under way, and what is somebody's, stays.
func TestLeftoversAreCleared(t *testing.T) {
	parent, temp, target := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp) // Windows
	dir := filepath.Join(parent, "data")
	s := open(t, dir)
	old := time.Now().Add(-25 * time.Hour)
	leave := func(path string, at time.Time) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte("names"))
		for _, p := range []string{path, filepath.Dir(path)} {
			if err := os.Chtimes(p, at, at); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	backups := filepath.Join(dir, "backups")
	now := time.Now()
	gone := []string{
		leave(filepath.Join(backups, ".packbench-copy-1", "packbench.db"), old),
		leave(filepath.Join(backups, ".copy-1", "packbench.db"), old),
		leave(filepath.Join(backups, ".packbench-unready-1"), old),
		leave(filepath.Join(backups, "packbench-20260101T000000Z"+store.BackupSuffix+".unready"), old),
		leave(filepath.Join(backups, ".packbench-copy-2", "packbench.db"), now.Add(400*24*time.Hour)), // by a wrong clock
		leave(filepath.Join(temp, "packbench-audit-1", "packbench.db"), old),
		leave(filepath.Join(dir+".restoring", ".unpacked"), old),
	}
	goneAtBackup := []string{
		leave(filepath.Join(target, ".packbench-copy-1", "packbench.db"), old),
		leave(filepath.Join(target, ".copy-1", "labels.db"), old),
		leave(filepath.Join(target, ".packbench-unready-1"), old),
	}
	stay := []string{
		leave(filepath.Join(backups, ".packbench-copy-3", "packbench.db"), now),
		leave(filepath.Join(backups, ".packbench-unready-3"), now),
		leave(filepath.Join(backups, "my own"), old),
		leave(filepath.Join(temp, "packbench-audit-3", "packbench.db"), now),
		leave(filepath.Join(temp, "somebody", "packbench.db"), old),
		leave(filepath.Join(target, ".copy-mine", "letter.txt"), old),
		leave(filepath.Join(dir+".before-restore-20260101-000000", "packbench.db"), old),
	}
	there := func(path string, want bool) {
		t.Helper()
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) == want {
			t.Errorf("%s is there: %v", path, !want)
		}
	}
	if err := s.EraseOld(t.Context(), now.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for _, path := range gone {
		there(path, false)
	}
	for _, path := range append(stay, goneAtBackup...) {
		there(path, true)
	}
	if _, err := s.Backup(t.Context(), filepath.Join(target, "mine"), testNow); err != nil {
		t.Fatal(err)
	}
	for _, path := range goneAtBackup {
		there(path, false)
	}
	for _, path := range stay {
		there(path, true)
	}
}

// A directory without the mark of a restore is old data, however it is called.
func TestOldDataIsNoLeftover(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if err := os.MkdirAll(dir+".restoring", 0o700); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir+".restoring", "packbench.db")
	write(t, mine, []byte("mine"))
	old := time.Now().Add(-100 * time.Hour)
	for _, path := range []string{mine, filepath.Dir(mine)} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EraseOld(t.Context(), time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if string(read(t, mine)) != "mine" {
		t.Fatal("it was changed")
	}
}

// What restores put aside earlier is named: it holds people's data.
func TestRestoreNamesWhatWasPutAside(t *testing.T) {
	_, file := backedUp(t)
	dir := filepath.Join(t.TempDir(), "data")
	var asides []string
	for i := range 3 {
		done, err := store.Restore(t.Context(), file, dir, true, testNow)
		if err != nil || len(done.Older) != max(0, i-1) {
			t.Fatalf("%d: %v %v", i, done.Older, err)
		}
		for n, older := range done.Older {
			if older != asides[n] {
				t.Errorf("%s is named, not %s", older, asides[n])
			}
		}
		if done.Aside != "" {
			asides = append(asides, done.Aside)
		}
	}
}
