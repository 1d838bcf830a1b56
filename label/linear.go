package label

import (
	"image"

	"packbench/raster"
)

const (
	lineStepMM = 0.4 // between scan lines: a code 3 mm high is crossed seven times
	votes128   = 2   // lines that must agree; Code 128 has a check character
)

// readLinear reads the linear codes of the page as it is and turned a quarter,
// each line forwards and backwards.
func readLinear(bm *raster.Bitmap, dpi float64) []Code {
	var codes []Code
	for quarters := range 2 {
		view, t := bm, turn{quarters: quarters, w: bm.W, h: bm.H}
		if quarters == 1 {
			view = bm.Rotate(1)
		}
		s := newLinearScan(view, dpi)
		for y := s.step / 2; y < view.H; y += s.step {
			s.scanLine(y)
		}
		for _, c := range s.accepted() {
			c.Box = t.back(c.Box)
			codes = append(codes, c)
		}
	}
	return codes
}

// linearScan collects what the lines of one view agree on.
type linearScan struct {
	bm       *raster.Bitmap
	dpi      float64
	step     int // dots
	forward  line
	backward line
	hits     []linearHit
	bands    bandScan
}

// linearHit is one text at one place, as several lines read it.
type linearHit struct {
	code  Code
	votes int
	needs int
	lastY int
}

func newLinearScan(bm *raster.Bitmap, dpi float64) *linearScan {
	s := &linearScan{bm: bm, dpi: dpi, step: max(1, int(dpi*lineStepMM/25.4))}
	s.bands.init(dpi)
	return s
}

func (s *linearScan) scanLine(y int) {
	s.forward.readLine(s.bm, y)
	if len(s.forward.runs) < 19 { // two symbol characters and the stop
		s.bands.blank()
		return
	}
	s.scan128(&s.forward, false)
	s.backward.reversed(&s.forward)
	s.scan128(&s.backward, true)
	s.bands.line(&s.forward, s)
}

func (s *linearScan) scan128(l *line, backwards bool) {
	for i := 0; i < len(l.runs); i += 2 {
		f, ok := read128(l, i)
		if !ok {
			continue
		}
		x0, x1 := l.start[f.first], l.start[f.last]+l.runs[f.last]
		if backwards {
			x0, x1 = l.w-x1, l.w-x0
		}
		symbology := Code128
		if f.gs1 {
			symbology = GS1128
		}
		s.hit(symbology, f.text, x0, x1, l.y, votes128, f.module)
		i = f.last &^ 1
	}
}

// hit notes that the line at y reads text between x0 and x1. Lines vote for one
// code as long as they overlap and lie close together.
func (s *linearScan) hit(symbology, text string, x0, x1, y, needs int, module float64) {
	for i := range s.hits {
		h := &s.hits[i]
		if h.code.Text == text && h.code.Symbology == symbology &&
			h.code.Box.Min.X < x1 && x0 < h.code.Box.Max.X && y-h.lastY <= 12*s.step {
			h.votes++
			h.lastY = y
			h.code.Box = h.code.Box.Union(image.Rect(x0, y, x1, y+1))
			return
		}
	}
	s.hits = append(s.hits, linearHit{
		code:  Code{Symbology: symbology, Text: text, Box: image.Rect(x0, y, x1, y+1), Module: module},
		votes: 1, needs: needs, lastY: y,
	})
}

// covered tells whether a code that has been read, or is being read, lies
// between x0 and x1 at line y.
func (s *linearScan) covered(x0, x1, y int) bool {
	for i := range s.hits {
		h := &s.hits[i]
		if h.votes >= h.needs && y-h.lastY <= 4*s.step && h.code.Box.Min.X < x1 && x0 < h.code.Box.Max.X {
			return true
		}
	}
	return false
}

// accepted are the codes that enough lines agree on. Where two texts were read
// at one place, the one with more votes is it.
func (s *linearScan) accepted() []Code {
	var out []Code
	for i := range s.hits {
		h := &s.hits[i]
		if h.votes < h.needs {
			continue
		}
		beaten := false
		for k := range s.hits {
			o := &s.hits[k]
			if o.code.Text != h.code.Text && o.votes > h.votes && o.code.Box.Overlaps(h.code.Box) {
				beaten = true
			}
		}
		if !beaten {
			out = append(out, h.code)
		}
	}
	return out
}
