package zpl

import (
	"packbench/printer"
	"packbench/raster"
)

// mostBytes is what ^GF takes as its byte counts; larger values are set to it.
const mostBytes = 99_999

// What a run of blank rows inside a graphic must cost before it is left out by
// opening another graphic: about 50 bytes of commands, and for Z64 the tables
// of another zlib stream. zlib writes 400 white bytes in one.
const (
	worthHexBytes = 25     // × 2 characters a byte
	worthACSRows  = 50     // × 1 character a row
	worthZ64Bytes = 50_000 // raw
)

// band is a part of the page that is sent as one graphic.
type band struct {
	top, bottom int // rows, bottom not included
	left, right int // bytes of a row, right not included
}

// cutter finds the bands of a page.
type cutter struct {
	left, right []int // per row: first byte with ink and one past the last; 0, 0 = blank
	worth       func(rows, width int) bool
	bands       []band
}

// cut divides the page into the fewest bands of at most mostBytes, without the
// white around them.
func cut(page *raster.Bitmap, p printer.Profile) []band {
	spans := make([]int, 2*page.H)
	c := cutter{left: spans[:page.H], right: spans[page.H:]}
	for y := range page.H {
		c.left[y], c.right[y] = inkSpan(page.Row(y))
	}
	switch {
	case p.AllowsGraphic(printer.GraphicZ64):
		c.worth = func(rows, width int) bool { return rows*width > worthZ64Bytes }
	case p.AllowsGraphic(printer.GraphicACS):
		c.worth = func(rows, _ int) bool { return rows > worthACSRows }
	default:
		c.worth = func(rows, width int) bool { return rows*width > worthHexBytes }
	}
	c.split(0, page.H)
	return c.bands
}

// inkSpan is the part of a row that holds ink: bytes [left, right).
func inkSpan(row []byte) (left, right int) {
	for right = len(row); right > 0 && row[right-1] == 0; right-- {
	}
	for left = 0; left < right && row[left] == 0; left++ {
	}
	return left, right
}

// split adds the bands of the rows [top, bottom).
func (c *cutter) split(top, bottom int) {
	for top < bottom && c.right[top] == 0 {
		top++
	}
	for top < bottom && c.right[bottom-1] == 0 {
		bottom--
	}
	if top == bottom {
		return
	}
	b := band{top, bottom, c.left[top], c.right[top]}
	for y := top; y < bottom; y++ {
		if c.right[y] > 0 {
			b.left, b.right = min(b.left, c.left[y]), max(b.right, c.right[y])
		}
	}
	rows, width := bottom-top, b.right-b.left
	if rows*width > mostBytes {
		most := max(mostBytes/width, 1)
		pieces := (rows + most - 1) / most
		at, gap := c.widestGap(top, bottom, bottom-(pieces-1)*most, top+most)
		if gap == 0 {
			at = top + most
		}
		c.split(top, at)
		c.split(at, bottom)
		return
	}
	if at, gap := c.widestGap(top, bottom, top, bottom); gap > 0 && c.worth(gap, width) {
		c.split(top, at)
		c.split(at, bottom)
		return
	}
	c.bands = append(c.bands, b)
}

// widestGap finds the longest run of blank rows inside [top, bottom) that can be
// cut at a row of [from, to], and that row. Cutting at white costs compression
// least: what lies on both sides has little in common.
func (c *cutter) widestGap(top, bottom, from, to int) (at, rows int) {
	for y := top; y < bottom; y++ {
		if c.right[y] > 0 {
			continue
		}
		start := y
		for y < bottom && c.right[y] == 0 {
			y++
		}
		if y < from || start > to || y-start <= rows {
			continue
		}
		at, rows = min(max((start+y)/2, from), to), y-start
	}
	return at, rows
}
