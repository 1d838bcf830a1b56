package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"packbench/bench"
	"packbench/packing"
	"packbench/store"
)

// Summary is the day in figures, from the journal and from ledgers outside the
// program.
type Summary struct {
	Parcels  int            `json:"parcels"`
	Stages   map[string]int `json:"stages"`
	Scans    int            `json:"scans"`    // that the bench stored
	Refusals map[string]int `json:"refusals"` // by kind
	Labels   struct {
		Requested int `json:"requested"`
		Printed   int `json:"printed"` // by the printer's own ledger
		Proven    int `json:"proven"`
		Void      int `json:"void"`
		Equal     int `json:"equal"`   // whose dots are ours, dot for dot
		Unknown   int `json:"unknown"` // may have come out, or not
		Asked     int `json:"asked"`   // copies beyond the first that a person asked for
		Torn      int `json:"torn"`    // second copies that came out and were torn up
	} `json:"labels"`
	Sealed   int      `json:"sealed"`
	Told     int      `json:"told"`     // parcels in the ERP's ledger
	Repeats  int      `json:"repeats"`  // deliveries without a second effect
	Again    int      `json:"again"`    // scans made again, as they were not stored
	Restarts int      `json:"restarts"` // of the bench
	Seconds  float64  `json:"seconds"`
	Problems []string `json:"problems"` // empty = every ledger agrees
}

func (d *day) summary(ctx context.Context, took time.Duration) (sum Summary, err error) {
	sum.Parcels, sum.Restarts, sum.Seconds = len(d.parcels), d.restarts, took.Seconds()
	sum.Again, sum.Labels.Torn = d.again, d.torn
	sum.Refusals, sum.Stages, sum.Problems = map[string]int{}, map[string]int{}, []string{}
	st, err := store.Open(d.opt.Data, store.Options{Shared: true})
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	sealed := map[string]bool{}
	if err := d.count(ctx, st, &sum, sealed); err != nil {
		return sum, err
	}
	stages, err := st.Stages(ctx)
	if err != nil {
		return sum, err
	}
	for stage, n := range stages {
		sum.Stages[string(stage)] = n
	}
	audit, err := st.Audit(ctx)
	if err != nil {
		return sum, err
	}
	sum.Problems = append(sum.Problems, audit.Problems...)
	if err := d.checkLedger(&sum, sealed); err != nil {
		return sum, err
	}
	return sum, d.checkSheets(ctx, st, &sum)
}

// count reads the journal.
func (d *day) count(ctx context.Context, st *store.Store, sum *Summary, sealed map[string]bool) error {
	return st.Journal(ctx, func(e store.Entry) error {
		ev, err := e.Event()
		if err != nil {
			return err
		}
		if ev.Scan != nil {
			sum.Scans++
		}
		switch body := ev.Body.(type) {
		case packing.Refused:
			sum.Refusals[string(body.Alert.Kind)]++
		case packing.LabelRequested:
			sum.Labels.Requested++
		case packing.LabelProven:
			sum.Labels.Proven++
		case packing.LabelVoided:
			sum.Labels.Void++
		case packing.PrintReported:
			switch body.State {
			case packing.PrintFailed:
				sum.Labels.Void++
			case packing.PrintUnknown:
				sum.Labels.Unknown++
			}
		case packing.Sealed:
			sum.Sealed++
			sealed[string(ev.Parcel)] = true
		}
		return nil
	})
}

// checkLedger compares what was sealed with what the ERP wrote down.
func (d *day) checkLedger(sum *Summary, sealed map[string]bool) error {
	effects := map[string]int{}
	err := eachLine(d.ledgerPath(), func(line []byte) error {
		var l struct {
			Parcel     string `json:"parcel"`
			Deliveries int    `json:"deliveries"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		if l.Deliveries > 1 {
			sum.Repeats++
			return nil
		}
		effects["erp/"+l.Parcel]++
		return nil
	})
	if err != nil {
		return err
	}
	sum.Told = len(effects)
	for id := range sealed {
		if effects[id] != 1 {
			sum.Problems = append(sum.Problems, fmt.Sprintf("%s was told %d times", id, effects[id]))
		}
	}
	for id := range effects {
		if !sealed[id] {
			sum.Problems = append(sum.Problems, id+" was told and is not sealed")
		}
	}
	return nil
}

func eachLine(path string, f func([]byte) error) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was ever written
	}
	if err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := f(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// checkSheets compares every printed label with the bitmap that was sent, dot
// for dot, and gives its picture the name of its waybill.
func (d *day) checkSheets(ctx context.Context, st *store.Store, sum *Summary) error {
	d.nextSheet() // the last ones that came out
	printed, err := readPrinterLedger(filepath.Join(d.opt.Out, "printer.jsonl"))
	if err != nil {
		return err
	}
	sum.Labels.Printed = len(printed)
	ours := map[string]string{} // digest of the dots → waybill
	labels := bench.Labels{Store: st, Renderer: d.renderer, Target: d.target}
	for _, p := range d.parcels {
		have, err := st.Parcel(ctx, bench.ParcelID("erp", p.number))
		if err != nil {
			return err
		}
		if have == nil || have.File == nil {
			continue
		}
		bm, err := labels.Page(ctx, have.File.Hash, have.File.Page)
		if err != nil {
			return err
		}
		dots := sha256.Sum256(bm.Bits)
		ours[hex.EncodeToString(dots[:])] = p.waybill
	}
	copies := map[string]int{}
	for _, l := range printed {
		waybill, ok := ours[l.SHA256]
		if !ok {
			sum.Problems = append(sum.Problems, fmt.Sprintf("label %d is not what was sent", l.N))
			continue
		}
		sum.Labels.Equal++
		copies[waybill]++
		name := filepath.Join(d.dir("labels"), fmt.Sprintf("%03d-%s.png", l.N, waybill))
		if err := os.Rename(filepath.Join(d.dir("labels"), fmt.Sprintf("%03d.png", l.N)), name); err != nil {
			return fmt.Errorf("name label: %w", err)
		}
	}
	for waybill, n := range copies {
		sum.Labels.Asked += d.asked[waybill]
		if n > 1+d.asked[waybill] {
			sum.Problems = append(sum.Problems, fmt.Sprintf("label %s came out %d times, and a person asked for %d more", waybill, n, d.asked[waybill]))
		}
	}
	return nil
}

type printedLine struct {
	N      int    `json:"n"`
	SHA256 string `json:"sha256"`
}

func readPrinterLedger(path string) ([]printedLine, error) {
	var out []printedLine
	err := eachLine(path, func(line []byte) error {
		var l printedLine
		if err := json.Unmarshal(line, &l); err != nil {
			return fmt.Errorf("read printer ledger: %w", err)
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

func (d *day) writeSummary(sum Summary) error {
	data, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	if err := os.WriteFile(filepath.Join(d.opt.Out, "summary.json"), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// Table is the summary for people.
func (s Summary) Table() string {
	var b bytes.Buffer
	row := func(name string, value any) { fmt.Fprintf(&b, "%-28s %v\n", name, value) }
	row("parcels", s.Parcels)
	for _, stage := range sortedKeys(s.Stages) {
		row("  "+stage, s.Stages[stage])
	}
	row("scans stored", s.Scans)
	total := 0
	for _, n := range s.Refusals {
		total += n
	}
	row("refusals", total)
	for _, kind := range sortedKeys(s.Refusals) {
		row("  "+kind, s.Refusals[kind])
	}
	row("labels requested", s.Labels.Requested)
	row("  printed (its ledger)", s.Labels.Printed)
	row("  dots as sent", s.Labels.Equal)
	row("  proven", s.Labels.Proven)
	row("  void", s.Labels.Void)
	row("sealed", s.Sealed)
	row("told upstream (its ledger)", s.Told)
	row("restarts", s.Restarts)
	row("seconds", fmt.Sprintf("%.1f", s.Seconds))
	for _, p := range s.Problems {
		row("PROBLEM", p)
	}
	return b.String()
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
