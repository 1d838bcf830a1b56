package packing

import (
	"slices"
	"strconv"
	"strings"
)

// takeArrived stores what upstream says of a parcel. What still waits is
// changed freely; what somebody has begun with keeps its work, and is stopped
// where the change concerns its label or its goods.
func (d *decision) takeArrived(in Arrived) {
	news := in.Parcel
	old := d.parcels[news.ID]
	if whole := d.parcels[in.Whole]; old == nil && whole != nil && whole.onlyCancel() && news.Cancel == CancelNone {
		news.Cancel = whole.Cancel // the order was cancelled before its parcel was known
	}
	if old == nil || old.onlyCancel() {
		d.emit(news.ID, ParcelArrived{Parcel: news})
		if news.Cancel != CancelNone {
			d.takeCancel(CancelNews{Parcel: news.ID, Cancel: news.Cancel})
		}
		return
	}
	// A cancel is an event of its own, also where everything else is new.
	cancel := news.Cancel
	news.Cancel = old.Cancel
	switch {
	case old.Content == news.Content: // nothing but the status can be new
	case old.waits():
		d.emit(news.ID, ParcelArrived{Parcel: news})
	default:
		d.change(old, news)
	}
	d.takeStatus(news)
	if cancel != CancelNone || old.Cancel == CancelAsked { // asked, final; withdrawn or declined
		d.takeCancel(CancelNews{Parcel: news.ID, Cancel: cancel})
	}
}

// takeStatus stores a status that is new, and stops or frees the parcel.
func (d *decision) takeStatus(news Parcel) {
	p := d.parcels[news.ID]
	if p.Status != news.Status {
		d.emit(p.ID, StatusKnown{Status: news.Status})
		p = d.parcels[news.ID]
	}
	switch {
	case p.packable():
		d.free(p.ID, HoldStatus)
	case p.HeldFor(HoldStatus):
	case d.bench.Focus == p.ID:
		d.stopForStatus(p)
	case p.SealedMs > 0 && p.Status != StatusShipped:
		d.hold(p.ID, Hold{Reason: HoldStatus, AtMs: d.nowMs, Supervisor: true})
		d.recall(p, Red, string(p.Status))
	}
}

// free lifts a hold because upstream says so. If the parcel lies on a shelf and
// nothing else holds it, somebody must fetch it.
func (d *decision) free(id ParcelID, reason HoldReason) {
	if !d.parcels[id].HeldFor(reason) {
		return
	}
	d.emit(id, HoldReleased{Reason: reason})
	p := d.parcels[id]
	if len(p.Holds) > 0 {
		return
	}
	if a := d.bench.Ask; a != nil && a.Kind == AskShelf && a.Parcel == id {
		d.emit("", Asked{})
	}
	d.refuse(id, Amber, Freed, Alert{Args: map[string]string{"order": p.Order, "shelf": p.Shelf}})
}

// change takes over new content of a parcel in work (BENCH §6, row 11).
func (d *decision) change(old *Parcel, news Parcel) {
	c := ParcelChanged{Parcel: news, Label: staleLabel(old, &news), Lines: !sameGoods(old.Lines, news.Lines)}
	d.emit(old.ID, c)
	if !c.Label && !c.Lines {
		return
	}
	if l := old.Label(); l != nil && c.Label {
		d.emit(old.ID, LabelVoided{Job: l.Job, Why: staleCopy})
	}
	p := d.parcels[old.ID]
	switch {
	case old.SealedMs > 0:
		d.recallChanged(p)
	case d.bench.Focus == p.ID:
		what := "label"
		if c.Lines {
			what = "lines"
		}
		d.refuse(p.ID, Red, OrderChanged, Alert{Args: map[string]string{"what": what, "order": p.Order}})
		if c.Lines {
			// Opened again it has its goods from the catalogue, and is counted anew.
			if l := p.Label(); l != nil && l.Loose() {
				d.emit(p.ID, LabelVoided{Job: l.Job, Why: "put aside"})
			}
			d.emit(p.ID, Closed{})
		}
	}
}

// recallChanged stops a sealed parcel until it was opened and proven anew.
func (d *decision) recallChanged(p *Parcel) {
	d.hold(p.ID, Hold{Reason: HoldChanged, AtMs: d.nowMs})
	d.recall(p, Red, "changed")
}

// staleCopy is why a label is void whose parcel was changed after it.
const staleCopy = "stale"

// staleLabel: the label that was made for old is of no use for news. What
// upstream did not know before, and what it hides now, is no change.
func staleLabel(old, news *Parcel) bool {
	switch {
	case otherAddress(old.Address, news.Address), other(old.Carrier, news.Carrier):
		return true
	case news.Waybill == "" || sameNumber(old.Waybill, news.Waybill):
		return false
	case old.Waybill != "":
		return true
	}
	// The number came after the label: it is the label's own if it stands on it.
	return old.File != nil && !slices.ContainsFunc(old.File.Codes, func(c string) bool { return sameNumber(c, news.Waybill) })
}

// otherAddress compares the parts that both name.
func otherAddress(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if len(x) != len(y) {
		return other(a, b)
	}
	for i := range x {
		if other(x[i], y[i]) {
			return true
		}
	}
	return false
}

// other: both are known, and they differ.
func other(a, b string) bool { return a != "" && b != "" && a != b }

// numberTail is how much of two numbers must agree at least.
const numberTail = 8

// sameNumber compares a carrier's number as a file writes it with one as a label
// carries it: spaces and hyphens don't count, and a label may put routing data
// before it (USPS: 420 and the postcode).
func sameNumber(a, b string) bool {
	a, b = plainNumber(a), plainNumber(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	return a == b || len(b) >= numberTail && strings.HasSuffix(a, b)
}

func plainNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// sameGoods compares what is to be packed, not how it is called.
func sameGoods(a, b []Line) bool {
	return slices.EqualFunc(a, b, func(a, b Line) bool {
		return a.Listing == b.Listing && a.Quantity == b.Quantity && a.Gift == b.Gift
	})
}

// onStaleCopy tells whether a code is on a copy that a change made void, and on
// no copy that is still good.
func (p *Parcel) onStaleCopy(code string) bool {
	stale := false
	for _, l := range p.Labels {
		if !slices.Contains(l.Codes, code) {
			continue
		}
		if l.State != LabelStateVoid {
			return false
		}
		stale = stale || l.Why == staleCopy
	}
	return stale
}

// StaleCodes are the codes of copies that a change made void: they still lead
// to the parcel, so that whoever holds such a copy is told to tear it up.
func (p *Parcel) StaleCodes() []string {
	var out []string
	for _, l := range p.Labels {
		if l.State == LabelStateVoid && l.Why == staleCopy {
			out = append(out, l.Codes...)
		}
	}
	return out
}

// takeCancel stores that the buyer wants out, and stops the parcel where it is.
func (d *decision) takeCancel(in CancelNews) {
	p := d.parcels[in.Parcel]
	if p == nil {
		if in.Cancel != CancelNone { // it came before its parcel
			d.emit(in.Parcel, CancelKnown{Cancel: in.Cancel})
		}
		return
	}
	if p.Cancel == in.Cancel || p.Cancel == CancelFinal {
		return
	}
	d.emit(p.ID, CancelKnown{Cancel: in.Cancel})
	p = d.parcels[p.ID]
	switch {
	case in.Cancel == CancelNone:
		d.free(p.ID, HoldCancel)
	case d.bench.Focus == p.ID:
		d.refuseCancelled(p)
	case p.SealedMs > 0:
		d.hold(p.ID, Hold{Reason: HoldCancel, AtMs: d.nowMs, Supervisor: true})
		why := "cancel_asked"
		if in.Cancel == CancelFinal {
			why = "cancelled"
			if l := p.Label(); l != nil {
				d.emit(p.ID, LabelVoided{Job: l.Job, Why: "cancelled"})
			}
		}
		d.recall(p, Purple, why)
	}
}

// itoa is a time for the arguments of an alert; "" = none.
func itoa(ms int64) string {
	if ms == 0 {
		return ""
	}
	return strconv.FormatInt(ms, 10)
}
