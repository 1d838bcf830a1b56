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

// checker keeps what the events say, apart from what the program's states say.
type checker struct {
	w       *world
	units   map[packing.ParcelID]map[int]int
	by      map[packing.ParcelID]map[packing.PersonID]bool
	pickers map[packing.ParcelID]map[packing.PersonID]bool
	weighed map[packing.ParcelID]bool
	proof   map[packing.ParcelID]string // strong code since the last label, "" = none
	cancel  map[packing.ParcelID]bool
	holds   map[packing.ParcelID]map[packing.HoldReason]bool
	proven  map[string]packing.ParcelID // waybill → where
	loose   map[packing.JobID]bool
	final   map[packing.ParcelID]bool
	once    map[packing.ParcelID]bool           // was sealed at least once
	stopped map[packing.ParcelID]packing.Status // upstream's word, if it is against shipping
	ended   map[packing.ParcelID]string         // waybill of the proof that it is sealed with, "" = not sealed
	printed int
	settled int // proven, void or orphan
}

func newChecker(w *world) *checker {
	return &checker{
		w: w, units: map[packing.ParcelID]map[int]int{}, by: map[packing.ParcelID]map[packing.PersonID]bool{},
		pickers: map[packing.ParcelID]map[packing.PersonID]bool{}, weighed: map[packing.ParcelID]bool{},
		proof: map[packing.ParcelID]string{}, cancel: map[packing.ParcelID]bool{},
		holds:  map[packing.ParcelID]map[packing.HoldReason]bool{},
		proven: map[string]packing.ParcelID{}, loose: map[packing.JobID]bool{},
		final: map[packing.ParcelID]bool{}, once: map[packing.ParcelID]bool{}, stopped: map[packing.ParcelID]packing.Status{}, ended: map[packing.ParcelID]string{},
	}
}

func put[K, V comparable, X any](m map[K]map[V]X, k K, v V, x X) {
	if m[k] == nil {
		m[k] = map[V]X{}
	}
	m[k][v] = x
}

// step judges the events of one input. before is the alerts before it.
func (c *checker) step(in packing.Input, events []packing.Event, before []packing.Alert) error {
	c.hear(in)
	refused, counted := false, false
	for _, e := range events {
		switch body := e.Body.(type) {
		case packing.Refused:
			switch body.Alert.Kind {
			case packing.NoLabel, packing.PutAside, packing.Cancelled, packing.CancelWanted:
				// The item was right; the next step is what can't be taken.
			default:
				refused = true
			}
		case packing.UnitVerified:
			counted = true
			if c.units[e.Parcel] == nil {
				c.units[e.Parcel] = map[int]int{}
			}
			c.units[e.Parcel][body.Line] += body.N
			put(c.by, e.Parcel, e.Person, true)
		case packing.CountsCleared:
			delete(c.units, e.Parcel)
			delete(c.by, e.Parcel)
			delete(c.weighed, e.Parcel)
		case packing.Picked:
			put(c.pickers, e.Parcel, body.By, true)
		case packing.Weighed:
			c.weighed[e.Parcel] = true
		case packing.ParcelChanged:
			if body.Lines {
				delete(c.units, e.Parcel)
				delete(c.by, e.Parcel)
				delete(c.weighed, e.Parcel)
			}
			if body.Label {
				c.proof[e.Parcel] = ""
			}
		case packing.Opened:
			c.ended[e.Parcel] = ""
		case packing.Held:
			put(c.holds, e.Parcel, body.Hold.Reason, true)
		case packing.HoldReleased:
			delete(c.holds[e.Parcel], body.Reason)
		}
		if err := c.label(e); err != nil {
			return err
		}
		if _, ok := e.Body.(packing.Sealed); ok {
			if err := c.sealed(e.Parcel); err != nil {
				return err
			}
		}
	}
	if refused && counted {
		return fmt.Errorf("I2: a refusal and a count in one input %#v", in)
	}
	for id, lines := range c.units {
		for i, n := range lines {
			if q := c.w.parcels[id].Lines[i].Quantity; n > q || n != c.w.parcels[id].Verified(i) {
				return fmt.Errorf("I2: %s line %d has %d of %d, state says %d", id, i, n, q, c.w.parcels[id].Verified(i))
			}
		}
	}
	if err := c.outbox(); err != nil {
		return err
	}
	return c.alerts(in, before)
}

// hear is what upstream said, whatever the program makes of it.
func (c *checker) hear(in packing.Input) {
	switch in := in.(type) {
	case packing.CancelNews:
		c.cancel[in.Parcel] = in.Cancel != packing.CancelNone || c.final[in.Parcel]
		c.final[in.Parcel] = c.final[in.Parcel] || in.Cancel == packing.CancelFinal
	case packing.Arrived:
		delete(c.stopped, in.Parcel.ID)
		if s := in.Parcel.Status; s != packing.StatusPackable && (s != packing.StatusShipped || !c.once[in.Parcel.ID]) {
			c.stopped[in.Parcel.ID] = s
		}
	}
}

// outbox: upstream is told of every parcel that left for good, once, with the
// number that was proven on it, and of no other.
func (c *checker) outbox() error {
	for id, rows := range c.w.told {
		if c.ended[id] == "" && !slices.ContainsFunc(rows, func(r *toldRow) bool { return r.state == "pending" }) {
			continue
		}
		good := c.ended[id] != "" && !c.cancel[id] && len(c.holds[id]) == 0 && c.stopped[id] == ""
		pending, done, parked := 0, 0, 0
		for _, r := range rows {
			switch r.state {
			case "pending":
				pending++
				if !good {
					return fmt.Errorf("I6: %s is told although cancelled, held or open", id)
				}
				if r.waybill != c.ended[id] {
					return fmt.Errorf("I6: %s is told with %s, proven was %s", id, r.waybill, c.ended[id])
				}
			case "done":
				done++
			case "parked":
				parked++
			}
		}
		if pending > 1 || pending > 0 && done > 0 {
			return fmt.Errorf("I6: %s would be told again: %+v", id, rows)
		}
		if good && pending+done+parked == 0 {
			return fmt.Errorf("I6: nobody tells of %s", id)
		}
	}
	return nil
}

func (c *checker) label(e packing.Event) error {
	settle := func(job packing.JobID) {
		if c.loose[job] {
			delete(c.loose, job)
			c.settled++
		}
	}
	switch body := e.Body.(type) {
	case packing.LabelRequested:
		c.loose[body.Label.Job] = true
		c.printed++
		c.proof[e.Parcel] = ""
	case packing.LabelVoided:
		settle(body.Job)
		c.proof[e.Parcel] = ""
	case packing.LabelOrphaned:
		settle(body.Job)
	case packing.PrintReported:
		if body.State == packing.PrintFailed {
			settle(body.Job)
		}
	case packing.LabelProven:
		settle(body.Job)
		if other, ok := c.proven[body.Code]; ok && other != e.Parcel {
			return fmt.Errorf("I4: %s proven on %s and on %s", body.Code, other, e.Parcel)
		}
		c.proven[body.Code] = e.Parcel
		if err := c.isStrong(body.Code, e.Parcel); err != nil {
			return err
		}
		c.proof[e.Parcel] = body.Code
	}
	if c.w.pol.Flow == packing.VerifyFirst && len(c.loose) > 1 {
		return fmt.Errorf("I3: %d labels are loose", len(c.loose))
	}
	return nil
}

// balance: printed = proven + void + orphans + still loose, and the bench
// knows which are loose.
func (c *checker) balance() error {
	if c.printed != c.settled+len(c.loose) {
		return fmt.Errorf("I3: printed %d, settled %d, loose %d", c.printed, c.settled, len(c.loose))
	}
	if len(c.w.bench.Loose) != len(c.loose) {
		return fmt.Errorf("I3: the bench knows %v, events say %v", c.w.bench.Loose, c.loose)
	}
	for _, l := range c.w.bench.Loose {
		if !c.loose[l.Job] {
			return fmt.Errorf("I3: %s is not loose", l.Job)
		}
	}
	return nil
}

// isStrong looks at the warehouse itself: one parcel, and no other thing.
func (c *checker) isStrong(code string, parcel packing.ParcelID) error {
	n := 0
	for id, p := range c.w.parcels {
		if p.Waybill == code || p.File != nil && slices.Contains(p.File.Codes, code) {
			n++
			if id != parcel {
				return fmt.Errorf("I1: %s of %s was taken as proof of %s", code, id, parcel)
			}
		}
		if p.Order == code || p.Tote == code {
			return fmt.Errorf("I1: %s is a number of %s", code, id)
		}
	}
	if n != 1 {
		return fmt.Errorf("I1: %d parcels own %s", n, code)
	}
	return nil
}

func (c *checker) sealed(id packing.ParcelID) error {
	p := c.w.parcels[id]
	for i, l := range p.Lines {
		if c.units[id][i] != l.Quantity {
			return fmt.Errorf("I1: %s sealed with %d of %d on line %d", id, c.units[id][i], l.Quantity, i)
		}
	}
	if !c.w.pol.Solo {
		if len(c.pickers[id]) == 0 {
			return fmt.Errorf("I1: %s sealed and nobody picked it", id)
		}
		for person := range c.by[id] {
			if c.pickers[id][person] {
				return fmt.Errorf("I1: %s picked and verified by %s", id, person)
			}
		}
	}
	switch {
	case c.proof[id] == "":
		return fmt.Errorf("I1: %s sealed without proof of its last label", id)
	case c.w.pol.WeighGate && !c.weighed[id]:
		return fmt.Errorf("I1: %s sealed without a weight", id)
	case c.cancel[id]:
		return fmt.Errorf("I1: %s sealed although cancelled", id)
	case len(c.holds[id]) > 0:
		return fmt.Errorf("I1: %s sealed although held: %v", id, c.holds[id])
	case c.stopped[id] != "":
		return fmt.Errorf("I1: %s sealed although upstream says %s", id, c.stopped[id])
	}
	c.once[id] = true
	if c.ended[id] = c.proof[id]; len(c.w.told[id]) == 0 {
		return fmt.Errorf("I6: %s is sealed, and no row tells of it", id)
	}
	return nil
}

// alerts: what needs ACK goes by ACK only, and ACK clears only the first.
func (c *checker) alerts(in packing.Input, before []packing.Alert) error {
	hard := func(list []packing.Alert) (n int) {
		for _, a := range list {
			if a.Severity != packing.Amber {
				n++
			}
		}
		return n
	}
	was, is := hard(before), hard(c.w.bench.Alerts)
	if is >= was {
		return nil
	}
	scan, ok := in.(packing.Scan)
	if !ok || scan.Body != string(packing.CmdAck) || is != was-1 {
		return fmt.Errorf("I10: %d alerts became %d by %#v", was, is, in)
	}
	return nil
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

// drawInput is mostly what a packer would do next, and now and then anything.
func drawInput(t *rapid.T, w *world) packing.Input {
	if rapid.IntRange(0, 9).Draw(t, "sensible") < 7 {
		if in := sensible(t, w); in != nil {
			return in
		}
	}
	switch rapid.IntRange(0, 14).Draw(t, "what") {
	case 10, 11, 12, 13:
		return drawNews(t, w)
	case 14:
		// The outbox worker gets through; the rules hear nothing of it.
		for _, id := range []packing.ParcelID{"shop/1", "shop/2", "shop/3"} {
			for _, r := range w.told[id] {
				if r.state == "pending" {
					r.state = "done"
				}
			}
		}
		return packing.Tick{}
	case 0:
		return badgeScan(rapid.SampledFrom([]string{"WANG", "CHEN", "BOSS", "NOBODY"}).Draw(t, "badge"))
	case 1:
		return commandScan(rapid.SampledFrom(packing.Commands()).Draw(t, "command"))
	case 2, 3, 4, 5:
		key := rapid.SampledFrom([]string{
			"T1", "T2", "T3", "T4", "T5", "O1", "O3", "Gmug", "Gtee", "Gcap", "GBOX",
			"WB1", "WB2", "WB3", "WB4", "ZIP94538", "???",
		}).Draw(t, "code")
		return packing.Scan{Key: key, Shown: key, Device: "gun"}
	case 6:
		w.load++
		return packing.Weight{Mg: rapid.SampledFrom([]int64{200_000, 400_000, 600_000, 800_000}).Draw(t, "mg"), Load: w.load}
	case 7:
		if len(w.prints) == 0 {
			return packing.Tick{}
		}
		return packing.PrintReport{
			Job:   rapid.SampledFrom(w.prints).Draw(t, "job"),
			State: rapid.SampledFrom([]packing.PrintState{packing.PrintSent, packing.PrintConfirmed, packing.PrintFailed, packing.PrintUnknown}).Draw(t, "report"),
		}
	case 8:
		if rapid.IntRange(0, 3).Draw(t, "rare") == 0 {
			return packing.CancelNews{Parcel: rapid.SampledFrom([]packing.ParcelID{"shop/1", "shop/2", "shop/3"}).Draw(t, "parcel"), Cancel: packing.CancelFinal}
		}
		return packing.Restart{}
	default:
		return w.answer("BOSS", rapid.Bool().Draw(t, "pin"))
	}
}

// drawNews is what upstream may say: mostly nothing that matters.
func drawNews(t *rapid.T, w *world) packing.Input {
	n := rapid.SampledFrom([]string{"1", "2", "3", "focus", "focus"}).Draw(t, "news of")
	if n == "focus" {
		if n = "1"; w.bench.Focus != "" {
			n = w.parcels[w.bench.Focus].Number
		}
	}
	id := packing.ParcelID("shop/" + n)
	p := w.parcels[id]
	switch rapid.IntRange(0, 7).Draw(t, "news") {
	case 0:
		return packing.CancelNews{Parcel: id, Cancel: packing.CancelAsked}
	case 1:
		return packing.CancelNews{Parcel: id}
	case 2:
		return w.news(id, func(p *packing.Parcel) { p.Address = rapid.SampledFrom([]string{"", "a1", "a2"}).Draw(t, "address") })
	case 3:
		return w.news(id, func(p *packing.Parcel) {
			p.Waybill = rapid.SampledFrom([]string{"WB" + n, "WB" + n + "b"}).Draw(t, "waybill")
		})
	case 4:
		return w.news(id, func(p *packing.Parcel) {
			p.Lines = []packing.Line{line(rapid.SampledFrom([]string{"mug", "tee"}).Draw(t, "goods"), rapid.IntRange(1, 2).Draw(t, "n"))}
		})
	case 5:
		return w.news(id, func(p *packing.Parcel) {
			p.Status = rapid.SampledFrom([]packing.Status{packing.StatusPackable, packing.StatusOnHold, packing.StatusShipped}).Draw(t, "status")
		})
	case 6:
		return w.news(id, func(p *packing.Parcel) { p.ShipByMs++ })
	}
	return labelFor(p)
}

// labelFor is the label file that upstream gives for the parcel as it is now.
func labelFor(p *packing.Parcel) packing.LabelCame {
	return packing.LabelCame{Parcel: p.ID, File: packing.LabelFile{
		Hash: "h" + p.Waybill + p.Address, Codes: []string{p.Waybill, "ZIP94538"}, Printable: true,
	}}
}

func badgeScan(id string) packing.Scan {
	return packing.Scan{Key: "PBB" + id, Device: "gun", Class: packing.ClassBadge, Body: id}
}

func commandScan(c packing.Command) packing.Scan {
	return packing.Scan{Key: "PBC" + string(c), Device: "gun", Class: packing.ClassCommand, Body: string(c)}
}

// sensible is what somebody who reads the screen would do.
func sensible(t *rapid.T, w *world) packing.Input {
	b := w.bench
	key := func(k string) packing.Input { return packing.Scan{Key: k, Shown: k, Device: "gun"} }
	parcel := w.parcels[b.Focus]
	switch {
	case b.Blocked():
		return commandScan(packing.CmdAck)
	case b.Ask != nil && b.Ask.Kind == packing.AskShelf:
		return packing.Scan{Key: "PBLA1", Device: "gun", Class: packing.ClassLocation, Body: "A1"}
	case b.Ask != nil && b.Ask.By != "":
		return w.answer(b.Ask.By, true)
	case b.Ask != nil:
		return badgeScan("BOSS")
	case b.Picker != nil:
		return badgeScan("WANG")
	case b.Person == "":
		return badgeScan("CHEN")
	case parcel == nil && w.pol.Flow == packing.LabelFirst && b.Ahead == 0:
		return commandScan(packing.CmdAhead)
	case parcel == nil:
		n := rapid.IntRange(1, 5).Draw(t, "open")
		for i := 1; i <= 3; i++ { // the recalled come first
			if w.parcels[packing.ParcelID("shop/"+strconv.Itoa(i))].HeldFor(packing.HoldChanged) {
				return key("T" + strconv.Itoa(i))
			}
		}
		if w.pol.Flow == packing.LabelFirst {
			return key("WB" + strconv.Itoa(n))
		}
		return key("T" + strconv.Itoa(n))
	}
	switch packing.NextStep(parcel, w.pol, w.now.UnixMilli()) {
	case packing.StepVerify:
		if rapid.IntRange(0, 5).Draw(t, "clumsy") == 0 {
			return key("Gcap") // in two parcels right, in three wrong
		}
		for i, l := range parcel.Lines {
			if parcel.Verified(i) < l.Quantity {
				return key("G" + l.Listing)
			}
		}
	case packing.StepWeigh:
		var mg int64
		for _, l := range parcel.Lines {
			mg += l.WeightMg * int64(l.Quantity)
		}
		w.load++
		return packing.Weight{Mg: mg, Load: w.load}
	case packing.StepPrint:
		if parcel.File == nil {
			return labelFor(parcel)
		}
		return commandScan(packing.CmdPrint)
	case packing.StepProve:
		return key(parcel.Waybill)
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
