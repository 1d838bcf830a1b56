package bench

import (
	"context"
	"strconv"

	"packbench/packing"
	"packbench/scale"
	"packbench/store"
)

// Msg is a text for people by its key; screens render it in their language.
type Msg struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// View is what a person should see, as one immutable value. It points into no
// state of the bench. The latest wins: a screen may skip any number of them.
type View struct {
	Seq     uint64 `json:"seq"`
	AtMs    int64  `json:"at_ms"`
	Station string `json:"station"`
	Flow    string `json:"flow"`
	Solo    bool   `json:"solo"`
	Mode    string `json:"mode"`
	Person  string `json:"person"` // badge; "" = nobody signed in
	Name    string `json:"name"`

	Prompt Msg          `json:"prompt"` // the one thing to do now
	Hint   Msg          `json:"hint"`   // what helps if it can't be done; may be empty
	Alert  *AlertView   `json:"alert,omitempty"`
	Parcel *ParcelView  `json:"parcel,omitempty"`
	Ask    *packing.Ask `json:"ask,omitempty"`
	Loose  []LooseView  `json:"loose,omitempty"`

	Orphans []string `json:"orphans,omitempty"` // parcels whose label of the last batch was not found
	Sealed  int      `json:"sealed"`            // since the program started
	Last    string   `json:"last"`              // code of the newest stored scan
	LastMs  int64    `json:"last_ms"`

	Printer     DeviceView       `json:"printer"`
	Scale       ScaleView        `json:"scale"`
	Connections []ConnectionView `json:"connections,omitempty"`
	Waiting     int              `json:"waiting"` // outbox rows on their way
	Parked      int              `json:"parked"`  // outbox rows that wait for a human
	Clock       ClockView        `json:"clock"`
	Disk        DiskView         `json:"disk"`
	// Fault is why the last input was not stored, a message key; "" = it was.
	Fault     string            `json:"fault,omitempty"`
	FaultArgs map[string]string `json:"fault_args,omitempty"`
}

// ClockView is how far this PC's clock can be believed.
type ClockView struct {
	State  string `json:"state"`   // "" = right; skewed; wrong: times of day mean nothing
	SkewMs int64  `json:"skew_ms"` // the other clock minus ours
}

// DiskView is the room for data.
type DiskView struct {
	State string `json:"state"` // "" = enough; low; full
	Free  int64  `json:"free"`  // bytes
}

// AlertView is the alert on the screen.
type AlertView struct {
	Kind     string            `json:"kind"`
	Severity string            `json:"severity"`
	Expected *packing.Item     `json:"expected,omitempty"`
	Got      *packing.Item     `json:"got,omitempty"`
	Args     map[string]string `json:"args,omitempty"`
	AtMs     int64             `json:"at_ms"`
	Ignored  int               `json:"ignored"` // scans made meanwhile
	More     int               `json:"more"`    // alerts behind this one
}

// ParcelView is the parcel in focus.
type ParcelView struct {
	ID         string     `json:"id"`
	Connection string     `json:"connection"`
	Order      string     `json:"order"`
	Nr         int        `json:"nr"`
	Of         int        `json:"of"`
	Tote       string     `json:"tote"`
	Carrier    string     `json:"carrier"`
	Waybill    string     `json:"waybill"`
	ShipByMs   int64      `json:"ship_by_ms"` // 0 = unknown
	Note       string     `json:"note"`
	PickedBy   []string   `json:"picked_by"` // names
	Solo       bool       `json:"solo"`
	Step       string     `json:"step"`
	Lines      []LineView `json:"lines"`
	Current    int        `json:"current"` // the line that is due, -1 = none
	Held       []string   `json:"held,omitempty"`
	WeightMg   int64      `json:"weight_mg"` // 0 = not weighed
	ExpectedMg int64      `json:"expected_mg"`
	WeightNote string     `json:"weight_note,omitempty"` // warned, override
	Label      *LabelView `json:"label,omitempty"`
}

// LineView is one line of it.
type LineView struct {
	Item     packing.Item `json:"item"`
	Quantity int          `json:"quantity"`
	Verified int          `json:"verified"`
	Gift     bool         `json:"gift"`
	Known    bool         `json:"known"` // the catalogue has it; otherwise no scan can match
}

// LabelView names the parcel's newest label; its picture comes by Labels.Page.
type LabelView struct {
	Job   string `json:"job"`
	Hash  string `json:"hash"`
	Page  int    `json:"page"`
	State string `json:"state"`
}

// LooseView is a label that lies about.
type LooseView struct {
	Parcel string `json:"parcel"`
	State  string `json:"state"`
}

// DeviceView is how a device stands.
type DeviceView struct {
	State string `json:"state"` // "" = none set up
	Fault string `json:"fault"` // message key
}

// ScaleView is the scale, live.
type ScaleView struct {
	State  string `json:"state"` // "" = none set up
	Mg     int64  `json:"mg"`
	Stable bool   `json:"stable"`
	Status string `json:"status"`
	Loaded bool   `json:"loaded"` // a settled load lies on it
	// NeedsZero: the next load counts only after the scale was empty.
	NeedsZero bool `json:"needs_zero"`
}

// ConnectionView is how a connection stands.
type ConnectionView struct {
	Name  string `json:"name"`
	State string `json:"state"` // an upstream.State, or "files": it speaks by files only
	// AgeMs is how long ago everything that it said was known here; -1 = never.
	AgeMs   int64 `json:"age_ms"`
	Old     bool  `json:"old"`      // older than the shop allows
	KnownMs int64 `json:"known_ms"` // the same as a time, ms UTC
	SkewMs  int64 `json:"skew_ms"`  // its clock minus ours
}

// StateFiles is the state of a connection without a network.
const StateFiles = "files"

// scaleView is the scale as the bench last heard of it.
type scaleView struct {
	state     string
	last      scale.Reading
	needsZero bool
}

func (s *scaleView) reading(r scale.Reading) { s.last, s.state = r, "ready" }

// View is the latest view.
func (b *Bench) View() *View { return b.view.Load() }

// Watch answers a channel that gets a value after the view has changed, and a
// function that ends it. A slow reader misses values, never the latest view.
func (b *Bench) Watch() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	b.watch.Lock()
	b.watcher[c] = true
	b.watch.Unlock()
	return c, func() {
		b.watch.Lock()
		delete(b.watcher, c)
		b.watch.Unlock()
	}
}

// publish makes the view of the present state.
func (b *Bench) publish(context.Context) {
	b.seq++
	s := b.state.Bench
	v := &View{
		Seq: b.seq, AtMs: b.opt.Now().UnixMilli(), Station: s.Station,
		Flow: string(b.policy.Flow), Solo: b.policy.Solo, Mode: string(s.Mode),
		Person: string(s.Person), Name: s.Name,
		Sealed: b.sealed, Last: shown(s.Last.Key), LastMs: s.Last.AtMs,
		Waiting: b.counts[store.OutboxPending], Parked: b.counts[store.OutboxParked],
		Clock: ClockView{State: string(s.Clock), SkewMs: b.watched.skewMs}, Disk: b.disk, Fault: b.fault.Key, FaultArgs: b.fault.Args,
	}
	if b.damage.Key != "" && v.Fault == "" {
		v.Fault, v.FaultArgs = b.damage.Key, b.damage.Args
	}
	if s.Ask != nil {
		ask := *s.Ask
		v.Ask = &ask
	}
	for _, l := range s.Loose {
		v.Loose = append(v.Loose, LooseView{Parcel: string(l.Parcel), State: string(l.State)})
	}
	for _, id := range s.Orphans {
		v.Orphans = append(v.Orphans, string(id))
	}
	if v.Alert = alertView(s.Alerts); v.Alert != nil && v.Alert.Args["by"] != "" {
		v.Alert.Args["by"] = b.nameOf(v.Alert.Args["by"])
	}
	if b.state.Parcel != nil {
		v.Parcel = b.parcelView(b.state.Parcel, v.AtMs)
	}
	v.Prompt, v.Hint = b.prompt(v)
	b.devices(v)
	b.view.Store(v)
	b.watch.Lock()
	defer b.watch.Unlock()
	for c := range b.watcher {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func alertView(alerts []packing.Alert) *AlertView {
	if len(alerts) == 0 {
		return nil
	}
	a := alerts[0]
	v := &AlertView{
		Kind: string(a.Kind), Severity: string(a.Severity), Args: map[string]string{},
		AtMs: a.AtMs, Ignored: a.Ignored, More: len(alerts) - 1,
	}
	for k, x := range a.Args {
		v.Args[k] = x
	}
	if a.Expected != nil {
		item := *a.Expected
		v.Expected = &item
	}
	if a.Got != nil {
		item := *a.Got
		v.Got = &item
	}
	return v
}

func (b *Bench) parcelView(p *packing.Parcel, nowMs int64) *ParcelView {
	v := &ParcelView{
		ID: string(p.ID), Connection: p.Connection, Order: p.Order, Nr: p.Nr, Of: p.Of,
		Tote: p.Tote, Carrier: p.Carrier, Waybill: p.Waybill, ShipByMs: p.ShipByMs,
		Note: b.note, Solo: p.Solo, Step: string(packing.NextStep(p, b.policy, nowMs)), Current: -1,
	}
	for _, id := range p.PickedBy {
		v.PickedBy = append(v.PickedBy, b.nameOf(string(id)))
	}
	for i, l := range p.Lines {
		n := p.Verified(i)
		if n < l.Quantity && v.Current < 0 {
			v.Current = i
		}
		item := l.Item
		if item.NameZH == "" && item.NameEN == "" {
			item.NameZH, item.NameEN, item.Spec = l.Name, l.Name, l.Variation
		}
		v.Lines = append(v.Lines, LineView{Item: item, Quantity: l.Quantity, Verified: n, Gift: l.Gift, Known: l.Goods != ""})
	}
	for _, h := range p.Holds {
		v.Held = append(v.Held, string(h.Reason))
	}
	if w := p.Weighing; w != nil {
		v.WeightMg, v.ExpectedMg = w.Mg, w.ExpectedMg
		switch {
		case w.Override != "":
			v.WeightNote = "override"
		case w.Warned:
			v.WeightNote = "warned"
		}
	}
	if l := p.Label(); l != nil {
		v.Label = &LabelView{Job: string(l.Job), Hash: l.Hash, Page: l.Page, State: string(l.State)}
	}
	return v
}

// nameOf is a person's name, or the badge where the person is not known here.
func (b *Bench) nameOf(id string) string {
	if name := b.names[id]; name != "" {
		return name
	}
	return id
}

func (b *Bench) devices(v *View) {
	if b.opt.Printer != nil {
		h := b.opt.Printer.Health()
		v.Printer = DeviceView{State: string(h.State), Fault: h.Fault}
	} else if b.opt.NoPrinter != "" {
		v.Printer = DeviceView{State: "error", Fault: b.opt.NoPrinter}
	}
	if b.policy.WeighGate {
		v.Scale = ScaleView{
			State: b.scale.state, Mg: b.scale.last.Milligrams, Stable: b.scale.last.Stable,
			Status: string(b.scale.last.Status), Loaded: b.lastLoad != nil, NeedsZero: b.scale.needsZero,
		}
		if v.Scale.State == "" {
			v.Scale.State = "absent"
		}
	}
	if b.opt.Connections != nil {
		v.Connections = b.opt.Connections()
		for i := range v.Connections {
			c := &v.Connections[i]
			c.Old = c.State != StateFiles && (c.AgeMs < 0 || c.AgeMs > b.policy.StatusOldMs)
		}
	}
}

// prompt says the one thing to do now, and what helps if it can't be done.
func (b *Bench) prompt(v *View) (prompt, hint Msg) {
	s := b.state.Bench
	switch {
	case s.Ask != nil && s.Ask.By != "":
		return Msg{Key: "prompt.pin", Args: map[string]string{"name": b.nameOf(string(s.Ask.By))}}, Msg{}
	case s.Ask != nil && s.Ask.Kind == packing.AskShelf:
		return Msg{Key: "prompt.shelf"}, Msg{}
	case s.Ask != nil:
		return Msg{Key: "prompt.supervisor"}, Msg{Key: "hint.ack_cancels"}
	case s.Person == "":
		return Msg{Key: "prompt.badge"}, Msg{}
	case s.Picker != nil:
		return Msg{Key: "prompt.picker"}, Msg{}
	case s.Mode == packing.ModePick:
		return Msg{Key: "prompt.pick"}, Msg{Key: "hint.pick"}
	case v.Parcel == nil && inDoubt(s):
		return Msg{Key: "prompt.last_good"}, Msg{Key: "hint.no_label"}
	case v.Parcel == nil && b.policy.Flow == packing.LabelFirst:
		return Msg{Key: "prompt.open_label"}, Msg{Key: "hint.ahead", Args: map[string]string{"loose": strconv.Itoa(len(s.Loose)), "ahead": strconv.Itoa(s.Ahead)}}
	case v.Parcel == nil:
		return Msg{Key: "prompt.open"}, Msg{}
	}
	return b.stepPrompt(v)
}

func inDoubt(s packing.Bench) bool {
	for _, l := range s.Loose {
		if l.State == packing.LabelStateUnknown {
			return true
		}
	}
	return false
}

func (b *Bench) stepPrompt(v *View) (prompt, hint Msg) {
	switch packing.Step(v.Parcel.Step) {
	case packing.StepVerify:
		return Msg{Key: "prompt.item"}, Msg{}
	case packing.StepWeigh:
		if b.scale.needsZero && b.lastLoad != nil && b.lastLoad.Load == b.state.Bench.Load && b.loadFor != b.state.Bench.Focus {
			return Msg{Key: "prompt.weigh"}, Msg{Key: "hint.empty_scale"}
		}
		return Msg{Key: "prompt.weigh"}, Msg{}
	case packing.StepPrint:
		f := b.state.Parcel.File
		if f == nil {
			return Msg{Key: "prompt.no_label"}, Msg{Key: "hint.hold"}
		}
		if !f.Printable {
			return Msg{Key: "prompt.bad_file"}, Msg{Key: "hint.hold"}
		}
		return Msg{Key: "prompt.print"}, Msg{Key: "hint.print"}
	case packing.StepProve:
		if v.Parcel.Label != nil && v.Parcel.Label.State == string(packing.LabelStateUnknown) {
			return Msg{Key: "prompt.came_out"}, Msg{Key: "hint.no_label"}
		}
		return Msg{Key: "prompt.prove"}, Msg{Key: "hint.bad_label"}
	default:
		return Msg{Key: "prompt.wait"}, Msg{Key: "hint.hold"}
	}
}
