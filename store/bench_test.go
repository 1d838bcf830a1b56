package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"packbench/packing"
)

// BenchmarkScan measures a scan from facts to commit beside one bare durable
// transaction of the same SQLite, interleaved, and reports the ratios.
func BenchmarkScan(b *testing.B) {
	dir := b.TempDir()
	s := open(b, dir)
	r := newRig(b, s)
	r.shop(1)
	lines := []packing.Line{{Listing: "MUG", Name: "mug", Quantity: 1 << 30}}
	r.do(packing.Arrived{Parcel: packing.Parcel{ID: "shop/big", Connection: "shop", Number: "big", Order: "Obig", Tote: "Tbig", Lines: lines, Status: packing.StatusPackable}})
	r.scan("badge W", "command PICK", "Tbig", "badge C", "Tbig")

	bare, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	if _, err := bare.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)"); err != nil {
		b.Fatal(err)
	}
	var ours, plain []time.Duration
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if i%20 == 19 { // a parcel of more than twenty units is none
			b.StopTimer()
			r.do(packing.Scan{Key: "command HOLD", Class: packing.ClassCommand, Body: "HOLD"})
			id := fmt.Sprintf("big%d", i)
			r.do(packing.Scan{Key: "shelf", Class: packing.ClassLocation, Body: "A1"})
			r.do(packing.Arrived{Parcel: packing.Parcel{ID: packing.ParcelID("shop/" + id), Connection: "shop", Number: id, Order: "O" + id, Tote: "T" + id, PickedBy: []packing.PersonID{"W"}, Lines: lines, Status: packing.StatusPackable}})
			r.scan("T" + id)
			b.StartTimer()
		}
		start := time.Now()
		r.do(packing.Scan{Key: mug, Shown: mug, Device: "gun"})
		ours = append(ours, time.Since(start))
		start = time.Now()
		if _, err := bare.Exec("INSERT INTO t (v) VALUES (?)", "0123456789"); err != nil {
			b.Fatal(err)
		}
		plain = append(plain, time.Since(start))
	}
	slices.Sort(ours)
	slices.Sort(plain)
	at := func(d []time.Duration, q float64) float64 { return float64(d[int(q*float64(len(d)-1))].Microseconds()) }
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
		b.ReportMetric(at(ours, q.q), q.name+"-µs")
		b.ReportMetric(at(ours, q.q)/at(plain, q.q), q.name+"-×bare")
	}
}
