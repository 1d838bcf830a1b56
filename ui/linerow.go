package ui

import (
	"image/color"
	"strconv"
)

// LineRow is one line of the parcel: goods, and how many of how many.
type LineRow struct {
	Name     string
	Spec     string
	Tag      string // gift, or that the goods are not known; may be empty
	Warn     bool   // the tag is a warning
	Verified int
	Quantity int
	Current  bool
}

func (r LineRow) draw(p *pen, at box) {
	border, width := p.look.line, float32(0)
	if r.Current {
		border, width = p.look.blue, 4
	}
	p.frame(at, p.look.surface, border, width, 12)
	radius := min(at.H*0.36, 28)
	x, y := at.X+24+radius, at.Y+at.H/2
	words := color.Color(p.look.text)
	switch {
	case r.Verified >= r.Quantity:
		p.shape(checkShape, x, y, radius, p.look.green, p.look.mark)
	case r.Current:
		p.shape(ringShape, x, y, radius, p.look.blue, p.look.mark)
	default:
		p.shape(ringShape, x, y, radius, p.look.line, p.look.mark)
	}
	in := at.inset(24, 4)
	_, in = in.left(2*radius + 20)
	count, in := in.right(170)
	p.text(count, strconv.Itoa(r.Verified)+" / "+strconv.Itoa(r.Quantity), 44, sizeStatus, words, atRight)
	if r.Tag != "" {
		w := min(p.width(r.Tag, sizeStatus)+8, in.W*0.4)
		var tag box
		tag, in = in.right(w)
		c := p.look.quiet
		if r.Warn {
			c = p.look.amber
		}
		p.text(tag, r.Tag, sizeStatus, sizeLeast, c, atRight)
		_, in = in.right(16)
	}
	p.goods(in, r.Name, r.Spec, 40, sizeItem, words)
}

// lineRows paints as many rows as fit, always with the current one, and says how
// many are left out.
func lineRows(p *pen, rows []LineRow, at box) {
	const height, gap = 74, 10
	if len(rows) == 0 {
		return
	}
	room := max(1, int((at.H+gap)/(height+gap)))
	from, shown := 0, len(rows)
	if len(rows) > room {
		shown = max(1, room-1) // the last place says what is missing
		if room == 1 {
			shown = 1
		}
		for i, r := range rows {
			if r.Current {
				from = min(max(0, i-shown/2), len(rows)-shown)
			}
		}
	}
	y := at.Y
	for _, r := range rows[from : from+shown] {
		r.draw(p, box{at.X, y, at.W, height})
		y += height + gap
	}
	if left := len(rows) - shown; left > 0 && y+sizeStatus*1.5 <= at.Y+at.H {
		p.text(box{at.X + 24, y, at.W - 48, min(height, at.Y+at.H-y)}, p.words.Text("screen.more_lines", map[string]string{"n": strconv.Itoa(left)}), 36, sizeStatus, p.look.quiet, atLeft)
	}
}
