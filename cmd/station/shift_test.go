package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/document"
	"packbench/internal/testshared"
)

// The scripted day, with everything in processes of its own.
func TestDemoDay(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole day")
	}
	out := t.TempDir()
	data := filepath.Join(out, "data")
	must(t, "--data", data, "demo", "--headless", "--orders", "32", "--out", out)
	raw, err := os.ReadFile(filepath.Join(out, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sum struct {
		Parcels, Sealed, Told, Restarts int
		Refusals                        map[string]int
		Labels                          struct{ Printed, Equal, Proven int }
		Problems                        []string
	}
	if err := json.Unmarshal(raw, &sum); err != nil {
		t.Fatal(err)
	}
	// One order is not paid, one is cancelled; everything else leaves the bench.
	if sum.Parcels != 32 || sum.Sealed != 30 || sum.Told != 30 || sum.Restarts != 1 || len(sum.Problems) > 0 {
		t.Fatalf("%s", raw)
	}
	if sum.Labels.Printed != sum.Labels.Equal || sum.Labels.Printed < sum.Sealed {
		t.Fatalf("%s", raw)
	}
	for _, kind := range []string{
		"wrong_item", "unknown_code", "over_scan", "same_person", "cant_open", "cancelled",
		"wrong_label", "used_label", "weight", "wrong_kind",
	} {
		if sum.Refusals[kind] == 0 {
			t.Errorf("the day has no %s", kind)
		}
	}
	if sum.Refusals["printer_failed"]+sum.Refusals["printer_unknown"] == 0 {
		t.Error("the printer never ran out of paper")
	}
	must(t, "--data", data, "audit")
	readLabels(t, filepath.Join(out, "labels"))
}

// readLabels reads every printed picture with a reader that is not ours.
func readLabels(t *testing.T, dir string) {
	t.Helper()
	zbarimg := lookTool(t, "zbarimg")
	pictures, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(pictures) == 0 {
		t.Fatal(pictures, err)
	}
	for _, png := range pictures {
		want := strings.TrimSuffix(filepath.Base(png)[4:], ".png")
		if got := zbar(t, zbarimg, png); !strings.Contains("\n"+got, "\n"+want+"\n") {
			t.Errorf("%s reads as %q", filepath.Base(png), got)
		}
	}
}

// Real input: an order file as Seller Center writes it, a catalogue, one merged
// PDF of labels, a printer on a socket, an ERP that wants to be told.
func TestRealInput(t *testing.T) {
	orders := testshared.Path(t, "data", "orders", "tiktok_orders_us.csv")
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	goods := filepath.Join(dir, "goods.csv")
	write(t, goods, "sku,codes,name_zh,name_en,spec,weight_g,weight\n"+
		"MUG-RED-11,6901234500011,马克杯 红,\"Mug, red\",11 oz,310,measured\n"+
		"TEE-BLK-M,96385074,T恤 黑,\"T-shirt, black\",M,190,measured\n")
	printer := startChild(t, "emulate", "printer", "--width", "832", "--out", dir, "--ledger", filepath.Join(dir, "printer.jsonl"))
	ledger := filepath.Join(dir, "erp.jsonl")
	erp := startChild(t, "fake", "erp", "--ledger", ledger)
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

	base := []string{"--data", data, "--lang", "en"}
	do := func(args ...string) string { return must(t, append(base, args...)...) }
	do("setup", "set", "printer", printer)
	do("setup", "connection", "tiktok", "--url", erp, "--secret", secret)
	do("setup", "person", "W1", "Wang")
	do("setup", "person", "C2", "Chen")
	var imported struct {
		New, Unchanged int
		Refused        []any
	}
	for round, want := range []int{1, 0} {
		if err := json.Unmarshal([]byte(do("import", "--connection", "tiktok", "--json", orders)), &imported); err != nil {
			t.Fatal(err)
		}
		if imported.New != want || len(imported.Refused) != 0 {
			t.Fatalf("round %d: %+v", round, imported)
		}
	}
	do("import-goods", goods)

	order := "577000000000000001"
	labels := []document.ShippingLabelData{
		{Carrier: "USPS", Waybill: "9400111899560334651289", OrderNumber: order, To: []string{"D** B**", "1 Demo St, Fremont CA 94538"}},
		{Carrier: "USPS", Waybill: "9400111899560334650000", OrderNumber: "577000000000000777", To: []string{"nobody here"}},
	}
	var pdf bytes.Buffer
	if err := document.ShippingLabels(&pdf, labels); err != nil {
		t.Fatal(err)
	}
	merged := filepath.Join(dir, "merged.pdf")
	write(t, merged, pdf.String())
	code, out, stderr := station(t, append(base, "import-labels", merged)...)
	if code != exitFailed || !strings.Contains(out, "1") || !strings.Contains(stderr, "page 2") {
		t.Fatalf("exit %d\n%s\n%s", code, out, stderr) // page 2 belongs to no parcel, and is named
	}

	packByScans(t, data, order, labels[0].Waybill)
	do("sync", "--once")
	do("sync", "--once") // a second time changes nothing
	if n := ledgerCount(t, ledger, order); n != 1 {
		t.Fatalf("the ERP has %d of %s", n, order)
	}
	do("audit")
	if got := zbar(t, lookTool(t, "zbarimg"), filepath.Join(dir, "001.png")); !strings.Contains(got, labels[0].Waybill) {
		t.Fatalf("the printed label reads as %q", got)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ledgerCount is how often a parcel or order took effect in an ERP's ledger.
func ledgerCount(t *testing.T, path, order string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l struct {
			Order      string `json:"order"`
			Deliveries int    `json:"deliveries"`
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Order == order && l.Deliveries == 1 {
			n++
		}
	}
	return n
}
