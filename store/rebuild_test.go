package store_test

import (
	"testing"

	"pgregory.net/rapid"

	"packbench/packing"
)

// Whatever happened, the journal alone makes the same projections, byte for byte.
func TestRebuildEqualsProjections(t *testing.T) {
	if testing.Short() {
		t.Skip("long histories over SQLite")
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, t.TempDir())
		r := newRig(t, s)
		if rapid.Bool().Draw(rt, "label first") {
			r.pol.Flow = packing.LabelFirst
		}
		r.pol.Solo = rapid.Bool().Draw(rt, "solo")
		r.shop(3)
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			switch rapid.IntRange(0, 7).Draw(rt, "what") {
			case 0:
				r.do(packing.CancelNews{Parcel: "shop/C", Cancel: packing.CancelAsked})
			case 1:
				r.do(packing.PrintReport{Job: "shop/A#1", State: rapid.SampledFrom([]packing.PrintState{packing.PrintSent, packing.PrintUnknown, packing.PrintFailed}).Draw(rt, "report")})
			default:
				r.scan(rapid.SampledFrom([]string{
					"badge W", "badge C", "command PICK", "command ACK", "command AHEAD", "command HOLD", "command BADLABEL",
					"TA", "TB", "TC", "OA", mug, mug, "WBA", "WBB", "WBC", "???",
				}).Draw(rt, "scan"))
			}
		}
		a, err := s.Audit(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		if len(a.Problems) > 0 {
			rt.Fatalf("after %d events: %v", a.Events, a.Problems)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}
