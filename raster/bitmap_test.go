package raster

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// draw makes a page from lines of . and #.
func draw(lines ...string) *Bitmap {
	b := New(len(lines[0]), len(lines))
	for y, l := range lines {
		for x, c := range l {
			if c == '#' {
				b.SetBlack(x, y)
			}
		}
	}
	return b
}

func (b *Bitmap) text() string {
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

// checkPadding holds what Equal and the encoders rely on.
func checkPadding(t rapid.TB, b *Bitmap) {
	t.Helper()
	if b.Stride != (b.W+7)/8 || len(b.Bits) != b.Stride*b.H {
		t.Fatalf("%d x %d has stride %d and %d bytes", b.W, b.H, b.Stride, len(b.Bits))
	}
	pad := b.Stride*8 - b.W
	for y := range b.H {
		if b.Stride > 0 && b.Row(y)[b.Stride-1]&(1<<pad-1) != 0 {
			t.Fatalf("row %d has ink in its padding", y)
		}
	}
}

func anyPage(t *rapid.T, label string, most int) *Bitmap {
	b := New(rapid.IntRange(1, most).Draw(t, label+" width"), rapid.IntRange(1, most).Draw(t, label+" height"))
	for range rapid.IntRange(0, 60).Draw(t, label+" dots") {
		b.SetBlack(rapid.IntRange(-2, most+2).Draw(t, "x"), rapid.IntRange(-2, most+2).Draw(t, "y"))
	}
	return b
}

func TestThreshold(t *testing.T) {
	gray := []byte{0, 127, 128, 255, 10, 200, 127, 128, 126, 99, 1, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0}
	if got := Threshold(gray, 12, 9, 2, 127).text(); got != "##..#.#.#\n#........\n" {
		t.Errorf("\n%s", got)
	}
}

func TestFromImage(t *testing.T) {
	colors := []color.Color{color.White, color.Black, color.Transparent, color.NRGBA{0, 0, 0, 100}, color.NRGBA{0, 0, 0, 200}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 0, 255}, color.Gray{127}, color.Gray{128}}
	const want = ".#..##.#.\n"
	rgba := image.NewNRGBA(image.Rect(5, 7, 5+len(colors), 8))
	pal := image.NewPaletted(rgba.Rect, colors)
	for i, c := range colors {
		rgba.Set(5+i, 7, c)
		pal.SetColorIndex(5+i, 7, uint8(i))
	}
	if got := FromImage(rgba).text(); got != want {
		t.Errorf("colours: %swant %s", got, want)
	}
	if got := FromImage(pal).text(); got != want {
		t.Errorf("palette: %swant %s", got, want)
	}
	g := image.NewGray(image.Rect(0, 0, 4, 3))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	g.SetGray(2, 1, color.Gray{0})
	part := g.SubImage(image.Rect(1, 1, 4, 3))
	if got := FromImage(part).text(); got != ".#.\n...\n" {
		t.Errorf("part of a gray picture:\n%s", got)
	}
	if got := FromImage(pal.SubImage(image.Rect(6, 7, 8, 8))).text(); got != "#.\n" {
		t.Errorf("part of a palette picture:\n%s", got)
	}
}

func TestInkAndCount(t *testing.T) {
	for _, c := range []struct {
		b    *Bitmap
		want image.Rectangle
	}{
		{New(20, 3), image.Rectangle{}},
		{New(0, 0), image.Rectangle{}},
		{draw("....................", "...................#"), image.Rect(19, 1, 20, 2)},
		{draw("..........#.........", "...#................", "...................."), image.Rect(3, 0, 11, 2)},
		{draw("........#", "#........"), image.Rect(0, 0, 9, 2)},
	} {
		if got := c.b.Ink(); got != c.want {
			t.Errorf("ink %v, want %v of\n%s", got, c.want, c.b.text())
		}
	}
	if b := draw("#.#", "..."); b.CountBlack() != 2 || b.RowIsBlank(0) || !b.RowIsBlank(1) {
		t.Error("count or blank row")
	}
}

func TestRotate(t *testing.T) {
	b := draw("##.", "..#")
	for q, want := range map[int]string{
		0: "##.\n..#\n", 1: ".#\n.#\n#.\n", 2: "#..\n.##\n", 3: ".#\n#.\n#.\n", -1: ".#\n#.\n#.\n", 4: "##.\n..#\n", 5: ".#\n.#\n#.\n",
	} {
		if got := b.Rotate(q).text(); got != want {
			t.Errorf("%d quarters:\n%swant\n%s", q, got, want)
		}
	}
}

// The operations that work on whole bytes must do what their dots say.
func TestDotByDot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, o := anyPage(t, "page", 40), anyPage(t, "other", 40)
		at := image.Pt(rapid.IntRange(-45, 45).Draw(t, "at x"), rapid.IntRange(-45, 45).Draw(t, "at y"))

		drawn := b.Crop(b.Bounds())
		if !drawn.Equal(b) {
			t.Fatal("a crop of everything differs")
		}
		drawn.Draw(o, at)
		checkPadding(t, drawn)
		black, differing := 0, 0
		for y := range b.H {
			for x := range b.W {
				want := b.Black(x, y) || o.Black(x-at.X, y-at.Y)
				if drawn.Black(x, y) != want {
					t.Fatalf("dot %d, %d after drawing at %v", x, y, at)
				}
				if b.Black(x, y) {
					black++
				}
			}
		}
		for y := range max(b.H, o.H) {
			for x := range max(b.W, o.W) {
				if b.Black(x, y) != o.Black(x, y) {
					differing++
				}
			}
		}
		if b.CountBlack() != black || b.DifferingDots(o) != differing || b.Equal(o) != (differing == 0 && b.W == o.W && b.H == o.H) {
			t.Fatalf("%d black, %d differing, equal %v", b.CountBlack(), b.DifferingDots(o), b.Equal(o))
		}

		r := image.Rect(at.X, at.Y, at.X+rapid.IntRange(0, 50).Draw(t, "crop width"), at.Y+rapid.IntRange(0, 50).Draw(t, "crop height"))
		crop := b.Crop(r)
		checkPadding(t, crop)
		for y := range crop.H {
			for x := range crop.W {
				if crop.Black(x, y) != b.Black(r.Min.X+x, r.Min.Y+y) {
					t.Fatalf("dot %d, %d of crop %v", x, y, r)
				}
			}
		}
		if ink := b.Ink(); !b.Crop(ink).edgesHoldInk(b, ink) || b.Crop(ink).CountBlack() != black {
			t.Fatalf("ink %v", ink)
		}
		q := rapid.IntRange(-5, 5).Draw(t, "quarters")
		turned := b.Rotate(q)
		checkPadding(t, turned)
		if !turned.Rotate(-q).Equal(b) {
			t.Fatalf("%d quarters and back differ", q)
		}
	})
}

// edgesHoldInk tells whether every border line of an ink rectangle holds ink.
func (b *Bitmap) edgesHoldInk(of *Bitmap, ink image.Rectangle) bool {
	if ink.Empty() {
		return of.CountBlack() == 0
	}
	return !b.RowIsBlank(0) && !b.RowIsBlank(b.H-1) && !b.Rotate(1).RowIsBlank(0) && !b.Rotate(3).RowIsBlank(0)
}

func TestPictures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyPage(t, "page", 70)
		var file bytes.Buffer
		if err := b.EncodePNG(&file); err != nil {
			t.Fatal(err)
		}
		if file.Bytes()[24] != 1 {
			t.Fatalf("saved with %d bits a dot", file.Bytes()[24])
		}
		got, err := DecodePNG(&file)
		if err != nil || !got.Equal(b) {
			t.Fatalf("saved and read differs: %v", err)
		}
		if !FromImage(b.Gray()).Equal(b) || !FromImage(struct{ image.Image }{b}).Equal(b) {
			t.Fatal("as a picture it differs")
		}
	})
}

func TestDecodePNGRefuses(t *testing.T) {
	var huge bytes.Buffer
	if err := png.Encode(&huge, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	big := huge.Bytes()
	copy(big[16:24], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff})
	copy(big[29:33], crcOf(big[12:29]))
	for name, data := range map[string][]byte{"no picture": []byte("hello"), "too large": big, "cut": huge.Bytes()[:20]} {
		if _, err := DecodePNG(bytes.NewReader(data)); err == nil || !strings.HasPrefix(err.Error(), "decode page: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := DecodePNG(bytes.NewReader(big)); err == nil || !strings.Contains(err.Error(), "65535 x 65535") {
		t.Errorf("a claim of 4 billion pixels: %v", err)
	}
}

func TestNewRefusesNegativeSizes(t *testing.T) {
	defer func() {
		if r := recover(); !strings.Contains(fmt.Sprint(r), "-1 x 5") {
			t.Errorf("New(-1, 5): %v", r)
		}
	}()
	New(-1, 5)
}

// crcOf is the check at the end of a PNG chunk.
func crcOf(chunk []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
}
