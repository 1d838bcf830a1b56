package upstream

import (
	"context"
	"time"

	"packbench/store"
)

// push works off one batch of due rows, oldest first. It returns true if it is
// worth calling again at once. With yield it stops early when a pull is due:
// a long outbox must not age what the bench knows of cancellations.
func (w *Worker) push(ctx context.Context, sum *Summary, yield bool) (again bool) {
	rows, err := w.o.Outbox.OutboxHeads(ctx, w.o.Connection, w.o.Now().UnixMilli(), headsAtOnce)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Log.Error("read outbox", "connection", w.o.Connection, "err", err)
			w.storeFailed()
		}
		return false
	}
	if len(rows) == 0 {
		return false
	}
	for _, row := range rows {
		if ctx.Err() != nil || w.paused() {
			return false
		}
		if yield && !w.o.Now().Before(w.nextPull) {
			return true
		}
		state, err := w.try(ctx, row)
		if err != nil {
			w.o.Log.Error("write outbox", "connection", w.o.Connection, "seq", row.Seq, "err", err)
			w.storeFailed()
			return false
		}
		w.storeFails = 0
		if sum != nil {
			sum.count(state)
		}
	}
	return true
}

func (s *Summary) count(state store.OutboxState) {
	switch state {
	case store.OutboxDone:
		s.Done++
	case store.OutboxParked:
		s.Parked++
	default:
		s.Later++
	}
}

// storeFailed keeps the connection quiet while our own disk doesn't answer:
// nothing may be sent whose result can't be written.
func (w *Worker) storeFailed() {
	w.storeFails++
	w.pause(backoff(w.storeFails, w.o.Chance()))
}

// try brings one row one step further and records what it came to. The error is
// about our own store.
func (w *Worker) try(ctx context.Context, row store.OutboxRow) (store.OutboxState, error) {
	op := Op{
		ID: row.ID, Connection: row.Connection, Parcel: row.Parcel,
		Operation: row.Operation, Version: row.Version, Payload: row.Payload,
	}
	if row.Unknown {
		out, msgs := w.o.Connector.ReadBack(ctx, op)
		w.tell(row.Parcel, msgs)
		if out.Kind != NotThere {
			return w.conclude(ctx, row, out, true)
		}
		w.heard(out)
	} else {
		// From here on the op may be at the server, whatever happens to us: a
		// power cut between the call and its result must lead to a read-back.
		mark := store.OutboxResult{
			State: store.OutboxPending, NextMs: row.NextMs, Unknown: true,
			Note: "sending", AtMs: w.o.Now().UnixMilli(),
		}
		if err := w.o.Outbox.RecordOutbox(ctx, row.Seq, mark); err != nil {
			return store.OutboxPending, err
		}
	}
	out, msgs := w.o.Connector.Push(ctx, op)
	w.tell(row.Parcel, msgs)
	if out.Kind == NotThere {
		out = Outcome{Kind: Unknown, Code: "bad outcome"} // no answer to a Push
	}
	return w.conclude(ctx, row, out, false)
}

// conclude records an outcome. readBack says that it answers a read-back, which
// leaves the op as doubtful as before unless it settled it.
func (w *Worker) conclude(ctx context.Context, row store.OutboxRow, out Outcome, readBack bool) (store.OutboxState, error) {
	if ctx.Err() != nil && !settled(out.Kind) {
		// We hung up ourselves. The row is marked as possibly sent already.
		return store.OutboxPending, nil
	}
	w.heard(out)
	now := w.o.Now()
	r := store.OutboxResult{
		State: store.OutboxPending, Unknown: readBack, Counted: !readBack,
		NextMs: now.UnixMilli(), Note: out.note(), AtMs: now.UnixMilli(),
	}
	switch out.Kind {
	case Done, AlreadyDone:
		r.State, r.Counted, r.Unknown = store.OutboxDone, true, false
		w.served++
	case Conflict, NeedsHuman:
		r.State, r.Counted, r.Unknown = store.OutboxParked, true, false
	case NeedsSignIn:
		r.Counted = false // the pause of the connection holds it
	case RetryAfter:
		if out.Offline || out.RetryAfter > 0 {
			r.Counted = false
		} else {
			r.NextMs = w.retryAt(row, now)
		}
		if out.RetryAfter > 0 {
			// Written, so that the server's wish outlives a restart.
			r.NextMs = now.Add(out.RetryAfter).UnixMilli()
		}
	default: // Unknown, and whatever a connector invents
		r.Unknown = true
		r.NextMs = w.retryAt(row, now)
		if !out.Offline && w.poisoned(row.Seq) {
			r.State = store.OutboxParked
		}
	}
	if r.State != store.OutboxPending {
		delete(w.tries, row.Seq)
		delete(w.poison, row.Seq)
	}
	w.o.Log.Info("outbox", "connection", row.Connection, "seq", row.Seq, "operation", row.Operation,
		"outcome", string(out.Kind), "code", out.Code, "state", string(r.State), "read_back", readBack)
	// What the server answered is recorded even if we are being stopped.
	return r.State, w.o.Outbox.RecordOutbox(context.WithoutCancel(ctx), row.Seq, r)
}

// settled reports whether an outcome says for certain what became of the op.
func settled(k Kind) bool {
	return k == Done || k == AlreadyDone || k == Conflict || k == NeedsHuman
}

// note is what the row keeps of an outcome: the server's words, else the code.
func (o Outcome) note() string {
	if o.Words != "" {
		return o.Words
	}
	return o.Code
}

// retryAt counts a failed try of the row and says when to go on, ms UTC.
func (w *Worker) retryAt(row store.OutboxRow, now time.Time) int64 {
	w.tries[row.Seq]++
	at := now.Add(backoff(max(w.tries[row.Seq], row.Attempts+1), w.o.Chance()))
	if w.nextRetry.IsZero() || at.Before(w.nextRetry) {
		w.nextRetry = at
	}
	return at.UnixMilli()
}

// poisoned counts an answered fault of a row and reports whether the row itself
// must be the reason.
func (w *Worker) poisoned(seq int64) bool {
	p, seen := w.poison[seq]
	if !seen {
		p.served = w.served
	}
	p.faults++
	w.poison[seq] = p
	return p.faults >= poisonFaults && w.served > p.served
}
