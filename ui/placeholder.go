package ui

import (
	"image"
	"image/color"
)

// Goods is what is seen of goods: their picture, or, where there is none, a
// placeholder that gives the room to name and specification.
type Goods struct {
	Name, Spec string
	Picture    image.Image // nil = none, or not loaded yet
}

func (g Goods) draw(p *pen, at box) {
	p.frame(at, p.look.deep, p.look.line, 2, 20)
	in := at.inset(28, 24)
	if g.Picture != nil {
		if g.Spec != "" {
			var spec box
			spec, in = in.bottom(60)
			p.text(spec, g.Spec, sizeName, sizeStatus, p.look.text, atCentre)
		}
		p.image(in, g.Picture)
		return
	}
	Placeholder(g).draw(p, in)
}

// Placeholder stands where goods have no picture.
type Placeholder Goods

func (g Placeholder) draw(p *pen, at box) {
	icon, rest := at.top(at.H * 0.26)
	p.shape(boxShape, icon.X+icon.W/2, icon.Y+icon.H/2, icon.H*0.4, p.look.line, p.look.line)
	var spec box
	if g.Spec != "" {
		spec, rest = rest.bottom(rest.H * 0.36)
	}
	middle(p, rest.inset(4, 4), g.Name, 84, sizeItem, p.look.text)
	if g.Spec != "" {
		p.frame(spec, p.look.surface, nil, 0, 14)
		middle(p, spec.inset(16, 8), g.Spec, 76, sizeItem, p.look.amber)
	}
}

// middle paints a paragraph in the middle of a box, as large as it fits.
func middle(p *pen, at box, s string, size, least float32, c color.Color) {
	middleAt(p, at, s, size, least, c, atCentre)
}

// middleAt does so with lines that begin or end where they should.
func middleAt(p *pen, at box, s string, size, least float32, c color.Color, side align) {
	if s == "" {
		return
	}
	for ; size > least; size -= 4 {
		if float32(len(wrap(s, size, at.W, p.width)))*p.lineHeight(size) <= at.H {
			break
		}
	}
	size = max(size, least)
	h := min(at.H, float32(len(wrap(s, size, at.W, p.width)))*p.lineHeight(size))
	p.para(box{at.X, at.Y + (at.H-h)/2, at.W, at.H - (at.H-h)/2}, s, size, least, c, side)
}
