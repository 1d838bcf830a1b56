package files

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"packbench/internal/testshared"
	"packbench/upstream"
)

// tiktok writes a file with the columns that matter, in an unusual order, from
// rows of "column=value" pairs.
func tiktok(rows ...map[string]string) string {
	columns := []string{
		"Package ID", "Tracking ID", "Order ID", "Order Status", "Order Substatus", "Cancelation/Return Type", "SKU ID",
		"Seller SKU", "Product Name", "Variation", "Quantity", "Order Amount", "Created Time", "Paid Time", "Fulfillment Type",
		"Shipping Provider Name", "Buyer Message", "Recipient", "Phone #", "Country", "Zipcode", "Detail Address", "Payment Method", "Seller Note",
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(columns)
	for _, r := range rows {
		fields := make([]string, len(columns))
		for i, c := range columns {
			fields[i] = r[c]
		}
		_ = w.Write(fields)
	}
	w.Flush()
	return b.String()
}

// row is a good row with some columns changed: "Order ID", "1", …
func row(changes ...string) map[string]string {
	r := map[string]string{
		"Order ID": "577000000000000001", "Order Status": "To ship", "Seller SKU": "MUG", "SKU ID": "1729000000000000001",
		"Product Name": "Mug", "Quantity": "1", "Country": "United States", "Created Time": "11/20/2026 09:15:00 AM",
		"Order Amount": "29.99",
	}
	for i := 0; i < len(changes); i += 2 {
		r[changes[i]] = changes[i+1]
	}
	return r
}

func readOrders(t *testing.T, text string, opt Options) Result {
	t.Helper()
	if opt.Connection == "" {
		opt.Connection = "shop"
	}
	res, err := ReadOrders(strings.NewReader(text), "orders.csv", opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func versioned(p upstream.Parcel) upstream.Parcel {
	p.Version = p.Hash()
	return p
}

func at(zone string, year int, month time.Month, day, hour, minute, second int) int64 {
	l, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return time.Date(year, month, day, hour, minute, second, 0, l).UnixMilli()
}

func TestTheSampleFiles(t *testing.T) {
	us := versioned(upstream.Parcel{
		Connection: "shop", Number: "577000000000000001", Order: "577000000000000001", Nr: 1, Of: 1,
		Status: upstream.Packable, StatusText: "To ship / Awaiting shipment",
		Lines: []upstream.Line{
			{Listing: "MUG-RED-11", PlatformSKU: "1729000000000000001", Name: "Demo mug", Variation: "Red, 11oz", Quantity: 2},
			{Listing: "TEE-BLK-M", PlatformSKU: "1729000000000000002", Name: `Demo tee, "soft"`, Variation: "Black, M", Quantity: 1},
		},
		CreatedMs: at("America/Los_Angeles", 2026, 11, 20, 9, 15, 0), PaidMs: at("America/Los_Angeles", 2026, 11, 20, 9, 15, 31),
		Buyer: upstream.Buyer{Name: "D** B**", Phone: "(+1)555****00", Address: "1 Demo St, Fremont, California, 94538, United States"},
		Money: upstream.Money{Minor: 2999, Currency: "USD"},
	})
	id := versioned(upstream.Parcel{
		Connection: "shop", Number: "1000000000000000001", Order: "580000000000000001", Nr: 1, Of: 1,
		Carrier: "J&T Express", Waybill: "JY0000000101",
		Status: upstream.Packable, StatusText: "Perlu dikirim / Menunggu pengambilan",
		Lines:     []upstream.Line{{Listing: "SELL-SEP-01", PlatformSKU: "1730000000000000001", Name: "Demo sepatu", Variation: "honda", Quantity: 1}},
		CreatedMs: at("Asia/Jakarta", 2026, 10, 6, 7, 0, 0), PaidMs: at("Asia/Jakarta", 2026, 10, 6, 7, 0, 5),
		Buyer: upstream.Buyer{Name: "Pembeli 001", Address: "Indonesia"},
		Money: upstream.Money{Minor: 5000000, Currency: "IDR"},
	})
	for _, dir := range []string{"testdata", "shared"} {
		t.Run(dir, func(t *testing.T) {
			path := dir
			if dir == "shared" {
				path = testshared.Path(t, "data", "orders")
			}
			for name, want := range map[string]Result{
				"tiktok_orders_us.csv": {Parcels: []upstream.Parcel{us}, Count: 1, Format: "tiktok", Market: "US", Rows: 2},
				"tiktok_orders_id.csv": {Parcels: []upstream.Parcel{id}, Count: 1, Format: "tiktok", Market: "ID", Rows: 1},
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

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", maxField+1)
	for _, c := range []struct {
		name string
		text string
		want []string // "row column key"
	}{
		{"scientific order", tiktok(row(), row("Order ID", "5.77E+17")), []string{"3 Order ID import.scientific"}},
		{"scientific tracking", tiktok(row("Tracking ID", "9,4E+21")), []string{"2 Tracking ID import.scientific"}},
		{"scientific package", tiktok(row("Package ID", "1E+18")), []string{"2 Package ID import.scientific"}},
		{"scientific in the second row", tiktok(row("Order ID", "5.77E+17", "Quantity", "two")), []string{"2 Order ID import.scientific", "2 Quantity import.quantity"}},
		{"command", tiktok(row("Seller SKU", "PBCACK0")), []string{"2 Seller SKU import.command"}},
		{"zero", tiktok(row("Quantity", "0")), []string{"2 Quantity import.quantity"}},
		{"negative", tiktok(row("Quantity", "-1")), []string{"2 Quantity import.quantity"}},
		{"fraction", tiktok(row("Quantity", "1.5")), []string{"2 Quantity import.quantity"}},
		{"huge", tiktok(row("Quantity", "100001")), []string{"2 Quantity import.quantity"}},
		{"no quantity", tiktok(row("Quantity", "")), []string{"2 Quantity import.quantity"}},
		{"no order", tiktok(row("Order ID", "")), []string{"2 Order ID import.field_missing"}},
		{"no sku", tiktok(row("Seller SKU", "", "SKU ID", "")), []string{"2 Seller SKU import.field_missing"}},
		{"no status", tiktok(row("Order Status", "")), []string{"2 Order Status import.field_missing"}},
		{"shifted columns", tiktok(row("Order ID", "Demo mug")), []string{"2 Order ID import.id_form"}},
		{"long field", tiktok(row("Buyer Message", long)), []string{"2 Buyer Message import.field_long"}},
		{"bad date", tiktok(row("Created Time", "yesterday")), []string{"2 Created Time import.date"}},
		{"no such day", tiktok(row("Created Time", "02/30/2026 09:15:00 AM")), []string{"2 Created Time import.date"}},
		{"hour 13 PM", tiktok(row("Created Time", "02/03/2026 13:15:00 PM")), []string{"2 Created Time import.date"}},
		{"both orders of dates", tiktok(row(), row("Order ID", "2", "Created Time", "21/11/2026 08:00:00")), []string{"0 Created Time import.dates_mixed"}},
		{"a row twice", tiktok(row(), row()), []string{"3  import.row_twice"}},
		{"two waybills", tiktok(row("Tracking ID", "A1"), row("Tracking ID", "A2", "Seller SKU", "TEE")), []string{"3 Tracking ID import.two_waybills"}},
		{"amount to collect", tiktok(row("Order Amount", "12.345.6", "Payment Method", "Cash on delivery")), []string{"2 Order Amount import.money"}},
		{"rounded", tiktok(row("Order ID", "577000000000001000"), row("Order ID", "577000000000002000"), row("Order ID", "577000000000003000")), []string{"0 Order ID import.rounded"}},
		{"missing columns", "Order ID,Quantity,Order Status\n1,1,To ship\n", []string{"1 Seller SKU import.column_missing", "1 SKU ID import.column_missing", "1 Product Name import.column_missing"}},
		{"another file", "a,b\n1,2\n", []string{"1  import.format_unknown"}},
		{"column twice", "Order ID,order id\n", []string{"1 order id import.column_twice"}},
		{"empty", "", []string{"0  import.empty"}},
		{"blank", "\n\n", []string{"0  import.empty"}},
		{"header only", tiktok(), []string{"0  import.no_rows"}},
		{"short row", tiktok(row()) + "577000000000000002,To ship\n", []string{"3  import.row_length", "3 Order ID import.field_missing", "3 Seller SKU import.field_missing", "3 Quantity import.quantity"}},
		{"long row", strings.TrimSuffix(tiktok(row()), "\n") + ",,,x\n", []string{"2  import.row_length"}},
		{"open quote", tiktok(row()) + "\"577", []string{"3  import.quotes"}},
		{"stray quote", tiktok(row()) + "57\"7,\n", []string{"3  import.quotes"}},
		{"latin 1", tiktok(row()) + "M\xfcnchen\n", []string{"0  import.not_text"}},
		{"half a utf 16", "\xff\xfeO\x00r", []string{"0  import.not_text"}},
		{"a lone surrogate", "\xff\xfeO\x00\x00\xd8,\x00", []string{"0  import.not_text"}},
		{"utf 16 without a mark", "O\x00r\x00", []string{"0  import.nul"}},
		{"a NUL", tiktok(row("Buyer Message", "a\x00b")), []string{"0  import.nul"}},
		{"not an xlsx", "PK\x03\x04....", []string{"0  import.xlsx_damaged"}},
		{"an old spreadsheet", "\xd0\xcf\x11\xe0....", []string{"0  import.spreadsheet_old"}},
		{"a label", "%PDF-1.4", []string{"0  import.is_label"}},
		{"gzip", "\x1f\x8b\x08", []string{"0  import.archive"}},
		{"a web page", "\n<html><table>", []string{"0  import.markup"}},
		{"only CR", strings.ReplaceAll(tiktok(row()), "\n", "\r"), []string{"1  import.line_ends"}},
		{"many columns", tiktok(row()) + strings.Repeat(",", maxColumns), []string{"3  import.columns_many"}},
		{"an open quote before much text", tiktok(row()) + "\"" + strings.Repeat(strings.Repeat("x", 1000)+"\n", maxRecord/900), []string{"3  import.row_long"}},
		{"upload file for tracking numbers", "Order ID,Shipping Provider Name,Tracking ID\n1,UPS,1Z\n", []string{
			"1 Order Status import.column_missing", "1 Seller SKU import.column_missing", "1 SKU ID import.column_missing",
			"1 Product Name import.column_missing", "1 Quantity import.column_missing",
		}},
		{"direction marks in an id", tiktok(row("Order ID", "577\u202e1")), []string{"2 Order ID import.id_form"}},
		{"rows as a spreadsheet counts them", tiktok(row("Buyer Message", "line one\nline two\n\nline four"), row("Order ID", "2")) + "\n\n" + strings.SplitN(tiktok(row("Order ID", "3", "Quantity", "0")), "\n", 2)[1], []string{"6 Quantity import.quantity"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := readOrders(t, c.text, Options{})
			var got []string
			for _, r := range res.Refused {
				got = append(got, fmt.Sprintf("%d %s %s", r.Row, r.Column, r.Reason.Key))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("refused:\n%s", diff)
			}
			if len(res.Parcels) != 0 {
				t.Errorf("%d parcels from a bad file", len(res.Parcels))
			}
		})
	}
}

func TestPartialTakesOnlyWhollyGoodOrders(t *testing.T) {
	numbers := func(res Result) string {
		var n []string
		for _, p := range res.Parcels {
			n = append(n, p.Number)
		}
		return strings.Join(n, " ")
	}
	for _, c := range []struct{ name, text, want string }{
		{"a bad line takes its order along", tiktok(row("Order ID", "1"), row("Order ID", "2"), row("Order ID", "2", "Quantity", "0", "Seller SKU", "B"), row("Order ID", "3")), "1 3"},
		{"an unreadable order casts doubt on its neighbours", tiktok(row("Order ID", "1"), row("Order ID", "2"), row("Order ID", ""), row("Order ID", "3"), row("Order ID", "4")), "1 4"},
		{"orders in one package stand and fall together", tiktok(
			row("Order ID", "1", "Package ID", "P"), row("Order ID", "2", "Package ID", "P", "Quantity", "0"),
			row("Order ID", "2", "Package ID", "Q", "Seller SKU", "B"), row("Order ID", "3")), "3"},
		{"a broken file gives nothing", tiktok(row("Order ID", "1")) + "\"", ""},
		{"rounded numbers give nothing", tiktok(row("Order ID", "577000000000001000"), row("Order ID", "577000000000002000"), row("Order ID", "577000000000003000")), ""},
	} {
		res := readOrders(t, c.text, Options{Partial: true})
		if got := numbers(res); got != c.want || len(res.Refused) == 0 {
			t.Errorf("%s: took %q, want %q; %d refused", c.name, got, c.want, len(res.Refused))
		}
		if res := readOrders(t, c.text, Options{}); len(res.Parcels) != 0 {
			t.Errorf("%s: took %s without Partial", c.name, numbers(res))
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		status, sub, cancel, fulfillment string
		want                             upstream.Status
	}{
		{"To ship", "Awaiting shipment", "", "Fulfillment by seller", upstream.Packable},
		{"To ship", "Awaiting collection", "", "", upstream.Packable},
		{"  to SHIP ", "", "", "", upstream.Packable},
		{"Perlu dikirim", "Menunggu pengambilan", "", "", upstream.Packable},
		{"ที่จะจัดส่ง", "", "", "", upstream.Packable},
		{"To ship", "On hold", "", "", upstream.OnHold},
		{"To ship", "", "Cancel", "", upstream.CancelAsked},
		{"To ship", "", "", "Fulfillment by TikTok Shop", upstream.OtherWarehouse},
		{"Belum dibayar", "", "", "", upstream.Unpaid},
		{"Shipped", "In transit", "", "", upstream.Shipped},
		{"Selesai", "", "Return/Refund", "", upstream.Shipped},
		{"Dibatalkan", "", "Cancel", "", upstream.Cancelled},
		{"Canceled", "", "Cancel", "", upstream.Cancelled},
		{"Quarantäne", "", "", "", upstream.OnHold},
	} {
		res := readOrders(t, tiktok(row("Order Status", c.status, "Order Substatus", c.sub, "Cancelation/Return Type", c.cancel, "Fulfillment Type", c.fulfillment)), Options{})
		if len(res.Parcels) != 1 || res.Parcels[0].Status != c.want {
			t.Errorf("%+v: %+v", c, res)
			continue
		}
		if unknown := c.status == "Quarantäne"; unknown != (len(res.Notes) == 1) {
			t.Errorf("%s: notes %v", c.status, res.Notes)
		}
	}
}

func TestParcelsOfRows(t *testing.T) {
	t.Run("split order", func(t *testing.T) {
		res := readOrders(t, tiktok(row("Package ID", "P2", "Tracking ID", "W2"), row("Package ID", "P1", "Tracking ID", "W1", "Seller SKU", "TEE")), Options{})
		if len(res.Parcels) != 2 || res.Parcels[0].Number != "P2" || res.Parcels[0].Nr != 2 || res.Parcels[1].Nr != 1 || res.Parcels[0].Of != 2 || res.Parcels[1].Waybill != "W1" {
			t.Errorf("%+v", res)
		}
	})
	t.Run("combined orders", func(t *testing.T) {
		res := readOrders(t, tiktok(
			row("Order ID", "1", "Package ID", "P", "Buyer Message", "ring twice"),
			row("Order ID", "2", "Package ID", "P", "Order Amount", "0.01", "Buyer Message", "gift", "Payment Method", "COD"),
		), Options{})
		p := res.Parcels[0]
		if len(res.Parcels) != 1 || p.Order != "1" || len(p.MoreOrders) != 1 || p.MoreOrders[0] != "2" || p.Money.Minor != 3000 || p.Buyer.Note != "ring twice\ngift" || !p.COD || p.Of != 1 {
			t.Errorf("%+v", res)
		}
	})
	t.Run("order fields on the first row only", func(t *testing.T) {
		res := readOrders(t, tiktok(
			row("Package ID", "P", "Tracking ID", "W", "Recipient", "D"),
			map[string]string{"Order ID": "577000000000000001", "Seller SKU": "TEE", "Product Name": "Tee", "Quantity": "3"},
		), Options{})
		if len(res.Parcels) != 1 || len(res.Parcels[0].Lines) != 2 || res.Parcels[0].Waybill != "W" || res.Parcels[0].Status != upstream.Packable {
			t.Errorf("%+v", res)
		}
	})
	t.Run("cancelled and shipped lines are left out", func(t *testing.T) {
		res := readOrders(t, tiktok(
			row("Seller SKU", "A", "Order Status", "Canceled"), row("Seller SKU", "B"),
			row("Seller SKU", "C", "Order Status", "Shipped"),
		), Options{})
		p := res.Parcels[0]
		if p.Status != upstream.Packable || len(p.Lines) != 1 || p.Lines[0].Listing != "B" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a wish to cancel one line stops the parcel", func(t *testing.T) {
		res := readOrders(t, tiktok(row("Seller SKU", "A"), row("Seller SKU", "B", "Cancelation/Return Type", "Cancel")), Options{})
		if p := res.Parcels[0]; p.Status != upstream.CancelAsked || len(p.Lines) != 2 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("all cancelled", func(t *testing.T) {
		res := readOrders(t, tiktok(row("Order Status", "Canceled")), Options{})
		if p := res.Parcels[0]; p.Status != upstream.Cancelled || len(p.Lines) != 1 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("guards of spreadsheets", func(t *testing.T) {
		res := readOrders(t, tiktok(row("Order ID", "=\"577000000000000001\"\t", "Tracking ID", "'00123", "Package ID", "\t")), Options{})
		if p := res.Parcels[0]; p.Number != "577000000000000001" || p.Waybill != "00123" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("semicolons", func(t *testing.T) {
		res := readOrders(t, strings.ReplaceAll(tiktok(row()), ",", ";"), Options{})
		if len(res.Parcels) != 1 {
			t.Errorf("%+v", res)
		}
	})
}

func TestTheSameFileGivesTheSameResult(t *testing.T) {
	var rows []map[string]string
	for i := range 300 {
		rows = append(rows, row("Order ID", fmt.Sprint(i/2), "Seller SKU", fmt.Sprint("S", i), "Quantity", fmt.Sprint(i%7), "Tracking ID", fmt.Sprint("W", i/2%3)))
	}
	text := tiktok(rows...)
	first := readOrders(t, text, Options{Partial: true})
	if len(first.Parcels) == 0 || len(first.Refused) == 0 {
		t.Fatal("the sample should be good and bad")
	}
	for range 5 {
		if diff := cmp.Diff(first, readOrders(t, text, Options{Partial: true})); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestRefusalsAreCapped(t *testing.T) {
	var rows []map[string]string
	for range maxRefused + 50 {
		rows = append(rows, row("Order ID", "5.77E+17"))
	}
	res := readOrders(t, tiktok(rows...), Options{})
	if n := len(res.Refused); n != maxRefused+1 || res.Refused[n-1].Reason.Args["count"] != "50" {
		t.Errorf("%d refusals, last %+v", n, res.Refused[n-1])
	}
}

func FuzzReadOrders(f *testing.F) {
	for _, name := range []string{"tiktok_orders_us.csv", "tiktok_orders_id.csv"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, true)
	}
	f.Add([]byte(tiktok(row("Package ID", "P"), row("Order ID", "2", "Package ID", "P"), row("Order ID", "5.77E+17"))), true)
	f.Add([]byte(strings.ReplaceAll(tiktok(row(), row("Quantity", "0")), ",", ";")), false)
	// Read once, or each worker's first inputs look interesting for loading zones.
	cols, err := Builtin("tiktok")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, partial bool) {
		opt := Options{Connection: "shop", Partial: partial, Columns: &cols}
		res, err := ReadOrders(bytes.NewReader(data), "fuzz.csv", opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Refused) > 0 && !partial && len(res.Parcels) > 0 {
			t.Fatal("parcels from a bad file")
		}
		numbers := map[string]bool{}
		for _, p := range res.Parcels {
			if p.Number == "" || p.Order == "" || numbers[p.Number] || p.Version != p.Hash() || !p.Status.Known() ||
				p.Nr < 1 || p.Nr > p.Of || len(p.Lines) == 0 || p.Money.Minor < 0 {
				t.Fatalf("parcel %+v", p)
			}
			numbers[p.Number] = true
			for _, l := range p.Lines {
				if l.Quantity < 1 || l.Listing == "" || scientific.MatchString(l.Listing) {
					t.Fatalf("line %+v", l)
				}
			}
		}
		again, err := ReadOrders(bytes.NewReader(data), "fuzz.csv", opt)
		if err != nil || !cmp.Equal(res, again) {
			t.Fatal("the second reading differs")
		}
	})
}
