package label

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"slices"
	"strings"
	"testing"

	"packbench/raster"
)

var target203 = Target{DPI: 203.2, WidthDots: 812, LengthDots: 1218}

func TestPlace(t *testing.T) {
	label := Target{DPI: 203.2, WidthDots: 800, LengthDots: 1200} // 100 × 150 mm
	for _, tc := range []struct {
		name   string
		target Target
		size   image.Point
		ink    image.Rectangle
		want   placement
	}{
		{"label page keeps its place", label, image.Pt(800, 1200), image.Rect(300, 500, 400, 600), placement{scale: 1}},
		{"small page stays top left", label, image.Pt(480, 320), image.Rect(30, 30, 450, 300), placement{scale: 1}},
		{
			"4x6 inch on 100x150 mm is centred", label, image.Pt(813, 1219), image.Rect(50, 50, 700, 1100),
			placement{scale: 1, offset: image.Pt(-6, -9)},
		},
		{
			"4x6 inch, content near the right edge", label, image.Pt(813, 1219), image.Rect(50, 50, 811, 1100),
			placement{scale: 1, offset: image.Pt(-11, -9)},
		},
		{
			"landscape label is turned", label, image.Pt(1200, 800), image.Rect(10, 20, 1190, 780),
			placement{turned: true, scale: 1},
		},
		{
			"content of a sheet goes to the corner", label, image.Pt(1680, 2376), image.Rect(900, 1200, 1500, 2000),
			placement{scale: 1, offset: image.Pt(16-900, 16-1200)},
		},
		{
			"wide content of a sheet is turned", label, image.Pt(2376, 1680), image.Rect(100, 200, 1200, 900),
			placement{turned: true, scale: 1, offset: image.Pt(16-780, 16-100)},
		},
		{"full sheet shrinks", label, image.Pt(1680, 2376), image.Rect(0, 0, 1596, 2096), placement{scale: 0.5}},
		{"full landscape sheet shrinks turned", label, image.Pt(2376, 1680), image.Rect(0, 0, 2096, 1596), placement{turned: true, scale: 0.5}},
		{"a dot too large is trimmed", Target{DPI: 203.2, WidthDots: 812, LengthDots: 1218}, image.Pt(813, 1219), image.Rect(0, 0, 813, 1219), placement{scale: 1}},
		{"endless roll takes any length", Target{DPI: 203.2, WidthDots: 800}, image.Pt(800, 5000), image.Rect(0, 0, 800, 4999), placement{scale: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.target.place(tc.size, tc.ink)
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// FuzzPlace: whatever the page, its content lands inside the label.
func FuzzPlace(f *testing.F) {
	f.Add(uint16(813), uint16(1219), uint16(0), uint16(0), uint16(812), uint16(1218), uint16(812), uint16(1218))
	f.Fuzz(func(t *testing.T, w, h, x0, y0, x1, y1, tw, tl uint16) {
		size := image.Pt(int(w)+1, int(h)+1)
		ink := image.Rect(int(x0), int(y0), int(x1), int(y1)).Intersect(image.Rectangle{Max: size})
		target := Target{DPI: 203.2, WidthDots: 8 + int(tw), LengthDots: int(tl)}
		if ink.Empty() || tl < 8 && tl > 0 {
			return
		}
		p := target.place(size, ink)
		if !(p.scale > 0 && p.scale <= 1) {
			t.Fatalf("scale %g", p.scale)
		}
		if p.turned {
			ink = image.Rect(size.Y-ink.Max.Y, ink.Min.X, size.Y-ink.Min.Y, ink.Max.X)
		}
		trim := target.dots(trimMM)
		if p.scale == 1 && !ink.Add(p.offset).In(image.Rect(-trim, -trim, target.WidthDots+trim, min(target.length(), 1<<20)+trim)) {
			t.Errorf("content %v moved by %v is outside %dx%d", ink, p.offset, target.WidthDots, target.LengthDots)
		}
		if p.scale < 1 && (p.scale*float64(ink.Dx()) > float64(target.WidthDots) || p.scale*float64(ink.Dy()) > float64(target.length())) {
			t.Errorf("content %v at %g doesn't fit", ink, p.scale)
		}
	})
}

// sheetPage is an A4 page with a label-like piece of w × h mm at x, y.
func sheetPage(wPt, hPt, x, y, w, h float64) testPage {
	frame := fmt.Sprintf("1 w %g %g %g %g re S\n", x*mm, y*mm, w*mm, h*mm)
	return testPage{w: wPt, h: hPt, content: frame + fillBars(code128Bars("WAYBILL0012345", x+8, 0.375), y+10, 20)}
}

func TestPrepare(t *testing.T) {
	r := newTestRenderer(t)
	for _, tc := range []struct {
		name    string
		page    testPage
		scale   float64 // 1 = exactly, 0 = less than 1
		rotated bool
		notes   []string
	}{
		{"label", labelPage("WAYBILL0012345"), 1, false, nil},
		{"part of an A4 sheet", sheetPage(595, 842, 90, 120, 95, 140), 1, false, nil},
		{"landscape label", testPage{432, 288, "", fillBars(code128Bars("WAYBILL0012345", 10, 0.5), 40, 20) + "0 0 1 1 re 431 287 1 1 re f\n"}, 1, true, []string{NoteTurned}},
		{"full A4 sheet", sheetPage(595, 842, 10, 10, 190, 277), 0, false, []string{NoteScaled, NoteThinBars}},
		{"blank", testPage{w: 288, h: 432}, 1, false, []string{NoteBlank}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Prepare(context.Background(), r, testPDF("", tc.page), 0, target203)
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != PDF || p.Page.W != 812 || p.Page.H != 1218 {
				t.Errorf("%s page of %d x %d", p.Kind, p.Page.W, p.Page.H)
			}
			if (p.Scale == 1) != (tc.scale == 1) || p.Scale <= 0 || p.Rotated != tc.rotated {
				t.Errorf("scale %g, rotated %v", p.Scale, p.Rotated)
			}
			if !slices.Equal(p.Notes, tc.notes) && tc.scale == 1 {
				t.Errorf("notes %q, want %q", p.Notes, tc.notes)
			}
			if tc.scale != 1 && !slices.Contains(p.Notes, NoteScaled) {
				t.Errorf("scaled without saying so: %q", p.Notes)
			}
			if tc.scale == 1 && tc.name != "blank" && (len(p.Codes) != 1 || p.Codes[0].Key != "WAYBILL0012345") {
				t.Errorf("read %+v", p.Codes)
			}
			if ink := p.Page.Ink(); tc.name != "blank" && !ink.In(p.Page.Bounds().Inset(0)) {
				t.Errorf("content at %v", ink)
			}
		})
	}
}

// TestPrepareKeepsDots: at 100 % what prints is the rendering itself, moved.
func TestPrepareKeepsDots(t *testing.T) {
	r := newTestRenderer(t)
	pdf := testPDF("", sheetPage(595, 842, 90, 120, 95, 140))
	p, err := Prepare(context.Background(), r, pdf, 0, target203)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := r.Open(context.Background(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	whole, err := doc.Render(context.Background(), 0, 203.2)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := p.Page.Crop(p.Page.Ink()), whole.Crop(whole.Ink()); !a.Equal(b) {
		t.Errorf("%d dots changed", a.DifferingDots(b))
	}
	if at := p.Page.Ink().Min; at != image.Pt(16, 16) {
		t.Errorf("content begins at %v, want the 2 mm margin", at)
	}
}

func TestPrepareOtherKinds(t *testing.T) {
	r := newTestRenderer(t)
	for _, tc := range []struct {
		name string
		data string
		kind Kind
		want error
	}{
		{"zpl", "^XA^FO10,10^FDx^FS^XZ", ZPL, ErrPrinterLanguage},
		{"nothing", "", Unknown, ErrEmpty},
		{"text", "hello", Unknown, ErrUnknownKind},
		{"broken picture", "\x89PNG\r\n\x1a\nxxxx", PNG, ErrDamaged},
		{"broken pdf", "%PDF-1.4", PDF, ErrDamaged},
	} {
		p, err := Prepare(context.Background(), r, []byte(tc.data), 0, target203)
		if p.Kind != tc.kind || !errors.Is(err, tc.want) || p.Page != nil {
			t.Errorf("%s: %+v, %v", tc.name, p, err)
		}
	}
	if _, err := Prepare(context.Background(), r, testPDF("", labelPage("X12")), 0, Target{DPI: 203.2}); !errors.Is(err, ErrNoPaper) {
		t.Errorf("no head: %v", err)
	}
	if _, err := Prepare(context.Background(), r, testPDF("", labelPage("X12")), 3, target203); !errors.Is(err, ErrNoPage) {
		t.Errorf("page 4 of 1: %v", err)
	}
}

// withPHYs adds the resolution to a PNG.
func withPHYs(data []byte, dpi float64) []byte {
	const afterIHDR = 8 + 8 + 13 + 4
	chunk := []byte("pHYs")
	for range 2 {
		chunk = binary.BigEndian.AppendUint32(chunk, uint32(dpi/0.0254+0.5))
	}
	chunk = append(chunk, 1)
	sum := crc32.ChecksumIEEE(chunk)
	out := bytes.Clone(data[:afterIHDR])
	out = binary.BigEndian.AppendUint32(out, 9)
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, sum)
	return append(out, data[afterIHDR:]...)
}

func TestPreparePicture(t *testing.T) {
	r := newTestRenderer(t)
	page, want := mixedPage(t)
	var plain bytes.Buffer
	if err := page.EncodePNG(&plain); err != nil {
		t.Fatal(err)
	}
	p, err := Prepare(context.Background(), r, plain.Bytes(), 0, target203)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Page.Equal(page) || p.Scale != 1 || len(p.Notes) != 0 || len(p.Codes) != len(want) {
		t.Errorf("a picture of the label's size must print dot for dot: scale %g, %q, %d codes", p.Scale, p.Notes, len(p.Codes))
	}

	if p, err := Prepare(context.Background(), nil, plain.Bytes(), 0, target203); err != nil || !p.Page.Equal(page) {
		t.Errorf("a picture without a renderer: %v", err)
	}
	if _, err := Prepare(context.Background(), nil, testPDF("", labelPage("X12")), 0, target203); !errors.Is(err, ErrRenderer) {
		t.Errorf("a PDF without a renderer: %v", err)
	}

	// The same label at twice the resolution, said and unsaid.
	double := raster.New(2*page.W, 2*page.H)
	for y := range double.H {
		for x := range double.W {
			if page.Black(x/2, y/2) {
				double.SetBlack(x, y)
			}
		}
	}
	var big bytes.Buffer
	if err := double.EncodePNG(&big); err != nil {
		t.Fatal(err)
	}
	p, err = Prepare(context.Background(), r, withPHYs(big.Bytes(), 406.4), 0, target203)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Page.Equal(page) || !slices.Contains(p.Notes, NoteResampled) || p.Scale != 1 {
		t.Errorf("halved: %d dots differ, notes %q, scale %g", p.Page.DifferingDots(page), p.Notes, p.Scale)
	}
	p, err = Prepare(context.Background(), r, big.Bytes(), 0, target203)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.Notes, NoteScaled) || !slices.Contains(p.Notes, NoteResampled) {
		t.Errorf("a picture too wide for the head: notes %q", p.Notes)
	}
}

func TestSniff(t *testing.T) {
	for data, want := range map[string]Kind{
		"%PDF-1.4": PDF, strings.Repeat(" ", 500) + "%PDF-1.7": PDF, strings.Repeat(" ", 2000) + "%PDF-1.7": Unknown,
		"\x89PNG\r\n\x1a\n": PNG, "^XA^XZ": ZPL, "\xef\xbb\xbf\r\n^xa^xz": ZPL, "CT~~CD,~CC^~CT~\n^XA~TA000": ZPL,
		"~DGR:A.GRF,1,1,FF^XA^XZ": ZPL, "text ^XA": Unknown, "": Unknown, "SIZE 100 mm": Unknown, "Carl": Unknown,
	} {
		if got := Sniff([]byte(data)); got != want {
			t.Errorf("%.20q: %q, want %q", data, got, want)
		}
	}
}

// FuzzPicture feeds any bytes behind a PNG signature.
func FuzzPicture(f *testing.F) {
	var small bytes.Buffer
	if err := raster.New(16, 16).EncodePNG(&small); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(withPHYs(small.Bytes(), 203.2))
	limits := DefaultLimits
	limits.PageDots = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte) {
		Sniff(data)
		dpi := pngDPI(data)
		if dpi != 0 && (dpi < pictureMinDPI || dpi > pictureMaxDPI) {
			t.Errorf("believed %g dpi", dpi)
		}
		if p, err := decodePicture(data, limits); err == nil && p.gray.Rect.Dx()*p.gray.Rect.Dy() > limits.PageDots {
			t.Errorf("decoded %v", p.gray.Rect)
		}
	})
}

func TestInspect(t *testing.T) {
	r := newTestRenderer(t)
	fine := testPage{w: 288, h: 432, content: fillBars(code128Bars("FINE12345678", 10, 0.17), 60, 20)} // 1.4 dots a module
	data := testPDF("", labelPage("FIRST001"), testPage{w: 288, h: 432}, fine)
	report, err := Inspect(context.Background(), r, data, 203.2)
	if err != nil {
		t.Fatal(err)
	}
	if report.Kind != PDF || report.Pages != 3 || len(report.Sizes) != 3 || len(report.SHA256) != 64 {
		t.Errorf("%+v", report)
	}
	if w, h := report.Sizes[0].WidthMM, report.Sizes[0].HeightMM; w < 101.5 || w > 101.7 || h < 152.3 || h > 152.5 {
		t.Errorf("page of %g x %g mm", w, h)
	}
	if len(report.Codes) != 2 || report.Codes[0].Key != "FIRST001" || report.Codes[0].Page != 0 ||
		report.Codes[1].Key != "FINE12345678" || report.Codes[1].Page != 2 {
		t.Fatalf("codes %+v", report.Codes)
	}
	p, err := Prepare(context.Background(), r, data, 2, target203)
	if err != nil {
		t.Fatal(err)
	}
	if missing := Survives(p.Page, report.Codes[1:], 203.2); len(missing) == 0 && !slices.Contains(p.Notes, NoteThinBars) {
		t.Error("a code of 1.4 dots a module prints without a word")
	}
	if again, _ := Inspect(context.Background(), r, data, 203.2); again.SHA256 != report.SHA256 {
		t.Error("hash changed")
	}
	zpl, err := Inspect(context.Background(), r, []byte("^XA^XZ"), 203.2)
	if err != nil || zpl.Kind != ZPL || zpl.SHA256 == "" {
		t.Errorf("%+v, %v", zpl, err)
	}
	if _, err := Inspect(context.Background(), r, []byte("?"), 203.2); !errors.Is(err, ErrUnknownKind) {
		t.Errorf("%v", err)
	}
}
