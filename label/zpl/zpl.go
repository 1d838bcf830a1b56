// Package zpl reads ZPL II: it cuts a stream into commands and draws what a
// printer would burn.
//
// The words:
//
//   - A [Tokenizer] cuts bytes into [Token]s, the commands, however the bytes
//     come and whatever prefixes they use.
//   - A format is what lies between ^XA and ^XZ: one label, printed as often as
//     ^PQ says. It becomes a [Page].
//   - A [Scanner] takes a stream as a printer does and tells of every finished
//     page and of the commands that act at once (~HS, ~JA). [Render] does the
//     same with a whole file.
//
// It draws graphics (^GF in all its forms but ^GFC) and boxes (^GB). Whatever
// else would leave a mark on paper is named in Page.Unsupported, never dropped
// in silence. Sizes are bounded, so that a small hostile file stays small.
//
// The writer of the language is packbench/printer/zpl. Neither imports the
// other, so that the one can prove the other.
//
// Source: Zebra, ZPL II Programming Guide, and docs.zebra.com (zpl-commands).
package zpl

import (
	"errors"
	"fmt"

	"packbench/raster"
)

// Options are the paper and head to draw for.
type Options struct {
	// WidthDots and LengthDots are the label's size. 0 leaves it to ^PW and ^LL,
	// or to 812 × 1218 (4 × 6 inches at 203 dpi) where those are missing.
	WidthDots, LengthDots int

	// Strict reads sizes as Zebra's printers document it: the byte counts of ^GF
	// are cut to 99,999. Without it larger graphics are drawn, as viewers do.
	Strict bool

	// MostPages bounds what Render returns; 0 means 200.
	MostPages int
}

// Bounds against hostile data.
const (
	defaultWidth  = 812
	defaultLength = 1218
	defaultPages  = 200
	mostSide      = 32_000     // dots; what ^PW and ^LL take
	mostDots      = 64_000_000 // dots of one page
	mostGraphic   = 4 << 20    // bytes of one decoded graphic
	mostWork      = 64 << 20   // bytes drawn or unpacked for one format
	mostNames     = 50         // entries of Unsupported
)

// Page is one finished format.
type Page struct {
	Bitmap *raster.Bitmap
	Copies int // from ^PQ, at least 1
	// Unsupported names, once each, the commands that could not be drawn or were
	// broken, with the reason where there is one.
	Unsupported []string
}

// ErrNoFormat is returned for data without a single ^XA … ^XZ.
var ErrNoFormat = errors.New("no ZPL format (^XA … ^XZ)")

// Render draws every format of a file. A format that never ends is an error,
// like a printer that waits for the rest.
func Render(data []byte, opt Options) ([]Page, error) {
	most := opt.MostPages
	if most <= 0 {
		most = defaultPages
	}
	var pages []Page
	s := NewScanner(opt)
	var tooMany bool
	for len(data) > 0 && !tooMany {
		n := min(len(data), 32<<10)
		s.Feed(data[:n], func(e Event) {
			if e.Page == nil {
				return
			}
			if tooMany = tooMany || len(pages) == most; !tooMany {
				pages = append(pages, *e.Page)
			}
		})
		data = data[n:]
	}
	switch {
	case tooMany:
		return pages, fmt.Errorf("render zpl: more than %d labels", most)
	case s.InFormat():
		return pages, errors.New("render zpl: the last format has no ^XZ")
	case len(pages) == 0:
		return nil, fmt.Errorf("render zpl: %w", ErrNoFormat)
	}
	return pages, nil
}
