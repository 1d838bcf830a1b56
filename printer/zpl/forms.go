package zpl

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"

	"packbench/printer"
	"packbench/raster"
)

// writer holds the buffers of one encoding, kept for the next.
type writer struct {
	out     []byte // the format so far
	raw     []byte // the dots of a band
	packed  bytes.Buffer
	deflate *zlib.Writer
	best    []byte // the smallest form so far
	other   []byte // the form being tried
}

// level 6 is zlib's own default: higher levels save 2 % and take 3 to 10 times
// as long.
const level = 6

var writers = sync.Pool{New: func() any {
	w := new(writer)
	w.deflate, _ = zlib.NewWriterLevel(&w.packed, level) // fails on an unknown level only
	return w
}}

func (w *writer) command(name string, n int) {
	w.out = strconv.AppendInt(append(w.out, name...), int64(n), 10)
}

// graphic appends one band as ^FO ^GF ^FS in its smallest allowed form; between
// equals the plainer one.
func (w *writer) graphic(page *raster.Bitmap, b band, p printer.Profile) {
	width := b.right - b.left
	w.raw = w.raw[:0]
	for y := b.top; y < b.bottom; y++ {
		w.raw = append(w.raw, page.Row(y)[b.left:b.right]...)
	}
	w.best = w.best[:0]
	limit := 1 << 30 // a form longer than this is not wanted
	try := func(form string, encode func() (ok bool)) {
		w.other = w.other[:0]
		if p.AllowsGraphic(form) && encode() && len(w.other) <= limit {
			w.best, w.other = w.other, w.best
			limit = len(w.best)
		}
	}
	// Z64 first, because it nearly always wins and the others can then give up
	// early. Between equals the last, plainest form stays.
	try(printer.GraphicZ64, func() bool {
		w.other = w.z64(w.other)
		return true
	})
	try(printer.GraphicACS, func() (ok bool) {
		w.other, ok = appendACS(w.other, w.raw, width, limit)
		return ok
	})
	try(printer.GraphicHex, func() bool {
		if 2*len(w.raw) > limit {
			return false
		}
		w.other = appendHex(w.other, w.raw)
		return true
	})

	w.command("^FO", b.left*8)
	w.command(",", b.top)
	w.command("^GFA,", len(w.raw))
	w.command(",", len(w.raw))
	w.command(",", width)
	w.out = append(w.out, ',')
	w.out = append(w.out, w.best...)
	w.out = append(w.out, "^FS"...)
}

// z64 appends w.raw as ":Z64:base64:crc".
func (w *writer) z64(dst []byte) []byte {
	w.packed.Reset()
	w.deflate.Reset(&w.packed)
	_, _ = w.deflate.Write(w.raw) // a bytes.Buffer takes everything
	_ = w.deflate.Close()
	dst = append(dst, ":Z64:"...)
	start := len(dst)
	dst = base64.StdEncoding.AppendEncode(dst, w.packed.Bytes())
	return fmt.Appendf(dst, ":%04X", crc(dst[start:]))
}

const hexDigits = "0123456789ABCDEF"

func appendHex(dst, raw []byte) []byte {
	start := len(dst)
	dst = hex.AppendEncode(dst, raw)
	return append(dst[:start], bytes.ToUpper(dst[start:])...)
}

// appendACS appends raw in Zebra's compression, rows of width bytes; ok is
// false, and dst unfinished, if that takes more than limit bytes.
//
// A run of one hex digit is a count and the digit: G to Y are 1 to 19, g to z
// are 20 to 400 in twenties, both may follow each other and add up. "," fills
// the row with 0, "!" with F, ":" repeats the row above. Some printers read
// rows in whole bytes, so a fill starts at an even digit.
func appendACS(dst, raw []byte, width, limit int) (_ []byte, ok bool) {
	start := len(dst)
	for y := 0; y < len(raw); y += width {
		row := raw[y : y+width]
		if y > 0 && bytes.Equal(row, raw[y-width:y]) {
			dst = append(dst, ':')
		} else {
			dst = appendACSRow(dst, row)
		}
		if len(dst)-start > limit {
			return dst, false
		}
	}
	return dst, true
}

func appendACSRow(dst, row []byte) []byte {
	fill := byte(0)
	end := len(row)
	switch {
	case row[end-1] == 0:
		fill = ','
	case row[end-1] == 0xff:
		fill = '!'
	}
	if fill != 0 {
		for last := row[end-1]; end > 0 && row[end-1] == last; end-- {
		}
	}
	for i, n := 0, 2*end; i < n; {
		d := digit(row, i)
		j := i + 1
		for j < n && digit(row, j) == d {
			j++
		}
		dst = appendRun(dst, hexDigits[d], j-i)
		i = j
	}
	if fill != 0 {
		dst = append(dst, fill)
	}
	return dst
}

// digit is the i-th hex digit of a row.
func digit(row []byte, i int) byte {
	if i&1 == 0 {
		return row[i>>1] >> 4
	}
	return row[i>>1] & 15
}

func appendRun(dst []byte, c byte, n int) []byte {
	for n > 419 { // 400 + 19 is the largest count that two letters make
		dst = append(dst, 'z', c)
		n -= 400
	}
	if n < 3 {
		for range n {
			dst = append(dst, c)
		}
		return dst
	}
	if n >= 20 {
		dst = append(dst, 'f'+byte(n/20))
	}
	if n%20 > 0 {
		dst = append(dst, 'F'+byte(n%20))
	}
	return append(dst, c)
}
