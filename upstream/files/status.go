package files

import (
	"slices"
	"strings"

	"packbench/upstream"
)

// takeStatus finds what may be done with the row's line. A row without a status
// inherits the order's, and its package and waybill.
func (rd *orderReader) takeStatus(row *orderRow, fail failure) {
	o := row.order
	row.carrier = rd.intern(rd.field("carrier"))
	row.status = rd.status(o)
	row.statusText = rd.intern(statusText(rd.field("status"), rd.field("substatus")))
	row.continued = row.status == ""
	switch {
	case !row.continued:
		o.status, o.statusText, o.pkg, o.waybill = row.status, row.statusText, row.pkg, row.waybill
	case o.status == "":
		fail("status", "import.field_missing", "column", rd.column("status"))
		row.status = upstream.OnHold
	default:
		row.status, row.statusText = o.status, o.statusText
		if row.pkg == "" {
			row.pkg = o.pkg
		}
		if row.waybill == "" {
			row.waybill = o.waybill
		}
	}
	row.status = rd.lineStatus(row.status)
	if !slices.Contains(o.packages, row.pkg) {
		o.packages = append(o.packages, row.pkg)
	}
}

// status is what a row says about its order; "" if the row says nothing. Unknown
// words are on hold and noted.
func (rd *orderReader) status(o *order) upstream.Status {
	text := rd.field("status")
	if rd.field("cancelled") != "" { // a date, or a yes
		return upstream.Cancelled
	}
	s := upstream.Packable
	switch {
	case rd.place("status") < 0: // the file doesn't know any
	case text == "":
		return ""
	default:
		var known bool
		if s, known = rd.cols.Statuses[fold(text)]; !known {
			rd.note(rd.table.rec.row, rd.column("status"), "import.status_unknown", "value", short(text))
			return upstream.OnHold
		}
	}
	if sub, ok := rd.cols.Substatuses[fold(rd.field("substatus"))]; ok && s == upstream.Packable {
		s = sub
	}
	if pay := rd.field("payment_status"); pay != "" && s == upstream.Packable {
		var known bool
		if s, known = rd.cols.PaymentStatuses[fold(pay)]; !known {
			rd.note(rd.table.rec.row, rd.column("payment_status"), "import.status_unknown", "value", short(pay))
			return upstream.OnHold
		}
		if s == upstream.Unpaid && rd.cols.cod(o.f[factPayment]) {
			s = upstream.Packable // paid at the door
		}
	}
	if s == upstream.Packable || s == upstream.OnHold || s == upstream.Unpaid {
		switch {
		case rd.field("cancel") != "":
			// Whatever it says, somebody wants out of an order that hasn't left.
			return upstream.CancelAsked
		case rd.cols.elsewhere(rd.field("fulfillment")):
			return upstream.OtherWarehouse
		}
	}
	return s
}

// lineStatus is what the row says about its line alone, within its order.
func (rd *orderReader) lineStatus(s upstream.Status) upstream.Status {
	if s != upstream.Packable {
		return s
	}
	if ships := fold(rd.field("ships")); ships != "" && slices.Contains(rd.cols.NoShipping, ships) {
		return upstream.Shipped // nothing of it goes into a box
	}
	text := rd.field("line_status")
	if text == "" {
		return s
	}
	line, known := rd.cols.LineStatuses[fold(text)]
	if !known {
		rd.note(rd.table.rec.row, rd.column("line_status"), "import.status_unknown", "value", short(text))
		return upstream.OnHold
	}
	return line
}

// statusText is the status in the file's own words.
func statusText(status, substatus string) string {
	if substatus == "" {
		return status
	}
	return status + " / " + substatus
}

func (c *Columns) elsewhere(fulfillment string) bool {
	for _, beginning := range c.OtherWarehouse {
		if strings.HasPrefix(fold(fulfillment), fold(beginning)) {
			return true
		}
	}
	return false
}

// cod reports whether a payment method is cash on delivery.
func (c *Columns) cod(payment string) bool {
	p := fold(payment)
	for _, method := range c.COD {
		m := fold(method)
		// Short words only as a whole: "cod" is in "code".
		if p == m || (len([]rune(m)) >= 5 && strings.Contains(p, m)) {
			return true
		}
	}
	return false
}

// severity orders statuses of lines in one parcel: the worst decides.
var severity = map[upstream.Status]int{
	upstream.Packable: 1, upstream.OtherWarehouse: 2, upstream.Unpaid: 3, upstream.OnHold: 4, upstream.CancelAsked: 5,
}

// resolve finds the status of a parcel from those of its lines and says which
// lines are still in it: cancelled ones and such as have left are not, as long
// as others remain.
func resolve(statuses []upstream.Status) (s upstream.Status, in func(upstream.Status) bool) {
	for _, x := range statuses {
		if severity[x] > severity[s] {
			s = x
		}
	}
	if s != "" {
		return s, func(x upstream.Status) bool { return severity[x] > 0 }
	}
	s = upstream.Cancelled
	for _, x := range statuses {
		if x == upstream.Shipped {
			s = upstream.Shipped
		}
	}
	return s, func(x upstream.Status) bool { return x == s }
}

func (c *Columns) byCountry(country string) *Market {
	if country == "" {
		return nil
	}
	for i, m := range c.Markets {
		for _, name := range m.Countries {
			if fold(name) == fold(country) {
				return &c.Markets[i]
			}
		}
	}
	return nil
}

func (c *Columns) market(code string) *Market {
	for i, m := range c.Markets {
		if m.Code == code {
			return &c.Markets[i]
		}
	}
	return nil
}

// fileMarket is the market of the file: by a row's country, else by what the
// caller said, else by a column that only one market has.
func (rd *orderReader) fileMarket() *Market {
	if rd.first != nil {
		return rd.first
	}
	if rd.opt.Market != "" {
		return rd.cols.market(strings.ToUpper(rd.opt.Market))
	}
	for i, m := range rd.cols.Markets {
		if rd.table.place(m.Headers) >= 0 {
			return &rd.cols.Markets[i]
		}
	}
	return nil
}
