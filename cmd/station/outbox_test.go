package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/packing"
	"packbench/store"
)

// outboxDir is a data directory with three sealed parcels: P0 waits, P1 was
// refused with words that a spreadsheet would run, P2 is told.
func outboxDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	st, err := store.Open(dir, store.Options{Station: "bench-1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	var events []packing.Event
	for i := range 3 {
		no := fmt.Sprintf("P%d", i)
		id := packing.ParcelID("erp/" + no)
		events = append(events,
			packing.Event{Parcel: id, AtMs: 1_795_168_800_000, Body: packing.ParcelArrived{Parcel: packing.Parcel{
				ID: id, Connection: "erp", Number: no, Order: fmt.Sprintf("57700000000000000%d", i), Waybill: "00" + no, Carrier: "J&T",
				Status: packing.StatusPackable, Lines: []packing.Line{{Listing: "MUG", Quantity: 1}}, TellAt: "sealed",
			}}},
			packing.Event{Parcel: id, AtMs: 1_795_168_800_000, Body: packing.Sealed{Tell: true}})
	}
	desk, err := st.Bench(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Commit(ctx, desk, events); err != nil {
		t.Fatal(err)
	}
	if err := st.RecordOutbox(ctx, 2, store.OutboxResult{State: store.OutboxParked, Counted: true, Note: `=HYPERLINK("http://evil.example")`}); err != nil {
		t.Fatal(err)
	}
	if err := st.RecordOutbox(ctx, 3, store.OutboxResult{State: store.OutboxDone, Counted: true}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func listed(t *testing.T, dir string, args ...string) []outboxLine {
	t.Helper()
	var out []outboxLine
	text := must(t, append([]string{"--data", dir, "outbox", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOutboxListAndAnswers(t *testing.T) {
	dir := outboxDir(t)
	for state, want := range map[string]int{"open": 2, "parked": 1, "pending": 1, "all": 3} {
		if got := listed(t, dir, "--state", state); len(got) != want {
			t.Errorf("--state %s: %d rows, want %d", state, len(got), want)
		}
	}
	if got := listed(t, dir, "--connection", "other"); len(got) != 0 {
		t.Errorf("rows of another connection: %v", got)
	}
	parked := listed(t, dir, "--state", "parked")[0]
	if parked.Order != "577000000000000001" || parked.Waybill != "00P1" || parked.Carrier != "J&T" || parked.SealedMs == 0 || parked.Attempts != 1 {
		t.Errorf("row %+v", parked)
	}
	if text := must(t, "--data", dir, "--lang", "zh", "outbox", "list"); !strings.Contains(text, "被拒") || strings.Count(text, "\n") != 2 {
		t.Errorf("list:\n%s", text)
	}

	must(t, "--data", dir, "setup", "person", "B7", "Boss", "--role", "supervisor", "--pin", "246810")
	must(t, "--data", dir, "setup", "person", "C2", "Chen")
	waiting := listed(t, dir, "--state", "pending")[0]
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"retry", parked.ID}, exitUsage}, // no --why
		{[]string{"retry", "nonsense", "--why", "x"}, exitFailed},
		{[]string{"retry", waiting.ID, "--why", "x"}, exitFailed}, // it isn't refused
		{[]string{"edit", parked.ID, "--why", "x"}, exitUsage},    // no carrier
		{[]string{"edit", parked.ID, "--carrier", "J&T Express", "--why", "their list says so"}, exitDone},
		{[]string{"by-hand", waiting.ID, "--why", "told by telephone", "--by", "C2"}, exitFailed}, // a packer may not
		{[]string{"by-hand", waiting.ID, "--why", "told by telephone", "--by", "b7"}, exitDone},
	} {
		code, out, errs := station(t, append([]string{"--data", dir, "outbox"}, c.args...)...)
		if code != c.code {
			t.Errorf("outbox %v: exit %d, want %d\n%s%s", c.args, code, c.code, out, errs)
		}
	}
	all := listed(t, dir, "--state", "all")
	states := map[string]string{}
	for _, r := range all {
		states[r.Parcel+" "+r.Carrier] = r.State
	}
	want := map[string]string{"erp/P0 J&T": "by_hand", "erp/P1 J&T": "replaced", "erp/P1 J&T Express": "pending", "erp/P2 J&T": "done"}
	if fmt.Sprint(states) != fmt.Sprint(want) {
		t.Errorf("states %v, want %v", states, want)
	}
	must(t, "--data", dir, "audit")
}

// TestOutboxExportIsSafeInASpreadsheet reads the table back with another reader.
func TestOutboxExportIsSafeInASpreadsheet(t *testing.T) {
	dir := outboxDir(t)
	name := filepath.Join(t.TempDir(), "by-hand.csv")
	must(t, "--data", dir, "--lang", "en", "outbox", "export", "-o", name)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(string(data), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[0][0] != "Order" || rows[1][0] != "577000000000000000\t" || rows[1][6] != "waiting" {
		t.Errorf("rows %q", rows)
	}
	if refused := rows[2]; refused[2] != "00P1\t" || refused[4] == "" || refused[6] != "refused" || refused[7] != `'=HYPERLINK("http://evil.example")` {
		t.Errorf("row %q", refused)
	}
	if code, _, _ := station(t, "--data", dir, "outbox", "export", "-o", filepath.Join(dir, "no", "such", "folder.csv")); code != exitFailed {
		t.Errorf("exit %d for a folder that isn't there", code)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(name), ".export-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
