package ui

import (
	"strconv"
	"strings"
	"time"

	"packbench/bench"
	"packbench/packing"
	"packbench/text"
)

// composer turns a view into drawings: it looks up words, formats numbers and
// asks for pictures, and holds nothing.
type composer struct {
	v     *bench.View
	words *text.Catalogue
	now   time.Time
	pics  picturesOf
	typed int  // digits of the PIN typed so far
	busy  bool // a PIN is being checked
	// unchecked says why the last PIN was not checked; Key "" = it was.
	unchecked bench.Msg
}

// picturesOf gives pictures that are loaded; what is not comes later, with
// another Show.
type picturesOf interface {
	goods(name string) (pictureState, pictureImage)
	label(hash string, page int) (pictureState, pictureImage)
}

func (c *composer) t(key string, args ...string) string {
	if len(args) == 0 {
		return c.words.Text(key, nil)
	}
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return c.words.Text(key, m)
}

func (c *composer) msg(m bench.Msg) string {
	if m.Key == "" {
		return ""
	}
	return c.words.Text(m.Key, m.Args)
}

func (c *composer) goods(item *packing.Item) Goods {
	g := Goods{Name: itemName(c.words, item), Spec: item.Spec}
	if item.Picture != "" {
		if state, img := c.pics.goods(item.Picture); state == pictureReady {
			g.Picture = img
		}
	}
	return g
}

// body is what fills the middle.
func (c *composer) body() drawing {
	v := c.v
	prompt, hint := c.msg(v.Prompt), c.msg(v.Hint)
	switch {
	case v.Ask != nil && v.Ask.By != "":
		return c.pin(prompt)
	case v.Ask != nil && v.Ask.Kind == packing.AskShelf:
		return CallBody{Shape: boxShape, Strong: true, Prompt: prompt, Hint: hint, Sealed: -1}
	case v.Ask != nil:
		return CallBody{Shape: badgeShape, Strong: true, Prompt: prompt, Hint: hint, Sealed: -1}
	case v.Person == "":
		return CallBody{Shape: badgeShape, Prompt: prompt, Hint: hint, Sealed: -1, Facts: c.lying()}
	case v.Parcel == nil:
		return c.idle(prompt, hint)
	}
	switch packing.Step(v.Parcel.Step) {
	case packing.StepVerify:
		return c.verify(prompt)
	case packing.StepWeigh:
		return c.weigh(prompt, hint)
	default:
		return c.prove(prompt, hint)
	}
}

func (c *composer) idle(prompt, hint string) drawing {
	body := CallBody{
		Shape: boxShape, Prompt: prompt, Hint: hint, Sealed: c.v.Sealed,
		Words: [2]string{c.t("screen.sealed"), c.t("screen.sealed_note")}, Facts: c.lying(),
	}
	switch c.v.Prompt.Key {
	case "prompt.picker", "prompt.badge":
		body.Shape, body.Sealed = badgeShape, -1
	case "prompt.last_good":
		body.Shape, body.Strong, body.Sealed = questionShape, true, -1
	case "prompt.open":
		body.Hint = c.t("screen.scan_what")
	}
	return body
}

// lying is what lies about: loose labels, labels that were not found, and the
// last scan that is surely kept.
func (c *composer) lying() []string {
	var out []string
	if n := len(c.v.Loose); n > 0 {
		names := make([]string, 0, n)
		for _, l := range c.v.Loose {
			names = append(names, tail(parcelNumber(l.Parcel)))
		}
		out = append(out, c.t("screen.loose", "n", strconv.Itoa(n), "list", few(names)))
	}
	if len(c.v.Orphans) > 0 {
		names := make([]string, 0, len(c.v.Orphans))
		for _, id := range c.v.Orphans {
			names = append(names, tail(parcelNumber(id)))
		}
		out = append(out, c.t("screen.orphans", "list", few(names)))
	}
	if c.v.Last != "" {
		out = append(out, c.t("screen.last", "code", c.v.Last))
	}
	return out
}

// parcelNumber is a parcel's id without its connection.
func parcelNumber(id string) string {
	if _, number, ok := strings.Cut(id, "/"); ok {
		return number
	}
	return id
}

// tail is the end of a number, by which people find a parcel.
func tail(number string) string {
	const n = 6
	if r := []rune(number); len(r) > n+2 {
		return "…" + string(r[len(r)-n:])
	}
	return number
}

// few joins names; of many it shows the first.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, " · ")
}

func (c *composer) pin(prompt string) drawing {
	body := PINBody{Prompt: prompt, Typed: c.typed, Hint: c.t("screen.pin_keys"), Clear: c.t("screen.pin_clear"), Enter: c.t("screen.pin_enter")}
	if c.busy {
		body.Busy = c.t("screen.pin_checking")
	}
	switch {
	case c.unchecked.Key != "":
		body.Fault = c.msg(c.unchecked)
	case c.v.Alert != nil && c.v.Alert.Kind == string(packing.WrongPIN):
		w := alertWords(c.words, c.v, c.now)
		body.Fault = joinFacts(w.head, w.do)
	}
	return body
}

func (c *composer) rows() []LineRow {
	var rows []LineRow
	for i := range c.v.Parcel.Lines {
		l := &c.v.Parcel.Lines[i]
		row := LineRow{Name: itemName(c.words, &l.Item), Spec: l.Item.Spec, Verified: l.Verified, Quantity: l.Quantity, Current: i == c.v.Parcel.Current}
		switch {
		case !l.Known:
			row.Tag, row.Warn = c.t("screen.unknown_goods"), true
		case l.Gift:
			row.Tag = c.t("screen.gift")
		}
		rows = append(rows, row)
	}
	return rows
}

func (c *composer) facts() ParcelFacts {
	p := c.v.Parcel
	f := ParcelFacts{}
	if p.Of > 1 {
		f.Of = c.t("screen.parcel_of", "nr", strconv.Itoa(p.Nr), "of", strconv.Itoa(p.Of))
	}
	if p.ShipByMs != 0 {
		left := time.UnixMilli(p.ShipByMs).Sub(c.now)
		key := "screen.ship_by"
		if f.Late = left < 2*time.Hour; left < 0 {
			key = "screen.late"
		}
		f.Clock = c.t(key, "time", text.Clock(p.ShipByMs, c.now), "left", c.words.Span(left))
		if c.v.Clock.State == string(packing.ClockWrong) {
			f.Late, f.Clock = false, c.t("screen.ship_by", "time", text.Clock(p.ShipByMs, c.now), "left", "?")
		}
	}
	if p.Note != "" {
		f.Note = c.t("screen.note", "note", p.Note)
	}
	if len(p.Held) > 0 {
		f.Warning = c.t("screen.held", "reason", firstText(c.words, "hold.", p.Held[0], "hold.other"))
	}
	return f
}

func (c *composer) verify(prompt string) drawing {
	p := c.v.Parcel
	body := VerifyBody{Prompt: prompt, Rows: c.rows(), Facts: c.facts()}
	if p.Current >= 0 && p.Current < len(p.Lines) {
		l := &p.Lines[p.Current]
		body.Has = true
		body.Goods = c.goods(&l.Item)
		body.Count = BigCount{Verified: l.Verified, Quantity: l.Quantity}
	}
	return body
}

func (c *composer) weigh(prompt, hint string) drawing {
	s := c.v.Scale
	body := WeighBody{Prompt: prompt, Hint: c.t("hint.hold"), Unit: c.t("screen.kg"), Digits: "–", Rows: c.rows(), Facts: c.facts()}
	status := strings.ReplaceAll(s.Status, " ", "_")
	switch {
	case s.State != "ready":
		body.Status, body.Broken = c.t("scale.absent"), true
	case status == "ok" || status == "unstable":
		body.Digits = text.Kilograms(s.Mg)
		body.Steady = s.Stable && s.Loaded
		body.Status = c.t("scale.unstable")
		switch {
		case body.Steady:
			body.Status = c.t("scale.ok")
		case s.Stable && !s.Loaded:
			body.Status = prompt
		}
	default:
		body.Status, body.Broken = firstText(c.words, "scale.", status, "scale.absent"), true
	}
	if c.v.Hint.Key != "" { // something must be done before a weight can count
		body.Status, body.Steady, body.Broken = hint, false, true
	}
	return body
}

func (c *composer) prove(prompt, hint string) drawing {
	p := c.v.Parcel
	body := ProveBody{Prompt: prompt, Hint: hint, Parcel: c.facts(), Preview: c.preview()}
	body.Doubt = p.Label != nil && p.Label.State == string(packing.LabelStateUnknown)
	body.Facts = append(body.Facts, c.checkedFact())
	if c.v.Scale.State != "" {
		body.Facts = append(body.Facts, c.weightFact())
	}
	body.Facts = append(body.Facts, c.labelFact())
	return body
}

func (c *composer) checkedFact() ProofFact {
	p := c.v.Parcel
	n, of := 0, 0
	for _, l := range p.Lines {
		n, of = n+l.Verified, of+l.Quantity
	}
	f := ProofFact{State: stepDone, Head: c.t("screen.checked", "n", strconv.Itoa(n))}
	if n < of {
		f.State, f.Head = stepComing, c.t("screen.checked_part", "n", strconv.Itoa(n), "of", strconv.Itoa(of))
	}
	f.Small = joinFacts(c.v.Name, c.pickedBy())
	return f
}

func (c *composer) pickedBy() string {
	if len(c.v.Parcel.PickedBy) == 0 {
		return ""
	}
	return c.t("screen.picked_by", "names", strings.Join(c.v.Parcel.PickedBy, " · "))
}

func (c *composer) weightFact() ProofFact {
	p := c.v.Parcel
	f := ProofFact{State: stepDone}
	if p.WeightMg > 0 {
		f.Head = c.t("screen.weighed", "kg", text.Kilograms(p.WeightMg))
	}
	if p.ExpectedMg > 0 {
		f.Small = c.t("screen.weight_expected", "kg", text.Kilograms(p.ExpectedMg))
	}
	switch {
	case p.WeightNote == "override":
		f.Small, f.Warn = joinFacts(c.t("screen.weight_override"), f.Small), true
	case p.WeightNote == "warned":
		f.Small, f.Warn = joinFacts(f.Small, c.t("screen.weight_warned")), true
	}
	if f.Head == "" {
		f.Head = c.t("screen.no_weighing")
		if p.WeightNote == "" {
			f.State = stepComing
		}
	}
	return f
}

func (c *composer) labelFact() ProofFact {
	p := c.v.Parcel
	if p.Label == nil {
		return ProofFact{State: stepNow, Head: c.t("screen.label_missing"), Small: joinFacts(p.Carrier, p.Waybill)}
	}
	f := ProofFact{State: stepNow, Small: c.t("screen.label_next")}
	if p.Label.State == string(packing.LabelStateProven) {
		f.State, f.Small = stepDone, joinFacts(p.Carrier, p.Waybill)
	}
	f.Head = firstText(c.words, "screen.label_", p.Label.State, "screen.label_missing")
	return f
}

func (c *composer) preview() LabelPreview {
	l := c.v.Parcel.Label
	if l == nil || l.Hash == "" {
		return LabelPreview{Note: c.t("screen.preview_none")}
	}
	switch state, img := c.pics.label(l.Hash, l.Page); state {
	case pictureReady:
		return LabelPreview{Picture: img, Note: c.t("screen.preview")}
	case pictureFailed:
		return LabelPreview{Note: c.t("screen.preview_failed")}
	default:
		return LabelPreview{Note: c.t("screen.preview_loading")}
	}
}

// joinFacts joins what is known with a dot between.
func joinFacts(parts ...string) string {
	var known []string
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" {
			known = append(known, s)
		}
	}
	return strings.Join(known, " · ")
}
