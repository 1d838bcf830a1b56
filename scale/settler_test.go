package scale

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// step is a reading some milliseconds after the one before.
type step struct {
	after int
	grams int64
	state Status
	age   int // ms between the reading and its arrival
}

// settle pushes the steps and lists the settled weights in grams.
func settle(s *Settler, steps []step) []int64 {
	var got []int64
	now := noon
	for _, p := range steps {
		now = now.Add(time.Duration(p.after) * time.Millisecond)
		at := now.Add(-time.Duration(p.age) * time.Millisecond)
		r := Reading{Milligrams: p.grams * 1000, Stable: p.state == OK, Status: p.state, At: at}
		if weight, ok := s.Push(r, now); ok {
			got = append(got, weight.Milligrams/1000)
		}
	}
	return got
}

// still is n stable readings of one weight, 200 ms apart.
func still(n int, grams int64) []step {
	return slices.Repeat([]step{{after: 200, grams: grams, state: OK}}, n)
}

func moving(grams ...int64) []step {
	var steps []step
	for _, g := range grams {
		steps = append(steps, step{after: 200, grams: g, state: Unstable})
	}
	return steps
}

func status(s Status) []step { return []step{{after: 200, state: s}} }

func TestSettler(t *testing.T) {
	old := step{after: 200, grams: 1500, state: OK, age: 1100}
	for _, test := range []struct {
		name    string
		settler Settler
		steps   [][]step
		want    []int64
	}{
		{"one load", Settler{}, [][]step{still(3, 0), moving(700, 1600), still(5, 1500)}, []int64{1500}},
		{"once per load", Settler{}, [][]step{still(3, 0), still(30, 1500)}, []int64{1500}},
		{"already on the pan", Settler{}, [][]step{still(3, 1500)}, []int64{1500}},
		{"two loads", Settler{}, [][]step{still(3, 1500), still(3, 0), still(3, 800)}, []int64{1500, 800}},
		{"two equal loads", Settler{}, [][]step{still(3, 1500), still(3, 0), still(3, 1500)}, []int64{1500, 1500}},
		{"changed without zero", Settler{}, [][]step{still(3, 1500), moving(400), still(5, 800)}, []int64{1500}},
		{"lifted and put back, never at rest near zero", Settler{}, [][]step{still(3, 1500), moving(0, 0), still(1, 0), still(5, 1500)}, []int64{1500}},
		{"near zero", Settler{}, [][]step{still(3, 1500), still(3, -4), still(3, 800)}, []int64{1500, 800}},
		{"not near enough", Settler{}, [][]step{still(3, 1500), still(3, 20), still(3, 800)}, []int64{1500}},
		{"wider zero", Settler{ZeroBand: 30_000}, [][]step{still(3, 1500), still(3, 20), still(3, 800)}, []int64{1500, 800}},
		{"an empty pan is no load", Settler{}, [][]step{still(9, 4)}, nil},
		{"below zero", Settler{}, [][]step{still(9, -300)}, nil},
		{"a stable flash", Settler{}, [][]step{moving(700), still(1, 900), moving(1200), still(3, 1500)}, []int64{1500}},
		{"creeping", Settler{}, [][]step{still(1, 100), still(1, 102), still(1, 104), still(1, 106)}, nil},
		{"one division", Settler{}, [][]step{still(1, 100), still(1, 101), still(1, 100)}, []int64{100}},
		{"one division either way is two", Settler{}, [][]step{still(1, 100), still(1, 101), still(1, 99), still(2, 99)}, []int64{99}},
		{"old readings", Settler{}, [][]step{still(3, 0), {old, old, old, old}}, nil},
		{"old zero doesn't free the pan", Settler{}, [][]step{still(3, 1500), slices.Repeat([]step{{after: 200, state: OK, age: 1100}}, 5), still(3, 800)}, []int64{1500}},
		{"a pause begins the rest anew", Settler{}, [][]step{still(1, 1500), {{after: 1200, grams: 1500, state: OK}}, still(1, 1500)}, nil},
		{"overload", Settler{}, [][]step{still(2, 1500), status(Overload), still(2, 1500)}, nil},
		{"underload is no zero", Settler{}, [][]step{still(3, 1500), slices.Repeat(status(Underload), 5), still(3, 800)}, []int64{1500}},
		{"no weight, busy, fault", Settler{}, [][]step{slices.Repeat(status(NoWeight), 5), slices.Repeat(status(Busy), 5), slices.Repeat(status(Fault), 5)}, nil},
		{"without flag", Settler{Unflagged: true}, [][]step{moving(0, 0, 0, 700, 1500, 1500, 1500, 1500)}, []int64{1500}},
		{"without flag, moving", Settler{Unflagged: true}, [][]step{moving(700, 1500, 1490, 1500, 1490)}, nil},
		{"longer rest", Settler{Rest: time.Second}, [][]step{still(5, 1500)}, nil},
		{"longer rest reached", Settler{Rest: time.Second}, [][]step{still(6, 1500)}, []int64{1500}},
		{"clock set back", Settler{}, [][]step{still(2, 1500), {{after: -60000, grams: 1500, state: OK}}, still(1, 1500)}, nil},
	} {
		s := test.settler
		if got := settle(&s, slices.Concat(test.steps...)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestSettlerNeedsZero(t *testing.T) {
	var s Settler
	for _, test := range []struct {
		steps []step
		want  bool
	}{{still(3, 0), false}, {still(3, 1500), true}, {moving(3), true}, {still(3, 0), false}} {
		settle(&s, test.steps)
		if s.NeedsZero() != test.want {
			t.Errorf("after %v: NeedsZero %v", test.steps, s.NeedsZero())
		}
	}
}

// TestSettlerProperties: over any readings, a settled weight is one that the
// scale just showed as stable, it is no empty pan, and between two settled
// weights the pan was stable near zero.
func TestSettlerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Settler
		now, zeroSince := noon, true
		for range rapid.IntRange(1, 60).Draw(t, "readings") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{50, 200, 350, 1200}).Draw(t, "after")) * time.Millisecond)
			r := Reading{
				Milligrams: rapid.SampledFrom([]int64{-300_000, 0, 3_000, 5_000, 6_000, 100_000, 100_500, 1_500_000}).Draw(t, "weight"),
				Status:     rapid.SampledFrom([]Status{OK, OK, OK, Unstable, Overload}).Draw(t, "status"),
				At:         now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 900, 1500}).Draw(t, "age")) * time.Millisecond),
			}
			r.Stable = r.Status == OK
			got, ok := s.Push(r, now)
			if r.StableAt(now) && abs(r.Milligrams) <= DefaultZeroBand {
				zeroSince = true
			}
			if !ok {
				continue
			}
			if got != r || !r.StableAt(now) || r.Milligrams <= DefaultZeroBand {
				t.Fatalf("settled %+v by %+v at %v", got, r, now)
			}
			if !zeroSince {
				t.Fatalf("settled %+v again without an empty pan", got)
			}
			zeroSince = false
		}
	})
}

func TestStableAt(t *testing.T) {
	r := Reading{Milligrams: 1, Stable: true, Status: OK, At: noon}
	if !r.StableAt(noon.Add(time.Second)) || r.StableAt(noon.Add(time.Second+1)) || r.StableAt(noon.Add(-2*time.Second)) {
		t.Error("a reading is stable for one second")
	}
	r.Stable = false
	if r.StableAt(noon) {
		t.Error("a moving weight is not stable")
	}
}
