package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"packbench/bench"
	"packbench/document"
	"packbench/packing"
	"packbench/store"
	"packbench/upstream"
)

// news is parcel no as upstream has it now, with something changed.
func news(no string, change func(*upstream.Parcel)) upstream.Parcel {
	p := upstream.Parcel{
		Connection: "shop", Number: no, Order: "577000" + no, Nr: 1, Of: 1, Tote: "T-" + no, Waybill: "JT300223268000" + no,
		Carrier: "J&T", Status: upstream.Packable, Version: "v1", CreatedMs: int64(no[0] - '1'),
		Lines: []upstream.Line{{Listing: "MUG", Name: "mug", Quantity: 1}},
		Buyer: upstream.Buyer{Name: "Canary Zhang", Note: "fragile"},
	}
	change(&p)
	if p.Version == "v1" {
		p.Version = fmt.Sprintf("%+v", p)
	}
	return p
}

func (r *rig) take(parcels ...upstream.Parcel) bench.Intake {
	r.t.Helper()
	sum, err := r.station.Bench.TakeParcels(r.t.Context(), parcels)
	if err != nil {
		r.t.Fatal(err)
	}
	return sum
}

// row is the only outbox row of parcel no that is not replaced.
func (r *rig) row(no string) store.OutboxEntry {
	r.t.Helper()
	rows, err := r.station.Store.OutboxRows(r.t.Context(), store.OutboxFilter{}, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	var found []store.OutboxEntry
	for _, e := range rows {
		if e.Parcel == "shop/"+no && e.State != store.OutboxReplaced {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("%d rows of %s: %+v", len(found), no, rows)
	}
	return found[0]
}

// seal packs parcels of order(n).
func (r *rig) seal(numbers ...string) {
	r.t.Helper()
	for i, no := range numbers {
		r.scan("badge W1", "cmd PICK", "T-"+no, "badge C2", "T-"+no, "6901234500011")
		r.printed(i + 1)
		if v := r.scan("JT300223268000" + no); v.Parcel != nil || v.Alert != nil {
			r.t.Fatalf("not sealed: %+v %+v", v.Parcel, v.Alert)
		}
	}
}

// A second import of the shop's newer file: what waits is changed, what is in
// work is stopped, and each is named with its place.
func TestANewerFileNamesWhatMustNotLeave(t *testing.T) {
	r := newRig(t)
	r.order(5)
	r.seal("1", "2")
	r.scan("badge W1", "cmd PICK", "T-3", "badge C2", "T-3")
	sum := r.take(
		news("1", func(p *upstream.Parcel) { p.Status = upstream.Cancelled }),
		news("2", func(p *upstream.Parcel) { p.StatusText = "Shipped"; p.Status = upstream.Shipped }),
		news("3", func(p *upstream.Parcel) { p.Lines[0].Quantity = 2 }),
		news("4", func(p *upstream.Parcel) { p.Lines[0].Quantity = 3 }),
		news("5", func(p *upstream.Parcel) { p.Status = upstream.CancelAsked }),
		news("6", func(p *upstream.Parcel) {}),
	)
	if sum.New != 1 || sum.Updated != 1 || sum.Kept != 1 || len(sum.Stopped) != 3 {
		t.Fatalf("%+v", sum)
	}
	for i, want := range []bench.Stopped{
		{Parcel: "shop/1", Order: "5770001", Why: "cancelled", Stage: "sealed", Tote: "T-1", Bench: "bench-1"},
		{Parcel: "shop/3", Order: "5770003", Why: "changed", Stage: "verifying", Tote: "T-3", Bench: "bench-1"},
		{Parcel: "shop/5", Order: "5770005", Why: "cancel_asked", Stage: "waiting", Tote: "T-5"},
	} {
		got := sum.Stopped[i]
		if (got.AtMs > 0) != (want.Bench != "") {
			t.Errorf("time %d of %+v", got.AtMs, got)
		}
		if got.AtMs = 0; got != want {
			t.Errorf("stopped %+v, want %+v", got, want)
		}
	}
	if e := r.row("1"); e.State != store.OutboxWithdrawn {
		t.Errorf("a cancelled parcel would be told: %+v", e)
	}
	if e := r.row("2"); e.State != store.OutboxPending {
		t.Errorf("what upstream confirms is still to be told: %+v", e)
	}
	v := r.station.Bench.View()
	if v.Alert == nil || v.Alert.Kind != "recalled" || v.Alert.Severity != "purple" || v.Alert.Args["by"] != "陈丽" || v.Alert.More != 1 {
		t.Errorf("alert %+v", v.Alert)
	}
	again := r.take(news("1", func(p *upstream.Parcel) { p.Status = upstream.Cancelled }))
	if len(again.Stopped) != 0 || again.Unchanged != 1 {
		t.Errorf("said a second time: %+v", again)
	}
	r.audit()
}

// The address is compared without being kept.
func TestAnotherAddressRecallsAHiddenOneDoesNot(t *testing.T) {
	r := newRig(t)
	r.order(1)
	buyer := func(address string) upstream.Parcel {
		return news("1", func(p *upstream.Parcel) { p.Buyer.Address = address })
	}
	r.take(buyer("5 Canary Road"))
	r.labels(1) // a label for that address
	r.seal("1")
	if sum := r.take(buyer("5  Canary Road ")); len(sum.Stopped) != 0 {
		t.Fatalf("spaces recall a parcel: %+v", sum)
	}
	if sum := r.take(buyer("5 C***** R***")); len(sum.Stopped) != 0 {
		t.Fatalf("hiding the buyer recalls a parcel: %+v", sum)
	}
	if sum := r.take(buyer("7 Canary Road")); len(sum.Stopped) != 1 || sum.Stopped[0].Why != "changed" {
		t.Fatalf("%+v", sum)
	}
	r.audit()
}

func TestPeopleAnswerTheOutbox(t *testing.T) {
	r := newRig(t)
	r.order(3)
	r.seal("1", "2", "3")
	ctx := t.Context()
	for no, answer := range map[string]bench.OutboxAnswer{
		"1": {Answer: packing.AnswerRetry, Why: "server mended"},
		"2": {Answer: packing.AnswerByHand, Why: "typed into the platform"},
		"3": {Answer: packing.AnswerEdit, Why: "their name for it", Carrier: "JT Express"},
	} {
		e := r.row(no)
		answer.Row, answer.By = e.ID, "B9"
		if answer.Answer != packing.AnswerByHand {
			if err := r.station.Bench.AnswerOutbox(ctx, answer); !errors.Is(err, bench.ErrNotParked) {
				t.Fatalf("a row on its way was answered: %v", err)
			}
		}
		err := r.station.Store.RecordOutbox(ctx, e.Seq, store.OutboxResult{State: store.OutboxParked, Counted: true, Note: "no such carrier"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.station.Bench.AnswerOutbox(ctx, answer); err != nil {
			t.Fatal(err)
		}
		if err := r.station.Bench.AnswerOutbox(ctx, answer); !errors.Is(err, bench.ErrNotParked) {
			t.Fatalf("answered twice: %v", err)
		}
		if after := r.row(no); after.State == store.OutboxParked {
			t.Fatalf("still parked: %+v", after)
		} else if answer.Answer == packing.AnswerEdit {
			var s packing.Shipped
			if err := json.Unmarshal(after.Payload, &s); err != nil || s.Data.Carrier != "JT Express" || s.Data.Waybill != "JT3002232680003" || after.ID == e.ID {
				t.Fatalf("corrected row %+v (%v)", after, err)
			}
		}
	}
	if err := r.station.Bench.AnswerOutbox(ctx, bench.OutboxAnswer{Row: "x", Answer: packing.AnswerRetry, Why: "?", By: "C2"}); !errors.Is(err, bench.ErrNotAllowed) {
		t.Fatalf("a packer answered: %v", err)
	}
	if err := r.station.Bench.AnswerOutbox(ctx, bench.OutboxAnswer{Row: "x", Answer: packing.AnswerRetry}); err == nil {
		t.Fatal("nobody says why")
	}
	r.audit()
}

// An import that is interrupted leaves whole parcels, and says how many.
func TestInterruptedImportIsWhole(t *testing.T) {
	r := newRig(t)
	var parcels []upstream.Parcel
	for i := range 1000 {
		no := fmt.Sprintf("1-%04d", i)
		parcels = append(parcels, news(no, func(*upstream.Parcel) {}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		changed, end := r.station.Bench.Watch()
		defer end()
		<-changed // some are taken
		cancel()
	}()
	sum, err := r.station.Bench.TakeParcels(ctx, parcels)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("all %d were taken in spite of the interruption: %v", sum.New, err)
	}
	if err := r.station.Bench.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	stages, err := r.station.Store.Stages(t.Context())
	if err != nil || stages[packing.StageWaiting] < sum.New {
		t.Fatalf("said %d, stored %v (%v)", sum.New, stages, err)
	}
	r.audit()
	if rest := r.take(parcels...); rest.New+rest.Unchanged != 1000 {
		t.Fatalf("the rest %+v", rest)
	}
}

// A file that is older than what is known brings new parcels and lifts nothing.
func TestAnOlderFileLiftsNoCancel(t *testing.T) {
	r := newRig(t)
	r.order(2)
	r.take(news("1", func(p *upstream.Parcel) { p.Status = upstream.CancelAsked }))
	sum, err := r.station.Bench.TakeOlderParcels(t.Context(), []upstream.Parcel{
		news("1", func(*upstream.Parcel) {}),
		news("2", func(p *upstream.Parcel) { p.Version = "v1" }),
		news("3", func(*upstream.Parcel) {}),
	})
	if err != nil || sum.New != 1 || sum.Kept+sum.Unchanged != 2 || sum.Updated != 0 || len(sum.Stopped) != 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2")
	if v := r.scan("T-1"); v.Alert == nil || v.Alert.Kind != "cancel_asked" {
		t.Fatalf("alert %+v", v.Alert)
	}
}

// A picture code with an address on it proves its label, and is kept as a digest.
func TestAnAddressInAPictureCodeIsNotKept(t *testing.T) {
	r := newRig(t)
	r.order(1)
	address := "CANARY ZHANG, 12 SOME STREET, SOME TOWN, SOME PROVINCE 100000, 13800138000"
	var pdf bytes.Buffer
	err := document.ShippingLabels(&pdf, []document.ShippingLabelData{{Carrier: "J&T", Waybill: "JT3002232680001", OrderNumber: address, To: []string{"Canary Zhang"}}})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := r.station.Bench.ImportLabels(t.Context(), pdf.Bytes())
	if err != nil || pages[0].Parcel != "shop/1" || len(pages[0].Codes) < 2 {
		t.Fatalf("%+v, %v", pages, err)
	}
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1", "6901234500011")
	r.printed(1)
	if v := r.scan(address); v.Parcel != nil || v.Sealed != 1 {
		t.Fatalf("its own code proves nothing: %+v, alert %+v; codes %v", v.Parcel, v.Alert, pages[0].Codes)
	}
	err = r.station.Store.Journal(t.Context(), func(e store.Entry) error {
		if bytes.Contains(bytes.ToUpper(e.Payload), []byte("SOME STREET")) {
			t.Errorf("event %d keeps the address: %s", e.Seq, e.Payload)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.audit()
}

// oneLabel imports a label PDF of one page.
func (r *rig) oneLabel(waybill, order string) []bench.Matched {
	r.t.Helper()
	var pdf bytes.Buffer
	if err := document.ShippingLabels(&pdf, []document.ShippingLabelData{{Carrier: "J&T", Waybill: waybill, OrderNumber: order, To: []string{"Canary Zhang"}}}); err != nil {
		r.t.Fatal(err)
	}
	pages, err := r.station.Bench.ImportLabels(r.t.Context(), pdf.Bytes())
	if err != nil {
		r.t.Fatal(err)
	}
	return pages
}

// Another waybill of a parcel in work: its new label finds it, and the old one
// is known as old.
func TestLabelsOfAChangedWaybill(t *testing.T) {
	r := newRig(t)
	r.order(1)
	r.seal("1")
	r.take(news("1", func(p *upstream.Parcel) { p.Waybill = "JT3002232689999" }))
	if v := r.scan("cmd ACK", "JT3002232680001"); v.Alert == nil || v.Alert.Kind != "old_label" {
		t.Errorf("the old label: %+v", v.Alert)
	}
	if pages := r.oneLabel("JT3002232689999", ""); pages[0].Parcel != "shop/1" {
		t.Errorf("the new label finds no parcel: %+v", pages[0])
	}
	r.scan("cmd ACK", "T-1")
	r.printed(2)
	if v := r.scan("JT3002232689999"); v.Parcel != nil || v.Alert != nil {
		t.Errorf("not sealed again: %+v %+v", v.Parcel, v.Alert)
	}
	if e := r.row("1"); e.Waybill != "JT3002232689999" || e.State != store.OutboxPending {
		t.Errorf("row %+v", e)
	}
	r.audit()
}

// A label that was here before the export that names its number stays.
func TestLabelBeforeItsWaybill(t *testing.T) {
	r := newRig(t)
	r.take(news("1", func(p *upstream.Parcel) { p.Waybill = "" }))
	if m := r.oneLabel("JT3002232680001", "5770001"); m[0].Parcel != "shop/1" {
		t.Fatal(m)
	}
	r.take(news("1", func(*upstream.Parcel) {}))
	if p, err := r.station.Store.Parcel(t.Context(), "shop/1"); err != nil || p.File == nil {
		t.Errorf("label lost: %+v, %v", p, err)
	}
}

// Hearing a page twice lifts no cancel that stands on it.
func TestAPageHeardTwice(t *testing.T) {
	r := newRig(t)
	r.order(1)
	r.seal("1")
	page := upstream.Changes{
		Parcels: []upstream.Parcel{news("1", func(*upstream.Parcel) {})},
		Cancels: []upstream.Cancel{{Connection: "shop", Number: "1", Asked: true}},
	}
	for range 2 {
		before := len(r.events("shop/1"))
		if err := r.station.Bench.Ingest(t.Context(), "shop", page, "c1"); err != nil {
			t.Fatal(err)
		}
		if e := r.row("1"); e.State != store.OutboxWithdrawn {
			t.Fatalf("row %+v", e)
		}
		for _, kind := range r.events("shop/1")[before:] {
			if kind == "hold_released" {
				t.Fatal("lifted in between")
			}
		}
	}
	if err := r.station.Bench.Ingest(t.Context(), "shop", upstream.Changes{Cancels: []upstream.Cancel{{Connection: "shop", Order: "5770002"}}}, "c2"); err != nil {
		t.Fatal(err)
	}
	r.take(news("2", func(*upstream.Parcel) {})) // its order was cancelled before it came
	if p, err := r.station.Store.Parcel(t.Context(), "shop/2"); err != nil || p.Cancel != packing.CancelFinal {
		t.Errorf("%+v, %v", p, err)
	}
	r.audit()
}

// events are the kinds of a parcel's events, in order.
func (r *rig) events(parcel string) []string {
	r.t.Helper()
	var out []string
	err := r.station.Store.Story(r.t.Context(), parcel, func(e store.Entry) error {
		out = append(out, e.Kind)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// What is lost or wrong in the settings stops a part, never the bench.
func TestABenchStartsWithoutItsProfile(t *testing.T) {
	r := newRig(t)
	src, err := os.ReadFile("../assets/profiles/zpl-203.json")
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(r.dir, "profiles", "mine.json")
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, bytes.ReplaceAll(src, []byte("zpl-203"), []byte("mine")), 0o600); err != nil {
		t.Fatal(err)
	}
	r.set(bench.SettingProfile, "mine")
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	if v := r.station.Bench.View(); v.Printer.Fault != "printer.no_profile" {
		t.Errorf("printer %+v", v.Printer)
	}
	r.set(bench.SettingProfile, "zpl-203") // and can be mended
	r.reopen()
	if v := r.station.Bench.View(); v.Printer.Fault == "printer.no_profile" {
		t.Errorf("printer %+v", v.Printer)
	}
}
