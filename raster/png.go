package raster

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
)

// blackOnWhite is the palette of saved pages; index 1 is black, as in Bits.
var blackOnWhite = color.Palette{color.Gray{Y: 255}, color.Gray{Y: 0}}

// EncodePNG writes the page as a 1-bit palette PNG.
func (b *Bitmap) EncodePNG(w io.Writer) error {
	img := image.NewPaletted(b.Bounds(), blackOnWhite)
	for y := range b.H {
		row, pix := b.Row(y), img.Pix[y*img.Stride:]
		for x := range b.W {
			pix[x] = row[x>>3] >> (7 - x&7) & 1
		}
	}
	if err := png.Encode(w, img); err != nil {
		return fmt.Errorf("encode page: %w", err)
	}
	return nil
}

// DecodePNG reads a picture and thresholds it at half brightness.
func DecodePNG(r io.Reader) (*Bitmap, error) {
	img, err := png.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("decode page: %w", err)
	}
	return FromImage(img), nil
}

// Gray expands the page to 8-bit gray (0 = black), for programs that read pictures.
func (b *Bitmap) Gray() *image.Gray {
	g := image.NewGray(b.Bounds())
	for y := range b.H {
		row, pix := b.Row(y), g.Pix[y*g.Stride:]
		for x := range b.W {
			if row[x>>3]&(0x80>>(x&7)) == 0 {
				pix[x] = 255
			}
		}
	}
	return g
}
