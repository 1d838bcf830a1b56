package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"packbench/bench"
	"packbench/label"
	"packbench/label/zpl"
	"packbench/printer"
	"packbench/raster"
)

// paperFlags say for which printer a page is made.
type paperFlags struct {
	DPI  float64 `help:"Resolution of the printer." name:"dpi" default:"203"`
	Size string  `help:"Label in mm, width x length." default:"100x150"`
}

// heads are the true resolutions behind the round numbers that people say.
var heads = map[float64]float64{203: 203.2, 300: 300, 600: 600}

// target is the paper in dots: a 100 mm label is printed by a 4-inch head.
func (p paperFlags) target() (label.Target, error) {
	if !(p.DPI >= 100 && p.DPI <= 1200) {
		return label.Target{}, wrongUse("%g dpi is no printer's resolution", p.DPI)
	}
	dpi := p.DPI
	if exact, ok := heads[dpi]; ok {
		dpi = exact
	}
	w, h, ok := strings.Cut(strings.ToLower(p.Size), "x")
	width, err1 := strconv.ParseFloat(w, 64)
	length, err2 := strconv.ParseFloat(h, 64)
	if !ok || err1 != nil || err2 != nil || !(width >= 10 && width <= 250) || !(length >= 10 && length <= 1000) {
		return label.Target{}, wrongUse("%q is no label size; write 100x150", p.Size)
	}
	dots := func(mm float64) int { return int(math.Round(mm * dpi / 25.4)) }
	t := label.Target{DPI: dpi, WidthDots: dots(width), LengthDots: dots(length)}
	if width == 100 && length == 150 { // 4 × 6 inches: what such labels are cut from
		t.WidthDots, t.LengthDots = int(math.Round(4*dpi))/8*8, int(math.Round(6*dpi))
		if dpi == heads[203] {
			t.WidthDots, t.LengthDots = 812, 1218
		}
	}
	return t, nil
}

// languageProfile is the default profile of a language for a resolution.
func languageProfile(language, id string, t label.Target) (printer.Profile, error) {
	if bench.Language(language) == nil {
		return printer.Profile{}, wrongUse("there is no printer language %q", language)
	}
	if id == "" {
		id = language + "-203"
		if t.DPI > 250 {
			id = language + "-300"
		}
	}
	p, err := printer.LoadProfile(id, "")
	if errors.Is(err, printer.ErrNoProfile) {
		return p, usageError{err}
	}
	if err != nil {
		return p, err
	}
	p.WidthDots, p.LengthDots, p.DPI = t.WidthDots, t.LengthDots, t.DPI
	return p, nil
}

// pages is every page of a label file as the printer would burn it.
func pages(ctx context.Context, data []byte, t label.Target) ([]*raster.Bitmap, error) {
	switch label.Sniff(data) {
	case label.ZPL:
		rendered, err := zpl.Render(data, zpl.Options{WidthDots: t.WidthDots, LengthDots: t.LengthDots})
		if err != nil {
			return nil, fmt.Errorf("render ZPL: %w", err)
		}
		var out []*raster.Bitmap
		var cannot []string
		for _, p := range rendered {
			out = append(out, p.Bitmap)
			cannot = append(cannot, p.Unsupported...)
		}
		if len(cannot) > 0 {
			return out, &cannotDrawError{cannot}
		}
		return out, nil
	case label.PDF:
		r := label.NewRenderer(bench.CacheDir(os.TempDir()))
		defer r.Close()
		doc, err := r.Open(ctx, data)
		if err != nil {
			return nil, err
		}
		defer doc.Close()
		var out []*raster.Bitmap
		for i := range doc.Pages() {
			p, err := label.PreparePage(ctx, doc, i, t)
			if err != nil {
				return nil, fmt.Errorf("page %d: %w", i+1, err)
			}
			out = append(out, p.Page)
		}
		return out, nil
	default:
		p, err := label.Prepare(ctx, nil, data, 0, t)
		if err != nil {
			return nil, err
		}
		return []*raster.Bitmap{p.Page}, nil
	}
}

// cannotDrawError names commands that the picture lacks.
type cannotDrawError struct{ commands []string }

func (e *cannotDrawError) Error() string {
	return "the picture lacks what can't be drawn yet: " + strings.Join(e.commands, " ")
}
