package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/packing"
	"packbench/raster"
	"packbench/store"
)

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

// rig is a bench without devices: inputs go through the rules into the store.
type rig struct {
	t     testing.TB
	s     *store.Store
	bench packing.Bench
	pol   packing.Policy
	now   time.Time
}

func newRig(t testing.TB, s *store.Store) *rig {
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, s: s, bench: bench, pol: packing.DefaultPolicy(), now: time.UnixMilli(1_800_000_000_000)}
}

func (r *rig) do(in packing.Input) store.Committed {
	r.t.Helper()
	ctx := context.Background()
	r.now = r.now.Add(time.Second)
	state := packing.State{Bench: r.bench}
	if r.bench.Focus != "" {
		p, err := r.s.Parcel(ctx, r.bench.Focus)
		if err != nil {
			r.t.Fatal(err)
		}
		state.Parcel = p
	}
	facts, err := r.s.Facts(ctx, packing.Needs(state, in), state.Parcel)
	if err != nil {
		r.t.Fatal(err)
	}
	events := packing.Decide(state, facts, r.pol, in, r.now)
	if len(events) == 0 {
		return store.Committed{}
	}
	out, err := r.s.Commit(ctx, r.bench, events)
	if err != nil {
		r.t.Fatal(err)
	}
	r.bench = out.Bench
	return out
}

func (r *rig) scan(keys ...string) {
	r.t.Helper()
	for _, key := range keys {
		in := packing.Scan{Key: key, Shown: key, Device: "gun"}
		if body, ok := strings.CutPrefix(key, "badge "); ok {
			in.Class, in.Body = packing.ClassBadge, body
		}
		if body, ok := strings.CutPrefix(key, "command "); ok {
			in.Class, in.Body = packing.ClassCommand, body
		}
		r.do(in)
	}
}

// shop fills a store with goods, people and n parcels of one mug each.
func (r *rig) shop(n int) {
	r.t.Helper()
	ctx := context.Background()
	if _, err := r.s.SaveGoods(ctx, []store.Goods{{SKU: "MUG", Codes: []store.GoodsCode{{Code: "6901234500011", Units: 1}}, NameEN: "Mug", WeightMg: 310_000, WeightSource: "measured"}}); err != nil {
		r.t.Fatal(err)
	}
	for _, id := range []string{"W", "C"} {
		if err := r.s.SavePerson(ctx, store.Person{ID: id, Name: id}); err != nil {
			r.t.Fatal(err)
		}
	}
	for i := range n {
		no := string(rune('A' + i))
		id := packing.ParcelID("shop/" + no)
		r.do(packing.Arrived{Parcel: packing.Parcel{
			ID: id, Connection: "shop", Number: no, Order: "O" + no, Tote: "T" + no, Waybill: "WB" + no,
			Lines: []packing.Line{{Listing: "MUG", Name: "mug", Quantity: 1}}, Status: packing.StatusPackable, TellAt: "sealed",
		}})
		r.do(packing.LabelCame{Parcel: id, File: packing.LabelFile{Hash: "h" + no, Codes: []string{"WB" + no}, Printable: true}})
	}
}

const mug = "06901234500011" // as code.Key writes it

// seal packs a parcel from pick to seal.
func (r *rig) seal(no string) {
	r.t.Helper()
	r.scan("badge W", "command PICK", "T"+no, "badge C", "T"+no, mug, "WB"+no)
	p, err := r.s.Parcel(context.Background(), packing.ParcelID("shop/"+no))
	if err != nil || p.Stage() != packing.StageSealed {
		r.t.Fatalf("parcel %s is %v (%v)", no, p, err)
	}
}

func TestCommitRestartAudit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := newRig(t, s)
	r.shop(3)
	r.seal("A")
	r.scan("command PICK", "TB", "badge W", "TB") // open, in the middle
	r.scan("???")                                 // with an open alert
	before := r.bench
	if before.Focus != "shop/B" || len(before.Alerts) != 1 {
		t.Fatalf("bench %+v", before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, dir)
	after, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Focus != before.Focus || len(after.Alerts) != 1 || after.Alerts[0].Kind != packing.UnknownCode || after.Last != before.Last {
		t.Fatalf("after the restart %+v", after)
	}
	a, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Problems) != 0 || a.Parcels != 3 || a.Outbox != 1 {
		t.Fatalf("audit %+v", a)
	}
}

func TestOutboxRowIsWrittenOnceAndInOrder(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(2)
	r.seal("A")
	r.seal("B")
	ctx := t.Context()
	heads, err := s.OutboxHeads(ctx, "shop", r.now.UnixMilli(), 10)
	if err != nil || len(heads) != 2 || heads[0].Parcel != "shop/A" || heads[0].Operation != packing.OpShipped {
		t.Fatalf("heads %+v, %v", heads, err)
	}
	if !strings.Contains(string(heads[0].Payload), `"waybill":"WBA"`) {
		t.Fatalf("payload %s", heads[0].Payload)
	}
	if err := s.RecordOutbox(ctx, heads[0].Seq, store.OutboxResult{State: store.OutboxPending, Counted: true, NextMs: r.now.UnixMilli() + 5000}); err != nil {
		t.Fatal(err)
	}
	if heads, _ = s.OutboxHeads(ctx, "shop", r.now.UnixMilli(), 10); len(heads) != 1 || heads[0].Parcel != "shop/B" {
		t.Fatalf("a row that waits is not due: %+v", heads)
	}
	if heads, _ = s.OutboxHeads(ctx, "shop", r.now.UnixMilli()+6000, 10); len(heads) != 2 || heads[0].Attempts != 1 {
		t.Fatalf("later it is: %+v", heads)
	}
	if err := s.RecordOutbox(ctx, heads[0].Seq, store.OutboxResult{State: store.OutboxDone}); err != nil {
		t.Fatal(err)
	}
	if counts, _ := s.OutboxCounts(ctx); len(counts) != 1 || counts[store.OutboxPending] != 1 {
		t.Fatalf("counts %v", counts)
	}
	if err := s.RecordOutbox(ctx, 999, store.OutboxResult{State: store.OutboxDone}); err == nil {
		t.Fatal("a row that is not there can't be recorded")
	}
}

// raw opens the database behind the store's back, as somebody with the file could.
func raw(t *testing.T, dir, query string) {
	t.Helper()
	if err := rawExec(dir, query); err != nil {
		t.Fatal(err)
	}
}

func rawExec(dir, query string) error {
	db, err := sql.Open("sqlite", filepath.Join(dir, "packbench.db"))
	if err != nil {
		return err
	}
	_, err = db.Exec(query)
	return errors.Join(err, db.Close())
}

func rawOpen(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "packbench.db"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// testNow is when tests happen.
var testNow = time.UnixMilli(1_800_000_000_000)

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, "PRAGMA user_version = 99")
	for _, opt := range []store.Options{{Station: "bench-1"}, {Shared: true}} {
		if _, err := store.Open(dir, opt); !errors.Is(err, store.ErrNewer) {
			t.Fatalf("%+v: %v", opt, err)
		}
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	if dir := os.Getenv("PACKBENCH_LOCK_TEST"); dir != "" {
		_, err := store.Open(dir, store.Options{Station: "bench-2"})
		var locked *store.LockedError
		if !errors.As(err, &locked) || !strings.HasPrefix(locked.Error(), "data directory in use by process ") {
			t.Fatalf("got %v", err)
		}
		return
	}
	dir := t.TempDir()
	s := open(t, dir)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestSecondProcessIsRefused$")
	cmd.Env = append(os.Environ(), "PACKBENCH_LOCK_TEST="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shared, err := store.Open(dir, store.Options{Shared: true})
	if err != nil {
		t.Fatalf("reading beside it: %v", err)
	}
	if _, err := shared.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.SaveGoods(t.Context(), []store.Goods{{SKU: "X"}}); err == nil {
		t.Fatal("a reader can't write")
	}
	if err := errors.Join(shared.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
}

func TestGoodsCodes(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	mugs := store.Goods{SKU: "001", Connection: "north", Codes: []store.GoodsCode{{Code: "96385074"}, {Code: "BOX-12", Units: 12}}, NameEN: "Mug"}
	if n, err := s.SaveGoods(ctx, []store.Goods{mugs}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n, err := s.SaveGoods(ctx, []store.Goods{mugs}); err != nil || n != 0 {
		t.Fatal("the same again changes nothing:", n, err)
	}
	// Another shop may sell another "001"; within one shop a barcode means one thing.
	if _, err := s.SaveGoods(ctx, []store.Goods{{SKU: "001", Connection: "south", NameEN: "Hat", Codes: []store.GoodsCode{{Code: "96385074"}}}}); err != nil {
		t.Fatal(err)
	}
	_, err := s.SaveGoods(ctx, []store.Goods{{SKU: "002", Connection: "north", Codes: []store.GoodsCode{{Code: "96385074"}}}})
	if !errors.Is(err, store.ErrCodeTaken) {
		t.Fatal(err)
	}
	facts, err := s.Facts(ctx, []packing.Need{{What: packing.NeedCode, Key: "00000096385074"}}, nil)
	if err != nil || len(facts.Codes["00000096385074"]) != 2 {
		t.Fatalf("owners %+v, %v", facts.Codes, err)
	}
}

func TestPersonalDataStaysApart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := newRig(t, s)
	r.shop(1)
	ctx := t.Context()
	const canary = "Zhang Canary"
	if err := s.SavePersonal(ctx, map[string]store.Personal{"shop/A": {Name: canary, Note: "two bags"}}, 1000); err != nil {
		t.Fatal(err)
	}
	if note, err := s.Note(ctx, "shop/A"); err != nil || note != "two bags" {
		t.Fatal(note, err)
	}
	if err := s.Journal(ctx, func(e store.Entry) error {
		if strings.Contains(string(e.Payload), "Canary") {
			t.Errorf("event %d holds a name", e.Seq)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	works(t, s, time.Now())
	if err := s.EraseOld(ctx, time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if note, err := s.Note(ctx, "shop/A"); err != nil || note != "" {
		t.Fatalf("erased in time: %q %v", note, err)
	}
}

func TestLabelFilesAndPages(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	hash, err := s.SaveLabelFile(ctx, "pdf", []byte("%PDF-demo"), 1000)
	if err != nil || len(hash) != 64 {
		t.Fatal(hash, err)
	}
	if data, err := s.LabelFile(ctx, hash); err != nil || string(data) != "%PDF-demo" {
		t.Fatal(string(data), err)
	}
	bm := raster.New(35, 20)
	bm.SetBlack(34, 19)
	if err := s.SavePage(ctx, hash, 0, "203", bm); err != nil {
		t.Fatal(err)
	}
	got, err := s.Page(ctx, hash, 0, "203")
	if err != nil || !got.Equal(bm) {
		t.Fatal(got, err)
	}
	if none, err := s.Page(ctx, hash, 1, "203"); err != nil || none != nil {
		t.Fatal("a page that is not cached is nil", none, err)
	}
	works(t, s, time.Now())
	if err := s.EraseOld(ctx, time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LabelFile(ctx, hash); !errors.Is(err, store.ErrNoLabelFile) {
		t.Fatalf("erased in time: %v", err)
	}
}

// page is a small picture.
func page() *raster.Bitmap {
	bm := raster.New(35, 20)
	bm.SetBlack(34, 19)
	return bm
}

func TestCursor(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	if c, err := s.Cursor(ctx, "erp"); err != nil || c != "" {
		t.Fatal(c, err)
	}
	if err := s.SetCursor(ctx, "erp", "42"); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Cursor(ctx, "erp"); err != nil || c != "42" {
		t.Fatal(c, err)
	}
}
