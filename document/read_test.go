package document

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"packbench/label"
)

func TestMain(m *testing.M) {
	label.ServeRenderer()
	os.Exit(m.Run())
}

// newTestRenderer keeps its compiled engine between test runs.
func newTestRenderer(t *testing.T) *label.Renderer {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	r := label.NewRenderer(filepath.Join(cache, "packbench-test-renderer"))
	t.Cleanup(r.Close)
	return r
}

// TestEveryCodeScans puts each document through the way of every label, as a
// 203-dpi printer shows it, and reads all its codes: with our reader and, where
// it is installed, with zbarimg.
func TestEveryCodeScans(t *testing.T) {
	r := newTestRenderer(t)
	_, noZbar := exec.LookPath("zbarimg")
	for name, p := range papers() {
		t.Run(name, func(t *testing.T) {
			var pdf bytes.Buffer
			if err := p.write(&pdf); err != nil {
				t.Fatal(err)
			}
			report, err := label.Inspect(context.Background(), r, pdf.Bytes(), 203.2)
			if err != nil {
				t.Fatal(err)
			}
			target := label.Target{DPI: 203.2, WidthDots: 812, LengthDots: 1218}
			if strings.HasSuffix(name, "a4") {
				target = label.Target{DPI: 203.2, WidthDots: 1680, LengthDots: 2376} // an office printer's sheet
			}
			var ours, theirs []string
			for page := range report.Pages {
				prepared, err := label.Prepare(context.Background(), r, pdf.Bytes(), page, target)
				if err != nil {
					t.Fatal(err)
				}
				if prepared.Scale != 1 || prepared.Rotated || len(prepared.Notes) > 0 {
					t.Errorf("page %d: scale %g, turned %v, notes %q", page+1, prepared.Scale, prepared.Rotated, prepared.Notes)
				}
				for _, c := range prepared.Codes {
					if strings.HasPrefix(name, "labels") && c.Key != ownNumber(c.Symbology, labels[page]) {
						t.Errorf("label %d carries %+v", page+1, c)
					}
					ours = append(ours, c.Text)
				}
				if noZbar != nil {
					continue
				}
				file := filepath.Join(t.TempDir(), "page.png")
				var png bytes.Buffer
				if err := prepared.Page.EncodePNG(&png); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, png.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				out, _ := exec.Command("zbarimg", "-q", "--raw", file).Output()
				theirs = append(theirs, strings.Fields(string(out))...)
			}
			for _, code := range p.codes {
				if !slices.Contains(ours, code) {
					t.Errorf("our reader doesn't find %s", code)
				}
				if noZbar == nil && !slices.Contains(theirs, code) {
					t.Errorf("zbarimg doesn't find %s", code)
				}
			}
			if name == "labels" && noZbar == nil {
				// Bars and QR: zbarimg tells each symbology and place once.
				if n := len(theirs); n < 2*len(labels) {
					t.Errorf("zbarimg reads %d codes on %d labels", n, len(labels))
				}
			}
			t.Logf("%d pages, ours %d codes, zbarimg %d", report.Pages, len(ours), len(theirs))
		})
	}
}

// ownNumber is what a code of that symbology on a label must say.
func ownNumber(symbology string, l ShippingLabelData) string {
	if symbology == label.QRCode {
		return l.OrderNumber
	}
	return l.Waybill
}

// TestInkStaysInside: nothing is drawn outside the label's frame, not even by
// the label with too much of everything.
func TestInkStaysInside(t *testing.T) {
	r := newTestRenderer(t)
	var pdf bytes.Buffer
	if err := ShippingLabels(&pdf, labels); err != nil {
		t.Fatal(err)
	}
	doc, err := r.Open(context.Background(), pdf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	for page := range doc.Pages() {
		bm, err := doc.Render(context.Background(), page, 203.2)
		if err != nil {
			t.Fatal(err)
		}
		if ink := bm.Ink(); ink.Min.X != 20 || ink.Min.Y != 20 || ink.Max.X != 780 || ink.Max.Y != 1180 {
			t.Errorf("label %d: ink at %v, frame at 20,20 to 780,1180", page+1, ink)
		}
		// The bands between the rules and the column of the second code are free
		// of text: a dot there is something that ran over.
		for _, y := range []float64{codeY + 1.2, toY - 0.4} {
			for x := 24; x < 776; x++ {
				if bm.Black(x, int(y*8)) {
					t.Errorf("label %d: ink between bands at %d dots, %.1f mm", page+1, x, y)
					break
				}
			}
		}
	}
}

func BenchmarkShippingLabel(b *testing.B) {
	for b.Loop() {
		if err := ShippingLabel(&bytes.Buffer{}, labels[0]); err != nil {
			b.Fatal(err)
		}
	}
}
