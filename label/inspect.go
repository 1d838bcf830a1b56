package label

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"slices"

	"packbench/raster"
)

// Fingerprint is what is kept of a label file when it arrives, and what the
// label on the box is proven against.
type Fingerprint struct {
	SHA256 string `json:"sha256"` // of the file's bytes, lower-case hexadecimal
	Pages  int    `json:"pages"`
	Codes  []Code `json:"codes"` // of all pages
}

// PageReport is one page of a label file.
type PageReport struct {
	WidthMM  float64 `json:"width_mm"`
	HeightMM float64 `json:"height_mm"`
}

// Report is what a label file holds.
type Report struct {
	Kind  Kind         `json:"kind"`
	Sizes []PageReport `json:"sizes"`
	Fingerprint
}

// Inspect reads all pages of a label file and the codes on them, at the
// resolution of the printer it is meant for; where a page shows no code at that
// resolution it is read again at twice the resolution, since a label is known by
// what its maker put on it, also when this printer can't print it well. Of ZPL
// only the hash is told: its pages and codes come from its own reader. An
// unreadable code is no error.
func Inspect(ctx context.Context, r *Renderer, data []byte, dpi float64) (Report, error) {
	sum := sha256.Sum256(data)
	report := Report{Kind: Sniff(data), Fingerprint: Fingerprint{SHA256: hex.EncodeToString(sum[:])}}
	switch report.Kind {
	case PDF:
		return report, report.addPDF(ctx, r, data, dpi)
	case PNG:
		return report, report.addPicture(r, data, dpi)
	case ZPL:
		return report, nil
	}
	return report, fmt.Errorf("inspect label: %w", unusable(data))
}

func (report *Report) addPDF(ctx context.Context, r *Renderer, data []byte, dpi float64) error {
	doc, err := r.Open(ctx, data)
	if err != nil {
		return fmt.Errorf("inspect label: %w", err)
	}
	defer doc.Close()
	report.Pages = len(doc.Pages())
	for i, size := range doc.Pages() {
		w, h := size.MM()
		report.Sizes = append(report.Sizes, PageReport{WidthMM: w, HeightMM: h})
		codes, err := readPage(dpi, func(dpi float64) (*raster.Bitmap, error) { return doc.Render(ctx, i, dpi) })
		if err != nil {
			return fmt.Errorf("inspect page %d: %w", i+1, err)
		}
		for _, c := range codes {
			c.Page = i
			report.Codes = append(report.Codes, c)
		}
	}
	return nil
}

func (report *Report) addPicture(r *Renderer, data []byte, dpi float64) error {
	p, err := decodePicture(data, r.bounds())
	if err != nil {
		return fmt.Errorf("inspect label: %w", err)
	}
	if p.dpi > 0 {
		dpi = p.dpi
	}
	bm, _, err := p.render(dpi)(1)
	if err != nil {
		return fmt.Errorf("inspect label: %w", err)
	}
	report.Pages = 1
	report.Sizes = []PageReport{{WidthMM: float64(bm.W) * 25.4 / dpi, HeightMM: float64(bm.H) * 25.4 / dpi}}
	report.Codes = ReadCodes(bm, dpi)
	return nil
}

// readPage reads the codes of a page at dpi, or at twice that where none is seen.
func readPage(dpi float64, render func(dpi float64) (*raster.Bitmap, error)) ([]Code, error) {
	bm, err := render(dpi)
	if err != nil {
		return nil, err
	}
	codes := ReadCodes(bm, dpi)
	if len(codes) > 0 || bm.Ink().Empty() {
		return codes, nil
	}
	finer, err := render(2 * dpi)
	if err != nil {
		return nil, nil // too large for the limits: then there is no second look
	}
	codes = ReadCodes(finer, 2*dpi)
	for i := range codes {
		b := &codes[i].Box
		*b = image.Rect(b.Min.X/2, b.Min.Y/2, (b.Max.X+1)/2, (b.Max.Y+1)/2)
		codes[i].Module /= 2
	}
	return codes, nil
}

// Survives reads back the page that will print and tells which of the codes
// that must be on it can't be read from it. Codes are compared by key.
func Survives(prepared *raster.Bitmap, codes []Code, dpi float64) (missing []Code) {
	return Missing(ReadCodes(prepared, dpi), codes)
}

// Missing are the wanted codes whose key is not among those that were read.
func Missing(read, wanted []Code) (missing []Code) {
	for _, c := range wanted {
		if !slices.ContainsFunc(read, func(r Code) bool { return r.Key == c.Key }) {
			missing = append(missing, c)
		}
	}
	return missing
}
