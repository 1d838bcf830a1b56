package files

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvGrid reads a text file row by row, with the numbers that a spreadsheet
// shows: blank lines count, line breaks within quotes don't.
type csvGrid struct {
	csv     *csv.Reader
	guard   *recordGuard
	row     int // number of the row read last
	endLine int // line on which it ended
}

// recordGuard ends a row that goes on and on: an open quote would take the
// rest of the file into memory.
type recordGuard struct {
	r         io.Reader
	delivered int64
	done      int64 // bytes of whole records
}

func (g *recordGuard) Read(b []byte) (int, error) {
	if g.delivered-g.done > maxRecord+64<<10 {
		return 0, errLongRecord
	}
	n, err := g.r.Read(b)
	g.delivered += int64(n)
	return n, err //nolint:wrapcheck // a reader in the middle
}

var errLongRecord = errors.New("a row without end")

func newCSVGrid(r io.Reader, comma rune) *csvGrid {
	g := &csvGrid{guard: &recordGuard{r: r}}
	g.csv = csv.NewReader(g.guard)
	g.csv.Comma = comma
	g.csv.FieldsPerRecord = -1 // counted by table, with a better message
	g.csv.ReuseRecord = true
	return g
}

func (g *csvGrid) date1904() bool     { return false }
func (g *csvGrid) problem(int) *fault { return nil }

func (g *csvGrid) next() (record, error) {
	fields, err := g.csv.Read()
	if errors.Is(err, io.EOF) {
		return record{}, io.EOF
	}
	if errors.Is(err, errLongRecord) {
		return record{}, faultAt(g.row+1, "", "import.row_long", "limit", strconv.Itoa(maxRecord>>20))
	}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return record{}, faultAt(g.row+1+max(0, e.StartLine-g.endLine-1), "", "import.quotes", "line", strconv.Itoa(e.Line))
	}
	if err != nil {
		return record{}, fmt.Errorf("read row: %w", err)
	}
	g.guard.done = g.csv.InputOffset()
	start, _ := g.csv.FieldPos(0)
	g.row += 1 + max(0, start-g.endLine-1) // blank lines between are rows too
	last := len(fields) - 1
	lastStart, _ := g.csv.FieldPos(last)
	g.endLine = lastStart + strings.Count(fields[last], "\n")
	if len(fields) > maxColumns {
		return record{}, faultAt(g.row, "", "import.columns_many", "limit", strconv.Itoa(maxColumns))
	}
	return record{row: g.row, fields: fields}, nil
}

// separators are the marks between columns that programs write: spreadsheets
// write semicolons where the comma is the decimal mark.
var separators = []rune{',', ';', '\t'}

// openCSV finds the charset, the separator and the layout of a text file. The
// separator is the one with which the header is one that we know; if that is
// none, the mark that the header has most of serves the message.
func openCSV(in *input, head []byte, maps []Columns) (*table, Columns, []Refusal, error) {
	var none Columns
	set, err := detect(in, head)
	if err != nil {
		return nil, none, nil, err
	}
	r, err := set.text(in)
	if err != nil {
		return nil, none, nil, err
	}
	start, err := io.ReadAll(io.LimitReader(r, maxRecord))
	if err != nil {
		return nil, none, nil, fmt.Errorf("read file: %w", err)
	}
	header, crOnly := firstLines(start)
	if crOnly {
		return nil, none, nil, faultAt(1, "", "import.line_ends")
	}
	comma, err := separator(header, maps)
	if err != nil {
		return nil, none, nil, err
	}
	if r, err = set.text(in); err != nil {
		return nil, none, nil, err
	}
	g := newCSVGrid(bufio.NewReaderSize(r, 64<<10), comma)
	rec, err := g.next()
	if errors.Is(err, io.EOF) {
		return nil, none, nil, faultAt(0, "", "import.empty")
	}
	if err != nil {
		return nil, none, nil, err
	}
	t := newTable(g, rec)
	c, err := choose(t, maps)
	if err != nil {
		return nil, none, nil, err
	}
	var notes []Refusal
	if set.name == gb18030.name {
		notes = append(notes, faultAt(0, "", "import.read_as", "charset", set.name).Refusal)
	}
	return t, c, notes, nil
}

// firstLines cuts the text behind the header's record, quotes obeyed; crOnly says
// that its lines end in a lone carriage return, as nothing writes any more.
func firstLines(text []byte) (header []byte, crOnly bool) {
	quoted, content := false, false
	for i, b := range text {
		switch {
		case b == '"':
			quoted, content = !quoted, true
		case quoted:
		case b == '\r' && i+1 < len(text) && text[i+1] != '\n':
			return nil, content
		case b == '\n' && content:
			return text[:i+1], false
		case b != '\n' && b != '\r':
			content = true
		}
	}
	return text, false
}

// separator decides by the header's record.
func separator(header []byte, maps []Columns) (rune, error) {
	var fit []rune
	for _, comma := range separators {
		rec, err := newCSVGrid(bytes.NewReader(header), comma).next()
		if err != nil || len(rec.fields) < 2 {
			continue
		}
		t := newTable(nil, rec)
		for i := range maps {
			if ok, _ := t.matches(&maps[i]); ok {
				fit = append(fit, comma)
				break
			}
		}
	}
	switch len(fit) {
	case 0:
		return commonest(header), nil
	case 1:
		return fit[0], nil
	}
	return 0, faultAt(1, "", "import.separators")
}

// commonest is the separator that the header has most of, outside quotes.
func commonest(header []byte) rune {
	var count [128]int
	quoted := false
	for _, b := range header {
		switch {
		case b == '"':
			quoted = !quoted
		case !quoted && b < 128:
			count[b]++
		}
	}
	best := ','
	for _, r := range separators {
		if count[r] > count[best] {
			best = r
		}
	}
	return best
}
