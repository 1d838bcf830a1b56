package bench_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/scanner"
	"packbench/upstream"
)

// A picker is somebody that the bench knows, or nobody: a name that nobody
// recognises could otherwise verify his own picks.
func TestPickerOfAnImportIsResolved(t *testing.T) {
	r := newRig(t)
	badge, err := code.FormatCommand(code.Badge, "W1")
	if err != nil {
		t.Fatal(err)
	}
	for i, who := range []string{"w1", "王强", badge, "somebody else"} {
		no := string(rune('1' + i))
		_, err := r.station.Bench.TakeParcels(t.Context(), []upstream.Parcel{{
			Connection: "shop", Number: no, Order: "O" + no, Tote: "T-" + no, Status: upstream.Packable, PickedBy: who,
			Lines: []upstream.Line{{Listing: "MUG", Quantity: 1}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.station.Store.Parcel(t.Context(), bench.ParcelID("shop", no))
		if err != nil {
			t.Fatal(err)
		}
		if known := i < 3; known != (len(p.PickedBy) == 1 && p.PickedBy[0] == "W1") {
			t.Errorf("picked by %q is %v", who, p.PickedBy)
		}
	}
	if v := r.scan("badge W1", "T-2"); v.Alert == nil || v.Alert.Kind != "same_person" {
		t.Fatalf("alert %+v", v.Alert)
	}
}

func TestASettingThatCannotBeReadIsNotStored(t *testing.T) {
	r := newRig(t)
	if err := r.station.Bench.Set(t.Context(), bench.SettingBand, "5g"); err == nil {
		t.Fatal("5g is no number of milligrams")
	}
	r.reopen() // it opens tomorrow too
}

func TestAuditBesideARunningBenchAndBrokenText(t *testing.T) {
	r := newRig(t)
	r.order(1)
	r.scan("badge W1", "\xc4\xe3\xba\xc3 a long code in another encoding \xc4\xe3\xba\xc3")
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		var err error
		for n := 0; err == nil; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
				err = r.station.Bench.Scan(context.Background(), scanner.Scan{Raw: "X", Device: "gun", At: time.UnixMilli(r.at.Add(1000))})
				if err == nil {
					err = r.station.Bench.Settle(context.Background())
				}
			}
		}
		done <- err
	}()
	for range 5 {
		r.audit()
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A tote that was used a hundred times still means the parcel that is in it now.
func TestToteComesBack(t *testing.T) {
	r := newRig(t)
	var parcels []upstream.Parcel
	for i := range 60 {
		parcels = append(parcels, upstream.Parcel{Connection: "shop", Number: strings.Repeat("x", i+1), Order: "O", Tote: "T-1", Status: upstream.Packable, CreatedMs: int64(i + 1), Lines: []upstream.Line{{Listing: "MUG", Quantity: 1}}})
	}
	if _, err := r.station.Bench.TakeParcels(t.Context(), parcels); err != nil {
		t.Fatal(err)
	}
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2")
	for _, p := range parcels[:59] { // the order's other parcels are gone, as if sealed
		if err := r.station.Bench.Submit(t.Context(), packing.CancelNews{Parcel: bench.ParcelID("shop", p.Number), Cancel: packing.CancelFinal}); err != nil {
			t.Fatal(err)
		}
	}
	if v := r.scan("T-1"); v.Parcel == nil || v.Parcel.ID != string(bench.ParcelID("shop", parcels[59].Number)) {
		t.Fatalf("view %+v, alert %+v", v, v.Alert)
	}
}
