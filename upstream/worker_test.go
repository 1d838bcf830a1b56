package upstream

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"packbench/store"
)

// testWorker makes a worker with fixed jitter; call it inside a bubble.
func testWorker(t *testing.T, server Connector, outbox *memOutbox, sink *memSink, change func(*Options)) *Worker {
	t.Helper()
	o := Options{
		Connection: "shop", Connector: server, Sink: sink, Cursors: sink, Outbox: outbox,
		Chance: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	w, err := NewWorker(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func run(w *Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	return func() { cancel(); <-ended }
}

func TestBackoffDoublesToItsCapWithEqualJitter(t *testing.T) {
	for _, c := range []struct {
		n         int
		low, high time.Duration
	}{
		{1, 500 * time.Millisecond, time.Second},
		{2, time.Second, 2 * time.Second},
		{5, 8 * time.Second, 16 * time.Second},
		{10, 150 * time.Second, 300 * time.Second},
		{1_000_000, 150 * time.Second, 300 * time.Second},
	} {
		if got := backoff(c.n, 0); got != c.low {
			t.Errorf("backoff(%d, 0) = %v, want %v", c.n, got, c.low)
		}
		if got := backoff(c.n, 1); got != c.high {
			t.Errorf("backoff(%d, 1) = %v, want %v", c.n, got, c.high)
		}
	}
}

func TestTwoDaysOfflineNeitherCountNorPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{pullErr: &Failure{Outcome: Outcome{Kind: RetryAfter, Offline: true, Code: "dial"}}}
		for range 5000 {
			server.faults = append(server.faults, refused)
		}
		outbox, sink := newMemOutbox(), &memSink{}
		for range 400 {
			outbox.add("shop", "P", time.Now().UnixMilli())
		}
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if h := w.Health(); h.State != StateOffline || h.GoodMs != 0 {
			t.Errorf("health while offline: %+v", h)
		}
		for seq := int64(1); seq <= 400; seq++ {
			if r := outbox.get(seq); r.state != store.OutboxPending || r.Attempts != 0 {
				t.Fatalf("row %d: %s after %d attempts", seq, r.state, r.Attempts)
			}
		}
		if n := server.calls(); n > 2000 {
			t.Errorf("%d tries in two days: no back-off", n)
		}
		server.mu.Lock()
		server.faults, server.pullErr = nil, nil
		server.mu.Unlock()
		time.Sleep(6 * time.Minute) // the cap and its jitter
		synctest.Wait()
		stop()
		if n := len(server.ids()); n != 400 {
			t.Errorf("%d of 400 told after the network came back", n)
		}
		if h := w.Health(); h.State != StateOnline || h.GoodMs == 0 || h.KnownMs == 0 {
			t.Errorf("health after: %+v", h)
		}
	})
}

func TestSignInPausesUntilResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{faults: []fault{signIn}}
		outbox, sink := newMemOutbox(), &memSink{}
		var states []State // read after stop only
		w := testWorker(t, server, outbox, sink, func(o *Options) {
			o.OnHealth = func(h Health) {
				if len(states) == 0 || states[len(states)-1] != h.State {
					states = append(states, h.State)
				}
			}
		})
		stop := run(w)
		seq := outbox.add("shop", "P", 0)
		w.Wake()
		synctest.Wait()
		for range 50 {
			outbox.add("shop", "P", 0)
			w.Wake() // new rows don't break the pause
			synctest.Wait()
		}
		if h := w.Health(); h.State != StateSignIn || h.Code != "HTTP 401" || h.QuietMs == 0 {
			t.Fatalf("health: %+v", h)
		}
		if r := outbox.get(seq); r.Attempts != 0 || server.calls() != 1 {
			t.Fatalf("%d attempts, %d calls", r.Attempts, server.calls())
		}
		w.Resume()
		synctest.Wait()
		if len(server.ids()) != 51 {
			t.Fatalf("%d ops told after the sign-in", len(server.ids()))
		}
		stop()
		if want := []State{StateOnline, StateSignIn, StateOnline}; !slices.Equal(states, want) {
			t.Errorf("states told: %v, want %v", states, want)
		}
	})
}

func TestPoisonParksOnlyWhileOthersPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{poison: map[string]bool{"BAD": true}}
		outbox, sink := newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		defer stop()
		bad := outbox.add("shop", "BAD", 0)
		w.Wake()
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		if r := outbox.get(bad); r.state != store.OutboxPending || !r.Unknown {
			t.Fatalf("parked although the server may be down for all: %s", r.state)
		}
		outbox.add("shop", "GOOD", 0)
		w.Wake()
		time.Sleep(time.Hour)
		synctest.Wait()
		// Parked, and known not to be there: the server was asked before.
		if r := outbox.get(bad); r.state != store.OutboxParked || r.Unknown || r.note != "HTTP 500" {
			t.Fatalf("not parked although others pass: %+v", r)
		}
	})
}

func TestFaultsInARowAreTheServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{faults: []fault{error500, error500, error500}}
		outbox, sink := newMemOutbox(), &memSink{}
		for i := range 10 {
			outbox.add("shop", string(rune('A'+i)), 0)
		}
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		defer stop()
		synctest.Wait()
		if h := w.Health(); h.State != StateOffline || server.calls() != 3 {
			t.Fatalf("%d calls, health %+v", server.calls(), h)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(server.ids()) != 10 {
			t.Fatalf("%d of 10 told", len(server.ids()))
		}
	})
}

func TestCancelReturnsFromACallUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{latency: time.Hour}
		outbox, sink := newMemOutbox(), &memSink{}
		seq := outbox.add("shop", "P", 0)
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		synctest.Wait()
		before := time.Now()
		stop()
		if d := time.Since(before); d != 0 {
			t.Errorf("stopping took %v", d)
		}
		if r := outbox.get(seq); !r.Unknown || r.state != store.OutboxPending {
			t.Errorf("the row isn't marked as possibly sent: %+v", r)
		}
	})
}

func TestNothingIsSentThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{}
		outbox, sink := newMemOutbox(), &memSink{}
		outbox.add("shop", "P", 0)
		w := testWorker(t, server, outbox, sink, func(o *Options) { o.Outbox = readOnlyOutbox{outbox} })
		stop := run(w)
		time.Sleep(time.Hour)
		stop()
		if server.calls() != 0 {
			t.Errorf("%d calls although their mark couldn't be written", server.calls())
		}
		if outbox.calls > 200 {
			t.Errorf("%d reads of a broken outbox in an hour", outbox.calls)
		}
	})
}

type readOnlyOutbox struct{ *memOutbox }

func (readOnlyOutbox) MarkSending(context.Context, int64, int64) (bool, error) {
	return false, errors.New("disk full")
}

func TestPullTakesEachPageOnceAndSavesTheCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{}
		for range 7 {
			server.parcels = append(server.parcels, Parcel{})
		}
		outbox, sink := newMemOutbox(), &memSink{}
		w := testWorker(t, server, outbox, sink, nil)
		stop := run(w)
		synctest.Wait()
		if n, cursor := sink.state(); n != 7 || cursor != "7" {
			t.Fatalf("took %d, cursor %q", n, cursor)
		}
		sink.mu.Lock()
		sink.err = errors.New("disk full")
		sink.mu.Unlock()
		server.mu.Lock()
		server.parcels = append(server.parcels, Parcel{})
		server.mu.Unlock()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		age, ok := w.Health().Age(time.Now())
		if !ok || age < 4*time.Minute {
			t.Errorf("age %v although nothing could be taken in", age)
		}
		sink.mu.Lock()
		sink.err = nil
		sink.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stop()
		if n, cursor := sink.state(); n != 8 || cursor != "8" {
			t.Errorf("took %d, cursor %q after the fault", n, cursor)
		}
	})
}

func TestSyncOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &memServer{reject: map[string]bool{"R": true}, faults: []fault{fine, fine, error500}}
		server.parcels = []Parcel{{}, {}, {}}
		outbox, sink := newMemOutbox(), &memSink{}
		for _, p := range []string{"A", "R", "B", "A"} {
			outbox.add("shop", p, 0)
		}
		w := testWorker(t, server, outbox, sink, nil)
		sum, err := w.SyncOnce(context.Background())
		if want := (Summary{Parcels: 3, Done: 2, Parked: 1, Later: 1}); err != nil || sum != want {
			t.Errorf("first: %+v, %v; want %+v", sum, err, want)
		}
		time.Sleep(time.Minute)
		sum, err = w.SyncOnce(context.Background())
		if want := (Summary{Done: 1}); err != nil || sum != want {
			t.Errorf("second: %+v, %v; want %+v", sum, err, want)
		}
		server.setPullErr(&Failure{Outcome: Outcome{Kind: RetryAfter, Offline: true, Code: "dial"}, Err: errors.New("no network")})
		if _, err = w.SyncOnce(context.Background()); err == nil {
			t.Error("no error although the network is gone")
		}
		stop := run(w)
		synctest.Wait()
		if _, err := w.SyncOnce(context.Background()); !errors.Is(err, ErrRunning) {
			t.Errorf("beside Run: %v", err)
		}
		stop()
	})
}

func TestNewWorkerNamesWhatIsMissing(t *testing.T) {
	if _, err := NewWorker(Options{Connection: "shop"}); err == nil {
		t.Error("a worker without a connector")
	}
}
