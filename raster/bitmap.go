// Package raster holds 1-bit pages: what a thermal print head burns, dot for dot.
//
// A Bitmap is a rectangle of dots, one bit each, 1 = black (burnt), the most
// significant bit of a byte leftmost, rows padded to whole bytes with white.
// That is the form every label printer language takes, so a page is made once
// and sent as it is. Nothing here knows of files, printers or parcels, and
// nothing allocates inside a loop over dots.
package raster

import (
	"fmt"
	"image"
	"image/color"
	"math/bits"
)

// Bitmap is a page of dots. Stride is the bytes of one row; the unused low
// bits of a row's last byte are always zero (white), which Equal and the
// encoders rely on.
type Bitmap struct {
	W, H   int // dots
	Stride int // bytes a row
	Bits   []byte
}

// New returns a white page of w × h dots.
func New(w, h int) *Bitmap {
	if w < 0 || h < 0 {
		panic(fmt.Sprintf("raster: page of %d x %d dots", w, h))
	}
	stride := (w + 7) / 8
	return &Bitmap{W: w, H: h, Stride: stride, Bits: make([]byte, stride*h)}
}

// Row is the packed bytes of row y, shared with the page.
func (b *Bitmap) Row(y int) []byte { return b.Bits[y*b.Stride : (y+1)*b.Stride] }

// Black tells whether the dot at x, y is burnt; outside the page it is not.
func (b *Bitmap) Black(x, y int) bool {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return false
	}
	return b.Bits[y*b.Stride+x>>3]&(0x80>>(x&7)) != 0
}

// SetBlack burns the dot at x, y; outside the page it does nothing.
func (b *Bitmap) SetBlack(x, y int) {
	if x < 0 || y < 0 || x >= b.W || y >= b.H {
		return
	}
	b.Bits[y*b.Stride+x>>3] |= 0x80 >> (x & 7)
}

// Threshold packs an 8-bit gray picture (0 = black) of w × h pixels: a dot is
// black where the gray is at most black. It never dithers: scattered dots
// destroy bars.
func Threshold(gray []byte, stride, w, h int, black uint8) *Bitmap {
	b := New(w, h)
	for y := range h {
		src := gray[y*stride : y*stride+w]
		dst := b.Row(y)
		for i := range dst {
			var v byte
			part := src[i*8 : min(i*8+8, w)]
			for k, g := range part {
				if g <= black {
					v |= 0x80 >> k
				}
			}
			dst[i] = v
		}
	}
	return b
}

// FromImage thresholds any picture at half brightness over white paper.
func FromImage(img image.Image) *Bitmap {
	r := img.Bounds()
	if g, ok := img.(*image.Gray); ok {
		return Threshold(g.Pix, g.Stride, r.Dx(), r.Dy(), 127)
	}
	b := New(r.Dx(), r.Dy())
	if p, ok := img.(*image.Paletted); ok {
		var black [256]bool // an index beyond the palette stays white
		for i, c := range p.Palette {
			black[i] = isBlack(c)
		}
		for y := range b.H {
			for x, i := range p.Pix[y*p.Stride : y*p.Stride+b.W] {
				if black[i] {
					b.SetBlack(x, y)
				}
			}
		}
		return b
	}
	for y := range b.H {
		for x := range b.W {
			if isBlack(img.At(r.Min.X+x, r.Min.Y+y)) {
				b.SetBlack(x, y)
			}
		}
	}
	return b
}

// isBlack tells whether a colour over white paper is darker than half.
func isBlack(c color.Color) bool {
	red, green, blue, alpha := c.RGBA()
	luma := (299*red + 587*green + 114*blue) / 1000
	return luma+(0xffff-alpha) <= 0x7fff
}

// Equal tells whether two pages have the same size and the same dots.
func (b *Bitmap) Equal(o *Bitmap) bool {
	return b.W == o.W && b.H == o.H && b.DifferingDots(o) == 0
}

// DifferingDots counts the dots that differ over the union of both pages, the
// missing part of the smaller one being white.
func (b *Bitmap) DifferingDots(o *Bitmap) int {
	n := 0
	for y := range max(b.H, o.H) {
		var p, q []byte
		if y < b.H {
			p = b.Row(y)
		}
		if y < o.H {
			q = o.Row(y)
		}
		for i := range max(len(p), len(q)) {
			var v byte
			if i < len(p) {
				v = p[i]
			}
			if i < len(q) {
				v ^= q[i]
			}
			n += bits.OnesCount8(v)
		}
	}
	return n
}

// CountBlack is the number of burnt dots.
func (b *Bitmap) CountBlack() int {
	n := 0
	for _, v := range b.Bits {
		n += bits.OnesCount8(v)
	}
	return n
}

// Ink is the smallest rectangle that holds every black dot; empty for a white page.
func (b *Bitmap) Ink() image.Rectangle {
	left, right, top, bottom := b.Stride, -1, -1, -1
	for y := range b.H {
		row := b.Row(y)
		first := firstInk(row)
		if first < 0 {
			continue
		}
		if top < 0 {
			top = y
		}
		bottom = y
		left = min(left, first)
		right = max(right, lastInk(row))
	}
	if top < 0 {
		return image.Rectangle{}
	}
	minX, maxX := b.W, 0
	for y := top; y <= bottom; y++ {
		row := b.Row(y)
		if v := row[left]; v != 0 {
			minX = min(minX, left*8+bits.LeadingZeros8(v))
		}
		if v := row[right]; v != 0 {
			maxX = max(maxX, right*8+8-bits.TrailingZeros8(v))
		}
	}
	return image.Rect(minX, top, maxX, bottom+1)
}

func firstInk(row []byte) int {
	for i, v := range row {
		if v != 0 {
			return i
		}
	}
	return -1
}

func lastInk(row []byte) int {
	for i := len(row) - 1; i >= 0; i-- {
		if row[i] != 0 {
			return i
		}
	}
	return -1
}

// RowIsBlank tells whether row y has no black dot.
func (b *Bitmap) RowIsBlank(y int) bool { return firstInk(b.Row(y)) < 0 }

// Crop copies the part of the page inside r; parts of r outside are white.
func (b *Bitmap) Crop(r image.Rectangle) *Bitmap {
	out := New(r.Dx(), r.Dy())
	out.Draw(b, image.Pt(-r.Min.X, -r.Min.Y))
	return out
}

// Draw burns the dots of src with its top left corner at at; what falls
// outside is dropped. White dots of src leave the page as it is.
func (b *Bitmap) Draw(src *Bitmap, at image.Point) {
	shift := uint(at.X & 7)
	first := (at.X - int(shift)) / 8 // floor division: at.X may be negative
	for y := range src.H {
		ty := at.Y + y
		if ty < 0 || ty >= b.H {
			continue
		}
		dst := b.Row(ty)
		for i, v := range src.Row(y) {
			if v == 0 {
				continue
			}
			if k := first + i; k >= 0 && k < len(dst) {
				dst[k] |= v >> shift
			}
			if k := first + i + 1; shift > 0 && k >= 0 && k < len(dst) {
				dst[k] |= v << (8 - shift)
			}
		}
		if pad := uint(b.Stride*8 - b.W); pad > 0 {
			dst[len(dst)-1] &= 0xff << pad
		}
	}
}

// Rotate returns the page turned clockwise by quarter turns (negative: counter-clockwise).
func (b *Bitmap) Rotate(quarters int) *Bitmap {
	q := ((quarters % 4) + 4) % 4
	if q == 0 {
		return b.Crop(image.Rect(0, 0, b.W, b.H))
	}
	w, h := b.W, b.H
	if q != 2 {
		w, h = h, w
	}
	out := New(w, h)
	for y := range b.H {
		for i, v := range b.Row(y) {
			for v != 0 {
				k := bits.LeadingZeros8(v)
				v &^= 0x80 >> k
				x := i*8 + k
				switch q {
				case 1:
					out.SetBlack(b.H-1-y, x)
				case 2:
					out.SetBlack(b.W-1-x, b.H-1-y)
				case 3:
					out.SetBlack(y, b.W-1-x)
				}
			}
		}
	}
	return out
}

// ColorModel, Bounds and At make a Bitmap an image.Image (black on white), so
// that it can be shown and saved without a copy.
func (b *Bitmap) ColorModel() color.Model { return color.GrayModel }

// Bounds is the page from 0, 0.
func (b *Bitmap) Bounds() image.Rectangle { return image.Rect(0, 0, b.W, b.H) }

// At is black or white.
func (b *Bitmap) At(x, y int) color.Color {
	if b.Black(x, y) {
		return color.Gray{Y: 0}
	}
	return color.Gray{Y: 255}
}
