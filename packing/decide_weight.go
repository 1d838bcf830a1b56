package packing

import "strconv"

// expectedMg is what the parcel should weigh by the catalogue, with the packaging.
func expectedMg(p *Parcel, pol Policy) int64 {
	sum := pol.TareMg
	for _, l := range p.Lines {
		sum += l.WeightMg * int64(l.Quantity)
	}
	return sum
}

// canBlock: every weight was measured; a guessed one proves nothing.
func canBlock(p *Parcel) bool {
	for _, l := range p.Lines {
		if l.Weight != WeightMeasured || l.WeightMg <= 0 {
			return false
		}
	}
	return true
}

// takeWeight compares a settled load with the catalogue. The first one that is
// off asks for a second weighing; the second clears the counts.
func (d *decision) takeWeight(in Weight) {
	p := d.focus()
	if p == nil || d.bench.Blocked() || in.Mg <= 0 || in.Load == d.bench.Load ||
		NextStep(p, d.pol, d.nowMs) != StepWeigh {
		return
	}
	expected := expectedMg(p, d.pol)
	band := max(d.pol.BandMg, expected*d.pol.BandPermille/1000)
	off := in.Mg-expected > band || expected-in.Mg > band
	w := Weighing{Mg: in.Mg, ExpectedMg: expected, BandMg: band, AtMs: d.nowMs}
	switch {
	case !canBlock(p):
		w.Warned = off
		d.emit(p.ID, Weighed{Weighing: w, Load: in.Load})
		d.advance()
	case !off:
		d.emit(p.ID, Weighed{Weighing: w, Load: in.Load})
		d.advance()
	default:
		d.emit(p.ID, LoadUsed(in))
		d.refuseWeight(d.parcels[p.ID], in.Mg, expected, band)
	}
}

func (d *decision) refuseWeight(p *Parcel, mg, expected, band int64) {
	args := map[string]string{
		"measured_mg": strconv.FormatInt(mg, 10),
		"expected_mg": strconv.FormatInt(expected, 10),
		"diff_mg":     strconv.FormatInt(mg-expected, 10),
	}
	alert := Alert{Args: args}
	if i, n := likelyUnits(p, mg-expected, band); i >= 0 {
		alert.Expected = &p.Lines[i].Item
		args["about"] = strconv.Itoa(n)
	}
	again := p.OffScale >= 2
	if again {
		args["again"] = "1"
	}
	d.refuse(p.ID, Red, WeightOff, alert)
	if again {
		d.emit(p.ID, CountsCleared{Why: WeightOff})
	}
}

// likelyUnits guesses which line explains a difference, and how many of its
// units (negative: missing). It answers -1 when nothing comes close.
func likelyUnits(p *Parcel, diffMg, band int64) (line, units int) {
	line = -1
	best := band
	for i, l := range p.Lines {
		if l.WeightMg <= 0 {
			continue
		}
		half := l.WeightMg / 2
		if diffMg < 0 {
			half = -half
		}
		n := (diffMg + half) / l.WeightMg
		rest := diffMg - n*l.WeightMg
		if rest < 0 {
			rest = -rest
		}
		if n != 0 && n >= -int64(l.Quantity) && rest <= best {
			line, units, best = i, int(n), rest
		}
	}
	return line, units
}
