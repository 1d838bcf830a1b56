package label

import (
	"image"
	"math/bits"

	"packbench/raster"
)

// A line is one row of dots as run lengths: runs[0] is black and starts at dot
// start[0], runs[1] is white, and so on; the last run is black. It is the form
// that linear codes are read from: their whole content is in these numbers.
type line struct {
	y     int
	runs  []int // dots
	start []int // dot where each run begins
	w     int   // dots of the row, for the white behind the last run
}

// readLine fills l with the runs of row y of a page; l's slices are reused.
func (l *line) readLine(bm *raster.Bitmap, y int) {
	l.y, l.w = y, bm.W
	l.runs, l.start = l.runs[:0], l.start[:0]
	row := bm.Row(y)
	black, from := false, 0
	for i, v := range row {
		// XOR with the dot before shows where the colour changes.
		carry := byte(0)
		if i > 0 {
			carry = row[i-1] << 7
		}
		for changes := v ^ (v>>1 | carry); changes != 0; {
			k := bits.LeadingZeros8(changes)
			changes &^= 0x80 >> k
			x := i*8 + k
			if black {
				l.runs = append(l.runs, x-from)
				l.start = append(l.start, from)
			} else if len(l.start) > 0 {
				l.runs = append(l.runs, x-from)
				l.start = append(l.start, from)
			}
			black, from = !black, x
		}
	}
	if black {
		l.runs = append(l.runs, bm.W-from)
		l.start = append(l.start, from)
	}
}

// reversed fills r with the same row read from right to left, as if the page
// were upside down.
func (r *line) reversed(l *line) {
	r.y, r.w = l.y, l.w
	r.runs, r.start = r.runs[:0], r.start[:0]
	for i := len(l.runs) - 1; i >= 0; i-- {
		r.runs = append(r.runs, l.runs[i])
		r.start = append(r.start, l.w-l.start[i]-l.runs[i])
	}
}

// whiteBefore is the white in front of run i, which must be black: the quiet zone.
func (l *line) whiteBefore(i int) int {
	if i == 0 {
		return l.start[0]
	}
	return l.runs[i-1]
}

// whiteAfter is the white behind black run i.
func (l *line) whiteAfter(i int) int {
	if i+1 >= len(l.runs) {
		return l.w - l.start[i] - l.runs[i]
	}
	return l.runs[i+1]
}

// turn says how a view of the page lies on the page: quarter turns clockwise
// that were made, and whether lines are read backwards in it.
type turn struct {
	quarters int
	w, h     int // size of the page before turning, dots
}

// back gives the rectangle on the page of a rectangle in the turned view.
func (t turn) back(r image.Rectangle) image.Rectangle {
	if t.quarters == 0 {
		return r
	}
	// One quarter clockwise takes x, y to h-1-y, x.
	return image.Rect(r.Min.Y, t.h-r.Max.X, r.Max.Y, t.h-r.Min.X)
}
