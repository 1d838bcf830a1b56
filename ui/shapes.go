package ui

import (
	"image/color"
	"math"
)

// shape is the form that says the same as the colour, for eyes that tell colours
// badly: green check, amber hand, red octagon, purple pause, grey cloud.
type shape int

const (
	noShape shape = iota
	checkShape
	ringShape // due now, or still to come
	handShape
	octagonShape
	pauseShape
	cloudShape
	badgeShape
	boxShape
	questionShape
)

// shape paints a form into a square around (x, y) with half its side r. Colour on
// draws what lies on a filled form.
func (p *pen) shape(s shape, x, y, r float32, c, on color.Color) {
	switch s {
	case checkShape:
		p.disc(x, y, r, c, nil, 0)
		p.tick(x, y, r, on)
	case ringShape:
		p.disc(x, y, r*0.92, nil, c, r*0.16)
	case handShape:
		p.hand(x, y, r, c)
	case octagonShape:
		p.octagon(x, y, r, c)
		d := r * 0.36
		p.line(x-d, y-d, x+d, y+d, c, r*0.15)
		p.line(x-d, y+d, x+d, y-d, c, r*0.15)
	case pauseShape:
		p.disc(x, y, r*0.94, nil, c, r*0.11)
		p.fill(box{x - r*0.36, y - r*0.42, r * 0.24, r * 0.84}, c, r*0.06)
		p.fill(box{x + r*0.12, y - r*0.42, r * 0.24, r * 0.84}, c, r*0.06)
	case cloudShape:
		p.disc(x-r*0.45, y+r*0.18, r*0.42, c, nil, 0)
		p.disc(x+r*0.05, y-r*0.16, r*0.56, c, nil, 0)
		p.disc(x+r*0.55, y+r*0.22, r*0.38, c, nil, 0)
		p.fill(box{x - r*0.45, y + r*0.1, r, r * 0.5}, c, 0)
	case badgeShape:
		p.frame(box{x - r*0.66, y - r*0.72, r * 1.32, r * 1.64}, nil, c, r*0.1, r*0.14)
		p.fill(box{x - r*0.22, y - r*0.95, r * 0.44, r * 0.34}, c, r*0.1)
		p.disc(x, y-r*0.16, r*0.28, c, nil, 0)
		p.fill(box{x - r*0.42, y + r*0.26, r * 0.84, r * 0.38}, c, r*0.18)
	case boxShape:
		p.frame(box{x - r*0.9, y - r*0.6, r * 1.8, r * 1.4}, nil, c, r*0.1, r*0.1)
		p.line(x-r*0.86, y-r*0.16, x+r*0.86, y-r*0.16, c, r*0.1)
		p.fill(box{x - r*0.2, y - r*0.6, r * 0.4, r * 0.75}, c, 0)
	case questionShape:
		p.disc(x, y, r*0.94, nil, c, r*0.11)
		h := r * 1.5
		p.text(box{x - r, y - h/2, 2 * r, h}, "?", r*0.95, sizeLeast, c, atCentre)
	}
}

func (p *pen) tick(x, y, r float32, c color.Color) {
	w := r * 0.18
	p.line(x-r*0.42, y+r*0.02, x-r*0.1, y+r*0.34, c, w)
	p.line(x-r*0.1, y+r*0.34, x+r*0.44, y-r*0.3, c, w)
}

func (p *pen) octagon(x, y, r float32, c color.Color) {
	corner := func(i int) (float32, float32) {
		a := math.Pi/8 + float64(i)*math.Pi/4
		return x + r*float32(math.Cos(a)), y + r*float32(math.Sin(a))
	}
	for i := range 8 {
		x1, y1 := corner(i)
		x2, y2 := corner(i + 1)
		p.line(x1, y1, x2, y2, c, r*0.11)
		p.disc(x1, y1, r*0.055, c, nil, 0) // no gap where the lines meet
	}
}

// hand is a raised palm: stop and look.
func (p *pen) hand(x, y, r float32, c color.Color) {
	p.fill(box{x - r*0.42, y - r*0.1, r * 0.94, r * 0.98}, c, r*0.3)
	for i, top := range []float32{-0.72, -0.92, -0.86, -0.62} {
		p.fill(box{x - r*0.42 + float32(i)*r*0.245, y + r*top, r * 0.205, r * 1.1}, c, r*0.1)
	}
	p.line(x-r*0.34, y+r*0.45, x-r*0.72, y+r*0.02, c, r*0.22)
	p.disc(x-r*0.72, y+r*0.02, r*0.11, c, nil, 0)
}
