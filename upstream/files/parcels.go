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
	dates := rd.cols.Dates
	if m := rd.fileMarket(); m != nil {
		dates = m.Dates
	}
	return dates == "mdy"
}

// build makes the parcels.
func (rd *orderReader) build() error {
	monthFirst := rd.monthFirst()
	for _, o := range rd.keys {
		slices.Sort(o.packages)
		rd.dateOrder(o, monthFirst)
		rd.price(o)
	}
	groups, keys := map[string][]*orderRow{}, []string(nil)
	for i := range rd.rows {
		r := &rd.rows[i]
		key := r.pkg
		if key == "" {
			key = r.order.id
		}
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], r)
	}
	rd.checkGroups(groups, keys)
	if len(rd.res.Refused) > 0 && !rd.opt.Partial {
		return nil
	}
	var batch []upstream.Parcel
	flush := func() error {
		if rd.opt.Each == nil || len(batch) == 0 {
			return nil
		}
		full := batch
		batch = nil // the taker may keep it
		return rd.opt.Each(full)
	}
	for _, key := range keys {
		rows := groups[key]
		delete(groups, key)
		if slices.ContainsFunc(rows, func(r *orderRow) bool { return r.order.bad }) {
			continue
		}
		batch = append(batch, rd.parcel(key, rows))
		rd.res.Count++
		if rd.opt.Each != nil && len(batch) == portion {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if rd.opt.Each == nil {
		rd.res.Parcels = batch
	}
	return flush()
}

// dateOrder turns an order's dates into times.
func (rd *orderReader) dateOrder(o *order, monthFirst bool) {
	market := o.country
	if market == nil {
		market = rd.fileMarket()
	}
	name := rd.cols.Zone
	if market != nil {
		name = market.Zone
	}
	zone := time.UTC
	if l, err := location(name); err == nil { // checked with the columns
		zone = l
	}
	for i, to := range [timeCount]*int64{&o.createdMs, &o.paidMs, &o.shipByMs} {
		d := o.times[i]
		if d.row == 0 {
			continue
		}
		ms, ok := d.ms(monthFirst, zone)
		if !ok {
			rd.refuse(faultAt(int(d.row), rd.column(timeFields[i]), "import.date", "value", d.String()))
			o.bad = true
		}
		*to = ms
	}
}

// price reads an order's amount.
func (rd *orderReader) price(o *order) {
	text := o.f[factAmount]
	if text == "" {
		return
	}
	currency, digits := rd.currency(o)
	if currency == "" {
		rd.note(o.row, rd.column("amount"), "import.market_unknown")
		return
	}
	minor, ok := parseMoney(text, digits)
	switch {
	case ok:
		o.money = upstream.Money{Minor: minor, Currency: currency}
	case rd.cols.cod(o.f[factPayment]):
		// Somebody will be asked for this amount at the door.
		rd.refuse(faultAt(o.row, rd.column("amount"), "import.money", "value", short(text)))
		o.bad = true
	default:
		rd.note(o.row, rd.column("amount"), "import.money", "value", short(text))
	}
}

// currency is that of the file's own column, else of the market, else of the
// layout; "" if nothing tells.
func (rd *orderReader) currency(o *order) (code string, digits int) {
	market := o.country
	if market == nil {
		market = rd.fileMarket()
	}
	switch own := o.f[factCurrency]; {
	case currencyCode(own):
		return own, minorDigits(own)
	case market != nil:
		return market.Currency, market.Digits
	case rd.cols.Currency != "":
		return rd.cols.Currency, minorDigits(rd.cols.Currency)
	}
	return "", 0
}

// checkGroups refuses what only shows in a whole parcel: a row twice, two
// waybills. Then the orders of a parcel stand and fall together, and so do the
// parcels of an order.
func (rd *orderReader) checkGroups(groups map[string][]*orderRow, keys []string) {
	for _, key := range keys {
		rows := groups[key]
		seen := make(map[uint64]int, len(rows))
		waybill := ""
		for _, r := range rows {
			if before, twice := seen[r.identity]; twice && !(r.continued && rd.cols.FirstRowOnly) {
				rd.refuse(faultAt(r.row, "", "import.row_twice", "row", strconv.Itoa(before)))
				r.order.bad = true
			}
			seen[r.identity] = r.row
			switch {
			case r.waybill == "" || r.waybill == waybill || r.status == upstream.Cancelled:
			case waybill == "":
				waybill = r.waybill
			default:
				rd.refuse(faultAt(r.row, rd.column("waybill"), "import.two_waybills", "parcel", short(key)))
				r.order.bad = true
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, key := range keys {
			rows := groups[key]
			if !slices.ContainsFunc(rows, func(r *orderRow) bool { return r.order.bad }) {
				continue
			}
			for _, r := range rows {
				if !r.order.bad {
					r.order.bad, changed = true, true
				}
			}
		}
	}
}

// parcel makes one parcel of its rows.
func (rd *orderReader) parcel(key string, rows []*orderRow) upstream.Parcel {
	o := rows[0].order
	p := upstream.Parcel{
		Connection: rd.opt.Connection, Number: key, Order: o.id, Nr: 1, Of: len(o.packages),
		Tote: o.f[factTote], Wave: o.f[factWave], PickedBy: o.f[factPickedBy],
		ShipByMs: o.shipByMs, CreatedMs: o.createdMs, PaidMs: o.paidMs, COD: rd.cols.cod(o.f[factPayment]),
		Buyer:      upstream.Buyer{Name: o.f[factBuyerName], Phone: o.f[factPhone], Address: o.f[factAddress], Note: o.f[factBuyerNote]},
		SellerNote: o.f[factSellerNote], Money: o.money,
	}
	if p.Buyer.Name == "" {
		p.Buyer.Name = o.f[factBuyerAccount]
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
		if r.line.Quantity > 0 { // else the file says nothing of goods
			p.Lines = append(p.Lines, r.line)
		}
		if r.status == status && p.StatusText == "" {
			p.StatusText = r.statusText
		}
		if p.Waybill == "" {
			p.Waybill = r.waybill
		}
		if p.Carrier == "" {
			p.Carrier = r.carrier
		}
	}
	if p.Carrier == "" {
		p.Carrier = o.f[factCarrier]
	}
	rd.addOrders(&p, rows)
	p.Version = p.Hash()
	return p
}

// addOrders names the further orders that are combined into p.
func (rd *orderReader) addOrders(p *upstream.Parcel, rows []*orderRow) {
	for _, r := range rows {
		o := r.order
		if o.id == p.Order || slices.Contains(p.MoreOrders, o.id) {
			continue
		}
		p.MoreOrders = append(p.MoreOrders, o.id)
		if o.money.Currency == p.Money.Currency {
			p.Money.Minor += o.money.Minor
		}
		p.COD = p.COD || rd.cols.cod(o.f[factPayment])
		for _, n := range []struct {
			to  *string
			add string
		}{{&p.Buyer.Note, o.f[factBuyerNote]}, {&p.SellerNote, o.f[factSellerNote]}} {
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
