package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"packbench/store"
)

// works is a bench that has worked for three days, to now.
func works(t testing.TB, s *store.Store, now time.Time) {
	t.Helper()
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		events := setting(i, 1)
		events[0].AtMs = now.Add(time.Duration(i-3) * 24 * time.Hour).UnixMilli()
		if _, err := s.Commit(t.Context(), bench, events); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBelieved(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name   string
		events []time.Duration // since testNow, in the journal's order
		now    time.Duration
		want   time.Duration
	}{
		{"a day of work", []time.Duration{-4 * day, -day, 0}, time.Hour, time.Hour},
		{"a weekend", []time.Duration{-day, 0}, 3 * day, 3 * day},
		{"the clock is a year ahead", []time.Duration{-4 * day, 0}, 400 * day, 7 * day},
		{"and something was stored since", []time.Duration{-4 * day, 0, 400 * day}, 400 * day, 7 * day},
		{"for a day", []time.Duration{-4 * day, 0, 400 * day, 401 * day}, 401 * day, 7 * day},
		{"set right again", []time.Duration{-4 * day, 0, 400 * day, day}, day, day},
		{"the first day after the holidays", []time.Duration{-4 * day, 0, 20 * day}, 20 * day, 7 * day},
		{"the third day after the holidays", []time.Duration{-4 * day, 0, 20 * day, 21 * day, 22*day + time.Hour}, 22*day + time.Hour, 22*day + time.Hour},
		{"a new bench", []time.Duration{0, time.Hour}, 2 * time.Hour, 2 * time.Hour},
		{"a clock without battery", []time.Duration{-4 * day, 0, -9000 * day}, -9000 * day, -9000 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			bench, err := s.Bench(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range c.events {
				events := setting(i, 1)
				events[0].AtMs = testNow.Add(at).UnixMilli()
				if _, err := s.Commit(t.Context(), bench, events); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.Believed(t.Context(), testNow.Add(c.now))
			if err != nil || !got.Equal(testNow.Add(c.want)) {
				t.Fatalf("%v after the start, want %v (%v)", got.Sub(testNow), c.want, err)
			}
		})
	}
	t.Run("nothing stored yet", func(t *testing.T) {
		if got, err := open(t, t.TempDir()).Believed(t.Context(), testNow); err != nil || got.After(testNow.Add(-100*day)) {
			t.Fatal(got, err)
		}
	})
}

// A clock that is more than a year ahead erases no label and no buyer, and takes
// no backup that it should not, also when it has been so for a day.
func TestAWrongClockErasesNothing(t *testing.T) {
	const day = 24 * time.Hour
	s := open(t, t.TempDir())
	works(t, s, testNow)
	hash, err := s.SaveLabelFile(t.Context(), "pdf", []byte("%PDF of today"), testNow.UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SavePersonal(t.Context(), map[string]store.Personal{"shop/A": {Note: "two bags"}}, testNow.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if _, err := s.BackupDaily(t.Context(), testNow.Add(time.Duration(i-6)*day)); err != nil {
			t.Fatal(err)
		}
	}
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	good, err := filepath.Glob(filepath.Join(s.Dir, "backups", "*"))
	if err != nil || len(good) != 6 {
		t.Fatal(good, err)
	}
	for i := range 2 {
		wrong := testNow.Add(time.Duration(400+i) * day)
		if err := s.EraseOld(t.Context(), wrong.UnixMilli()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.BackupDaily(t.Context(), wrong); err != nil {
			t.Fatal(err)
		}
		events := setting(9, 1)
		events[0].AtMs = wrong.UnixMilli()
		if _, err := s.Commit(t.Context(), bench, events); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.LabelFile(t.Context(), hash); err != nil {
		t.Error("the label that is to be printed today:", err)
	}
	if note, err := s.Note(t.Context(), "shop/A"); err != nil || note == "" {
		t.Error("the buyer's note:", note, err)
	}
	for _, path := range good[1:] { // eight are one too many: the oldest went
		if _, err := os.Stat(path); err != nil {
			t.Error("a backup is gone:", err)
		}
	}
}

// However many are too old, one rotation takes two.
func TestRotateTakesTwoAtMost(t *testing.T) {
	const day = 24 * time.Hour
	s := open(t, t.TempDir())
	works(t, s, testNow)
	folder := filepath.Join(s.Dir, "backups")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		at := testNow.Add(-time.Duration(100+i) * day)
		write(t, filepath.Join(folder, "packbench-"+at.UTC().Format("20060102T150405Z")+store.BackupSuffix), []byte("x"))
	}
	for _, want := range []int{10, 8, 6, 4, 2, 1, 1} {
		if err := s.Rotate(t.Context(), testNow); err != nil {
			t.Fatal(err)
		}
		left, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(left) != want {
			t.Fatalf("%d are left, want %d (%v)", len(left), want, err)
		}
	}
	newest := filepath.Join(folder, "packbench-"+testNow.Add(-100*day).UTC().Format("20060102T150405Z")+store.BackupSuffix)
	if _, err := os.Stat(newest); errors.Is(err, os.ErrNotExist) {
		t.Fatal("the newest one went")
	}
}
