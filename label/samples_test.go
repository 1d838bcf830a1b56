package label

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"packbench/internal/testshared"
)

// samplePDFs are carriers' real labels.
func samplePDFs(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testshared.Dir(t), "data", "labels", "pdf", "*.pdf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	return files
}

// zbar reads the codes of a picture with zbarimg, our second opinion.
func zbar(t testing.TB, png []byte) []string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		t.Skip("SKIP needs zbarimg")
	}
	file := filepath.Join(t.TempDir(), "page.png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("zbarimg", "-q", file).Output() // exit 4 = no code
	var codes []string
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if symbology, text, ok := strings.Cut(l, ":"); ok {
			if symbology == "Codabar" && len(text) > 2 {
				text = text[1 : len(text)-1] // its start and stop letters, which scanners leave out
			}
			codes = append(codes, text)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// TestSamplesAgainstZbar reads each page of the carriers' samples with our
// reader and with zbarimg: whatever zbarimg reads, we must read too.
func TestSamplesAgainstZbar(t *testing.T) {
	files := samplePDFs(t)
	r := newTestRenderer(t)
	var pages, theirs, ours int
	var slowest, total time.Duration
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := r.Open(context.Background(), data)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		for i := range doc.Pages() {
			bm, err := doc.Render(context.Background(), i, 203.2)
			if err != nil {
				t.Errorf("%s page %d: %v", filepath.Base(file), i+1, err)
				continue
			}
			begin := time.Now()
			codes := ReadCodes(bm, 203.2)
			took := time.Since(begin)
			pages++
			total += took
			slowest = max(slowest, took)
			var png bytes.Buffer
			if err := bm.EncodePNG(&png); err != nil {
				t.Fatal(err)
			}
			var own, missed []string
			for _, c := range codes {
				own = append(own, c.Symbology+" "+c.Text)
			}
			other := zbar(t, png.Bytes())
			for _, text := range other {
				if !slices.ContainsFunc(codes, func(c Code) bool { return c.Text == text }) {
					missed = append(missed, text)
				}
			}
			theirs += len(other)
			ours += len(codes)
			t.Logf("%-34s p%d %4d ms  zbar %d, ours %d: %s", filepath.Base(file), i+1, took.Milliseconds(), len(other), len(codes), strings.Join(own, ", "))
			if len(missed) > 0 {
				t.Errorf("%s page %d: zbarimg reads %q, we don't", filepath.Base(file), i+1, missed)
			}
		}
		doc.Close()
	}
	t.Logf("%d pages: zbarimg %d codes, ours %d; mean %v, slowest %v", pages, theirs, ours, (total / time.Duration(pages)).Round(time.Millisecond), slowest.Round(time.Millisecond))
}

// TestSamplesPrepare puts every sample on a 4×6 inch label: it must fit, and
// what was read from a page that prints at 100 % must still be read.
func TestSamplesPrepare(t *testing.T) {
	files := samplePDFs(t)
	r := newTestRenderer(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		report, err := Inspect(context.Background(), r, data, 203.2)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		for page := range report.Pages {
			p, err := Prepare(context.Background(), r, data, page, target203)
			if err != nil {
				t.Errorf("%s page %d: %v", filepath.Base(file), page+1, err)
				continue
			}
			var wanted []Code
			for _, c := range report.Codes {
				if c.Page == page {
					wanted = append(wanted, c)
				}
			}
			missing := Survives(p.Page, wanted, 203.2)
			size := report.Sizes[page]
			t.Logf("%-34s p%d %3.0fx%3.0f mm  scale %.2f turned %-5v codes %d, missing %d  %v", filepath.Base(file), page+1,
				size.WidthMM, size.HeightMM, p.Scale, p.Rotated, len(p.Codes), len(missing), p.Notes)
			if p.Scale == 1 && len(missing) > 0 {
				t.Errorf("%s page %d: lost %+v at 100 %%", filepath.Base(file), page+1, missing)
			}
			if dir := os.Getenv("LABEL_OUT"); dir != "" {
				var png bytes.Buffer
				_ = p.Page.EncodePNG(&png)
				_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", filepath.Base(file), page+1)), png.Bytes(), 0o600)
			}
		}
	}
}

// BenchmarkRender is the whole way from PDF bytes to 1-bit page on the running
// renderer, against one pdftoppm process, median over the samples' first pages.
func BenchmarkRender(b *testing.B) {
	files := samplePDFs(b)
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		b.Skip("SKIP needs pdftoppm")
	}
	r := newTestRenderer(b)
	r.Warm()
	mustRender(b, r, testPDF("", labelPage("WARM123")))
	const rounds = 3
	ratios := make([]float64, 0, len(files))
	var own, other []time.Duration
	for b.Loop() {
		ratios, own, other = ratios[:0], own[:0], other[:0]
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				b.Fatal(err)
			}
			var mine, theirs time.Duration
			for range rounds {
				begin := time.Now()
				mustRender(b, r, data)
				mine += time.Since(begin)
				begin = time.Now()
				if err := exec.Command("pdftoppm", "-r", "203", "-gray", "-f", "1", "-l", "1", file, filepath.Join(b.TempDir(), "p")).Run(); err != nil {
					b.Fatal(err)
				}
				theirs += time.Since(begin)
			}
			own, other = append(own, mine/rounds), append(other, theirs/rounds)
			ratios = append(ratios, float64(mine)/float64(theirs))
		}
	}
	slices.Sort(ratios)
	slices.Sort(own)
	slices.Sort(other)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(own[len(own)/2]), "ms/page")
	b.ReportMetric(ms(other[len(other)/2]), "ms/pdftoppm")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkReadCodes reads all codes of a page with one of each kind.
func BenchmarkReadCodes(b *testing.B) {
	bm, want := mixedPage(b)
	for b.Loop() {
		if codes := ReadCodes(bm, 203.2); len(codes) != len(want) {
			b.Fatalf("%d codes", len(codes))
		}
	}
}
