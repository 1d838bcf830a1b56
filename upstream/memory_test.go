package upstream

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"packbench/store"
)

// TestAge: what this process fetched ages by its own clock, what an earlier one
// fetched by the calendar, and the future is no age.
func TestAge(t *testing.T) {
	now := time.Now()
	ms := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	for name, c := range map[string]struct {
		h    Health
		want time.Duration
		ok   bool
	}{
		"nothing known":                  {Health{}, 0, false},
		"from an earlier process":        {Health{KnownMs: ms(-time.Hour)}, time.Hour, true},
		"from the future":                {Health{KnownMs: ms(time.Hour)}, 0, false},
		"fetched here":                   {Health{KnownMs: ms(-time.Minute), known: now.Add(-time.Minute)}, time.Minute, true},
		"fetched here, calendar set on":  {Health{KnownMs: ms(-25 * time.Hour), known: now.Add(-time.Minute)}, time.Minute, true},
		"fetched here, calendar set off": {Health{KnownMs: ms(25 * time.Hour), known: now.Add(-time.Minute)}, time.Minute, true},
	} {
		age, ok := c.h.Age(now)
		if ok != c.ok || (age-c.want).Abs() > 2*time.Millisecond {
			t.Errorf("%s: %v, %v", name, age, ok)
		}
	}
}

func TestKnowledgeOutlivesARestartAndIsNotWrittenTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, outbox, sink := &memServer{parcels: []Parcel{{}, {}, {}}}, newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, func(o *Options) { o.PullEvery = time.Second })
		stop := run(w)
		time.Sleep(10 * time.Minute)
		stop()
		if server.pulls < 500 || outbox.writes > 41 || outbox.writes < 39 {
			t.Errorf("%d pulls, %d durable writes in 10 minutes, want one in 15 s", server.pulls, outbox.writes)
		}
		if !outbox.conn.Live || outbox.conn.KnownMs < time.Now().Add(-17*time.Second).UnixMilli() {
			t.Errorf("remembered %+v at %d", outbox.conn, time.Now().UnixMilli())
		}

		server.setPullErr(&Failure{Outcome: Outcome{Kind: RetryAfter, Offline: true, Code: "dial"}})
		time.Sleep(time.Hour)
		w = testWorker(t, server, outbox, sink, nil)
		stop = run(w)
		synctest.Wait()
		age, ok := w.Health().Age(time.Now())
		if !ok || age < time.Hour || age > time.Hour+time.Minute {
			t.Errorf("after the restart the changes are %v old (%v)", age, ok)
		}
		stop()
	})
}

// TestKnownIsTheStartOfTheRound: an order that changed while the pages were being
// fetched may be missing from them.
func TestKnownIsTheStartOfTheRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemOutbox(), &memSink{}
		server := &slowPull{memServer: &memServer{parcels: []Parcel{{}, {}, {}}}}
		w := testWorker(t, server, outbox, sink, nil)
		began := time.Now()
		if _, err := w.SyncOnce(context.Background()); err != nil {
			t.Fatal(err)
		}
		if h := w.Health(); h.KnownMs != began.UnixMilli() || time.Since(began) < 20*time.Second {
			t.Errorf("known as of %d, the round began at %d", h.KnownMs, began.UnixMilli())
		}
		// A round that breaks off tells nothing.
		server.setPullErr(errors.New("broken page"))
		before := w.Health().KnownMs
		time.Sleep(time.Minute)
		if _, err := w.SyncOnce(context.Background()); err == nil || w.Health().KnownMs != before {
			t.Errorf("a broken round moved the knowledge: %v", err)
		}
	})
}

type slowPull struct{ *memServer }

func (s *slowPull) Pull(ctx context.Context, after Cursor) (Changes, Cursor, []Msg, error) {
	time.Sleep(10 * time.Second)
	return s.memServer.Pull(ctx, after)
}

// TestPushOnlyConnectionKnowsNothing: nobody was asked, so no age is claimed.
func TestPushOnlyConnectionKnowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{pullErr: ErrNoFeed}
		outbox, sink := newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, nil)
		if _, err := w.SyncOnce(context.Background()); err != nil {
			t.Fatal(err)
		}
		outbox.add("shop", "P", 0)
		if sum, err := w.SyncOnce(context.Background()); err != nil || sum.Done != 1 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if h := w.Health(); h.KnownMs != 0 || outbox.writes != 0 || h.State != StateOnline {
			t.Errorf("health %+v after %d writes", h, outbox.writes)
		}
	})
}

func TestAPauseOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, outbox, sink := &memServer{faults: []fault{busy429}}, newMemOutbox(), &memSink{}
		outbox.add("shop", "P", 0)
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		synctest.Wait()
		stop()
		left := time.Duration(outbox.conn.QuietMs-time.Now().UnixMilli()) * time.Millisecond
		if left < 30*time.Second || left > 31*time.Second {
			t.Fatalf("written pause: %v", left)
		}
		time.Sleep(10 * time.Second)
		w = testWorker(t, server, outbox, sink, nil)
		if _, err := w.SyncOnce(context.Background()); !errors.Is(err, ErrQuiet) {
			t.Errorf("SyncOnce in the pause: %v", err)
		}
		stop = run(w)
		w.Wake()
		w.Resume() // a person can't wish it away either
		time.Sleep(20 * time.Second)
		if n := server.calls(); n != 1 {
			t.Errorf("%d calls in the pause", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		stop()
		if server.early != 0 || len(server.ids()) != 1 {
			t.Errorf("%d calls inside the pause, told %v", server.early, server.ids())
		}
		if r := outbox.get(1); r.Attempts != 1 || r.state != store.OutboxDone {
			t.Errorf("the 429 was charged: %+v", r)
		}
		if outbox.conn.QuietMs != 0 {
			t.Errorf("the pause is over but still written: %+v", outbox.conn)
		}
	})
}

// TestAPauseIsNeverLongerThanAnHour: neither by the server's wish, nor by a clock
// that was set back.
func TestAPauseIsNeverLongerThanAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemOutbox(), &memSink{}
		outbox.conn.QuietMs = time.Now().Add(30 * 24 * time.Hour).UnixMilli()
		w := testWorker(t, &memServer{}, outbox, sink, nil)
		stop := run(w)
		defer stop()
		synctest.Wait()
		if h := w.Health(); h.QuietMs == 0 || h.QuietMs > time.Now().Add(time.Hour+time.Second).UnixMilli() {
			t.Errorf("quiet until %v", time.Until(time.UnixMilli(h.QuietMs)))
		}
		time.Sleep(time.Hour + 2*time.Second)
		synctest.Wait()
		if h := w.Health(); h.State != StateOnline || h.QuietMs != 0 {
			t.Errorf("after an hour: %+v", h)
		}
		w2 := testWorker(t, &memServer{}, outbox, sink, nil)
		w2.heard(context.Background(), Outcome{Kind: RetryAfter, RetryAfter: 48 * time.Hour})
		if d := time.Until(w2.quietUntil); d > time.Hour+time.Second {
			t.Errorf("a server got %v of quiet", d)
		}
	})
}

func TestOneRefreshOn401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{faults: []fault{signIn}, renews: true}
		outbox, sink := newMemOutbox(), &memSink{}
		seq := outbox.add("shop", "P", 0)
		w := testWorker(t, server, outbox, sink, nil)
		if _, err := w.SyncOnce(context.Background()); err != nil {
			t.Fatal(err)
		}
		if r := outbox.get(seq); r.state != store.OutboxDone || r.Attempts != 1 || server.refreshed != 1 {
			t.Errorf("%s after %d attempts and %d refreshes", r.state, r.Attempts, server.refreshed)
		}

		// It renews, but the server refuses the new one too: no loop.
		server.faults = []fault{signIn, signIn, signIn, signIn}
		seq = outbox.add("shop", "P", 0)
		calls := server.calls()
		_, err := w.SyncOnce(context.Background())
		if err == nil || !strings.Contains(err.Error(), string(StateSignIn)) {
			t.Errorf("error %v", err)
		}
		if r := outbox.get(seq); server.calls() != calls+2 || server.refreshed != 2 || r.Attempts != 0 || r.state != store.OutboxPending {
			t.Errorf("%d calls, %d refreshes, %d attempts", server.calls()-calls, server.refreshed, r.Attempts)
		}
		if w.Health().State != StateSignIn {
			t.Errorf("health %+v", w.Health())
		}
	})
}

func TestARecalledRowIsOnlyReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			push   fault // what befell the first send
			reads  []fault
			want   store.OutboxState
			effect int
		}{
			"it had arrived":            {lostAnswer, nil, store.OutboxDone, 1},
			"it had not":                {lostRequest, nil, store.OutboxWithdrawn, 0},
			"the answer takes its time": {lostRequest, []fault{error500, lostAnswer, busy429, signIn}, store.OutboxWithdrawn, 0},
		} {
			server := &memServer{faults: []fault{c.push}, readFaults: c.reads}
			outbox, sink := newMemOutbox(), &memSink{}
			seq := outbox.add("shop", "P", 0)
			w := testWorker(t, server, outbox, sink, nil)
			stop := run(w)
			synctest.Wait()
			outbox.with(seq, func(r *memRow) { r.Recalled = true })
			time.Sleep(time.Hour)
			synctest.Wait()
			stop()
			if r := outbox.get(seq); r.state != c.want || server.calls() != 1 || len(server.ids()) != c.effect {
				t.Errorf("%s: %s after %d sends, told %v", name, r.state, server.calls(), server.ids())
			}
		}
	})
}

// TestSettingTheClockNeitherHurriesNorDelays: deadlines of a running process go
// by its own clock.
func TestSettingTheClockNeitherHurriesNorDelays(t *testing.T) {
	for name, jump := range map[string]time.Duration{"back": -26 * time.Hour, "forward": 26 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			offset := time.Duration(0)
			server := &memServer{faults: []fault{error500}, readFaults: []fault{error500, error500, error500, error500}}
			outbox, sink := newMemOutbox(), &memSink{}
			w := testWorker(t, server, outbox, sink, func(o *Options) {
				o.Wall = func() time.Time { return time.Now().Add(offset).Round(0) }
				o.PullEvery = 24 * time.Hour
			})
			seq := outbox.add("shop", "P", 0)
			stop := run(w)
			synctest.Wait()
			stop() // so that offset may be set; the same worker goes on
			offset = jump
			began := time.Now()
			stop = run(w)
			time.Sleep(500 * time.Millisecond)
			if r := outbox.get(seq); r.state != store.OutboxPending || server.calls() != 1 {
				t.Errorf("%s: hurried: %s", name, r.state)
			}
			for outbox.get(seq).state != store.OutboxDone && time.Since(began) < time.Hour {
				time.Sleep(time.Second)
			}
			stop()
			if d := time.Since(began); d < 15*time.Second || d > 2*time.Minute {
				t.Errorf("%s: told after %v, as if the clock hadn't been set it is half a minute", name, d)
			}
		})
	}
}

func TestSkewIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, outbox, sink := &memServer{skew: -3 * time.Minute}, newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, nil)
		if _, err := w.SyncOnce(context.Background()); err != nil {
			t.Fatal(err)
		}
		if h := w.Health(); h.SkewMs != -180_000 || outbox.conn.SkewMs != -180_000 {
			t.Errorf("skew %d, stored %d", h.SkewMs, outbox.conn.SkewMs)
		}
		writes := outbox.writes
		server.skew -= 10 * time.Second
		if _, err := w.SyncOnce(context.Background()); err != nil || outbox.conn.SkewMs != -180_000 || w.Health().SkewMs != -190_000 {
			t.Errorf("a small change: stored %+v after %d writes, shown %d", outbox.conn, outbox.writes-writes, w.Health().SkewMs)
		}
		w = testWorker(t, &memServer{}, outbox, sink, nil)
		if _, err := w.SyncOnce(context.Background()); err != nil || w.Health().SkewMs != -180_000 {
			t.Errorf("after a restart: %d", w.Health().SkewMs)
		}
	})
}

// TestRefusedChangesStayVisible: a receiver that takes events but refuses its
// changes must not look healthy.
func TestRefusedChangesStayVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{pullErr: &Failure{Outcome: Outcome{Kind: NeedsHuman, Code: "HTTP 403", Words: "shop closed"}}}
		outbox, sink := newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		outbox.add("shop", "P", 0)
		w.Wake()
		time.Sleep(time.Minute)
		synctest.Wait()
		if h := w.Health(); h.State != StateSignIn || h.Code != "HTTP 403" || h.Words != "shop closed" || len(server.ids()) != 1 {
			t.Errorf("health %+v, told %v", h, server.ids())
		}
		server.setPullErr(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stop()
		if h := w.Health(); h.State != StateOnline || h.Code != "" {
			t.Errorf("health %+v afterwards", h)
		}
	})
}

func TestCleanWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		"no such order":                   "no such order",
		"a\x00b\n\tc\x1b[31m":             "a b c [31m",
		"\u202eevil\u2066":                "evil",
		"\xff":                            "",
		strings.Repeat("长", 400):          strings.Repeat("长", 300) + "…",
		"one\u2028two\ufeff":              "one two",
		"  spaces   in   many   places  ": "spaces in many places",
	} {
		if got := CleanWords(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
