package files

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"packbench/upstream"
)

// Refusal is one reason against a file.
type Refusal struct {
	Row    int    // as a spreadsheet numbers it, the header is 1; 0 = the file as a whole
	Column string // as the file names it, "" if it is about the row
	Reason upstream.Msg
}

// fault is a Refusal on its way up as an error.
type fault struct{ Refusal }

func (f *fault) Error() string { return f.Reason.Key }

func faultAt(row int, column, key string, args ...string) *fault {
	return &fault{Refusal{Row: row, Column: column, Reason: msg(key, args...)}}
}

// msg makes a Msg of a key and pairs of names and values.
func msg(key string, args ...string) upstream.Msg {
	m := upstream.Msg{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if m.Args == nil {
			m.Args = map[string]string{}
		}
		m.Args[args[i]] = args[i+1]
	}
	return m
}

// kind is what a cell of a spreadsheet holds; all cells of a text file are text.
type kind uint8

const (
	text    kind = iota
	number       // digits may be lost
	formula      // its last result
	broken       // #N/A and the like
)

// record is one row of a file. Its slices are valid until the next one is read.
type record struct {
	row    int // as a spreadsheet numbers it
	fields []string
	kinds  []kind // nil: all text
	hidden bool
}

// grid is the rows of a text file or of one sheet. next answers io.EOF at the
// end and a *fault for what ends the reading.
type grid interface {
	next() (record, error)
	// problem says, once all rows are read, what is wrong with the grid from a
	// row on: cells merged, a file damaged at its end.
	problem(from int) *fault
	date1904() bool // numbers that are dates count from 1904
}

// table reads rows below a header.
type table struct {
	grid
	header    []string       // as the file names them
	index     map[string]int // folded name → place
	twice     map[string]string
	headerRow int
	rec       record // read last
	rows      int    // rows read after the header
	hidden    int    // of them
	short     bool   // rows may be shorter than the header
}

// newTable takes a record as the header of what follows in the grid.
func newTable(g grid, header record) *table {
	t := &table{grid: g, index: map[string]int{}, twice: map[string]string{}, headerRow: header.row}
	for i, name := range header.fields {
		name = strings.Clone(clean(name)) // not the whole row with it
		t.header = append(t.header, name)
		key := fold(name)
		if key == "" {
			continue
		}
		if _, again := t.index[key]; again {
			t.twice[key] = name
			continue
		}
		t.index[key] = i
	}
	return t
}

// next returns the next row that isn't blank, io.EOF at the end, or a *fault
// that ends the reading. What is wrong with the row alone is for shape.
func (t *table) next() (record, error) {
	for {
		rec, err := t.grid.next()
		if errors.Is(err, io.EOF) {
			if f := t.problem(t.headerRow); f != nil {
				return record{}, f
			}
			return record{}, io.EOF
		}
		if err != nil {
			return record{}, err //nolint:wrapcheck // a fault, or wrapped by the grid
		}
		if blank(rec.fields) {
			continue
		}
		t.rec = rec
		if t.rows++; t.rows > maxRows {
			return record{}, faultAt(rec.row, "", "import.rows_many", "limit", strconv.Itoa(maxRows))
		}
		if rec.hidden {
			t.hidden++
		}
		return rec, nil
	}
}

// shape checks the lengths of the row read last and of its fields.
func (t *table) shape() *fault {
	fields := t.rec.fields
	n := len(fields)
	for n > len(t.header) && clean(fields[n-1]) == "" {
		n-- // commas at the end of a line
	}
	// A sheet doesn't store the empty cells at the end of a row.
	if n > len(t.header) || (n < len(t.header) && !t.short && t.rec.kinds == nil) {
		return faultAt(t.rec.row, "", "import.row_length", "have", strconv.Itoa(n), "want", strconv.Itoa(len(t.header)))
	}
	for i, f := range fields {
		if len(f) > maxField {
			return faultAt(t.rec.row, t.name(i), "import.field_long", "limit", strconv.Itoa(maxField>>10))
		}
	}
	return nil
}

func (t *table) name(i int) string {
	if i >= 0 && i < len(t.header) {
		return t.header[i]
	}
	return ""
}

// field is the text at a place of the row read last, "" where there is none.
func (t *table) field(i int) string {
	if i < 0 || i >= len(t.rec.fields) {
		return ""
	}
	return clean(t.rec.fields[i])
}

// kindOf is what the cell at a place holds.
func (t *table) kindOf(i int) kind {
	if i < 0 || i >= len(t.rec.kinds) {
		return text
	}
	return t.rec.kinds[i]
}

func blank(fields []string) bool {
	for _, f := range fields {
		if clean(f) != "" {
			return false
		}
	}
	return true
}

// clean takes off what spreadsheets and exports put around a value: the trailing
// TAB that guards a number, spaces, and ="…".
func clean(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, `="`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok {
			s = strings.TrimSpace(inner)
		}
	}
	return s
}
