package packing_test

import (
	"slices"
	"testing"
	"time"

	"packbench/packing"
)

// What upstream says while people work: BENCH §6, rows 9, 10, 11, 20, 51, 52.

// sealedA is a bench that has just sealed parcel a.
func sealedA(t *testing.T) (w *world, a packing.ParcelID) {
	t.Helper()
	w, a, _ = toProve(t)
	want(t, w.scan("WB1"), "label_proven sealed")
	return w, a
}

// news is parcel id as upstream has it, with something changed.
func (w *world) news(id packing.ParcelID, change func(*packing.Parcel)) packing.Arrived {
	p := w.parcels[id]
	n := packing.Parcel{
		ID: id, Connection: p.Connection, Number: p.Number, Order: p.Order, Tote: p.Tote, Carrier: p.Carrier,
		Waybill: p.Waybill, Address: p.Address, Lines: slices.Clone(p.Lines), Status: p.Status, TellAt: p.TellAt,
		CreatedMs: p.CreatedMs, Content: p.Content + "+", Cancel: p.Cancel,
	}
	change(&n)
	return packing.Arrived{Parcel: n}
}

// rows is the outbox of a parcel: waybill and state of each row.
func (w *world) rows(id packing.ParcelID) string {
	s := ""
	for _, r := range w.told[id] {
		s += r.waybill + " " + r.state + "; "
	}
	return s
}

func wantRows(t *testing.T, w *world, id packing.ParcelID, rows string) {
	t.Helper()
	if got := w.rows(id); got != rows {
		t.Fatalf("outbox of %s: %q, want %q", id, got, rows)
	}
}

func TestRow9CancelStopsBeforeThePrint(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gmug")
	w.scan("Gmug")
	w.scan("Gtee")
	// Known, but not yet said: the gate before the print finds it.
	w.parcels[a].Cancel = packing.CancelAsked
	want(t, w.weigh(800_000), "weighed refused:cancel_asked held closed asked")
	if len(w.prints) != 0 {
		t.Fatal("a cancelled parcel's label was printed")
	}
}

func TestRow9CancelStopsAtTheProof(t *testing.T) {
	w, a, _ := toProve(t)
	w.parcels[a].Cancel = packing.CancelFinal
	want(t, w.scan("WB1"), "refused:cancelled label_voided held closed asked")
	wantRows(t, w, a, "")
}

func TestRow10CancelOfASealedParcelNamesItsPlace(t *testing.T) {
	w, a := sealedA(t)
	want(t, w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelFinal}), "cancel_known held label_voided refused:recalled")
	alert := w.bench.Alerts[0]
	if alert.Severity != packing.Purple || alert.Args["bench"] != "bench-1" || alert.Args["by"] != "CHEN" || alert.Args["at_ms"] == "" || alert.Args["why"] != "cancelled" {
		t.Fatalf("alert %+v", alert)
	}
	wantRows(t, w, a, "WB1 withdrawn; ") // never "shipped"
	w.command(packing.CmdAck)
	want(t, w.scan("WB1"), "refused:cancelled asked") // found: scanned out, into the bin
	w.command(packing.CmdAck)
	w.shelf("BIN1")
	want(t, w.scan("WB1"), "refused:cancelled")
	if got := w.parcels[a].Holds[0].Shelf; got != "BIN1" {
		t.Fatalf("shelf %q", got)
	}
}

func TestRow10CancelAskedThenDeclinedIsToldAfterAll(t *testing.T) {
	w, a := sealedA(t)
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelAsked})
	wantRows(t, w, a, "WB1 withdrawn; ")
	want(t, w.do(packing.CancelNews{Parcel: a}), "cancel_known hold_released refused:freed")
	wantRows(t, w, a, "WB1 pending; ")
	if got := w.parcels[a].Stage(); got != packing.StageSealed {
		t.Fatalf("stage %s", got)
	}
}

func TestRow10WhatWasToldStaysTold(t *testing.T) {
	w, a := sealedA(t)
	w.told[a][0].state = "done"
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelFinal})
	wantRows(t, w, a, "WB1 done; ")
}

func TestRow11AddressChangedWhilePacking(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.parcels[a].Address = "a1"
	w.scan("T1")
	w.scan("Gmug")
	w.scan("Gmug")
	w.scan("Gtee")
	w.weigh(800_000)
	w.do(packing.PrintReport{Job: w.prints[0], State: packing.PrintConfirmed})
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Address = "a2" })), "parcel_changed label_voided refused:order_changed")
	w.command(packing.CmdAck)
	want(t, w.scan("WB1"), "refused:wrong_kind") // no label is due: the new file is not here
	want(t, w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h1b", Codes: []string{"WB1"}, Printable: true}}), "label_arrived label_requested")
	want(t, w.scan("WB1"), "alert_passed label_proven sealed")
	if !w.parcels[a].AllVerified() {
		t.Fatal("the goods were verified already")
	}
}

func TestRow11OldLabelIsRefused(t *testing.T) {
	w, a, _ := toProve(t)
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Waybill = "WB1b" })), "parcel_changed label_voided refused:order_changed")
	w.command(packing.CmdAck)
	want(t, w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h1b", Codes: []string{"WB1b"}, Printable: true}}), "label_arrived label_requested")
	want(t, w.scan("WB1"), "refused:old_label")
	w.command(packing.CmdAck)
	want(t, w.scan("WB1b"), "label_proven sealed")
	wantRows(t, w, a, "WB1b pending; ")
}

func TestRow11OldLabelOpensNothing(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, a, _ := ready(t, pol)
	w.parcels[a].Address = "a1"
	w.command(packing.CmdAhead)
	w.do(w.news(a, func(p *packing.Parcel) { p.Address = "a2" }))
	want(t, w.scan("WB1"), "refused:old_label")
}

func TestRow11GoodsChangedAreCountedAnew(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gmug")
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Lines = []packing.Line{line("mug", 1)} })), "parcel_changed refused:order_changed closed")
	w.command(packing.CmdAck)
	want(t, w.scan("T1"), "opened")
	want(t, w.scan("Gmug"), "unit_verified")
	if !w.parcels[a].AllVerified() {
		t.Fatalf("units %+v", w.parcels[a].Units)
	}
}

func TestRow11SealedIsRecalledAndProvenAnew(t *testing.T) {
	w, a := sealedA(t)
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Waybill = "WB1b" })), "parcel_changed label_voided held refused:recalled")
	if w.bench.Alerts[0].Severity != packing.Red || w.bench.Alerts[0].Args["why"] != "changed" {
		t.Fatalf("alert %+v", w.bench.Alerts[0])
	}
	wantRows(t, w, a, "WB1 withdrawn; ")
	w.command(packing.CmdAck)
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h1b", Codes: []string{"WB1b"}, Printable: true}})
	want(t, w.scan("T1"), "opened label_requested")
	want(t, w.scan("WB1b"), "label_proven hold_released sealed")
	wantRows(t, w, a, "WB1 replaced; WB1b pending; ")
}

func TestRow11AnotherNumberIsNeverToldByItself(t *testing.T) {
	w, a := sealedA(t)
	w.told[a][0].state = "done"
	w.do(w.news(a, func(p *packing.Parcel) { p.Waybill, p.Status = "WB1b", packing.StatusShipped }))
	w.command(packing.CmdAck)
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h1b", Codes: []string{"WB1b"}, Printable: true}})
	w.scan("T1")
	want(t, w.scan("WB1b"), "label_proven hold_released sealed")
	wantRows(t, w, a, "WB1 done; WB1b parked; ")
}

func TestRow11SameNumberIsToldOnce(t *testing.T) {
	w, a := sealedA(t)
	w.parcels[a].Address = "a1"
	w.do(w.news(a, func(p *packing.Parcel) { p.Address = "a2" }))
	wantRows(t, w, a, "WB1 withdrawn; ")
	w.command(packing.CmdAck)
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h1b", Codes: []string{"WB1"}, Printable: true}})
	want(t, w.scan("T1"), "opened label_requested")
	wantRows(t, w, a, "WB1 withdrawn; ") // not before it is sealed again
	want(t, w.scan("WB1"), "label_proven hold_released sealed")
	wantRows(t, w, a, "WB1 pending; ")
}

// A supervisor can lift what people decide, but a changed parcel needs its new
// label all the same.
func TestRow11NoReleaseWithoutTheNewLabel(t *testing.T) {
	w, a := sealedA(t)
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelAsked})
	w.do(w.news(a, func(p *packing.Parcel) { p.Waybill, p.Cancel = "WB1b", packing.CancelNone }))
	w.command(packing.CmdAck)
	w.command(packing.CmdAck)
	p := *w.parcels[a]
	p.Holds = append(slices.Clone(p.Holds), packing.Hold{Reason: packing.HoldPacker, Supervisor: true})
	w.parcels[a] = &p
	want(t, w.scan("T1"), "refused:cant_open")
	w.command(packing.CmdRelease)
	w.badge("BOSS")
	want(t, w.pin("BOSS", true), "asked hold_released")
	if p := w.parcels[a]; p.Stage() != packing.StageHeld || !p.HeldFor(packing.HoldChanged) {
		t.Fatalf("stage %s, holds %+v", p.Stage(), p.Holds)
	}
	wantRows(t, w, a, "WB1 withdrawn; ")
	want(t, w.scan("T1"), "opened refused:no_label")
}

// What a platform adds after the ship call, or hides, recalls nothing.
func TestRow11WhatIsNoChange(t *testing.T) {
	for name, change := range map[string]func(*packing.Parcel){
		"address hidden":          func(p *packing.Parcel) { p.Address = "" },
		"waybill of the label":    func(p *packing.Parcel) { p.Waybill = "WB1" },
		"ship-by date":            func(p *packing.Parcel) { p.ShipByMs = 5 },
		"name of the goods":       func(p *packing.Parcel) { p.Lines[0].Name = "Mug, new" },
		"shipped by our own word": func(p *packing.Parcel) { p.Status = packing.StatusShipped },
	} {
		w, a := sealedA(t)
		w.parcels[a].Address = "a1"
		if name == "waybill of the label" {
			w.parcels[a].Waybill = "" // a file that didn't have it yet
		}
		w.do(w.news(a, change))
		if p := w.parcels[a]; p.Stage() != packing.StageSealed || w.bench.Blocked() {
			t.Errorf("%s: stage %s, alerts %+v", name, p.Stage(), w.bench.Alerts)
		}
	}
}

func TestSealedOnHoldUpstreamIsRecalled(t *testing.T) {
	w, a := sealedA(t)
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Status = packing.StatusOnHold })), "parcel_changed status_known held refused:recalled")
	wantRows(t, w, a, "WB1 withdrawn; ")
	w.command(packing.CmdAck)
	want(t, w.do(w.news(a, func(p *packing.Parcel) { p.Status = packing.StatusPackable })), "parcel_changed status_known hold_released refused:freed")
	wantRows(t, w, a, "WB1 pending; ")
}

// Rows 20 and 51: no network, or a platform that is silent, stops nothing; how
// old the knowledge was is kept with the parcel.
func TestRow20And51OldKnowledgeSealsAndSaysSo(t *testing.T) {
	for _, c := range []struct {
		name string
		ages map[string]int64
		old  bool
	}{
		{"fresh", map[string]int64{"shop": 14 * 60_000}, false},
		{"old", map[string]int64{"shop": 16 * 60_000}, true},
		{"never heard", map[string]int64{"shop": -1}, true},
		{"another shop is silent", map[string]int64{"other": -1, "shop": 0}, false},
		{"files only", nil, false},
	} {
		w, a, _ := toProve(t)
		w.ages = c.ages
		want(t, w.scan("WB1"), "label_proven sealed")
		if p := w.parcels[a]; p.StatusOld != c.old || p.Stage() != packing.StageSealed {
			t.Errorf("%s: status old %v, stage %s", c.name, p.StatusOld, p.Stage())
		}
		wantRows(t, w, a, "WB1 pending; ")
	}
}

func TestRow52ClockIsNotedOnce(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	want(t, w.do(packing.ClockNews{Clock: packing.ClockSkewed, SkewMs: 180_000}), "clock_noted")
	want(t, w.do(packing.ClockNews{Clock: packing.ClockSkewed, SkewMs: 181_000}), "")
	w.now = w.now.Add(-48 * time.Hour)
	want(t, w.do(packing.ClockNews{Clock: packing.ClockWrong}), "clock_noted")
	want(t, w.scan("T1"), "opened") // packing goes on
	want(t, w.do(packing.ClockNews{}), "clock_noted")
	if w.bench.Clock != packing.ClockRight {
		t.Fatalf("clock %q", w.bench.Clock)
	}
}

// What a review found.

// packA packs parcel a up to the proof.
func packA(t *testing.T, w *world) {
	t.Helper()
	for _, k := range []string{"T1", "Gmug", "Gmug", "Gtee"} {
		w.scan(k)
	}
	w.weigh(800_000)
}

// A barcode of the order's number opens the order, also where it stood on a
// label that is old now.
func TestRow11OrderNumberOpensAfterAChange(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.parcels[a].Address = "a1"
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h0", Codes: []string{"WB1", "O1"}, Printable: true}})
	packA(t, w)
	want(t, w.scan("WB1"), "label_proven sealed")
	w.do(w.news(a, func(p *packing.Parcel) { p.Address = "a2" }))
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h9", Codes: []string{"WB1", "O1"}, Printable: true}})
	w.command(packing.CmdAck)
	want(t, w.scan("O1"), "opened label_requested")
}

// A file connection that tells nothing: the platform says shipped by itself.
func TestRow11ChangedAndShippedWithoutOurWord(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.parcels[a].TellAt = "never"
	packA(t, w)
	want(t, w.scan("WB1"), "label_proven sealed")
	w.do(w.news(a, func(p *packing.Parcel) { p.Status, p.Waybill = packing.StatusShipped, "WB1b" }))
	w.command(packing.CmdAck)
	w.do(labelFor(w.parcels[a]))
	want(t, w.scan("T1"), "opened label_requested")
	want(t, w.scan("WB1b"), "label_proven hold_released sealed")
}

func TestRow11SpellingsOfOneNumber(t *testing.T) {
	for _, c := range []struct {
		label, file string
		same        bool
	}{
		{"WB1", "wb1", true},
		{"WB1", "WB 1", true},
		{"420945389400111899560334651289", "9400 1118 9956 0334 6512 89", true},
		{"JT3002232680423", "JT3002232680424", false},
		{"WB123", "B123", false}, // too short to be a number without its routing
	} {
		w, a, _ := ready(t, verifyFirst())
		w.parcels[a].Waybill = ""
		w.parcels[a].File = nil
		w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h0", Codes: []string{c.label}, Printable: true}})
		packA(t, w)
		want(t, w.scan(c.label), "label_proven sealed")
		w.do(w.news(a, func(p *packing.Parcel) { p.Waybill = c.file }))
		if w.parcels[a].HeldFor(packing.HoldChanged) == c.same {
			t.Errorf("label %s, file %s: recalled %v", c.label, c.file, !c.same)
		}
	}
}

// What an export leaves out is no change; what it names otherwise is.
func TestRow11PartsOfAnAddress(t *testing.T) {
	for _, c := range []struct {
		was, is string
		same    bool
	}{
		{"n1/p1/a1", "n1//a1", true},
		{"n1/p1/a1", "//", true},
		{"/p1/", "n1/p1/a1", true},
		{"n1/p1/a1", "n1/p1/a2", false},
		{"n1/p1/a1", "n2/p1/a1", false},
	} {
		w, a := sealedA(t)
		w.parcels[a].Address = c.was
		w.do(w.news(a, func(p *packing.Parcel) { p.Address = c.is }))
		if w.parcels[a].HeldFor(packing.HoldChanged) == c.same {
			t.Errorf("%s then %s: recalled %v", c.was, c.is, !c.same)
		}
	}
}

// A file that names the number of a label that is here already keeps the label.
func TestLabelCameBeforeItsNumber(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.parcels[a].Waybill = ""
	w.do(w.news(a, func(p *packing.Parcel) { p.Waybill = "WB1" }))
	if w.parcels[a].File == nil {
		t.Error("the label is gone")
	}
}

// A digest is no number that anybody could be told.
func TestNobodyIsToldADigest(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	long := packing.KeptKey("SOMEBODY, 12 SOME STREET, SOME TOWN, SOME PROVINCE 100000")
	w.parcels[a].Waybill, w.parcels[a].File = "", nil
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h0", Codes: []string{long, "WB1"}, Texts: []string{long, "WB1"}, Printable: true}})
	packA(t, w)
	want(t, w.scan(long), "refused:weak_code")
	want(t, w.scan("WB1"), "alert_passed label_proven sealed")
	wantRows(t, w, a, "WB1 pending; ")
}

func TestRow9CancelEndsTheWorkEvenWithAnOldShelf(t *testing.T) {
	w, a := sealedA(t)
	w.do(w.news(a, func(p *packing.Parcel) { p.Lines = append(p.Lines, line("cap", 1)) }))
	w.command(packing.CmdAck)
	w.scan("T1")
	w.command(packing.CmdHold)
	w.shelf("S1")
	w.scan("T1")
	w.command(packing.CmdRelease)
	w.badge("BOSS")
	w.pin("BOSS", true)
	w.scan("T1")
	if w.bench.Focus != a {
		t.Fatalf("focus %q, alerts %+v", w.bench.Focus, w.bench.Alerts)
	}
	want(t, w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelFinal}), "cancel_known refused:cancelled held closed asked")
}

// Upstream frees a parcel: whoever looks for it learns on which shelf it lies.
func TestFreedParcelKeepsItsShelf(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelAsked})
	w.command(packing.CmdAck)
	w.shelf("S1")
	want(t, w.do(packing.CancelNews{Parcel: a}), "cancel_known hold_released refused:freed")
	if alert := w.bench.Alerts[0]; alert.Args["shelf"] != "S1" || w.parcels[a].Shelf != "S1" {
		t.Fatalf("%+v, shelf %q", alert, w.parcels[a].Shelf)
	}
	w.scan("T1")
	if w.parcels[a].Shelf != "" {
		t.Fatal("it is on the bench now")
	}
}

func TestShelfIsNotAskedForAFreedParcel(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelAsked})
	w.command(packing.CmdAck)
	want(t, w.do(packing.CancelNews{Parcel: a}), "cancel_known hold_released asked refused:freed")
	want(t, w.scan("T1"), "alert_passed opened")
}

func TestRoleTakenAwayWhileSignedIn(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	w.people["CHEN"] = packing.Person{ID: "CHEN", Name: "Chen", Role: packing.RoleAuditor}
	want(t, w.do(packing.Restart{}), "signed_out")
	want(t, w.scan("T1"), "refused:nobody")
}

// The carrier belongs to what is told: with another one the row is a new one.
func TestAnotherCarrierWithTheSameNumber(t *testing.T) {
	w, a := sealedA(t)
	w.do(w.news(a, func(p *packing.Parcel) { p.Carrier = "other" }))
	w.command(packing.CmdAck)
	w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "h7", Codes: []string{"WB1"}, Printable: true}})
	w.scan("T1")
	want(t, w.scan("WB1"), "label_proven hold_released sealed")
	wantRows(t, w, a, "WB1 replaced; WB1 pending; ")
}

// A whole order was cancelled before its parcels were known.
func TestOrderCancelledBeforeItsParcels(t *testing.T) {
	w := newWorld(verifyFirst(), packing.Decide)
	w.do(packing.CancelNews{Parcel: "shop/O1", Cancel: packing.CancelFinal})
	w.do(packing.Arrived{Whole: "shop/O1", Parcel: packing.Parcel{ID: "shop/1", Connection: "shop", Number: "1", Order: "O1", Tote: "T1", Lines: []packing.Line{line("mug", 1)}, Status: packing.StatusPackable}})
	w.badge("CHEN")
	want(t, w.scan("T1"), "refused:cancelled held asked")
}

// A PIN answers the question that it was typed for.
func TestPINOfAnotherQuestion(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.command(packing.CmdHold)
	w.shelf("A1")
	w.scan("T1")
	w.command(packing.CmdRelease)
	w.badge("BOSS")
	late := w.answer("BOSS", true)
	w.command(packing.CmdAck)
	w.scan("T2")
	w.command(packing.CmdHold)
	w.shelf("A2")
	w.scan("T2")
	w.command(packing.CmdRelease)
	w.badge("BOSS")
	want(t, w.do(late), "")
	want(t, w.pin("BOSS", true), "asked hold_released")
}
