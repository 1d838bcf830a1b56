package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"packbench/upstream"
)

// Options of ReadOrders.
type Options struct {
	Connection string // the name that the parcels carry
	// Partial takes the orders that are good in every row from a file that has
	// bad ones.
	Partial bool
	// Columns is the layout of the file, nil = TikTok Seller Center.
	Columns *Columns
	// Market is an ISO 3166 code for files whose rows name no country, "" = see
	// the package comment.
	Market string
}

// Result of ReadOrders.
type Result struct {
	Parcels []upstream.Parcel // in the order of their first rows
	Refused []Refusal         // reasons against the file or parts of it
	Notes   []Refusal         // remarks that refuse nothing
	Format  string            // Columns.ID
	Market  string            // the market that the file was read for, "" = unknown
	Rows    int               // rows of data
}

// ReadOrders reads an order file; name is for messages. The error is about
// reading r or the options; whatever is wrong with the content is in
// Result.Refused, and then there are no Parcels, unless Partial is set. The same
// file gives the same result.
func ReadOrders(r io.Reader, name string, opt Options) (Result, error) {
	cols := opt.Columns
	if cols == nil {
		builtin, err := Builtin("tiktok")
		if err != nil {
			return Result{}, err
		}
		cols = &builtin
	} else if err := cols.check(); err != nil {
		return Result{}, fmt.Errorf("check columns %q: %w", cols.ID, err)
	}
	rd := &orderReader{opt: opt, cols: *cols, bad: map[string]bool{}, rounded: map[string]*rounded{}}
	rd.res.Format = cols.ID
	if opt.Market != "" && rd.market(strings.ToUpper(opt.Market)) == nil {
		return rd.res, fmt.Errorf("read orders: unknown market %q", opt.Market)
	}
	fatal, err := rd.readAll(r)
	if err != nil {
		return Result{}, fmt.Errorf("read orders from %s: %w", name, err)
	}
	if !fatal {
		fatal = rd.decide()
	}
	if !fatal {
		rd.build()
	}
	if fatal || (len(rd.res.Refused) > 0 && !opt.Partial) {
		rd.res.Parcels = nil
	}
	slices.SortStableFunc(rd.res.Refused, func(a, b Refusal) int { return cmp.Compare(a.Row, b.Row) })
	slices.SortStableFunc(rd.res.Notes, func(a, b Refusal) int { return cmp.Compare(a.Row, b.Row) })
	if rd.more > 0 {
		rd.res.Refused = append(rd.res.Refused, faultAt(0, "", "import.more", "count", strconv.Itoa(rd.more)).Refusal)
	}
	return rd.res, nil
}

// orderRow is a row that could be read; dates and money still as written.
type orderRow struct {
	row            int
	order, pkg     string
	waybill        string
	line           upstream.Line
	status         upstream.Status
	continued      bool // no status of its own: it belongs to the order's row above
	f              map[string]string
	address        string
	created, paid  date
	shipBy         date
	country        *Market
	identity       string // the whole row, to see exact repeats
	createdOK      bool
	paidOK, shipOK bool
}

// orderReader is one ReadOrders under way.
type orderReader struct {
	opt     Options
	cols    Columns
	table   *table
	at      map[string]int // field → place
	address []int
	rows    []orderRow
	bad     map[string]bool // orders with a refused row
	suspect bool            // the next readable row is a neighbour of an unreadable one
	rounded map[string]*rounded
	dates   evidence
	first   *Market // of the first row that names a known country
	res     Result
	more    int // refusals beyond those listed
	noted   map[string]bool
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

// readAll reads every row. fatal says that the file as a whole is unusable.
func (rd *orderReader) readAll(r io.Reader) (fatal bool, err error) {
	t, err := newTable(r)
	if err != nil {
		return rd.fatal(err)
	}
	rd.table = t
	places, faults := t.layout(rd.cols)
	for _, f := range faults {
		rd.refuse(f)
	}
	if len(faults) > 0 {
		return true, nil
	}
	rd.at = places
	for _, n := range rd.cols.Address {
		if i, ok := t.index[fold(n)]; ok {
			rd.address = append(rd.address, i)
		}
	}
	for first := true; ; first = false {
		fields, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rd.fatal(err)
		}
		if first && t.row == 2 && rd.cols.DescriptionRow && rd.describes(fields) {
			t.rows--
			continue
		}
		rd.take(fields)
	}
	rd.res.Rows = t.rows
	if t.rows == 0 {
		rd.refuse(faultAt(0, "", "import.no_rows"))
		return true, nil
	}
	return false, nil
}

func (rd *orderReader) fatal(err error) (bool, error) {
	if f, ok := errors.AsType[*fault](err); ok {
		rd.refuse(f)
		return true, nil
	}
	return true, err
}

// describes reports whether a row explains the columns: words and no digit where
// an order number and a quantity should be.
func (rd *orderReader) describes(fields []string) bool {
	order, quantity := rd.field(fields, "order"), rd.field(fields, "quantity")
	return order != "" && !strings.ContainsFunc(order, unicode.IsDigit) && !strings.ContainsFunc(quantity, unicode.IsDigit)
}

func (rd *orderReader) field(fields []string, name string) string {
	i, ok := rd.at[name]
	if !ok || i < 0 || i >= len(fields) {
		return ""
	}
	return clean(fields[i])
}

// column is the name that the file gives a field.
func (rd *orderReader) column(name string) string {
	if i, ok := rd.at[name]; ok && i >= 0 {
		return rd.table.header[i]
	}
	return ""
}

// take reads one row; what is wrong with it is refused and its order marked.
func (rd *orderReader) take(fields []string) {
	t := rd.table
	row, faults := orderRow{row: t.row}, []*fault(nil)
	fail := func(field, key string, args ...string) {
		faults = append(faults, faultAt(t.row, rd.column(field), key, args...))
	}
	if f := t.shape(fields); f != nil {
		faults = append(faults, f)
	}
	row.order = rd.id(fields, "order", false, fail)
	row.pkg = rd.id(fields, "package", false, fail)
	row.waybill = rd.id(fields, "waybill", true, fail)
	readable := row.order != "" && checkID(row.order, false) == ""
	if row.order == "" {
		fail("order", "import.field_missing", "column", rd.column("order"))
	}
	rd.takeLine(&row, fields, fail)
	rd.takeFacts(&row, fields, fail)

	for _, f := range faults {
		rd.refuse(f)
	}
	switch {
	case !readable || (len(faults) > 0 && faults[0].Reason.Key == "import.row_length"):
		// It may be a line of the order above or below.
		if n := len(rd.rows); n > 0 {
			rd.bad[rd.rows[n-1].order] = true
		}
		rd.suspect = true
		return
	case len(faults) > 0 || rd.suspect:
		rd.bad[row.order] = true
		rd.suspect = false
	}
	rd.rows = append(rd.rows, row)
}

// id reads an identifier and checks its form.
func (rd *orderReader) id(fields []string, name string, spaces bool, fail func(field, key string, args ...string)) string {
	s := cleanID(rd.field(fields, name))
	if key := checkID(s, spaces); key != "" {
		fail(name, key, "value", short(s))
		return s
	}
	if rd.rounded[name] == nil {
		rd.rounded[name] = &rounded{}
	}
	rd.rounded[name].add(s)
	return s
}

// short makes a value fit for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (rd *orderReader) takeLine(row *orderRow, fields []string, fail func(field, key string, args ...string)) {
	sku := rd.id(fields, "sku", true, fail)
	platform := rd.id(fields, "platform_sku", false, fail)
	if sku == "" {
		sku = platform // the shop gave none; the platform's is as good a name
	}
	if sku == "" {
		fail("sku", "import.field_missing", "column", rd.column("sku"))
	}
	quantity := rd.field(fields, "quantity")
	n, ok := parseQuantity(quantity)
	if !ok {
		fail("quantity", "import.quantity", "value", short(quantity))
	}
	row.line = upstream.Line{
		Listing: sku, PlatformSKU: platform,
		Name: rd.field(fields, "name"), Variation: rd.field(fields, "variation"), Quantity: n,
	}
}

// facts are the fields that belong to the order rather than to a line; exports
// leave them blank on an order's later rows.
var facts = []string{
	"amount", "fulfillment", "carrier", "buyer_note", "seller_note", "buyer_name", "buyer_account",
	"phone", "payment", "tote", "wave", "picked_by", "status", "substatus", "cancel",
}

func (rd *orderReader) takeFacts(row *orderRow, fields []string, fail func(field, key string, args ...string)) {
	row.f = make(map[string]string, len(facts))
	for _, name := range facts {
		if s := rd.field(fields, name); s != "" {
			row.f[name] = s
		}
	}
	row.continued = row.f["status"] == ""
	row.status = rd.status(row)
	row.country = rd.byCountry(rd.field(fields, "country"))
	if row.country != nil && rd.first == nil {
		rd.first = row.country
	}
	for _, x := range []struct {
		name string
		d    *date
		ok   *bool
	}{{"created", &row.created, &row.createdOK}, {"paid", &row.paid, &row.paidOK}, {"ship_by", &row.shipBy, &row.shipOK}} {
		s := rd.field(fields, x.name)
		if s == "" {
			continue
		}
		if *x.d, *x.ok = parseDate(s); !*x.ok {
			fail(x.name, "import.date", "value", short(s))
			continue
		}
		rd.dates.add(*x.d)
	}
	var parts []string
	for _, i := range rd.address {
		if i < len(fields) && clean(fields[i]) != "" {
			parts = append(parts, clean(fields[i]))
		}
	}
	row.address = strings.Join(parts, ", ")
	row.identity = strings.Join(fields, "\x1f")
}
