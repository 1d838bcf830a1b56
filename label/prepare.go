package label

import (
	"context"
	"fmt"
	"image"
	"slices"

	"packbench/raster"
)

// Message keys of Prepared.Notes.
const (
	NoteScaled    = "label.scaled"    // content larger than the paper: printed smaller than 100 %
	NoteTurned    = "label.turned"    // turned a quarter, as it fits only so
	NoteBlank     = "label.blank"     // the page has no black dot
	NoteThinBars  = "label.thin-bars" // a linear code has less than two dots a module: may not scan
	NoteResampled = "label.resampled" // a picture of another resolution: its bars are not exact
)

// thinBars is the number of dots a module below which codes read unreliably.
const thinBars = 1.95

// Prepared is a page as it will be burnt.
type Prepared struct {
	Kind    Kind
	Page    *raster.Bitmap // exactly as wide as the head, as long as the label or its content
	Scale   float64        // 1 = 100 %
	Rotated bool           // turned a quarter clockwise
	Notes   []string       // message keys: what a person should be told
	Codes   []Code         // read back from Page itself
}

// Prepare makes one page (from 0) of a label file ready for a printer. The page
// is rendered at the printer's own resolution and printed at 100 % if its
// content fits the paper upright or turned; else it is rendered again, smaller,
// which Scale and Notes say. A rendered page is never scaled dot by dot.
// Pictures need no renderer: r may be nil for them.
// ZPL answers ErrPrinterLanguage with Prepared.Kind set.
func Prepare(ctx context.Context, r *Renderer, data []byte, page int, t Target) (Prepared, error) {
	kind := Sniff(data)
	switch kind {
	case PDF:
		doc, err := r.Open(ctx, data)
		if err != nil {
			return Prepared{Kind: kind}, fmt.Errorf("prepare label: %w", err)
		}
		defer doc.Close()
		return PreparePage(ctx, doc, page, t)
	case PNG:
		if page != 0 {
			return Prepared{Kind: kind}, fmt.Errorf("prepare page %d of a picture: %w", page+1, ErrNoPage)
		}
		picture, err := decodePicture(data, r.bounds())
		if err != nil {
			return Prepared{Kind: kind}, fmt.Errorf("prepare label: %w", err)
		}
		return prepare(kind, t, picture.render(t.DPI))
	case ZPL:
		return Prepared{Kind: kind}, fmt.Errorf("prepare label: %w", ErrPrinterLanguage)
	}
	return Prepared{}, fmt.Errorf("prepare label: %w", unusable(data))
}

// unusable is why bytes of no kind of ours are no label.
func unusable(data []byte) error {
	switch {
	case len(data) == 0:
		return ErrEmpty
	case archived(data):
		return ErrArchive
	}
	return ErrUnknownKind
}

// PreparePage is Prepare for a page of an open document; for files of many
// labels, which are opened once.
func PreparePage(ctx context.Context, doc *Document, page int, t Target) (Prepared, error) {
	if doc.picture != nil {
		if page != 0 {
			return Prepared{Kind: PNG}, fmt.Errorf("prepare page %d of a picture: %w", page+1, ErrNoPage)
		}
		return prepare(PNG, t, doc.picture.render(t.DPI))
	}
	return prepare(PDF, t, func(scale float64) (*raster.Bitmap, []string, error) {
		bm, err := doc.Render(ctx, page, t.DPI*scale)
		return bm, nil, err
	})
}

// prepare places what render draws at a scale of 1 or less.
func prepare(kind Kind, t Target, render func(scale float64) (*raster.Bitmap, []string, error)) (Prepared, error) {
	out := Prepared{Kind: kind, Scale: 1}
	if t.WidthDots < 8 || !(t.DPI > 0) {
		return out, fmt.Errorf("prepare label for a head of %d dots at %g dpi: %w", t.WidthDots, t.DPI, ErrNoPaper)
	}
	bm, notes, err := render(1)
	if err != nil {
		return out, fmt.Errorf("prepare label: %w", err)
	}
	out.Notes = append(out.Notes, notes...)
	ink := bm.Ink()
	if ink.Empty() {
		out.Page = raster.New(t.WidthDots, max(1, t.LengthDots))
		out.Notes = append(out.Notes, NoteBlank)
		return out, nil
	}

	p := t.place(image.Pt(bm.W, bm.H), ink)
	scale := p.scale
	for try := 0; p.scale < 1 && try < 8; try++ {
		if bm, notes, err = render(scale); err != nil {
			return out, fmt.Errorf("prepare label: %w", err)
		}
		for _, n := range notes {
			if !slices.Contains(out.Notes, n) {
				out.Notes = append(out.Notes, n)
			}
		}
		ink = bm.Ink()
		size := ink.Size()
		if p.turned {
			size = image.Pt(size.Y, size.X)
		}
		if t.fits(size) {
			break
		}
		scale *= 0.995 // a hairline has a least width and doesn't shrink along
	}
	if p.turned {
		bm = bm.Rotate(1)
		ink = bm.Ink()
		out.Rotated = true
		out.Notes = append(out.Notes, NoteTurned)
	}
	if scale < 1 {
		p.offset = t.corner(ink)
		out.Scale = scale
		out.Notes = append(out.Notes, NoteScaled)
	}
	length := t.LengthDots
	if length <= 0 {
		length = ink.Max.Y + p.offset.Y + t.dots(marginMM)
	}
	out.Page = raster.New(t.WidthDots, length)
	out.Page.Draw(bm, p.offset)

	out.Codes = ReadCodes(out.Page, t.DPI)
	for _, c := range out.Codes {
		if c.Module > 0 && c.Module < thinBars {
			out.Notes = append(out.Notes, NoteThinBars)
			break
		}
	}
	return out, nil
}
