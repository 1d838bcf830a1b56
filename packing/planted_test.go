package packing_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"packbench/packing"
)

// plantedBugs are programs with one mistake each. The same checker must catch
// every one of them, or it proves nothing.
var plantedBugs = map[string]decideFunc{
	"I1 sealed as soon as verified": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if _, ok := e.Body.(packing.LabelRequested); ok {
			return []packing.Event{e, {Parcel: e.Parcel, Person: e.Person, AtMs: e.AtMs, Body: packing.Sealed{}}}
		}
		return []packing.Event{e}
	}),
	"I1 picker is forgotten": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		p.Solo = true
		return packing.Decide(s, f, p, in, now)
	},
	"I1 hold is dropped": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if h, ok := e.Body.(packing.Held); ok && h.Hold.Supervisor {
			return []packing.Event{e, {Parcel: e.Parcel, AtMs: e.AtMs, Body: packing.Sealed{}}}
		}
		return []packing.Event{e}
	}),
	"I1 scale is not asked": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		p.WeighGate = false
		return packing.Decide(s, f, p, in, now)
	},
	"I2 counted twice": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if _, ok := e.Body.(packing.UnitVerified); ok {
			return []packing.Event{e, e}
		}
		return []packing.Event{e}
	}),
	"I2 a wrong item counts": alter(func(s packing.State, e packing.Event) []packing.Event {
		if r, ok := e.Body.(packing.Refused); ok && r.Alert.Kind == packing.OverScan {
			return []packing.Event{e, {Parcel: e.Parcel, Person: e.Person, AtMs: e.AtMs, Body: packing.UnitVerified{N: 1}}}
		}
		return []packing.Event{e}
	}),
	"I3 put aside without tearing": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		s.Bench.Loose = nil
		return alter(func(_ packing.State, e packing.Event) []packing.Event {
			if v, ok := e.Body.(packing.LabelVoided); ok && v.Why == "put aside" {
				return nil
			}
			return []packing.Event{e}
		})(s, f, p, in, now)
	},
	"I3 printed twice": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if r, ok := e.Body.(packing.LabelRequested); ok {
			again := r
			again.Label.Job += "bis"
			return []packing.Event{e, {Parcel: e.Parcel, Person: e.Person, AtMs: e.AtMs, Body: again}}
		}
		return []packing.Event{e}
	}),
	"I4 the other owner is overlooked": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		for key, owners := range f.Codes {
			for i := range owners {
				if owners[i].Parcel != nil && owners[i].Parcel.ID == s.Bench.Focus {
					f.Codes[key] = owners[i : i+1]
				}
			}
		}
		return packing.Decide(s, f, p, in, now)
	},
	"I4 weak codes prove": alter(func(s packing.State, e packing.Event) []packing.Event {
		if r, ok := e.Body.(packing.Refused); ok && r.Alert.Kind == packing.WeakCode && s.Parcel != nil && s.Parcel.Label() != nil {
			return []packing.Event{{Parcel: s.Parcel.ID, Person: e.Person, AtMs: e.AtMs, Body: packing.LabelProven{Job: s.Parcel.Label().Job, Code: r.Alert.Args["code"]}}}
		}
		return []packing.Event{e}
	}),
	"I1 upstream's hold is not heard": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		if a, ok := in.(packing.Arrived); ok {
			a.Parcel.Status = packing.StatusPackable
			in = a
		}
		return packing.Decide(s, f, p, in, now)
	},
	"I6 told again after a recall": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if s, ok := e.Body.(packing.Sealed); ok {
			s.Tell = true
			e.Body = s
		}
		return []packing.Event{e}
	}),
	"I6 the old number is told as well": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if s, ok := e.Body.(packing.Sealed); ok {
			s.Again = false
			e.Body = s
		}
		return []packing.Event{e}
	}),
	"I6 a cancel does not reach the sealed": func(s packing.State, f packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		if c, ok := in.(packing.CancelNews); ok && f.Parcels[c.Parcel] != nil && f.Parcels[c.Parcel].SealedMs > 0 {
			return nil
		}
		return packing.Decide(s, f, p, in, now)
	},
	"I10 a scan clears red": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if _, ok := e.Body.(packing.ScanIgnored); ok {
			return []packing.Event{{AtMs: e.AtMs, Body: packing.Acked{}}}
		}
		return []packing.Event{e}
	}),
	"I10 ACK clears two": alter(func(_ packing.State, e packing.Event) []packing.Event {
		if _, ok := e.Body.(packing.Acked); ok {
			return []packing.Event{e, e}
		}
		return []packing.Event{e}
	}),
}

// alter is Decide with each event replaced.
func alter(f func(packing.State, packing.Event) []packing.Event) decideFunc {
	return func(s packing.State, facts packing.Facts, p packing.Policy, in packing.Input, now time.Time) []packing.Event {
		var out []packing.Event
		for _, e := range packing.Decide(s, facts, p, in, now) {
			out = append(out, f(s, e)...)
		}
		return out
	}
}

func TestPlantedBugsAreCaught(t *testing.T) {
	for name, decide := range plantedBugs {
		t.Run(name, func(t *testing.T) {
			for seed := range 3000 {
				gen := rapid.Custom(func(rt *rapid.T) error { return history(rt, decide) })
				if err := gen.Example(seed); err != nil {
					t.Logf("caught in history %d: %v", seed+1, err)
					return
				}
			}
			t.Fatal("3000 histories did not catch this bug")
		})
	}
}

// A history of which one event was lost must not look whole.
func TestALostEventIsSeen(t *testing.T) {
	w, _ := sealedA(t)
	if err := remembered(w, w.log); err != nil {
		t.Fatal(err)
	}
	for i, e := range w.log {
		if err := remembered(w, slices.Delete(slices.Clone(w.log), i, i+1)); err == nil && e.Parcel != "" {
			t.Errorf("event %d (%s) was lost, and nobody saw it", i, e.Body.Kind())
		}
	}
}
