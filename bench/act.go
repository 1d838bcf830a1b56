package bench

import (
	"context"

	"packbench/packing"
	"packbench/printer"
	"packbench/store"
)

// act lets the effects of a commit happen. What it can't do is reported to the
// rules as an input, never swallowed.
func (b *Bench) act(ctx context.Context, out store.Committed) {
	for _, effect := range out.Effects {
		switch e := effect.(type) {
		case packing.Beep:
			if b.opt.Sound != nil {
				b.opt.Sound(e.Sound)
			}
		case packing.Print:
			if reason := b.print(ctx, e); reason != "" {
				// No byte went out: the copy is void, and a person asks again.
				if err := b.handle(ctx, packing.PrintReport{Job: e.Job, State: packing.PrintFailed, Reason: reason}); err != nil {
					b.opt.Log.Error("report print", "job", e.Job, "error", err)
				}
			}
		}
	}
	if out.Told && b.opt.Told != nil {
		b.opt.Told()
	}
}

// print sends a label, made ready when it arrived, to the printer. It answers
// why it could not, as a message key.
func (b *Bench) print(ctx context.Context, e packing.Print) string {
	if b.opt.Printer == nil || b.opt.Labels == nil {
		return "printer.none"
	}
	page, err := b.opt.Labels.Page(ctx, e.Hash, e.Page)
	if err != nil {
		b.opt.Log.Error("load label", "job", e.Job, "error", err)
		return "printer.no_page"
	}
	b.opt.Printer.Submit(printer.Job{ID: string(e.Job), Page: page, Copies: 1})
	return ""
}

// handleReport passes on how a job stands.
func (b *Bench) handleReport(ctx context.Context, r printer.Report) {
	var state packing.PrintState
	switch r.State {
	case printer.Sent:
		state = packing.PrintSent
	case printer.Confirmed:
		state = packing.PrintConfirmed
	case printer.Failed:
		state = packing.PrintFailed
	case printer.Unknown:
		state = packing.PrintUnknown
	default:
		return // queued, sending: nothing that a person must know
	}
	if state == packing.PrintSent && r.Reason != "" {
		return // sent a second time: the printer is silent, nothing changed
	}
	if err := b.handle(ctx, packing.PrintReport{Job: packing.JobID(r.ID), State: state, Reason: r.Reason}); err != nil {
		b.opt.Log.Error("report print", "job", r.ID, "error", err)
	}
}
