package label

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"

	"github.com/boombuler/barcode/code128"
)

// testPage is a page of a PDF written by hand, so that every number in it is known.
type testPage struct {
	w, h    float64 // MediaBox, points
	extra   string  // further page entries, such as /Rotate 90
	content string
}

// testPDF writes a plain PDF 1.4.
func testPDF(trailer string, pages ...testPage) []byte {
	var out bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	out.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 3+2*i))
	}
	object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), strings.Join(kids, " ")))
	for i, p := range pages {
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %g %g]/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Contents %d 0 R%s>>",
			p.w, p.h, 4+2*i, p.extra))
		content, filter := p.content, ""
		if len(content) > 1<<16 {
			var packed bytes.Buffer
			z := zlib.NewWriter(&packed)
			_, _ = z.Write([]byte(content))
			_ = z.Close()
			content, filter = packed.String(), "/Filter/FlateDecode"
		}
		object(fmt.Sprintf("<</Length %d%s>>stream\n%s\nendstream", len(content), filter, content))
	}
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, trailer, xref)
	return out.Bytes()
}

const mm = 72 / 25.4 // points

// bar is a black stretch of a test code, in millimetres from the page's left.
type bar struct{ x0, x1 float64 }

// code128Bars draws text as Code 128 with bars from the left at x and modules of
// module millimetres.
func code128Bars(text string, x, module float64) (bars []bar) {
	code, err := code128.Encode(text)
	if err != nil {
		panic(err)
	}
	from := -1
	for i := 0; i <= code.Bounds().Dx(); i++ {
		black := false
		if i < code.Bounds().Dx() {
			r, _, _, _ := code.At(i, 0).RGBA()
			black = r == 0
		}
		switch {
		case black && from < 0:
			from = i
		case !black && from >= 0:
			bars = append(bars, bar{x + float64(from)*module, x + float64(i)*module})
			from = -1
		}
	}
	return bars
}

// fillBars is page content: the bars as filled rectangles, y and h in
// millimetres from the bottom.
func fillBars(bars []bar, y, h float64) string {
	var s strings.Builder
	for _, b := range bars {
		fmt.Fprintf(&s, "%.5f %.5f %.5f %.5f re f\n", b.x0*mm, y*mm, (b.x1-b.x0)*mm, h*mm)
	}
	return s.String()
}

// labelPage is a 4×6 inch page with one code of 0.375 mm modules.
func labelPage(text string) testPage {
	return testPage{w: 288, h: 432, content: fillBars(code128Bars(text, 10, 0.375), 60, 20)}
}
