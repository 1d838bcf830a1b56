package zpl

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"packbench/raster"
)

// mostDocumented is the largest byte count that ^GF documents.
const mostDocumented = 99_999

// decodeGraphic unpacks ^GFa,b,c,d,data: a form, b bytes sent, c bytes in all,
// d bytes a row. An error with a bitmap means that it was drawn in part. spend
// is asked before memory is used.
func decodeGraphic(t Token, strict bool, spend func(bytes int) bool) (*raster.Bitmap, error) {
	if t.TooLong {
		return nil, errors.New("too long")
	}
	parts := bytes.SplitN(t.Params, []byte{t.Delim}, 5)
	if len(parts) < 5 {
		return nil, errors.New("parameters are missing")
	}
	total, ok := atoi(strings.TrimSpace(string(parts[2])))
	if !ok || total < 1 {
		return nil, fmt.Errorf("byte count %q", clip(parts[2]))
	}
	width, ok := atoi(strings.TrimSpace(string(parts[3])))
	if !ok || width < 1 || width > mostDocumented {
		return nil, fmt.Errorf("bytes per row %q", clip(parts[3]))
	}
	var cut error
	if strict && total > mostDocumented {
		cut = fmt.Errorf("%d bytes, printers take at most %d", total, mostDocumented)
		total = mostDocumented
	}
	if total > mostGraphic {
		return nil, fmt.Errorf("%d bytes are too many", total)
	}
	// Padded to whole rows.
	rows := (total + width - 1) / width
	if !spend(rows * width) {
		return nil, errors.New("too much to draw")
	}
	var raw []byte
	var err error
	data := parts[4]
	switch form := strings.ToUpper(strings.TrimSpace(string(parts[0]))); form {
	case "A":
		if text := bytes.TrimSpace(data); len(text) > 5 && text[0] == ':' && text[4] == ':' {
			raw, err = decodeID(text, total)
		} else {
			raw, err = decodeACS(data, width, total)
		}
	case "B":
		raw = data[:min(len(data), total)]
		if len(raw) < total {
			err = fmt.Errorf("%d of %d bytes", len(raw), total)
		}
	default:
		return nil, fmt.Errorf("form %q", clip(parts[0]))
	}
	if raw == nil {
		return nil, err
	}
	g := raster.New(width*8, rows)
	copy(g.Bits, raw)
	if err == nil {
		err = cut
	}
	return g, err
}

// clip keeps foreign text short enough for a message.
func clip(b []byte) string { return string(b[:min(len(b), 20)]) }

// decodeID unpacks :B64:text:crc and :Z64:text:crc. The check is CRC-16/XMODEM
// over the text in four hex digits; as in a printer, data that fails it is
// dropped whole.
func decodeID(text []byte, total int) ([]byte, error) {
	id, body := string(bytes.ToUpper(text[1:4])), text[5:]
	end := bytes.LastIndexByte(body, ':')
	if end < 0 {
		return nil, fmt.Errorf("%s without a CRC", id)
	}
	want, err := hex.DecodeString(string(bytes.TrimSpace(body[end+1:])))
	if err != nil || len(want) != 2 {
		return nil, fmt.Errorf("%s CRC %q", id, clip(body[end+1:]))
	}
	body = bytes.Map(func(c rune) rune {
		if c == '\r' || c == '\n' || c == ' ' || c == '\t' {
			return -1
		}
		return c
	}, body[:end])
	if got := checksum(body); got != uint16(want[0])<<8|uint16(want[1]) {
		return nil, fmt.Errorf("%s CRC is %04X, the data say %04X", id, got, want)
	}
	packed := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(packed, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	packed = packed[:n]
	switch id {
	case "B64":
		return packed[:min(n, total)], nil
	case "Z64":
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, fmt.Errorf("Z64: %w", err)
		}
		raw, err := io.ReadAll(io.LimitReader(z, int64(total)))
		if err == nil {
			// The stream's own check is read with its end; more data than
			// announced is cut off there.
			_, err = z.Read(make([]byte, 1))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("Z64: %w", err)
		}
		return raw, nil
	}
	return nil, fmt.Errorf("encoding %q", id)
}

// checksum is CRC-16/XMODEM: polynomial 0x1021, start 0.
func checksum(text []byte) uint16 {
	var v uint16
	for _, b := range text {
		v ^= uint16(b) << 8
		for range 8 {
			if v&0x8000 != 0 {
				v = v<<1 ^ 0x1021
			} else {
				v <<= 1
			}
		}
	}
	return v
}

// decodeACS unpacks hex with Zebra's run lengths: G–Y repeat the next digit 1–19
// times, g–z 20–400 times, both add up; "," fills the row with 0, "!" with F,
// ":" repeats the row above. White space counts for nothing.
func decodeACS(data []byte, width, total int) ([]byte, error) {
	raw := make([]byte, (total+width-1)/width*width)
	at, most := 0, 2*len(raw) // in digits
	rowEnd := func() int { return min((at/(2*width)+1)*2*width, most) }
	put := func(d byte, n int) {
		for ; n > 0 && at < most; n-- {
			raw[at>>1] |= d << (4 * (1 - at&1))
			at++
		}
	}
	count := 0
	var bad error
	for _, c := range data {
		if at >= most {
			break
		}
		switch {
		case c >= 'G' && c <= 'Y':
			count += int(c - 'F')
		case c >= 'g' && c <= 'z':
			count += 20 * int(c-'f')
		case c == ',':
			at = rowEnd()
			count = 0
		case c == '!':
			put(15, rowEnd()-at)
			count = 0
		case c == ':':
			// Legal at the start of a row only; a broken row is closed first.
			if at%(2*width) != 0 {
				at = rowEnd()
			}
			y := at / (2 * width)
			if y > 0 && at < most {
				copy(raw[y*width:(y+1)*width], raw[(y-1)*width:y*width])
			}
			at = rowEnd()
			count = 0
		case c == ' ' || c == '\r' || c == '\n' || c == '\t':
		default:
			d, ok := hexDigit(c)
			if !ok {
				bad = fmt.Errorf("character %q in hex data", c)
				count = 0
				continue
			}
			put(d, max(count, 1))
			count = 0
		}
		count = min(count, most)
	}
	return raw, bad
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
