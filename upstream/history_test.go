package upstream_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"packbench/internal/fakes"
	"packbench/store"
	"packbench/upstream"
)

// step is one thing that happens in a history, some seconds after the last.
type step struct {
	After   int // seconds
	What    string
	Parcel  int
	Seconds int
}

// history is a random day of one connection: what happens, how the network is,
// and which parcel the server refuses (-1 = none) or breaks on.
type history struct {
	Steps    []step
	Latency  time.Duration // one way
	Rejected int
	Poisoned int
}

const parcels = 4

// happenings: what begins with a word of the fake ERP befalls its next request.
var happenings = []string{
	"seal", "seal", "seal", "seal", "recall", "recall", "reinstate", "by hand", "power cut", "power cut", "clock", "outage",
	"lose-request 1", "lose-answer 1", "lose-answer 2", "cut-body 1", "nonsense 1", "portal 1",
	"fail 500 1", "fail 503 1", "fail 401 1", "fail 408 1", "fail 425 1", "fail-after 500 1", "fail-after 408 1",
	"429 1 40", "429-date 1 40", "503 1 40", "503-date 1 40", "429 1 9000",
	"lose-answer 1 get", "fail 500 1 get", "429 1 20 get", "fail 401 1 get", "cut-body 1 get", "portal 1 get", "nonsense 1 get",
}

var anyStep = rapid.Custom(func(t *rapid.T) step {
	return step{
		After:   rapid.IntRange(0, 30).Draw(t, "after"),
		What:    rapid.SampledFrom(happenings).Draw(t, "what"),
		Parcel:  rapid.IntRange(0, parcels-1).Draw(t, "parcel"),
		Seconds: rapid.SampledFrom([]int{1, 5, 20, 90, 600, -5, -90, -7200, 7200, -90000}).Draw(t, "seconds"),
	}
})

var anyHistory = rapid.Custom(func(t *rapid.T) history {
	return history{
		Steps:    rapid.SliceOfN(anyStep, 1, 40).Draw(t, "steps"),
		Latency:  time.Duration(rapid.IntRange(0, 3).Draw(t, "latency")) * 700 * time.Millisecond,
		Rejected: rapid.IntRange(-3, parcels-1).Draw(t, "rejected"),
		Poisoned: rapid.IntRange(-3, parcels-1).Draw(t, "poisoned"),
	}
})

// told is what a test remembers of one history, to judge it by.
type told struct {
	recalled map[string]time.Time // since when a parcel must not be told
	jumped   bool                 // the calendar was set forward while the server wanted quiet
	sends    int
	virtual  time.Duration
}

// play runs a history in virtual time, on the real store and the real connector,
// and checks what came of it.
func play(t *testing.T, dir string, h history, b bug) (sum told, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { sum, err = playInBubble(dir, h, b) })
	return sum, err
}

func playInBubble(dir string, h history, b bug) (sum told, err error) {
	sum.recalled = map[string]time.Time{}
	began := time.Now()
	defer func() { sum.virtual = time.Since(began) }()
	erp, err := fakes.NewERP(worldSecret, "")
	if err != nil {
		return sum, err
	}
	erp.Keys(false) // like most marketplaces: only a read-back protects
	for i := range 5 {
		if err := erp.AddChange("order", []byte(fmt.Sprintf(`{"number":"N%d","status":"packable","lines":[{"listing":"A","quantity":1}]}`, i))); err != nil {
			return sum, err
		}
	}
	w := &world{dir: dir, bug: b, sink: &upstream.MemSink{}, wire: &wire{
		erp: erp, latency: h.Latency,
		reject: map[string]bool{"P" + strconv.Itoa(h.Rejected): true}, poison: map[string]bool{"P" + strconv.Itoa(h.Poisoned): true},
	}}
	if err := w.start(); err != nil {
		return sum, err
	}
	defer func() {
		w.station.stop()
		time.Sleep(time.Minute) // the server ends what it was busy with
	}()
	for _, s := range h.Steps {
		time.Sleep(time.Duration(s.After) * time.Second)
		if err := w.do(s, &sum); err != nil {
			return sum, fmt.Errorf("%s: %w", s.What, err)
		}
	}
	// Time enough for every back-off, pause and sign-in of the history; as a rule
	// much less is needed.
	for range 24 {
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if err = w.judge(h, &sum); err == nil {
			break
		}
	}
	sum.sends = len(w.wire.posts)
	return sum, err
}

// do lets one step happen.
func (w *world) do(s step, sum *told) error {
	number := "P" + strconv.Itoa(s.Parcel)
	_, recalled := sum.recalled[number]
	switch s.What {
	case "seal":
		if recalled {
			return nil // the bench wouldn't
		}
		return w.seal(s.Parcel)
	case "recall":
		if recalled {
			return nil
		}
		sum.recalled[number] = time.Now()
		return w.recall(s.Parcel)
	case "reinstate":
		if !recalled {
			return nil
		}
		delete(sum.recalled, number)
		return w.reinstate(s.Parcel)
	case "by hand":
		return w.byHand(s.Parcel)
	case "power cut":
		if sum.jumped {
			// A new process has nothing but the calendar, and that was set forward.
			w.wire.mu.Lock()
			w.wire.quiet = time.Time{}
			w.wire.mu.Unlock()
		}
		return w.powerCut()
	case "clock":
		w.offset += time.Duration(s.Seconds) * time.Second
		sum.jumped = sum.jumped || s.Seconds > 0
		return nil
	case "outage":
		w.wire.mu.Lock()
		defer w.wire.mu.Unlock()
		w.wire.downTo = time.Now().Add(time.Duration(min(max(s.Seconds, -s.Seconds), 7200)) * time.Second)
		return nil
	}
	return w.wire.erp.Order(s.What)
}

// judge checks the promises.
func (w *world) judge(h history, sum *told) error {
	w.wire.mu.Lock()
	defer w.wire.mu.Unlock()
	if w.wire.early > 0 {
		return fmt.Errorf("%d requests inside a pause that the server asked for", w.wire.early)
	}
	for _, p := range w.wire.posts {
		if since, ok := sum.recalled[p.parcel]; ok && p.at.After(since) {
			return fmt.Errorf("%s was sent at %v although recalled at %v", p.parcel, p.at, since)
		}
	}
	rows, err := w.rows()
	if err != nil {
		return err
	}
	effects := map[string]int{}
	order := map[string]int{} // row → place among the effects
	for i, d := range w.wire.erp.Deliveries() {
		effects[d.ID], order[d.ID] = d.Deliveries, i
	}
	blocked, last := map[string]bool{}, map[string]int{}
	for _, r := range rows {
		n, number := effects[r.ID], r.Parcel[len("erp/"):]
		if n > 1 {
			return fmt.Errorf("row %d took effect %d times", r.Seq, n)
		}
		if n == 1 {
			if place, ok := last[number]; ok && order[r.ID] < place {
				return fmt.Errorf("row %d took effect before an earlier row of %s", r.Seq, number)
			}
			last[number] = order[r.ID]
		}
		refused := w.wire.reject[number] || w.wire.poison[number]
		switch r.State {
		case store.OutboxDone:
			if n != 1 {
				return fmt.Errorf("row %d is done without an effect", r.Seq)
			}
		case store.OutboxWithdrawn:
			if n != 0 {
				return fmt.Errorf("row %d is withdrawn but took effect", r.Seq)
			}
			if _, ok := sum.recalled[number]; !ok {
				return fmt.Errorf("row %d is withdrawn although %s may leave", r.Seq, number)
			}
		case store.OutboxByHand: // the person's word, whatever came of the row
		case store.OutboxParked:
			if !refused || n != 0 {
				return fmt.Errorf("row %d of %s is parked: %s", r.Seq, number, r.Note)
			}
			blocked[number] = true
		case store.OutboxPending:
			// Behind a parked row, or one that the server breaks on while nothing else
			// shows that it is fine.
			if !blocked[number] && !w.wire.poison[number] {
				return fmt.Errorf("row %d of %s is pending: %s", r.Seq, number, r.Note)
			}
			blocked[number] = true
		default:
			return fmt.Errorf("row %d is %s", r.Seq, r.State)
		}
	}
	health := w.station.worker.Health()
	if health.State != upstream.StateOnline && len(blocked) == 0 {
		return fmt.Errorf("health is %s (%s) after the faults are over", health.State, health.Code)
	}
	if n := len(w.sink.Got()); n < 5 {
		return fmt.Errorf("%d of 5 changes taken in", n)
	}
	if age, ok := health.Age(time.Now()); !ok || age > 15*time.Minute {
		return fmt.Errorf("the changes are %v old (%v)", age, ok)
	}
	return nil
}

// TestOutboxHistories plays random days on real SQLite in virtual time.
func TestOutboxHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("long histories over SQLite")
	}
	from, dir := shop(t, parcels), copyDir(t)
	var n, sends int
	var virtual time.Duration
	began := time.Now()
	check := func(fatalf func(string, ...any), h history) {
		if err := copyShop(from, dir); err != nil {
			t.Fatal(err)
		}
		sum, err := play(t, dir, h, noBug)
		n, sends, virtual = n+1, sends+sum.sends, virtual+sum.virtual
		if err != nil {
			fatalf("%v", err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) { check(rt.Fatalf, anyHistory.Draw(rt, "history")) })
	want, _ := strconv.Atoi(os.Getenv("HISTORIES"))
	for seed := 0; n < max(want, 300); seed++ {
		check(func(format string, args ...any) {
			t.Fatalf("seed %d: "+format+"\n%+v", append(append([]any{seed}, args...), anyHistory.Example(seed))...)
		}, anyHistory.Example(seed))
	}
	t.Logf("%d histories, %d sends, %v of virtual time in %v", n, sends, virtual.Round(time.Minute), time.Since(began).Round(time.Second))
}

// bug is a mistake planted between the worker and the world.
type bug string

const (
	noBug          bug = ""
	skipReadBack   bug = "sent again without a read-back"
	ignoreHead     bug = "rows behind their head are handed out"
	forgetMark     bug = "the mark of a possibly sent row is not written"
	ignoreQuiet    bug = "Retry-After is dropped"
	forgetPause    bug = "a pause is not written down"
	sendRecalled   bug = "a recalled row is sent"
	parkForgets    bug = "a refused row is called done"
	offlineParks   bug = "no network is taken for a refusal"
	unknownIsFresh bug = "a lost answer is taken for a lost request"
	jumpyDeadlines bug = "deadlines go by the calendar"
)

var bugs = []bug{
	skipReadBack, ignoreHead, forgetMark, ignoreQuiet, forgetPause, sendRecalled, parkForgets, offlineParks, unknownIsFresh, jumpyDeadlines,
}

// planted wraps the connector with a bug.
type planted struct {
	upstream.Connector
	bug bug
}

func (p planted) spoil(out upstream.Outcome) upstream.Outcome {
	switch {
	case p.bug == ignoreQuiet:
		out.RetryAfter = 0
	case p.bug == parkForgets && out.Kind == upstream.NeedsHuman:
		out.Kind = upstream.Done
	case p.bug == offlineParks && out.Offline:
		out.Kind, out.Offline = upstream.NeedsHuman, false
	case p.bug == unknownIsFresh && out.Kind == upstream.Unknown:
		out.Kind = upstream.RetryAfter
	}
	return out
}

func (p planted) Push(ctx context.Context, op upstream.Op) (upstream.Outcome, []upstream.Msg) {
	out, msgs := p.Connector.Push(ctx, op)
	return p.spoil(out), msgs
}

func (p planted) ReadBack(ctx context.Context, op upstream.Op) (upstream.Outcome, []upstream.Msg) {
	if p.bug == skipReadBack {
		return upstream.Outcome{Kind: upstream.NotThere}, nil
	}
	out, msgs := p.Connector.ReadBack(ctx, op)
	return p.spoil(out), msgs
}

func (p planted) Refresh(ctx context.Context) error {
	return p.Connector.(upstream.Refresher).Refresh(ctx)
}

func (p planted) Skew() (time.Duration, bool) { return p.Connector.(upstream.Clock).Skew() }

// TestPlantedBugsAreCaught shows that the check above can fail: each mistake is
// found within 300 histories.
func TestPlantedBugsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("long histories over SQLite")
	}
	from, dir := shop(t, parcels), copyDir(t)
	for _, b := range bugs {
		t.Run(string(b), func(t *testing.T) {
			for seed := range 300 {
				if err := copyShop(from, dir); err != nil {
					t.Fatal(err)
				}
				if _, err := play(t, dir, anyHistory.Example(seed), b); err != nil {
					t.Logf("caught by history %d: %v", seed, err)
					return
				}
			}
			t.Fatal("not caught in 300 histories")
		})
	}
}
