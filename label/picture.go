package label

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"golang.org/x/image/draw"

	"packbench/raster"
)

// picture is a label that came as pixels. Its true size is known only where the
// file says its resolution.
type picture struct {
	gray *image.Gray
	dpi  float64 // 0 = unknown
}

// Resolutions below or above these are left by programs that never thought of
// paper (72, 96) or are nonsense.
const (
	pictureMinDPI = 140
	pictureMaxDPI = 1300
)

func decodePicture(data []byte, limits Limits) (picture, error) {
	if len(data) > limits.FileBytes {
		return picture{}, fmt.Errorf("decode picture of %d bytes: %w", len(data), ErrTooLarge)
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return picture{}, fmt.Errorf("decode picture: %w: %w", ErrDamaged, err)
	}
	if int64(config.Width)*int64(config.Height) > int64(limits.PageDots) {
		return picture{}, fmt.Errorf("decode picture of %d x %d: %w", config.Width, config.Height, ErrTooLarge)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, fmt.Errorf("decode picture: %w: %w", ErrDamaged, err)
	}
	gray, ok := img.(*image.Gray)
	if !ok {
		gray = image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
		draw.Draw(gray, gray.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(gray, gray.Rect, img, img.Bounds().Min, draw.Over)
	}
	return picture{gray: gray, dpi: pngDPI(data)}, nil
}

// pngDPI reads the pHYs chunk, which comes before the pixels; 0 = none to be believed.
func pngDPI(data []byte) float64 {
	const signature, header = 8, 8
	for at := signature; at+header <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		if n < 0 || n > len(data)-at-header || kind == "IDAT" {
			return 0
		}
		if kind == "pHYs" && n >= 9 {
			body := data[at+header:]
			x, y := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			dpi := float64(x) * 0.0254
			if body[8] != 1 || x != y || dpi < pictureMinDPI || dpi > pictureMaxDPI {
				return 0
			}
			return dpi
		}
		at += header + n + 4
	}
	return 0
}

// box is the mean over the area of the new pixel: the least harm to bars.
var box = draw.Kernel{Support: 0.5, At: func(float64) float64 { return 1 }}

// sameDPI is how far two resolutions may differ and be the same: 203 is 203.2.
const sameDPI = 0.02

// render gives the picture dot for dot where its resolution is the printer's or
// unknown; else, or where it must shrink, it is drawn anew from its grays.
func (p picture) render(dpi float64) func(scale float64) (*raster.Bitmap, []string, error) {
	natural := 1.0
	if p.dpi > 0 && math.Abs(p.dpi/dpi-1) > sameDPI {
		natural = dpi / p.dpi
	}
	return func(scale float64) (*raster.Bitmap, []string, error) {
		gray, notes := p.gray, []string(nil)
		if factor := natural * scale; factor != 1 {
			w := max(1, int(math.Round(float64(p.gray.Rect.Dx())*factor)))
			h := max(1, int(math.Round(float64(p.gray.Rect.Dy())*factor)))
			if w*h > DefaultLimits.PageDots {
				return nil, nil, fmt.Errorf("draw picture of %d x %d dots: %w", w, h, ErrTooLarge)
			}
			gray = image.NewGray(image.Rect(0, 0, w, h))
			kernel := draw.Interpolator(&box)
			if factor > 1 {
				kernel = draw.BiLinear
			}
			kernel.Scale(gray, gray.Rect, p.gray, p.gray.Rect, draw.Src, nil)
			notes = []string{NoteResampled}
		}
		b := gray.Rect
		return raster.Threshold(gray.Pix, gray.Stride, b.Dx(), b.Dy(), lastBlackGray), notes, nil
	}
}
