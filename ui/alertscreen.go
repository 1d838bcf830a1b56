package ui

import (
	"image/color"

	"packbench/packing"
)

// AlertScreen is a refusal: red and purple fill the screen and go only with ACK;
// amber fills the middle and goes with the next valid scan too.
type AlertScreen struct {
	Severity packing.Severity
	Head, Do string
	Cards    []AlertCard // expected and got
	Small    string      // scans made meanwhile, alerts behind this one
	Ack      string
	Extra    []TapButton // what may be the right answer here
}

// AlertCard is one side of a refusal.
type AlertCard struct {
	Title string
	Goods Goods
	Note  string // whose the goods are
}

// colours of a severity: ground, what is on it, and the shape.
func (a AlertScreen) colours(l *look) (ground, on color.NRGBA, s shape) {
	switch a.Severity {
	case packing.Purple:
		return l.purpleGround, l.onPurple, pauseShape
	case packing.Red:
		return l.redGround, l.onRed, octagonShape
	default:
		return l.amberGround, l.onAmber, handShape
	}
}

func (a AlertScreen) draw(p *pen, at box) {
	ground, on, s := a.colours(p.look)
	p.fill(at, ground, 0)
	in := at.inset(60, 28)

	// The way out is at the bottom, always at the same place.
	bar, in := in.bottom(96)
	if n := len(a.Extra); n > 0 {
		var extra box
		extra, bar = bar.right(420 * float32(n))
		for _, b := range a.Extra {
			var cell box
			cell, extra = extra.left(420)
			b.draw(p, cell.inset(12, 6))
		}
	}
	a.ack(p, bar, ground, on)
	_, in = in.bottom(16)
	if a.Small != "" {
		var row box
		row, in = in.bottom(46)
		p.text(row, a.Small, sizeStatus, sizeLeast, on, atCentre)
	}

	// Without cards the words have the room.
	headHeight, doHeight := float32(150), float32(190)
	radius, headSize, doSize := float32(86), float32(104), float32(54)
	switch {
	case len(a.Cards) == 0:
		headHeight, doHeight = 190, in.H-190-20
		radius, headSize, doSize = 104, 132, 72
	case in.H < 700:
		headHeight, doHeight = 124, 130
		radius, headSize, doSize = 64, 84, 44
	}
	icon, words := in.left(2*radius + 48)
	p.shape(s, icon.X+radius, icon.Y+radius+4, radius, on, ground)
	head, words := words.top(headHeight)
	p.text(head, a.Head, headSize, sizePart, on, atLeft)
	do, _ := words.top(doHeight)
	p.para(do, a.Do, doSize, 30, on, atLeft)
	if len(a.Cards) == 0 {
		return
	}
	_, cards := in.top(headHeight + doHeight + 12)
	const gap = 60
	w := (cards.W - gap*float32(len(a.Cards)-1)) / float32(len(a.Cards))
	if len(a.Cards) == 1 {
		w = min(cards.W, 1100)
		cards = box{cards.X + (cards.W-w)/2, cards.Y, w, cards.H}
	}
	var rows cardRows
	for _, c := range a.Cards {
		rows.note = rows.note || c.Note != ""
		rows.name = rows.name || c.Goods.Picture != nil
	}
	for _, c := range a.Cards {
		var cell box
		cell, cards = cards.left(w)
		c.draw(p, cell, rows, on)
		_, cards = cards.left(gap)
	}
}

// ack paints the bar that clears the alert, in the alert's own colours turned
// about.
func (a AlertScreen) ack(p *pen, at box, ground, on color.NRGBA) {
	if a.Ack == "" {
		return
	}
	if at.W > 1400 {
		at = box{at.X + (at.W-1400)/2, at.Y, 1400, at.H}
	}
	if p.pressed == len(p.areas) {
		at = at.inset(6, 6)
	}
	p.areas = append(p.areas, area{box: at, action: action{command: packing.CmdAck}})
	p.fill(at, on, 18)
	p.text(at.inset(24, 4), a.Ack, 46, sizeStatus, ground, atCentre)
}

// cardRows are the rows below the pictures that some card needs; all leave the
// room, so that the pictures are of one size.
type cardRows struct{ name, note bool }

func (c AlertCard) draw(p *pen, at box, rows cardRows, on color.Color) {
	title, rest := at.top(52)
	p.text(title, c.Title, 38, sizeStatus, on, atCentre)
	if rows.note {
		var note box
		note, rest = rest.bottom(48)
		p.text(note, c.Note, 34, sizeStatus, on, atCentre)
	}
	if rows.name {
		var name box
		name, rest = rest.bottom(62)
		if c.Goods.Picture != nil { // a placeholder says the name itself
			p.text(name, c.Goods.Name, sizeName, sizeItem, on, atCentre)
		}
	}
	c.Goods.draw(p, rest)
}
