package zpl_test

import (
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"packbench/internal/testshared"
	reader "packbench/label/zpl"
	"packbench/printer"
	"packbench/printer/zpl"
	"packbench/raster"
)

var update = flag.Bool("update", false, "write the golden files anew")

func profile(t testing.TB, id string) printer.Profile {
	t.Helper()
	p, err := printer.LoadProfile(id, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func bitmap(t testing.TB, name string) *raster.Bitmap {
	t.Helper()
	f, err := os.Open(testshared.Path(t, "data", "bitmaps", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := raster.DecodePNG(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readBack renders ZPL as a strict printer of the page's size would.
func readBack(t rapid.TB, data []byte, page *raster.Bitmap) reader.Page {
	t.Helper()
	pages, err := reader.Render(data, reader.Options{WidthDots: page.W, LengthDots: page.H, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 {
		t.Fatalf("%d pages, want 1", len(pages))
	}
	if len(pages[0].Unsupported) > 0 {
		t.Fatalf("our own reader cannot draw: %v", pages[0].Unsupported)
	}
	return pages[0]
}

var graphicHeader = regexp.MustCompile(`\^GFA,(\d+),(\d+),(\d+),`)

// checkSizes holds every graphic to what printers document.
func checkSizes(t rapid.TB, data []byte) {
	t.Helper()
	for _, m := range graphicHeader.FindAllSubmatch(data, -1) {
		for _, n := range m[1:] {
			if len(n) > 5 {
				t.Errorf("byte count %s is above 99999", n)
			}
		}
	}
}

func TestSamplesComeBackEqual(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		peer          int // zpl-image Z64, whole ^GFA; see data/bitmaps/README.md
	}{
		{"ups_812x1218.png", "zpl-203", 12394},
		{"dhl-paket_812x1218.png", "zpl-203", 11038},
		{"fedex-pdf_812x1218.png", "zebra-zpl-203", 23918},
		{"fedex-pdf_1200x1800.png", "zebra-zpl-300", 23386},
	} {
		page := bitmap(t, c.name)
		for _, forms := range [][]string{nil, {printer.GraphicACS}, {printer.GraphicHex}, {printer.GraphicACS, printer.GraphicHex}} {
			p := profile(t, c.profile)
			if forms != nil {
				p.Graphic = forms
			}
			data, err := zpl.New().Encode(page, p, 3)
			if err != nil {
				t.Fatal(err)
			}
			checkSizes(t, data)
			got := readBack(t, data, page)
			if !got.Bitmap.Equal(page) || got.Copies != 3 {
				t.Errorf("%s %v: %d dots differ, %d copies", c.name, p.Graphic, got.Bitmap.DifferingDots(page), got.Copies)
			}
			t.Logf("%s %v: %d bytes", c.name, p.Graphic, len(data))
			if forms == nil && float64(len(data)) > 1.01*float64(c.peer) {
				t.Errorf("%s: %d bytes, a peer needs %d", c.name, len(data), c.peer)
			}
		}
	}
}

// shapes are small pages in which every rule of the encoder shows.
func shapes() map[string]*raster.Bitmap {
	white := raster.New(812, 1218)
	black := raster.New(812, 1218)
	for y := range black.H {
		for x := range black.W {
			black.SetBlack(x, y)
		}
	}
	dot := raster.New(812, 1218)
	dot.SetBlack(811, 1217)
	// One byte of ink: hex "80" is as short as its ACS, which must lose the tie.
	tie := raster.New(16, 8)
	tie.SetBlack(0, 3)
	// Rows that end in one, two and three zero digits, in F, and repeat.
	ends := raster.New(64, 12)
	for i, row := range [][]byte{
		{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0},
		{0x11, 0x11, 0x11, 0x10, 0, 0, 0, 0},
		{0x11, 0x11, 0x11, 0x10, 0, 0, 0, 0},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0, 0, 0, 0, 0, 0, 0, 1},
		{0, 0, 0, 0, 0, 0, 0, 0},
		{0, 0, 0, 0, 0, 0, 0, 0},
		{0xaa, 0xaa, 0xaa, 0xab, 0xbb, 0xcc, 0xcc, 0xcd},
		{1, 0, 0, 0, 0, 0, 0, 0},
		{0x80, 0, 0, 0, 0, 0, 0, 0},
		{0xf0, 0, 0, 0, 0, 0, 0, 0x0f},
	} {
		copy(ends.Row(i), row)
	}
	// Two marks far apart.
	gap := raster.New(812, 1218)
	for x := 100; x < 700; x++ {
		gap.SetBlack(x, 10)
		gap.SetBlack(x, 1200)
	}
	wide := raster.New(2496, 30) // 600 dpi: runs of more than 419 digits
	for y := range wide.H {
		for x := 3; x < wide.W-3; x++ {
			wide.SetBlack(x, y)
		}
	}
	return map[string]*raster.Bitmap{"white": white, "black": black, "corner-dot": dot, "tie": tie, "row-ends": ends, "gap": gap, "wide": wide}
}

func TestGolden(t *testing.T) {
	base := profile(t, "zebra-zpl-203")
	base.WidthDots = 0
	for name, page := range shapes() {
		for _, forms := range [][]string{{"z64", "acs", "hex"}, {"acs", "hex"}, {"hex"}, {"z64"}} {
			if name == "black" && forms[0] == "hex" {
				continue // a quarter of a megabyte of F
			}
			p := base
			p.Graphic = forms
			data, err := zpl.New().Encode(page, p, 1)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			checkSizes(t, data)
			if got := readBack(t, data, page); !got.Bitmap.Equal(page) {
				t.Errorf("%s %v: %d dots differ", name, forms, got.Bitmap.DifferingDots(page))
			}
			file := filepath.Join("testdata", name+"."+strings.Join(forms, "-")+".zpl")
			if *update {
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(data) {
				t.Errorf("%s %v: bytes differ from %s\n got %.300q\nwant %.300q", name, forms, file, data, want)
			}
		}
	}
}

// TestWhiteIsNotSent holds what is left out: borders, and rows where that saves.
func TestWhiteIsNotSent(t *testing.T) {
	p := profile(t, "zpl-203")
	p.Graphic = []string{printer.GraphicHex}
	data, err := zpl.New().Encode(shapes()["gap"], p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"^FO96,10^GFA,76,76,76,", "^FO96,1200^GFA,76,76,76,"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%q is missing in %.200q", want, data)
		}
	}
}

func TestSettingsInTheFormat(t *testing.T) {
	page := shapes()["tie"]
	density, speed := -4, 2.5
	for _, c := range []struct {
		change func(*printer.Profile)
		want   string
	}{
		{func(p *printer.Profile) {}, "^XA^PW16^LL8^LH0,0^PON^PMN^LRN^MCY^FO0,3^GFA,1,1,1,80^FS^PQ2^XZ\n"},
		{func(p *printer.Profile) { p.Media = "mark" }, "^XA^MNM^PW16^LL8^LH0,0^PON^PMN^LRN^MCY^FO0,3^GFA,1,1,1,80^FS^PQ2^XZ\n"},
		{func(p *printer.Profile) { p.Media = "continuous"; p.Density = &density; p.Speed = &speed }, "^XA^MNN^PW16^LL8^LH0,0^PON^PMN^LRN^MCY^MD-4^PR2.5^FO0,3^GFA,1,1,1,80^FS^PQ2^XZ\n"},
	} {
		p := profile(t, "zpl-203")
		c.change(&p)
		data, err := zpl.New().Encode(page, p, 2)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) != c.want {
			t.Errorf("got  %q\nwant %q", data, c.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	wide := raster.New(900, 10)
	wide.SetBlack(890, 5)
	for _, c := range []struct {
		name   string
		page   *raster.Bitmap
		change func(*printer.Profile)
		want   string
	}{
		{"no page", nil, nil, "empty"},
		{"empty page", raster.New(0, 10), nil, "empty"},
		{"ink beyond the head", wide, nil, "ink reaches dot 891"},
		{"inverted", raster.New(8, 8), func(p *printer.Profile) { p.Invert = true }, "inverts"},
		{"no form", raster.New(8, 8), func(p *printer.Profile) { p.Graphic = nil }, "no form"},
	} {
		p := profile(t, "zpl-203")
		if c.change != nil {
			c.change(&p)
		}
		if _, err := zpl.New().Encode(c.page, p, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	// White beyond the head is no harm.
	if _, err := zpl.New().Encode(raster.New(900, 10), profile(t, "zpl-203"), 1); err != nil {
		t.Error(err)
	}
}

// randomPage draws pages of all characters: sparse, noisy, striped, boxed.
func randomPage(t *rapid.T) *raster.Bitmap {
	w := rapid.IntRange(1, 900).Draw(t, "width")
	h := rapid.IntRange(1, 1300).Draw(t, "height")
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	b := raster.New(w, h)
	for range rapid.IntRange(0, 12).Draw(t, "parts") {
		part := raster.New(1+rnd.IntN(w), 1+rnd.IntN(min(h, 400)))
		kind := rnd.IntN(4)
		for y := range part.H {
			for x := range part.W {
				switch kind {
				case 0:
					part.SetBlack(x, y)
				case 1:
					if rnd.IntN(2) == 0 {
						part.SetBlack(x, y)
					}
				case 2:
					if x/3%2 == 0 {
						part.SetBlack(x, y)
					}
				case 3:
					if rnd.IntN(200) == 0 {
						part.SetBlack(x, y)
					}
				}
			}
		}
		b.Draw(part, image.Pt(rnd.IntN(w)-10, rnd.IntN(h)-10))
	}
	return b
}

func TestAnyPageComesBackEqual(t *testing.T) {
	base := profile(t, "zpl-203")
	base.WidthDots = 0
	rapid.Check(t, func(t *rapid.T) {
		page := randomPage(t)
		p := base
		p.Graphic = rapid.SampledFrom([][]string{{"z64", "acs", "hex"}, {"acs"}, {"hex"}, {"z64"}, {"acs", "hex"}}).Draw(t, "forms")
		data, err := zpl.New().Encode(page, p, 1)
		if err != nil {
			t.Fatal(err)
		}
		checkSizes(t, data)
		if got := readBack(t, data, page).Bitmap; !got.Equal(page) {
			t.Fatalf("%d dots differ", got.DifferingDots(page))
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range []struct{ name, profile string }{
		{"ups_812x1218.png", "zpl-203"},
		{"dhl-paket_812x1218.png", "zpl-203"},
		{"fedex-pdf_812x1218.png", "zpl-203"},
		{"fedex-pdf_1200x1800.png", "zpl-300"},
	} {
		b.Run(c.name, func(b *testing.B) {
			page, p := bitmap(b, c.name), profile(b, c.profile)
			b.ReportAllocs()
			var size int
			for b.Loop() {
				data, err := zpl.New().Encode(page, p, 1)
				if err != nil {
					b.Fatal(err)
				}
				size = len(data)
			}
			b.ReportMetric(float64(size), "wire-bytes")
		})
	}
}

func ExampleLanguage_Encode() {
	page := raster.New(16, 4)
	page.SetBlack(8, 2)
	data, _ := zpl.New().Encode(page, printer.Profile{Graphic: []string{printer.GraphicHex}}, 1)
	fmt.Printf("%s", data)
	// Output: ^XA^PW16^LL4^LH0,0^PON^PMN^LRN^MCY^FO8,2^GFA,1,1,1,80^FS^PQ1^XZ
}
