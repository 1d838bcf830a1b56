package packing_test

import (
	"testing"
	"time"

	"packbench/packing"
)

func verifyFirst() packing.Policy {
	p := packing.DefaultPolicy()
	p.WeighGate = true
	return p
}

func want(t *testing.T, events []packing.Event, kindsWanted string) {
	t.Helper()
	if got := kinds(events); got != kindsWanted {
		t.Fatalf("events\n got  %s\n want %s", got, kindsWanted)
	}
}

// ready is a bench with two picked parcels, verifier Chen signed in.
func ready(t *testing.T, pol packing.Policy) (w *world, a, b packing.ParcelID) {
	t.Helper()
	w = newWorld(pol, packing.Decide)
	a = w.add("1", "WB1", line("mug", 2), line("tee", 1))
	b = w.add("2", "WB2", line("cap", 1))
	w.pickAll("WANG", "T1", "T2")
	w.badge("CHEN")
	return w, a, b
}

func TestGoodPathVerifyFirst(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	want(t, w.scan("T1"), "opened")
	want(t, w.scan("Gmug"), "unit_verified")
	want(t, w.scan("Gmug"), "unit_verified")
	want(t, w.scan("Gtee"), "unit_verified")
	want(t, w.weigh(2*200_000+400_000), "weighed label_requested")
	if len(w.prints) != 1 {
		t.Fatalf("prints %v", w.prints)
	}
	want(t, w.do(packing.PrintReport{Job: w.prints[0], State: packing.PrintConfirmed}), "print_reported")
	want(t, w.scan("WB1"), "label_proven sealed")
	p := w.parcels[a]
	if p.Stage() != packing.StageSealed || w.bench.Focus != "" || len(w.bench.Loose) != 0 {
		t.Fatalf("stage %s, focus %q, loose %v", p.Stage(), w.bench.Focus, w.bench.Loose)
	}
	effects := packing.Effects(packing.State{}, w.log[len(w.log)-1], packing.State{Parcel: p})
	tell, ok := effects[0].(packing.Tell)
	if !ok || tell.Operation != packing.OpShipped || tell.Connection != "shop" {
		t.Fatalf("effects %+v", effects)
	}
}

func TestGoodPathLabelFirst(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, a, b := ready(t, pol)
	want(t, w.command(packing.CmdAhead), "ahead_set label_requested label_requested")
	for _, job := range w.prints {
		w.do(packing.PrintReport{Job: job, State: packing.PrintConfirmed})
	}
	want(t, w.scan("WB1"), "opened label_proven")
	w.scan("Gmug")
	w.scan("Gmug")
	want(t, w.scan("Gtee"), "unit_verified")
	want(t, w.weigh(800_000), "weighed sealed")

	// The second lies about too long: its label is asked for again.
	want(t, w.scan("WB2"), "opened label_proven")
	w.now = w.now.Add(2 * time.Minute)
	want(t, w.scan("Gcap"), "unit_verified")
	want(t, w.weigh(600_000), "weighed")
	want(t, w.scan("WB2"), "label_proven sealed")
	for _, id := range []packing.ParcelID{a, b} {
		if w.parcels[id].Stage() != packing.StageSealed {
			t.Errorf("%s is %s", id, w.parcels[id].Stage())
		}
	}
}

func TestLabelFirstNamesOrphans(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, _, b := ready(t, pol)
	w.command(packing.CmdAhead)
	w.scan("WB1")
	want(t, w.command(packing.CmdEndAhead), "ahead_set label_orphaned")
	if len(w.bench.Orphans) != 1 || w.bench.Orphans[0] != b {
		t.Fatalf("orphans %v", w.bench.Orphans)
	}
}

// Rows of BENCH §6.

func TestRow1WrongItem(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gmug")
	for range 2 {
		want(t, w.scan("Gcap"), "refused:wrong_item")
		want(t, w.scan("Gmug"), "scan_ignored")
		want(t, w.command(packing.CmdAck), "acked")
	}
	if n := w.parcels[a].Verified(0); n != 1 {
		t.Fatalf("verified %d, want 1: a refusal counts nothing", n)
	}
	want(t, w.scan("Gcap"), "refused:wrong_item counts_cleared refused:restarted")
	w.command(packing.CmdAck)
	w.command(packing.CmdAck)
	if n := len(w.parcels[a].Units); n != 0 {
		t.Fatalf("%d units after the third wrong item", n)
	}
	for range 2 {
		w.scan("Gcap")
		w.command(packing.CmdAck)
	}
	want(t, w.scan("Gcap"), "refused:wrong_item counts_cleared refused:put_aside held closed asked")
	w.command(packing.CmdAck)
	w.command(packing.CmdAck)
	want(t, w.shelf("A3"), "shelved")
	p := w.parcels[a]
	if p.Stage() != packing.StageHeld || p.Holds[0].Shelf != "A3" || p.Holds[0].Reason != packing.HoldWrongItems {
		t.Fatalf("held %+v", p.Holds)
	}
}

func TestRow2UnknownCode(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	w.scan("T1")
	want(t, w.scan("6901234567892"), "refused:unknown_code")
	if a := w.bench.Alerts[0]; a.Args["length"] != "13" || a.Severity != packing.Amber {
		t.Fatalf("alert %+v", a)
	}
	want(t, w.scan("Gmug"), "alert_passed unit_verified")
	if len(w.bench.Alerts) != 0 {
		t.Fatal("a valid scan clears amber")
	}
}

func TestRow3OverScan(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gtee")
	want(t, w.scan("Gtee"), "refused:over_scan")
	w.command(packing.CmdAck)
	want(t, w.scan("GBOX"), "unit_verified") // a barcode for two
	want(t, w.scan("GBOX"), "refused:over_scan")
	if n := w.parcels[a].Verified(0); n != 2 {
		t.Fatalf("verified %d of 2", n)
	}
}

func TestRow7SamePerson(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	w.badge("WANG")
	want(t, w.scan("T1"), "refused:same_person")
	if w.bench.Alerts[0].Args["name"] != "Wang" {
		t.Fatalf("alert %+v", w.bench.Alerts[0])
	}
	w.command(packing.CmdAck)
	w.badge("CHEN")
	want(t, w.scan("T1"), "opened")
	want(t, w.badge("WANG"), "refused:same_person") // nor in the middle
}

func TestPickerUnknownIsAsked(t *testing.T) {
	w := newWorld(verifyFirst(), packing.Decide)
	w.add("1", "WB1", line("cap", 1))
	w.badge("CHEN")
	want(t, w.scan("T1"), "picker_asked")
	want(t, w.badge("WANG"), "picked opened")

	w = newWorld(verifyFirst(), packing.Decide)
	w.add("1", "WB1", line("cap", 1))
	w.badge("CHEN")
	w.scan("T1")
	want(t, w.badge("CHEN"), "picked refused:same_person")
}

func TestSoloIsMarked(t *testing.T) {
	pol := verifyFirst()
	pol.Solo = true
	w := newWorld(pol, packing.Decide)
	id := w.add("1", "WB1", line("cap", 1))
	w.pickAll("WANG", "T1")
	w.badge("WANG")
	want(t, w.scan("T1"), "opened")
	if !w.parcels[id].Solo {
		t.Fatal("a solo parcel is marked")
	}
}

func TestRow8CantOpen(t *testing.T) {
	for name, change := range map[string]func(*packing.Parcel){
		"unpaid":      func(p *packing.Parcel) { p.Status = packing.StatusUnpaid },
		"on_hold":     func(p *packing.Parcel) { p.Status = packing.StatusOnHold },
		"other_bench": func(p *packing.Parcel) { p.Lease = packing.Lease{Station: "bench-2", UntilMs: 1 << 60} },
		"sealed":      func(p *packing.Parcel) { p.SealedMs = 1 },
	} {
		w, a, _ := ready(t, verifyFirst())
		change(w.parcels[a])
		want(t, w.scan("T1"), "refused:cant_open")
		if got := w.bench.Alerts[0].Args["why"]; got != name {
			t.Errorf("%s: why %q", name, got)
		}
	}
}

func toProve(t *testing.T) (w *world, a, b packing.ParcelID) {
	w, a, b = ready(t, verifyFirst())
	for _, key := range []string{"T1", "Gmug", "Gmug", "Gtee"} {
		w.scan(key)
	}
	w.weigh(800_000)
	return w, a, b
}

func TestRow12ForeignLabelHoldsBoth(t *testing.T) {
	w, a, b := toProve(t)
	want(t, w.scan("WB2"), "refused:wrong_label held held")
	for _, id := range []packing.ParcelID{a, b} {
		if !w.parcels[id].HeldFor(packing.HoldForeignLabel) {
			t.Fatalf("%s is not held", id)
		}
	}
	want(t, w.scan("WB1"), "scan_ignored")
	w.command(packing.CmdAck)
	want(t, w.scan("WB1"), "label_proven hold_released sealed")
	want(t, w.scan("T2"), "opened") // B goes on, and its proof clears its own hold
	w.scan("Gcap")
	w.weigh(600_000)
	want(t, w.scan("WB2"), "label_proven hold_released sealed")
}

func TestRow13UsedLabelNeedsSupervisor(t *testing.T) {
	w, a, b := toProve(t)
	w.scan("WB1")
	for _, key := range []string{"T2", "Gcap"} {
		w.scan(key)
	}
	w.weigh(600_000)
	want(t, w.scan("WB1"), "refused:used_label held held")
	w.command(packing.CmdAck)
	want(t, w.scan("WB2"), "label_proven refused:put_aside closed asked")
	w.command(packing.CmdAck)
	w.shelf("A1")
	if w.parcels[a].Stage() != packing.StageHeld || w.parcels[b].Stage() != packing.StageHeld {
		t.Fatal("both stay held")
	}
	want(t, w.scan("WB2"), "refused:cant_open")
	want(t, w.command(packing.CmdRelease), "alert_passed asked")
	want(t, w.badge("WANG"), "refused:not_supervisor")
	want(t, w.badge("BOSS"), "alert_passed asked")
	want(t, w.pin("BOSS", false), "refused:wrong_pin")
	want(t, w.pin("BOSS", true), "alert_passed asked hold_released")
	want(t, w.scan("WB2"), "opened label_proven sealed")
}

func TestRow16Weight(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	for _, key := range []string{"T1", "Gmug", "Gmug", "Gtee"} {
		w.scan(key)
	}
	want(t, w.weigh(600_000), "load_used refused:weight")
	if al := w.bench.Alerts[0]; al.Args["about"] != "-1" || al.Expected.NameEN != "mug" {
		t.Fatalf("alert %+v", al)
	}
	w.command(packing.CmdAck)
	want(t, w.weigh(600_000), "load_used refused:weight counts_cleared")
	w.command(packing.CmdAck)
	if len(w.parcels[a].Units) != 0 {
		t.Fatal("the second wrong weight clears the counts")
	}
	for _, key := range []string{"Gmug", "Gmug", "Gtee"} {
		w.scan(key)
	}
	w.weigh(600_000)
	w.command(packing.CmdAck)
	want(t, w.command(packing.CmdOverride), "asked")
	w.badge("BOSS")
	want(t, w.pin("BOSS", true), "asked weighed label_requested")
}

func TestGuessedWeightOnlyWarns(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	g := w.goods["Gmug"]
	g.Goods.Weight = packing.WeightGuessed
	w.goods["Gmug"] = g
	for _, key := range []string{"T1", "Gmug", "Gmug", "Gtee"} {
		w.scan(key)
	}
	want(t, w.weigh(100_000), "weighed label_requested")
	if !w.parcels[a].Weighing.Warned {
		t.Fatal("an odd weight is marked")
	}
}

func TestNoScaleNoGate(t *testing.T) {
	w, _, _ := ready(t, packing.DefaultPolicy())
	for _, key := range []string{"T2"} {
		w.scan(key)
	}
	want(t, w.scan("Gcap"), "unit_verified label_requested")
}

func TestOneLoadServesOneParcel(t *testing.T) {
	w, _, _ := toProve(t)
	w.scan("WB1")
	w.scan("T2")
	w.scan("Gcap")
	want(t, w.do(packing.Weight{Mg: 600_000, Load: w.load}), "")
}

func TestRow18PrinterUnknown(t *testing.T) {
	w, a, _ := toProve(t)
	want(t, w.do(packing.PrintReport{Job: w.prints[0], State: packing.PrintUnknown, Reason: "printer.paper_out"}), "print_reported refused:printer_unknown")
	if len(w.prints) != 1 {
		t.Fatal("an unknown job is never repeated by itself")
	}
	want(t, w.command(packing.CmdNoLabel), "alert_passed label_voided label_requested")
	if n := len(w.parcels[a].Labels); n != 2 || len(w.bench.Loose) != 1 {
		t.Fatalf("%d labels, loose %v", n, w.bench.Loose)
	}
	want(t, w.do(packing.PrintReport{Job: w.prints[1], State: packing.PrintFailed, Reason: "printer.unreachable"}), "print_reported refused:printer_failed")
	if len(w.prints) != 2 || len(w.bench.Loose) != 0 {
		t.Fatal("a failed job is void and not repeated by itself")
	}
	want(t, w.command(packing.CmdPrint), "alert_passed label_requested")
}

func TestRow18LastGoodLabel(t *testing.T) {
	pol := verifyFirst()
	pol.Flow, pol.InPrinter = packing.LabelFirst, 3
	w := newWorld(pol, packing.Decide)
	for _, n := range []string{"1", "2", "3"} {
		w.add(n, "WB"+n, line("cap", 1))
	}
	w.pickAll("WANG", "T1", "T2", "T3")
	w.badge("CHEN")
	w.command(packing.CmdAhead)
	for _, job := range w.prints {
		w.do(packing.PrintReport{Job: job, State: packing.PrintUnknown, Reason: "printer.paper_out"})
	}
	want(t, w.scan("WB1"), "alert_passed print_reported label_voided")
	if l := w.bench.Loose; len(l) != 2 || l[0].State != packing.LabelStateSent || l[1].State != packing.LabelStateUnknown {
		t.Fatalf("loose %+v", l)
	}
}

func TestRow21RestartMakesJobsUnknown(t *testing.T) {
	w, _, _ := toProve(t)
	want(t, w.do(packing.Restart{}), "print_reported refused:printer_unknown")
	want(t, w.do(packing.Restart{}), "")
}

func TestRow27WrongKind(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	want(t, w.scan("Gmug"), "refused:wrong_kind")
	w.scan("T1")
	want(t, w.scan("WB1"), "refused:wrong_kind")
	if w.bench.Alerts[0].Args["got"] != "label" {
		t.Fatalf("alert %+v", w.bench.Alerts[0])
	}
}

func TestCancelWhilePacking(t *testing.T) {
	w, a, _ := toProve(t)
	want(t, w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelFinal}),
		"cancel_known refused:cancelled label_voided held closed asked")
	if w.bench.Alerts[0].Severity != packing.Purple {
		t.Fatal("a cancel is purple")
	}
	w.command(packing.CmdAck)
	w.shelf("BIN1")
	want(t, w.scan("T1"), "refused:cancelled")
}

func TestStutterIsOneScan(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gmug")
	w.now = w.now.Add(100 * time.Millisecond)
	want(t, w.doNow(packing.Scan{Key: "Gmug", Device: "gun"}), "")
	want(t, w.doNow(packing.Scan{Key: "Gmug", Device: "other gun"}), "unit_verified")
	if n := w.parcels[a].Verified(0); n != 2 {
		t.Fatalf("verified %d", n)
	}
}

func TestWeakCodeProvesNothing(t *testing.T) {
	w, _, _ := toProve(t)
	want(t, w.scan("ZIP94538"), "refused:weak_code")
	want(t, w.scan("WB1"), "alert_passed label_proven sealed")
}

func TestBadLabelPrintsAnother(t *testing.T) {
	w, a, _ := toProve(t)
	want(t, w.command(packing.CmdBadLabel), "label_voided label_requested")
	want(t, w.scan("WB1"), "label_proven sealed")
	if got := w.parcels[a].Labels[0].State; got != packing.LabelStateVoid {
		t.Fatalf("first copy is %s", got)
	}
}

func TestHoldAndRelease(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	w.scan("Gmug")
	want(t, w.command(packing.CmdHold), "held closed asked")
	want(t, w.scan("T2"), "refused:wrong_kind")
	want(t, w.shelf("A2"), "alert_passed shelved")
	w.scan("T1")
	w.command(packing.CmdRelease)
	w.badge("BOSS")
	want(t, w.pin("BOSS", true), "asked hold_released")
	want(t, w.scan("T1"), "opened")
	if n := w.parcels[a].Verified(0); n != 1 {
		t.Fatalf("a released parcel is where it was: %d verified", n)
	}
}

func TestApplyLeavesTheStateBeforeAlone(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	before := *w.parcels[a]
	units := len(before.Units)
	packing.Apply(packing.State{Bench: w.bench, Parcel: &before}, packing.Event{Parcel: a, Body: packing.UnitVerified{Line: 0, N: 1}})
	if len(before.Units) != units {
		t.Fatal("Apply changed its input")
	}
}

func TestPayloadRoundTrip(t *testing.T) {
	w, _, _ := toProve(t)
	w.scan("WB2")
	for _, e := range w.log {
		data, err := packing.EncodePayload(e)
		if err != nil {
			t.Fatal(err)
		}
		back := packing.Event{Parcel: e.Parcel, Person: e.Person, AtMs: e.AtMs}
		if err := packing.DecodePayload(e.Body.Kind(), packing.Version(e.Body), data, &back); err != nil {
			t.Fatal(err)
		}
		again, err := packing.EncodePayload(back)
		if err != nil || string(again) != string(data) {
			t.Fatalf("%s\n%s\n%v", data, again, err)
		}
	}
	if err := packing.DecodePayload("no such", 1, []byte("{}"), new(packing.Event)); err == nil {
		t.Fatal("an unknown kind is an error")
	}
}
