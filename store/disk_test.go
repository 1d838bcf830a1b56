package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/packing"
	"packbench/store"
)

const smallReserve = 1 << 20

func openReserve(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: smallReserve})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func disk(t *testing.T, s *store.Store) store.Disk {
	t.Helper()
	d, err := s.Disk()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// setting is an event of the bench's own, so large that a disk is soon full.
func setting(i, size int) []packing.Event {
	return []packing.Event{{AtMs: int64(i), Body: packing.SettingChanged{Key: fmt.Sprint("k", i), Value: strings.Repeat("v", size)}}}
}

// fillUp commits until the disk is full, and answers how many were acknowledged.
func fillUp(t *testing.T, s *store.Store, from int) int {
	t.Helper()
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < 100_000; i++ {
		_, err := s.Commit(t.Context(), bench, setting(i, 2000))
		if errors.Is(err, store.ErrDiskFull) {
			speaks(t, err, store.ErrDiskFull)
			return i
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the disk never gets full")
	return 0
}

// acknowledged: each setting that was acknowledged is there, and none that was not.
func acknowledged(t *testing.T, s *store.Store, n int) {
	t.Helper()
	all, err := s.Settings(t.Context())
	if err != nil || len(all) != n {
		t.Fatalf("%d settings of %d, %v", len(all), n, err)
	}
	for i := range n {
		if len(all[fmt.Sprint("k", i)]) != 2000 {
			t.Fatalf("setting %d is lost", i)
		}
	}
}

// SQLite says that it is full in the same words when a limit of its own is reached.
func TestFullByLimit(t *testing.T) {
	dir := t.TempDir()
	s := openReserve(t, dir)
	if d := disk(t, s); d.Reserve != smallReserve || d.Full || d.Free <= 0 {
		t.Fatalf("%+v", d)
	}
	if err := s.LimitPages(40); err != nil {
		t.Fatal(err)
	}
	n := fillUp(t, s, 0)
	if n < 5 {
		t.Fatalf("full after %d", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "reserve")); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the reserve was not given free:", err)
	}
	acknowledged(t, s, n)
	// New parcels don't even get a try; the background speaks the same way.
	err := s.SavePersonal(t.Context(), map[string]store.Personal{"p": {Name: strings.Repeat("x", 400_000)}}, 1)
	speaks(t, err, store.ErrDiskFull)
	_, err = s.SaveLabelFile(t.Context(), "pdf", make([]byte, 400_000), 1)
	speaks(t, err, store.ErrDiskFull)
	if a := clean(t, s); a.Events != int64(n) {
		t.Fatalf("%d events of %d", a.Events, n)
	}
	if err := s.LimitPages(-1); err != nil {
		t.Fatal(err)
	}
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), bench, setting(n, 2000)); err != nil {
		t.Fatal("after there is room again:", err)
	}
	if d := disk(t, s); d.Full || d.Reserve != smallReserve {
		t.Fatalf("the reserve is not back: %+v", d)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openReserve(t, dir)
	acknowledged(t, s, n+1)
	clean(t, s)
}

// On a disk that really is full: what was acknowledged stays, the reserve
// carries the parcel in work, new parcels are refused, a restart works, and
// with room again everything goes on.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(smallDisk(t, 8<<20), "data")
	s := openReserve(t, dir)
	if d := disk(t, s); d.Reserve != smallReserve || !d.Low {
		t.Fatalf("%+v", d)
	}
	stuff := filepath.Join(filepath.Dir(dir), "stuff")
	hog(t, stuff)
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; disk(t, s).Reserve > 0; n++ { // the packer notices nothing
		if _, err := s.Commit(t.Context(), bench, setting(n, 2000)); err != nil {
			t.Fatal(n, err)
		}
	}
	if d := disk(t, s); !d.Full {
		t.Fatalf("%+v", d)
	}
	news := []packing.Event{{Parcel: "shop/X", AtMs: 1, Body: packing.ParcelArrived{Parcel: packing.Parcel{ID: "shop/X"}}}}
	_, err = s.Commit(t.Context(), bench, news)
	speaks(t, err, store.ErrDiskFull)
	if _, err := s.Commit(t.Context(), bench, setting(n, 2000)); err != nil {
		t.Fatal("the parcel in work:", err)
	}
	n = fillUp(t, s, n+1)
	acknowledged(t, s, n)
	if _, err := s.SaveLabelFile(t.Context(), "pdf", make([]byte, 300_000), 1); !errors.Is(err, store.ErrDiskFull) {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A restart on the full disk either works or says why, and loses nothing.
	if again, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: smallReserve}); err == nil {
		acknowledged(t, again, n)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	} else {
		speaks(t, err, store.ErrDiskFull)
	}
	if err := os.Remove(stuff); err != nil {
		t.Fatal(err)
	}
	s = openReserve(t, dir)
	if _, err := s.Commit(t.Context(), bench, setting(n, 2000)); err != nil {
		t.Fatal("with room again:", err)
	}
	if d := disk(t, s); d.Full || d.Reserve != smallReserve {
		t.Fatalf("%+v", d)
	}
	if _, err := s.Commit(t.Context(), bench, news); err != nil {
		t.Fatal("the parcel comes again:", err)
	}
	acknowledged(t, s, n+1)
	clean(t, s)
}

// hog takes all the room that is left.
func hog(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}

// A commit goes before the background: it waits for the chunk under way and for
// no other, however much there is to do.
func TestCommitGoesFirst(t *testing.T) {
	s := open(t, t.TempDir())
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	inChunk, goOn := make(chan bool), make(chan bool)
	done := make(chan error, 1)
	rows := 0
	go func() {
		done <- s.Background(ctx, func(c *store.Chunk) (bool, error) {
			n := 0
			for c.Room() {
				n++
				rows++
				if n == 1 {
					inChunk <- true
					<-goOn
				}
			}
			if n > 200 {
				t.Errorf("%d rows in one chunk", n)
			}
			return false, nil // there is always more to do
		})
	}()
	const commits = 20
	for i := range commits {
		<-inChunk
		committed := make(chan error, 1)
		go func() {
			_, err := s.Commit(ctx, bench, setting(i, 10))
			committed <- err
		}()
		for s.CommitsWaiting() == 0 { // until it stands in the queue
		}
		before := s.Chunks()
		goOn <- true
		select {
		case err := <-committed:
			if err != nil {
				t.Fatal(err)
			}
			if n := s.Chunks() - before; n > 1 { // the next one may have begun since
				t.Fatalf("%d chunks went before the commit", n)
			}
		case <-inChunk: // the next chunk has begun: the commit must be through
			if n := s.Chunks() - before; n != 1 {
				t.Fatalf("%d chunks", n)
			}
			if seq := lastSeq(t, s); seq != int64(i+1) {
				t.Fatalf("a chunk went before commit %d: the journal has %d", i+1, seq)
			}
			if err := <-committed; err != nil {
				t.Fatal(err)
			}
			goOn <- true
			continue
		}
	}
	cancel()
	for {
		select {
		case <-inChunk:
			goOn <- true
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			return
		}
	}
}

func lastSeq(t *testing.T, s *store.Store) (seq int64) {
	t.Helper()
	if err := s.Journal(t.Context(), func(e store.Entry) error { seq = e.Seq; return nil }); err != nil {
		t.Fatal(err)
	}
	return seq
}

// A chunk ends after 200 rows, whatever the clock says, and a failing one is
// taken back while those before it stay.
func TestChunks(t *testing.T) {
	s := open(t, t.TempDir())
	all := map[string]store.Personal{}
	for i := range 1001 {
		all[fmt.Sprint("p", i)] = store.Personal{Note: fmt.Sprint(i)}
	}
	before := s.Chunks()
	if err := s.SavePersonal(t.Context(), all, 1); err != nil {
		t.Fatal(err)
	}
	if n := s.Chunks() - before; n < 6 {
		t.Errorf("1001 rows in %d chunks", n)
	}
	for id, p := range all {
		if note, err := s.Note(t.Context(), id); err != nil || note != p.Note {
			t.Fatal(id, note, err)
		}
	}
	planted := errors.New("planted")
	chunk := 0
	err := s.Background(t.Context(), func(c *store.Chunk) (bool, error) {
		chunk++
		if _, err := c.ExecContext(t.Context(), "INSERT INTO cursors (connection, cursor) VALUES (?, 'x')", fmt.Sprint("c", chunk)); err != nil {
			return false, err
		}
		if chunk == 2 {
			return false, planted
		}
		return false, nil
	})
	if !errors.Is(err, planted) {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"c1": "x", "c2": ""} {
		if got, err := s.Cursor(t.Context(), name); err != nil || got != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}
