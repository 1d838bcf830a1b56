package zpl

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"

	"packbench/raster"
)

func render(t *testing.T, zpl string, opt Options) []Page {
	t.Helper()
	pages, err := Render([]byte(zpl), opt)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// picture draws a page as lines of . and #.
func picture(b *raster.Bitmap) string {
	var s strings.Builder
	for y := range b.H {
		for x := range b.W {
			if b.Black(x, y) {
				s.WriteByte('#')
			} else {
				s.WriteByte('.')
			}
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func z64(raw string, crcOff int) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte(raw))
	_ = w.Close()
	text := base64.StdEncoding.EncodeToString(z.Bytes())
	return fmt.Sprintf(":Z64:%s:%04x", text, int(checksum([]byte(text)))+crcOff)
}

func b64(raw string) string {
	text := base64.StdEncoding.EncodeToString([]byte(raw))
	return fmt.Sprintf(":B64:%s:%04X", text, checksum([]byte(text)))
}

func TestDrawing(t *testing.T) {
	const slash = "#...............\n.#..............\n"
	for _, c := range []struct{ name, in, want string }{
		{"hex", "^XA^GFA,4,4,2,80004000^FS^XZ", slash},
		{"hex in lines", "^XA^GFA,4,4,2,8000\r\n4000\r\n^FS^XZ", slash},
		{"fill with 0", "^XA^GFA,4,4,2,8,4,^FS^XZ", slash},
		{"runs", "^XA^GFA,4,4,2,8I04I0^FS^XZ", slash},
		{"fill with 1 and repeat", "^XA^GFA,4,4,2,8!:^FS^XZ", "#...############\n#...############\n"},
		{"repeat of nothing", "^XA^GFA,4,4,2,:8,^FS^XZ", "................\n#...............\n"},
		{"binary", "^XA^GFB,4,4,2,\x80\x00\x40\x00^FS^XZ", slash},
		{"binary with prefixes", "^XA^GFB,4,4,2,^~^~^FS^XZ", ".#.####..######.\n.#.####..######.\n"},
		{"B64", "^XA^GFA,4,4,2," + b64("\x80\x00\x40\x00") + "^FS^XZ", slash},
		{"Z64", "^XA^GFA,4,4,2," + z64("\x80\x00\x40\x00", 0) + "^FS^XZ", slash},
		{"Z64 in lines", "^XA^GFA,4,4,2,:Z64:\n" + z64("\x80\x00\x40\x00", 0)[5:] + "\n^FS^XZ", slash},
		{"Z64 with more than announced", "^XA^GFA,4,4,2," + z64("\x80\x00\x40\x00\xff\xff", 0) + "^FS^XZ", slash},
		{"place and home", "^XA^LH1,0^FO2,1^GFA,1,1,1,C0^FS^XZ", "................\n...##...........\n"},
		{"field ends", "^XA^FO5,1^FS^GFA,1,1,1,80^FS^XZ", "#...............\n................\n"},
		{"typeset", "^XA^FT4,2^GFA,1,1,1,80^FS^XZ", "................\n....#...........\n"},
		{"over the edge", "^XA^FO12,1^GFA,2,2,1,FFFF^FS^XZ", "................\n............####\n"},
		{"upside down", "^XA^POI^GFA,4,4,2,80004000^FS^XZ", "..............#.\n...............#\n"},
		{"narrow print width", "^XA^PW4^GFA,2,2,2,FFFF^FS^XZ", "####............\n................\n"},
		{"upside down and narrow", "^XA^PW8^POI^GFA,2,2,2,8000^FS^XZ", "................\n.......#........\n"},
		{"box", "^XA^FO1,0^GB3,2,1^FS^XZ", ".###............\n.###............\n"},
		{"line", "^XA^FO1,0^GB5,0,1^FS^XZ", ".#####..........\n................\n"},
		{"white box", "^XA^GB6,2,2^FS^FO1,0^GB2,2,2,W^FS^XZ", "#..###..........\n#..###..........\n"},
	} {
		p := render(t, c.in, Options{WidthDots: 16, LengthDots: 2, Strict: true})
		if got := picture(p[0].Bitmap); got != c.want || len(p) != 1 || len(p[0].Unsupported) > 0 {
			t.Errorf("%s: %v\n%swant\n%s", c.name, p[0].Unsupported, got, c.want)
		}
	}
}

func TestFrames(t *testing.T) {
	p := render(t, "^XA^FO1,1^GB9,7,2^FS^XZ", Options{WidthDots: 11, LengthDots: 9})[0].Bitmap
	want := "...........\n.#########.\n.#########.\n.##.....##.\n.##.....##.\n.##.....##.\n.#########.\n.#########.\n...........\n"
	if got := picture(p); got != want {
		t.Errorf("frame:\n%s", got)
	}
	round := render(t, "^XA^GB40,40,40,B,8^FS^XZ", Options{WidthDots: 40, LengthDots: 40})[0].Bitmap
	// A disc of 40 dots: 1256.6 dots by geometry.
	if n := round.CountBlack(); n < 1230 || n > 1280 || round.Black(0, 0) || !round.Black(20, 0) || !round.Black(0, 20) {
		t.Errorf("disc of %d dots:\n%s", n, picture(round))
	}
	if !round.Equal(round.Rotate(1)) || !round.Equal(round.Rotate(2)) {
		t.Errorf("the disc is not even:\n%s", picture(round))
	}
	ring := render(t, "^XA^GB40,40,3,B,8^FS^XZ", Options{WidthDots: 40, LengthDots: 40})[0].Bitmap
	if n := ring.CountBlack(); n < 320 || n > 380 || ring.Black(20, 20) {
		t.Errorf("ring of %d dots (geometry: 349):\n%s", n, picture(ring))
	}
}

func TestNamesWhatItCannotDraw(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"^FO1,1^A0N,30^FDhello^FS", "[^A ^FD]"},
		{"^BY2^BCN,100^FD>:123^FS^FD ^FS", "[^BC ^FD]"},
		{"^GC50,3^FS^GC50,3^FS", "[^GC]"},
		{"^GFA,2,2,1," + z64("\x80\x40", 1) + "^FS", "CRC is"},
		{"^GFA,2,2,1,:Z64:AAAA^FS", "Z64 without a CRC"},
		{"^GFA,2,2,1,:Q64:AAAA:2A37^FS", "Q64"},
		{"^GFC,2,2,1,ab^FS", `form "C"`},
		{"^GFA,2,0,1,ab^FS", `byte count "0"`},
		{"^GFA,2,2,0,ab^FS", `bytes per row "0"`},
		{"^GFA,2,2^FS", "parameters are missing"},
		{"^GFA,999999999,999999999,100,^FS", "999999999 bytes"},
		{"^GFA,124236,124236,102,FF^FS", "printers take at most 99999"},
		{"^GFB,4,4,2,ab", "^GF: "},
		{"^GFA,2,2,1,8#40^FS", "'#' in hex"},
		{"^PMY^LRY^LS5^LT-3^MCN^FR", "[^PM ^LR ^LS ^LT ^MC ^FR]"},
		{"^PMN^LRN^LS0^MCY^MNW^PR4^MD5^CI28", "[]"},
		{"^XGR:X.GRF^FS^\x01\x02", `[^XG "^\x01\x02"]`},
	} {
		data := "^XA" + c.in + "^XZ"
		if strings.HasPrefix(c.in, "^GFB,4") {
			data = "^XA^GFB,4,4,2,ab" // the rest never comes
			if _, err := Render([]byte(data), Options{}); err == nil || !strings.Contains(err.Error(), "no ^XZ") {
				t.Errorf("%q: %v", data, err)
			}
			continue
		}
		p := render(t, data, Options{WidthDots: 16, LengthDots: 16, Strict: true})
		if got := fmt.Sprint(p[0].Unsupported); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

func TestFormatsAndCopies(t *testing.T) {
	p := render(t, "^XA^LH8,0^PQ3^XZ\n^XA^GFA,1,1,1,80^FS^XZ^XZ^XA^PQ0^XZ", Options{WidthDots: 16, LengthDots: 1})
	if len(p) != 3 || p[0].Copies != 3 || p[1].Copies != 1 || p[2].Copies != 1 || !p[1].Bitmap.Black(8, 0) {
		t.Errorf("%+v", p)
	}
	if p := render(t, "^XA^PW40^LL30^XZ", Options{})[0].Bitmap; p.W != 40 || p.H != 30 {
		t.Errorf("the label says 40 x 30, the page has %d x %d", p.W, p.H)
	}
	// ^LL after something was drawn.
	if p := render(t, "^XA^PW40^GB40,2000,40^FS^LL2000^XZ", Options{})[0].Bitmap; p.H != 2000 || !p.Black(3, 1200) {
		t.Errorf("%d rows", p.H)
	}
	for _, none := range []string{"", "hello", "^FO1,1^GB1,1,1^FS"} {
		if _, err := Render([]byte(none), Options{}); !errors.Is(err, ErrNoFormat) {
			t.Errorf("%q: %v", none, err)
		}
	}
	many := strings.Repeat("^XA^XZ", 1000)
	if p, err := Render([]byte(many), Options{}); err == nil || len(p) != 200 {
		t.Errorf("%d pages, %v", len(p), err)
	}
}

// TestHostileSizes: small files that ask for much.
func TestHostileSizes(t *testing.T) {
	p := render(t, "^XA^PW32000^LL32000^GB32000,32000,32000^FS^XZ", Options{})
	if n := p[0].Bitmap.W * p[0].Bitmap.H; n > mostDots {
		t.Errorf("a page of %d dots", n)
	}
	var bomb strings.Builder
	bomb.WriteString("^XA")
	bigBox := "^GB32000,32000,32000^FS"
	for range 20_000 {
		bomb.WriteString(bigBox)
	}
	bomb.WriteString("^XZ")
	p = render(t, bomb.String(), Options{})
	if !strings.Contains(fmt.Sprint(p[0].Unsupported), "too much to draw") {
		t.Errorf("%v", p[0].Unsupported)
	}
	zeros := z64(strings.Repeat("\x00", 5<<20), 0)
	p = render(t, "^XA^GFA,100,100,10,"+zeros+"^FS^XZ", Options{})
	if len(p[0].Unsupported) > 0 || p[0].Bitmap.CountBlack() != 0 {
		t.Errorf("%v", p[0].Unsupported)
	}
}

func TestScannerActsAsAPrinter(t *testing.T) {
	var got []string
	s := NewScanner(Options{WidthDots: 8, LengthDots: 1})
	for _, c := range []byte("^XA^GFA,1,1,1,8~HS0^FS^XZ~HS^XA^GB8,1,1~JA^XZ^XA^XZ~HI") {
		s.Feed([]byte{c}, func(e Event) {
			if e.Page != nil {
				got = append(got, picture(e.Page.Bitmap))
			} else {
				got = append(got, fmt.Sprint(e.Command, s.InFormat()))
			}
		})
	}
	// ~HS inside a graphic ends it, as in a printer.
	if want := "[~HStrue #.......\n ~HSfalse ~JAfalse ........\n ~HIfalse]"; fmt.Sprint(got) != want {
		t.Errorf("got %q\nwant %q", fmt.Sprint(got), want)
	}
}

func TestRealLabelsRender(t *testing.T) {
	for name, data := range samples(t) {
		if name == "labelize_usps_apo.zpl" {
			// Its binary graphics lost bytes on their way into the collection, so
			// that their counts reach over the end, as they would in a printer.
			if _, err := Render(data, Options{}); err == nil {
				t.Errorf("%s: graphics with missing bytes were drawn", name)
			}
			continue
		}
		pages, err := Render(data, Options{WidthDots: 812, LengthDots: 1218})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, p := range pages {
			for _, u := range p.Unsupported {
				if strings.HasPrefix(u, "^GF") {
					t.Errorf("%s page %d: %s", name, i+1, u)
				}
			}
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add([]byte("^XA^FO1,1^GB5,5,1^FS^XZ"))
	f.Add([]byte("^XA^GFA,4,4,2,8!:^FS^PQ2^XZ~JA"))
	f.Add([]byte("^XA^POI^PW4^GFA,4,4,2," + z64("\x80\x00\x40\x00", 0) + "^FS^XZ"))
	f.Add([]byte("^XA^CC+^CD;+FO3;4+GFB;2;2;1;^^+FS+XZ"))
	f.Fuzz(func(t *testing.T, data []byte) {
		opt := Options{WidthDots: 40, LengthDots: 30, MostPages: 5}
		pages, _ := Render(data, opt)
		for _, p := range pages {
			if p.Copies < 1 || p.Bitmap.Bounds() != image.Rect(0, 0, 40, 30) {
				t.Errorf("%d copies of %v", p.Copies, p.Bitmap.Bounds())
			}
			if p.Bitmap.W%8 != 0 {
				t.Fatal("test page")
			}
		}
		// In pieces it is the same.
		s := NewScanner(opt)
		n := 0
		for _, c := range data {
			s.Feed([]byte{c}, func(e Event) {
				if e.Page == nil {
					return
				}
				if n < len(pages) && !e.Page.Bitmap.Equal(pages[n].Bitmap) {
					t.Errorf("page %d differs in pieces", n)
				}
				n++
			})
		}
		if n != len(pages) && len(pages) < 5 {
			t.Errorf("%d pages in pieces, %d whole", n, len(pages))
		}
	})
}
