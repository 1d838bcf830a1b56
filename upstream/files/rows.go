package files

import (
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"unicode"

	"packbench/upstream"
)

// rowSeed is this process's; hashes of rows never leave it.
var rowSeed = maphash.MakeSeed()

// fact is something that belongs to an order rather than to a line; exports
// leave it blank on an order's later rows.
type fact int

const (
	factAmount fact = iota
	factCurrency
	factCarrier
	factBuyerNote
	factSellerNote
	factBuyerName
	factBuyerAccount
	factPhone
	factPayment
	factTote
	factWave
	factPickedBy
	factAddress
	factCount
)

// factFields are the fields behind the facts; the address has columns of its own.
var factFields = [factCount]string{
	"amount", "currency", "carrier", "buyer_note", "seller_note", "buyer_name", "buyer_account",
	"phone", "payment", "tote", "wave", "picked_by", "",
}

// times are the dates of an order.
const (
	timeCreated = iota
	timePaid
	timeShipBy
	timeCount
)

var timeFields = [timeCount]string{"created", "paid", "ship_by"}

// written is a date as it stands in the file, with its row.
type written struct {
	date
	row int32
}

// order is what the rows of one order say together, the first one that says
// something wins.
type order struct {
	id           string
	row          int // its first row
	f            [factCount]string
	times        [timeCount]written
	country      *Market
	packages     []string        // distinct, "" for rows without one
	status       upstream.Status // of the last row with one, for continued rows
	statusText   string
	pkg, waybill string
	bad          bool // a row of it was refused

	createdMs, paidMs, shipByMs int64
	money                       upstream.Money
}

// failure collects what is wrong with the row under way.
type failure func(field, key string, args ...string)

// take reads one row; what is wrong with it is refused and its order marked.
func (rd *orderReader) take() {
	t := rd.table
	row, faults := orderRow{row: t.rec.row}, []*fault(nil)
	fail := func(field, key string, args ...string) {
		faults = append(faults, faultAt(row.row, rd.column(field), key, args...))
	}
	if f := t.shape(); f != nil {
		faults = append(faults, f)
	}
	id := rd.id("order", false, fail)
	row.pkg = rd.intern(rd.id("package", false, fail))
	row.waybill = strings.Clone(rd.id("waybill", true, fail))
	readable := id != "" && len(faults) == 0 || id != "" && checkID(id, false) == "" && faults[0].Reason.Key != "import.row_length"
	if id == "" {
		fail("order", "import.field_missing", "column", rd.column("order"))
	}
	var h maphash.Hash
	h.SetSeed(rowSeed)
	for _, f := range t.rec.fields {
		h.WriteString(f)
		h.WriteByte(0x1f)
	}
	row.identity = h.Sum64()
	if readable {
		row.order = rd.orderOf(id, row.row)
		rd.takeFacts(row.order, fail)
		rd.takeStatus(&row, fail)
	}
	rd.takeLine(&row, fail)
	for _, f := range faults {
		rd.refuse(f)
	}
	switch {
	case !readable:
		// It may be a line of the order above or below.
		if n := len(rd.rows); n > 0 {
			rd.rows[n-1].order.bad = true
		}
		rd.suspect = true
		return
	case len(faults) > 0 || rd.suspect:
		row.order.bad = true
		rd.suspect = false
	}
	rd.rows = append(rd.rows, row)
}

// id reads an identifier and checks its form. A number or a result of a formula
// in a spreadsheet may have lost digits.
func (rd *orderReader) id(name string, spaces bool, fail failure) string {
	i := rd.place(name)
	s := cleanID(rd.table.field(i))
	if s == "" {
		return ""
	}
	switch rd.table.kindOf(i) {
	case formula:
		fail(name, "import.formula")
		return s
	case broken:
		fail(name, "import.cell_error", "value", short(s))
		return s
	case number:
		// Up to 15 digits are exact, more are not.
		if len(s) > 15 || strings.Trim(s, "0123456789") != "" {
			fail(name, "import.scientific", "value", shownNumber(s))
			return s
		}
	}
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

// shownNumber is a number as a spreadsheet shows a long one: 5.77E+17.
func shownNumber(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return short(s)
	}
	return fmt.Sprintf("%.2E", f)
}

// short makes a value fit for a message: at most 40 letters, control characters
// and what reorders text made visible.
func short(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 40 {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\u2028' || r == '\u2029' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hasGoods reports whether the file says what is in the parcels at all.
func (rd *orderReader) hasGoods() bool { return rd.place("sku") >= 0 && rd.place("quantity") >= 0 }

func (rd *orderReader) takeLine(row *orderRow, fail failure) {
	if !rd.hasGoods() {
		rd.note(0, "", "import.no_goods")
		if row.status == upstream.Packable {
			row.status = upstream.OnHold
		}
		return
	}
	name := rd.field("name")
	sku := rd.id("sku", true, fail)
	platform := rd.id("platform_sku", false, fail)
	if sku == "" {
		sku = platform // the shop gave none; the platform's is as good a name
	}
	if sku == "" && rd.place("platform_sku") < 0 && checkID(name, true) == "" {
		sku = name // neither gave one
	}
	if sku == "" && row.status != upstream.Shipped { // of what isn't sent, no matter
		fail("sku", "import.field_missing", "column", rd.column("sku"))
	}
	quantity := rd.field("quantity")
	n, ok := parseQuantity(quantity)
	if !ok {
		fail("quantity", "import.quantity", "value", short(quantity))
	}
	row.line = upstream.Line{
		Listing: rd.intern(sku), PlatformSKU: rd.intern(platform),
		Name: rd.intern(name), Variation: rd.intern(rd.field("variation")), Quantity: n,
	}
}

// takeFacts fills what the order doesn't know yet.
func (rd *orderReader) takeFacts(o *order, fail failure) {
	for i, name := range factFields {
		if o.f[i] == "" && name != "" {
			o.f[i] = rd.intern(rd.field(name))
		}
	}
	if o.country == nil {
		o.country = rd.cols.byCountry(rd.field("country"))
		if rd.first == nil {
			rd.first = o.country
		}
	}
	for i, name := range timeFields {
		rd.takeTime(o, i, name, fail)
	}
	var parts []string
	for _, i := range rd.address {
		// A zip may carry an apostrophe against spreadsheets.
		if s := cleanID(rd.table.field(i)); s != "" {
			parts = append(parts, s)
		}
	}
	if s := strings.Join(parts, ", "); len(s) > len(o.f[factAddress]) {
		o.f[factAddress] = s // later rows often have less of it
	}
}

func (rd *orderReader) takeTime(o *order, i int, name string, fail failure) {
	at := rd.place(name)
	s := rd.table.field(at)
	if s == "" {
		return
	}
	d, ok := parseDate(s)
	if k := rd.table.kindOf(at); k == number || k == formula && !ok {
		d, ok = serialDate(s, rd.table.date1904())
	}
	if !ok {
		fail(name, "import.date", "value", short(s))
		return
	}
	rd.dates.add(d)
	if o.times[i].row == 0 {
		o.times[i] = written{date: d, row: int32(rd.table.rec.row)} //nolint:gosec // within maxRows, or a sheet's million
	}
}
