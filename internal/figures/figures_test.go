// Package figures measures the whole program against references in the same
// run; `make bench` prints them as a table. Nothing here is asserted: machines
// are shared and noisy, so only ratios mean something.
package figures

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/internal/secrets"
	"packbench/label"
	"packbench/packing"
	"packbench/raster"
	"packbench/scanner"
	"packbench/store"
	"packbench/upstream"
)

func TestMain(m *testing.M) {
	label.ServeRenderer()
	os.Exit(secrets.Isolated(m.Run))
}

// warehouse is how many parcels the database holds; PACKBENCH_PARCELS says more.
func warehouse(b *testing.B) int {
	b.Helper()
	n := 20_000
	if s := os.Getenv("PACKBENCH_PARCELS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// rig is a station whose clock goes two seconds a scan.
type rig struct {
	b   *testing.B
	dir string
	st  *bench.Station
	ms  int64
	bm  *raster.Bitmap
}

const mug = "6901234500011"

func newRig(b *testing.B, printer string) *rig {
	b.Helper()
	r := &rig{b: b, dir: b.TempDir(), ms: 1_800_000_000_000}
	r.open(false)
	ctx := b.Context()
	if printer != "" {
		r.must(r.st.Bench.Set(ctx, bench.SettingPrinter, printer))
	}
	for _, id := range []string{"W1", "C2"} {
		r.must(r.st.Store.SavePerson(ctx, store.Person{ID: id, Name: id}))
	}
	_, err := r.st.Store.SaveGoods(ctx, []store.Goods{{SKU: "MUG", NameEN: "Mug", Codes: []store.GoodsCode{{Code: mug}}}})
	r.must(err)
	r.must(r.st.Close())
	r.open(printer != "")
	return r
}

func (r *rig) open(devices bool) {
	r.b.Helper()
	st, err := bench.OpenStation(r.b.Context(), r.dir, bench.StationOptions{Devices: devices, Now: func() time.Time { return time.UnixMilli(r.ms) }})
	r.must(err)
	r.st = st
	r.b.Cleanup(func() {
		if r.st == st {
			_ = st.Close()
		}
	})
}

func (r *rig) must(err error) {
	r.b.Helper()
	if err != nil {
		r.b.Fatal(err)
	}
}

// fill brings n parcels of one mug each, with quantity as asked for the first.
func (r *rig) fill(from, n, quantity int) {
	r.b.Helper()
	for from < n {
		var batch []upstream.Parcel
		for len(batch) < 1000 && from < n {
			no := strconv.Itoa(from)
			batch = append(batch, upstream.Parcel{
				Connection: "shop", Number: no, Order: "5770000" + no, Nr: 1, Of: 1, Tote: "T" + no, Waybill: waybill(from), PickedBy: "W1",
				Status: upstream.Packable, Version: "1", CreatedMs: int64(from + 1),
				Lines: []upstream.Line{{Listing: "MUG", Name: "mug", Quantity: quantity}},
			})
			from++
		}
		_, err := r.st.Bench.TakeParcels(r.b.Context(), batch)
		r.must(err)
	}
}

func waybill(i int) string { return fmt.Sprintf("JT%013d", i) }

// label gives parcel i a label whose page is cached already.
func (r *rig) label(i int) {
	r.b.Helper()
	ctx := r.b.Context()
	if r.bm == nil {
		r.bm = raster.New(832, 1218)
		for y := 100; y < 400; y++ {
			for x := 80; x < 700; x += 4 {
				r.bm.SetBlack(x, y)
			}
		}
		r.must(r.st.Store.SavePage(ctx, "hash", 0, "203.2x832x1218", r.bm))
	}
	id := bench.ParcelID("shop", strconv.Itoa(i))
	r.must(r.st.Bench.Submit(ctx, packing.LabelCame{Parcel: id, File: packing.LabelFile{Hash: "hash", Codes: []string{waybill(i)}, Printable: true}}))
}

// scan takes the way of a scan until its View is published.
func (r *rig) scan(codes ...string) {
	ctx := r.b.Context()
	for _, c := range codes {
		r.ms += 2000
		r.must(r.st.Bench.Scan(ctx, scanner.Scan{Raw: c, Device: "gun", At: time.UnixMilli(r.ms)}))
		r.must(r.st.Bench.Settle(ctx))
	}
}

func own(class code.CommandClass, body string) string {
	raw, err := code.FormatCommand(class, body)
	if err != nil {
		panic(err)
	}
	return raw
}

func quantile(d []time.Duration, q float64) float64 {
	slices.Sort(d)
	return float64(d[int(q*float64(len(d)-1))].Nanoseconds()) / 1e6
}

// wire is a printer that only listens, and says when a job's first byte came.
func wire(b *testing.B) (uri string, first <-chan time.Time) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	came := make(chan time.Time, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go listen(c, came)
		}
	}()
	return "socket://" + l.Addr().String(), came
}

func listen(c net.Conn, came chan<- time.Time) {
	buf := make([]byte, 64*1024)
	inJob := false
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		if !inJob && strings.Contains(text, "^XA") {
			came <- time.Now()
			inJob = true
		}
		if strings.Contains(text, "^XZ") {
			inJob = false
		}
		if strings.Contains(text, "~HS") {
			_, _ = c.Write([]byte("\x02030,0,0,1218,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"))
		}
	}
}

// BenchmarkLastScanToFirstByte: how much later than the last scan is stored the
// label's first byte is on the wire, its page lying in the cache.
func BenchmarkLastScanToFirstByte(b *testing.B) {
	uri, first := wire(b)
	r := newRig(b, uri)
	const rounds = 50
	r.fill(0, rounds, 1)
	r.scan(own(code.Badge, "C2"))
	time.Sleep(time.Second) // the printer's first connection is no label's
	var all []time.Duration
	for i := range rounds {
		r.label(i)
		r.scan("T" + strconv.Itoa(i))
		ctx := b.Context()
		r.ms += 2000
		at := time.Now()
		r.must(r.st.Bench.Scan(ctx, scanner.Scan{Raw: mug, Device: "gun", At: time.UnixMilli(r.ms)}))
		all = append(all, (<-first).Sub(at))
		r.must(r.st.Bench.Settle(ctx))
		r.scan(waybill(i))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(quantile(all, 0.5), "p50-ms")
	b.ReportMetric(quantile(all, 0.95), "p95-ms")
}

// BenchmarkSale: a sale on one bench, all gates of a shop without a scale; the
// last tenth beside the first, and memory.
func BenchmarkSale(b *testing.B) {
	uri, first := wire(b)
	go func() {
		for range first {
			continue
		}
	}()
	r := newRig(b, uri)
	const parcels = 5000
	r.fill(0, parcels, 1)
	for i := range parcels {
		r.label(i)
	}
	r.scan(own(code.Badge, "C2"))
	took := make([]time.Duration, parcels)
	var early runtime.MemStats
	for i := range parcels {
		at := time.Now()
		r.scan("T"+strconv.Itoa(i), mug, waybill(i))
		took[i] = time.Since(at)
		if i == parcels/10 {
			runtime.GC()
			runtime.ReadMemStats(&early)
		}
	}
	runtime.GC()
	var late runtime.MemStats
	runtime.ReadMemStats(&late)
	if v := r.st.Bench.View(); v.Sealed != parcels {
		b.Fatalf("%d sealed, alert %+v", v.Sealed, v.Alert)
	}
	tenth := parcels / 10
	a, z := quantile(slices.Clone(took[:tenth]), 0.5), quantile(slices.Clone(took[parcels-tenth:]), 0.5)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(a, "first-ms/parcel")
	b.ReportMetric(z, "last-ms/parcel")
	b.ReportMetric(z/a, "last/first")
	b.ReportMetric(float64(early.HeapInuse)/1e6, "first-heap-MB")
	b.ReportMetric(float64(late.HeapInuse)/1e6, "last-heap-MB")
}
