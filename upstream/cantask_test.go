package upstream

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"packbench/store"
)

// mute is a receiver of one POST only: it drops an id that it has seen, and can't
// be asked for anything.
type mute struct{ *memServer }

func (mute) Pull(_ context.Context, after Cursor) (Changes, Cursor, []Msg, error) {
	return Changes{}, after, nil, ErrNoFeed
}

func (mute) ReadBack(context.Context, Op) (Outcome, []Msg) {
	return Outcome{Kind: CantAsk, Code: "no read-back"}, nil
}

// TestWhoCannotBeAskedIsNotGuessed: what may have arrived stays in doubt, whatever
// becomes of later sends; only the receiver's yes or a person ends that.
func TestWhoCannotBeAskedIsNotGuessed(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fault // of the sends; a recall follows
		recall bool
		want   store.OutboxState
		doubt  bool
		note   string
		sends  int
	}{
		"sent again until it is taken":    {[]fault{lostRequest, error500}, false, store.OutboxDone, false, "", 3},
		"recalled after a lost answer":    {[]fault{lostAnswer}, true, store.OutboxParked, true, NoteCantAsk, 1},
		"recalled after a lost request":   {[]fault{lostRequest}, true, store.OutboxParked, true, NoteCantAsk, 1},
		"recalled, then put off":          {[]fault{lostAnswer, busy429}, true, store.OutboxParked, true, NoteCantAsk, 2},
		"recalled, then nobody listens":   {[]fault{lostAnswer, refused}, true, store.OutboxParked, true, NoteCantAsk, 2},
		"recalled, then a sign-in":        {[]fault{lostAnswer, signIn}, true, store.OutboxParked, true, NoteCantAsk, 2},
		"recalled before any of it went":  {[]fault{refused}, true, store.OutboxWithdrawn, false, "", 1},
		"recalled after a certain no":     {[]fault{busy429}, true, store.OutboxWithdrawn, false, "", 1},
		"refused at first":                {[]fault{noSuchOrder}, false, store.OutboxParked, false, "no such order", 1},
		"refused when it was sent before": {[]fault{lostAnswer, noSuchOrder}, false, store.OutboxParked, true, "no such order", 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := &memServer{}
			outbox, sink := newMemOutbox(), &memSink{}
			seq := outbox.add("shop", "P", 0)
			w := testWorker(t, mute{server}, outbox, sink, nil)
			try := func() {
				if _, err := w.SyncOnce(t.Context()); err != nil {
					t.Logf("%s: %v", name, err) // the trouble that was ordered
				}
				time.Sleep(10 * time.Minute)
			}
			server.faults = c.faults
			for range c.faults {
				try()
			}
			outbox.with(seq, func(r *memRow) { r.Recalled = c.recall })
			try()
			r := outbox.get(seq)
			if r.state != c.want || r.Unknown != c.doubt || server.calls() != c.sends || (c.note != "" && r.note != c.note) {
				t.Errorf("%s: %s, in doubt %v, %q after %d sends", name, r.state, r.Unknown, r.note, server.calls())
			}
		})
	}
}

// TestARecallAtTheLastMomentKeepsTheDoubt: it comes between reading the row and
// marking it.
func TestARecallAtTheLastMomentKeepsTheDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{faults: []fault{lostAnswer}}
		outbox, sink := newMemOutbox(), &memSink{}
		seq := outbox.add("shop", "P", 0)
		w := testWorker(t, mute{server}, outbox, sink, nil)
		_, _ = w.SyncOnce(t.Context()) // nobody answers
		time.Sleep(time.Minute)
		row := outbox.get(seq).OutboxRow
		outbox.with(seq, func(r *memRow) { r.Recalled = true })
		if _, err := w.try(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		if r := outbox.get(seq); r.state != store.OutboxPending || !r.Unknown || server.calls() != 1 {
			t.Fatalf("%s, in doubt %v after %d sends", r.state, r.Unknown, server.calls())
		}
		time.Sleep(time.Minute)
		_, _ = w.SyncOnce(t.Context())
		if r := outbox.get(seq); r.state != store.OutboxParked || !r.Unknown {
			t.Errorf("%s, in doubt %v", r.state, r.Unknown)
		}
	})
}

// TestNobodysAnswerIsNoSignOfLife: a sick receiver that can't be asked is left
// alone more and more.
func TestNobodysAnswerIsNoSignOfLife(t *testing.T) {
	for _, f := range []fault{lostRequest, error500} {
		synctest.Test(t, func(t *testing.T) {
			server := &memServer{}
			for range 5000 {
				server.faults = append(server.faults, f)
			}
			outbox, sink := newMemOutbox(), &memSink{}
			for i := range 200 {
				outbox.add("shop", fmt.Sprint("P", i), 0)
			}
			var states []State // read after stop only
			w := testWorker(t, mute{server}, outbox, sink, func(o *Options) {
				o.OnHealth = func(h Health) {
					if len(states) == 0 || states[len(states)-1] != h.State {
						states = append(states, h.State)
					}
				}
			})
			stop := run(w)
			time.Sleep(time.Hour)
			stop()
			if n := server.calls(); n > 30 || states[len(states)-1] != StateOffline || len(states) > 2 || w.Health().GoodMs != 0 {
				t.Errorf("%s: %d sends in an hour, states %v", f, n, states)
			}
		})
	}
}

// strange is a server that answers a send with something that is no yes.
type strange struct {
	*memServer
	mute bool
}

func (s strange) Push(context.Context, Op) (Outcome, []Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pushes++
	return Outcome{Kind: Unknown, Strange: true, Code: "HTTP 200 with a strange answer", Words: "no such shop"}, nil
}

func (s strange) ReadBack(ctx context.Context, op Op) (Outcome, []Msg) {
	if s.mute {
		return Outcome{Kind: CantAsk}, nil
	}
	return s.memServer.ReadBack(ctx, op)
}

// TestAStrangeAnswerComesToAPerson: also where nothing else was ever taken.
func TestAStrangeAnswerComesToAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		mute  bool
		reads []fault
		doubt bool
		sends int
	}{
		"the server was asked":     {false, nil, false, strangeAnswers},
		"nobody can be asked":      {true, nil, true, strangeAnswers},
		"the server couldn't tell": {false, []fault{error500, error500, lostAnswer}, false, strangeAnswers},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := strange{&memServer{readFaults: c.reads}, c.mute}
			outbox, sink := newMemOutbox(), &memSink{}
			seq := outbox.add("shop", "P", 0)
			w := testWorker(t, server, outbox, sink, nil)
			stop := run(w)
			time.Sleep(time.Hour)
			stop()
			if r := outbox.get(seq); r.state != store.OutboxParked || r.Unknown != c.doubt || r.note != "no such shop" || server.calls() != c.sends {
				t.Errorf("%s: %s, in doubt %v, %q after %d sends", name, r.state, r.Unknown, r.note, server.calls())
			}
		})
	}
}
