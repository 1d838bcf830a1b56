package ui

import (
	"strconv"
	"time"

	"packbench/bench"
	"packbench/packing"
	"packbench/text"
)

// What devices and connections call their states.
const (
	stateReady   = "ready"
	stateOpening = "opening"
	stateAbsent  = "absent"

	connStarting = "starting"
	connOffline  = "offline"
	connSignIn   = "needs_sign_in"
	connFiles    = bench.StateFiles

	diskLow  = "low"
	diskFull = "full"
)

// strip is the line on top.
func (c *composer) strip() HealthStrip {
	v := c.v
	h := HealthStrip{Bench: c.t("strip.bench", "bench", v.Station), Person: v.Name, Clock: c.now.Format("15:04")}
	if v.Clock.State == string(packing.ClockWrong) {
		h.Clock = "?"
	}
	if v.Person == "" {
		h.Person = c.t("strip.nobody")
	} else if v.Name == "" {
		h.Person = v.Person
	}
	if v.Mode == string(packing.ModePick) {
		h.Marks = append(h.Marks, c.t("strip.picking"))
	}
	if v.Solo || v.Parcel != nil && v.Parcel.Solo {
		h.Marks = append(h.Marks, c.t("strip.solo"))
	}
	h.Health = append(h.Health, c.pc()...)
	h.Health = append(h.Health, c.network())
	if v.Parked > 0 {
		h.Health = append(h.Health, HealthMark{handShape, c.t("strip.parked", "n", strconv.Itoa(v.Parked))})
	}
	if v.Waiting > 0 || len(v.Connections) > 0 {
		h.Health = append(h.Health, HealthMark{noShape, c.t("strip.waiting", "n", strconv.Itoa(v.Waiting))})
	}
	if v.Printer.State != "" {
		h.Health = append(h.Health, c.device("printer", v.Printer.State, v.Printer.Fault))
	}
	if v.Scale.State != "" {
		h.Health = append(h.Health, c.device("scale", v.Scale.State, ""))
	}
	return h
}

// pc is the worst that is wrong with this computer itself, if anything is.
func (c *composer) pc() []HealthMark {
	clock := packing.ClockState(c.v.Clock.State)
	switch {
	case c.v.Disk.State == diskFull:
		return []HealthMark{{octagonShape, c.t("strip.disk_full")}}
	case clock == packing.ClockWrong:
		return []HealthMark{{octagonShape, c.t("strip.clock_wrong")}}
	case c.v.Disk.State == diskLow:
		return []HealthMark{{handShape, c.t("strip.disk_low", "free", strconv.FormatInt(c.v.Disk.Free>>20, 10)+" MB")}}
	case clock == packing.ClockSkewed:
		span := c.words.Span((time.Duration(c.v.Clock.SkewMs) * time.Millisecond).Abs())
		return []HealthMark{{handShape, c.t("strip.clock_skewed", "span", span)}}
	}
	return nil
}

// network is the connection that stands worst. Being offline is a fact, no
// error: work goes on.
func (c *composer) network() HealthMark {
	worst, rank := bench.ConnectionView{}, -1
	for _, x := range c.v.Connections {
		r := 0
		switch x.State {
		case connFiles:
			continue // its age is said where it matters: before a batch closes
		case connStarting:
			r = 2
		case connOffline:
			r = 3
		case connSignIn:
			r = 4
		default:
			if x.Old {
				r = 1
			}
		}
		if r > rank || r == rank && x.AgeMs > worst.AgeMs {
			worst, rank = x, r
		}
	}
	switch rank {
	case -1:
		return c.files()
	case 0:
		return HealthMark{checkShape, c.t("strip.online")}
	case 1:
		return HealthMark{handShape, c.t("strip.old", "age", c.words.Span(time.Duration(worst.AgeMs)*time.Millisecond))}
	case 2:
		return HealthMark{ringShape, c.t("strip.starting")}
	case 4:
		return HealthMark{handShape, c.t("strip.sign_in", "name", worst.Name)}
	}
	if worst.AgeMs < 0 {
		return HealthMark{cloudShape, c.t("strip.offline_new")}
	}
	return HealthMark{cloudShape, c.t("strip.offline", "age", c.words.Span(time.Duration(worst.AgeMs)*time.Millisecond))}
}

// files is how fresh the newest order file is, where there is no network at all.
func (c *composer) files() HealthMark {
	var newest int64
	for _, x := range c.v.Connections {
		newest = max(newest, x.KnownMs)
	}
	if newest == 0 || c.v.Clock.State == string(packing.ClockWrong) {
		return HealthMark{noShape, c.t("strip.files")}
	}
	return HealthMark{noShape, c.t("strip.files_of", "time", text.Clock(newest, c.now))}
}

func (c *composer) device(name, state, fault string) HealthMark {
	switch {
	case fault != "":
		return HealthMark{octagonShape, orText(c.words, fault, "printer.fault")}
	case state == stateReady:
		return HealthMark{checkShape, c.t("strip." + name)}
	case state == stateOpening:
		return HealthMark{ringShape, c.t("strip." + name + "_opening")}
	case state == stateAbsent:
		return HealthMark{octagonShape, c.t("strip." + name + "_absent")}
	default:
		return HealthMark{octagonShape, c.t(name + ".fault")}
	}
}

// foot is steps, order and buttons.
func (c *composer) foot() Foot {
	v := c.v
	f := Foot{Small: c.t("screen.language"), Buttons: c.buttons()}
	if v.Fault != "" {
		f.Fault = c.words.Text(v.Fault, v.FaultArgs)
	}
	p := v.Parcel
	if p == nil {
		return f
	}
	for _, step := range stepsOf(v) {
		mark := StepMark{Title: c.t("step." + string(step))}
		switch {
		case string(step) == p.Step:
			mark.State = stepNow
		case stepDoneIn(p, step):
			mark.State = stepDone
		}
		f.Steps.Steps = append(f.Steps.Steps, mark)
	}
	f.Shop = p.Connection
	f.Order = c.t("screen.order", "order", p.Order)
	if p.Tote != "" {
		f.Order = joinFacts(f.Order, c.t("screen.tote", "tote", p.Tote))
	}
	f.People = joinFacts(c.pickedBy(), p.Carrier, p.Waybill)
	return f
}

// buttons are the commands that make sense now; all others still have their code
// and key, and the bench says why they don't fit.
func (c *composer) buttons() []TapButton {
	v := c.v
	var cmds []packing.Command
	switch {
	case v.Ask != nil && v.Ask.Kind == packing.AskShelf:
	case v.Ask != nil:
		cmds = []packing.Command{packing.CmdAck}
	case v.Person == "":
	case v.Mode == string(packing.ModePick):
		cmds = []packing.Command{packing.CmdPack, packing.CmdSignOut}
	case v.Prompt.Key == "prompt.last_good":
		cmds = []packing.Command{packing.CmdNoLabel}
	case v.Parcel == nil && v.Flow == string(packing.LabelFirst):
		cmds = []packing.Command{packing.CmdAhead, packing.CmdEndAhead, packing.CmdPick}
	case v.Parcel == nil:
		cmds = []packing.Command{packing.CmdPick, packing.CmdSignOut}
	default:
		cmds = stepCommands(v.Parcel)
	}
	var out []TapButton
	for _, cmd := range cmds {
		b := c.button(cmd)
		if cmd == packing.CmdAck {
			b.Title = c.t("screen.never_mind") // what ACK means to a question
		}
		out = append(out, b)
	}
	return out
}

func stepCommands(p *bench.ParcelView) []packing.Command {
	unknown := p.Label != nil && p.Label.State == string(packing.LabelStateUnknown)
	switch {
	case p.Step == string(packing.StepWeigh):
		return []packing.Command{packing.CmdOverride, packing.CmdHold}
	case p.Step == string(packing.StepPrint):
		return []packing.Command{packing.CmdPrint, packing.CmdHold}
	case p.Step == string(packing.StepProve) && unknown:
		return []packing.Command{packing.CmdNoLabel, packing.CmdHold}
	case p.Step == string(packing.StepProve):
		return []packing.Command{packing.CmdBadLabel, packing.CmdHold}
	case len(p.Held) > 0:
		return []packing.Command{packing.CmdRelease, packing.CmdHold}
	}
	return []packing.Command{packing.CmdHold}
}

func (c *composer) button(cmd packing.Command) TapButton {
	key := "command." + string(cmd)
	return TapButton{Title: c.t(key + ".title"), Key: c.t(key + ".key"), Action: action{command: cmd}}
}

// alert is the refusal on the screen, or nil. A wrong PIN is shown where the PIN
// is typed.
func (c *composer) alert() *AlertScreen {
	a := c.v.Alert
	if a == nil || a.Kind == string(packing.WrongPIN) && c.v.Ask != nil && c.v.Ask.By != "" {
		return nil
	}
	w := alertWords(c.words, c.v, c.now)
	s := &AlertScreen{Severity: packing.Severity(a.Severity), Head: w.head, Do: w.do, Ack: c.t("screen.ack_red")}
	if s.Severity == packing.Amber {
		s.Ack = c.t("screen.ack_amber")
	}
	if a.Ignored > 0 {
		s.Small = c.t("screen.ignored", "n", strconv.Itoa(a.Ignored))
	}
	if a.More > 0 {
		s.Small = joinFacts(s.Small, c.t("screen.more", "n", strconv.Itoa(a.More)))
	}
	if c.v.Fault != "" {
		s.Small = joinFacts(c.words.Text(c.v.Fault, c.v.FaultArgs), s.Small) // a full screen hides the foot
	}
	s.Cards = c.alertCards(w)
	switch kind := packing.RefusalKind(a.Kind); {
	case kind == packing.CantOpen && a.Args["why"] == "held":
		s.Extra = append(s.Extra, c.button(packing.CmdRelease))
	case kind == packing.PrinterFailed && c.v.Parcel != nil:
		s.Extra = append(s.Extra, c.button(packing.CmdPrint))
	case kind == packing.PrinterUnknown:
		s.Extra = append(s.Extra, c.button(packing.CmdNoLabel))
	}
	return s
}

func (c *composer) alertCards(w alertText) []AlertCard {
	a := c.v.Alert
	var cards []AlertCard
	switch {
	case a.Kind == string(packing.WeightOff) && a.Expected != nil:
		return []AlertCard{{Title: c.t("screen.about_goods"), Goods: c.goods(a.Expected)}}
	case a.Kind == string(packing.OverScan) && a.Got != nil:
		return []AlertCard{{Title: c.t("screen.got"), Goods: c.goods(a.Got)}}
	}
	if a.Expected != nil {
		cards = append(cards, AlertCard{Title: c.t("screen.expected"), Goods: c.goods(a.Expected)})
	}
	if a.Got != nil {
		cards = append(cards, AlertCard{Title: c.t("screen.got"), Goods: c.goods(a.Got), Note: w.belongs})
	}
	return cards
}
