package files

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"packbench/upstream"
)

var sheetHeader = []string{
	"Order ID", "Order Status", "SKU ID", "Seller SKU", "Product Name", "Quantity", "Created Time", "Tracking ID", "Country", "Recipient", "Package ID",
}

// goodCells is a row in which all is text, as the platform exports it.
func goodCells(order string) []any {
	return []any{order, "To ship", "1729000000000000001", "MUG", "Mug", "1", "11/20/2026 09:15:00 AM", "1Z9", "United States", "D** B**", ""}
}

// book makes an XLSX file with an independent library; change may add traps.
func book(t testing.TB, change func(f *excelize.File), rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	set := func(at string, cells []any) {
		if err := f.SetSheetRow("Sheet1", at, &cells); err != nil {
			t.Fatal(err)
		}
	}
	var header []any
	for _, h := range sheetHeader {
		header = append(header, h)
	}
	set("A1", header)
	for i, r := range rows {
		set(fmt.Sprintf("A%d", i+2), r)
	}
	if change != nil {
		change(f)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	title := func(f *excelize.File) {
		check(f.InsertRows("Sheet1", 1, 2))
		check(f.SetCellValue("Sheet1", "A1", "Orders of November"))
		check(f.MergeCell("Sheet1", "A1", "D1"))
	}
	for _, c := range []struct {
		name    string
		rows    [][]any
		change  func(f *excelize.File)
		want    string // "row column key" of the first refusal, "" = taken
		parcels int
		notes   string
	}{
		{"as exported", [][]any{goodCells("577000000000000001"), goodCells("577000000000000002")}, nil, "", 2, ""},
		{"a number that lost digits", [][]any{goodCells("1"), goodCells("2")}, func(f *excelize.File) {
			check(f.SetCellValue("Sheet1", "A3", 577000000000000001.0))
		}, "3 Order ID import.scientific", 0, ""},
		{"a long number, whole as it looks", [][]any{goodCells("1")}, func(f *excelize.File) {
			check(f.SetCellValue("Sheet1", "A2", int64(577000000000000001)))
		}, "2 Order ID import.scientific", 0, ""},
		{"a short number", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "A2", 123456)) }, "", 1, ""},
		{"a waybill as number", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "H2", 1e20)) }, "2 Tracking ID import.scientific", 0, ""},
		{"a number as quantity", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "F2", 3)) }, "", 1, ""},
		{"a date as number", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "G2", 46346.385416666664)) }, "", 1, ""},
		{"no date", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "G2", 7)) }, "2 Created Time import.date", 0, ""},
		{"a formula as id", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.SetCellFormula("Sheet1", "A2", "1+1")) }, "2 Order ID import.formula", 0, ""},
		{"a formula that is a text", [][]any{goodCells("1")}, func(f *excelize.File) {
			check(f.SetCellFormula("Sheet1", "A2", `"577000000000000009"`))
		}, "", 1, ""},
		{"titles above", [][]any{goodCells("1")}, title, "", 1, ""},
		{"a merged header", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.MergeCell("Sheet1", "D1", "E1")) }, "1  import.merged", 0, ""},
		{"merged rows", [][]any{goodCells("1"), goodCells("2")}, func(f *excelize.File) { check(f.MergeCell("Sheet1", "J2", "J3")) }, "2  import.merged", 0, ""},
		{"hidden rows", [][]any{goodCells("1"), goodCells("2")}, func(f *excelize.File) { check(f.SetRowVisible("Sheet1", 3, false)) }, "", 2, "import.hidden_rows"},
		{"another sheet beside", [][]any{goodCells("1")}, func(f *excelize.File) {
			_, err := f.NewSheet("Notes")
			check(err)
			check(f.SetCellValue("Notes", "A1", "Order ID"))
		}, "", 1, ""},
		{"two sheets of orders", [][]any{goodCells("1")}, func(f *excelize.File) {
			n, err := f.NewSheet("Copy")
			check(err)
			check(f.CopySheet(0, n))
		}, "0  import.sheets_many", 0, ""},
		{"a description row", [][]any{{"Platform unique order ID.", "Current order status.", "", "", "", "SKU sold quantity."}, goodCells("1")}, nil, "", 1, ""},
		{"a missing column", [][]any{goodCells("1")}, func(f *excelize.File) { check(f.RemoveCol("Sheet1", "F")) }, "1 Quantity import.column_missing", 0, ""},
		{"header only", nil, nil, "0  import.no_rows", 0, ""},
		{"an empty sheet", nil, func(f *excelize.File) { check(f.RemoveRow("Sheet1", 1)) }, "0  import.empty", 0, ""},
		{"a long field", [][]any{append(goodCells("1")[:9], strings.Repeat("x", 32_000), "")}, nil, "", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := readOrders(t, string(book(t, c.change, c.rows...)), Options{})
			got, notes := "", ""
			if len(res.Refused) > 0 {
				r := res.Refused[0]
				got = fmt.Sprintf("%d %s %s", r.Row, r.Column, r.Reason.Key)
			}
			if len(res.Notes) > 0 {
				notes = res.Notes[0].Reason.Key
			}
			if got != c.want || len(res.Parcels) != c.parcels || notes != c.notes {
				t.Errorf("refused %q, want %q; %d parcels, want %d; notes %q", got, c.want, len(res.Parcels), c.parcels, notes)
			}
		})
	}
	lost := readOrders(t, string(book(t, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "A2", 577000000000000001.0)) }, goodCells("1"))), Options{})
	if shown := lost.Refused[0].Reason.Args["value"]; shown != "5.77E+17" {
		t.Errorf("a lost number is shown as %q", shown)
	}
	dated := readOrders(t, string(book(t, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "G2", 46346.385416666664)) }, goodCells("1"))), Options{})
	if ms := dated.Parcels[0].CreatedMs; ms != at("America/Los_Angeles", 2026, 11, 20, 9, 15, 0) {
		t.Errorf("a date as number is %d", ms)
	}
	old := readOrders(t, string(book(t, func(f *excelize.File) {
		yes := true
		check(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
		check(f.SetCellValue("Sheet1", "G2", 46346.385416666664-1462))
	}, goodCells("1"))), Options{})
	if ms := old.Parcels[0].CreatedMs; ms != at("America/Los_Angeles", 2026, 11, 20, 9, 15, 0) {
		t.Errorf("a date counted from 1904 is %d", ms)
	}
}

// The same orders as text file and as workbook are the same parcels, and each
// cell is what the independent library reads.
func TestXLSXAgrees(t *testing.T) {
	rows := [][]any{goodCells("577000000000000001"), goodCells("577000000000000002"), {"3", "Canceled", "", "杯 & <盘>", "Ünïcödé 🎁", "12", "", "", "", "  two  spaces ", "P1"}}
	data := book(t, func(f *excelize.File) {
		if err := f.SetCellRichText("Sheet1", "E2", []excelize.RichTextRun{{Text: "Rich "}, {Text: "mug", Font: &excelize.Font{Bold: true}}}); err != nil {
			t.Fatal(err)
		}
	}, rows...)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := memory(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	w, err := openWorkbook(in)
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.open(w.sheets[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		rec, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(rec.fields, "|")
		if got != strings.TrimRight(strings.Join(want[i], "|"), "|") || rec.row != i+1 {
			t.Errorf("row %d: %q, want %q", rec.row, got, want[i])
		}
	}
	var text strings.Builder
	for _, r := range want {
		for len(r) < len(sheetHeader) {
			r = append(r, "")
		}
		text.WriteString(strings.Join(r, "\t") + "\n")
	}
	if diff := cmp.Diff(readOrders(t, text.String(), Options{}).Parcels, readOrders(t, string(data), Options{}).Parcels); diff != "" {
		t.Error(diff)
	}
}

// raw makes an archive of parts.
func raw(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	rawBook = `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`
	rawRels = `<Relationships><Relationship Id="r1" Target="worksheets/s.xml"/></Relationships>`
)

func rawSheet(sheet string) map[string]string {
	return map[string]string{"xl/workbook.xml": rawBook, "xl/_rels/workbook.xml.rels": rawRels, "xl/worksheets/s.xml": sheet}
}

// Workbooks that no spreadsheet program writes.
func TestHostileXLSX(t *testing.T) {
	inline := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	header := ""
	for _, h := range sheetHeader {
		header += inline(h)
	}
	rows := func(more string) string {
		return `<worksheet><sheetData><row r="1">` + header + `</row>` + more + `</sheetData></worksheet>`
	}
	strs := rawSheet(rows(""))
	strs["xl/sharedStrings.xml"] = "<sst>" + strings.Repeat("<si><t>"+strings.Repeat("x", 1<<20)+"</t></si>", 5) + "</sst>"
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", book(t, nil, goodCells("1"))[:2000], "import.xlsx_damaged"},
		{"no workbook", raw(t, map[string]string{"a.txt": "x"}), "import.archive"},
		{"no sheet", raw(t, map[string]string{"xl/workbook.xml": rawBook, "xl/_rels/workbook.xml.rels": rawRels}), "import.empty"},
		{"no relations", raw(t, map[string]string{"xl/workbook.xml": rawBook}), "import.xlsx_damaged"},
		{"broken XML", raw(t, rawSheet(rows("<row><c"))), "import.xlsx_damaged"},
		{"no shared text of that number", raw(t, rawSheet(rows(`<row r="2"><c t="s"><v>7</v></c></row>`))), "import.xlsx_damaged"},
		{"rows in no order", raw(t, rawSheet(rows(`<row r="9"/><row r="3"/>`))), "import.xlsx_damaged"},
		{"cells in no order", raw(t, rawSheet(rows(`<row r="2"><c r="C2"><v>1</v></c><c r="A2"><v>1</v></c></row>`))), "import.xlsx_damaged"},
		{"a cell far to the right", raw(t, rawSheet(rows(`<row r="2"><c r="XFD2"><v>1</v></c></row>`))), "import.columns_many"},
		{"own entities", raw(t, rawSheet(`<!DOCTYPE x [<!ENTITY a "aaaa">]>`+rows(""))), "import.xlsx_damaged"},
		{"a sheet that unpacks without end", raw(t, rawSheet(rows(strings.Repeat("<!--"+strings.Repeat("x", 1<<10)+"-->", 5<<10)))), "import.xlsx_bomb"},
		{"a text without end", raw(t, rawSheet(rows(`<row r="2">`+inline(strings.Repeat("x", 5<<20))+`</row>`))), "import.xlsx_bomb"},
		{"an element of attributes", raw(t, rawSheet(rows("<row "+strings.Repeat(`a="`+strings.Repeat("b", 1<<10)+`" `, 5<<10)+"/>"))), "import.xlsx_bomb"},
		{"shared texts without end", raw(t, strs), "import.xlsx_bomb"},
		{"many sheets", raw(t, map[string]string{
			"xl/workbook.xml":            `<workbook>` + strings.Repeat(`<sheet name="S" r:id="r1"/>`, 200) + `</workbook>`,
			"xl/_rels/workbook.xml.rels": rawRels, "xl/worksheets/s.xml": rows(""),
		}), "import.xlsx_bomb"},
		{"many parts", manyParts(t), "import.xlsx_bomb"},
		{"an error as id", raw(t, rawSheet(rows(`<row r="2"><c t="e"><v>#N/A</v></c></row>`))), "import.cell_error"},
		{"a type that isn't", raw(t, rawSheet(rows(`<row r="2"><c t="z"><v>1</v></c></row>`))), "import.xlsx_damaged"},
		{"row number without end", raw(t, rawSheet(rows(`<row r="99999999999999999999"/>`))), "import.xlsx_damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := readOrders(t, string(c.data), Options{})
			if len(res.Refused) == 0 || res.Refused[0].Reason.Key != c.want || len(res.Parcels) > 0 {
				t.Errorf("%+v, want %s", res.Refused, c.want)
			}
		})
	}
}

func manyParts(t *testing.T) []byte {
	parts := rawSheet("<worksheet/>")
	for i := range maxParts + 1 {
		parts[fmt.Sprint("p", i)] = ""
	}
	return raw(t, parts)
}

// FuzzXLSX changes the sheet of a small workbook, or all of its bytes.
func FuzzXLSX(f *testing.F) {
	cols, err := ReadColumns(strings.NewReader(`{"id":"x","detect":["order"],"required":["sku","quantity"],"columns":{"order":["A"],"sku":["B"],"quantity":["C"],"created":["D"]},"dates":"mdy"}`))
	if err != nil {
		f.Fatal(err)
	}
	read := func(t testing.TB, data []byte, all bool) (Result, error) {
		if !all {
			parts := rawSheet(string(data))
			parts["xl/sharedStrings.xml"] = "<sst><si><t>A</t></si><si><t>B</t></si><si><t>C</t></si></sst>"
			data = raw(t, parts)
		}
		return ReadOrders(bytes.NewReader(data), "x.xlsx", Options{Columns: &cols, Partial: true})
	}
	const header = `<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row>`
	for _, seed := range []string{
		header + `<row r="3"><c r="A3"><v>1</v></c><c t="str"><v>x</v></c><c><v>2</v></c></row>`,
		header + `<row hidden="1"><c t="b"><v>1</v></c><c><f>"y"</f></c><c t="e"><v>2</v></c></row><mergeCell ref="A1:B2"/>`,
	} {
		f.Add([]byte(seed), false)
		// Once before, or a worker's first inputs look interesting for what is
		// made at first use, and it spends its time on making them smaller.
		if res, err := read(f, []byte(seed), false); err != nil || len(res.Parcels)+len(res.Refused) == 0 {
			f.Fatal(res, err)
		}
	}
	tiny := raw(f, rawSheet(header))
	f.Add(tiny, true)
	if _, err := read(f, tiny, true); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, all bool) {
		res, err := read(t, data, all)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range res.Parcels {
			if p.Order == "" || p.Version != p.Hash() || p.Status == upstream.Status("") {
				t.Fatalf("%+v", p)
			}
		}
	})
}
