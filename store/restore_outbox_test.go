package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"packbench/packing"
	"packbench/store"
)

// What waited when the backup was made may have been told since: it is read back.
func TestRestoredOutboxIsReadBack(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(4)
	for _, no := range []string{"A", "B", "C", "D"} {
		r.seal(no)
	}
	ctx := t.Context()
	for seq, res := range map[int64]store.OutboxResult{
		1: {State: store.OutboxPending, NextMs: 1 << 60}, 2: {State: store.OutboxParked}, 3: {State: store.OutboxDone},
	} {
		if err := s.RecordOutbox(ctx, seq, res); err != nil {
			t.Fatal(err)
		}
	}
	r.do(packing.CancelNews{Parcel: "shop/D", Cancel: packing.CancelAsked})
	file := filepath.Join(t.TempDir(), "b"+store.BackupSuffix)
	if _, err := s.Backup(ctx, file, testNow); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "new")
	if _, err := store.Restore(ctx, file, to, false, testNow); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-journal", "-wal"} {
		if _, err := os.Stat(filepath.Join(to, "packbench.db"+beside)); err == nil {
			t.Error("left beside the database:", beside)
		}
	}
	again := open(t, to)
	rows, err := again.OutboxRows(ctx, store.OutboxFilter{}, 10)
	if err != nil || len(rows) != 4 {
		t.Fatal(rows, err)
	}
	for i, want := range []struct {
		state   store.OutboxState
		unknown bool
	}{{store.OutboxPending, true}, {store.OutboxParked, true}, {store.OutboxDone, false}, {store.OutboxWithdrawn, true}} {
		if rows[i].State != want.state || rows[i].Unknown != want.unknown {
			t.Errorf("row %d: %+v", i+1, rows[i])
		}
	}
	heads, err := again.OutboxHeads(ctx, "shop", r.now.UnixMilli(), 10)
	if err != nil || len(heads) != 1 || !heads[0].Unknown || heads[0].NextMs != 0 {
		t.Fatalf("%+v %v", heads, err)
	}
	clean(t, again)
}

// A sealed box whose label is replaced is opened and sealed again, though its
// content is the same; it is told a second time, and the audit comes to the
// same rows.
func TestSealedAgain(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	id := packing.ParcelID("shop/Q")
	r.shop(1)
	r.do(packing.Arrived{Parcel: packing.Parcel{
		ID: id, Connection: "shop", Number: "Q", Order: "OQ", Tote: "TQ",
		Lines: []packing.Line{{Listing: "MUG", Name: "mug", Quantity: 1}}, Status: packing.StatusPackable, TellAt: "sealed",
	}})
	label := func(hash, code string) {
		r.do(packing.LabelCame{Parcel: id, File: packing.LabelFile{Hash: hash, Codes: []string{code}, Printable: true}})
	}
	label("h1", "WBQ")
	r.seal("Q")
	for i, code := range []string{"WBQ2", "WBQ3"} {
		label("h"+code, code)
		for range 5 {
			r.scan("command ACK")
		}
		r.scan("badge C", "TQ", "command ACK", mug, code)
		p, err := s.Parcel(t.Context(), id)
		if err != nil || p.Stage() != packing.StageSealed || p.Version != 0 && p.Version != 1 {
			t.Fatalf("time %d: %+v %v", i, p, err)
		}
	}
	rows, err := s.OutboxRows(t.Context(), store.OutboxFilter{}, 10)
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	versions := map[int64]bool{}
	for i, row := range rows {
		versions[int64(row.Version)] = true
		want := store.OutboxReplaced
		if i == 2 {
			want = store.OutboxPending
		}
		if row.State != want {
			t.Errorf("row %d: %+v", i+1, row)
		}
	}
	if len(versions) != 1 {
		t.Error("the content's version changed, so this proves nothing:", versions)
	}
	clean(t, s)
}
