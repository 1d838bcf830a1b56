package ui

import "image/color"

// VerifyBody is the screen while items are scanned: the goods that are due on the
// left, what to do and how many on the right, all lines below.
type VerifyBody struct {
	Prompt string
	Goods  Goods // that are due
	Count  BigCount
	Has    bool // a line is due
	Rows   []LineRow
	Facts  ParcelFacts
}

// ParcelFacts is what must be seen at every step.
type ParcelFacts struct {
	Of      string // parcel 1/2; empty when there is one
	Clock   string // ship by
	Late    bool
	Note    string // the buyer's
	Warning string // held, gift and the like
}

// draw of the note box: amber, as the buyer's wish is easily overlooked.
func (f ParcelFacts) drawNote(p *pen, at box) {
	if f.Note == "" && f.Warning == "" {
		return
	}
	p.frame(at, p.look.surface, p.look.amber, 2, 14)
	s := f.Note
	if f.Warning != "" {
		if s != "" {
			s = f.Warning + "　" + s
		} else {
			s = f.Warning
		}
	}
	middleAt(p, at.inset(24, 6), s, 36, 24, p.look.amber, atLeft)
}

// drawClock paints parcel number and deadline, the number huge: who packs one of
// two must know.
func (f ParcelFacts) drawClock(p *pen, at box) {
	c := p.look.quiet
	if f.Late {
		c = p.look.amber
	}
	if f.Of == "" {
		p.para(at, f.Clock, 36, 24, c, atLeft)
		return
	}
	of, rest := at.top(at.H * 0.52)
	p.text(of, f.Of, 64, 36, p.look.amber, atLeft)
	p.para(rest, f.Clock, 34, 24, c, atLeft)
}

func (v VerifyBody) draw(p *pen, at box) {
	in := at.inset(40, 24)
	left, right := in.left(in.W * 0.415)
	_, right = right.left(40)

	if v.Facts.Note != "" || v.Facts.Warning != "" {
		var note box
		note, left = left.bottom(132)
		v.Facts.drawNote(p, note)
		_, left = left.bottom(20)
	}
	v.Goods.draw(p, left)

	prompt, rest := right.top(104)
	p.text(prompt, v.Prompt, sizePrompt, sizePart, p.look.text, atLeft)
	if v.Has {
		var name, count box
		name, rest = rest.top(76)
		p.goods(name, v.Goods.Name, v.Goods.Spec, 52, sizeName, p.look.text)
		count, rest = rest.top(180)
		number, facts := count.left(count.W * 0.5)
		v.Count.draw(p, number)
		v.Facts.drawClock(p, facts.inset(0, 14))
	} else {
		var facts box
		facts, rest = rest.top(120)
		v.Facts.drawClock(p, facts)
	}
	_, rest = rest.top(12)
	lineRows(p, v.Rows, rest)
}

// clockInk is the colour of a deadline.
func (p *pen) clockInk(f ParcelFacts) color.Color {
	if f.Late {
		return p.look.amber
	}
	return p.look.quiet
}
