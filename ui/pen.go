package ui

import (
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"packbench/text"
)

// The screen that all sizes are designed for.
const (
	designWidth  = 1920
	designHeight = 1080
)

// Sizes of text, in design pixels (BENCH §10: readable from 1.5 m).
const (
	sizeHuge   = 150 // the count
	sizeCount  = 96  // the smallest that a quantity may be
	sizePrompt = 72  // what to do now
	sizePart   = 64  // the smallest that the prompt may be
	sizeName   = 44  // goods
	sizeItem   = 32  // the smallest that a name may be
	sizeStatus = 28
	sizeLeast  = 18 // nothing is smaller
)

// box is a rectangle in design pixels.
type box struct{ X, Y, W, H float32 }

func (b box) inset(dx, dy float32) box { return box{b.X + dx, b.Y + dy, b.W - 2*dx, b.H - 2*dy} }

// top cuts a slice of height h off and returns it with the rest.
func (b box) top(h float32) (slice, rest box) {
	return box{b.X, b.Y, b.W, h}, box{b.X, b.Y + h, b.W, b.H - h}
}

func (b box) bottom(h float32) (slice, rest box) {
	return box{b.X, b.Y + b.H - h, b.W, h}, box{b.X, b.Y, b.W, b.H - h}
}

func (b box) left(w float32) (slice, rest box) {
	return box{b.X, b.Y, w, b.H}, box{b.X + w, b.Y, b.W - w, b.H}
}

func (b box) right(w float32) (slice, rest box) {
	return box{b.X + b.W - w, b.Y, w, b.H}, box{b.X, b.Y, b.W - w, b.H}
}

func (b box) contains(x, y float32) bool {
	return x >= b.X && x < b.X+b.W && y >= b.Y && y < b.Y+b.H
}

// align is where a text stands in its box.
type align = fyne.TextAlign

const (
	atLeft   = fyne.TextAlignLeading
	atCentre = fyne.TextAlignCenter
	atRight  = fyne.TextAlignTrailing
)

// lineOverlap is how much higher than its box a line may be. Of a line of the
// bundled font a quarter is empty.
const lineOverlap = 1.18

// pen paints one drawing.
type pen struct {
	look    *look
	words   *text.Catalogue
	k       float32 // canvas units a design pixel
	pressed int     // index of the area under a finger, -1 = none
	images  *imagePool

	objects []fyne.CanvasObject
	areas   []area
	cut     []string // texts that had to be shortened
}

// area is a place that can be touched.
type area struct {
	box    box
	action action
}

func (p *pen) place(o fyne.CanvasObject, b box) {
	o.Move(fyne.NewPos(b.X*p.k, b.Y*p.k))
	o.Resize(fyne.NewSize(b.W*p.k, b.H*p.k))
	p.objects = append(p.objects, o)
}

// width measures in design pixels.
func (p *pen) width(s string, size float32) float32 {
	return fyne.MeasureText(s, size*p.k, fyne.TextStyle{}).Width / p.k
}

// lineHeight is the height of one line at a size.
func (p *pen) lineHeight(size float32) float32 {
	return fyne.MeasureText("国Ág", size*p.k, fyne.TextStyle{}).Height / p.k
}

func (p *pen) fill(b box, c color.Color, radius float32) { p.frame(b, c, nil, 0, radius) }

// frame paints a rectangle with a border inside its box.
func (p *pen) frame(b box, fill, border color.Color, width, radius float32) {
	r := &canvas.Rectangle{FillColor: fill, StrokeColor: border, StrokeWidth: width * p.k, CornerRadius: radius * p.k}
	if fill == nil {
		r.FillColor = color.Transparent
	}
	p.place(r, b)
}

func (p *pen) disc(x, y, radius float32, fill, border color.Color, width float32) {
	c := &canvas.Circle{FillColor: fill, StrokeColor: border, StrokeWidth: width * p.k}
	if fill == nil {
		c.FillColor = color.Transparent
	}
	p.place(c, box{x - radius, y - radius, 2 * radius, 2 * radius})
}

func (p *pen) line(x1, y1, x2, y2 float32, c color.Color, width float32) {
	l := &canvas.Line{StrokeColor: c, StrokeWidth: width * p.k}
	l.Position1 = fyne.NewPos(x1*p.k, y1*p.k)
	l.Position2 = fyne.NewPos(x2*p.k, y2*p.k)
	p.objects = append(p.objects, l)
}

// text paints one line: at its size if it fits the box, else smaller, down to
// least, else shortened. It stands in the middle of the box's height and answers
// the width that it takes.
func (p *pen) text(b box, s string, size, least float32, c color.Color, at align) float32 {
	if s == "" {
		return 0
	}
	// A line is much higher than its ink, so it may stand out of its box a little.
	if h := p.lineHeight(size); h > b.H*lineOverlap {
		size = max(least, size*b.H*lineOverlap/h)
	}
	if h := p.lineHeight(size); h > b.H {
		b = box{b.X, b.Y - (h-b.H)/2, b.W, h}
	}
	w := p.width(s, size)
	for w > b.W && size > least { // widths are not quite proportional to sizes
		size = max(least, min(size*b.W/w, size-0.5))
		w = p.width(s, size)
	}
	if w > b.W {
		s = shorten(s, size, b.W, p.width)
		p.cut = append(p.cut, s)
		w = p.width(s, size)
	}
	t := &canvas.Text{Text: s, TextSize: size * p.k, Color: c, Alignment: at}
	p.place(t, b)
	return w
}

// goods paints name and specification on one line. When both are too long the
// name is shortened: the specification is what tells look-alikes apart.
func (p *pen) goods(b box, name, spec string, size, least float32, c color.Color) {
	all := strings.TrimSpace(name + " " + spec)
	if spec == "" || p.width(all, least) <= b.W {
		p.text(b, all, size, least, c, atLeft)
		return
	}
	ws := min(p.width(spec, least), b.W*0.7)
	gap := least / 3
	w := p.text(box{b.X, b.Y, b.W - ws - gap, b.H}, name, least, least, c, atLeft)
	p.text(box{b.X + w + gap, b.Y, b.W - w - gap, b.H}, spec, least, sizeLeast, c, atLeft)
}

// para paints as many lines as the box holds, the first at its top: at the size
// if all fit, else smaller, down to least, else shortened. It answers the height
// that it takes.
func (p *pen) para(b box, s string, size, least float32, c color.Color, at align) float32 {
	if s == "" {
		return 0
	}
	lines := wrap(s, size, b.W, p.width)
	for size > least && float32(len(lines))*p.lineHeight(size) > b.H {
		size = max(least, size-2)
		lines = wrap(s, size, b.W, p.width)
	}
	h := p.lineHeight(size)
	if room := max(1, int(b.H/h)); len(lines) > room {
		lines = lines[:room]
		lines[room-1] = shorten(lines[room-1]+" ……", size, b.W, p.width)
		p.cut = append(p.cut, s)
	}
	for i, line := range lines {
		p.place(&canvas.Text{Text: line, TextSize: size * p.k, Color: c, Alignment: at}, box{b.X, b.Y + float32(i)*h, b.W, h})
	}
	return float32(len(lines)) * h
}

// image paints a picture as large as it fits in the middle of the box.
func (p *pen) image(b box, img image.Image) box {
	size := img.Bounds().Size()
	if size.X == 0 || size.Y == 0 || b.W <= 0 || b.H <= 0 {
		return b
	}
	f := min(b.W/float32(size.X), b.H/float32(size.Y))
	w, h := float32(size.X)*f, float32(size.Y)*f
	at := box{b.X + (b.W-w)/2, b.Y + (b.H-h)/2, w, h}
	p.place(p.images.take(img), at)
	return at
}

// imagePool keeps the canvas objects of pictures over repaints, because a new
// one would be sent to the graphics card again.
type imagePool struct {
	kept map[image.Image][]*canvas.Image
	used map[image.Image]int
}

func (i *imagePool) take(img image.Image) *canvas.Image {
	n := i.used[img]
	i.used[img]++
	if n < len(i.kept[img]) {
		return i.kept[img][n]
	}
	c := &canvas.Image{Image: img, FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}
	i.kept[img] = append(i.kept[img], c)
	return c
}

// begin starts a repaint; end forgets what it did not use.
func (i *imagePool) begin() {
	if i.kept == nil {
		i.kept = map[image.Image][]*canvas.Image{}
	}
	i.used = map[image.Image]int{}
}

func (i *imagePool) end() {
	for img := range i.kept {
		if i.used[img] == 0 {
			delete(i.kept, img)
		}
	}
}
