package document

import (
	"fmt"
	"math"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
)

// gridMM is the grid that codes are drawn on: one dot of a head with 8 dots a
// millimetre.
const gridMM = 0.125

// quietModules of white stand on both sides of a Code 128.
const quietModules = 10

// onGrid moves a place to the next dot.
func onGrid(mm float64) float64 { return math.Round(mm/gridMM) * gridMM }

// symbol is a code ready to draw, in modules.
type symbol struct {
	code barcode.Barcode
	w, h int
}

func encode128(text string) (symbol, error) {
	for _, r := range text {
		if r < ' ' || r > '~' {
			return symbol{}, fmt.Errorf("encode %q as Code 128: character %q", text, r)
		}
	}
	c, err := code128.Encode(text)
	if err != nil {
		return symbol{}, fmt.Errorf("encode %q as Code 128: %w", text, err)
	}
	return symbol{c, c.Bounds().Dx(), 1}, nil
}

func encodeQR(text string) (symbol, error) {
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return symbol{}, fmt.Errorf("encode %q as QR code: %w", text, err)
	}
	return symbol{c, c.Bounds().Dx(), c.Bounds().Dy()}, nil
}

func (c symbol) black(x, y int) bool {
	r, _, _, _ := c.code.At(x, y).RGBA()
	return r == 0
}

// module is the largest whole number of grid steps, from most down to least
// millimetres, at which a Code 128 with its quiet zones fits in w; 0 for none.
func (c symbol) module(w, most, least float64) float64 {
	for m := onGrid(most); m >= least-1e-9; m -= gridMM {
		if float64(c.w+2*quietModules)*m <= w+1e-9 {
			return m
		}
	}
	return 0
}

// bars draws a Code 128 in the middle of x … x+w, h high.
func (s *sheet) bars(c symbol, x, y, w, h, module float64) {
	x = onGrid(x + (w-float64(c.w)*module)/2)
	y = onGrid(y)
	s.runs(c, 0, func(from, n int) { s.rule(x+float64(from)*module, y, float64(n)*module, h) })
}

// ladder draws a Code 128 turned a quarter, its bars lying, from y down to y+h in
// the middle of it, w wide.
func (s *sheet) ladder(c symbol, x, y, w, h, module float64) {
	x = onGrid(x)
	y = onGrid(y + (h-float64(c.w)*module)/2)
	s.runs(c, 0, func(from, n int) { s.rule(x, y+float64(from)*module, w, float64(n)*module) })
}

// squares draws a QR code with its top left at x, y.
func (s *sheet) squares(c symbol, x, y, module float64) {
	x, y = onGrid(x), onGrid(y)
	for row := range c.h {
		s.runs(c, row, func(from, n int) {
			s.rule(x+float64(from)*module, y+float64(row)*module, float64(n)*module, module)
		})
	}
}

// runs calls draw for each stretch of black modules of a row.
func (s *sheet) runs(c symbol, row int, draw func(from, n int)) {
	from := -1
	for i := 0; i <= c.w; i++ {
		black := i < c.w && c.black(i, row)
		switch {
		case black && from < 0:
			from = i
		case !black && from >= 0:
			draw(from, i-from)
			from = -1
		}
	}
}
