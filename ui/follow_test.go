package ui

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"packbench/bench"
	"packbench/packing"
	"packbench/raster"
)

// TestFollowsTheBench: a change is drawn, once however many there were, and a
// red alert is heard every two seconds.
func TestFollowsTheBench(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(newTheme(darkLook()))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newFakeBench(verifying())
		var mu sync.Mutex
		var posted []func()
		var heard []packing.Sound
		s, err := NewScreen(ctx, Options{Bench: b, Sound: func(x packing.Sound) { mu.Lock(); heard = append(heard, x); mu.Unlock() }, Now: time.Now},
			func(f func()) { mu.Lock(); posted = append(posted, f); mu.Unlock() })
		if err != nil {
			t.Fatal(err)
		}
		s.root.Resize(fyne.NewSize(1366, 768))
		run := func() (n int) {
			synctest.Wait()
			mu.Lock()
			fs := posted
			posted = nil
			mu.Unlock()
			for _, f := range fs {
				f()
			}
			return len(fs)
		}
		s.Start(ctx)
		run()
		for range 5 {
			b.set(weighing())
			synctest.Wait()
		}
		if n := run(); n != 1 {
			t.Errorf("%d drawings waited, want 1", n)
		}
		if _, ok := s.body.drawing.(WeighBody); !ok {
			t.Errorf("the screen shows %T", s.body.drawing)
		}
		if heard != nil {
			t.Errorf("heard %v without an alert", heard)
		}
		b.set(benchAlerts()["over scan"])
		time.Sleep(5 * time.Second)
		run()
		b.set(benchAlerts()["unknown code"])
		time.Sleep(5 * time.Second)
		run()
		b.set(benchAlerts()["cancelled"])
		time.Sleep(3 * time.Second)
		run()
		want := []packing.Sound{packing.SoundOver, packing.SoundOver, packing.SoundCancelled}
		if got := slices.Compact(slices.Clone(heard)); len(heard) < 3 || len(heard) > 5 || !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("heard %v", heard)
		}
		cancel()
		synctest.Wait()
	})
}

// TestOnlyWhatDiffersIsPainted: live digits do not repaint the strip.
func TestOnlyWhatDiffersIsPainted(t *testing.T) {
	r := newRig(t, weighing(), "zh", 1366, 768)
	strip, foot, body := r.strip.painted, r.foot.painted, r.body.painted
	v := weighing()
	v.Scale.Mg += 1000
	r.Show(v)
	if r.strip.painted != strip || r.foot.painted != foot {
		t.Error("strip or foot were painted again")
	}
	if r.body.painted == body {
		t.Error("the digits were not painted")
	}
	r.wantWords("digits", "0.743")
}

// TestAlertOverUnchangedScreen: a new frame is asked for although nothing but the
// hidden overlay has changed, and none where nothing has.
func TestAlertOverUnchangedScreen(t *testing.T) {
	r := newRig(t, verifying(), "zh", 1366, 768)
	frames := 0
	r.repaint = func() { frames++ }
	r.Show(benchAlerts()["wrong item"])
	if frames != 1 {
		t.Errorf("%d frames for the alert", frames)
	}
	r.Show(verifying())
	if frames != 2 {
		t.Errorf("%d frames after it was cleared", frames)
	}
	r.Show(verifying())
	if frames != 2 {
		t.Errorf("%d frames without a change", frames)
	}
}

// TestOverlayCovers: an overlay covers all of the window in red and only the middle
// in amber, also after the window has changed.
func TestOverlayCovers(t *testing.T) {
	alerts := benchAlerts()
	r := newRig(t, alerts["wrong item"], "zh", 1366, 768)
	for _, size := range []fyne.Size{fyne.NewSize(1366, 768), fyne.NewSize(1920, 1080), fyne.NewSize(800, 600)} {
		r.window.Resize(size)
		r.Show(alerts["wrong item"])
		if r.upfront.Size() != size || !r.upfront.Visible() {
			t.Errorf("red covers %v of %v", r.upfront.Size(), size)
		}
		r.Show(alerts["unknown code"])
		if r.upfront.Size() != r.body.Size() || r.upfront.Position() != r.body.Position() {
			t.Errorf("amber covers %v, the body is %v", r.upfront.Size(), r.body.Size())
		}
		r.Show(verifying())
		if r.upfront.Visible() {
			t.Error("an overlay without alert")
		}
	}
}

func TestLabelPreviewComes(t *testing.T) {
	r := newRig(t, proving(), "zh", 1920, 1080)
	r.wantWords("loading", "正在取面单")
	r.pump(func() bool { return strings.Contains(r.words(), "预览就是打印点阵") })
	p := r.body.drawing.(ProveBody).Preview
	bm, _ := testLabel(t.Context(), "", 0)
	b := p.Picture.Bounds()
	if h := b.Dy(); h < 500 || h > 1080 || b.Dx() != (bm.W*h+bm.H/2)/bm.H {
		t.Errorf("the preview is %v", b)
	}
}

func TestLabelPreviewFails(t *testing.T) {
	r := newRig(t, verifying(), "zh", 1920, 1080)
	fails := true
	r.pics.page = func(ctx context.Context, hash string, page int) (*raster.Bitmap, error) {
		if fails {
			return nil, errors.New("no file")
		}
		return testLabel(ctx, hash, page)
	}
	r.Show(proving())
	r.pump(func() bool { return strings.Contains(r.words(), "面单图读不出来") })
	fails = false
	r.Show(healthy()) // another parcel: try again
	r.Show(proving())
	r.pump(func() bool { return strings.Contains(r.words(), "预览就是打印点阵") })
}

// TestReduce: a picture as tall as the page is the page, dot by dot; a smaller
// one has the same amount of ink.
func TestReduce(t *testing.T) {
	bm, _ := testLabel(t.Context(), "", 0)
	same := reduce(bm, 5000)
	for y := range bm.H {
		for x := range bm.W {
			want := uint8(255)
			if bm.Black(x, y) {
				want = 0
			}
			if got := same.RGBAAt(x, y); got != (color.RGBA{want, want, want, 255}) {
				t.Fatalf("dot %d,%d is %v", x, y, got)
			}
		}
	}
	small := reduce(bm, 431)
	ink := 0.0
	for i := 0; i < len(small.Pix); i += 4 {
		ink += 1 - float64(small.Pix[i])/255
	}
	want := float64(bm.CountBlack()) / float64(bm.W*bm.H)
	if got := ink / float64(small.Rect.Dx()*small.Rect.Dy()); got < want*0.98 || got > want*1.02 {
		t.Errorf("%.4f of the picture is ink, of the page %.4f", got, want)
	}
	if one := reduce(raster.New(1, 1), 0); one.Rect.Dx() != 1 || one.Rect.Dy() != 1 {
		t.Errorf("one dot became %v", one.Rect)
	}
}

func TestGoodsPictures(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "pictures")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path string, w, h int) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(inside, "wide.png"), 4000, 100)
	write(filepath.Join(dir, "secret.png"), 10, 10)
	if err := os.WriteFile(filepath.Join(inside, "broken.png"), []byte("\x89PNG\r\n\x1a\nno"), 0o600); err != nil {
		t.Fatal(err)
	}
	img, err := loadGoods(inside, "wide.png")
	if err != nil || img.Bounds().Dx() != goodsWidth {
		t.Errorf("wide.png: %v %v", img, err)
	}
	for _, name := range []string{"../secret.png", "/etc/passwd", "none.png", "broken.png", "", "https://x/y.png"} {
		if img, err := loadGoods(inside, name); err == nil {
			t.Errorf("%q was loaded: %v", name, img.Bounds())
		}
	}
}

func TestStepsOf(t *testing.T) {
	v := verifying()
	if got := stepsOf(v); !slices.Equal(got, []packing.Step{"verify", "weigh", "print", "prove", "seal"}) {
		t.Errorf("verify-first: %v", got)
	}
	v.Scale = bench.ScaleView{}
	v.Flow = string(packing.LabelFirst)
	if got := stepsOf(v); !slices.Equal(got, []packing.Step{"print", "prove", "verify", "seal"}) {
		t.Errorf("label-first without scale: %v", got)
	}
	p := proving().Parcel
	for step, want := range map[packing.Step]bool{"verify": true, "weigh": true, "print": true, "prove": false, "seal": false} {
		if stepDoneIn(p, step) != want {
			t.Errorf("step %s: done %v", step, !want)
		}
	}
}

func TestCourierKeepsOrder(t *testing.T) {
	c := newCourier()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []int
	done := make(chan struct{})
	for i := range 1000 {
		c.send(func(context.Context) {
			if got = append(got, i); i == 999 {
				close(done)
			}
		})
		if i == 500 {
			go c.run(ctx)
		}
	}
	<-done
	if !slices.IsSorted(got) || len(got) != 1000 {
		t.Errorf("%d deliveries, sorted %v", len(got), slices.IsSorted(got))
	}
}

// charWidth is a simple measure: Chinese is twice as wide.
func charWidth(s string, size float32) float32 {
	w := float32(0)
	for _, r := range s {
		if w += size / 2; wide(r) {
			w += size / 2
		}
	}
	return w
}

func TestWrap(t *testing.T) {
	for _, x := range []struct {
		s     string
		width float32
		want  []string
	}{
		{"", 100, nil},
		{"one two three", 40, []string{"one two", "three"}},
		{"拿错了，放一边", 40, []string{"拿错", "了，放", "一边"}},
		{"扫「知道了」码", 40, []string{"扫「知", "道了」", "码"}},
		{"SF1410223344556", 40, []string{"SF141022", "3344556"}},
		{"要 ABC 两个", 30, []string{"要 ABC", "两个"}},
	} {
		if x.s == "拿错了，放一边" || x.s == "扫「知道了」码" {
			for _, line := range wrap(x.s, 10, x.width, charWidth) {
				first, _ := utf8.DecodeRuneInString(line)
				last, _ := utf8.DecodeLastRuneInString(line)
				if strings.ContainsRune("，」", first) || strings.ContainsRune("「", last) {
					t.Errorf("wrap(%q) has the line %q", x.s, line)
				}
			}
			continue
		}
		if got := wrap(x.s, 10, x.width, charWidth); !slices.Equal(got, x.want) {
			t.Errorf("wrap(%q, %g) = %q, want %q", x.s, x.width, got, x.want)
		}
	}
}

// FuzzWrap: no text is lost but white space, whatever the width.
func FuzzWrap(f *testing.F) {
	f.Add("要：红杯 L ×1　你扫的：红杯 XL。放一边，扫「知道了」", uint16(120))
	f.Add("aaaaaaaaaaaaaaaaaa b", uint16(3))
	f.Fuzz(func(t *testing.T, s string, width uint16) {
		if !utf8.ValidString(s) || len(s) > 500 {
			t.Skip()
		}
		strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
		lines := wrap(s, 10, float32(width), charWidth)
		if got, want := strip(strings.Join(lines, "")), strip(s); got != want {
			t.Errorf("wrap(%q, %d) = %q", s, width, lines)
		}
		for _, line := range lines {
			if width >= 10 && charWidth(line, 10) > float32(width) {
				t.Errorf("wrap(%q, %d): the line %q is too wide", s, width, line)
			}
		}
		if short := shorten(s, 10, float32(width), charWidth); width >= 10 && charWidth(short, 10) > float32(width) {
			t.Errorf("shorten(%q, %d) = %q", s, width, short)
		}
	})
}

func TestNewScreenRefuses(t *testing.T) {
	if _, err := NewScreen(t.Context(), Options{}, func(func()) {}); err == nil {
		t.Error("a screen without bench")
	}
	if _, err := NewScreen(t.Context(), Options{Bench: newFakeBench(healthy()), Language: "tlh"}, func(func()) {}); err == nil {
		t.Error("a screen in a language that is not there")
	}
}
