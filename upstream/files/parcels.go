package files

import (
	"slices"
	"strconv"
	"time"

	"packbench/upstream"
)

// decide settles what holds for the whole file, once all rows are known. It
// returns true if that is impossible.
func (rd *orderReader) decide() (fatal bool) {
	for _, name := range []string{"order", "package", "platform_sku", "waybill"} {
		if r := rd.rounded[name]; r != nil && r.sure() {
			rd.refuse(faultAt(0, rd.column(name), "import.rounded", "column", rd.column(name)))
			fatal = true
		}
	}
	if rd.dates.monthFirst && rd.dates.dayFirst {
		rd.refuse(faultAt(0, rd.column("created"), "import.dates_mixed"))
		fatal = true
	}
	if m := rd.fileMarket(); m != nil {
		rd.res.Market = m.Code
	}
	return fatal
}

// monthFirst is the order of the dates in the file, see the package comment.
func (rd *orderReader) monthFirst() bool {
	if rd.dates.monthFirst || rd.dates.dayFirst {
		return rd.dates.monthFirst
	}
	m := rd.fileMarket()
	return m != nil && m.Dates == "mdy"
}

// order is what the rows of one order say together.
type order struct {
	f            map[string]string
	address      string
	country      *Market
	packages     []string // distinct, "" for rows without one
	status       upstream.Status
	pkg, waybill string // of the order's last row with a status, for continued rows
	createdMs    int64
	paidMs       int64
	shipByMs     int64
	money        upstream.Money
	row          int // its first row
}

// build makes the parcels.
func (rd *orderReader) build() {
	orders := rd.gather()
	groups, keys := map[string][]*orderRow{}, []string(nil)
	for i := range rd.rows {
		r := &rd.rows[i]
		key := r.pkg
		if key == "" {
			key = r.order
		}
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], r)
	}
	rd.checkGroups(groups, keys)
	for _, key := range keys {
		if !slices.ContainsFunc(groups[key], func(r *orderRow) bool { return rd.bad[r.order] }) {
			rd.res.Parcels = append(rd.res.Parcels, rd.parcel(key, groups[key], orders))
		}
	}
}

// gather collects what belongs to an order from its rows, the first one that
// says something wins, and lets rows without a status inherit.
func (rd *orderReader) gather() map[string]*order {
	orders := map[string]*order{}
	for i := range rd.rows {
		r := &rd.rows[i]
		o := orders[r.order]
		if o == nil {
			o = &order{f: map[string]string{}, row: r.row}
			orders[r.order] = o
		}
		switch {
		case !r.continued:
			o.status, o.pkg, o.waybill = r.status, r.pkg, r.waybill
		case o.status == "":
			rd.refuse(faultAt(r.row, rd.column("status"), "import.field_missing", "column", rd.column("status")))
			rd.bad[r.order] = true
			r.status = upstream.OnHold
		default:
			r.status = o.status
			if r.pkg == "" {
				r.pkg = o.pkg
			}
			if r.waybill == "" {
				r.waybill = o.waybill
			}
		}
		for k, v := range r.f {
			if o.f[k] == "" {
				o.f[k] = v
			}
		}
		if len(r.address) > len(o.address) {
			o.address = r.address // later rows often have less of it
		}
		if o.country == nil {
			o.country = r.country
		}
		if !slices.Contains(o.packages, r.pkg) {
			o.packages = append(o.packages, r.pkg)
		}
		rd.dateOrder(o, r)
	}
	for _, o := range orders {
		slices.Sort(o.packages)
	}
	for i := range rd.rows {
		rd.price(orders[rd.rows[i].order], rd.rows[i].order)
	}
	return orders
}

// dateOrder turns a row's dates into times.
func (rd *orderReader) dateOrder(o *order, r *orderRow) {
	market := r.country
	if market == nil {
		market = rd.fileMarket()
	}
	zone := time.UTC
	if market != nil {
		if l, err := location(market.Zone); err == nil {
			zone = l // checked when the columns were read
		}
	}
	for _, x := range []struct {
		field string
		d     date
		ok    bool
		to    *int64
	}{
		{"created", r.created, r.createdOK, &o.createdMs},
		{"paid", r.paid, r.paidOK, &o.paidMs},
		{"ship_by", r.shipBy, r.shipOK, &o.shipByMs},
	} {
		if !x.ok {
			continue
		}
		ms, ok := x.d.ms(rd.monthFirst(), zone)
		if !ok {
			rd.refuse(faultAt(r.row, rd.column(x.field), "import.date", "value", x.d.String()))
			rd.bad[r.order] = true
		} else if *x.to == 0 {
			*x.to = ms
		}
	}
}

// price reads an order's amount, once.
func (rd *orderReader) price(o *order, id string) {
	text := o.f["amount"]
	if text == "" || o.money.Currency != "" {
		return
	}
	delete(o.f, "amount") // read once
	market := o.country
	if market == nil {
		market = rd.fileMarket()
	}
	if market == nil {
		rd.note(o.row, rd.column("amount"), "import.market_unknown")
		return
	}
	minor, ok := parseMoney(text, market.Digits)
	switch {
	case ok:
		o.money = upstream.Money{Minor: minor, Currency: market.Currency}
	case rd.cod(o.f["payment"]):
		// Somebody will be asked for this amount at the door.
		rd.refuse(faultAt(o.row, rd.column("amount"), "import.money", "value", short(text)))
		rd.bad[id] = true
	default:
		rd.note(o.row, rd.column("amount"), "import.money", "value", short(text))
	}
}

// checkGroups refuses what only shows in a whole parcel: a row twice, two
// waybills. Then the orders of a parcel stand and fall together, and so do the
// parcels of an order.
func (rd *orderReader) checkGroups(groups map[string][]*orderRow, keys []string) {
	for _, key := range keys {
		seen := map[string]int{}
		waybill := ""
		for _, r := range groups[key] {
			if before, twice := seen[r.identity]; twice {
				rd.refuse(faultAt(r.row, "", "import.row_twice", "row", strconv.Itoa(before)))
				rd.bad[r.order] = true
			}
			seen[r.identity] = r.row
			switch {
			case r.waybill == "" || r.waybill == waybill || r.status == upstream.Cancelled:
			case waybill == "":
				waybill = r.waybill
			default:
				rd.refuse(faultAt(r.row, rd.column("waybill"), "import.two_waybills", "parcel", key))
				rd.bad[r.order] = true
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, key := range keys {
			rows := groups[key]
			if !slices.ContainsFunc(rows, func(r *orderRow) bool { return rd.bad[r.order] }) {
				continue
			}
			for _, r := range rows {
				if !rd.bad[r.order] {
					rd.bad[r.order], changed = true, true
				}
			}
		}
	}
}

// parcel makes one parcel of its rows.
func (rd *orderReader) parcel(key string, rows []*orderRow, orders map[string]*order) upstream.Parcel {
	o := orders[rows[0].order]
	p := upstream.Parcel{
		Connection: rd.opt.Connection, Number: key, Order: rows[0].order, Nr: 1, Of: len(o.packages),
		Tote: o.f["tote"], Wave: o.f["wave"], PickedBy: o.f["picked_by"],
		ShipByMs: o.shipByMs, CreatedMs: o.createdMs, PaidMs: o.paidMs, COD: rd.cod(o.f["payment"]),
		Buyer:      upstream.Buyer{Name: o.f["buyer_name"], Phone: o.f["phone"], Address: o.address, Note: o.f["buyer_note"]},
		SellerNote: o.f["seller_note"], Money: o.money,
	}
	if p.Buyer.Name == "" {
		p.Buyer.Name = o.f["buyer_account"]
	}
	if i := slices.Index(o.packages, rows[0].pkg); i >= 0 {
		p.Nr = i + 1
	}
	statuses := make([]upstream.Status, len(rows))
	for i, r := range rows {
		statuses[i] = r.status
	}
	status, in := resolve(statuses)
	p.Status = status
	for _, r := range rows {
		if !in(r.status) {
			continue
		}
		p.Lines = append(p.Lines, r.line)
		if r.status == status && p.StatusText == "" {
			p.StatusText = statusText(r.f)
		}
		if p.Waybill == "" {
			p.Waybill = r.waybill
		}
		if p.Carrier == "" {
			p.Carrier = r.f["carrier"]
		}
	}
	if p.Carrier == "" {
		p.Carrier = o.f["carrier"]
	}
	rd.addOrders(&p, rows, orders)
	p.Version = p.Hash()
	return p
}

// addOrders names the further orders that are combined into p.
func (rd *orderReader) addOrders(p *upstream.Parcel, rows []*orderRow, orders map[string]*order) {
	for _, r := range rows {
		if r.order == p.Order || slices.Contains(p.MoreOrders, r.order) {
			continue
		}
		p.MoreOrders = append(p.MoreOrders, r.order)
		o := orders[r.order]
		if o.money.Currency == p.Money.Currency {
			p.Money.Minor += o.money.Minor
		}
		p.COD = p.COD || rd.cod(o.f["payment"])
		for _, n := range []struct {
			to  *string
			add string
		}{{&p.Buyer.Note, o.f["buyer_note"]}, {&p.SellerNote, o.f["seller_note"]}} {
			if n.add != "" && n.add != *n.to {
				if *n.to != "" {
					*n.to += "\n"
				}
				*n.to += n.add
			}
		}
	}
	slices.Sort(p.MoreOrders)
}

// statusText is the status in the file's own words.
func statusText(f map[string]string) string {
	if f["substatus"] == "" {
		return f["status"]
	}
	return f["status"] + " / " + f["substatus"]
}
