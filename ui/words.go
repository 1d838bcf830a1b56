package ui

import (
	"strconv"
	"strings"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/text"
)

// itemName is how people call goods: the name in their language, else the other.
func itemName(c *text.Catalogue, item *packing.Item) string {
	if item == nil {
		return ""
	}
	if c.Language() == "zh" && item.NameZH != "" || item.NameEN == "" {
		return item.NameZH
	}
	return item.NameEN
}

// itemText is a name with its specification.
func itemText(c *text.Catalogue, item *packing.Item) string {
	name := itemName(c, item)
	if item == nil || item.Spec == "" {
		return name
	}
	return strings.TrimSpace(name + " " + item.Spec)
}

// alertText is what an alert says.
type alertText struct {
	head, do string
	belongs  string // whose the scanned goods are, if that is known
}

// alertWords makes the words of an alert. The scheme: `alert.<kind>.head`, and
// `alert.<kind>.do` or one of its variants `alert.<kind>.do.<variant>`, which
// alertVariant chooses by what is known.
func alertWords(c *text.Catalogue, v *bench.View, now time.Time) alertText {
	a := v.Alert
	key := "alert." + a.Kind
	args := alertArgs(c, v, now)
	do := key + ".do"
	if variant := alertVariant(a, args); variant != "" && c.Has(do+"."+variant) {
		do += "." + variant
	}
	out := alertText{head: c.Text(key+".head", nil), do: c.Text(do, args)}
	if a.Kind == string(packing.WrongItem) {
		switch {
		case a.Args["tote"] != "":
			out.belongs = c.Text("alert.wrong_item.tote", args)
		case a.Args["order"] != "":
			out.belongs = c.Text("alert.wrong_item.order", args)
		}
	}
	return out
}

// alertVariant names the variant of an alert's second line, "" for the plain one.
func alertVariant(a *bench.AlertView, args map[string]string) string {
	switch packing.RefusalKind(a.Kind) {
	case packing.WrongItem:
		if a.Expected == nil {
			return "full"
		}
	case packing.OverScan:
		if number(a.Args["verified"]) < number(a.Args["quantity"]) {
			return "pack" // one code stands for several units
		}
	case packing.UnknownCode:
		if args["symbology"] != "" {
			return "kind"
		}
	case packing.WrongLabel:
		if a.Args["bench"] != "" {
			return "bench"
		}
	case packing.UsedLabel:
		if a.Args["by"] != "" && a.Args["at_ms"] != "" {
			return "who"
		}
	case packing.CantOpen:
		if a.Args["why"] == "held" && a.Args["shelf"] == "" {
			return "held_no_shelf"
		}
		return a.Args["why"]
	case packing.NoLabel, packing.NotAllowed, packing.Recalled:
		return a.Args["why"]
	case packing.Freed:
		if a.Args["shelf"] != "" {
			return "shelf"
		}
	case packing.OrderChanged:
		return a.Args["what"]
	}
	return ""
}

// alertArgs are an alert's arguments as words: names of goods, weights in
// kilograms, times of the day, keys turned into texts.
func alertArgs(c *text.Catalogue, v *bench.View, now time.Time) map[string]string {
	a := v.Alert
	args := map[string]string{}
	for k, x := range a.Args {
		args[k] = x
	}
	args["expected"], args["got"] = itemText(c, a.Expected), itemText(c, a.Got)
	if a.Args["at_ms"] != "" {
		args["at"] = text.Clock(number(a.Args["at_ms"]), now)
	}
	switch packing.RefusalKind(a.Kind) {
	case packing.UnknownCode:
		args["symbology"] = symbology(a.Args["symbology"])
	case packing.WrongKind:
		args["got"] = firstText(c, "alert.wrong_kind.got.", a.Args["got"], "alert.wrong_kind.got.code")
		args["due"] = c.Text("alert.wrong_kind.due."+due(v), map[string]string{"expected": args["expected"]})
	case packing.WrongLabel:
		if args["tail"] == "" {
			order := []rune(a.Args["order"])
			args["tail"] = string(order[max(0, len(order)-4):])
		}
	case packing.WeightOff:
		weightArgs(c, a, args)
	case packing.PutAside, packing.CantOpen:
		args["reason"] = firstText(c, "hold.", a.Args["reason"], "hold.other")
	case packing.PrinterFailed, packing.PrinterUnknown:
		args["reason"] = orText(c, a.Args["reason"], "printer.fault")
	case packing.NoLabel:
		args["problem"] = orText(c, a.Args["why"], "label.unreadable")
	case packing.NotAllowed:
		args["command"] = a.Args["command"]
		if key := "command." + a.Args["command"] + ".title"; c.Has(key) {
			args["command"] = c.Text(key, nil)
		}
	}
	return args
}

func weightArgs(c *text.Catalogue, a *bench.AlertView, args map[string]string) {
	args["expected_weight"] = text.Kilograms(number(a.Args["expected_mg"]))
	args["measured"] = text.Kilograms(number(a.Args["measured_mg"]))
	args["about"] = ""
	about := number(a.Args["about"])
	item := map[string]string{"n": strconv.FormatInt(max(about, -about), 10), "item": args["expected"]}
	switch {
	case about < 0:
		args["about"] = c.Text("alert.weight.about.less", item)
	case about > 0:
		args["about"] = c.Text("alert.weight.about.more", item)
	}
	args["then"] = c.Text("alert.weight.then.first", nil)
	if a.Args["again"] != "" {
		args["then"] = c.Text("alert.weight.then.again", nil)
	}
}

// due is what a refused code should have been, by what the bench waits for now.
func due(v *bench.View) string {
	switch {
	case v.Ask != nil && v.Ask.Kind == packing.AskShelf:
		return "shelf"
	case v.Mode == string(packing.ModePick):
		return "pick"
	}
	switch d := packing.Step(v.Alert.Args["due"]); d {
	case packing.StepVerify:
		if v.Alert.Expected == nil {
			return "open"
		}
		return string(d)
	case packing.StepWeigh, packing.StepPrint, packing.StepProve, packing.StepSeal:
		return string(d)
	}
	return "open"
}

// symbology names an AIM identifier, "" where it is none that is known.
func symbology(aim string) string {
	if aim == "" {
		return ""
	}
	for _, class := range code.Classify(aim + "0") {
		if class.Symbology != "" {
			return class.Symbology
		}
	}
	return ""
}

// firstText is the text of prefix+word, or of the key other if there is none.
func firstText(c *text.Catalogue, prefix, word, other string) string {
	if word != "" && c.Has(prefix+word) {
		return c.Text(prefix+word, nil)
	}
	return c.Text(other, nil)
}

// orText is the text of a message key, or of another if the key has none.
func orText(c *text.Catalogue, key, other string) string {
	if key != "" && c.Has(key) {
		return c.Text(key, nil)
	}
	return c.Text(other, nil)
}

// number reads a number among an alert's arguments; what is none counts as 0.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
