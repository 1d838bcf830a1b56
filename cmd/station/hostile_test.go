package main

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// canary stands where a buyer's data would; no answer may show it.
const canary = "Kanarienvogel"

const badHeader = "Order ID,Order Status,SKU ID,Seller SKU,Product Name,Quantity,Buyer Message,Recipient\n"

// badRow is a good row of a TikTok file but for what the case changes.
func badRow(order, quantity string) string {
	return order + ",To ship,1,MUG,Mug," + quantity + "," + canary + "," + canary + "\n"
}

// badFile is an input that must be answered with a sentence.
type badFile struct {
	name  string
	as    string // file name; its ending decides the command
	text  string // content, unless make makes it
	make  func(t *testing.T, path string)
	args  []string // further arguments
	want  int      // exit code
	taken bool     // part of it may be stored
}

func badFiles(t *testing.T) []badFile {
	t.Helper()
	wide := strings.TrimSuffix(badHeader, "\n") + strings.Repeat(",x", 600) + "\n"
	return []badFile{
		// Order files, as text.
		{name: "empty file", as: "a.csv"},
		{name: "header only", as: "a.csv", text: badHeader},
		{name: "blank lines only", as: "a.csv", text: "\n\n\r\n"},
		{name: "another file's header", as: "a.csv", text: "name,age\nx,1\n"},
		{name: "a column is missing", as: "a.csv", text: strings.Replace(badHeader, ",Quantity", "", 1)},
		{name: "tracking upload instead of orders", as: "a.csv", text: "Order ID,Shipping Provider Name,Tracking ID\n1,UPS,1Z\n"},
		{name: "order number in scientific notation", as: "a.csv", text: badHeader + badRow("5.77E+17", "1")},
		{name: "order numbers rounded", as: "a.csv", text: badHeader + badRow("577000000000001000", "1") + badRow("577000000000002000", "1") + badRow("577000000000003000", "1")},
		{name: "quantity 0", as: "a.csv", text: badHeader + badRow("1", "0")},
		{name: "quantity as a word with a terminal's escape", as: "a.csv", text: badHeader + badRow("1", "\x1b[2Jtwo")},
		{name: "command code as order number", as: "a.csv", text: badHeader + badRow("PBCACK0", "1")},
		{name: "field of 1 MB", as: "a.csv", text: badHeader + strings.Replace(badRow("1", "1"), canary, strings.Repeat("x", 1<<20), 1)},
		{name: "601 columns", as: "a.csv", text: wide},
		{name: "quote never closed, 8 MB behind it", as: "a.csv", text: badHeader + "\"" + strings.Repeat("x\n", 4<<20)},
		{name: "quotes mixed", as: "a.csv", text: badHeader + "1,\"To \"ship,1,MUG,Mug,1,,\n"},
		{name: "row too short", as: "a.csv", text: badHeader + "1,To ship\n"},
		{name: "row twice", as: "a.csv", text: badHeader + badRow("1", "1") + badRow("1", "1")},
		{name: "NUL byte", as: "a.csv", text: badHeader + badRow("1", "1\x00")},
		{name: "invalid UTF-8", as: "a.csv", text: badHeader + badRow("1", "1") + "\xff\xfe\xc0"},
		{name: "UTF-16 cut in half", as: "a.csv", text: "\xff\xfeO\x00r"},
		{name: "lines end in a lone CR", as: "a.csv", text: strings.ReplaceAll(badHeader+badRow("1", "1"), "\n", "\r")},
		{name: "200,001 rows", as: "a.csv", make: func(t *testing.T, path string) {
			var b strings.Builder
			b.WriteString(badHeader)
			for i := range 200_001 {
				fmt.Fprintf(&b, "%d,To ship,1,M,M,1,,\n", i+1)
			}
			write(t, path, b.String())
		}},
		{name: "300 MB", as: "a.csv", make: func(t *testing.T, path string) { sparse(t, path, badHeader, 300<<20) }},
		{name: "a PDF", as: "a.csv", text: "%PDF-1.7\n"},
		{name: "a web page called .xls", as: "a.xls", text: "<html><table><tr><td>Order ID</td></tr></table>"},
		{name: "an old .xls", as: "a.xls", text: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
		{name: "gzip", as: "a.csv.gz", text: "\x1f\x8b\x08\x00"},
		{name: "partly bad, with --partial", as: "a.csv", text: badHeader + badRow("7", "1") + badRow("8", "0"), args: []string{"--partial"}, taken: true},

		// Order files, as workbooks.
		{name: "XLSX cut off", as: "a.xlsx", text: "PK\x03\x04\x14\x00"},
		{name: "ZIP that is no workbook", as: "a.xlsx", make: func(t *testing.T, path string) { archive(t, path, entry{name: "orders.csv", data: []byte(badHeader)}) }},
		{name: "XLSX bomb", as: "a.xlsx", make: func(t *testing.T, path string) {
			archive(t, path, entry{name: "xl/workbook.xml", data: []byte(`<workbook><sheets><sheet name="S" r:id="r"/></sheets></workbook>`)},
				entry{name: "xl/_rels/workbook.xml.rels", data: []byte(`<r><Relationship Id="r" Target="worksheets/s.xml"/></r>`)},
				entry{name: "xl/worksheets/s.xml", data: []byte("<worksheet><sheetData><row>" + inlineCells(badHeader) + "</row>" + strings.Repeat("<row/>", 2<<20))})
		}},
		{name: "XLSX: number that lost digits", as: "a.xlsx", make: workbook(func(f *excelize.File) error { return f.SetCellValue("Sheet1", "A2", 577000000000000001.0) })},
		{name: "XLSX: formula as order number", as: "a.xlsx", make: workbook(func(f *excelize.File) error { return f.SetCellFormula("Sheet1", "A2", "B2&C2") })},
		{name: "XLSX: merged header", as: "a.xlsx", make: workbook(func(f *excelize.File) error { return f.MergeCell("Sheet1", "C1", "D1") })},
		{name: "XLSX: two sheets of orders", as: "a.xlsx", make: workbook(func(f *excelize.File) error {
			n, err := f.NewSheet("Copy")
			if err != nil {
				return err
			}
			return f.CopySheet(0, n)
		})},

		// What is no file.
		{name: "no such file", as: "a.csv", make: func(*testing.T, string) {}},
		{name: "a folder", as: "a.csv", make: folder},
		{name: "a pipe", as: "a.csv", make: pipe},
		{name: "a device", as: "a.csv", make: link("/dev/zero")},
		{name: "a link to nothing", as: "a.csv", make: link("/nowhere/at/all")},
		{name: "unreadable", as: "a.csv", make: func(t *testing.T, path string) {
			if os.Getuid() == 0 {
				t.Skip("root may read everything")
			}
			write(t, path, badHeader)
			if err := os.Chmod(path, 0); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "no argument", as: "", want: exitUsage},

		// Label files.
		{name: "label: empty", as: "l.pdf"},
		{name: "label: no PDF", as: "l.pdf", text: "no label at all"},
		{name: "label: PDF cut off", as: "l.pdf", text: "%PDF-1.7\n1 0 obj<</Type/Catalog"},
		{name: "label: encrypted PDF", as: "l.pdf", text: encrypted},
		{name: "label: page of 5 x 5 m", as: "l.pdf", text: strings.Replace(encrypted, "/Encrypt 4 0 R", "", 1)},
		{name: "label: 21 MB", as: "l.pdf", make: func(t *testing.T, path string) { sparse(t, path, "%PDF-1.7\n", 21<<20) }},
		{name: "label: picture of 50 million dots", as: "l.png", make: func(t *testing.T, path string) { write(t, path, hugePNG(10_000, 5_000)) }},
		{name: "label: picture cut off", as: "l.png", make: func(t *testing.T, path string) { write(t, path, blankPNG(t)[:60]) }},
		{name: "label: ZPL", as: "l.zpl", text: "^XA^FO10,10^FDx^FS^XZ"},
		{name: "label: a folder of nothing good", as: "l.pdf", make: func(t *testing.T, path string) {
			folder(t, path)
			write(t, filepath.Join(path, "x.pdf"), "junk")
		}},
		{name: "label: a pipe", as: "l.pdf", make: pipe},
		{name: "label: no such file", as: "l.pdf", make: func(*testing.T, string) {}},
		{name: "ZIP: cut off", as: "l.zip", text: "PK\x03\x04\x14\x00"},
		{name: "ZIP: empty", as: "l.zip", make: func(t *testing.T, path string) { archive(t, path) }},
		{name: "ZIP: bomb", as: "l.zip", make: func(t *testing.T, path string) { archive(t, path, entry{name: "a.pdf", zeros: 19 << 20}) }},
		{name: "ZIP: 600 MB announced", as: "l.zip", make: func(t *testing.T, path string) {
			var all []entry
			for i := range 30 {
				all = append(all, entry{name: fmt.Sprint(i, ".pdf"), zeros: 20 << 20})
			}
			archive(t, path, all...)
		}},
		{name: "ZIP: archive within", as: "l.zip", make: func(t *testing.T, path string) {
			archive(t, path, entry{name: "more.zip", data: []byte("PK\x03\x04more")})
		}},
		{name: "ZIP: name leads up", as: "l.zip", make: named("../../l.pdf")},
		{name: "ZIP: absolute name", as: "l.zip", make: named("/etc/l.pdf")},
		{name: "ZIP: drive letter", as: "l.zip", make: named("C:\\l.pdf")},
		{name: "ZIP: device name", as: "l.zip", make: named("labels/NUL.pdf")},
		{name: "ZIP: NUL in the name", as: "l.zip", make: named("l.pdf\x00.exe")},
		{name: "ZIP: name that turns text around", as: "l.zip", make: named("l\u202efdp.pdf")},
		{name: "ZIP: symbolic link", as: "l.zip", make: func(t *testing.T, path string) {
			archive(t, path, entry{name: "l.pdf", data: []byte("/etc/passwd"), mode: fs.ModeSymlink | 0o777})
		}},
		{name: "ZIP: entry with a password", as: "l.zip", make: func(t *testing.T, path string) {
			archive(t, path, entry{name: "l.pdf", data: []byte("%PDF-"), flags: 1})
		}},
		{name: "ZIP: 5,001 entries", as: "l.zip", make: func(t *testing.T, path string) {
			all := make([]entry, 5_001)
			for i := range all {
				all[i].name = fmt.Sprint(i, ".pdf")
			}
			archive(t, path, all...)
		}},
	}
}

// Each bad input is answered with a sentence in both languages and an exit code,
// soon, without a buyer's data, and what was stored before stays as it was. With
// -v the table of answers is printed.
func TestBadInputs(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	good := filepath.Join(dir, "good.csv")
	write(t, good, badHeader+"1000,To ship,1,MUG,Mug,1,,\n")
	must(t, "--data", data, "import", good)
	t.Log("| input | exit | answer (en) |\n|---|---|---|")
	for i, c := range badFiles(t) {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprint(i), c.as)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if c.make == nil {
				c.make = func(t *testing.T, path string) { write(t, path, c.text) }
			}
			args := append([]string{"--data", data, "--lang", "en", "import"}, c.args...)
			if c.as != "" {
				c.make(t, path)
				args = append(args, path)
			}
			if strings.HasPrefix(c.as, "l.") {
				args[4] = "import-labels"
			}
			if c.want == 0 {
				c.want = exitFailed
			}
			start := time.Now()
			code, stdout, stderr := station(t, args...)
			took := time.Since(start)
			if code != c.want {
				t.Errorf("exit %d, want %d", code, c.want)
			}
			if took > time.Minute {
				t.Errorf("took %v", took)
			}
			args[3] = "zh"
			_, outZH, errZH := station(t, args...)
			if c.want == exitFailed && !strings.ContainsFunc(errZH, isHan) {
				t.Errorf("no Chinese sentence: %s", errZH)
			}
			if stderr == "" {
				t.Error("fails without a word")
			}
			for _, said := range []string{stdout, stderr, outZH, errZH} {
				if strings.Contains(said, canary) || strings.ContainsAny(said, "\x1b\u202e\x00") {
					t.Errorf("shows what it must not: %q", said)
				}
			}
			first := strings.TrimSpace(strings.SplitN(strings.TrimSpace(stderr), "\n", 2)[0])
			if c.want == exitUsage {
				lines := strings.Split(strings.TrimSpace(stderr), "\n")
				first = lines[len(lines)-1]
			}
			t.Logf("| %s | %d | %s |", c.name, code, strings.ReplaceAll(first, "|", "\\|"))
		})
	}
	if out := must(t, "--data", data, "--lang", "en", "import", good); !strings.HasPrefix(out, "0 new, 0 updated, 1 unchanged") {
		t.Errorf("afterwards the first order is not what it was: %s", out)
	}
	must(t, "--data", data, "audit")
}

func isHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }

// encrypted asks for a password; without its key it is a page of 200 x 200 inches.
var encrypted = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]>>endobj\n" +
	"4 0 obj<</Filter/Standard/V 1/R 2/P -44/O<" + strings.Repeat("5a", 32) + ">/U<" + strings.Repeat("a5", 32) + ">>>endobj\n" +
	"trailer<</Root 1 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]/Encrypt 4 0 R>>\n%%EOF\n"

func folder(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func link(to string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if runtime.GOOS == "windows" {
			t.Skip("no such links")
		}
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
}

// sparse is a file that is large and takes no room.
func sparse(t *testing.T, path, head string, size int64) {
	t.Helper()
	write(t, path, head)
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// entry of an archive that a test makes.
type entry struct {
	name  string
	data  []byte
	zeros int // further bytes of 0
	mode  fs.FileMode
	flags uint16
}

func archive(t *testing.T, path string, entries ...entry) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Flags: e.flags}
		h.SetMode(e.mode | 0o600)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(e.data)
		}
		if err == nil {
			_, err = io.CopyN(w, zeros{}, int64(e.zeros))
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

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// named is an archive whose only entry has a name.
func named(name string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		archive(t, path, entry{name: name, data: []byte("%PDF-1.4 x")})
	}
}

// workbook is a good order in a workbook, then spoilt.
func workbook(spoil func(f *excelize.File) error) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		f := excelize.NewFile()
		defer f.Close()
		for i, line := range []string{badHeader, badRow("1", "1")} {
			cells := strings.Split(strings.TrimSpace(line), ",")
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
		if err := spoil(f); err != nil {
			t.Fatal(err)
		}
		if err := f.SaveAs(path); err != nil {
			t.Fatal(err)
		}
	}
}

// inlineCells is a line of a text file as cells of a sheet.
func inlineCells(line string) string {
	var b strings.Builder
	for _, v := range strings.Split(strings.TrimSpace(line), ",") {
		b.WriteString(`<c t="inlineStr"><is><t>` + v + `</t></is></c>`)
	}
	return b.String()
}

func blankPNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 812, 1218))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hugePNG is a small file that says it is a picture of w x h dots.
func hugePNG(w, h uint32) string {
	var b bytes.Buffer
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 0, 0, 0, 0))
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return b.String()
}
