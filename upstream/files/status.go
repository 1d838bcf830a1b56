package files

import (
	"strings"

	"packbench/upstream"
)

// status is what a row says may be done with its line; "" if the row says
// nothing. Unknown words are on hold and noted.
func (rd *orderReader) status(row *orderRow) upstream.Status {
	text := row.f["status"]
	if text == "" {
		return ""
	}
	s, known := rd.cols.Statuses[fold(text)]
	if sub, ok := rd.cols.Substatuses[fold(row.f["substatus"])]; ok && known && s == upstream.Packable {
		s = sub
	}
	if !known {
		rd.note(row.row, rd.column("status"), "import.status_unknown", "value", short(text))
		return upstream.OnHold
	}
	if s == upstream.Packable || s == upstream.OnHold || s == upstream.Unpaid {
		switch {
		case row.f["cancel"] != "":
			// Whatever it says, somebody wants out of an order that hasn't left.
			return upstream.CancelAsked
		case rd.elsewhere(row.f["fulfillment"]):
			return upstream.OtherWarehouse
		}
	}
	return s
}

func (rd *orderReader) elsewhere(fulfillment string) bool {
	for _, beginning := range rd.cols.OtherWarehouse {
		if strings.HasPrefix(fold(fulfillment), fold(beginning)) {
			return true
		}
	}
	return false
}

// cod reports whether a payment method is cash on delivery.
func (rd *orderReader) cod(payment string) bool {
	p := fold(payment)
	for _, method := range rd.cols.COD {
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

func (rd *orderReader) byCountry(country string) *Market {
	if country == "" {
		return nil
	}
	for i, m := range rd.cols.Markets {
		for _, name := range m.Countries {
			if fold(name) == fold(country) {
				return &rd.cols.Markets[i]
			}
		}
	}
	return nil
}

func (rd *orderReader) market(code string) *Market {
	for i, m := range rd.cols.Markets {
		if m.Code == code {
			return &rd.cols.Markets[i]
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
		return rd.market(strings.ToUpper(rd.opt.Market))
	}
	for i, m := range rd.cols.Markets {
		for _, name := range m.Headers {
			if _, ok := rd.table.index[fold(name)]; ok {
				return &rd.cols.Markets[i]
			}
		}
	}
	return nil
}
