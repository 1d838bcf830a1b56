package label

import (
	"context"
	"fmt"
	"math"
	"testing"

	"packbench/raster"
)

// rowWidths are the black runs of a row that has only bars.
func rowWidths(bm *raster.Bitmap, y int) []int {
	var l line
	l.readLine(bm, y)
	var out []int
	for i := 0; i < len(l.runs); i += 2 {
		out = append(out, l.runs[i])
	}
	return out
}

// TestBarWidths holds the whole recipe: vector bars come out with the width of
// their rounded edges, where a plain rendering makes nearly each a dot too fat.
// If an upgrade of the PDF library changes this, it must fail here.
func TestBarWidths(t *testing.T) {
	r := newTestRenderer(t)
	const text = "PACK1234"
	for _, tc := range []struct {
		dpi       float64
		off, bias int // most bars that may differ from ideal rounding, and their sum
	}{
		{203.2, 0, 0}, // 8 dots a millimetre: what "203 dpi" heads are
		{203, 1, 1},
		// Where a module is no whole number of dots the shear of up to 0.2 dot
		// tips single edges that lie near a half, both ways.
		{300, 6, 3},
	} {
		for _, module := range []float64{0.25, 0.375, 0.5} {
			for _, offset := range []float64{0, 0.03} {
				t.Run(fmt.Sprintf("%g dpi %g mm +%g", tc.dpi, module, offset), func(t *testing.T) {
					bars := code128Bars(text, 10+offset, module)
					pdf := testPDF("", testPage{w: 288, h: 432, content: fillBars(bars, 60, 20)})
					doc, err := r.Open(context.Background(), pdf)
					if err != nil {
						t.Fatal(err)
					}
					defer doc.Close()
					bm, err := doc.Render(context.Background(), 0, tc.dpi)
					if err != nil {
						t.Fatal(err)
					}
					got := rowWidths(bm, int((152.4-70)*tc.dpi/25.4))
					if len(got) != len(bars) {
						t.Fatalf("%d bars on the page, drawn %d: %v", len(got), len(bars), got)
					}
					off, bias := 0, 0
					for i, b := range bars {
						ideal := int(math.Round(b.x1*tc.dpi/25.4) - math.Round(b.x0*tc.dpi/25.4))
						if got[i] != ideal {
							off++
							bias += got[i] - ideal
						}
					}
					if off > tc.off || bias > tc.bias || bias < -tc.bias {
						t.Errorf("%d of %d bars differ from their ideal width, sum %+d dots", off, len(bars), bias)
					}
				})
			}
		}
	}
}

// TestPageGeometry renders the same code upright, turned by /Rotate and cut by
// a CropBox: sizes are those on display, and the bars stay exact.
func TestPageGeometry(t *testing.T) {
	r := newTestRenderer(t)
	bars := code128Bars("PACK1234", 10, 0.375)
	content := fillBars(bars, 60, 20)
	for _, tc := range []struct {
		name, extra string
		w, h        float64 // points on display
		quarters    int     // to turn the picture back
	}{
		{"upright", "", 288, 432, 0},
		{"rotate 90", "/Rotate 90", 432, 288, 3},
		{"rotate 180", "/Rotate 180", 288, 432, 2},
		{"rotate 270", "/Rotate 270", 432, 288, 1},
		{"crop box", "/CropBox[10 100 270 300]", 260, 200, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := r.Open(context.Background(), testPDF("", testPage{288, 432, tc.extra, content}))
			if err != nil {
				t.Fatal(err)
			}
			defer doc.Close()
			if p := doc.Pages()[0]; math.Abs(p.WidthPt-tc.w) > 0.01 || math.Abs(p.HeightPt-tc.h) > 0.01 {
				t.Errorf("page is %v, want %g x %g", p, tc.w, tc.h)
			}
			bm, err := doc.Render(context.Background(), 0, 203.2)
			if err != nil {
				t.Fatal(err)
			}
			bm = bm.Rotate(tc.quarters)
			ink := bm.Ink()
			got := rowWidths(bm, (ink.Min.Y+ink.Max.Y)/2)
			if len(got) != len(bars) {
				t.Fatalf("%d bars, want %d", len(got), len(bars))
			}
			for i, b := range bars {
				if want := int(math.Round((b.x1 - b.x0) * 8)); got[i] != want {
					t.Errorf("bar %d is %d dots, want %d", i, got[i], want)
				}
			}
			if codes := ReadCodes(bm, 203.2); len(codes) != 1 || codes[0].Text != "PACK1234" {
				t.Errorf("read %+v", codes)
			}
		})
	}
}
