package files

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// sheet reads the rows of one sheet as they come.
type sheet struct {
	w      *workbook
	p      *part
	row    int // number of the row read last
	fields []string
	kinds  []kind
	merges []merge // first and last row of merged cells, and how they are named
	ended  bool
	text   strings.Builder // of the cell under way
	rule   strings.Builder // its formula
}

// merge is a range of merged cells.
type merge struct {
	first, last int
	ref         string
}

// maxMerges is how many ranges are kept to name one of them.
const maxMerges = 1000

func (w *workbook) open(ref sheetRef) (*sheet, error) {
	p, err := w.part(ref.part)
	if err != nil {
		return nil, w.fault(err)
	}
	return &sheet{w: w, p: p}, nil
}

func (s *sheet) date1904() bool { return s.w.from }

// problem refuses merged cells from the header down: all but the first of them
// are empty in the file, whatever a person sees.
func (s *sheet) problem(from int) *fault {
	for _, m := range s.merges {
		if m.last >= from {
			return faultAt(max(m.first, from), "", "import.merged", "cells", m.ref)
		}
	}
	return nil
}

func (s *sheet) next() (record, error) {
	for !s.ended {
		t, err := s.p.token()
		if errors.Is(err, io.EOF) {
			s.ended = true
			break
		}
		if err != nil {
			return record{}, s.w.fault(err)
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "row":
			rec, err := s.readRow(e)
			if err != nil {
				return record{}, s.w.fault(err)
			}
			return rec, nil
		case "mergeCell":
			if len(s.merges) < maxMerges {
				s.merges = append(s.merges, parseMerge(attr(e, "ref")))
			}
		}
	}
	return record{}, io.EOF
}

func parseMerge(ref string) merge {
	a, b, _ := strings.Cut(ref, ":")
	_, first := cellPlace(a)
	_, last := cellPlace(b)
	return merge{first: first, last: max(first, last), ref: short(ref)}
}

// cellPlace reads "AB12" as column 27 (from 0) and row 12; -1 and 0 where it
// says none.
func cellPlace(ref string) (column, row int) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		column = column*26 + int(ref[i]-'A') + 1
	}
	if n, err := strconv.Atoi(ref[i:]); err == nil {
		row = n
	}
	return column - 1, row
}

// readRow reads to the end of a row.
func (s *sheet) readRow(e xml.StartElement) (record, error) {
	row := s.row + 1
	if r := attr(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n <= s.row {
			return record{}, fmt.Errorf("row %q after %d: %w", r, s.row, errDamaged)
		}
		row = n
	}
	s.row = row
	s.fields, s.kinds = s.fields[:0], s.kinds[:0]
	hidden := attr(e, "hidden")
	for {
		t, err := s.p.token()
		if err != nil {
			return record{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Local == "c" {
				if err := s.readCell(t); err != nil {
					return record{}, err
				}
			}
		case xml.EndElement:
			if t.Name.Local == "row" {
				kinds := s.kinds
				if kinds == nil {
					kinds = []kind{} // a sheet's row, though an empty one
				}
				return record{row: row, fields: s.fields, kinds: kinds, hidden: hidden == "1" || hidden == "true"}, nil
			}
		}
	}
}

// readCell reads one cell into the row.
func (s *sheet) readCell(e xml.StartElement) error {
	column := len(s.fields)
	if ref := attr(e, "r"); ref != "" {
		c, _ := cellPlace(ref)
		if c < column {
			return fmt.Errorf("cell %q behind column %d: %w", ref, column, errDamaged)
		}
		column = c
	}
	form := attr(e, "t")
	s.text.Reset()
	s.rule.Reset()
	var into *strings.Builder
	calculated, phonetic := false, false
	for done := false; !done; {
		t, err := s.p.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v":
				into = &s.text
			case "t":
				if !phonetic {
					into = &s.text
				}
			case "f":
				into, calculated = &s.rule, true
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if into != nil && into.Len() <= maxField {
				into.Write(t)
			}
		case xml.EndElement:
			into = nil
			switch t.Name.Local {
			case "rPh":
				phonetic = false
			case "c":
				done = true
			}
		}
	}
	value, k, err := s.value(form, calculated)
	if err != nil {
		return err
	}
	if value == "" && k == text {
		return nil // styled, but empty
	}
	if column >= maxColumns {
		return faultAt(s.row, "", "import.columns_many", "limit", strconv.Itoa(maxColumns))
	}
	for len(s.fields) < column {
		s.fields, s.kinds = append(s.fields, ""), append(s.kinds, text)
	}
	s.fields, s.kinds = append(s.fields, value), append(s.kinds, k)
	return nil
}

// value is what the cell under way holds.
func (s *sheet) value(form string, calculated bool) (string, kind, error) {
	v := s.text.String()
	k := text
	switch form {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || i < 0 || i >= len(s.w.strings) {
			return "", text, fmt.Errorf("shared text %q of %d: %w", short(v), len(s.w.strings), errDamaged)
		}
		v = s.w.strings[i]
	case "b":
		v = map[string]string{"1": "TRUE", "0": "FALSE"}[v]
	case "e":
		k = broken
	case "", "n":
		if v != "" {
			k = number
		}
	case "str", "inlineStr", "d":
	default:
		return "", text, fmt.Errorf("cell of type %q: %w", form, errDamaged)
	}
	if calculated && k != broken {
		// ="577…" is how people keep a number's digits; it is as good as text.
		rule := s.rule.String()
		inner, ok := strings.CutPrefix(rule, `"`)
		inner, closed := strings.CutSuffix(inner, `"`)
		if ok && closed && !strings.Contains(inner, `"`) {
			return inner, text, nil
		}
		k = formula
	}
	return v, k, nil
}

// openXLSX finds the one sheet, and the row in it, whose header fits a layout.
// Titles may stand above the header. Several sheets that fit are refused: which
// one is meant is not ours to guess.
func openXLSX(in *input, maps []Columns) (*table, Columns, []Refusal, error) {
	var none Columns
	w, err := openWorkbook(in)
	if err != nil {
		return nil, none, nil, err
	}
	var fit []sheetRef
	var cols Columns
	headerRow, nearest, nearestKnown := 0, error(nil), -1
	for _, ref := range w.sheets {
		row, c, known, err := w.header(ref, maps)
		switch {
		case err == nil && row > 0:
			fit = append(fit, ref)
			cols, headerRow = c, row
		case err != nil && faultsOf(err) == nil:
			return nil, none, nil, err
		case known > nearestKnown && err != nil:
			nearest, nearestKnown = err, known
		}
	}
	switch {
	case len(fit) > 1:
		names := make([]string, len(fit))
		for i, ref := range fit {
			names[i] = short(ref.name)
		}
		return nil, none, nil, faultAt(0, "", "import.sheets_many", "sheets", strings.Join(names, ", "))
	case len(fit) == 0 && nearest != nil:
		return nil, none, nil, nearest
	case len(fit) == 0:
		return nil, none, nil, faultAt(0, "", "import.empty")
	}
	s, err := w.open(fit[0])
	if err != nil {
		return nil, none, nil, err
	}
	for {
		rec, err := s.next()
		if err != nil {
			return nil, none, nil, damaged() // it was read a moment ago
		}
		if rec.row == headerRow {
			return newTable(s, rec), cols, nil, nil
		}
	}
}

// header looks for a sheet's header among its first rows. A row of 0 and no
// error is an empty sheet; else the error says why the likeliest row doesn't do,
// and known how many columns of it some layout knows.
func (w *workbook) header(ref sheetRef, maps []Columns) (row int, c Columns, known int, err error) {
	s, err := w.open(ref)
	if err != nil {
		return 0, c, 0, err
	}
	defer s.p.Close()
	known = -1
	var why error
	for range maxHeaderRow {
		rec, err := s.next()
		if errors.Is(err, io.EOF) || (err == nil && rec.row > maxHeaderRow) {
			break
		}
		if err != nil {
			return 0, c, max(known, 0), err
		}
		if blank(rec.fields) {
			continue
		}
		rec.fields = slices.Clone(rec.fields)
		t := newTable(nil, rec)
		layout, err := choose(t, maps)
		if err == nil {
			return rec.row, layout, 0, nil
		}
		most := 0
		for i := range maps {
			_, n := t.matches(&maps[i])
			most = max(most, n)
		}
		if most > known {
			known, why = most, err
		}
	}
	if known < 1 {
		return 0, c, known, why
	}
	// Names may be missing because they are merged into one cell; the file says
	// so behind its rows.
	for {
		if _, err := s.next(); err != nil {
			break
		}
	}
	if f := s.problem(1); f != nil && f.Row <= maxHeaderRow {
		why = f
	}
	return 0, c, known, why
}
