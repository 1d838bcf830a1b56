package ui

import "strconv"

// CallBody is the screen while no parcel is worked on: one thing to do, in huge
// words, and what lies about.
type CallBody struct {
	Shape  shape
	Strong bool // the shape is a warning
	Prompt string
	Hint   string
	Sealed int       // parcels packed since the start; -1 = not shown
	Words  [2]string // what Sealed counts, since when
	Facts  []string
}

// callLeast is how small the prompt may get to stay on one line.
const callLeast = 88

func (c CallBody) draw(p *pen, at box) {
	in := at.inset(80, 40)
	foot, in := in.bottom(60*float32(len(c.Facts)) + 10)
	for _, f := range c.Facts {
		var row box
		row, foot = foot.top(60)
		p.text(row, f, 36, sizeStatus, p.look.quiet, atLeft)
	}
	if c.Sealed >= 0 {
		var side box
		side, in = in.right(360)
		_, in = in.right(40)
		card := box{side.X, side.Y + max(0, (side.H-380)/2), side.W, min(side.H, 380)}
		p.frame(card, p.look.surface, p.look.line, 2, 20)
		count := card.inset(20, 20)
		title, count := count.top(64)
		p.text(title, c.Words[0], 44, sizeStatus, p.look.text, atCentre)
		since, count := count.bottom(50)
		p.text(since, c.Words[1], sizeStatus, sizeLeast, p.look.quiet, atCentre)
		p.text(count, strconv.Itoa(c.Sealed), sizeHuge, sizeCount, p.look.green, atCentre)
	}
	icon, words := in.left(300)
	ink := p.look.blue
	if c.Strong {
		ink = p.look.amber
	}
	// Prompt and hint stand together, in the middle of the height.
	const hintSize, gap = 48, 24
	size := float32(120)
	if w := p.width(c.Prompt, size); w > words.W && w*callLeast/size < words.W {
		size *= words.W / w * 0.99 // one smaller line is read faster than two
	}
	h := min(words.H, float32(len(wrap(c.Prompt, size, words.W, p.width)))*p.lineHeight(size))
	hint := float32(0)
	if c.Hint != "" {
		hint = gap + float32(len(wrap(c.Hint, hintSize, words.W, p.width)))*p.lineHeight(hintSize)
	}
	h = min(h, words.H-hint)
	_, words = words.top(max(0, (words.H-h-hint)/2))
	prompt, words := words.top(h)
	p.shape(c.Shape, icon.X+140, prompt.Y+min(prompt.H, p.lineHeight(size))/2, 110, ink, p.look.ground)
	p.para(prompt, c.Prompt, size, sizePart, p.look.text, atLeft)
	if c.Hint != "" {
		_, words = words.top(gap)
		p.para(words, c.Hint, hintSize, sizeStatus, p.look.quiet, atLeft)
	}
}
