package raster

import (
	"bytes"
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

// mostPixels bounds the pictures that are read: twice a 4 x 12 inch label at 600
// dpi. A PNG of a few bytes may claim any size.
const mostPixels = 36_000_000

// DecodePNG reads a picture and thresholds it at half brightness.
func DecodePNG(r io.Reader) (*Bitmap, error) {
	var head bytes.Buffer
	size, err := png.DecodeConfig(io.TeeReader(r, &head))
	if err != nil {
		return nil, fmt.Errorf("decode page: %w", err)
	}
	if int64(size.Width)*int64(size.Height) > mostPixels {
		return nil, fmt.Errorf("decode page: %d x %d pixels are too many", size.Width, size.Height)
	}
	img, err := png.Decode(io.MultiReader(&head, r))
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
