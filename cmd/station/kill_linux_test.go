package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/internal/demo"
	"packbench/printer"
	"packbench/scanner"
	"packbench/text"
)

// killDays packs days, in both flows, until the bench was killed so often.
func killDays(t *testing.T, kills int, seed uint64, plant string) (killed, []demo.Summary) {
	t.Helper()
	t.Setenv("LC_ALL", "en_US.UTF-8") // else each life complains of the locale
	words, err := text.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	orders := 12 + kills/4
	var all killed
	var days []demo.Summary
	if plant != "" {
		orders = 4
	}
	for day := 0; all.Kills < kills && day < 20; day++ {
		out := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const scansAnOrder = 7
		k := newKiller(filepath.Join(out, "data"), kills-all.Kills, max(1, 2*orders*scansAnOrder/kills), seed+uint64(day))
		if plant != "" {
			k.plant, k.hasty, k.spare, k.found = plant, true, 0, cancel // one is enough
		}
		sum, err := demo.Run(ctx, demo.Options{
			Exe: os.Args[0], Data: k.data, Out: out, Orders: orders, Seed: seed + uint64(day), Words: words,
			Stderr: os.Stderr, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
			Desk: k.start,
		})
		k.audit(t.Context())
		all.add(k.sum)
		if k.hasty && ctx.Err() != nil {
			break
		}
		if err != nil {
			all.Problems = append(all.Problems, fmt.Sprintf("day %d: %v", day, err))
			return all, days
		}
		days = append(days, sum)
		all.Problems = append(all.Problems, sum.Problems...)
		if plant != "" && len(all.Problems) > 0 {
			break
		}
	}
	return all, days
}

func (k *killed) add(o killed) {
	k.Kills, k.VerifyFirst, k.LabelFirst, k.InParcel = k.Kills+o.Kills, k.VerifyFirst+o.VerifyFirst, k.LabelFirst+o.LabelFirst, k.InParcel+o.InParcel
	k.AtStart, k.AtPrint = k.AtStart+o.AtStart, k.AtPrint+o.AtPrint
	k.Acked, k.Lost, k.Unacked, k.UnackedMost = k.Acked+o.Acked, k.Lost+o.Lost, k.Unacked+o.Unacked, max(k.UnackedMost, o.UnackedMost)
	k.Compared, k.Changed, k.Audits = k.Compared+o.Compared, k.Changed+o.Changed, k.Audits+o.Audits
	k.Problems = append(k.Problems, o.Problems...)
}

// kill -9 of the bench, again and again through a packing day in both flows:
// no acknowledged scan is lost, no label comes out twice unasked, no parcel is
// told twice, and the screen comes back as it was. `make crash KILLS=100`.
func TestKillDay(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole day")
	}
	kills := 12
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil && n > 0 {
		kills = n
	}
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	started := time.Now()
	got, days := killDays(t, kills, seed, "")
	var unknown, asked, torn, told, sealed, again, printed int
	for _, d := range days {
		unknown, asked, torn = unknown+d.Labels.Unknown, asked+d.Labels.Asked, torn+d.Labels.Torn
		told, sealed, again, printed = told+d.Told, sealed+d.Sealed, again+d.Again, printed+d.Labels.Printed
	}
	t.Logf("seed %d, %d days, %.0f s: %d kills (verify-first %d, label-first %d; in a parcel %d, at start %d, while printing %d)",
		seed, len(days), time.Since(started).Seconds(), got.Kills, got.VerifyFirst, got.LabelFirst, got.InParcel, got.AtStart, got.AtPrint)
	t.Logf("scans acknowledged %d, lost %d; stored and not acknowledged %d, at most %d a kill; scanned again %d; screens compared %d, changed %d; audits %d",
		got.Acked, got.Lost, got.Unacked, got.UnackedMost, again, got.Compared, got.Changed, got.Audits)
	t.Logf("labels printed %d, unknown %d, copies asked for %d, torn up %d; parcels sealed %d, told %d", printed, unknown, asked, torn, sealed, told)
	for _, p := range got.Problems {
		t.Error(p)
	}
	if got.UnackedMost > 1 {
		t.Errorf("%d scans of one life were stored and not acknowledged: only one was on its way", got.UnackedMost)
	}
	if got.Kills < kills || got.VerifyFirst == 0 || got.LabelFirst == 0 || got.InParcel == 0 || got.Compared == 0 || sealed == 0 || told != sealed {
		t.Errorf("this proves nothing: %+v, sealed %d, told %d", got, sealed, told)
	}
}

// The bugs that TestKillBites plants.
const (
	plantEarly   = "early"   // a scan is acknowledged before it is stored
	plantReprint = "reprint" // a label that is not proven yet is printed again at the start
)

// The harness itself must bite: each planted bug is caught by it.
func TestKillBites(t *testing.T) {
	if testing.Short() {
		t.Skip("whole days")
	}
	for plant, want := range map[string]string{plantEarly: "is lost", plantReprint: "came out 2 times"} {
		t.Run(plant, func(t *testing.T) {
			got, _ := killDays(t, 2, 7, plant)
			t.Logf("%d kills, %d lost: %q", got.Kills, got.Lost, got.Problems)
			if !strings.Contains(strings.Join(got.Problems, "\n"), want) {
				t.Errorf("nothing says that something %s", want)
			}
		})
	}
}

// TestPlantedDesk is the bench with a planted bug, when TestKillBites starts
// this program as one; otherwise it is nothing.
func TestPlantedDesk(t *testing.T) {
	plant := os.Getenv("PACKBENCH_TEST_PLANT")
	if plant == "" {
		return
	}
	clock, err := time.ParseDuration(os.Getenv("PACKBENCH_TEST_CLOCK"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PACKBENCH_KEYS", os.Getenv("PACKBENCH_TEST_KEYS")) // of the day, not of these tests
	if err := runPlanted(t.Context(), plant, os.Getenv("PACKBENCH_DATA"), clock); err != nil {
		t.Fatal(err)
	}
}

func runPlanted(ctx context.Context, plant, dir string, clock time.Duration) error {
	return demo.RunDesk(ctx, demo.DeskOptions{
		Data: dir, Clock: clock, In: os.Stdin, Out: os.Stdout,
		Wrap: func(st *bench.Station) (demo.Served, error) {
			if plant == plantReprint {
				return st.Bench, printAgain(ctx, st)
			}
			return &hastyBench{Bench: st.Bench}, nil
		},
	})
}

// hastyBench says "stored" when a scan has only been queued.
type hastyBench struct {
	*bench.Bench
	at int64
}

func (h *hastyBench) Scan(ctx context.Context, s scanner.Scan) error {
	h.at = s.At.UnixMilli()
	return h.Bench.Scan(ctx, s)
}

func (h *hastyBench) Settle(context.Context) error { return nil }

func (h *hastyBench) View() *bench.View {
	v := *h.Bench.View()
	if h.at != 0 {
		v.LastMs = h.at
	}
	return &v
}

// printAgain repeats by itself what is not proven yet.
func printAgain(ctx context.Context, st *bench.Station) error {
	b, err := st.Store.Bench(ctx)
	if err != nil {
		return err
	}
	settings, err := st.Store.Settings(ctx)
	if err != nil {
		return err
	}
	profile, err := printer.LoadProfile(bench.DefaultProfile, "")
	if err != nil {
		return err
	}
	for _, l := range b.Loose {
		p, err := st.Store.Parcel(ctx, l.Parcel)
		if err != nil {
			return err
		}
		page, err := st.Labels.Page(ctx, p.Label().Hash, p.Label().Page)
		if err != nil {
			return err
		}
		again, err := bench.NewPrinter(settings[bench.SettingPrinter], profile, false, nil)
		if err != nil {
			return err
		}
		go again.Run(ctx)
		again.Submit(printer.Job{ID: string(l.Job), Page: page, Copies: 1})
	}
	return nil
}
