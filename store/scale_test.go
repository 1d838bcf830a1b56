package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"packbench/packing"
	"packbench/store"
)

// pack stores n parcels from arrival to seal: nine events each.
func pack(t testing.TB, s *store.Store, n int) {
	t.Helper()
	bench, err := s.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var events []packing.Event
	for i := range n {
		no, at := strconv.Itoa(i), testNow.UnixMilli()+int64(i)*5000
		id := packing.ParcelID("shop/" + no)
		lines := []packing.Line{{Listing: "MUG", Name: "Mug, blue, 0.3 l", Quantity: 1}}
		file := packing.LabelFile{Hash: "hash" + no, Codes: []string{"WB" + no}, Printable: true}
		job := packing.JobID(no + "#1")
		for _, body := range []packing.Body{
			packing.ParcelArrived{Parcel: packing.Parcel{ID: id, Connection: "shop", Number: no, Order: "O" + no, Tote: "T" + no, Waybill: "WB" + no, Lines: lines, Status: packing.StatusPackable, TellAt: "sealed"}},
			packing.LabelArrived{File: file},
			packing.Picked{By: "W"},
			packing.Opened{Lines: lines},
			packing.UnitVerified{Line: 0, N: 1},
			packing.LabelRequested{Label: packing.Label{Job: job, Hash: file.Hash, Codes: file.Codes}},
			packing.PrintReported{Job: job, State: packing.PrintConfirmed},
			packing.LabelProven{Job: job, Code: "WB" + no},
			packing.Sealed{Tell: true},
		} {
			events = append(events, packing.Event{Parcel: id, Person: "C", AtMs: at, Body: body})
		}
		if i%200 == 199 || i == n-1 {
			out, err := s.Commit(t.Context(), bench, events)
			if err != nil {
				t.Fatal(err)
			}
			bench, events = out.Bench, nil
		}
	}
}

// BenchmarkScale takes the figures of everything that walks through a whole
// data directory: PACKBENCH_PARCELS=1000000 go test -bench Scale -benchtime 1x.
func BenchmarkScale(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("PACKBENCH_PARCELS"))
	if err != nil {
		n = 2000
	}
	s := open(b, b.TempDir())
	pack(b, s, n)
	file := filepath.Join(b.TempDir(), "b")
	for b.Loop() {
		for _, c := range []struct {
			name string
			do   func() error
		}{
			{"check", func() error { return s.Check(b.Context()) }},
			{"backup", func() error { _, err := s.Backup(b.Context(), file, testNow); return err }},
			{"restore", func() error {
				_, err := store.Restore(b.Context(), file, filepath.Join(b.TempDir(), "new"), true, time.Now())
				return err
			}},
			{"audit", func() error {
				a, err := s.Audit(b.Context())
				if err == nil && (len(a.Findings) > 0 || a.Events != int64(9*n)) {
					err = fmt.Errorf("%+v", a)
				}
				return err
			}},
		} {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			if err := c.do(); err != nil {
				b.Fatal(c.name, err)
			}
			b.ReportMetric(time.Since(start).Seconds(), c.name+"-s")
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/(1<<20), c.name+"-MiB")
		}
	}
	if info, err := os.Stat(file); err == nil {
		b.ReportMetric(float64(info.Size())/(1<<20), "backup-file-MiB")
	}
	if info, err := os.Stat(filepath.Join(s.Dir, "packbench.db")); err == nil {
		b.ReportMetric(float64(info.Size())/(1<<20), "database-MiB")
	}
}
