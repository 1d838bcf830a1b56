package bench

import (
	"context"
	"fmt"

	"packbench/code"
	"packbench/label"
	"packbench/packing"
	"packbench/raster"
	"packbench/store"
)

// Labels makes label files ready for one printer when they arrive: rendered
// once at its resolution, codes read from that very bitmap, file and page
// stored. Printing then is a look-up.
type Labels struct {
	Store    *store.Store
	Renderer *label.Renderer
	Target   label.Target
}

// targetKey names the target in the page cache.
func (l *Labels) targetKey() string {
	return fmt.Sprintf("%.1fx%dx%d", l.Target.DPI, l.Target.WidthDots, l.Target.LengthDots)
}

// Prepared is one page of a label file, made ready.
type Prepared struct {
	File  packing.LabelFile
	Notes []string // message keys: scaled, turned
}

// Prepare makes one page ready. The file is stored under hash already. The
// codes are read back from the very bitmap that will print: a label on which
// none can be read may not print, because nothing could prove it.
func (l *Labels) Prepare(ctx context.Context, hash string, doc *label.Document, page int) (Prepared, error) {
	ready, err := label.PreparePage(ctx, doc, page, l.Target)
	if err != nil {
		return Prepared{}, fmt.Errorf("prepare label: %w", err)
	}
	out := Prepared{File: packing.LabelFile{Hash: hash, Page: page, Printable: true}, Notes: ready.Notes}
	for _, c := range ready.Codes {
		if !code.LooksLikeCommand(c.Text) { // a command code can never be a label's own
			out.File.Codes = append(out.File.Codes, packing.KeptKey(c.Key))
			out.File.Texts = append(out.File.Texts, packing.KeptKey(c.Text))
		}
	}
	if len(out.File.Codes) == 0 {
		out.File.Printable, out.File.Problem = false, "label.no_code"
	}
	return out, l.Store.SavePage(ctx, hash, page, l.targetKey(), ready.Page)
}

// Page is a label's page as it will print: from the cache, or rendered again
// when the printer was changed since.
func (l *Labels) Page(ctx context.Context, hash string, page int) (*raster.Bitmap, error) {
	bm, err := l.Store.Page(ctx, hash, page, l.targetKey())
	if err != nil || bm != nil {
		return bm, err
	}
	data, err := l.Store.LabelFile(ctx, hash)
	if err != nil {
		return nil, err
	}
	ready, err := label.Prepare(ctx, l.Renderer, data, page, l.Target)
	if err != nil {
		return nil, fmt.Errorf("render label again: %w", err)
	}
	if len(ready.Codes) == 0 {
		return nil, fmt.Errorf("render label again: its codes can't be read at %.0f dpi", l.Target.DPI)
	}
	return ready.Page, l.Store.SavePage(ctx, hash, page, l.targetKey(), ready.Page)
}

// Matched says what became of one page of a label file.
type Matched struct {
	Page   int      `json:"page"` // from 1, as people count
	Parcel string   `json:"parcel,omitempty"`
	Codes  []string `json:"codes"`
	Why    string   `json:"why,omitempty"` // message key when it matched nothing
	Notes  []string `json:"notes,omitempty"`
}

// ImportLabels reads a label file of one or many pages, finds each page's
// parcel by the codes on it, and gives the page to that parcel. Pages that
// match no parcel, or more than one, are named.
func (b *Bench) ImportLabels(ctx context.Context, data []byte) ([]Matched, error) {
	l := b.opt.Labels
	doc, err := l.Renderer.Open(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("open label file: %w", err)
	}
	defer doc.Close()
	hash, err := b.opt.Store.SaveLabelFile(ctx, string(label.Sniff(data)), data, b.opt.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	var out []Matched
	for page := range doc.Pages() {
		ready, err := l.Prepare(ctx, hash, doc, page)
		if err != nil {
			return out, fmt.Errorf("page %d: %w", page+1, err)
		}
		m := Matched{Page: page + 1, Codes: ready.File.Codes, Notes: ready.Notes}
		parcel, why, err := b.matchPage(ctx, ready.File.Codes)
		if err != nil {
			return out, fmt.Errorf("page %d: %w", page+1, err)
		}
		m.Parcel, m.Why = string(parcel), why
		if parcel != "" {
			if err := b.Submit(ctx, packing.LabelCame{Parcel: parcel, File: ready.File}); err != nil {
				return out, fmt.Errorf("page %d: %w", page+1, err)
			}
			if !ready.File.Printable {
				m.Why = ready.File.Problem
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// matchPage finds the one parcel that the codes of a page mean: by its waybill
// first, else by its order or parcel number.
func (b *Bench) matchPage(ctx context.Context, codes []string) (packing.ParcelID, string, error) {
	if len(codes) == 0 {
		return "", "label.no_code", nil
	}
	found := map[packing.OwnerKind]map[packing.ParcelID]bool{}
	for _, c := range codes {
		facts, err := b.opt.Store.Facts(ctx, []packing.Need{{What: packing.NeedCode, Key: c}}, nil)
		if err != nil {
			return "", "", err
		}
		for _, o := range facts.Codes[c] {
			// An order may have several parcels: its label is for one that waits.
			if o.Kind != packing.OwnerLabel && (o.Kind != packing.OwnerOrder || o.Parcel.SealedMs > 0) {
				continue
			}
			if found[o.Kind] == nil {
				found[o.Kind] = map[packing.ParcelID]bool{}
			}
			found[o.Kind][o.Parcel.ID] = true
		}
	}
	for _, kind := range []packing.OwnerKind{packing.OwnerLabel, packing.OwnerOrder} {
		switch len(found[kind]) {
		case 0:
			continue
		case 1:
			for id := range found[kind] {
				return id, "", nil
			}
		default:
			return "", "label.ambiguous", nil
		}
	}
	return "", "label.unmatched", nil
}
