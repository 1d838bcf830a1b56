package ui

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// drawing is a part of the screen as plain data.
type drawing interface {
	draw(p *pen, b box)
}

// sheet shows one drawing and tells what was touched on it. It is no Focusable:
// a touch never takes the keyboard away from the scanner.
type sheet struct {
	widget.BaseWidget
	screen  *Screen
	drawing drawing
	scale   float32 // canvas units a design pixel; set by the screen's layout
	pressed int
	images  imagePool
	painted *pen // what is on the screen
}

func newSheet(s *Screen) *sheet {
	sh := &sheet{screen: s, pressed: -1, scale: 1}
	sh.ExtendBaseWidget(sh)
	return sh
}

// show puts a drawing on the sheet and tells whether it is another one; an equal
// one costs nothing. nil empties the sheet.
func (s *sheet) show(d drawing) bool {
	if reflect.DeepEqual(s.drawing, d) {
		return false
	}
	s.drawing = d
	s.Refresh()
	return true
}

// paint makes the objects anew.
func (s *sheet) paint() {
	p := &pen{look: s.screen.look, words: s.screen.words, k: s.scale, pressed: s.pressed, images: &s.images}
	s.images.begin()
	if size := s.Size(); s.drawing != nil && !size.IsZero() {
		s.drawing.draw(p, box{0, 0, size.Width / s.scale, size.Height / s.scale})
	}
	s.images.end()
	s.painted = p
}

// areaAt is the touched area, or -1.
func (s *sheet) areaAt(pos fyne.Position) int {
	if s.painted == nil {
		return -1
	}
	for i, a := range s.painted.areas {
		if a.box.contains(pos.X/s.scale, pos.Y/s.scale) {
			return i
		}
	}
	return -1
}

// Tapped does what the touched button says.
func (s *sheet) Tapped(e *fyne.PointEvent) {
	if i := s.areaAt(e.Position); i >= 0 {
		s.screen.do(s.painted.areas[i].action)
	}
}

// MouseDown shows that the touch was felt.
func (s *sheet) MouseDown(e *desktop.MouseEvent) { s.press(s.areaAt(e.Position)) }

// MouseUp lets go.
func (s *sheet) MouseUp(*desktop.MouseEvent) { s.press(-1) }

func (s *sheet) press(i int) {
	if s.pressed != i {
		s.pressed = i
		s.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (s *sheet) CreateRenderer() fyne.WidgetRenderer { return sheetRenderer{s} }

type sheetRenderer struct{ s *sheet }

func (r sheetRenderer) Destroy()           {}
func (r sheetRenderer) Layout(fyne.Size)   { r.s.paint() }
func (r sheetRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r sheetRenderer) Refresh()           { r.s.paint(); canvas.Refresh(r.s) }
func (r sheetRenderer) Objects() []fyne.CanvasObject {
	if r.s.painted == nil {
		return nil
	}
	return r.s.painted.objects
}
