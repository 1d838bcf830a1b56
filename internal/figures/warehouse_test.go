package figures

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/store"
	"packbench/upstream"
)

// BenchmarkWarehouse takes all figures of a full database from one and the same
// database, because filling it takes minutes.
func BenchmarkWarehouse(b *testing.B) {
	r := newRig(b, "")
	n := warehouse(b)
	start := time.Now()
	r.fill(0, n, 1_000_000)
	b.Logf("%d parcels taken in %.0f s", n, time.Since(start).Seconds())
	r.scan(own(code.Badge, "C2"))
	b.Run("ScanToView", func(b *testing.B) { r.with(b).scanToView(n) })
	b.Run("ImportWhilePacking", func(b *testing.B) { r.with(b).importWhilePacking(n) })
	b.Run("Search", func(b *testing.B) { r.with(b).search(n) })
	b.Run("Backup", func(b *testing.B) { r.with(b).backup() })
	b.Run("Audit", func(b *testing.B) { r.with(b).audit() })
	b.Run("Start", func(b *testing.B) { r.with(b).start() })
}

// with is the rig under another benchmark.
func (r *rig) with(b *testing.B) *rig {
	b.Helper()
	r.b = b
	b.ReportMetric(0, "ns/op")
	return r
}

// scanToView: a scan until it is stored and its View is published, beside one
// bare durable SQLite transaction, interleaved.
func (r *rig) scanToView(n int) {
	bare, err := sql.Open("sqlite", "file:"+filepath.Join(r.b.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	r.must(err)
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	_, err = bare.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
	r.must(err)
	const pairs, perParcel = 5000, 10
	var ours, plain []time.Duration
	for i := range pairs {
		if i%perParcel == 0 {
			if i > 0 {
				r.putAside()
			}
			r.scan("T" + strconv.Itoa(i*(n/pairs)))
		}
		ours = append(ours, r.timed(func() { r.scan(mug) }))
		plain = append(plain, r.timed(func() {
			_, err := bare.Exec("INSERT INTO t (v) VALUES (?)", "6901234500011")
			r.must(err)
		}))
	}
	r.putAside()
	for _, q := range []float64{0.5, 0.95, 0.99} {
		mine, theirs := quantile(ours, q), quantile(plain, q)
		r.b.ReportMetric(mine, fmt.Sprintf("p%.0f-ms", q*100))
		r.b.ReportMetric(mine/theirs, fmt.Sprintf("p%.0f-×bare", q*100))
	}
}

func (r *rig) putAside() { r.scan(own(code.Command, "HOLD"), own(code.Location, "A1")) }

func (r *rig) timed(f func()) time.Duration {
	at := time.Now()
	f()
	return time.Since(at)
}

// importWhilePacking: scans while a tenth of the warehouse, at most 100,000
// orders, is imported, in turns with scans while nothing is.
func (r *rig) importWhilePacking(n int) {
	fresh := min(100_000, n/10)
	parcels := make([]upstream.Parcel, fresh)
	for i := range parcels {
		no := strconv.Itoa(n + i)
		parcels[i] = upstream.Parcel{
			Connection: "shop", Number: no, Order: "5770000" + no, Nr: 1, Of: 1, Tote: "T" + no, Waybill: waybill(n + i), PickedBy: "W1",
			Status: upstream.Packable, Version: "1", CreatedMs: int64(n + i),
			Lines: []upstream.Line{{Listing: "MUG", Name: "mug", Quantity: 1}},
			Buyer: upstream.Buyer{Name: "Somebody " + no, Phone: "13800000000", Address: no + " Some Road"},
		}
	}
	var quiet, busy []time.Duration
	const pause, perParcel = 20 * time.Millisecond, 10 // no scanner is faster
	next := n - 1
	// one is a scan of an item; every tenth time another parcel is opened first.
	one := func(into *[]time.Duration) {
		if len(*into)%perParcel == 0 {
			if r.st.Bench.View().Parcel != nil {
				r.putAside()
			}
			r.scan("T" + strconv.Itoa(next))
			next--
		}
		*into = append(*into, r.timed(func() { r.scan(mug) }))
	}
	for range 500 {
		one(&quiet)
		time.Sleep(pause)
	}
	runtime.GC()
	var before, peak runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan bench.Intake, 1)
	at := time.Now()
	go func() {
		sum, err := r.st.Bench.TakeParcels(context.WithoutCancel(r.b.Context()), parcels)
		if err != nil {
			r.b.Error(err)
		}
		done <- sum
	}()
	var sum bench.Intake
	for running := true; running; {
		one(&busy)
		select {
		case sum = <-done:
			running = false
		case <-time.After(pause):
		}
		if len(busy)%100 == 0 {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak.HeapInuse = max(peak.HeapInuse, now.HeapInuse)
		}
	}
	took := time.Since(at)
	if sum.New != fresh {
		r.b.Errorf("%d of %d were new", sum.New, fresh)
	}
	for range 500 {
		one(&quiet)
		time.Sleep(pause)
	}
	r.putAside()
	r.b.ReportMetric(float64(fresh)/took.Seconds(), "orders/s")
	r.b.ReportMetric(float64(len(busy)), "scans")
	for _, q := range []float64{0.5, 0.95, 0.99, 1} {
		name := fmt.Sprintf("p%.0f", q*100)
		r.b.ReportMetric(quantile(quiet, q), name+"-quiet-ms")
		r.b.ReportMetric(quantile(busy, q), name+"-busy-ms")
	}
	r.b.ReportMetric(max(0, float64(peak.HeapInuse)-float64(before.HeapInuse))/1e6, "more-heap-MB")
}

// search: what the box "where is it" asks, by order, waybill and last four.
func (r *rig) search(n int) {
	ctx := r.b.Context()
	for name, text := range map[string]func(int) string{
		"order":   func(i int) string { return "5770000" + strconv.Itoa(i) },
		"waybill": waybill,
		"tail":    func(i int) string { o := "5770000" + strconv.Itoa(i); return o[len(o)-4:] },
		"nothing": func(i int) string { return "no such thing " + strconv.Itoa(i) },
	} {
		var all []time.Duration
		for k := range 1000 {
			i := k * (n / 1000)
			all = append(all, r.timed(func() {
				found, err := r.st.Store.Search(ctx, text(i), 50)
				r.must(err)
				if (len(found) == 0) != (name == "nothing") {
					r.b.Errorf("%s %s: %d found", name, text(i), len(found))
				}
			}))
		}
		r.b.ReportMetric(quantile(all, 0.5), name+"-p50-ms")
		r.b.ReportMetric(quantile(all, 0.99), name+"-p99-ms")
	}
}

// backup: a whole copy while a bench packs.
func (r *rig) backup() {
	r.scan("T0")
	file := filepath.Join(r.b.TempDir(), "full"+store.BackupSuffix)
	done := make(chan error, 1)
	at := time.Now()
	go func() {
		_, err := r.st.Store.Backup(context.WithoutCancel(r.b.Context()), file, time.Now())
		done <- err
	}()
	var busy []time.Duration
	for running := true; running; {
		busy = append(busy, r.timed(func() { r.scan(mug) }))
		select {
		case err := <-done:
			r.must(err)
			running = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	took := time.Since(at)
	r.putAside()
	info, err := os.Stat(file)
	r.must(err)
	r.b.ReportMetric(took.Seconds(), "s")
	r.b.ReportMetric(float64(info.Size())/1e6, "MB")
	r.b.ReportMetric(quantile(busy, 0.5), "p50-busy-ms")
	r.b.ReportMetric(quantile(busy, 0.99), "p99-busy-ms")
}

// audit: everything checked and rebuilt from the journal.
func (r *rig) audit() {
	var a store.Audit
	took := r.timed(func() {
		var err error
		a, err = r.st.Store.Audit(r.b.Context())
		r.must(err)
	})
	if len(a.Problems) > 0 {
		r.b.Errorf("audit: %v", a.Problems)
	}
	r.b.ReportMetric(took.Seconds(), "s")
	r.b.ReportMetric(float64(a.Events)/took.Seconds(), "events/s")
	r.b.ReportMetric(float64(resident())/1e6, "peak-MB")
}

// resident is the most memory that this process ever held, bytes.
func resident() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb * 1024
		}
	}
	return 0
}

// start: from nothing to the first scan taken.
func (r *rig) start() {
	r.must(r.st.Close())
	r.b.ReportMetric(float64(r.timed(func() {
		r.open(false)
		r.scan(own(code.Badge, "C2"))
	}).Milliseconds()), "ms")
	stages, err := r.st.Store.Stages(r.b.Context())
	r.must(err)
	total := 0
	for _, k := range stages {
		total += k
	}
	r.b.ReportMetric(float64(total), "parcels")
	if stages[packing.StagePicked] == 0 {
		r.b.Error("nothing is picked")
	}
}
