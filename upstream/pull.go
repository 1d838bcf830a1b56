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
// asks for the next: what was fetched is never lost.
func (w *Worker) pull(ctx context.Context, pages int) (pulled, error) {
	got, err := w.pullPages(ctx, pages)
	now := w.o.Now()
	switch {
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
		w.setHealth(func(h *Health) { h.PulledMs = now.UnixMilli() })
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
		changes, next, msgs, err := w.o.Connector.Pull(ctx, cursor)
		w.tell("", msgs)
		if err != nil {
			if ctx.Err() == nil {
				w.heard(pullOutcome(err))
			}
			return got, err
		}
		w.heard(Outcome{Kind: Done})
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

// pullOutcome is what an error of Pull says about the connection. A plain error
// is a fault in what the server sent, so it did answer.
func pullOutcome(err error) Outcome {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Outcome
	}
	return Outcome{Kind: Unknown, Code: "bad answer"}
}

func (w *Worker) tell(parcel string, msgs []Msg) {
	if len(msgs) > 0 && w.o.OnMsgs != nil {
		w.o.OnMsgs(w.o.Connection, parcel, msgs)
	}
}
