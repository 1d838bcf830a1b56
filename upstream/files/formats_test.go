package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"packbench/internal/testshared"
	"packbench/upstream"
)

// The samples of the other kinds of files, read to the last field.
func TestTheOtherSampleFiles(t *testing.T) {
	shopify := versioned(upstream.Parcel{
		Connection: "shop", Number: "#1050", Order: "#1050", Nr: 1, Of: 1, Status: upstream.Packable, StatusText: "unfulfilled",
		Lines: []upstream.Line{
			{Listing: "MAT-100", Name: "Matcha 100 g", Quantity: 1}, {Listing: "MAT-50", Name: "Matcha 50 g", Quantity: 1},
		},
		CreatedMs: time.Date(2026, 5, 1, 7, 59, 0, 0, time.UTC).UnixMilli(), PaidMs: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC).UnixMilli(),
		Buyer: upstream.Buyer{Name: "Demo Een", Address: "Laan 2, 2801AA, Gouda, NL"},
		Money: upstream.Money{Minor: 10090, Currency: "EUR"},
	})
	shipstation := versioned(upstream.Parcel{
		Connection: "shop", Number: "SH1001", Order: "SH1001", Nr: 1, Of: 1, Status: upstream.Packable, StatusText: "Awaiting Shipment",
		Lines: []upstream.Line{
			{Listing: "MUG-RED-11", Name: "Demo mug", Quantity: 2}, {Listing: "TEE-BLK-M", Name: "Demo tee", Quantity: 1},
		},
		CreatedMs: at("UTC", 2026, 11, 20, 9, 15, 0),
		Buyer:     upstream.Buyer{Name: "Demo Buyer", Address: "1 Demo St, Fremont, CA, 94538, US"},
	})
	shipment := versioned(upstream.Parcel{
		Connection: "shop", Number: "PK-1", Order: "PK-1", Nr: 1, Of: 1, Status: upstream.OnHold,
		CreatedMs: at("UTC", 2026, 11, 20, 0, 0, 0),
		Buyer:     upstream.Buyer{Name: "Demo Buyer", Address: "1 Demo St, Fremont, CA, 94538, US"},
	})
	for _, dir := range []string{"testdata", "shared"} {
		t.Run(dir, func(t *testing.T) {
			path := dir
			if dir == "shared" {
				path = testshared.Path(t, "data", "orders")
			}
			for name, want := range map[string]Result{
				"shopify_orders.csv":            {Parcels: []upstream.Parcel{shopify}, Count: 1, Format: "shopify", Rows: 2},
				"shipstation_orders_export.csv": {Parcels: []upstream.Parcel{shipstation}, Count: 1, Format: "shipstation", Rows: 2},
				"generic_shipment_import.csv": {
					Parcels: []upstream.Parcel{shipment}, Count: 1, Format: "shipments", Rows: 1,
					Notes: []Refusal{{Reason: upstream.Msg{Key: "import.no_goods"}}},
				},
			} {
				data, err := os.ReadFile(filepath.Join(path, name))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, readOrders(t, string(data), Options{})); diff != "" {
					t.Errorf("%s:\n%s", name, diff)
				}
			}
		})
	}
}

const shopifyHeader = "Name,Financial Status,Fulfillment Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Lineitem requires shipping,Lineitem fulfillment status,Cancelled at,Payment Method\n"

func TestShopifyStatuses(t *testing.T) {
	for _, c := range []struct {
		row  string // behind the order's name
		want upstream.Status
	}{
		{"paid,unfulfilled,EUR,1,,1,A,A,true,,,Card", upstream.Packable},
		{"authorized,unfulfilled,EUR,1,,1,A,A,true,pending,,Card", upstream.Packable},
		{"partially_refunded,partial,EUR,1,,1,A,A,true,,,Card", upstream.Packable},
		{"pending,unfulfilled,EUR,1,,1,A,A,true,,,Bank Deposit", upstream.Unpaid},
		{"pending,unfulfilled,EUR,1,,1,A,A,true,,,Cash on Delivery (COD)", upstream.Packable},
		{"voided,unfulfilled,EUR,1,,1,A,A,true,,,Card", upstream.OnHold},
		{"refunded,unfulfilled,EUR,1,,1,A,A,true,,,Card", upstream.OnHold},
		{"paid,fulfilled,EUR,1,,1,A,A,true,fulfilled,,Card", upstream.Shipped},
		{"refunded,restocked,EUR,1,,1,A,A,true,,2026-05-02 08:00:00 +0200,Card", upstream.Cancelled},
		{"paid,unfulfilled,EUR,1,,1,A,A,true,,2026-05-02 08:00:00 +0200,Card", upstream.Cancelled},
		{"paid,unfulfilled,EUR,1,,1,Gift card,,false,,,Card", upstream.Shipped},
		{"paid,something new,EUR,1,,1,A,A,true,,,Card", upstream.OnHold},
		{"owed,unfulfilled,EUR,1,,1,A,A,true,,,Card", upstream.OnHold},
	} {
		res := readOrders(t, shopifyHeader+"#1,"+c.row+"\n", Options{})
		if len(res.Parcels) != 1 || res.Parcels[0].Status != c.want {
			t.Errorf("%s: %+v, want %s", c.row, res, c.want)
		}
	}
}

// An order over several rows: fields of the order on its first row only, lines
// that have left or need no box, two equal lines, a goods without SKU.
func TestShopifyOrderOverRows(t *testing.T) {
	res := readOrders(t, shopifyHeader+
		"#1,paid,partial,EUR,9.5,2026-05-01 10:00:00 +0200,1,Cup,CUP,true,fulfilled,,Card\n"+
		"#1,,,,,,2,Pen,PEN,true,,,\n"+
		"#1,,,,,,2,Pen,PEN,true,,,\n"+
		"#1,,,,,,1,Tea 50 g,,true,,,\n"+
		"#1,,,,,,1,Tip,,false,,,\n"+
		"#2,paid,unfulfilled,JPY,1200,2026-05-01 10:00:00 +0200,1,Cup,CUP,true,,,Card\n", Options{})
	if len(res.Refused) > 0 || len(res.Parcels) != 2 {
		t.Fatalf("%+v", res)
	}
	want := []upstream.Line{
		{Listing: "PEN", Name: "Pen", Quantity: 2}, {Listing: "PEN", Name: "Pen", Quantity: 2}, {Listing: "Tea 50 g", Name: "Tea 50 g", Quantity: 1},
	}
	if diff := cmp.Diff(want, res.Parcels[0].Lines); diff != "" {
		t.Error(diff)
	}
	if m := res.Parcels[1].Money; m != (upstream.Money{Minor: 1200, Currency: "JPY"}) {
		t.Errorf("yen have no cents: %+v", m)
	}
	twice := readOrders(t, shopifyHeader+"#1,paid,unfulfilled,EUR,1,,1,A,A,true,,,Card\n#1,paid,unfulfilled,EUR,1,,1,A,A,true,,,Card\n", Options{})
	if len(twice.Refused) != 1 || twice.Refused[0].Reason.Key != "import.row_twice" {
		t.Errorf("an order's first row twice: %+v", twice)
	}
}

func TestShipStation(t *testing.T) {
	for status, want := range map[string]upstream.Status{
		"Awaiting Shipment": upstream.Packable, "Awaiting Payment": upstream.Unpaid, "On Hold": upstream.OnHold,
		"Shipped": upstream.Shipped, "Cancelled": upstream.Cancelled, "Pending Fulfillment": upstream.OtherWarehouse, "Lost": upstream.OnHold,
	} {
		// In another order of columns, and few of them: users choose.
		res := readOrders(t, "Item - Qty;Order - Status;Item - SKU;Order - Number;Shipment - Tracking Number\n3;"+status+";MUG;SH-1;1Z9\n", Options{})
		if len(res.Parcels) != 1 || res.Parcels[0].Status != want || res.Parcels[0].Lines[0].Quantity != 3 || res.Parcels[0].Waybill != "1Z9" {
			t.Errorf("%s: %+v", status, res)
		}
	}
	res := readOrders(t, "Order - Number,Item - SKU,Item - Qty,Date - Order Date\nSH-1,MUG,1,06/10/2026 09:00:00\n", Options{})
	if len(res.Parcels) != 1 || res.Parcels[0].Status != upstream.Packable || res.Parcels[0].CreatedMs != at("UTC", 2026, 6, 10, 9, 0, 0) {
		t.Errorf("without statuses: %+v", res)
	}
}

// Which layout a header gets, and what is said if it is none or several.
func TestLayoutsAreChosen(t *testing.T) {
	layout := func(id, columns string) Columns {
		t.Helper()
		c, err := ReadColumns(strings.NewReader(`{"id":"` + id + `","title":"` + id + `","detect":["order","sku","quantity"],"columns":{"order":["No"],"sku":["Article"],"quantity":["Pieces"]` + columns + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		c.own = true
		return c
	}
	few, more, other := layout("few", ""), layout("more", `,"tote":["Box"]`), layout("other", `,"wave":["Box"]`)
	for _, c := range []struct {
		name, text string
		more       []Columns
		format     string
		refused    string
	}{
		{"one fits", "No,Article,Pieces\n1,A,1\n", []Columns{few}, "few", ""},
		{"the one that knows more columns", "No,Article,Pieces,Box\n1,A,1,B\n", []Columns{few, more}, "more", ""},
		{"equal ones", "No,Article,Pieces,Box\n1,A,1,B\n", []Columns{more, other}, "", "import.layouts_many"},
		{"own before built in", "No,Article,Pieces,Order - Number,Item - SKU,Item - Qty,Ship To - Name\n1,A,1,2,B,2,C\n", []Columns{few}, "few", ""},
		{"nearest", "No,Pieces,Order - Number\n1,1,1\n", []Columns{few}, "", "import.column_missing"},
		{"none", "x,y\n1,1\n", []Columns{few}, "", "import.format_unknown"},
		{"the separator with which it fits", "No,Article,Pieces;Order - Number;Item - SKU;Item - Qty\n1,1,1;1;1;1\n", []Columns{few}, "shipstation", ""},
		{"tabs", "No\tArticle\tPieces\n1\tA\t1\n", []Columns{few}, "few", ""},
		{"commas within a name", "No;Article;Pieces;\"a,b,c,d,e,f\"\n1;A;1;x\n", []Columns{few}, "few", ""},
	} {
		res := readOrders(t, c.text, Options{More: c.more})
		got := ""
		if len(res.Refused) > 0 {
			got = res.Refused[0].Reason.Key
		}
		if res.Format != c.format || got != c.refused {
			t.Errorf("%s: layout %q, refused %q (%+v)", c.name, res.Format, got, res.Refused)
		}
	}
	// With commas it is one file, with semicolons another.
	commas := Columns{ID: "commas", Detect: []string{"order"}, Columns: map[string][]string{"order": {"a;b"}, "sku": {"c"}, "quantity": {"d;e"}}}
	semicolons := Columns{ID: "semicolons", Detect: []string{"order"}, Columns: map[string][]string{"order": {"a"}, "sku": {"b,c,d"}, "quantity": {"e"}}}
	res := readOrders(t, "a;b,c,d;e\n1;1,1,1;1\n", Options{More: []Columns{commas, semicolons}})
	if len(res.Refused) != 1 || res.Refused[0].Reason.Key != "import.separators" || len(res.Parcels) > 0 {
		t.Errorf("%+v", res)
	}
}

func TestOwnColumns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "columns")
	if only, more, err := OwnColumns(dir, "shop"); only != nil || more != nil || err != nil {
		t.Errorf("no folder: %v %v %v", only, more, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const good = `{"id":"erp","title":"our ERP","detect":["order","sku"],"required":["quantity"],"statuses":{"open":"packable","storno":"cancelled"},
		"columns":{"order":["单号"],"sku":["货号"],"quantity":["数量"],"status":["状态"],"picked_by":["拣货人"]},"currency":"CNY","zone":"Asia/Shanghai","dates":"dmy"}`
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("erp.json", good)
	put("notes.txt", "no columns")
	only, more, err := OwnColumns(dir, "shop")
	if only != nil || len(more) != 1 || err != nil {
		t.Fatalf("%v %v %v", only, more, err)
	}
	res := readOrders(t, "单号\t货号\t数量\t状态\t拣货人\nA-1\tMUG\t2\tStorno\t张\n", Options{More: more})
	if len(res.Parcels) != 1 || res.Parcels[0].Status != upstream.Cancelled || res.Parcels[0].PickedBy != "张" {
		t.Errorf("%+v", res)
	}
	if only, more, err = OwnColumns(dir, "erp"); only == nil || more != nil || err != nil {
		t.Errorf("for its connection: %v %v %v", only, more, err)
	}
	for text, field := range map[string]string{
		strings.Replace(good, `"dmy"`, `"ymd"`, 1):           "dates",
		strings.Replace(good, `"CNY"`, `"yuan"`, 1):          "currency",
		strings.Replace(good, `Shanghai`, `Atlantis`, 1):     "zone",
		strings.Replace(good, `"cancelled"`, `"gone"`, 1):    "statuses",
		strings.Replace(good, `"sku":["货号"]`, `"sku":[]`, 1): "sku",
		strings.Replace(good, `"picked_by"`, `"picker"`, 1):  "picker",
		strings.Replace(good, `"title"`, `"titel"`, 1):       "titel",
		good + "x": "follows",
		strings.Replace(good, `"order":["单号"],`, ``, 1): "order",
	} {
		put("bad.json", text)
		_, _, err := OwnColumns(dir, "shop")
		if err == nil || !strings.Contains(err.Error(), "bad.json") || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "bad.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OwnColumns(dir, "shop"); err == nil || !strings.Contains(err.Error(), "folder.json") {
		t.Errorf("a folder: %v", err)
	}
}

func FuzzReadColumns(f *testing.F) {
	for _, id := range append([]string{"goods"}, builtinOrders...) {
		data, err := os.ReadFile(filepath.Join("..", "..", "assets", "columns", id+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"id":"x","detect":["order"],"columns":{"order":["No"]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadColumns(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		// Whatever is taken can be read with.
		if len(c.Columns["order"]) == 0 {
			return
		}
		header := []string{}
		for _, names := range c.Columns {
			header = append(header, names...)
		}
		text := strings.Join(header, "\t") + "\n" + strings.Repeat("1\t", len(header)) + "\n"
		if _, err := ReadOrders(strings.NewReader(text), "x", Options{Columns: &c}); err != nil {
			t.Fatal(err)
		}
	})
}
