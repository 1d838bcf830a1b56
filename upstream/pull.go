package upstream

import (
	"context"
	"errors"
	"fmt"
)

// pulled is what a round of Pull brought.
type pulled struct {
	parcels, cancels int
	more             bool // stopped at the page limit
}

// pull fetches pages until one is empty, and hands each to the sink before it
// asks for the next: what was fetched is never lost. A round that came to the
// end knows everything as of its start.
func (w *Worker) pull(ctx context.Context, pages int) (pulled, error) {
	began, beganMs := w.o.Now(), w.wallMs()
	got, err := w.pullPages(ctx, pages)
	now := w.o.Now()
	switch {
	case errors.Is(err, ErrNoFeed):
		w.nextPull = now.Add(w.o.PullEvery) // nobody was asked, nothing is known
		return got, nil
	case err != nil && ctx.Err() != nil:
		return got, err
	case err != nil:
		w.pullFails++
		// Never slower than the usual interval: a short fault shouldn't age what
		// the bench knows.
		w.nextPull = now.Add(min(backoff(w.pullFails, w.o.Chance()), w.o.PullEvery))
		w.o.Log.Warn("pull failed", "connection", w.o.Connection, "err", err)
	case got.more:
		w.pullFails = 0
		w.nextPull = now.Add(outboxTurn)
	default:
		w.pullFails = 0
		w.nextPull = now.Add(w.o.PullEvery)
		w.known(ctx, began, beganMs)
	}
	return got, err
}

func (w *Worker) pullPages(ctx context.Context, pages int) (pulled, error) {
	var got pulled
	cursor, err := w.o.Cursors.LoadCursor(ctx, w.o.Connection)
	if err != nil {
		return got, fmt.Errorf("load cursor: %w", err)
	}
	for range pages {
		var changes Changes
		var next Cursor
		var msgs []Msg
		out := w.call(ctx, func() Outcome {
			changes, next, msgs, err = w.o.Connector.Pull(ctx, cursor)
			return pullOutcome(err)
		})
		if errors.Is(err, ErrNoFeed) {
			return got, err
		}
		w.tell("", msgs)
		if err != nil {
			if ctx.Err() == nil {
				w.pullRefused(ctx, out)
			}
			return got, err
		}
		w.refused = ""
		w.heard(ctx, out)
		if !changes.Empty() || next != cursor {
			if err := w.o.Sink.Ingest(ctx, w.o.Connection, changes, next); err != nil {
				return got, fmt.Errorf("take in changes: %w", err)
			}
			got.parcels += len(changes.Parcels)
			got.cancels += len(changes.Cancels)
		}
		if changes.Empty() || next == cursor {
			// A page that doesn't move the cursor would come again for ever.
			return got, nil
		}
		cursor = next
	}
	got.more = true
	return got, nil
}

// pullRefused draws the conclusions of a failed Pull. A refusal for good (a
// missing right, a wrong address) is nothing that waiting cures: a person is
// needed, and ops that are taken meanwhile don't hide it.
func (w *Worker) pullRefused(ctx context.Context, out Outcome) {
	if out.Kind == NeedsHuman || out.Kind == Conflict {
		w.refused = out.Code
		w.setHealth(func(h *Health) { h.State, h.Code, h.Words = StateSignIn, out.Code, out.Words })
		return
	}
	w.refused = ""
	w.heard(ctx, out)
}

// pullOutcome is what the end of a Pull says about the connection. A plain error
// is a fault in what the server sent, so it did answer.
func pullOutcome(err error) Outcome {
	if err == nil {
		return Outcome{Kind: Done}
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Outcome
	}
	return Outcome{Kind: Unknown, Code: "bad answer"}
}

// call makes one call to the server. If it needs a sign-in, the connector gets
// one chance to renew it, and the call is made once more: it was refused, so
// nothing happened. There is one refresh at a time, because there is one worker
// for a connection.
func (w *Worker) call(ctx context.Context, f func() Outcome) Outcome {
	out := f()
	w.noteClock(ctx)
	if out.Kind != NeedsSignIn || ctx.Err() != nil {
		return out
	}
	r, ok := w.o.Connector.(Refresher)
	if !ok {
		return out
	}
	if err := r.Refresh(ctx); err != nil {
		w.o.Log.Warn("refresh sign-in", "connection", w.o.Connection, "err", err)
		return out
	}
	return f()
}

func (w *Worker) tell(parcel string, msgs []Msg) {
	if len(msgs) > 0 && w.o.OnMsgs != nil {
		w.o.OnMsgs(w.o.Connection, parcel, msgs)
	}
}
