package upstream_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"packbench/packing"
	"packbench/store"
)

// TestNoSecondNumberWhereNobodyCanBeAsked: the first waybill arrived at a receiver
// without a read-back, its answer was lost, and the parcel is sealed again with
// another waybill. That one waits for a person.
func TestNoSecondNumberWhereNobodyCanBeAsked(t *testing.T) {
	dir := shop(t, 1)
	synctest.Test(t, func(t *testing.T) {
		w, erp := outage(t, dir, 0)
		defer w.end()
		erp.Keys(true)
		w.mute = true
		if err := w.powerCut(); err != nil { // the same station, another receiver
			t.Fatal(err)
		}
		for _, trouble := range []string{"lose-answer 1", "fail 503 1000"} {
			if err := erp.Order(trouble); err != nil {
				t.Fatal(err)
			}
		}
		step := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			synctest.Wait()
		}
		step(w.seal(0))
		step(w.recall(0))
		step(w.reinstate(0))
		p, err := w.station.st.Parcel(context.Background(), "erp/P0")
		if err != nil {
			t.Fatal(err)
		}
		changed := *p
		changed.Waybill = "OTHER"
		changed.Version++
		step(w.commit(0, packing.ParcelChanged{Parcel: changed, Label: true}, packing.Sealed{Tell: true, Again: true}))
		step(w.powerCut())
		rows, err := w.rows()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if rows[0].State != store.OutboxParked || !rows[0].Unknown || rows[0].Waybill != "WP0" {
			t.Errorf("the first: %+v", rows[0])
		}
		if rows[1].State != store.OutboxParked || rows[1].Waybill != "OTHER" {
			t.Errorf("the second: %+v", rows[1])
		}
		for _, p := range w.wire.posts {
			if p.id != rows[0].ID {
				t.Errorf("the second number was sent at %v", p.at)
			}
		}
		if told := erp.Deliveries(); len(told) != 1 || told[0].Waybill != "WP0" {
			t.Errorf("told %+v", told)
		}
	})
}
