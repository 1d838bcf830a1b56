package document

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"

	"packbench/assets"
)

// shaper sets Thai, whose vowels and tone marks stand above and below their
// consonants by rules in the font that gofpdf does not know.
type shaper struct {
	face   *font.Face
	engine shaping.HarfbuzzShaper
}

// parseFont reads the embedded font once.
var parseFont = sync.OnceValues(func() (*font.Font, error) {
	face, err := font.ParseTTF(bytes.NewReader(assets.PackFont))
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	return face.Font, nil
})

func newShaper() (*shaper, error) {
	f, err := parseFont()
	if err != nil {
		return nil, err
	}
	return &shaper{face: font.NewFace(f)}, nil
}

// has tells whether the font can show r.
func (h *shaper) has(r rune) bool {
	_, ok := h.face.NominalGlyph(r)
	return ok
}

// shapeSize is the size that text is shaped at, units an em: fine enough for
// any paper.
const shapeSize = 1000

func (h *shaper) shape(text string) shaping.Output {
	runes := []rune(text)
	return h.engine.Shape(shaping.Input{
		Text: runes, RunEnd: len(runes), Direction: di.DirectionLTR, Face: h.face,
		Size: fixed.I(shapeSize), Script: language.Thai, Language: language.NewLanguage("th"),
	})
}

func units(v fixed.Int26_6) float64 { return float64(v) / 64 / shapeSize }

// width of shaped text in ems.
func (h *shaper) width(text string) (ems float64) {
	out := h.shape(text)
	for i := range out.Glyphs {
		ems += units(out.Glyphs[i].Advance)
	}
	return ems
}

// outlines draws shaped text as filled curves with its baseline from x, y in
// millimetres; em is the type size in millimetres.
func (s *sheet) outlines(text string, x, y, em float64) {
	s.pdf.SetFillColor(0, 0, 0)
	perUnit := em / float64(s.shape.face.Upem())
	out := s.shape.shape(text)
	for i := range out.Glyphs {
		g := &out.Glyphs[i]
		outline, ok := s.shape.face.GlyphData(g.GlyphID).(font.GlyphOutline)
		gx, gy := x+units(g.XOffset)*em, y-units(g.YOffset)*em
		x += units(g.Advance) * em
		if !ok || len(outline.Segments) == 0 {
			continue
		}
		at := func(p opentype.SegmentPoint) (float64, float64) {
			return gx + float64(p.X)*perUnit, gy - float64(p.Y)*perUnit
		}
		drawn := false
		var fx, fy float64
		for _, seg := range outline.Segments {
			x0, y0 := at(seg.Args[0])
			switch seg.Op {
			case opentype.SegmentOpMoveTo:
				if drawn {
					s.pdf.ClosePath()
				}
				s.pdf.MoveTo(x0, y0)
				fx, fy = x0, y0
			case opentype.SegmentOpLineTo:
				s.pdf.LineTo(x0, y0)
				fx, fy = x0, y0
			case opentype.SegmentOpQuadTo:
				// PDF has cubic curves only.
				x1, y1 := at(seg.Args[1])
				s.pdf.CurveBezierCubicTo(fx+(x0-fx)*2/3, fy+(y0-fy)*2/3, x1+(x0-x1)*2/3, y1+(y0-y1)*2/3, x1, y1)
				fx, fy = x1, y1
			case opentype.SegmentOpCubeTo:
				x1, y1 := at(seg.Args[1])
				x2, y2 := at(seg.Args[2])
				s.pdf.CurveBezierCubicTo(x0, y0, x1, y1, x2, y2)
				fx, fy = x2, y2
			}
			drawn = true
		}
		s.pdf.ClosePath()
		s.pdf.DrawPath("f")
	}
}
