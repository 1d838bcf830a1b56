package packing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"packbench/packing"
)

// Random histories: whatever people, printers, scales and buyers do, in
// whatever order, the invariants of the design hold. The checker judges events
// and states by its own bookkeeping; it calls nothing that decides.

// historyWorld has what invites mistakes: shared goods, a weak code, and two
// parcels to which the same waybill was given.
func historyWorld(pol packing.Policy, decide decideFunc) *world {
	w := newWorld(pol, decide)
	w.add("1", "WB1", line("mug", 2), line("tee", 1))
	w.add("2", "WB2", line("cap", 1))
	w.add("3", "WB3", line("mug", 1))
	w.add("4", "WB4", line("tee", 1))
	w.add("5", "WB4", line("cap", 1)) // the platform's mistake: one waybill twice
	return w
}

// history runs one random history and answers the first broken invariant.
func history(t *rapid.T, decide decideFunc) error {
	pol := verifyFirst()
	pol.Flow = rapid.SampledFrom([]packing.Flow{packing.VerifyFirst, packing.LabelFirst}).Draw(t, "flow")
	pol.Solo = rapid.IntRange(0, 4).Draw(t, "solo") == 0
	pol.WeighGate = rapid.Bool().Draw(t, "scale")
	w := historyWorld(pol, decide)
	c := newChecker(w)
	for range rapid.IntRange(5, 60).Draw(t, "length") {
		in := drawInput(t, w)
		w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{100, 700, 3000, 70_000}).Draw(t, "ms")) * time.Millisecond)
		before := slices.Clone(w.bench.Alerts)
		events := w.doNow(in)
		if err := c.step(in, events, before); err != nil {
			return err
		}
		if err := c.balance(); err != nil {
			return err
		}
	}
	return remembered(w, w.log)
}

// remembered: what the journal keeps of the events is enough to show the same
// bench and the same parcels again (I7).
func remembered(w *world, log []packing.Event) error {
	again := newWorld(w.pol, packing.Decide)
	for _, e := range log {
		payload, err := packing.EncodePayload(e)
		if err != nil {
			return err
		}
		read := packing.Event{Parcel: e.Parcel, Person: e.Person, AtMs: e.AtMs}
		if err := packing.DecodePayload(e.Body.Kind(), packing.Version(e.Body), payload, &read); err != nil {
			return err
		}
		after := packing.Apply(packing.State{Bench: again.bench, Parcel: again.parcels[read.Parcel]}, read)
		again.bench = after.Bench
		if read.Parcel != "" {
			again.parcels[read.Parcel] = after.Parcel
		}
	}
	was, err := json.Marshal([]any{w.bench, w.parcels})
	if err != nil {
		return err
	}
	is, err := json.Marshal([]any{again.bench, again.parcels})
	if err != nil {
		return err
	}
	if !bytes.Equal(was, is) {
		return fmt.Errorf("I7: after a restart the bench shows\n%s\nand showed\n%s", is, was)
	}
	return nil
}

// histories is how many random histories one test runs; `make soak` asks for more.
func histories(t *testing.T, usual int) int {
	if s := os.Getenv("HISTORIES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("HISTORIES=%s: %v", s, err)
		}
		return n
	}
	return usual
}

func TestInvariantsHoldOverRandomHistories(t *testing.T) {
	rounds := histories(t, 5000) / 100
	sealed, ran := 0, 0
	counting := func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		events := packing.Decide(s, f, p, in, now)
		for _, e := range events {
			if _, ok := e.Body.(packing.Sealed); ok {
				sealed++
			}
		}
		return events
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			ran++
			if err := history(t, counting); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Logf("%d histories, %d parcels sealed", ran, sealed) // with -short rapid draws a fifth
	if sealed < ran/5 {
		t.Fatalf("only %d parcels were sealed: the histories test too little", sealed)
	}
}

func BenchmarkDecide(b *testing.B) {
	w := newWorld(verifyFirst(), packing.Decide)
	w.add("1", "WB1", line("mug", 1_000_000))
	w.pickAll("WANG", "T1")
	w.badge("CHEN")
	w.scan("T1")
	s := packing.State{Bench: w.bench, Parcel: w.parcels["shop/1"]}
	in := packing.Scan{Key: "Gmug", Device: "gun"}
	facts := w.facts(packing.Needs(s, in))
	b.ReportAllocs()
	for b.Loop() {
		if len(packing.Decide(s, facts, w.pol, in, w.now.Add(time.Hour))) != 1 {
			b.Fatal("not counted")
		}
	}
}
