package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"packbench/upstream"
)

// Options of ReadOrders.
type Options struct {
	Connection string // the name that the parcels carry
	// Partial takes the orders that are good in every row from a file that has
	// bad ones.
	Partial bool
	// Columns is the only layout that the file may have; nil = one of the
	// program's or of More.
	Columns *Columns
	// More are further layouts, a shop's own (OwnColumns).
	More []Columns
	// Market is an ISO 3166 code for files whose rows name no country, "" = see
	// the package comment.
	Market string
	// Progress, if not nil, is called now and then while the file is read; an
	// error of it ends the reading and comes back.
	Progress func(Progress) error
	// Each, if not nil, is given the parcels in portions, in order, once the
	// whole file has been judged, instead of Result.Parcels; an error of it ends
	// the reading and comes back. Memory then holds one portion.
	Each func([]upstream.Parcel) error
}

// Progress is how far the reading of a file has come.
type Progress struct {
	Rows        int   // rows of data read
	Done, Total int64 // bytes
}

// Every so many rows Progress is called, and so many parcels are a portion.
const (
	progressRows = 1000
	portion      = 500
)

// Result of ReadOrders.
type Result struct {
	Parcels []upstream.Parcel // in the order of their first rows
	Count   int               // parcels, also where Options.Each took them
	Refused []Refusal         // reasons against the file or parts of it
	Notes   []Refusal         // remarks that refuse nothing
	Format  string            // Columns.ID
	Market  string            // the market that the file was read for, "" = unknown
	Rows    int               // rows of data
	ModTime time.Time         // of the file, zero if it has none
}

// ReadOrdersFile reads the order file at path, which must be a plain file that
// nobody writes while it is read. See ReadOrders.
func ReadOrdersFile(path string, opt Options) (Result, error) {
	rd, err := newOrderReader(opt)
	if err != nil {
		return Result{}, err
	}
	in, closer, err := openFile(path)
	if err != nil {
		return rd.finish(true, err)
	}
	defer closer.Close()
	return rd.read(in)
}

// ReadOrders reads an order file from r; name is for messages. The error is
// about reading r or the options; whatever is wrong with the content is in
// Result.Refused, and then there are no parcels, unless Partial is set. The same
// file gives the same result.
func ReadOrders(r io.Reader, name string, opt Options) (Result, error) {
	rd, err := newOrderReader(opt)
	if err != nil {
		return Result{}, err
	}
	in, err := memory(r)
	if err != nil {
		res, err := rd.finish(true, err)
		if err != nil {
			err = fmt.Errorf("read orders from %s: %w", name, err)
		}
		return res, err
	}
	return rd.read(in)
}

func newOrderReader(opt Options) (*orderReader, error) {
	rd := &orderReader{opt: opt, orders: map[string]*order{}, rounded: map[string]*rounded{}, interned: map[string]string{}}
	if opt.Columns != nil {
		if err := opt.Columns.check(); err != nil {
			return nil, fmt.Errorf("check columns %q: %w", opt.Columns.ID, err)
		}
		rd.maps = []Columns{*opt.Columns}
	} else {
		builtin, err := BuiltinOrders()
		if err != nil {
			return nil, err
		}
		rd.maps = append(slices.Clone(opt.More), builtin...)
	}
	if opt.Market != "" && !slices.ContainsFunc(rd.maps, func(c Columns) bool { return c.market(strings.ToUpper(opt.Market)) != nil }) {
		return nil, fmt.Errorf("read orders: unknown market %q", opt.Market)
	}
	return rd, nil
}

// read is the whole way from bytes to parcels.
func (rd *orderReader) read(in *input) (Result, error) {
	rd.in, rd.res.ModTime = in, in.modTime
	fatal, err := rd.readAll()
	if err != nil {
		return rd.finish(true, err)
	}
	if in.unchanged != nil {
		if f := in.unchanged(); f != nil { // half of one file, half of another
			rd.res.Refused = nil
			return rd.finish(true, f)
		}
	}
	if !fatal {
		fatal = rd.decide()
	}
	if !fatal {
		err = rd.build()
	}
	return rd.finish(fatal, err)
}

// finish orders the result. An error that is a reason against the file becomes
// a refusal.
func (rd *orderReader) finish(fatal bool, err error) (Result, error) {
	if reasons := faultsOf(err); reasons != nil {
		for _, f := range reasons {
			rd.refuse(f)
		}
		err = nil
	}
	if err != nil {
		return rd.res, fmt.Errorf("read orders: %w", err)
	}
	if fatal {
		rd.res.Parcels, rd.res.Count = nil, 0
	}
	slices.SortStableFunc(rd.res.Refused, func(a, b Refusal) int { return cmp.Compare(a.Row, b.Row) })
	slices.SortStableFunc(rd.res.Notes, func(a, b Refusal) int { return cmp.Compare(a.Row, b.Row) })
	if rd.more > 0 {
		rd.res.Refused = append(rd.res.Refused, faultAt(0, "", "import.more", "count", strconv.Itoa(rd.more)).Refusal)
	}
	return rd.res, nil
}

// orderRow is a row that could be read, as little of it as parcels need: files
// may have 200,000.
type orderRow struct {
	row        int
	order      *order
	pkg        string
	waybill    string
	carrier    string
	line       upstream.Line
	status     upstream.Status
	statusText string
	identity   uint64 // hash of the whole row, to see exact repeats
	continued  bool   // it says no status of its own
}

// orderReader is one ReadOrders under way.
type orderReader struct {
	opt      Options
	in       *input
	maps     []Columns
	cols     Columns
	table    *table
	at       map[string]int // field → place
	address  []int
	rows     []orderRow
	orders   map[string]*order
	keys     []*order // in the order of their first rows
	suspect  bool     // the next readable row is a neighbour of an unreadable one
	rounded  map[string]*rounded
	interned map[string]string
	dates    evidence
	first    *Market // of the first row that names a known country
	res      Result
	more     int // refusals beyond those listed
	noted    map[string]bool
}

func (rd *orderReader) refuse(f *fault) {
	if len(rd.res.Refused) >= maxRefused {
		rd.more++
		return
	}
	rd.res.Refused = append(rd.res.Refused, f.Refusal)
}

// note remarks something once per key and value.
func (rd *orderReader) note(row int, column, key string, args ...string) {
	if rd.noted == nil {
		rd.noted = map[string]bool{}
	}
	once := key + "\x00" + strings.Join(args, "\x00")
	if rd.noted[once] || len(rd.noted) >= maxRefused {
		return
	}
	rd.noted[once] = true
	rd.res.Notes = append(rd.res.Notes, faultAt(row, column, key, args...).Refusal)
}

// intern keeps one copy of a text that many rows share, and of no more of the
// row than the text itself.
func (rd *orderReader) intern(s string) string {
	if s == "" {
		return ""
	}
	if have, ok := rd.interned[s]; ok {
		return have
	}
	s = strings.Clone(s)
	if len(rd.interned) < 20_000 && len(s) < 256 {
		rd.interned[s] = s
	}
	return s
}

// readAll reads every row. fatal says that the file as a whole is unusable.
func (rd *orderReader) readAll() (fatal bool, err error) {
	t, cols, notes, err := openTable(rd.in, rd.maps)
	if err != nil {
		return true, err
	}
	rd.table, rd.cols, rd.at = t, cols, t.layout(&cols)
	rd.res.Format = cols.ID
	rd.res.Notes = append(rd.res.Notes, notes...)
	for _, n := range cols.Address {
		if i := t.place([]string{n}); i >= 0 {
			rd.address = append(rd.address, i)
		}
	}
	for first := true; ; first = false {
		_, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return true, err
		}
		if first && t.rec.row == t.headerRow+1 && cols.DescriptionRow && rd.describes() {
			t.rows--
			continue
		}
		rd.take()
		if rd.opt.Progress != nil && t.rows%progressRows == 0 {
			if err := rd.opt.Progress(Progress{Rows: t.rows, Done: rd.in.done.Load(), Total: rd.in.size}); err != nil {
				return true, err
			}
		}
	}
	rd.res.Rows = t.rows
	if t.hidden > 0 {
		rd.note(0, "", "import.hidden_rows", "count", strconv.Itoa(t.hidden))
	}
	if t.rows == 0 {
		return true, faultAt(0, "", "import.no_rows")
	}
	return false, nil
}

// describes reports whether a row explains the columns: words and no digit where
// an order number and a quantity should be.
func (rd *orderReader) describes() bool {
	order, quantity := rd.field("order"), rd.field("quantity")
	return order != "" && quantity != "" && !strings.ContainsFunc(order, unicode.IsDigit) && !strings.ContainsFunc(quantity, unicode.IsDigit)
}

// place is where a field stands, -1 if the file hasn't got it.
func (rd *orderReader) place(name string) int {
	if i, ok := rd.at[name]; ok {
		return i
	}
	return -1
}

// field is what the row under way says.
func (rd *orderReader) field(name string) string { return rd.table.field(rd.place(name)) }

// column is the name that the file gives a field.
func (rd *orderReader) column(name string) string { return rd.table.name(rd.place(name)) }

// orderOf is the order with this number, made at its first row.
func (rd *orderReader) orderOf(id string, row int) *order {
	o := rd.orders[id]
	if o == nil {
		o = &order{id: strings.Clone(id), row: row}
		rd.orders[o.id] = o
		rd.keys = append(rd.keys, o)
	}
	return o
}
