package zpl

import (
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"packbench/raster"
)

// renderer draws one format after the other.
type renderer struct {
	opt Options

	// Settings that outlast a format.
	home          image.Point // ^LH
	turned        bool        // ^POI
	width, length int         // ^PW, ^LL; 0 = not given

	// The open format.
	in          bool
	page        *raster.Bitmap
	copies      int
	unsupported []string
	work        int

	// The open field.
	origin  image.Point
	typeset bool // ^FT: origin is the bottom left corner
}

// quiet are commands that leave no mark of their own: settings of the printer,
// and those that only prepare text or bar codes, which are named at ^FD.
var quiet = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(
		"^MM ^MN ^MT ^MD ^MF ^PR ^CI ^CF ^BY ^FW ^FX ^FH ^FB ^JU ^JZ ^JB ^JT ^SZ ^SS ^SP ^KN ^XB ^ML ^PF ^PP ^PS ^CV ^ID ^EF ^EG " +
			"^CC ^CT ^CD ~CC ~CT ~CD ~SD ~TA ~JS ~JD ~JE ~JG ~JL ~JC ~PS ~PP ~PR") {
		m[name] = true
	}
	return m
}()

// settings tells whether t only sets something up.
func (r *renderer) settings(t Token) bool { return quiet[t.Name] }

// abandon drops the open format (~JA).
func (r *renderer) abandon() { r.in, r.page = false, nil }

// command follows one command; it returns a page at ^XZ.
func (r *renderer) command(t Token) *Page {
	switch t.Name {
	case "^XA":
		r.begin()
		return nil
	case "^XZ":
		if !r.in {
			return nil
		}
		return r.end()
	case "^LH":
		r.home = image.Pt(coordinate(t.Arg(0)), coordinate(t.Arg(1)))
		return nil
	case "^PW":
		if n, ok := atoi(t.Arg(0)); ok && n >= 2 {
			r.width = min(n, mostSide)
			r.resize()
		}
		return nil
	case "^LL":
		if n, ok := atoi(t.Arg(0)); ok && n >= 1 {
			r.length = min(n, mostSide)
			r.resize()
		}
		return nil
	case "^PO":
		r.turned = strings.EqualFold(t.Arg(0), "I")
		return nil
	}
	if !r.in || quiet[t.Name] {
		return nil // outside a format nothing draws
	}
	switch t.Name {
	case "^FO", "^FT":
		r.origin = r.home.Add(image.Pt(coordinate(t.Arg(0)), coordinate(t.Arg(1))))
		r.typeset = t.Name == "^FT"
		if t.Arg(2) == "1" {
			r.name(t.Name + " right-justified")
		}
	case "^FS":
		r.origin, r.typeset = r.home, false
	case "^PQ":
		if n, ok := atoi(t.Arg(0)); ok {
			r.copies = min(max(n, 1), 99_999_999)
		}
	case "^GF":
		r.graphic(t)
	case "^GB":
		r.box(t)
	case "^FD":
		if len(strings.TrimSpace(string(t.Params))) > 0 {
			r.name("^FD")
		}
	case "^PM", "^LR":
		if strings.EqualFold(t.Arg(0), "Y") {
			r.name(t.Name)
		}
	case "^MC":
		if strings.EqualFold(t.Arg(0), "N") {
			r.name(t.Name)
		}
	case "^LS", "^LT":
		if n, err := strconv.Atoi(t.Arg(0)); err == nil && n != 0 {
			r.name(t.Name)
		}
	case "^JM":
		if strings.EqualFold(t.Arg(0), "B") {
			r.name(t.Name)
		}
	case "^MU":
		if !strings.EqualFold(t.Arg(0), "D") && t.Arg(0) != "" {
			r.name(t.Name)
		}
	default:
		r.name(t.Name)
	}
	return nil
}

func (r *renderer) begin() {
	r.in, r.page, r.copies, r.unsupported, r.work = true, nil, 1, nil, 0
	r.origin, r.typeset = r.home, false
}

func (r *renderer) end() *Page {
	r.canvas()
	if w := r.width; w > 0 && w < r.page.W {
		r.page = r.page.Crop(image.Rect(0, 0, w, r.page.H)).Crop(image.Rect(0, 0, r.page.W, r.page.H))
	}
	if r.turned {
		w := r.page.W
		if r.width > 0 {
			w = min(w, r.width)
		}
		r.page = r.page.Crop(image.Rect(0, 0, w, r.page.H)).Rotate(2).Crop(image.Rect(0, 0, r.page.W, r.page.H))
	}
	p := &Page{Bitmap: r.page, Copies: r.copies, Unsupported: r.unsupported}
	r.in, r.page, r.unsupported = false, nil, nil
	return p
}

// size is the page's size in dots as known so far.
func (r *renderer) size() (w, h int) {
	w, h = r.opt.WidthDots, r.opt.LengthDots
	if w <= 0 {
		w = defaultWidth
		if r.width > 0 {
			w = r.width
		}
	}
	if h <= 0 {
		h = defaultLength
		if r.length > 0 {
			h = r.length
		}
	}
	return w, min(h, max(mostDots/w, 1))
}

// canvas is the page, made when the first dot is drawn.
func (r *renderer) canvas() *raster.Bitmap {
	if r.page == nil {
		r.page = raster.New(r.size())
	}
	return r.page
}

// resize follows a ^PW or ^LL that comes after something was drawn.
func (r *renderer) resize() {
	if r.page == nil {
		return
	}
	if w, h := r.size(); w != r.page.W || h != r.page.H {
		if r.spend(w / 8 * h) {
			r.page = r.page.Crop(image.Rect(0, 0, w, h))
		}
	}
}

// name notes what could not be drawn.
func (r *renderer) name(what string) {
	if !printable(what) {
		what = strconv.QuoteToASCII(what)
	}
	if len(r.unsupported) < mostNames && !slices.Contains(r.unsupported, what) {
		r.unsupported = append(r.unsupported, what)
	}
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// spend bounds the work for one format.
func (r *renderer) spend(bytes int) bool {
	r.work += bytes
	if r.work > mostWork {
		r.name("rest of the format: too much to draw")
		return false
	}
	return true
}

// graphic draws ^GF.
func (r *renderer) graphic(t Token) {
	g, err := decodeGraphic(t, r.opt.Strict, r.spend)
	if err != nil {
		r.name(fmt.Sprintf("^GF: %v", err))
		if g == nil {
			return
		}
	}
	at := r.origin
	if r.typeset {
		at.Y -= g.H
	}
	r.canvas().Draw(g, at)
}

// coordinate reads a position; nothing and nonsense are 0, as in printers.
func coordinate(s string) int {
	n, _ := atoi(s)
	return min(n, mostSide)
}
