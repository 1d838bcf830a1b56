package label

import (
	"image"
	"math"
)

// Target is the paper that a page is made for: the true resolution of the print
// head, the dots it can burn across, and the dots of a label's length (0 = a
// continuous roll, any length).
type Target struct {
	DPI                   float64
	WidthDots, LengthDots int
}

const (
	// marginMM is left around the content of a larger sheet.
	marginMM = 2.0
	// slackMM is how much larger than the label a page may be and still be a
	// label of that size: 4×6 inch pages go on 100×150 mm paper.
	slackMM = 6.0
	// trimMM of content may be lost at the edges, less than any printer is true
	// to: a 4×6 inch page is a dot larger than its label in every rounding, and
	// scaling it for that would spoil its bars.
	trimMM = 0.25
	// uprightBonus is how much smaller a page may print upright before it is
	// turned for size's sake.
	uprightBonus = 1.05
)

func (t Target) dots(mm float64) int { return int(math.Round(mm * t.DPI / 25.4)) }

// length is the label's length, or one that nothing exceeds.
func (t Target) length() int {
	if t.LengthDots <= 0 {
		return math.MaxInt32
	}
	return t.LengthDots
}

// placement is where a page goes: turned a quarter clockwise or not, drawn at
// scale, then moved by offset.
type placement struct {
	turned bool
	scale  float64
	offset image.Point // dots, for the turned page; unset when scale < 1
}

// place decides how a page of size dots with content in ink goes on the label.
// 100 % whenever that fits; the page as it lies before turning it; a page of the
// label's size keeps its place, content of a larger sheet goes to the corner.
func (t Target) place(size image.Point, ink image.Rectangle) placement {
	turnedSize := image.Pt(size.Y, size.X)
	turnedInk := image.Rect(size.Y-ink.Max.Y, ink.Min.X, size.Y-ink.Min.Y, ink.Max.X)
	for _, try := range []struct {
		turned bool
		size   image.Point
		ink    image.Rectangle
	}{{false, size, ink}, {true, turnedSize, turnedInk}} {
		if t.isLabel(try.size) && t.fits(try.ink.Size()) {
			return placement{turned: try.turned, scale: 1, offset: image.Pt(
				keep(try.size.X, try.ink.Min.X, try.ink.Max.X, t.WidthDots),
				keep(try.size.Y, try.ink.Min.Y, try.ink.Max.Y, t.length()))}
		}
	}
	if t.fits(ink.Size()) {
		return placement{scale: 1, offset: t.corner(ink)}
	}
	if t.fits(turnedInk.Size()) {
		return placement{turned: true, scale: 1, offset: t.corner(turnedInk)}
	}
	upright, turned := t.scaleFor(ink.Size()), t.scaleFor(turnedInk.Size())
	if turned > upright*uprightBonus {
		return placement{turned: true, scale: turned}
	}
	return placement{scale: upright}
}

func (t Target) isLabel(size image.Point) bool {
	slack := t.dots(slackMM)
	return size.X <= t.WidthDots+slack && (t.LengthDots <= 0 || size.Y <= t.LengthDots+slack)
}

func (t Target) fits(size image.Point) bool {
	trim := t.dots(trimMM)
	return size.X <= t.WidthDots+trim && (t.LengthDots <= 0 || size.Y <= t.LengthDots+trim)
}

// scaleFor is the largest scale at which content of this size surely fits: a
// dot is kept back on each side for rounding.
func (t Target) scaleFor(size image.Point) float64 {
	return min(1, float64(t.WidthDots-2)/float64(size.X), float64(t.length()-2)/float64(size.Y))
}

// keep moves a page of size along one axis as little as possible: not at all if
// it is no larger than the room, else centred, and in each case far enough that
// its content, from lo to hi, is inside.
func keep(size, lo, hi, room int) int {
	at := 0
	if size > room {
		at = -(size - room) / 2
	}
	if hi-lo > room { // by no more than may be trimmed
		return -lo - (hi-lo-room)/2
	}
	if hi+at > room {
		at = room - hi
	}
	if lo+at < 0 {
		at = -lo
	}
	return at
}

// corner moves content to the top left, with a margin where there is room for it.
func (t Target) corner(ink image.Rectangle) image.Point {
	margin := t.dots(marginMM)
	return image.Pt(
		min(margin, (t.WidthDots-ink.Dx())/2)-ink.Min.X,
		min(margin, (t.length()-ink.Dy())/2)-ink.Min.Y)
}
