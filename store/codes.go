package store

import (
	"packbench/code"
	"packbench/packing"
)

// ownedCode is a code that leads to a parcel.
type ownedCode struct{ key, kind string }

// parcelCodes is every code that leads to a parcel: its numbers, its tote and
// wave, and what is on its label. A declared waybill proves like a code that
// was read from the label, as long as the label's own reading does not speak
// against it; which of them are strong is looked up at each proof.
func parcelCodes(p *packing.Parcel) []ownedCode {
	var out []ownedCode
	add := func(raw string, kind packing.OwnerKind) {
		if key := code.Key(raw); key != "" {
			out = append(out, ownedCode{key, string(kind)})
		}
	}
	if p.Order != p.Waybill {
		add(p.Order, packing.OwnerOrder)
	}
	if p.Number != p.Waybill {
		add(p.Number, packing.OwnerOrder)
	}
	if inTotes(p.Stage()) {
		add(p.Tote, packing.OwnerTote) // totes come back with other goods
		add(p.Wave, packing.OwnerWave)
	}
	add(p.Waybill, packing.OwnerLabel)
	if p.File != nil {
		for _, c := range p.File.Codes {
			add(c, packing.OwnerLabel)
		}
	}
	for _, c := range p.StaleCodes() {
		add(c, packing.OwnerLabel)
	}
	return out
}
