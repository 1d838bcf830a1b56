package label

import (
	"cmp"
	"image"
	"slices"

	"packbench/raster"
)

// Symbologies that ReadCodes tells, in the names of the standards.
const (
	Code128    = "Code 128"
	GS1128     = "GS1-128"
	Code39     = "Code 39"
	ITF        = "ITF"
	EAN13      = "EAN-13"
	EAN8       = "EAN-8"
	UPCA       = "UPC-A"
	UPCE       = "UPC-E"
	Codabar    = "Codabar"
	QRCode     = "QR Code"
	DataMatrix = "Data Matrix"
	Aztec      = "Aztec"
)

// From says where a code's text was learned.
type From string

// A code was read from the dots of the rendered page, from a barcode command of
// a ZPL file, or is what the platform declared (encrypted labels only).
const (
	FromPixels   From = "pixels"
	FromZPL      From = "zpl"
	FromDeclared From = "declared"
)

// Code is one barcode of a label.
type Code struct {
	Symbology string          `json:"symbology"`
	Text      string          `json:"text"` // as a scanner would send it, without AIM identifier
	Key       string          `json:"key"`  // the form that is compared
	Page      int             `json:"page"` // from 0
	Box       image.Rectangle `json:"box"`  // dots on its page
	From      From            `json:"from"`

	// Module is the width of a Code 128 symbol's narrowest bar in dots, 0 where
	// it is not known. Below two dots a scanner may fail.
	Module float64 `json:"module,omitempty"`
}

// ReadCodes finds and reads the barcodes of a page of dpi dots an inch: Code 128
// by our own reader, Code 39, ITF, EAN, UPC, Codabar, QR, Data Matrix and Aztec
// by gozxing, upright or turned by quarters. A text is given once, where it is
// largest. What can't be read isn't there: an empty result is no error.
func ReadCodes(bm *raster.Bitmap, dpi float64) []Code {
	if bm == nil || bm.W == 0 || bm.H == 0 || !(dpi > 0) {
		return nil
	}
	codes := readLinear(bm, dpi)
	codes = append(codes, readMatrix(bm, dpi)...)
	return distinct(codes)
}

// distinct keeps one code for each symbology and text, the one with the largest
// box, in the order of the page from top to bottom.
func distinct(codes []Code) []Code {
	area := func(c Code) int { return c.Box.Dx() * c.Box.Dy() }
	slices.SortStableFunc(codes, func(a, b Code) int { return cmp.Compare(area(b), area(a)) })
	type identity struct {
		symbology, text string
		page            int
	}
	seen := make(map[identity]bool, len(codes))
	var out []Code
	for _, c := range codes {
		id := identity{c.Symbology, c.Text, c.Page}
		if seen[id] {
			continue
		}
		seen[id] = true
		c.Key = keyOf(c.Text)
		c.From = FromPixels
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Code) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.Box.Min.Y, b.Box.Min.Y),
			cmp.Compare(a.Box.Min.X, b.Box.Min.X), cmp.Compare(a.Text, b.Text))
	})
	return out
}
