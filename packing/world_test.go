package packing_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"packbench/packing"
)

// decideFunc is Decide, or a version of it with a planted bug.
type decideFunc func(packing.State, packing.Facts, packing.Policy, packing.Input, time.Time) []packing.Event

// world is a small warehouse in memory: it answers facts, keeps states, and
// remembers every event, so that invariants can be judged without Decide.
type world struct {
	decide  decideFunc
	pol     packing.Policy
	now     time.Time
	bench   packing.Bench
	parcels map[packing.ParcelID]*packing.Parcel
	goods   map[string]packing.Owner // key → owner
	people  map[packing.PersonID]packing.Person
	log     []packing.Event
	load    int64
	prints  []packing.JobID
	told    map[packing.ParcelID][]*toldRow
	ages    map[string]int64
}

// toldRow is one row of the outbox, the way the store keeps it.
type toldRow struct {
	waybill string
	state   string // pending, done, parked, withdrawn, replaced
}

// tell does what effects ask of the outbox.
func (w *world) tell(effect packing.Effect) {
	switch e := effect.(type) {
	case packing.Tell:
		var s packing.Shipped
		if err := json.Unmarshal(e.Payload, &s); err != nil {
			panic(err)
		}
		row := &toldRow{waybill: s.Data.Waybill, state: "pending"}
		for _, old := range w.told[e.Parcel] {
			switch {
			case !e.Replace: // the store would have two rows: judged as such
			case old.state == "done":
				row.state = "parked"
			case old.state != "replaced":
				old.state = "replaced"
			}
		}
		w.told[e.Parcel] = append(w.told[e.Parcel], row)
	case packing.Recall:
		for _, r := range w.told[e.Parcel] {
			if r.state == "pending" {
				r.state = "withdrawn"
			}
		}
	case packing.Reinstate:
		for _, r := range w.told[e.Parcel] {
			if r.state == "withdrawn" {
				r.state = "pending"
			}
		}
	}
}

func newWorld(pol packing.Policy, decide decideFunc) *world {
	w := &world{
		decide: decide, pol: pol, now: time.UnixMilli(1_800_000_000_000),
		bench:   packing.Bench{Station: "bench-1", Mode: packing.ModeVerify},
		parcels: map[packing.ParcelID]*packing.Parcel{},
		goods:   map[string]packing.Owner{},
		told:    map[packing.ParcelID][]*toldRow{},
		people: map[packing.PersonID]packing.Person{
			"WANG": {ID: "WANG", Name: "Wang", Role: packing.RolePacker}, "CHEN": {ID: "CHEN", Name: "Chen", Role: packing.RolePacker},
			"BOSS": {ID: "BOSS", Name: "Boss", Role: packing.RoleSupervisor},
			"EYES": {ID: "EYES", Name: "Eyes", Role: packing.RoleAuditor},
		},
	}
	for i, name := range []string{"mug", "tee", "cap"} {
		w.goods["G"+name] = packing.Owner{Kind: packing.OwnerGoods, Units: 1, Goods: packing.Goods{
			ID: packing.GoodsID(name), Item: packing.Item{NameZH: name, NameEN: name},
			WeightMg: int64(i+1) * 200_000, Weight: packing.WeightMeasured,
		}}
	}
	w.goods["GBOX"] = packing.Owner{Kind: packing.OwnerGoods, Units: 2, Goods: w.goods["Gmug"].Goods}
	return w
}

// add brings a parcel with its label into the world, by inputs.
func (w *world) add(number, waybill string, lines ...packing.Line) packing.ParcelID {
	id := packing.ParcelID("shop/" + number)
	w.do(packing.Arrived{Parcel: packing.Parcel{
		ID: id, Connection: "shop", Number: number, Order: "O" + number, Tote: "T" + number,
		Carrier: "demo", Waybill: waybill, Lines: lines, Status: packing.StatusPackable, TellAt: "sealed",
		CreatedMs: int64(len(w.parcels)),
	}})
	w.do(packing.LabelCame{Parcel: id, File: packing.LabelFile{Hash: "h" + number, Codes: []string{waybill, "ZIP94538"}, Printable: true}})
	return id
}

func line(goods string, n int) packing.Line {
	return packing.Line{Listing: goods, Name: goods, Quantity: n}
}

// owners looks up who carries a code, the way the store does.
func (w *world) owners(key string) []packing.Owner {
	var out []packing.Owner
	ids := make([]packing.ParcelID, 0, len(w.parcels))
	for id := range w.parcels {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		p := w.parcels[id]
		switch key {
		case p.Order:
			out = append(out, packing.Owner{Kind: packing.OwnerOrder, Parcel: p})
		case p.Tote:
			out = append(out, packing.Owner{Kind: packing.OwnerTote, Parcel: p})
		}
		if key == p.Waybill || p.File != nil && slices.Contains(p.File.Codes, key) {
			out = append(out, packing.Owner{Kind: packing.OwnerLabel, Parcel: p})
		} else if slices.Contains(p.StaleCodes(), key) {
			out = append(out, packing.Owner{Kind: packing.OwnerLabel, Parcel: p})
		}
	}
	if g, ok := w.goods[key]; ok {
		out = append(out, g)
	}
	return out
}

func (w *world) facts(needs []packing.Need) packing.Facts {
	f := packing.Facts{
		Codes: map[string][]packing.Owner{}, Lines: map[packing.ParcelID][]packing.Line{},
		Elsewhere: map[string]packing.Parcel{}, Parcels: map[packing.ParcelID]*packing.Parcel{},
		People: map[packing.PersonID]packing.Person{}, Ages: w.ages,
	}
	for _, n := range needs {
		switch n.What {
		case packing.NeedCode:
			f.Codes[n.Key] = w.owners(n.Key)
			for _, o := range f.Codes[n.Key] {
				if o.Parcel != nil {
					f.Lines[o.Parcel.ID] = w.resolve(o.Parcel.Lines)
				}
			}
		case packing.NeedParcel:
			if p := w.parcels[packing.ParcelID(n.Key)]; p != nil {
				f.Parcels[p.ID] = p
			}
		case packing.NeedPerson:
			if p, ok := w.people[packing.PersonID(n.Key)]; ok {
				f.People[p.ID] = p
			}
		case packing.NeedNext:
			for _, p := range w.parcels {
				if p.Stage() == packing.StagePicked && p.File != nil && p.File.Printable && p.Label() == nil {
					f.Next = append(f.Next, p)
				}
			}
			slices.SortFunc(f.Next, func(a, b *packing.Parcel) int { return strings.Compare(string(a.ID), string(b.ID)) })
		}
	}
	return f
}

func (w *world) resolve(lines []packing.Line) []packing.Line {
	out := slices.Clone(lines)
	for i, l := range out {
		g := w.goods["G"+l.Listing].Goods
		out[i].Goods, out[i].Item, out[i].WeightMg, out[i].Weight = g.ID, g.Item, g.WeightMg, g.Weight
	}
	return out
}

// do gives one input to the rules and applies what follows. It answers the events.
func (w *world) do(in packing.Input) []packing.Event {
	w.now = w.now.Add(700 * time.Millisecond)
	return w.doNow(in)
}

func (w *world) doNow(in packing.Input) []packing.Event {
	if scan, ok := in.(packing.Scan); ok {
		scan.AtMs = w.now.UnixMilli()
		in = scan
	}
	s := packing.State{Bench: w.bench, Parcel: w.parcels[w.bench.Focus]}
	needs := packing.Needs(s, in)
	if len(needs) > 8 {
		panic(fmt.Sprintf("%d needs for %T", len(needs), in))
	}
	events := w.decide(s, w.facts(needs), w.pol, in, w.now)
	for _, e := range events {
		before := packing.State{Bench: w.bench, Parcel: w.parcels[e.Parcel]}
		after := packing.Apply(before, e)
		w.bench = after.Bench
		if e.Parcel != "" {
			w.parcels[e.Parcel] = after.Parcel
		}
		for _, effect := range packing.Effects(before, e, after) {
			if p, ok := effect.(packing.Print); ok {
				w.prints = append(w.prints, p.Job)
			}
			w.tell(effect)
		}
	}
	w.log = append(w.log, events...)
	return events
}

func (w *world) scan(key string) []packing.Event {
	return w.do(packing.Scan{Key: key, Shown: key, Length: len(key), Device: "gun"})
}

func (w *world) badge(id string) []packing.Event {
	return w.do(packing.Scan{Key: "PBB" + id, Device: "gun", Class: packing.ClassBadge, Body: id})
}

func (w *world) command(c packing.Command) []packing.Event {
	return w.do(packing.Scan{Key: "PBC" + string(c), Device: "gun", Class: packing.ClassCommand, Body: string(c)})
}

func (w *world) shelf(id string) []packing.Event {
	return w.do(packing.Scan{Key: "PBL" + id, Device: "gun", Class: packing.ClassLocation, Body: id})
}

func (w *world) weigh(mg int64) []packing.Event {
	w.load++
	return w.do(packing.Weight{Mg: mg, Load: w.load})
}

// answer is a PIN for the question that is open.
func (w *world) answer(id packing.PersonID, ok bool) packing.PINChecked {
	in := packing.PINChecked{Person: id, OK: ok}
	if w.bench.Ask != nil {
		in.Asked = *w.bench.Ask
	}
	return in
}

// pin answers a supervisor's question.
func (w *world) pin(id string, ok bool) []packing.Event {
	return w.do(w.answer(packing.PersonID(id), ok))
}

// pickAll closes the picks of totes by a person.
func (w *world) pickAll(person string, totes ...string) {
	w.badge(person)
	w.command(packing.CmdPick)
	for _, t := range totes {
		w.scan(t)
	}
}

// kinds names what happened, refusals by their kind.
func kinds(events []packing.Event) string {
	var out []string
	for _, e := range events {
		name := e.Body.Kind()
		if r, ok := e.Body.(packing.Refused); ok {
			name = "refused:" + string(r.Alert.Kind)
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}
