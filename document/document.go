// Package document makes paper: sheets of command codes, badges, and labels in
// the manner of a marketplace for demonstrations and tests. It is the only
// package that knows gofpdf.
//
// It has no texts and knows no parcels: callers pass what is to be written,
// already in the reader's language. Codes are drawn as vector rectangles on a
// grid of an eighth of a millimetre, which is one dot of a 203-dpi head, so that
// every bar is a whole number of dots on such a printer and smooth on a better
// one. Text is measured, then wrapped, then shrunk, and at the end cut with an
// ellipsis: nothing runs over its neighbour. All text is set in the one embedded
// typeface; Thai, which gofpdf can't shape, is drawn as outlines.
//
// The same input gives the same bytes: dates inside the file are fixed.
package document

import (
	"fmt"
	"io"
	"time"

	"github.com/jung-kurt/gofpdf"

	"packbench/assets"
)

// Paper is a sheet size in millimetres.
type Paper struct {
	WidthMM, HeightMM float64
}

// The papers of a packing bench.
var (
	A4           = Paper{210, 297}
	Label100x150 = Paper{100, 150}
)

// fileDate stands in every file as its date, so that equal input is equal output.
var fileDate = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

const fontFamily = "pack"

// sheet is a PDF in the making.
type sheet struct {
	pdf   *gofpdf.Fpdf
	paper Paper
	shape *shaper
	pt    float64 // size of the font that is set now

	widths map[string]float64 // of clusters, in type sizes
}

func newSheet(paper Paper, lang, title string) (*sheet, error) {
	// Texts come ready from the caller; the language is checked so that a wrong
	// one is found here and not on paper.
	if lang != "zh" && lang != "en" {
		return nil, fmt.Errorf("make sheet in language %q: only zh and en", lang)
	}
	if paper.WidthMM < 40 || paper.HeightMM < 30 {
		return nil, fmt.Errorf("make sheet of %g x %g mm: too small", paper.WidthMM, paper.HeightMM)
	}
	shape, err := newShaper()
	if err != nil {
		return nil, err
	}
	pdf := gofpdf.NewCustom(&gofpdf.InitType{
		UnitStr: "mm", Size: gofpdf.SizeType{Wd: paper.WidthMM, Ht: paper.HeightMM},
	})
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(fileDate)
	pdf.SetModificationDate(fileDate)
	pdf.SetProducer("Packbench", true)
	pdf.SetTitle(title, true)
	pdf.AddUTF8FontFromBytes(fontFamily, "", assets.PackFont)
	s := &sheet{pdf: pdf, paper: paper, shape: shape, widths: map[string]float64{}}
	s.size(10)
	return s, s.err("load font")
}

func (s *sheet) err(doing string) error {
	if err := s.pdf.Error(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func (s *sheet) addPage() { s.pdf.AddPage() }

// size sets the type size in points.
func (s *sheet) size(pt float64) {
	if s.pt != pt {
		s.pdf.SetFont(fontFamily, "", pt)
		s.pt = pt
	}
}

// measure is the width of text that needs no shaping, in type sizes.
func (s *sheet) measure(text string) float64 {
	const pt = 100
	s.size(pt)
	return s.pdf.GetStringWidth(text) / (pt * pointMM)
}

// write ends the file.
func (s *sheet) write(w io.Writer) error {
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// rule is a black bar: a line of the given thickness that falls on whole dots.
func (s *sheet) rule(x, y, w, h float64) {
	s.pdf.SetFillColor(0, 0, 0)
	s.pdf.Rect(x, y, w, h, "F")
}

// frame draws the four sides of a box inside its edges.
func (s *sheet) frame(x, y, w, h, thick float64) {
	s.rule(x, y, w, thick)
	s.rule(x, y+h-thick, w, thick)
	s.rule(x, y, thick, h)
	s.rule(x+w-thick, y, thick, h)
}

// cutLine is a light dashed box to cut along.
func (s *sheet) cutLine(x, y, w, h float64) {
	s.pdf.SetLineWidth(0.15)
	s.pdf.SetDrawColor(120, 120, 120)
	s.pdf.SetDashPattern([]float64{1.5, 1.5}, 0)
	s.pdf.Rect(x, y, w, h, "D")
	s.pdf.SetDashPattern(nil, 0)
}
