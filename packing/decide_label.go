package packing

import (
	"fmt"
	"slices"
	"strconv"
)

// neverSent marks a copy of which no byte reached the printer.
const neverSent = "never sent"

// strong: exactly one parcel owns the code, as a code of its label, and
// nothing else of ours carries it.
func strong(owners []Owner) bool {
	if len(owners) == 0 {
		return false
	}
	for _, o := range owners {
		if o.Kind != OwnerLabel || o.Parcel.ID != owners[0].Parcel.ID {
			return false
		}
	}
	return true
}

// requestLabel asks for a parcel's label. At most one label of a bench is
// loose outside label-first; in label-first the numbers of the policy hold.
func (d *decision) requestLabel(p *Parcel, ahead bool) {
	if !d.mayGoOn(p) {
		return
	}
	switch {
	case p.File == nil:
		d.refuse(p.ID, Amber, NoLabel, Alert{Args: map[string]string{"why": "no_file", "order": p.Order}})
		return
	case !p.File.Printable || len(p.File.Codes) == 0:
		d.refuse(p.ID, Amber, NoLabel, Alert{Args: map[string]string{"why": p.File.Problem, "order": p.Order}})
		return
	case !ahead && d.pol.Flow != LabelFirst && len(d.bench.Loose) > 0:
		d.refuse(p.ID, Amber, NoLabel, Alert{Args: map[string]string{"why": "loose", "order": p.Order}})
		return
	}
	d.emit(p.ID, LabelRequested{Ahead: ahead, Label: Label{
		Job:     JobID(fmt.Sprintf("%s#%d", p.ID, len(p.Labels)+1)),
		Station: d.bench.Station,
		Hash:    p.File.Hash, Page: p.File.Page, Codes: p.File.Codes,
		State: LabelStateRequested, AtMs: d.nowMs,
	}})
}

// printAhead asks for labels while the batch, the printer and the hook have room.
func (d *decision) printAhead() {
	if d.pol.Flow != LabelFirst || d.bench.Ahead <= 0 || d.bench.Fault != "" || d.bench.inDoubt() {
		return
	}
	inPrinter := 0
	for _, l := range d.bench.Loose {
		if !l.Out {
			inPrinter++
		}
	}
	for _, p := range d.f.Next {
		if inPrinter >= d.pol.InPrinter || len(d.bench.Loose) >= d.pol.Hanging || d.bench.Ahead <= 0 {
			return
		}
		p = d.parcels[p.ID]
		if p.Label() != nil || d.whyNot(p) != "" || p.File == nil || !p.File.Printable {
			continue
		}
		d.requestLabel(p, true)
		inPrinter++
	}
}

// prove is a scan while the label must be proven.
func (d *decision) prove(in Scan, owners []Owner) {
	p := d.focus()
	if !d.mayGoOn(p) {
		return
	}
	mine, others := false, false
	for _, o := range owners {
		if o.Kind == OwnerLabel {
			mine = mine || o.Parcel.ID == p.ID
			others = others || o.Parcel.ID != p.ID
		}
	}
	l := p.Label()
	switch {
	case mine && p.namelessProof(l, in.Key):
		d.refuse(p.ID, Amber, WeakCode, Alert{Args: map[string]string{"code": in.Shown}})
	case strong(owners) && mine && slices.Contains(l.Codes, in.Key):
		d.proveOwn(p.ID, l.Job, in.Key)
		d.advance()
	case strong(owners) && others:
		d.foreignLabel(p, owners[0].Parcel, in)
	case p.onStaleCopy(in.Key):
		d.refuse(p.ID, Red, OldLabel, Alert{Args: map[string]string{"order": p.Order}})
	case mine || (others && len(parcelsOf(owners)) > 1):
		d.refuse(p.ID, Amber, WeakCode, Alert{Args: map[string]string{"code": in.Shown}})
	case len(owners) > 0:
		d.wrongKind(in, string(owners[0].Kind))
	default:
		d.unknownCode(in)
	}
}

// namelessProof: the code would prove the label, but what upstream must be told
// is another one of it: nobody declared a waybill, and of this code only a
// digest is kept.
func (p *Parcel) namelessProof(l *Label, code string) bool {
	return p.Waybill == "" && isDigest(code) && slices.ContainsFunc(l.Codes, func(c string) bool { return !isDigest(c) })
}

// proveOwn proves the newest copy, and with it clears the holds that a proof
// clears by itself.
func (d *decision) proveOwn(id ParcelID, job JobID, code string) {
	d.emit(id, LabelProven{Job: job, Code: code})
	for _, h := range slices.Clone(d.parcels[id].Holds) {
		if !h.Supervisor {
			d.emit(id, HoldReleased{Reason: h.Reason})
		}
	}
}

// foreignLabel stops both parcels: the one on the bench, and the one whose
// label was scanned on it. If the other is still open work, proving each with
// its own label clears both; if it is sealed, a supervisor must look.
func (d *decision) foreignLabel(p, other *Parcel, in Scan) {
	kind, reason, supervisor := WrongLabel, HoldForeignLabel, false
	args := map[string]string{"code": in.Shown, "order": other.Order, "tail": tail(other.Waybill, 4)}
	if l := other.Label(); l != nil {
		args["bench"] = l.Station
		if l.State == LabelStateProven {
			args["by"], args["at_ms"] = string(l.ProvenBy), strconv.FormatInt(l.ProvenMs, 10)
		}
	}
	if other.SealedMs > 0 {
		kind, reason, supervisor = UsedLabel, HoldUsedLabel, true
	}
	d.refuse(p.ID, Red, kind, Alert{Args: args})
	d.hold(p.ID, Hold{Reason: reason, By: d.bench.Person, AtMs: d.nowMs, Other: other.ID, Supervisor: supervisor})
	d.hold(other.ID, Hold{Reason: reason, By: d.bench.Person, AtMs: d.nowMs, Other: p.ID, Supervisor: supervisor})
}

// tail is the last n characters: what may be shown of a number.
func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[len(s)-n:]
}

// answersDoubt: after a printer's fault, the last good label that came out
// says of all jobs before it that they are printed too, leaves one in doubt,
// and says of the rest that they were never sent.
func (d *decision) answersDoubt(in Scan, owners []Owner) bool {
	if !d.bench.inDoubt() || !strong(owners) || d.bench.Focus != "" {
		return false
	}
	loose := slices.Clone(d.bench.Loose)
	at := slices.IndexFunc(loose, func(l LooseLabel) bool { return l.Parcel == owners[0].Parcel.ID })
	if at < 0 {
		return false
	}
	doubtful, before := 0, len(d.events)
	for i, l := range loose {
		switch {
		case i <= at && l.State == LabelStateUnknown:
			d.emit(l.Parcel, PrintReported{Job: l.Job, State: PrintConfirmed, Reason: "seen"})
		case i > at && l.State == LabelStateUnknown:
			if doubtful++; doubtful > 1 {
				d.emit(l.Parcel, LabelVoided{Job: l.Job, Why: neverSent})
			}
		}
	}
	return len(d.events) > before // else it says nothing new, and the scan opens
}

// takeLabelCommand is a command about labels.
func (d *decision) takeLabelCommand(cmd Command, p *Parcel) {
	switch cmd {
	case CmdAhead:
		if d.pol.Flow != LabelFirst {
			d.notAllowed(cmd, "flow")
			return
		}
		d.emit("", AheadSet{N: d.pol.AheadBatch})
		d.printAhead()
		return
	case CmdEndAhead:
		d.endAhead(p)
		return
	case CmdNoLabel:
		if p == nil && d.bench.inDoubt() {
			for _, l := range slices.Clone(d.bench.Loose) {
				if l.State == LabelStateUnknown {
					d.emit(l.Parcel, LabelVoided{Job: l.Job, Why: "did not come out"})
				}
			}
			return
		}
	}
	if p == nil {
		d.notAllowed(cmd, "no_parcel")
		return
	}
	l := p.Label()
	ready := NextStep(p, d.pol, d.nowMs)
	switch {
	case cmd == CmdPrint && l == nil && ready == StepPrint:
		d.requestLabel(p, false)
	case cmd == CmdBadLabel && l != nil:
		d.emit(p.ID, LabelVoided{Job: l.Job, Why: "spoiled"})
		d.reprint(p.ID)
	case cmd == CmdNoLabel && l != nil && l.State == LabelStateUnknown:
		d.emit(p.ID, LabelVoided{Job: l.Job, Why: "did not come out"})
		d.reprint(p.ID)
	default:
		d.notAllowed(cmd, "no_label")
	}
}

// reprint asks for another copy at once when the parcel waits for nothing else;
// otherwise the copy comes when its turn comes.
func (d *decision) reprint(id ParcelID) {
	if p := d.parcels[id]; NextStep(p, d.pol, d.nowMs) == StepPrint {
		d.requestLabel(p, false)
	}
}

// endAhead ends a label-first batch: what still hangs is named as an orphan.
func (d *decision) endAhead(p *Parcel) {
	if d.pol.Flow != LabelFirst && len(d.bench.Loose) == 0 {
		d.notAllowed(CmdEndAhead, "flow")
		return
	}
	d.emit("", AheadSet{})
	for _, l := range slices.Clone(d.bench.Loose) {
		if p == nil || l.Parcel != p.ID {
			d.emit(l.Parcel, LabelOrphaned{Job: l.Job})
		}
	}
}

// takePrintReport follows a job. Nothing is ever printed again by itself.
func (d *decision) takePrintReport(in PrintReport) {
	i := d.bench.looseOf(in.Job)
	if i < 0 {
		return
	}
	loose := d.bench.Loose[i]
	if loose.State == LabelStateUnknown && in.State == PrintSent || loose.Out && in.State != PrintConfirmed {
		return // late news of a job that more is known of
	}
	d.emit(loose.Parcel, PrintReported(in))
	args := map[string]string{"reason": in.Reason}
	switch in.State {
	case PrintFailed:
		d.stopAhead()
		d.refuse(loose.Parcel, Amber, PrinterFailed, Alert{Args: args})
	case PrintUnknown:
		d.stopAhead()
		d.refuse(loose.Parcel, Amber, PrinterUnknown, Alert{Args: args})
	case PrintConfirmed:
		d.printAhead()
	}
}

func (d *decision) stopAhead() {
	if d.bench.Ahead > 0 {
		d.emit("", AheadSet{})
	}
}

// takeRestart: what was on its way to the printer when the program ended may
// or may not have come out.
func (d *decision) takeRestart() {
	if p, known := d.f.People[d.bench.Person]; known && !p.Role.May(ActPack) {
		d.emit("", SignedOut{}) // the role was taken away meanwhile
	}
	for _, l := range slices.Clone(d.bench.Loose) {
		if l.State == LabelStateRequested {
			d.takePrintReport(PrintReport{Job: l.Job, State: PrintUnknown, Reason: "printer.restart"})
		}
	}
}

// takeLabel stores a parcel's label file; if the bench was waiting for it, it prints.
func (d *decision) takeLabel(in LabelCame) {
	p := d.parcels[in.Parcel]
	if p == nil || p.oldFile(in.File) || p.File != nil && p.File.Hash == in.File.Hash && p.File.Page == in.File.Page && p.File.Printable == in.File.Printable {
		return
	}
	// A file that was fetched again has other bytes and the same codes: the
	// copies that were printed of it stay good.
	l := p.Label()
	stale := l != nil && !sameCodes(l.Codes, in.File.Codes)
	if p.SealedMs > 0 && l != nil && !stale {
		return
	}
	d.emit(p.ID, LabelArrived{File: in.File})
	if stale {
		d.emit(p.ID, LabelVoided{Job: l.Job, Why: staleCopy}) // tear it up: a newer label is here
		if p.SealedMs > 0 {
			d.recallChanged(d.parcels[p.ID])
		}
	}
	if d.bench.Focus == p.ID {
		d.advance()
	}
}

// oldFile: the file is the one whose copy a change made void; it came once more.
func (p *Parcel) oldFile(f LabelFile) bool {
	return slices.ContainsFunc(p.Labels, func(l Label) bool {
		return l.State == LabelStateVoid && l.Why == staleCopy && l.Hash == f.Hash && l.Page == f.Page
	})
}

// sameCodes compares codes without their order.
func sameCodes(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
