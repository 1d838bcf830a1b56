package upstream

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"packbench/store"
)

// history is one random week in the life of a connection.
type history struct {
	Rows     []int         // parcel of each outbox row, in order of writing
	Gaps     []int         // seconds before each row is written
	Faults   []fault       // per Push
	Reads    []fault       // per ReadBack
	Crashes  []int         // seconds after which the power fails, each counted from the last
	Rejected int           // this parcel is refused for good; -1 = none
	Latency  time.Duration // of every Push
}

var anyFault = rapid.SampledFrom([]fault{fine, fine, fine, lostRequest, lostAnswer, refused, busy429, error500, error500did, signIn})

var anyHistory = rapid.Custom(func(t *rapid.T) history {
	n := rapid.IntRange(1, 12).Draw(t, "rows")
	return history{
		Rows:     rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(t, "parcels"),
		Gaps:     rapid.SliceOfN(rapid.IntRange(0, 40), n, n).Draw(t, "gaps"),
		Faults:   rapid.SliceOfN(anyFault, 0, 25).Draw(t, "faults"),
		Reads:    rapid.SliceOfN(anyFault, 0, 8).Draw(t, "reads"),
		Crashes:  rapid.SliceOfN(rapid.IntRange(0, 60), 0, 3).Draw(t, "crashes"),
		Rejected: rapid.IntRange(-1, 3).Draw(t, "rejected"),
		Latency:  time.Duration(rapid.IntRange(0, 3).Draw(t, "latency")) * 700 * time.Millisecond,
	}
})

// bug is a mistake planted between the worker and the world.
type bug string

const (
	noBug          bug = ""
	skipReadBack   bug = "read-back always says: not there"
	ignoreHead     bug = "rows behind their head are handed out"
	forgetMark     bug = "the mark of a possibly sent row is not written"
	ignoreQuiet    bug = "Retry-After is dropped"
	parkForgets    bug = "a refused row is called done"
	offlineParks   bug = "no network is taken for a refusal"
	unknownIsFresh bug = "a lost answer is taken for a lost request"
)

// planted wraps the server with a bug.
type planted struct {
	*memServer
	bug bug
}

func (p planted) spoil(out Outcome) Outcome {
	switch {
	case p.bug == ignoreQuiet:
		out.RetryAfter = 0
	case p.bug == parkForgets && out.Kind == NeedsHuman:
		out.Kind = Done
	case p.bug == offlineParks && out.Offline:
		out.Kind, out.Offline = NeedsHuman, false
	case p.bug == unknownIsFresh && out.Kind == Unknown:
		out.Kind = RetryAfter
	}
	return out
}

func (p planted) Push(ctx context.Context, op Op) (Outcome, []Msg) {
	out, msgs := p.memServer.Push(ctx, op)
	return p.spoil(out), msgs
}

func (p planted) ReadBack(ctx context.Context, op Op) (Outcome, []Msg) {
	if p.bug == skipReadBack {
		return Outcome{Kind: NotThere}, nil
	}
	out, msgs := p.memServer.ReadBack(ctx, op)
	return p.spoil(out), msgs
}

// play runs a history in virtual time and checks what came of it.
func play(t *testing.T, h history, b bug) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { err = playInBubble(h, b) })
	return err
}

func playInBubble(h history, b bug) error {
	parcel := func(i int) string { return fmt.Sprintf("P%d", i) }
	server := &memServer{faults: h.Faults, readFaults: h.Reads, latency: h.Latency, reject: map[string]bool{}}
	if h.Rejected >= 0 {
		server.reject[parcel(h.Rejected)] = true
	}
	outbox := newMemOutbox()
	outbox.noHead, outbox.noMark = b == ignoreHead, b == forgetMark
	sink := &memSink{}
	for i := range 5 {
		server.parcels = append(server.parcels, Parcel{Number: fmt.Sprint(i)})
	}
	start := func() (w *Worker, stop func()) {
		w, err := NewWorker(Options{
			Connection: "shop", Connector: planted{server, b}, Sink: sink, Cursors: sink, Outbox: outbox,
			Chance: func() float64 { return 0.5 },
		})
		if err != nil {
			panic(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		return w, func() { cancel(); <-ended }
	}

	worker, stop := start()
	defer func() { stop() }()
	crashes := h.Crashes
	lived := 0 // seconds since the last crash
	wait := func(seconds int) {
		for seconds > 0 {
			step := seconds
			if len(crashes) > 0 {
				step = min(step, max(crashes[0]-lived, 0))
			}
			time.Sleep(time.Duration(step) * time.Second)
			seconds, lived = seconds-step, lived+step
			if len(crashes) > 0 && lived >= crashes[0] {
				// The power fails: whatever is on its way is never recorded.
				crashes, lived = crashes[1:], 0
				outbox.breakDisk(true)
				stop()
				outbox.breakDisk(false)
				server.forgetPause()
				worker, stop = start()
			}
		}
	}
	for i, p := range h.Rows {
		wait(h.Gaps[i])
		outbox.add("shop", parcel(p), time.Now().UnixMilli())
		worker.Wake()
	}
	wait(3 * 3600) // enough for every back-off, pause and sign-in of the history

	return judge(h, server, outbox, worker, sink)
}

// judge checks the promises: order per parcel, each effect exactly once, nothing
// given up without a refusal, no call inside a pause.
func judge(h history, server *memServer, outbox *memOutbox, w *Worker, sink *memSink) error {
	if server.early > 0 {
		return fmt.Errorf("%d calls inside a pause that the server asked for", server.early)
	}
	times := server.ids()
	last := map[string]int{}
	for _, op := range server.applied {
		if op.Version < last[op.Parcel] {
			return fmt.Errorf("parcel %s: row %d took effect after row %d", op.Parcel, op.Version, last[op.Parcel])
		}
		last[op.Parcel] = op.Version
	}
	blocked := map[string]bool{}
	for i, p := range h.Rows {
		row := outbox.get(int64(i + 1))
		n := times[row.ID]
		switch {
		case p == h.Rejected:
			if n != 0 {
				return fmt.Errorf("row %d: refused but has %d effects", row.Seq, n)
			}
			want := store.OutboxParked
			if blocked[row.Parcel] {
				want = store.OutboxPending
			}
			if row.state != want {
				return fmt.Errorf("row %d of a refused parcel is %s, want %s", row.Seq, row.state, want)
			}
			blocked[row.Parcel] = true
		case n != 1:
			return fmt.Errorf("row %d has %d effects", row.Seq, n)
		case row.state != store.OutboxDone:
			return fmt.Errorf("row %d is %s although it took effect: %s", row.Seq, row.state, row.note)
		}
	}
	if health := w.Health(); health.State != StateOnline {
		return fmt.Errorf("health is %s (%s) after the faults are over", health.State, health.Code)
	}
	if len(sink.got) != len(server.parcels) {
		return fmt.Errorf("%d of %d changes taken in", len(sink.got), len(server.parcels))
	}
	return nil
}

func TestWorkerKeepsItsPromisesOverRandomHistories(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		h := anyHistory.Draw(rt, "history")
		n++
		if err := play(t, h, noBug); err != nil {
			rt.Fatalf("%v", err)
		}
	})
	t.Logf("%d histories of up to 12 ops each", n)
}

// TestPlantedBugsAreCaught shows that the check above can fail: each mistake is
// found within 300 histories.
func TestPlantedBugsAreCaught(t *testing.T) {
	for _, b := range []bug{skipReadBack, ignoreHead, forgetMark, ignoreQuiet, parkForgets, offlineParks, unknownIsFresh} {
		t.Run(string(b), func(t *testing.T) {
			for seed := range 300 {
				if err := play(t, anyHistory.Example(seed), b); err != nil {
					t.Logf("caught by history %d: %v", seed, err)
					return
				}
			}
			t.Fatal("not caught in 300 histories")
		})
	}
}
