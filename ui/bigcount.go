package ui

import "strconv"

// BigCount is how many units of how many, seen from across the aisle.
type BigCount struct {
	Verified, Quantity int
}

func (c BigCount) draw(p *pen, at box) {
	n := strconv.Itoa(c.Verified)
	ink := p.look.quiet
	if c.Verified > 0 {
		ink = p.look.green
	}
	of := " / " + strconv.Itoa(c.Quantity)
	wide := p.width(n, sizeHuge) + p.width(of, sizeCount+24)
	f := min(1, at.W/wide)
	w := p.text(box{at.X, at.Y, at.W * 0.7, at.H}, n, sizeHuge*f, sizeCount*f, ink, atLeft)
	p.text(box{at.X + w, at.Y, at.W - w, at.H}, of, (sizeCount+24)*f, sizeCount*f, p.look.quiet, atLeft)
}
