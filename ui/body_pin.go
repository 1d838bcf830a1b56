package ui

import (
	"strings"
	"unicode/utf8"
)

// PINBody is the screen while a supervisor types a PIN. It knows how many digits
// were typed, never which.
type PINBody struct {
	Prompt string
	Typed  int
	Busy   string // checking; empty when not
	Fault  string // the last one was wrong
	Hint   string
	Clear  string
	Enter  string
}

func (b PINBody) draw(p *pen, at box) {
	in := at.inset(60, 30)
	pad, words := in.right(640)
	_, words = words.right(60)
	prompt, words := words.top(180)
	p.para(prompt, b.Prompt, sizePrompt+8, sizePart-16, p.look.text, atLeft)
	dots, words := words.top(150)
	p.frame(dots, p.look.deep, p.look.blue, 4, 16)
	p.text(dots.inset(30, 6), strings.Repeat("●", b.Typed), 72, sizeStatus, p.look.text, atLeft)
	_, words = words.top(24)
	fault, words := words.top(120)
	if b.Busy != "" {
		p.text(fault, b.Busy, 48, sizeStatus, p.look.quiet, atLeft)
	} else {
		p.para(fault, b.Fault, 48, sizeStatus, p.look.amber, atLeft)
	}
	p.para(words, b.Hint, 40, sizeStatus, p.look.quiet, atLeft)

	const gap = 18
	w, h := (pad.W-2*gap)/3, (pad.H-3*gap)/4
	for i, key := range "123456789\b0\r" {
		title := string(key)
		switch key {
		case pinBack:
			title = b.Clear
		case pinEnter:
			title = b.Enter
		}
		cell := box{pad.X + float32(i%3)*(w+gap), pad.Y + float32(i/3)*(h+gap), w, h}
		p.key(cell, title, action{pin: key})
	}
}

// key is a large button of the pad.
func (p *pen) key(at box, title string, a action) {
	ground := p.look.surface
	if p.pressed == len(p.areas) {
		ground = p.look.chosen
	}
	p.areas = append(p.areas, area{box: at, action: a})
	p.frame(at, ground, p.look.line, 3, 16)
	size := float32(72)
	if utf8.RuneCountInString(title) > 1 {
		size = 44
	}
	p.text(at.inset(8, 4), title, size, sizeStatus, p.look.text, atCentre)
}
