package ui

// WeighBody is the screen while the parcel lies on the scale: the live digits,
// and whether they can be believed.
type WeighBody struct {
	Prompt string
	Hint   string
	Digits string // kilograms, or "–" without a weight
	Unit   string
	Status string
	Steady bool
	Broken bool // no weight will come as things are
	Rows   []LineRow
	Facts  ParcelFacts
}

func (w WeighBody) draw(p *pen, at box) {
	in := at.inset(40, 24)
	prompt, in := in.top(112)
	p.text(prompt, w.Prompt, 84, sizePart, p.look.text, atLeft)
	left, right := in.left(in.W * 0.56)
	_, right = right.left(40)
	hint, left := left.bottom(72)
	p.text(hint, w.Hint, 34, 22, p.look.quiet, atLeft)

	border := p.look.line
	ink, s := p.look.text, ringShape
	mark := p.look.blue
	switch {
	case w.Broken:
		border, ink, s, mark = p.look.amber, p.look.quiet, handShape, p.look.amber
	case w.Steady:
		border, s, mark = p.look.green, checkShape, p.look.green
	}
	p.frame(left, p.look.deep, border, 4, 20)
	status, digits := left.inset(30, 20).bottom(84)
	p.shape(s, status.X+34, status.Y+status.H/2, 28, mark, p.look.mark)
	_, status = status.left(84)
	p.text(status, w.Status, 44, sizeStatus, p.look.text, atLeft)
	unit, digits := digits.right(160)
	p.text(unit, w.Unit, 64, sizeStatus, p.look.quiet, atCentre)
	p.text(digits, w.Digits, 260, sizeCount, ink, atRight)

	if w.Facts.Note != "" || w.Facts.Warning != "" {
		var note box
		note, right = right.bottom(132)
		w.Facts.drawNote(p, note)
		_, right = right.bottom(20)
	}
	clock, right := right.top(100)
	w.Facts.drawClock(p, clock)
	_, right = right.top(12)
	lineRows(p, w.Rows, right)
}
