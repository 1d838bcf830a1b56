package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/internal/testshared"
	"packbench/label"
	"packbench/store"
	"packbench/text"
	"packbench/upstream/files"
)

// imported is what import --json answers.
type imported struct {
	New, Updated, Unchanged, Kept int
	Stopped                       []bench.Stopped
	Refused                       []refused
}

func importJSON(t *testing.T, want int, args ...string) (imported, string) {
	t.Helper()
	code, out, stderr := station(t, append(args[:2:2], append([]string{"import", "--json"}, args[2:]...)...)...)
	if code != want {
		t.Fatalf("exit %d, want %d\n%s%s", code, want, out, stderr)
	}
	var r imported
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return r, stderr
}

// Every kind of file that a shop has: looked at, imported, imported again.
func TestImportEveryFormat(t *testing.T) {
	orders := testshared.Path(t, "data", "orders")
	for _, name := range []string{
		"tiktok_orders_us.csv", "tiktok_orders_id.csv", "shopify_orders.csv", "shipstation_orders_export.csv", "generic_shipment_import.csv",
	} {
		t.Run(name, func(t *testing.T) {
			data, file := t.TempDir(), filepath.Join(orders, name)
			dry, _ := importJSON(t, exitDone, "--data", data, "--dry-run", file)
			if left, err := os.ReadDir(data); err != nil || len(left) > 0 || dry.New != 1 {
				t.Errorf("a dry run: %+v, left %v, %v", dry, left, err)
			}
			if first, _ := importJSON(t, exitDone, "--data", data, file); first.New != 1 || first.Stopped == nil || len(first.Refused) > 0 {
				t.Errorf("first: %+v", first)
			}
			if again, _ := importJSON(t, exitDone, "--data", data, file); again.New != 0 || again.Unchanged != 1 {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// --partial takes the good orders of a bad file, of any kind; without it none.
func TestImportPartial(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"tiktok":      badHeader + badRow("1", "1") + badRow("2", "0"),
		"shopify":     "Name,Financial Status,Fulfillment Status,Lineitem quantity,Lineitem name,Lineitem sku,Cancelled at\n#1,paid,unfulfilled,1,A,A,\n#2,paid,unfulfilled,0,A,A,\n",
		"shipstation": "Order - Number;Item - SKU;Item - Qty\nS1;A;1\nS2;A;x\n",
	} {
		file, data := filepath.Join(dir, name+".csv"), filepath.Join(dir, name)
		write(t, file, content)
		if none, _ := importJSON(t, exitFailed, "--data", data, file); none.New != 0 || len(none.Refused) != 1 || none.Refused[0].Row != 3 {
			t.Errorf("%s: %+v", name, none)
		}
		if dry, _ := importJSON(t, exitFailed, "--data", data, "--dry-run", "--partial", file); dry.New != 1 || len(dry.Refused) != 1 {
			t.Errorf("%s, dry: %+v", name, dry)
		}
		if some, said := importJSON(t, exitFailed, "--data", data, "--partial", file); some.New != 1 || len(some.Refused) != 1 || !strings.Contains(said, "file's time") {
			t.Errorf("%s, partial: %+v %s", name, some, said)
		}
	}
}

// A shop's own layout lies in the data directory.
func TestImportOwnColumns(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(data, "columns"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "erp.csv")
	write(t, file, "单号;货号;数量\nA-1;MUG;2\n")
	own := filepath.Join(data, "columns", "erp.json")
	write(t, own, `{"id":"erp","title":"ERP","detect":["order"],"required":["sku","quantity"],"columns":{"order":["单号"],"sku":["货号"],"quantity":["数量"]}}`)
	if r, _ := importJSON(t, exitDone, "--data", data, "--connection", "erp", file); r.New != 1 {
		t.Errorf("%+v", r)
	}
	write(t, own, `{"id":"erp","title":"ERP","detect":["order"],"columns":{"order":["单号"],"colour":["颜色"]}}`)
	code, _, said := station(t, "--data", data, "import", "--connection", "erp", file)
	if code != exitFailed || !strings.Contains(said, "erp.json") || !strings.Contains(said, "colour") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// The knowledge of a shop that speaks by files is as old as its file.
func TestImportSaysHowOldItIs(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "a.csv")
	write(t, file, badHeader+badRow("1", "1"))
	at := time.Now().Add(-30 * time.Hour).Truncate(time.Second)
	date := func(when time.Time) {
		t.Helper()
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	known := func() store.Connection {
		t.Helper()
		st, err := store.Open(data, store.Options{Station: "bench-1"})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		c, err := st.LoadConnection(context.Background(), "files")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	date(at)
	_, said := importJSON(t, exitDone, "--data", data, file)
	if c := known(); c.Live || c.KnownMs != at.UnixMilli() || !strings.Contains(said, text.Clock(at.UnixMilli(), time.Now())) {
		t.Errorf("%+v, want %d; %s", c, at.UnixMilli(), said)
	}
	date(at.Add(-time.Hour))
	if _, said := importJSON(t, exitDone, "--data", data, "--connection", "files", file); !strings.Contains(said, "older than the last one") {
		t.Errorf("an older file is not warned of: %s", said)
	}
	if c := known(); c.KnownMs != at.UnixMilli() {
		t.Errorf("an older file set the knowledge back: %+v", c)
	}
	date(time.Now().Add(48 * time.Hour)) // a clock that was wrong
	before := time.Now().UnixMilli()
	importJSON(t, exitDone, "--data", data, file)
	if c := known(); c.KnownMs < before || c.KnownMs > time.Now().UnixMilli() {
		t.Errorf("from the future: %+v", c)
	}
}

// A newer file that cancels an order says so and keeps the order cancelled.
func TestImportCancels(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "a.csv")
	write(t, file, badHeader+badRow("1", "1")+badRow("2", "1"))
	importJSON(t, exitDone, "--data", data, file)
	write(t, file, badHeader+strings.Replace(badRow("1", "1"), "To ship", "Canceled", 1)+badRow("2", "1"))
	if r, _ := importJSON(t, exitDone, "--data", data, file); r.Unchanged != 1 || len(r.Stopped) != 1 || r.Stopped[0].Order != "1" || r.Stopped[0].Why != "cancelled" {
		t.Errorf("%+v", r)
	}
	if r, _ := importJSON(t, exitDone, "--data", data, file); r.Unchanged != 2 || len(r.Stopped) > 0 {
		t.Errorf("once more: %+v", r)
	}
}

func TestStoppedSentences(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	at := now.Add(-88 * time.Minute).UnixMilli()
	for _, c := range []struct {
		s      bench.Stopped
		en, zh string
	}{
		{bench.Stopped{Order: "577", Why: "cancelled", Stage: "sealed", Bench: "bench-1", AtMs: at}, "cancelled: order 577, packed at bench-1 10:32", "已取消：订单 577，装好了，bench-1 10:32"},
		{bench.Stopped{Order: "577", Why: "cancel_asked", Stage: "held", Shelf: "A-3"}, "cancel asked: order 577, put aside on shelf A-3", "买家要取消：订单 577，先放一边，架位 A-3"},
		{bench.Stopped{Order: "577", Why: "on_hold", Stage: "picked", Tote: "T7"}, "on hold: order 577, picked in tote T7", "平台挂起：订单 577，拣好了，周转箱 T7"},
		{bench.Stopped{Order: "577", Why: "changed", Stage: "waiting"}, "changed: order 577, waiting", "已改动：订单 577，等拣货"},
	} {
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			words, err := text.Load(lang)
			if err != nil {
				t.Fatal(err)
			}
			if got := (&env{words: words}).stopped(c.s, now); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}

// Ctrl-C in the middle: what is said to be stored is stored, and the same file
// again does the rest.
func TestImportInterrupted(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "big.csv")
	var b strings.Builder
	b.WriteString(badHeader)
	const orders = 5000
	for i := range orders {
		b.WriteString(badRow(fmt.Sprint(i+1), "1"))
	}
	write(t, file, b.String())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "--data", data, "--lang", "en", "import", "--json", file)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The database appears with the first portion; the interrupt comes then.
	for range 6000 {
		if info, err := os.Stat(filepath.Join(data, "packbench.db-wal")); err == nil && info.Size() > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // judged by its code
	if cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Fatalf("exit %d\n%s%s", cmd.ProcessState.ExitCode(), stdout.String(), stderr.String())
	}
	var first imported
	if err := json.Unmarshal(stdout.Bytes(), &first); err != nil || first.New >= orders || !strings.Contains(stderr.String(), fmt.Sprint("interrupted: ", first.New, " parcels")) {
		t.Fatalf("%v: %+v %s", err, first, stderr.String())
	}
	must(t, "--data", data, "audit")
	if rest, _ := importJSON(t, exitDone, "--data", data, file); rest.Unchanged != first.New || rest.New != orders-first.New {
		t.Errorf("first %+v, then %+v", first, rest)
	}
	t.Logf("interrupted after %d of %d", first.New, orders)
}

func TestProgressBar(t *testing.T) {
	words, err := text.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	now := time.Unix(0, 0).Add(time.Hour)
	b := progressBar{e: &env{words: words}, out: &out, now: func() time.Time { return now }}
	b.show(files.Progress{Rows: 1000, Done: 10, Total: 100}, 0)
	b.clear()
	if out.Len() > 0 {
		t.Errorf("a short file shows %q", out.String())
	}
	now = now.Add(time.Second)
	b.show(files.Progress{Rows: 2000, Done: 20, Total: 100}, 0)
	b.show(files.Progress{Rows: 3000, Done: 30, Total: 100}, 0)
	b.show(files.Progress{Rows: 5000, Done: 50, Total: 100}, 0)
	b.clear()
	if got := strings.Count(out.String(), "\r"); got != 3 || !strings.Contains(out.String(), "5000 rows read (50%)") {
		t.Errorf("%d lines: %q", got, out.String())
	}
}

// Labels come as an archive of PDFs and pictures; each page finds its parcel by
// its barcode, and what is no label is named.
func TestImportLabelArchive(t *testing.T) {
	labels := testshared.Path(t, "data", "labels", "pdf")
	r := label.NewRenderer(bench.CacheDir(os.TempDir()))
	defer r.Close()
	pdf, err := os.ReadFile(filepath.Join(labels, "activeshipping_label1.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := label.Inspect(context.Background(), r, pdf, 203.2)
	if err != nil || len(report.Codes) == 0 {
		t.Fatalf("%v: %+v", err, report)
	}
	dir := t.TempDir()
	picture := filepath.Join(dir, "picture.png")
	must(t, "render", filepath.Join(labels, "activeshipping_label1.pdf"), "-o", picture)
	pixels, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	waybill := ""
	for _, c := range report.Codes {
		if len(c.Text) >= 10 && len(c.Text) <= 34 {
			waybill = c.Text
		}
	}
	for _, c := range []struct {
		name string
		data []byte
	}{{"labels/1.pdf", pdf}, {"labels/1.png", pixels}} {
		data, file, orders := filepath.Join(dir, filepath.Ext(c.name)), filepath.Join(dir, "labels.zip"), filepath.Join(dir, "orders.csv")
		write(t, orders, strings.TrimSuffix(badHeader, "\n")+",Tracking ID\n1,To ship,1,MUG,Mug,1,,,"+waybill+"\n")
		must(t, "--data", data, "import", orders)
		zipFile(t, file, map[string][]byte{c.name: c.data, "__MACOSX/x": []byte("x"), "read me.txt": []byte("hello")})
		code, out, said := station(t, "--data", data, "--lang", "en", "import-labels", file)
		if code != exitDone || !strings.HasPrefix(out, "1 labels matched") || !strings.Contains(said, "read me.txt: not a label, skipped") || strings.Contains(said, "MACOSX") {
			t.Errorf("%s: exit %d\n%s%s", c.name, code, out, said)
		}
		zipFile(t, file, map[string][]byte{c.name: c.data, "bad.pdf": []byte("junk")})
		var results []labelFileResult
		code, out, said = station(t, "--data", data, "--lang", "en", "import-labels", "--json", file)
		if err := json.Unmarshal([]byte(out), &results); err != nil || code != exitFailed || len(results) != 2 {
			t.Errorf("a bad one beside: exit %d, %v\n%s%s", code, err, out, said)
		}
	}
}

func zipFile(t *testing.T, path string, entries map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range entries {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}
