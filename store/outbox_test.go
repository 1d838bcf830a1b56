package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"packbench/packing"
	"packbench/store"
)

func TestConnectionsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	if c, err := s.LoadConnection(ctx, "erp"); err != nil || c != (store.Connection{Name: "erp", Live: true}) {
		t.Fatalf("never heard: %+v, %v", c, err)
	}
	for range 2 { // the second time changes nothing
		for _, err := range []error{
			s.SetQuiet(ctx, "erp", 30), s.SetSkew(ctx, "erp", -4), s.SetKnown(ctx, "erp", true, 20), s.SetKnown(ctx, "files", false, 10),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	got, err := s.Connections(ctx)
	want := []store.Connection{{Name: "erp", Live: true, KnownMs: 20, QuietMs: 30, SkewMs: -4}, {Name: "files", KnownMs: 10}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := s.SetQuiet(ctx, "erp", 0); err != nil {
		t.Fatal(err)
	}
	if c, err := s.LoadConnection(ctx, "erp"); err != nil || c.QuietMs != 0 || c.KnownMs != 20 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestARecallStopsTheSend: whoever comes first into the database wins, and what
// the server has is a fact.
func TestARecallStopsTheSend(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(3)
	r.seal("A")
	r.seal("B")
	r.seal("C")
	ctx := t.Context()
	now := r.now.UnixMilli()
	heads, err := s.OutboxHeads(ctx, "shop", now, 10)
	if err != nil || len(heads) != 3 {
		t.Fatalf("heads %+v, %v", heads, err)
	}
	row := func(i int) store.OutboxEntry {
		t.Helper()
		rows, err := s.OutboxRows(ctx, store.OutboxFilter{After: heads[i].Seq - 1}, 1)
		if err != nil || len(rows) != 1 {
			t.Fatalf("row %d: %v, %v", i, rows, err)
		}
		return rows[0]
	}
	mark := func(i int, want bool) {
		t.Helper()
		if ok, err := s.MarkSending(ctx, heads[i].Seq, now); ok != want || err != nil {
			t.Fatalf("mark %d: %v, %v", i, ok, err)
		}
	}
	record := func(i int, res store.OutboxResult) {
		t.Helper()
		if err := s.RecordOutbox(ctx, heads[i].Seq, res); err != nil {
			t.Fatal(err)
		}
	}
	cancel := func(no string) {
		r.do(packing.CancelNews{Parcel: packing.ParcelID("shop/" + no), Cancel: packing.CancelAsked})
	}

	// Recalled before the mark: never sent.
	cancel("A")
	mark(0, false)
	if e := row(0); e.State != store.OutboxWithdrawn || !e.Recalled || e.Unknown {
		t.Errorf("A: %+v", e)
	}
	// Recalled after the mark: read back, and what the server says is true.
	mark(1, true)
	mark(2, true)
	cancel("B")
	cancel("C")
	mark(1, false) // nothing is sent a second time
	again, err := s.OutboxHeads(ctx, "shop", now, 10)
	if err != nil || len(again) != 2 || !again[0].Recalled || !again[0].Unknown {
		t.Fatalf("recalled rows are to be asked for: %+v, %v", again, err)
	}
	record(1, store.OutboxResult{State: store.OutboxPending, Unknown: true, Note: "HTTP 500"})
	if e := row(1); e.State != store.OutboxPending || e.Note != "HTTP 500" {
		t.Errorf("B is still in doubt: %+v", e)
	}
	record(1, store.OutboxResult{State: store.OutboxDone, Counted: true})
	if e := row(1); e.State != store.OutboxDone || e.Attempts != 1 || e.Unknown {
		t.Errorf("B had arrived: %+v", e)
	}
	record(1, store.OutboxResult{State: store.OutboxPending})
	if e := row(1); e.State != store.OutboxDone || e.Attempts != 1 {
		t.Errorf("B was told and is open again: %+v", e)
	}
	record(2, store.OutboxResult{State: store.OutboxPending})
	if e := row(2); e.State != store.OutboxWithdrawn {
		t.Errorf("C isn't there: %+v", e)
	}
	if heads, err := s.OutboxHeads(ctx, "shop", now, 10); err != nil || len(heads) != 0 {
		t.Errorf("still open: %+v, %v", heads, err)
	}
}

func TestWhatAPersonEndedStaysEnded(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(1)
	r.seal("A")
	ctx := t.Context()
	heads, err := s.OutboxHeads(ctx, "shop", r.now.UnixMilli(), 10)
	if err != nil || len(heads) != 1 {
		t.Fatalf("heads %+v, %v", heads, err)
	}
	if ok, err := s.MarkSending(ctx, heads[0].Seq, r.now.UnixMilli()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, err := s.Commit(ctx, r.bench, []packing.Event{{Parcel: "shop/A", AtMs: r.now.UnixMilli(), Body: packing.OutboxAnswered{Row: heads[0].ID, Answer: packing.AnswerByHand, Why: "telephone"}}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		res  store.OutboxResult
		want store.OutboxState
	}{
		{store.OutboxResult{State: store.OutboxPending, Unknown: true, Note: "late"}, store.OutboxByHand},
		{store.OutboxResult{State: store.OutboxParked, Note: "late"}, store.OutboxByHand},
		{store.OutboxResult{State: store.OutboxDone}, store.OutboxDone}, // but it did arrive
	} {
		if err := s.RecordOutbox(ctx, heads[0].Seq, c.res); err != nil {
			t.Fatal(err)
		}
		rows, err := s.OutboxRows(ctx, store.OutboxFilter{Connection: "shop"}, 10)
		if err != nil || len(rows) != 1 || rows[0].State != c.want || rows[0].Note == "late" {
			t.Errorf("after %+v: %+v, %v", c.res, rows, err)
		}
	}
}

// TestAWrongClockDelaysNobody: next_ms comes from a clock that may have been wrong.
func TestAWrongClockDelaysNobody(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(1)
	r.seal("A")
	ctx := t.Context()
	created := r.now.UnixMilli()
	const limit = 2 * store.OutboxCap
	for _, c := range []struct {
		name      string
		next, now int64
		due       bool
	}{
		{"waits", created + 60_000, created + 1000, false},
		{"its time has come", created + 60_000, created + 60_000, true},
		{"the longest wait that can be meant", created + limit, created, false},
		{"the clock was set back by days", created + limit + 1, created, true},
		{"born in the future", created + 60_000, created - 1000, true},
	} {
		if err := s.RecordOutbox(ctx, 1, store.OutboxResult{State: store.OutboxPending, NextMs: c.next}); err != nil {
			t.Fatal(err)
		}
		heads, err := s.OutboxHeads(ctx, "shop", c.now, 10)
		if err != nil || (len(heads) == 1) != c.due {
			t.Errorf("%s: %d rows, %v", c.name, len(heads), err)
		}
	}
}

func TestOutboxRowsForPeople(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(3)
	for _, no := range []string{"A", "B", "C"} {
		r.seal(no)
	}
	ctx := t.Context()
	if err := s.RecordOutbox(ctx, 2, store.OutboxResult{State: store.OutboxParked, Counted: true, Note: "no such order", AtMs: 7}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		filter store.OutboxFilter
		limit  int
		want   []string
	}{
		{store.OutboxFilter{}, 10, []string{"shop/A", "shop/B", "shop/C"}},
		{store.OutboxFilter{}, 2, []string{"shop/A", "shop/B"}},
		{store.OutboxFilter{After: 2}, 2, []string{"shop/C"}},
		{store.OutboxFilter{States: []store.OutboxState{store.OutboxParked}}, 10, []string{"shop/B"}},
		{store.OutboxFilter{States: []store.OutboxState{store.OutboxPending, store.OutboxDone}}, 10, []string{"shop/A", "shop/C"}},
		{store.OutboxFilter{Connection: "other"}, 10, nil},
	} {
		rows, err := s.OutboxRows(ctx, c.filter, c.limit)
		var got []string
		for _, row := range rows {
			got = append(got, row.Parcel)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%+v: %v\n%s", c.filter, err, diff)
		}
	}
	rows, err := s.OutboxRows(ctx, store.OutboxFilter{After: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if e := rows[0]; e.Order != "OB" || e.Waybill != "WBB" || e.SealedMs == 0 || e.Note != "no such order" || e.AnsweredMs != 7 || e.Attempts != 1 {
		t.Errorf("row %+v", e)
	}
	if _, err := s.OutboxRows(ctx, store.OutboxFilter{States: []store.OutboxState{"'; DROP TABLE outbox; --"}}, 1); err == nil {
		t.Error("a state that is none was taken")
	}
}
