package label

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/boombuler/barcode/code128"

	"packbench/raster"
)

// TestCode128Table checks what the standard says of every character, so that a
// slip of the pen in the table can't hide.
func TestCode128Table(t *testing.T) {
	seen := map[[6]int8]int{}
	for c, w := range code128Widths {
		if sum := w[0] + w[1] + w[2] + w[3] + w[4] + w[5]; sum != 11 {
			t.Errorf("character %d has %d modules", c, sum)
		}
		if (w[0]+w[2]+w[4])%2 != 0 {
			t.Errorf("character %d has an odd number of black modules", c)
		}
		if other, twice := seen[w]; twice {
			t.Errorf("characters %d and %d are equal", other, c)
		}
		seen[w] = c
	}
}

// lineOf draws widths, a bar first, after quiet white.
func lineOf(quiet, behind int, widths []int) line {
	x := quiet
	var l line
	for _, w := range widths {
		l.runs = append(l.runs, w)
		l.start = append(l.start, x)
		x += w
	}
	l.w = x + behind
	return l
}

// widthsOf are the bars and spaces of another maker's code, times scale, the
// edges rounded to whole dots, every bar wider by spread dots.
func widthsOf(t testing.TB, text string, scale, phase, spread float64) []int {
	t.Helper()
	code, err := code128.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	var edges []int
	black := false
	for i := 0; i <= code.Bounds().Dx(); i++ {
		now := false
		if i < code.Bounds().Dx() {
			r, _, _, _ := code.At(i, 0).RGBA()
			now = r == 0
		}
		if now != black {
			half := spread / 2
			if now {
				half = -half
			}
			edges = append(edges, int(float64(i)*scale+phase+half+100.5))
			black = now
		}
	}
	widths := make([]int, len(edges)-1)
	for i := range widths {
		widths[i] = edges[i+1] - edges[i]
	}
	return widths
}

// TestCode128OtherMaker reads codes that another library made, over the sizes
// and prints that a thermal head gives.
func TestCode128OtherMaker(t *testing.T) {
	texts := []string{"1Z999AA10123456784", "420294409236190361980900000015", "JJD013036538172296379", "SPXVN0412345678", "ab~C\tD", "12345", "PBC0123"}
	for _, text := range texts {
		for _, module := range []float64{1.7, 2, 2.3, 3, 4.1, 6} {
			for _, phase := range []float64{0, 0.3, 0.7} {
				for _, spread := range []float64{-0.4, 0, 0.6, 1} {
					if module < 2 && spread != 0 {
						continue // an edge off by rounding and spread is beyond half a module
					}
					widths := widthsOf(t, text, module, phase, spread)
					quiet := int(10 * module)
					l := lineOf(quiet, quiet, widths)
					f, ok := read128(&l, 0)
					if !ok || f.text != text {
						t.Errorf("%q at %g dots a module, phase %g, spread %g: read %q, %v", text, module, phase, spread, f.text, ok)
					}
				}
			}
		}
	}
}

func TestCode128Refuses(t *testing.T) {
	good := widthsOf(t, "HELLO12345", 3, 0, 0)
	read := func(quiet, behind int, widths []int) bool {
		l := lineOf(quiet, behind, widths)
		_, ok := read128(&l, 0)
		return ok
	}
	if !read(30, 30, good) {
		t.Fatal("the good code isn't read")
	}
	if read(6, 30, good) {
		t.Error("read without a quiet zone in front")
	}
	if read(30, 6, good) {
		t.Error("read without a quiet zone behind")
	}
	swapped := append([]int(nil), good...)
	copy(swapped[12:18], good[18:24])
	copy(swapped[18:24], good[12:18])
	if read(30, 30, swapped) {
		t.Error("two characters exchanged pass the check character")
	}
	if read(30, 30, good[:len(good)-6]) {
		t.Error("read without its end")
	}
}

func TestSpell128(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start int
		data  []int
		text  string
		gs1   bool
	}{
		{"B", code128StartB, []int{33, 66}, "Ab", false},
		{"A control", code128StartA, []int{33, 73}, "A\t", false},
		{"C", code128StartC, []int{12, 5}, "1205", false},
		{"C to B", code128StartC, []int{12, code128ToB, 33}, "12A", false},
		{"shift", code128StartB, []int{33, code128Shift, 73, 66}, "A\tb", false},
		{"GS1", code128StartC, []int{code128FNC1, 1, 23}, "0123", true},
		{"inner FNC1", code128StartC, []int{code128FNC1, 10, code128FNC1, 21}, "10\x1d21", true},
		{"FNC4", code128StartB, []int{code128ToB, 'd' - ' '}, "ä", false},
		{"FNC3", code128StartB, []int{96, 33}, "A", false},
	} {
		text, gs1, ok := spell128(tc.start, tc.data)
		if !ok || text != tc.text || gs1 != tc.gs1 {
			t.Errorf("%s: %q, %v, %v", tc.name, text, gs1, ok)
		}
	}
}

// TestReadLine compares the run lengths with the plain meaning of the dots.
func TestReadLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		bm := raster.New(1+rng.IntN(90), 1)
		for x := range bm.W {
			if rng.IntN(3) == 0 {
				bm.SetBlack(x, 0)
			}
		}
		var l, r line
		l.readLine(bm, 0)
		back := raster.New(bm.W, 1)
		for i := 0; i < len(l.runs); i += 2 {
			for k := range l.runs[i] {
				back.SetBlack(l.start[i]+k, 0)
			}
			if i+1 < len(l.runs) && l.start[i]+l.runs[i]+l.runs[i+1] != l.start[i+2] {
				t.Fatal("a gap doesn't lead to the next bar")
			}
		}
		if !back.Equal(bm) {
			t.Fatalf("runs %v at %v are not the row", l.runs, l.start)
		}
		r.reversed(&l)
		turned := bm.Rotate(2)
		l.readLine(turned, 0)
		if len(l.runs) != len(r.runs) {
			t.Fatal("reversed line differs from the turned page")
		}
		for i := range l.runs {
			if l.runs[i] != r.runs[i] || l.start[i] != r.start[i] {
				t.Fatal("reversed line differs from the turned page")
			}
		}
	}
}

// FuzzCode128 feeds any run lengths: no panic, and what is read must be what an
// encoder's check character allows.
func FuzzCode128(f *testing.F) {
	for _, text := range []string{"HELLO12345", "0123456789", "a\tB"} {
		var b strings.Builder
		for _, w := range widthsOf(f, text, 3, 0, 0) {
			b.WriteByte(byte(w))
		}
		f.Add([]byte(b.String()), byte(30), byte(30))
	}
	f.Fuzz(func(t *testing.T, data []byte, quiet, behind byte) {
		widths := make([]int, 0, len(data))
		for _, v := range data {
			widths = append(widths, 1+int(v))
		}
		if len(widths)%2 == 0 && len(widths) > 0 {
			widths = widths[1:]
		}
		l := lineOf(int(quiet), int(behind), widths)
		for i := 0; i < len(widths); i += 2 {
			if got, ok := read128(&l, i); ok && (got.text == "" || got.last <= got.first || got.last >= len(widths)) {
				t.Errorf("read %+v", got)
			}
		}
	})
}

// FuzzReadCodes feeds any small page to all readers.
func FuzzReadCodes(f *testing.F) {
	f.Add([]byte("\xaa\x55\xff\x00\xaa\x55\xff\x00"), uint8(16))
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		w := 8 * (1 + int(width)%64)
		h := len(data) / (w / 8)
		if h == 0 || h > 200 {
			return
		}
		bm := raster.New(w, h)
		copy(bm.Bits, data)
		for _, c := range ReadCodes(bm, 203.2) {
			if c.Text == "" || !c.Box.In(bm.Bounds()) {
				t.Errorf("code %+v on a page of %d x %d", c, w, h)
			}
		}
	})
}
