package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"packbench/document"
	"packbench/store"
)

// mistake is what is wrong with a parcel in the warehouse.
type mistake string

// The mistakes, each an exception of BENCH §6 (its row in brackets).
const (
	fine        mistake = ""
	wrongItem   mistake = "wrong item"   // [1] other goods lie in the tote
	newSticker  mistake = "unknown code" // [2] a sticker that nobody registered
	extraUnit   mistake = "extra unit"   // [3] one too many in the tote
	samePerson  mistake = "same person"  // [7] the picker sits down to verify
	unpaid      mistake = "unpaid"       // [8]
	floorLabel  mistake = "wrong label"  // [12] another open parcel's label is taken
	usedLabel   mistake = "used label"   // [13] a sealed parcel's label turns up again
	unitMissing mistake = "unit missing" // [16] scanned, but left on the table
	paperOut    mistake = "paper out"    // [18] the printer runs dry in the middle
	powerCut    mistake = "power cut"    // [21] the program ends in the middle
	wrongCode   mistake = "wrong kind"   // [27] the waybill is scanned where an item is due
	cancelled   mistake = "cancelled"    // [9] the buyer cancels while it is packed
)

var mistakes = []mistake{
	wrongItem, newSticker, extraUnit, samePerson, unpaid, floorLabel, unitMissing,
	paperOut, powerCut, wrongCode, usedLabel, cancelled,
}

// unit is one thing that lies in a tote.
type unit struct {
	code string // the barcode on it
	mg   int64
}

// parcel is an order as the warehouse has it: the paper, and the tote.
type parcel struct {
	number, order, waybill, tote string
	lines                        []orderLine
	buyer                        buyer
	mistake                      mistake
	labelFirst                   bool
	units                        []unit // what really lies in the tote
	box                          []unit // and what was put from it into the box
	printed                      bool   // the box has its label
}

type orderLine struct {
	goods    store.Goods
	quantity int
}

type buyer struct{ name, phone, address, note string }

// buyers live where marketplaces ship: names in four scripts. None exists.
var buyers = []buyer{
	{"李小梅", "138****2201", "广东省 深圳市 南山区 示例路 1 号", "请多包一层气泡膜"},
	{"D** Brown", "(+1)555****00", "1 Demo St, Fremont CA 94538", ""},
	{"Nguyễn Thị Ánh", "(+84)90****12", "12 Đường Mẫu, Quận 1, TP. Hồ Chí Minh", "Giao giờ hành chính"},
	{"สมชาย ใจดี", "(+66)81****45", "99 ถนนตัวอย่าง เขตบางรัก กรุงเทพฯ 10500", "ฝากไว้กับรปภ."},
	{"王建国", "139****7710", "浙江省 杭州市 余杭区 样例街 20 号 3 栋 502", "送朋友的，别放价格"},
	{"S** Putri", "(+62)81****88", "Jl. Contoh No. 5, Bandung 40111", ""},
}

// makeOrders makes n parcels; the same seed makes the same day. The last quarter
// is packed label-first. Every mistake is planted once if n allows.
func makeOrders(n int, seed uint64) []*parcel {
	rnd := rand.New(rand.NewPCG(seed, 42))
	out := make([]*parcel, n)
	for i := range out {
		p := &parcel{
			number:  fmt.Sprintf("11529%09d", i+1),
			order:   fmt.Sprintf("5764%014d", 62377512830000+i*7+1),
			waybill: fmt.Sprintf("JT%013d", 3002232680000+i*13+7),
			tote:    fmt.Sprintf("T%03d", i+1),
			buyer:   buyers[rnd.IntN(len(buyers))],
		}
		p.labelFirst = i >= n-n/4
		for _, k := range rnd.Perm(len(goods))[:1+rnd.IntN(3)] {
			p.lines = append(p.lines, orderLine{goods[k], 1 + rnd.IntN(2)})
		}
		out[i] = p
	}
	plant(out)
	for _, p := range out {
		p.fill(rnd)
	}
	return out
}

// fill puts what was picked into the tote, with the picker's mistake.
func (p *parcel) fill(rnd *rand.Rand) {
	for _, l := range p.lines {
		for range l.quantity {
			p.units = append(p.units, unit{code: l.goods.Codes[0].Code, mg: l.goods.WeightMg})
		}
	}
	switch p.mistake {
	case wrongItem:
		p.units = append([]unit{otherThan(p, rnd)}, p.units...)
	case newSticker:
		p.units = append([]unit{{code: "2099887766554", mg: 0}}, p.units...)
	case extraUnit:
		p.units = append([]unit{p.units[0]}, p.units...)
	}
}

// plant puts the mistakes into the verify-first part, every other parcel, so
// that a good one stands beside each. Such a parcel has two of its first goods,
// so that there is a middle for things to happen in.
func plant(parcels []*parcel) {
	i := 1
	for _, m := range mistakes {
		if i >= len(parcels) || parcels[i].labelFirst {
			break
		}
		parcels[i].mistake = m
		parcels[i].lines[0].quantity = 2
		i += 2
	}
}

// otherThan is goods that are not in the parcel.
func otherThan(p *parcel, rnd *rand.Rand) unit {
	for {
		g := goods[rnd.IntN(len(goods))]
		inside := false
		for _, l := range p.lines {
			inside = inside || l.goods.SKU == g.SKU
		}
		if !inside {
			return unit{code: g.Codes[0].Code, mg: g.WeightMg}
		}
	}
}

// change is an order as the fake ERP serves it.
func (p *parcel) change(now time.Time, i int) map[string]any {
	status := "packable"
	if p.mistake == unpaid {
		status = "unpaid"
	}
	var lines []map[string]any
	for _, l := range p.lines {
		lines = append(lines, map[string]any{
			"listing": l.goods.SKU, "name": l.goods.NameEN, "variation": l.goods.Spec, "quantity": l.quantity,
		})
	}
	return map[string]any{
		"type": "order", "number": p.number, "order": p.order, "tote": p.tote, "wave": "W1",
		"carrier": "J&T Express", "waybill": p.waybill, "status": status, "lines": lines,
		"created": now.Add(-6 * time.Hour).UnixMilli(), "ship_by": now.Add(time.Duration(4+i) * time.Hour).UnixMilli(),
		"buyer": map[string]any{"name": p.buyer.name, "phone": p.buyer.phone, "address": p.buyer.address, "note": p.buyer.note},
	}
}

// label is the parcel's label as the platform would give it.
func (p *parcel) label() document.ShippingLabelData {
	var contents []string
	for _, l := range p.lines {
		contents = append(contents, fmt.Sprintf("%s × %d", l.goods.SKU, l.quantity))
	}
	return document.ShippingLabelData{
		Carrier: "J&T Express", Service: "Standard", Waybill: p.waybill, SortCode: "550-" + p.tote[1:] + " A2",
		From: []string{"Packbench Demo", "1 Warehouse Rd"},
		To:   []string{p.buyer.name + "  " + p.buyer.phone, p.buyer.address},

		OrderNumber: p.order, Contents: contents,
	}
}
