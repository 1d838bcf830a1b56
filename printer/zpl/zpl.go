// Package zpl writes ZPL II: a page of dots becomes the bytes that print it,
// and a printer's ~HS answer becomes a status.
//
// A page is not sent as one picture. It is cut into bands, each a ^GF field of
// its own at its own place, because ^GF takes at most 99,999 bytes (a 4x6 inch
// page at 203 dpi has 124,236) and because what is white need not be sent. Each
// band goes in the smallest form that the printer's profile allows: Z64 (zlib,
// base64, CRC), ACS (Zebra's run lengths over hex) or plain hex.
//
// The format resets what an earlier label may have left behind and what would
// spoil this one (origin, orientation, mirror, reverse, a kept bitmap); it
// touches neither darkness, speed nor sensing unless the profile says so.
//
// The reader of the same language is packbench/label/zpl. Neither imports the
// other, so that the one can prove the other.
//
// Source: Zebra, ZPL II Programming Guide, and docs.zebra.com (zpl-commands).
package zpl

import (
	"errors"
	"fmt"
	"strconv"

	"packbench/printer"
	"packbench/raster"
)

// Language speaks ZPL II.
type Language struct{}

// New returns the language for printer.Options.
func New() printer.Language { return Language{} }

// Name is "zpl".
func (Language) Name() string { return "zpl" }

// Cancel is ~JA: every format in the buffer is dropped, half ones too.
func (Language) Cancel() []byte { return []byte("~JA") }

// StatusQuery is ~HS, host status return.
func (Language) StatusQuery() []byte { return []byte("~HS") }

// mediaCommand is what tells the printer how labels are separated.
var mediaCommand = map[string]string{
	printer.MediaPrinter:    "",
	printer.MediaGap:        "^MNW",
	printer.MediaMark:       "^MNM",
	printer.MediaContinuous: "^MNN",
}

// mostCopies is the largest count that ^PQ takes.
const mostCopies = 99_999_999

// Encode makes one format that prints page copies times (below 1 counts as 1).
// It fails if the page is empty, if ink lies right of the head, or if the
// profile asks for what ZPL has not.
func (Language) Encode(page *raster.Bitmap, p printer.Profile, copies int) ([]byte, error) {
	if page == nil || page.W == 0 || page.H == 0 {
		return nil, errors.New("encode zpl: the page is empty")
	}
	if p.Invert {
		return nil, fmt.Errorf("encode zpl: profile %q inverts dots, which no ZPL printer does", p.ID)
	}
	if len(p.Graphic) == 0 {
		return nil, fmt.Errorf("encode zpl: profile %q allows no form of ^GF", p.ID)
	}
	if copies > mostCopies {
		return nil, fmt.Errorf("encode zpl: %d copies", copies)
	}
	width := page.W
	if p.WidthDots > 0 && width > p.WidthDots {
		if ink := page.Ink(); ink.Max.X > p.WidthDots {
			return nil, fmt.Errorf("encode zpl: ink reaches dot %d, the head has %d", ink.Max.X, p.WidthDots)
		}
		width = p.WidthDots
	}
	media, ok := mediaCommand[p.Media]
	if !ok {
		return nil, fmt.Errorf("encode zpl: media %q", p.Media)
	}

	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.out = append(w.out[:0], "^XA"...)
	w.out = append(w.out, media...)
	w.command("^PW", width)
	w.command("^LL", page.H)
	w.out = append(w.out, "^LH0,0^PON^PMN^LRN^MCY"...)
	if p.Density != nil {
		w.command("^MD", *p.Density)
	}
	if p.Speed != nil {
		w.out = strconv.AppendFloat(append(w.out, "^PR"...), *p.Speed, 'f', -1, 64)
	}
	bands := cut(page, p)
	for _, b := range bands {
		w.graphic(page, b, p)
	}
	if len(bands) == 0 {
		// A format without a field may print nothing at all.
		w.out = append(w.out, "^FO0,0^GFA,1,1,1,00^FS"...)
	}
	w.command("^PQ", max(copies, 1))
	w.out = append(w.out, "^XZ\n"...)
	return append([]byte(nil), w.out...), nil
}
