package files

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"packbench/upstream"
)

// Limits of a file.
const (
	maxFile    = 256 << 20 // bytes
	maxRows    = 200_000   // TikTok's own limit of one export
	maxField   = 10_000    // bytes
	maxRefused = 1_000     // refusals that are listed
)

// Refusal is one reason against a file.
type Refusal struct {
	Row    int    // as a spreadsheet numbers it, the header is 1; 0 = the file as a whole
	Column string // as the file names it, "" if it is about the row
	Reason upstream.Msg
}

// table reads a CSV file row by row, with the numbers that a spreadsheet shows:
// blank lines count, line breaks within quotes don't.
type table struct {
	csv     *csv.Reader
	header  []string       // as the file names them
	index   map[string]int // folded name → place
	row     int            // number of the row read last
	endLine int            // line on which it ended
	rows    int            // rows read after the header
	short   bool           // rows may be shorter than the header
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

// newTable reads the file and its header. The error is a *fault if the content
// is the reason, another one if reading itself failed.
func newTable(r io.Reader) (*table, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if len(data) > maxFile {
		return nil, faultAt(0, "", "import.file_large", "limit", strconv.Itoa(maxFile>>20))
	}
	if f := foreign(data); f != nil {
		return nil, f
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	t := &table{csv: csv.NewReader(bytes.NewReader(data)), index: map[string]int{}}
	t.csv.Comma = delimiter(data)
	t.csv.FieldsPerRecord = -1 // counted here, with a better message
	header, err := t.read()
	if errors.Is(err, io.EOF) {
		return nil, faultAt(0, "", "import.empty")
	}
	if err != nil {
		return nil, err
	}
	for i, name := range header {
		name = clean(name)
		t.header = append(t.header, name)
		key := fold(name)
		if _, twice := t.index[key]; twice && key != "" {
			return nil, faultAt(t.row, name, "import.column_twice", "column", name)
		}
		t.index[key] = i
	}
	return t, nil
}

// foreign recognises files that aren't UTF-8 text.
func foreign(data []byte) *fault {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		return faultAt(0, "", "import.spreadsheet")
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return faultAt(0, "", "import.not_utf8", "line", "1")
	}
	bad := bytes.IndexByte(data, 0) // UTF-16 without a mark, or no text at all
	if bad < 0 && utf8.Valid(data) {
		return nil
	}
	if bad < 0 {
		for bad = 0; bad < len(data); {
			r, n := utf8.DecodeRune(data[bad:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			bad += n
		}
	}
	return faultAt(0, "", "import.not_utf8", "line", strconv.Itoa(1+bytes.Count(data[:bad], []byte("\n"))))
}

// delimiter is the mark that the header uses most, outside quotes: spreadsheets
// write semicolons where the comma is the decimal mark.
func delimiter(data []byte) rune {
	var count [128]int
	quoted := false
header:
	for _, b := range data {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n' || b == '\r':
			break header
		case b == ',' || b == ';' || b == '\t':
			count[b]++
		}
	}
	best := ','
	for _, r := range []rune{';', '\t'} {
		if count[r] > count[best] {
			best = r
		}
	}
	return best
}

// read returns the next record and keeps the row number.
func (t *table) read() ([]string, error) {
	fields, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, faultAt(t.row+1+max(0, e.StartLine-t.endLine-1), "", "import.quotes", "line", strconv.Itoa(e.Line))
	}
	if err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	start, _ := t.csv.FieldPos(0)
	t.row += 1 + max(0, start-t.endLine-1) // blank lines between are rows too
	last := len(fields) - 1
	lastStart, _ := t.csv.FieldPos(last)
	t.endLine = lastStart + strings.Count(fields[last], "\n")
	return fields, nil
}

// next returns the next row that isn't blank, io.EOF at the end, or a *fault
// that ends the reading. What is wrong with the row alone is for shape.
func (t *table) next() ([]string, error) {
	for {
		fields, err := t.read()
		if err != nil {
			return nil, err
		}
		if blank(fields) {
			continue
		}
		if t.rows++; t.rows > maxRows {
			return nil, faultAt(t.row, "", "import.rows_many", "limit", strconv.Itoa(maxRows))
		}
		return fields, nil
	}
}

// shape checks the lengths of a row and its fields.
func (t *table) shape(fields []string) *fault {
	n := len(fields)
	for n > len(t.header) && clean(fields[n-1]) == "" {
		n-- // commas at the end of a line
	}
	if n > len(t.header) || (n < len(t.header) && !t.short) {
		return faultAt(t.row, "", "import.row_length", "have", strconv.Itoa(n), "want", strconv.Itoa(len(t.header)))
	}
	for i, f := range fields {
		if len(f) > maxField {
			return faultAt(t.row, t.name(i), "import.field_long", "limit", strconv.Itoa(maxField))
		}
	}
	return nil
}

func (t *table) name(i int) string {
	if i < len(t.header) {
		return t.header[i]
	}
	return ""
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

// layout finds the fields of c in the table: the place of each, -1 if absent.
// The faults name what is missing.
func (t *table) layout(c Columns) (map[string]int, []*fault) {
	places := map[string]int{}
	var faults []*fault
	for field, names := range c.Columns {
		places[field] = -1
		for _, n := range names {
			if i, ok := t.index[fold(n)]; ok {
				places[field] = i
				break
			}
		}
	}
	found := 0
	for _, field := range c.Detect {
		if places[field] >= 0 {
			found++
		}
	}
	if found == 0 {
		return nil, []*fault{faultAt(1, "", "import.format_unknown", "format", c.Title)}
	}
	for _, field := range c.Required {
		if places[field] < 0 {
			name := c.Columns[field][0]
			faults = append(faults, faultAt(1, name, "import.column_missing", "column", name))
		}
	}
	return places, faults
}
