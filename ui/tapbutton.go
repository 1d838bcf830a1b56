package ui

import "packbench/packing"

// action is what a touch or a function key means. It is plain data, so that
// drawings can be compared.
type action struct {
	command packing.Command // a command of the bench, or
	pin     rune            // a key of the PIN pad: a digit, pinBack or pinEnter
}

const (
	pinBack  rune = '\b'
	pinEnter rune = '\r'
)

// TapButton is a place to touch, with the key that does the same. It can't take
// the focus, so Enter and the space in a barcode never press it.
type TapButton struct {
	Title  string
	Key    string // name of the function key; may be empty
	Action action
	Strong bool // the one right thing to do
}

// buttonHeight is the least height of a button (BENCH §10: 72).
const buttonHeight = 78

func (t TapButton) draw(p *pen, at box) {
	ground, border, words := p.look.surface, p.look.line, p.look.text
	if t.Strong {
		border = p.look.blue
	}
	if p.pressed == len(p.areas) {
		ground = p.look.chosen
	}
	p.areas = append(p.areas, area{box: at, action: t.Action})
	p.frame(at, ground, border, 3, 14)
	in := at.inset(14, 4)
	if t.Key != "" {
		w := p.width(t.Key, sizeStatus) + 24
		var key box
		key, in = in.left(w)
		cap := box{key.X, key.Y + key.H/2 - 23, w - 6, 46}
		p.frame(cap, p.look.deep, p.look.line, 2, 8)
		p.text(cap, t.Key, sizeStatus, sizeLeast, p.look.quiet, atCentre)
		_, in = in.left(6)
	}
	p.text(in, t.Title, 36, sizeLeast+4, words, atCentre)
}
