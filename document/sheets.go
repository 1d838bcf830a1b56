package document

import (
	"fmt"
	"io"
)

// CodeItem is one code to scan: what the scanner sends, what it does or whose it
// is, and a line of help.
type CodeItem struct {
	Code, Title, Hint string
}

const (
	// sheetModuleMM are the widest and narrowest bars of sheets and badges: read
	// from an arm's length by the simplest scanner.
	sheetModuleMost  = 0.5
	sheetModuleLeast = 0.375
)

// layout is a grid of cells on a paper, millimetres.
type layout struct {
	columns, rows  int
	x, y           float64 // of the first cell
	w, h           float64 // of a cell
	gapX, gapY     float64
	titlePt        float64
	barsMM         float64
	hintPt, codePt float64
}

func (l layout) cells() int { return l.columns * l.rows }

func (l layout) cell(i int) (x, y float64) {
	return l.x + float64(i%l.columns)*(l.w+l.gapX), l.y + float64(i/l.columns)*(l.h+l.gapY)
}

// CommandSheet writes a sheet of command codes in reading order, with room
// between them so that a scanner never sees two, on as many pages as it takes.
// Lang is zh or en.
func CommandSheet(w io.Writer, lang string, paper Paper, items []CodeItem) error {
	l := layout{
		columns: 1, rows: 4, x: 4, y: 4, w: paper.WidthMM - 8, h: 33, gapY: 2.5,
		titlePt: 15, barsMM: 13, hintPt: 8.5, codePt: 7.5,
	}
	if paper.WidthMM >= 180 {
		l = layout{
			columns: 2, rows: 6, x: 10, y: 12, w: 92, h: 41, gapX: 6, gapY: 4,
			titlePt: 18, barsMM: 16, hintPt: 10, codePt: 8,
		}
	}
	return codeGrid(w, lang, paper, items, l, (*sheet).commandCell)
}

// Badges writes a badge for each person, the size of a bank card where the paper
// allows it, with dashed lines to cut along. Lang is zh or en.
func Badges(w io.Writer, lang string, paper Paper, people []CodeItem) error {
	l := layout{
		columns: 1, rows: 2, x: (paper.WidthMM - 90) / 2, y: 8, w: 90, h: 60, gapY: 10,
		titlePt: 28, barsMM: 18, hintPt: 12, codePt: 8,
	}
	if paper.WidthMM >= 180 {
		l = layout{
			columns: 2, rows: 4, x: 12, y: 12, w: 90, h: 60, gapX: 6, gapY: 8,
			titlePt: 28, barsMM: 18, hintPt: 12, codePt: 8,
		}
	}
	return codeGrid(w, lang, paper, people, l, (*sheet).badgeCell)
}

func codeGrid(w io.Writer, lang string, paper Paper, items []CodeItem, l layout,
	draw func(*sheet, CodeItem, layout, float64, float64) error,
) error {
	if len(items) == 0 {
		return fmt.Errorf("make code sheet: no items")
	}
	if right, bottom := l.cell(l.cells() - 1); right+l.w > paper.WidthMM || bottom+l.h > paper.HeightMM {
		return fmt.Errorf("make code sheet: paper of %g x %g mm is too small", paper.WidthMM, paper.HeightMM)
	}
	s, err := newSheet(paper, lang, "Packbench")
	if err != nil {
		return err
	}
	pages := (len(items) + l.cells() - 1) / l.cells()
	for i, item := range items {
		if i%l.cells() == 0 {
			s.addPage()
			if pages > 1 {
				page := fmt.Sprintf("%d / %d", i/l.cells()+1, pages)
				s.oneLine(page, 0, paper.HeightMM-5, paper.WidthMM-5, 7, 7, right)
			}
		}
		x, y := l.cell(i % l.cells())
		if err := draw(s, item, l, x, y); err != nil {
			return err
		}
	}
	return s.write(w)
}

// commandCell has the title over the bars, and the help and the code's letters below.
func (s *sheet) commandCell(item CodeItem, l layout, x, y float64) error {
	const pad = 2.0
	s.frame(x, y, l.w, l.h, 0.25)
	inner := l.w - 2*pad
	at := y + pad*0.5
	titleH := l.titlePt * pointMM * leading * 1.1
	s.lineIn(item.Title, x+pad, at, inner, titleH, l.titlePt, l.titlePt*0.55, centre)
	at += titleH
	if err := s.code(item.Code, x+0.5, at+0.6, l.w-1, l.barsMM); err != nil {
		return err
	}
	at += 0.6 + l.barsMM + 0.6
	at += s.oneLine(item.Code, x+pad, at, inner, l.codePt, 5, centre)
	s.block(item.Hint, x+pad, at, inner, y+l.h-at-0.4, l.hintPt, 5.5, centre)
	return nil
}

// badgeCell has the name large, the role, and the bars at the foot.
func (s *sheet) badgeCell(item CodeItem, l layout, x, y float64) error {
	const pad = 4.0
	s.cutLine(x, y, l.w, l.h)
	inner := l.w - 2*pad
	at := y + pad
	at += s.block(item.Title, x+pad, at, inner, l.titlePt*pointMM*leading*1.1, l.titlePt, l.titlePt*0.4, centre) + 0.5
	codeH := l.codePt * pointMM * leading
	barsY := y + l.h - pad - codeH - 0.6 - l.barsMM
	s.block(item.Hint, x+pad, at, inner, barsY-at-1, l.hintPt, 6, centre)
	if err := s.code(item.Code, x+0.5, barsY, l.w-1, l.barsMM); err != nil {
		return err
	}
	s.oneLine(item.Code, x+pad, barsY+l.barsMM+0.6, inner, l.codePt, 5, centre)
	return nil
}

// code draws a Code 128 with its quiet zones in w, never narrower than a simple
// scanner reads.
func (s *sheet) code(text string, x, y, w, h float64) error {
	c, err := encode128(text)
	if err != nil {
		return err
	}
	m := c.module(w, sheetModuleMost, sheetModuleLeast)
	if m == 0 {
		return fmt.Errorf("draw code %q: %d modules do not fit in %g mm", text, c.w, w)
	}
	s.bars(c, x, y, w, h, m)
	return nil
}
