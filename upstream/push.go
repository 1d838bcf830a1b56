package upstream

import (
	"context"
	"maps"
	"time"

	"packbench/store"
)

// push works off one batch of due rows, oldest first. It returns true if it is
// worth calling again at once. With yield it stops early when a pull is due:
// a long outbox must not age what the bench knows of cancellations.
func (w *Worker) push(ctx context.Context, sum *Summary, yield bool) (again bool) {
	now := w.o.Now()
	maps.DeleteFunc(w.due, func(_ int64, at time.Time) bool { return !now.Before(at) })
	// Rows that wait for their time in this run may stand in front of others.
	rows, err := w.o.Outbox.OutboxHeads(ctx, w.o.Connection, w.steadyMs(), headsAtOnce+len(w.due))
	if err != nil {
		w.storeFailed(ctx, "read outbox", 0, err)
		return false
	}
	for _, row := range rows {
		if _, waits := w.due[row.Seq]; waits {
			continue
		}
		again = true
		if ctx.Err() != nil || w.paused(ctx) {
			return false
		}
		if yield && !w.o.Now().Before(w.nextPull) {
			return true
		}
		state, err := w.try(ctx, row)
		if err != nil {
			w.storeFailed(ctx, "write outbox", row.Seq, err)
			return false
		}
		w.storeFails = 0
		if sum != nil {
			sum.count(state)
		}
	}
	return again
}

func (s *Summary) count(state store.OutboxState) {
	switch state {
	case store.OutboxDone:
		s.Done++
	case store.OutboxParked:
		s.Parked++
	case store.OutboxWithdrawn:
		s.Withdrawn++
	default:
		s.Later++
	}
}

// storeFailed keeps the connection quiet while our own disk doesn't answer:
// nothing may be sent whose result can't be written.
func (w *Worker) storeFailed(ctx context.Context, what string, seq int64, err error) {
	if ctx.Err() != nil {
		return
	}
	w.o.Log.Error(what, "connection", w.o.Connection, "seq", seq, "err", err)
	w.storeFails++
	w.rest(backoff(w.storeFails, w.o.Chance()))
}

// try brings one row one step further and records what it came to. The error is
// about our own store.
func (w *Worker) try(ctx context.Context, row store.OutboxRow) (store.OutboxState, error) {
	op := Op{
		ID: row.ID, Connection: row.Connection, Parcel: row.Parcel,
		Operation: row.Operation, Version: row.Version, Payload: row.Payload,
	}
	doubt := false // it may have arrived, and nobody can say
	if row.Unknown {
		out := w.call(ctx, func() Outcome {
			out, msgs := w.o.Connector.ReadBack(ctx, op)
			w.tell(row.Parcel, msgs)
			return out
		})
		switch out.Kind {
		case NotThere:
			w.heard(ctx, out)
		case CantAsk: // nobody spoke, so it is no sign of life
			doubt = true
		default:
			return w.conclude(ctx, row, out, readBack)
		}
		if row.Recalled && doubt {
			return w.park(ctx, row, NoteCantAsk, doubt)
		}
		if p, ok := w.poison[row.Seq]; ok && w.guilty(p) {
			return w.park(ctx, row, p.note, doubt)
		}
	}
	if row.Recalled {
		return w.notSent(ctx, row, false)
	}
	// From here on the op may be at the server, whatever happens to us: a power
	// cut between the call and its result must lead to a read-back. And whoever
	// recalled the row until now stops it here.
	ok, err := w.o.Outbox.MarkSending(ctx, row.Seq, w.wallMs())
	if err != nil {
		return store.OutboxPending, err
	}
	if !ok {
		return w.notSent(ctx, row, doubt)
	}
	out := w.call(ctx, func() Outcome {
		out, msgs := w.o.Connector.Push(ctx, op)
		w.tell(row.Parcel, msgs)
		return out
	})
	if out.Kind == NotThere || out.Kind == CantAsk {
		out = Outcome{Kind: Unknown, Code: "bad outcome"} // no answer to a Push
	}
	if doubt {
		return w.conclude(ctx, row, out, sentAgain)
	}
	return w.conclude(ctx, row, out, sentFirst)
}

// asked is what an outcome answers.
type asked int

const (
	sentFirst asked = iota // a send; whatever was sent before is known not to be there
	sentAgain              // a send after one that nobody can be asked about
	readBack               // a read-back
)

// notSent records that a recalled or ended row wasn't sent now; the store ends
// it, unless an earlier send is in doubt. Should it be open all the same, it isn't
// looked at again at once.
func (w *Worker) notSent(ctx context.Context, row store.OutboxRow, doubt bool) (store.OutboxState, error) {
	w.o.Log.Info("outbox", "connection", row.Connection, "seq", row.Seq, "operation", row.Operation, "outcome", "not sent")
	w.due[row.Seq] = w.o.Now().Add(backoffBase)
	return store.OutboxWithdrawn, w.o.Outbox.RecordOutbox(context.WithoutCancel(ctx), row.Seq, store.OutboxResult{
		State: store.OutboxPending, Unknown: doubt, NextMs: w.steadyMs(), AtMs: w.wallMs(),
	})
}

// park leaves a row to a person: one that the server breaks on, after it was
// asked and has no part of it, or one that nobody can be asked about (doubt). A
// row in doubt stays so, or another waybill could be told in its place.
func (w *Worker) park(ctx context.Context, row store.OutboxRow, note string, doubt bool) (store.OutboxState, error) {
	delete(w.tries, row.Seq)
	delete(w.poison, row.Seq)
	delete(w.due, row.Seq)
	w.o.Log.Warn("outbox", "connection", row.Connection, "seq", row.Seq, "operation", row.Operation, "outcome", "given up")
	return store.OutboxParked, w.o.Outbox.RecordOutbox(context.WithoutCancel(ctx), row.Seq, store.OutboxResult{
		State: store.OutboxParked, Unknown: doubt, Note: note, AtMs: w.wallMs(),
	})
}

// conclude records an outcome. The answer to a read-back leaves the op as doubtful
// as before unless it settled it; and that a second send was put off or refused
// says nothing of the first.
func (w *Worker) conclude(ctx context.Context, row store.OutboxRow, out Outcome, to asked) (store.OutboxState, error) {
	if ctx.Err() != nil && !settled(out.Kind) {
		// We hung up ourselves. The row is marked as possibly sent already.
		return store.OutboxPending, nil
	}
	w.heard(ctx, out)
	r := store.OutboxResult{
		State: store.OutboxPending, Unknown: to != sentFirst, Counted: to != readBack,
		NextMs: w.steadyMs(), Note: out.note(), AtMs: w.wallMs(),
	}
	switch out.Kind {
	case Done, AlreadyDone:
		r.State, r.Counted, r.Unknown = store.OutboxDone, true, false
		w.served++
	case Conflict:
		// Something is there; whoever retries looks first.
		r.State, r.Counted, r.Unknown = store.OutboxParked, true, true
	case NeedsHuman:
		r.State, r.Counted, r.Unknown = store.OutboxParked, true, to == sentAgain
	case NeedsSignIn:
		r.Counted = false // the rest of the connection holds it
	case RetryAfter:
		if out.Offline || out.RetryAfter > 0 {
			r.Counted = false // the connection is paused, not this row
		} else {
			r.NextMs = w.retryAt(row)
		}
	default: // Unknown, and whatever a connector invents
		r.Unknown = true
		if out.RetryAfter > 0 {
			r.Counted = false
			break
		}
		r.NextMs = w.retryAt(row)
		// Before a row is parked, the server is asked; only if it can't even
		// answer that, it is parked in doubt.
		if !out.Offline && w.fault(row.Seq, r.Note, out.Strange) && to == readBack {
			r.State = store.OutboxParked
		}
	}
	if r.State != store.OutboxPending {
		delete(w.tries, row.Seq)
		delete(w.poison, row.Seq)
		delete(w.due, row.Seq)
	}
	w.o.Log.Info("outbox", "connection", row.Connection, "seq", row.Seq, "operation", row.Operation,
		"outcome", string(out.Kind), "code", out.Code, "state", string(r.State), "read_back", to == readBack)
	// What the server answered is recorded even if we are being stopped.
	return r.State, w.o.Outbox.RecordOutbox(context.WithoutCancel(ctx), row.Seq, r)
}

// settled reports whether an outcome says for certain what became of the op.
func settled(k Kind) bool {
	return k == Done || k == AlreadyDone || k == Conflict || k == NeedsHuman
}

// note is what the row keeps of an outcome: the server's words, else the code.
func (o Outcome) note() string {
	if words := CleanWords(o.Words); words != "" {
		return words
	}
	return o.Code
}

// retryAt counts a failed try of the row and says when to go on: by the
// process's own clock for this run, in ms for the next.
func (w *Worker) retryAt(row store.OutboxRow) int64 {
	w.tries[row.Seq]++
	wait := backoff(max(w.tries[row.Seq], row.Attempts+1), w.o.Chance())
	w.due[row.Seq] = w.o.Now().Add(wait)
	return w.steadyMs() + wait.Milliseconds()
}

// fault counts an answered fault of a row and reports whether the row itself
// must be the reason.
func (w *Worker) fault(seq int64, note string, strange bool) bool {
	p, seen := w.poison[seq]
	if !seen {
		p.served = w.served
	}
	p.faults++
	if strange {
		p.strange++
	}
	if strange || p.strange == 0 {
		p.note = note // what the receiver itself said is worth more than a fault
	}
	w.poison[seq] = p
	return w.guilty(p)
}

func (w *Worker) guilty(p faulty) bool {
	return p.strange >= strangeAnswers || (p.faults >= poisonFaults && w.served > p.served)
}
