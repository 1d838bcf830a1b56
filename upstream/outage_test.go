package upstream_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"packbench/internal/fakes"
	"packbench/store"
	"packbench/upstream"
)

// outage is a warehouse whose ERP doesn't answer for so long. Without keys a
// second call would be a second effect.
func outage(t *testing.T, dir string, d time.Duration) (*world, *fakes.ERP) {
	t.Helper()
	erp, err := fakes.NewERP(worldSecret, "")
	if err != nil {
		t.Fatal(err)
	}
	erp.Keys(false)
	w := &world{dir: dir, sink: &upstream.MemSink{}, wire: &wire{erp: erp, latency: 50 * time.Millisecond, downTo: time.Now().Add(d)}}
	if err := w.start(); err != nil {
		t.Fatal(err)
	}
	return w, erp
}

func (w *world) end() {
	w.station.stop()
	time.Sleep(time.Minute) // the server ends what it was busy with
}

// allIn checks that every row stands at want, after so many attempts at least and
// at most.
func (w *world) allIn(t *testing.T, n int, want store.OutboxState, atLeast, atMost int) {
	t.Helper()
	rows, err := w.rows()
	if err != nil || len(rows) != n {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if r.State != want || r.Attempts < atLeast || r.Attempts > atMost {
			t.Fatalf("row %d is %s after %d attempts: %s", r.Seq, r.State, r.Attempts, r.Note)
		}
	}
}

// TestTwoDaysWithoutTheERP: 400 parcels are sealed while nobody answers, with two
// power cuts. Being offline is no failure: when the ERP is back, everything is
// told in order, once, and nothing was given up.
func TestTwoDaysWithoutTheERP(t *testing.T) {
	if testing.Short() {
		t.Skip("two days over SQLite")
	}
	const n = 400
	dir := shop(t, n)
	synctest.Test(t, func(t *testing.T) {
		w, erp := outage(t, dir, 48*time.Hour)
		defer w.end()
		for i := range n {
			if err := w.seal(n - 1 - i); err != nil { // not in the order of their numbers
				t.Fatal(err)
			}
			time.Sleep(7 * time.Minute) // 46 h 40 min in all
			if i == n/3 || i == 2*n/3 {
				if err := w.powerCut(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if h := w.station.worker.Health(); h.State != upstream.StateOffline {
			t.Errorf("health after two days of silence: %+v", h)
		}
		w.allIn(t, n, store.OutboxPending, 0, 0)
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		w.allIn(t, n, store.OutboxDone, 1, 1)
		told := erp.Deliveries()
		if len(told) != n {
			t.Fatalf("%d of %d told", len(told), n)
		}
		for i, d := range told {
			if want := fmt.Sprintf("P%d", n-1-i); d.Parcel != want || d.Deliveries != 1 {
				t.Fatalf("number %d is %s, told %d times; want %s", i+1, d.Parcel, d.Deliveries, want)
			}
		}
		t.Logf("%d parcels told in order, once, with %d sends", n, len(w.wire.posts))
	})
}

// TestReturnOfAnOverrunERP: it is back, but answers with faults, wants quiet and
// loses answers. Whatever may have arrived is read back, nothing is told twice.
func TestReturnOfAnOverrunERP(t *testing.T) {
	const n = 80
	dir := shop(t, n)
	synctest.Test(t, func(t *testing.T) {
		w, erp := outage(t, dir, 3*time.Hour)
		defer w.end()
		for i := range n {
			if err := w.seal(i); err != nil {
				t.Fatal(err)
			}
		}
		for _, trouble := range []string{
			"fail 503 30", "503 10 30", "fail-after 500 8", "lose-answer 10", "429 3 60", "429-date 3 60", "cut-body 5", "nonsense 5", "portal 5",
			"lose-answer 5 get", "fail 500 9 get",
		} {
			if err := erp.Order(trouble); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(8 * time.Hour)
		synctest.Wait()
		w.allIn(t, n, store.OutboxDone, 1, 60)
		for _, d := range erp.Deliveries() {
			if d.Deliveries != 1 {
				t.Errorf("%s took effect %d times", d.Parcel, d.Deliveries)
			}
		}
		if w.wire.early != 0 || len(erp.Deliveries()) != n {
			t.Errorf("%d calls inside a pause, %d of %d told", w.wire.early, len(erp.Deliveries()), n)
		}
	})
}

// TestAnERPThatIsNeverWell misbehaves by chance for as long as it lives, as in a
// soak; still everything is told once.
func TestAnERPThatIsNeverWell(t *testing.T) {
	if testing.Short() {
		t.Skip("long histories over SQLite")
	}
	const n = 60
	from, dir := shop(t, n), copyDir(t)
	for seed := range uint64(4) {
		if err := copyShop(from, dir); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			w, erp := outage(t, dir, 0)
			defer w.end()
			erp.ByChance(seed + 1)
			for i := range n {
				if err := w.seal(i); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Second)
				if i%25 == 24 {
					if err := w.powerCut(); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(8 * time.Hour)
			synctest.Wait()
			w.allIn(t, n, store.OutboxDone, 0, 60)
			for _, d := range erp.Deliveries() {
				if d.Deliveries != 1 || d.Effects != 1 {
					t.Errorf("seed %d: %s took effect %d times", seed, d.Parcel, d.Deliveries)
				}
			}
			t.Logf("seed %d: %d parcels told once with %d sends", seed, len(erp.Deliveries()), len(w.wire.posts))
		})
	}
}
