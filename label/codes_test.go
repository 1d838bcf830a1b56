package label

import (
	"image"
	"testing"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/aztec"
	"github.com/boombuler/barcode/codabar"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/code39"
	"github.com/boombuler/barcode/datamatrix"
	"github.com/boombuler/barcode/ean"
	"github.com/boombuler/barcode/qr"
	"github.com/boombuler/barcode/twooffive"

	"packbench/raster"
)

// stamp draws a code of another maker with its top left at x, y: module dots a
// module, linear codes height dots high.
func stamp(t testing.TB, bm *raster.Bitmap, code barcode.Barcode, err error, x, y, module, height int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b := code.Bounds()
	linear := code.Metadata().Dimensions == 1
	for cy := range b.Dy() {
		for cx := range b.Dx() {
			if r, _, _, _ := code.At(b.Min.X+cx, b.Min.Y+cy).RGBA(); r != 0 {
				continue
			}
			rows := module
			if linear {
				rows = height
			}
			for dy := range rows {
				for dx := range module {
					bm.SetBlack(x+cx*module+dx, y+cy*module+dy)
				}
			}
		}
	}
}

// mixedPage has one code of each kind, with rules and frames between them as on
// a label.
func mixedPage(t testing.TB) (*raster.Bitmap, map[string]string) {
	bm := raster.New(812, 1218)
	put := func(code barcode.Barcode, err error) func(x, y, module, height int) {
		return func(x, y, module, height int) { stamp(t, bm, code, err, x, y, module, height) }
	}
	must := func(c barcode.BarcodeIntCS, err error) (barcode.Barcode, error) { return c, err }
	put(must(code128.Encode("SPXVN0412345678")))(60, 40, 3, 120)
	put(must(code39.Encode("0057714403", false, false)))(60, 200, 2, 60)
	{
		c, err := twooffive.Encode("12345678901231", true)
		put(c, err)(60, 300, 3, 60)
	}
	put(must(ean.Encode("6901234567892")))(60, 400, 3, 60)
	{
		c, err := codabar.Encode("A794604790138B")
		put(c, err)(420, 400, 2, 60)
	}
	{
		c, err := qr.Encode("https://example.test/t/SPXVN0412345678", qr.M, qr.Auto)
		put(c, err)(60, 520, 4, 0)
	}
	{
		c, err := datamatrix.Encode("JVGL0599999801234567")
		put(c, err)(320, 520, 5, 0)
	}
	{
		c, err := aztec.Encode([]byte("%BE12345678"), 33, 0)
		put(c, err)(560, 520, 5, 0)
	}
	side := raster.New(700, 700)
	c, err := code128.Encode("SIDEWAYS42")
	stamp(t, side, c, err, 0, 0, 3, 70)
	bm.Draw(side.Crop(side.Ink()).Rotate(1), image.Pt(720, 120))
	for _, y := range []int{180, 280, 380, 500, 760} {
		for x := 20; x < 700; x++ {
			bm.SetBlack(x, y)
			bm.SetBlack(x, y+1)
		}
	}
	return bm, map[string]string{
		"SPXVN0412345678": Code128, "0057714403": Code39, "12345678901231": ITF, "6901234567892": EAN13,
		"794604790138": Codabar, "https://example.test/t/SPXVN0412345678": QRCode,
		"JVGL0599999801234567": DataMatrix, "%BE12345678": Aztec, "SIDEWAYS42": Code128,
	}
}

// TestReadCodes reads one code of each kind from one page, however it is turned.
func TestReadCodes(t *testing.T) {
	upright, want := mixedPage(t)
	for quarters := range 4 {
		bm := upright.Rotate(quarters)
		got := ReadCodes(bm, 203.2)
		seen := map[string]Code{}
		for _, c := range got {
			seen[c.Text] = c
			if want[c.Text] == "" {
				t.Errorf("turned %d: read what isn't there: %+v", quarters, c)
			}
			if c.From != FromPixels || c.Key == "" || !c.Box.In(bm.Bounds()) || c.Box.Empty() {
				t.Errorf("turned %d: incomplete %+v", quarters, c)
			}
		}
		for text, symbology := range want {
			if c, ok := seen[text]; !ok || c.Symbology != symbology {
				t.Errorf("turned %d: %s %q not read (%+v)", quarters, symbology, text, c)
			}
		}
	}
}

// TestCodePlaces: the box is where the code was drawn.
func TestCodePlaces(t *testing.T) {
	bm, _ := mixedPage(t)
	for _, c := range ReadCodes(bm, 203.2) {
		var near image.Rectangle
		switch c.Text {
		case "SPXVN0412345678":
			near = image.Rect(60, 40, 60+3*200, 160)
		case "SIDEWAYS42":
			near = image.Rect(720, 120, 790, 120+3*200)
		case "JVGL0599999801234567":
			near = image.Rect(310, 510, 440, 640)
		case "https://example.test/t/SPXVN0412345678":
			near = image.Rect(40, 500, 210, 660)
		default:
			continue
		}
		if !c.Box.In(near) {
			t.Errorf("%s is at %v, drawn in %v", c.Text, c.Box, near)
		}
	}
}

func TestReadCodesNothing(t *testing.T) {
	black := raster.New(300, 300)
	for i := range black.Bits {
		black.Bits[i] = 0xff
	}
	black = black.Crop(black.Bounds())
	for name, bm := range map[string]*raster.Bitmap{"nil": nil, "empty": raster.New(0, 0), "white": raster.New(812, 1218), "black": black, "dot": raster.New(1, 1)} {
		if codes := ReadCodes(bm, 203.2); len(codes) != 0 {
			t.Errorf("%s: %+v", name, codes)
		}
	}
	if codes := ReadCodes(black, 0); codes != nil {
		t.Errorf("without a resolution: %+v", codes)
	}
}

// TestSurvives: a code that was painted over, or printed too small, is missing.
func TestSurvives(t *testing.T) {
	bm, _ := mixedPage(t)
	codes := ReadCodes(bm, 203.2)
	if missing := Survives(bm, codes, 203.2); len(missing) != 0 {
		t.Errorf("missing on the page they were read from: %+v", missing)
	}
	damaged := bm.Crop(bm.Bounds())
	for y := 30; y < 170; y++ {
		for x := 100; x < 130; x++ {
			damaged.SetBlack(x, y)
		}
	}
	missing := Survives(damaged, codes, 203.2)
	if len(missing) != 1 || missing[0].Text != "SPXVN0412345678" {
		t.Errorf("missing after a blot: %+v", missing)
	}
}
