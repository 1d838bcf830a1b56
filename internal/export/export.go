// Package export writes tables that people open in a spreadsheet: reports, and
// what must be told by hand when nothing else helps.
//
// A spreadsheet does more with a CSV file than show it. Three things are done
// about that, here and nowhere else:
//
//   - formula guard (OWASP ASVS 1.2.10): a cell that begins with = + - @, a tab, a
//     line break or NUL would be run as a formula, and cells hold what buyers and
//     servers wrote. It gets a ' in front. Where the list separator is ; (most of
//     Europe) or a table is taken apart at tabs, our quotes are in the middle of a
//     cell and hold nothing together: what follows a ; a tab or a line break
//     inside a field is a cell of its own there and is guarded likewise.
//   - [ID]: an order number of 18 digits would be shown as 5.77E+17 and saved
//     back without its last digits; a waybill "12E34567" or "0012" likewise. An
//     identifier gets a tab behind it, as TikTok Shop's own exports do, which keeps
//     it text; our importer takes it off again.
//   - byte order mark: without it Excel takes UTF-8 for the system's old code page
//     and shows Chinese as rubbish.
//
// A cell can only be made by the functions of this package, so that no table is
// written without the guard.
package export

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// bom is the byte order mark in UTF-8.
const bom = "\ufeff"

// Cell is one guarded field.
type Cell struct{ text string }

// String is the cell as it is written.
func (c Cell) String() string { return c.text }

// Text is a cell of words, guarded against formulas.
func Text(s string) Cell { return Cell{Guard(clean(s))} }

// ID is a cell that stays text whatever it looks like: an order number, a
// waybill, a code. The empty one stays empty.
func ID(s string) Cell {
	if s = clean(s); s == "" {
		return Cell{}
	}
	return Cell{Guard(s) + "\t"}
}

// Number is a cell to calculate with.
func Number(n int64) Cell { return Cell{fmt.Sprint(n)} }

// Guard puts a ' before what a spreadsheet would run: at the beginning, and
// wherever one that separates otherwise than by comma would begin a cell.
func Guard(s string) string {
	var b strings.Builder
	begin := true // nothing of a cell seen yet but quotes and blanks
	for i, r := range s {
		if (begin && strings.ContainsRune("=+-@＝＋－＠\x00", r)) || (i == 0 && strings.ContainsRune("\t\r\n", r)) {
			b.WriteByte('\'')
			begin = false
		}
		b.WriteRune(r)
		begin = strings.ContainsRune(";；\t\r\n", r) || (begin && strings.ContainsRune("\" \u00a0\u3000\ufeff", r))
	}
	return b.String()
}

// clean makes a field one that a CSV file can hold: valid UTF-8, lines ended by
// \n alone.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// CSV writes one table: UTF-8 with a byte order mark, comma, RFC 4180 quotes.
type CSV struct {
	w       *csv.Writer
	columns int
}

// NewCSV begins a table with its column names.
func NewCSV(w io.Writer, columns ...string) (*CSV, error) {
	if len(columns) == 0 {
		return nil, errors.New("write table: it has no columns")
	}
	if _, err := io.WriteString(w, bom); err != nil {
		return nil, fmt.Errorf("write table: %w", err)
	}
	c := &CSV{w: csv.NewWriter(w), columns: len(columns)}
	row := make([]Cell, len(columns))
	for i, name := range columns {
		row[i] = Text(name)
	}
	return c, c.Row(row...)
}

// Row writes one row, a cell for each column.
func (c *CSV) Row(cells ...Cell) error {
	if len(cells) != c.columns {
		return fmt.Errorf("write table: %d cells in %d columns", len(cells), c.columns)
	}
	record := make([]string, len(cells))
	for i, cell := range cells {
		record[i] = cell.text
	}
	if err := c.w.Write(record); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// Close writes what is still held back; the underlying writer stays open.
func (c *CSV) Close() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
