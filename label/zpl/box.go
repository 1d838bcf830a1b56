package zpl

import (
	"image"
	"math"
	"strings"

	"packbench/raster"
)

// box draws ^GBw,h,t,c,r: a frame of thickness t inside w × h dots, black or
// white, its corners rounded by r eighths of half the shorter side.
func (r *renderer) box(t Token) {
	thick := max(coordinate(t.Arg(2)), 1)
	w := max(coordinate(t.Arg(0)), thick)
	h := max(coordinate(t.Arg(1)), thick)
	white := strings.EqualFold(t.Arg(3), "W")
	rounding := min(coordinate(t.Arg(4)), 8)
	page := r.canvas()
	at := r.origin
	if r.typeset {
		at.Y -= h
	}
	top, bottom := max(at.Y, 0), min(at.Y+h, page.H)
	if top >= bottom || !r.spend((bottom-top)*page.Stride) {
		return
	}
	outer := float64(rounding) / 8 * float64(min(w, h)) / 2
	inner := max(outer-float64(thick), 0)
	frame := image.Rect(at.X, at.Y, at.X+w, at.Y+h)
	hole := frame.Inset(thick)
	if 2*thick >= min(w, h) {
		hole = image.Rectangle{}
	}
	for y := top; y < bottom; y++ {
		left, right := roundedSpan(frame, outer, y)
		if y < hole.Min.Y || y >= hole.Max.Y {
			fill(page, y, left, right, white)
			continue
		}
		holeLeft, holeRight := roundedSpan(hole, inner, y)
		fill(page, y, left, holeLeft, white)
		fill(page, y, holeRight, right, white)
	}
}

// roundedSpan is the part of row y inside a rectangle with rounded corners.
func roundedSpan(r image.Rectangle, radius float64, y int) (left, right int) {
	fromEdge := float64(min(y-r.Min.Y, r.Max.Y-1-y)) + 0.5
	cut := 0
	if fromEdge < radius {
		d := radius - fromEdge
		cut = int(math.Round(radius - math.Sqrt(radius*radius-d*d)))
	}
	return r.Min.X + cut, r.Max.X - cut
}

// fill sets the dots [left, right) of row y.
func fill(b *raster.Bitmap, y, left, right int, white bool) {
	left, right = max(left, 0), min(right, b.W)
	if left >= right {
		return
	}
	row := b.Row(y)
	for i := left >> 3; i <= (right-1)>>3; i++ {
		mask := byte(0xff)
		if i == left>>3 {
			mask &= 0xff >> (left & 7)
		}
		if i == (right-1)>>3 {
			mask &= 0xff << (7 - (right-1)&7)
		}
		if white {
			row[i] &^= mask
		} else {
			row[i] |= mask
		}
	}
}
