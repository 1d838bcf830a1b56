package ui

// ProveBody is the screen from the label's print to its proof: the label itself,
// and what is proven so far.
type ProveBody struct {
	Prompt  string
	Hint    string
	Preview LabelPreview
	Facts   []ProofFact
	Parcel  ParcelFacts
	Doubt   bool // the printer may or may not have printed it
}

// ProofFact is one thing that must hold before the parcel is done.
type ProofFact struct {
	State stepState
	Head  string
	Small string
	Warn  bool // Small says what the gate can't prove
}

func (b ProveBody) draw(p *pen, at box) {
	in := at.inset(40, 20)
	left, right := in.left(in.W * 0.31)
	b.Preview.draw(p, left)
	_, right = right.left(48)

	prompt, right := right.top(136)
	p.text(prompt, b.Prompt, 96, sizePart, p.look.text, atLeft)
	if b.Parcel.Note != "" || b.Parcel.Warning != "" {
		var note box
		note, right = right.bottom(92)
		b.Parcel.drawNote(p, note)
		_, right = right.bottom(10)
	}
	hint, right := right.bottom(58)
	ink := p.look.quiet
	if b.Doubt {
		ink = p.look.amber
	}
	p.para(hint, b.Hint, 36, 24, ink, atLeft)
	clock, right := right.bottom(58)
	p.text(clock, joinFacts(b.Parcel.Of, b.Parcel.Clock), 36, 24, p.clockInk(b.Parcel), atLeft)
	_, right = right.bottom(8)

	if len(b.Facts) == 0 {
		return
	}
	const gap = 16
	h := min(150, (right.H-gap*float32(len(b.Facts)-1))/float32(len(b.Facts)))
	for i, f := range b.Facts {
		f.draw(p, box{right.X, right.Y + float32(i)*(h+gap), right.W, h})
	}
}

func (f ProofFact) draw(p *pen, at box) {
	border, width := p.look.line, float32(0)
	if f.State == stepNow {
		border, width = p.look.blue, 4
	}
	p.frame(at, p.look.surface, border, width, 14)
	r := min(at.H*0.26, 38)
	x, y := at.X+32+r, at.Y+at.H/2
	switch f.State {
	case stepDone:
		p.shape(checkShape, x, y, r, p.look.green, p.look.mark)
	case stepNow:
		p.shape(ringShape, x, y, r, p.look.blue, p.look.mark)
	default:
		p.shape(ringShape, x, y, r, p.look.line, p.look.mark)
	}
	_, in := at.inset(32, 4).left(2*r + 28)
	if f.Small == "" {
		p.text(in, f.Head, 48, sizeItem, p.look.text, atLeft)
		return
	}
	head, small := in.top(in.H * 0.57)
	p.text(head, f.Head, 46, sizeItem, p.look.text, atLeft)
	ink := p.look.quiet
	if f.Warn {
		ink = p.look.amber
	}
	p.text(small, f.Small, 32, 22, ink, atLeft)
}
