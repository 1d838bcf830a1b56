package ui

// Foot is the lower part of the screen: the steps, the order, the buttons; and,
// when the last input was not stored, nothing but that.
type Foot struct {
	Steps   StepBar
	Shop    string // connection; its colour is made from its name
	Order   string // order and tote
	People  string // who picked
	Buttons []TapButton
	Fault   string
	Small   string // the language key
}

func (f Foot) draw(p *pen, at box) {
	p.fill(at, p.look.surface, 0)
	in := at.inset(40, 14)
	if f.Fault != "" {
		p.fill(at, p.look.redGround, 0)
		icon, words := in.left(150)
		p.shape(octagonShape, icon.X+60, icon.Y+icon.H/2, 56, p.look.onRed, p.look.redGround)
		p.text(words, f.Fault, 72, 40, p.look.onRed, atLeft)
		return
	}
	if len(f.Steps.Steps) == 0 {
		f.drawIdle(p, in)
		return
	}
	steps, in := in.top(88)
	f.Steps.draw(p, steps)
	_, in = in.top(16)

	buttons, words := in.right(float32(len(f.Buttons)) * 330)
	y := buttons.Y + (buttons.H-buttonHeight)/2
	for i, b := range f.Buttons {
		b.draw(p, box{buttons.X + float32(i)*330 + 14, y, 316, buttonHeight})
	}
	upper, lower := words.inset(0, 4).top((words.H - 8) / 2)
	x := upper.X
	if f.Shop != "" {
		ink, on := shopColour(f.Shop)
		w := min(p.width(f.Shop, sizeStatus)+40, upper.W*0.4)
		tag := box{x, upper.Y + upper.H/2 - 22, w, 44}
		p.fill(tag, ink, 10)
		p.text(tag.inset(16, 0), f.Shop, sizeStatus, sizeLeast, on, atCentre)
		x += w + 20
	}
	p.text(box{x, upper.Y, upper.X + upper.W - x - 16, upper.H}, f.Order, 32, 22, p.look.text, atLeft)
	small, people := lower.right(min(lower.W*0.3, 260))
	p.text(people, f.People, sizeStatus, sizeLeast, p.look.quiet, atLeft)
	p.text(small.inset(16, 0), f.Small, 24, sizeLeast, p.look.quiet, atRight)
}

// drawIdle gives the buttons the room of the steps, while there is no parcel.
func (f Foot) drawIdle(p *pen, in box) {
	small, row := in.left(300)
	p.text(small, f.Small, 24, sizeLeast, p.look.quiet, atLeft)
	const width, height, gap = 400, 110, 24
	for i, b := range f.Buttons {
		x := row.X + row.W - float32(len(f.Buttons)-i)*(width+gap) + gap
		b.draw(p, box{x, row.Y + (row.H-height)/2, width, height})
	}
}
