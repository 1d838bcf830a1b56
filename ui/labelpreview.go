package ui

import "image"

// LabelPreview is the label as its dots will be burnt: made from the very bitmap
// that prints, reduced to the screen by area, never redrawn.
type LabelPreview struct {
	Picture image.Image // nil: Note says why
	Note    string
}

func (l LabelPreview) draw(p *pen, at box) {
	if l.Picture == nil {
		// The shape of a 100 × 150 mm label, so that nothing jumps when it comes.
		w := min(at.W, at.H*2/3)
		paper := box{at.X + (at.W-w)/2, at.Y, w, at.H}
		p.frame(paper, p.look.deep, p.look.line, 2, 12)
		middle(p, paper.inset(30, 30), l.Note, 40, sizeStatus, p.look.quiet)
		return
	}
	note, rest := at.bottom(44)
	size := l.Picture.Bounds().Size()
	f := min((rest.W-16)/float32(size.X), (rest.H-16)/float32(size.Y))
	w, h := float32(size.X)*f, float32(size.Y)*f
	paper := box{rest.X + (rest.W-w)/2, rest.Y + (rest.H-h)/2, w, h}
	p.fill(paper.inset(-8, -8), rgb(0xFFFFFF), 6)
	p.image(paper, l.Picture)
	p.text(note, l.Note, sizeStatus, sizeLeast, p.look.quiet, atCentre)
}
