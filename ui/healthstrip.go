package ui

// HealthStrip is the line on top: which bench, who works, how network, outbox
// and devices stand, and the time.
type HealthStrip struct {
	Bench  string
	Person string
	Marks  []string // picking, solo
	Health []HealthMark
	Clock  string
}

// HealthMark is one device or connection.
type HealthMark struct {
	Shape shape
	Words string
}

func (h HealthStrip) draw(p *pen, at box) {
	p.fill(at, p.look.surface, 0)
	in := at.inset(32, 8)
	clock, in := in.right(120)
	p.text(clock, h.Clock, 36, sizeStatus, p.look.text, atRight)

	// From the right: health. What doesn't fit beside the names gets smaller.
	size := float32(30)
	need := func() (w float32) {
		for _, m := range h.Health {
			w += markWidth(p, m, size)
		}
		return w
	}
	for size > 22 && need() > in.W*0.66 {
		size--
	}
	var right box
	right, in = in.right(min(need(), in.W*0.72))
	for _, m := range h.Health {
		var cell box
		cell, right = right.left(min(markWidth(p, m, size), right.W))
		m.draw(p, cell, size)
	}

	x := in.X
	put := func(s string, size float32, quiet bool) {
		if s == "" || x >= in.X+in.W {
			return
		}
		c := p.look.text
		if quiet {
			c = p.look.quiet
		}
		x += p.text(box{x, in.Y, in.X + in.W - x, in.H}, s, size, sizeLeast, c, atLeft) + 36
	}
	put(h.Bench, 36, false)
	put(h.Person, 36, false)
	for _, m := range h.Marks {
		w := p.width(m, sizeStatus) + 32
		if x+w > in.X+in.W {
			break
		}
		p.frame(box{x, in.Y + in.H/2 - 24, w, 48}, p.look.chosen, p.look.blue, 2, 24)
		p.text(box{x, in.Y + in.H/2 - 24, w, 48}, m, sizeStatus, sizeLeast, p.look.text, atCentre)
		x += w + 16
	}
}

const markIcon = 15 // half the side of a mark's shape

func markWidth(p *pen, m HealthMark, size float32) float32 {
	w := p.width(m.Words, size) + 36
	if m.Shape != noShape {
		w += 2*markIcon + 10
	}
	return w
}

func (m HealthMark) draw(p *pen, at box, size float32) {
	x := at.X + 12
	if m.Shape != noShape {
		c := p.look.green
		switch m.Shape {
		case handShape:
			c = p.look.amber
		case octagonShape:
			c = p.look.amber
		case cloudShape, ringShape:
			c = p.look.quiet
		}
		p.shape(m.Shape, x+markIcon, at.Y+at.H/2, markIcon, c, p.look.mark)
		x += 2*markIcon + 10
	}
	p.text(box{x, at.Y, at.X + at.W - x - 8, at.H}, m.Words, size, sizeLeast, p.look.text, atLeft)
}
