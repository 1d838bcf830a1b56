package store_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/store"
)

const nameCanary = "Canary-Xu-"

// holding lists the files under a directory that hold the canary, archives
// unpacked.
func holding(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data := read(t, path)
		found := bytes.Contains(data, []byte(nameCanary))
		if strings.HasSuffix(path, store.BackupSuffix) {
			found = found || inArchive(t, data)
		}
		if found {
			out = append(out, filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func inArchive(t *testing.T, data []byte) (found bool) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		inside, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(inside, []byte(nameCanary))
	}
	return found
}

// After its time no byte of a buyer's name is left: not in the database, not in
// its log, not among the labels, and with the rotation not in the backups. The
// search is one that finds: it does so before, and in the log before it is cut.
func TestPersonalDataIsGone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := newRig(t, s)
	r.shop(2)
	day := 24 * time.Hour
	all := map[string]store.Personal{}
	for i := range 1000 {
		who := fmt.Sprint(nameCanary, i)
		all[fmt.Sprint("shop/", i)] = store.Personal{Name: who, Phone: "+60" + who, Address: who + " Road 1", Note: who}
	}
	if err := s.SavePersonal(t.Context(), all, testNow.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if err := s.SavePersonal(t.Context(), map[string]store.Personal{"shop/7": {Name: "changed"}}, testNow.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		hash, err := s.SaveLabelFile(t.Context(), "pdf", []byte(strings.Repeat(fmt.Sprint(nameCanary, "label ", i, " "), 500)), testNow.UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SavePage(t.Context(), hash, 0, "203", page()); err != nil {
			t.Fatal(err)
		}
	}
	r.seal("A")
	if _, err := s.BackupDaily(t.Context(), testNow); err != nil {
		t.Fatal(err)
	}
	if got := holding(t, dir); len(got) < 3 {
		t.Fatal("the search finds nothing:", got)
	}

	// Labels go after 14 days, people's data stays until the 45th.
	works(t, s, testNow.Add(15*day))
	if err := s.EraseOld(t.Context(), testNow.Add(15*day).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(holding(t, dir), " "); strings.Contains(got, "labels") || !strings.Contains(got, "packbench.db") {
		t.Fatal(got)
	}
	if info, err := os.Stat(filepath.Join(dir, "labels.db")); err != nil || info.Size() > 2<<20 {
		t.Fatalf("labels.db did not get smaller: %v %v", info.Size(), err)
	}
	late := testNow.Add(46 * day)
	works(t, s, late)
	if err := s.EraseRows(t.Context(), late.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(holding(t, dir), " "); !strings.Contains(got, "packbench.db") {
		t.Fatal("before its log is cut, the old pages must still be there:", got)
	}
	if err := s.EraseOld(t.Context(), late.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if got := holding(t, dir); len(got) != 1 || !strings.HasSuffix(got[0], store.BackupSuffix) {
		t.Fatal("still in", got)
	}
	for i := range 7 { // a week later the backups are without it too
		if _, err := s.BackupDaily(t.Context(), late.Add(time.Duration(i)*day)); err != nil {
			t.Fatal(err)
		}
	}
	if got := holding(t, dir); len(got) != 0 {
		t.Fatal("still in", got)
	}
	if a := clean(t, s); a.Events == 0 {
		t.Fatal("the journal is gone too")
	}
}

// A reader in the way of cutting the log is named, and the next time does it.
func TestEraseBesideReader(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.SavePersonal(t.Context(), map[string]store.Personal{"p": {Name: nameCanary}}, 0); err != nil {
		t.Fatal(err)
	}
	works(t, s, testNow)
	db := rawOpen(t, s.Dir)
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM personal").Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := s.EraseOld(t.Context(), testNow.UnixMilli()); !errors.Is(err, store.ErrLogBusy) {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.EraseOld(t.Context(), testNow.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if got := holding(t, s.Dir); len(got) != 0 {
		t.Fatal(got)
	}
}

// Ids sort as they were made, whatever the clock does, also over a restart.
func TestIDsAndTheClock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := testNow.UnixMilli()
	clock := []int64{now, now, now + 1, now - 3_600_000, now - 3_600_000, 0, -5, now + 2, 1 << 60, now + 3, now}
	for i, ms := range clock {
		events := setting(i, 10)
		events[0].AtMs = ms
		if _, err := s.Commit(t.Context(), bench, events); err != nil {
			t.Fatalf("at %d: %v", ms, err)
		}
		if got, err := s.LastEventMs(t.Context()); err != nil || got != ms {
			t.Fatalf("the last event was at %d, not %d (%v)", ms, got, err)
		}
		if i%3 == 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
		}
	}
	last, n := "", 0
	if err := s.Journal(t.Context(), func(e store.Entry) error {
		if e.ULID <= last || e.AtMs != clock[n] {
			t.Errorf("event %d at %d has id %s after %s", e.Seq, e.AtMs, e.ULID, last)
		}
		last, n = e.ULID, n+1
		return nil
	}); err != nil || n != len(clock) {
		t.Fatal(n, err)
	}
	shared, err := store.Open(dir, store.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	if got, err := shared.LastEventMs(t.Context()); err != nil || got != now {
		t.Fatal(got, err)
	}
	if id, err := s.NewULID(now); err != nil || id <= last {
		t.Fatal(id, last, err)
	}
	clean(t, s)
}
