package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestGolden holds the bytes of a table with everything in it that bites.
func TestGolden(t *testing.T) {
	var b bytes.Buffer
	c, err := NewCSV(&b, "订单", "words", "n")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]Cell{
		{ID("577000000000000001"), Text("packed, sealed"), Number(3)},
		{ID("0012"), Text(`=HYPERLINK("http://evil.example","click")`), Number(-3)},
		{ID("12E34567"), Text("+8613800000000"), Number(0)},
		{ID("-1"), Text("-2+3"), Number(1)},
		{ID("=1+1"), Text("@SUM(A1)"), Number(1)},
		{ID(""), Text("\t=1"), Number(1)},
		{ID("A1"), Text("\r=1"), Number(1)},
		{ID("A2"), Text("\n=1"), Number(1)},
		{ID("A3"), Text("\x00=1"), Number(1)},
		{ID("A4"), Text("＝1"), Number(1)},
		{ID("A5"), Text("says \"no\"\r\nand = ends"), Number(1)},
		{ID("A6"), Text("a\xffb"), Number(1)},
		{ID("A7"), Text("收件人拒收"), Number(1)},
		{ID("A8"), Text(""), Number(1)},
		{ID("A9"), Text("no such carrier;=HYPERLINK(0)"), Number(1)},
		{ID("A10"), Text("a\t=1;+2;\"-3; @4;；=5;b"), Number(1)},
		{ID("A11;=1"), Text("says\n=1\r\n-2"), Number(1)},
	} {
		if err := c.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "table.csv")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("got\n%q\nwant\n%q", b.Bytes(), want)
	}
}

// cells takes a table apart as a spreadsheet does whose separator is another: our
// quotes count only where they begin a cell.
func cells(t *testing.T, data string, separator rune) []string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return slices.Concat(rows...)
}

// TestOtherSeparators: where ; or the tab separates, a part of a field is a cell.
func TestOtherSeparators(t *testing.T) {
	for text, want := range map[string]string{
		"no such carrier;=HYPERLINK(0)": "no such carrier;'=HYPERLINK(0)",
		"a;b-c;d":                       "a;b-c;d",
		"a\t+1\n-2":                     "a\t'+1\n'-2",
		"a;\"=1":                        "a;\"'=1",
		"x; @SUM(A1)":                   "x; '@SUM(A1)",
		"；＝1":                           "；'＝1",
		"1=1; 2-1=1":                    "1=1; 2-1=1",
		"\"=1":                          "\"'=1",
	} {
		if got := Text(text).String(); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		for _, separator := range []rune{';', '\t'} {
			var b bytes.Buffer
			c, err := NewCSV(&b, "order", "words")
			if err == nil {
				err = errors.Join(c.Row(ID("O1"), Text(text)), c.Row(Text(text), ID("O2")), c.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range cells(t, strings.TrimPrefix(b.String(), bom), separator) {
				if runs(strings.TrimLeft(cell, "\" ")) && cell != "" {
					t.Errorf("%q, separated by %q: %q would run", text, separator, cell)
				}
			}
		}
	}
}

// runs reports whether a spreadsheet would take the cell for a formula.
func runs(cell string) bool {
	r, _ := utf8.DecodeRuneInString(cell)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0, '＝', '＋', '－', '＠':
		return cell != ""
	}
	return false
}

// FuzzCSVReadsBack: whatever is in the cells, another reader sees the same table,
// nothing in it would run, and nothing is lost but the form of line breaks and
// bytes that are no text.
func FuzzCSVReadsBack(f *testing.F) {
	f.Add("a", "b")
	f.Add("=1", "+2\r\n")
	f.Add("\x00", "\t")
	f.Add(`"`, ",")
	f.Add("\xff\xfe", "\ufeff")
	f.Add(`\.`, "#")
	f.Fuzz(func(t *testing.T, text, id string) {
		var b bytes.Buffer
		c, err := NewCSV(&b, "text", "id", "end")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Row(Text(text), ID(id), Number(7)), c.Close()); err != nil {
			t.Fatal(err)
		}
		data, ok := strings.CutPrefix(b.String(), bom)
		if !ok {
			t.Fatal("no byte order mark")
		}
		rows, err := csv.NewReader(strings.NewReader(data)).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 3 || rows[1][2] != "7" {
			t.Fatalf("%q, %v", rows, err)
		}
		got := rows[1]
		if runs(got[0]) || runs(got[1]) {
			t.Fatalf("%q would run", got)
		}
		for _, field := range got[:2] {
			for _, cell := range strings.FieldsFunc(field, func(r rune) bool { return strings.ContainsRune(";；\t\n", r) }) {
				if runs(cell) {
					t.Fatalf("%q would run in another spreadsheet", cell)
				}
			}
		}
		plain := func(s string) string {
			s = strings.ToValidUTF8(s, "\ufffd")
			return strings.NewReplacer("\r\n", "\n", "\r", "\n", "'", "").Replace(s) // guards apart
		}
		if want := plain(text); plain(got[0]) != want {
			t.Fatalf("text %q became %q", text, got[0])
		}
		if want := plain(id); id != "" && plain(got[1]) != want+"\t" {
			t.Fatalf("id %q became %q", id, got[1])
		}
		if !strings.ContainsAny(text, "=+-@＝＋－＠\t\r\n\x00") && utf8.ValidString(text) && got[0] != text {
			t.Fatalf("harmless %q became %q", text, got[0])
		}
	})
}

func TestWrongTables(t *testing.T) {
	if _, err := NewCSV(&bytes.Buffer{}); err == nil {
		t.Error("a table without columns")
	}
	c, err := NewCSV(&bytes.Buffer{}, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	if c.Row(Text("x")) == nil {
		t.Error("a row that is too short")
	}
	if _, err := NewCSV(&full{}, "a"); err == nil {
		t.Error("a full disk went unnoticed")
	}
	late := &full{room: len(bom)}
	c, err = NewCSV(late, "a")
	if err == nil {
		err = c.Close()
	}
	if err == nil {
		t.Error("a disk that fills up later went unnoticed")
	}
}

// full is a disk with so much room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errors.New("disk full")
	}
	f.room -= len(p)
	return len(p), nil
}
