package packing_test

import (
	"testing"
	"time"

	"packbench/packing"
)

// What a review found: sequences that once sealed wrongly or led nowhere.

func TestNewsNeverForgetAPicker(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	p := *w.parcels[a]
	w.do(packing.Arrived{Parcel: packing.Parcel{ID: a, Connection: "shop", Number: "1", Order: p.Order, Tote: "T1", Waybill: "WB1", Carrier: "demo", Lines: p.Lines, Status: packing.StatusPackable, PickedBy: []packing.PersonID{"LI"}, Content: "2"}})
	w.badge("WANG")
	want(t, w.scan("T1"), "refused:same_person")
}

func TestLabelOfAnotherWaybillIsDropped(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	p := *w.parcels[a]
	p.Waybill, p.Content = "WBNEW", "2"
	w.do(packing.Arrived{Parcel: p})
	if w.parcels[a].File != nil {
		t.Fatal("the old waybill's label must not print")
	}
}

func TestNewerLabelVoidsThePrintedOne(t *testing.T) {
	w, a, _ := toProve(t)
	want(t, w.do(packing.LabelCame{Parcel: a, File: packing.LabelFile{Hash: "new", Codes: []string{"WB1"}, Printable: true}}),
		"label_arrived label_voided label_requested")
	if l := w.parcels[a].Label(); l.Hash != "new" {
		t.Fatalf("label %+v", l)
	}
}

func TestCancelBeforeItsParcel(t *testing.T) {
	w := newWorld(verifyFirst(), packing.Decide)
	w.do(packing.CancelNews{Parcel: "shop/1", Cancel: packing.CancelFinal})
	w.add("1", "WB1", line("cap", 1))
	w.badge("CHEN")
	want(t, w.scan("T1"), "refused:cancelled held asked")
}

func TestCancelWithdrawn(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.do(packing.CancelNews{Parcel: a, Cancel: packing.CancelAsked})
	want(t, w.scan("T1"), "refused:cancel_asked held asked")
	w.command(packing.CmdAck)
	w.shelf("A1")
	want(t, w.do(packing.CancelNews{Parcel: a}), "cancel_known hold_released refused:freed")
	want(t, w.scan("T1"), "alert_passed opened")
}

func TestStatusChangedWhileOpenHoldsAtOnce(t *testing.T) {
	w, a, _ := toProve(t)
	p := *w.parcels[a]
	p.Status = packing.StatusOnHold
	want(t, w.do(packing.Arrived{Parcel: p}), "status_known held refused:put_aside label_voided closed asked")
	w.shelf("A1")
	p.Status = packing.StatusPackable
	want(t, w.do(packing.Arrived{Parcel: p}), "status_known hold_released refused:freed")
	want(t, w.scan("T1"), "alert_passed opened label_requested")
}

func TestStutterGoesByTheScannersClock(t *testing.T) {
	w, a, _ := ready(t, verifyFirst())
	w.scan("T1")
	scan := func(at time.Time) {
		s := packing.State{Bench: w.bench, Parcel: w.parcels[a]}
		in := packing.Scan{Key: "Gmug", Device: "gun", AtMs: at.UnixMilli()}
		for _, e := range packing.Decide(s, w.facts(packing.Needs(s, in)), w.pol, in, w.now.Add(time.Hour)) {
			after := packing.Apply(packing.State{Bench: w.bench, Parcel: w.parcels[a]}, e)
			w.bench, w.parcels[a] = after.Bench, after.Parcel
		}
	}
	at := w.now.Add(time.Second)
	scan(at)
	scan(at.Add(60 * time.Millisecond)) // decided an hour later: still one trigger
	if n := w.parcels[a].Verified(0); n != 1 {
		t.Fatalf("%d units", n)
	}
}

func TestClockBackProvesNothing(t *testing.T) {
	w, a, _ := toProve(t)
	w.scan("WB2") // holds both; own proof is due
	w.command(packing.CmdAck)
	w.now = w.now.Add(-time.Hour)
	w.scan("WB1")
	if w.parcels[a].Stage() != packing.StageSealed {
		t.Fatal("the proof itself still seals")
	}
}

func TestFailedLabelIsPrintedAheadAgainWhenAsked(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, _, _ := ready(t, pol)
	w.command(packing.CmdAhead)
	for _, job := range w.prints {
		w.do(packing.PrintReport{Job: job, State: packing.PrintFailed, Reason: "printer.unreachable"})
	}
	w.do(packing.Tick{})
	if len(w.prints) != 2 {
		t.Fatal("nothing is repeated by itself")
	}
	want(t, w.command(packing.CmdAhead), "alert_passed ahead_set label_requested label_requested")
}

func TestEndAheadAfterTheFlowWasChanged(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, _, _ := ready(t, pol)
	w.command(packing.CmdAhead)
	w.pol.Flow = packing.VerifyFirst
	want(t, w.command(packing.CmdEndAhead), "ahead_set label_orphaned label_orphaned")
}

func TestSettingChangedInTheLastStepSeals(t *testing.T) {
	pol := verifyFirst()
	pol.Flow = packing.LabelFirst
	w, _, _ := ready(t, pol)
	w.command(packing.CmdAhead)
	w.scan("WB2")
	w.now = w.now.Add(2 * time.Minute)
	w.scan("Gcap")
	want(t, w.weigh(600_000), "weighed")
	w.pol.Flow = packing.VerifyFirst
	want(t, w.do(packing.Tick{}), "sealed")
}

func TestLongCodesAreNotKept(t *testing.T) {
	w, _, _ := ready(t, verifyFirst())
	w.scan("ZHANG SAN, 12 SOME STREET, SOME TOWN, SOME PROVINCE 100000 CHINA")
	if k := w.bench.Last.Key; len(k) != 17 || k[0] != '#' {
		t.Fatalf("the journal keeps %q", k)
	}
}
