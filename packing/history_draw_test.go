package packing_test

import (
	"strconv"

	"pgregory.net/rapid"

	"packbench/packing"
)

// drawInput is mostly what a packer would do next, and now and then anything.
func drawInput(t *rapid.T, w *world) packing.Input {
	if rapid.IntRange(0, 9).Draw(t, "sensible") < 7 {
		if in := sensible(t, w); in != nil {
			return in
		}
	}
	switch rapid.IntRange(0, 14).Draw(t, "what") {
	case 10, 11, 12, 13:
		return drawNews(t, w)
	case 14:
		// The outbox worker gets through; the rules hear nothing of it.
		for _, id := range []packing.ParcelID{"shop/1", "shop/2", "shop/3"} {
			for _, r := range w.told[id] {
				if r.state == "pending" {
					r.state = "done"
				}
			}
		}
		return packing.Tick{}
	case 0:
		return badgeScan(rapid.SampledFrom([]string{"WANG", "CHEN", "BOSS", "NOBODY"}).Draw(t, "badge"))
	case 1:
		return commandScan(rapid.SampledFrom(packing.Commands()).Draw(t, "command"))
	case 2, 3, 4, 5:
		key := rapid.SampledFrom([]string{
			"T1", "T2", "T3", "T4", "T5", "O1", "O3", "Gmug", "Gtee", "Gcap", "GBOX",
			"WB1", "WB2", "WB3", "WB4", "ZIP94538", "???",
		}).Draw(t, "code")
		return packing.Scan{Key: key, Shown: key, Device: "gun"}
	case 6:
		w.load++
		return packing.Weight{Mg: rapid.SampledFrom([]int64{200_000, 400_000, 600_000, 800_000}).Draw(t, "mg"), Load: w.load}
	case 7:
		if len(w.prints) == 0 {
			return packing.Tick{}
		}
		return packing.PrintReport{
			Job:   rapid.SampledFrom(w.prints).Draw(t, "job"),
			State: rapid.SampledFrom([]packing.PrintState{packing.PrintSent, packing.PrintConfirmed, packing.PrintFailed, packing.PrintUnknown}).Draw(t, "report"),
		}
	case 8:
		if rapid.IntRange(0, 3).Draw(t, "rare") == 0 {
			return packing.CancelNews{Parcel: rapid.SampledFrom([]packing.ParcelID{"shop/1", "shop/2", "shop/3"}).Draw(t, "parcel"), Cancel: packing.CancelFinal}
		}
		return packing.Restart{}
	default:
		return w.answer("BOSS", rapid.Bool().Draw(t, "pin"))
	}
}

// drawNews is what upstream may say: mostly nothing that matters.
func drawNews(t *rapid.T, w *world) packing.Input {
	n := rapid.SampledFrom([]string{"1", "2", "3", "focus", "focus"}).Draw(t, "news of")
	if n == "focus" {
		if n = "1"; w.bench.Focus != "" {
			n = w.parcels[w.bench.Focus].Number
		}
	}
	id := packing.ParcelID("shop/" + n)
	p := w.parcels[id]
	switch rapid.IntRange(0, 7).Draw(t, "news") {
	case 0:
		return packing.CancelNews{Parcel: id, Cancel: packing.CancelAsked}
	case 1:
		return packing.CancelNews{Parcel: id}
	case 2:
		return w.news(id, func(p *packing.Parcel) { p.Address = rapid.SampledFrom([]string{"", "a1", "a2"}).Draw(t, "address") })
	case 3:
		return w.news(id, func(p *packing.Parcel) {
			p.Waybill = rapid.SampledFrom([]string{"WB" + n, "WB" + n + "b"}).Draw(t, "waybill")
		})
	case 4:
		return w.news(id, func(p *packing.Parcel) {
			p.Lines = []packing.Line{line(rapid.SampledFrom([]string{"mug", "tee"}).Draw(t, "goods"), rapid.IntRange(1, 2).Draw(t, "n"))}
		})
	case 5:
		return w.news(id, func(p *packing.Parcel) {
			p.Status = rapid.SampledFrom([]packing.Status{packing.StatusPackable, packing.StatusOnHold, packing.StatusShipped}).Draw(t, "status")
		})
	case 6:
		return w.news(id, func(p *packing.Parcel) { p.ShipByMs++ })
	}
	return labelFor(p)
}

// labelFor is the label file that upstream gives for the parcel as it is now.
func labelFor(p *packing.Parcel) packing.LabelCame {
	return packing.LabelCame{Parcel: p.ID, File: packing.LabelFile{
		Hash: "h" + p.Waybill + p.Address, Codes: []string{p.Waybill, "ZIP94538"}, Printable: true,
	}}
}

func badgeScan(id string) packing.Scan {
	return packing.Scan{Key: "PBB" + id, Device: "gun", Class: packing.ClassBadge, Body: id}
}

func commandScan(c packing.Command) packing.Scan {
	return packing.Scan{Key: "PBC" + string(c), Device: "gun", Class: packing.ClassCommand, Body: string(c)}
}

// sensible is what somebody who reads the screen would do.
func sensible(t *rapid.T, w *world) packing.Input {
	b := w.bench
	key := func(k string) packing.Input { return packing.Scan{Key: k, Shown: k, Device: "gun"} }
	parcel := w.parcels[b.Focus]
	switch {
	case b.Blocked():
		return commandScan(packing.CmdAck)
	case b.Ask != nil && b.Ask.Kind == packing.AskShelf:
		return packing.Scan{Key: "PBLA1", Device: "gun", Class: packing.ClassLocation, Body: "A1"}
	case b.Ask != nil && b.Ask.By != "":
		return w.answer(b.Ask.By, true)
	case b.Ask != nil:
		return badgeScan("BOSS")
	case b.Picker != nil:
		return badgeScan("WANG")
	case b.Person == "":
		return badgeScan("CHEN")
	case parcel == nil && w.pol.Flow == packing.LabelFirst && b.Ahead == 0:
		return commandScan(packing.CmdAhead)
	case parcel == nil:
		n := rapid.IntRange(1, 5).Draw(t, "open")
		for i := 1; i <= 3; i++ { // the recalled come first
			if w.parcels[packing.ParcelID("shop/"+strconv.Itoa(i))].HeldFor(packing.HoldChanged) {
				return key("T" + strconv.Itoa(i))
			}
		}
		if w.pol.Flow == packing.LabelFirst {
			return key("WB" + strconv.Itoa(n))
		}
		return key("T" + strconv.Itoa(n))
	}
	switch packing.NextStep(parcel, w.pol, w.now.UnixMilli()) {
	case packing.StepVerify:
		if rapid.IntRange(0, 5).Draw(t, "clumsy") == 0 {
			return key("Gcap") // in two parcels right, in three wrong
		}
		for i, l := range parcel.Lines {
			if parcel.Verified(i) < l.Quantity {
				return key("G" + l.Listing)
			}
		}
	case packing.StepWeigh:
		var mg int64
		for _, l := range parcel.Lines {
			mg += l.WeightMg * int64(l.Quantity)
		}
		w.load++
		return packing.Weight{Mg: mg, Load: w.load}
	case packing.StepPrint:
		if parcel.File == nil {
			return labelFor(parcel)
		}
		return commandScan(packing.CmdPrint)
	case packing.StepProve:
		return key(parcel.Waybill)
	}
	return nil
}
