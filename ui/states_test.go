package ui

import (
	"context"
	"strconv"
	"sync"
	"time"

	"packbench/bench"
	"packbench/packing"
	"packbench/raster"
	"packbench/scanner"
)

// fakeBench records what the screen sends.
type fakeBench struct {
	mu       sync.Mutex
	view     *bench.View
	changed  chan struct{}
	scans    []scanner.Scan
	commands []packing.Command
	pins     []string
	pinErr   error // what PIN answers
	got      chan struct{}
}

func newFakeBench(v *bench.View) *fakeBench {
	return &fakeBench{view: v, changed: make(chan struct{}, 1), got: make(chan struct{}, 100)}
}

func (f *fakeBench) View() *bench.View {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.view
}

func (f *fakeBench) set(v *bench.View) {
	f.mu.Lock()
	f.view = v
	f.mu.Unlock()
	f.changed <- struct{}{}
}

func (f *fakeBench) Watch() (<-chan struct{}, func()) { return f.changed, func() {} }

func (f *fakeBench) Scan(_ context.Context, s scanner.Scan) error {
	f.note(func() { f.scans = append(f.scans, s) })
	return nil
}

func (f *fakeBench) Command(_ context.Context, c packing.Command) error {
	f.note(func() { f.commands = append(f.commands, c) })
	return nil
}

func (f *fakeBench) PIN(_ context.Context, pin string) error {
	f.note(func() { f.pins = append(f.pins, pin) })
	return f.pinErr
}

func (f *fakeBench) note(what func()) {
	f.mu.Lock()
	what()
	f.mu.Unlock()
	f.got <- struct{}{}
}

var testNow = time.Date(2026, 11, 21, 14, 32, 0, 0, time.FixedZone("+8", 8*3600))

var (
	redMug  = packing.Item{NameZH: "马克杯", NameEN: "Mug", Spec: "红 L", Picture: "mug.png"}
	blueMug = packing.Item{NameZH: "马克杯（加厚陶瓷带盖子）", NameEN: "Thick ceramic mug with a lid", Spec: "蓝 XL 480ml"}
	sticker = packing.Item{NameZH: "贴纸", NameEN: "Sticker"}
)

// healthy is a bench at work, all devices there.
func healthy() *bench.View {
	return &bench.View{
		Station: "2", Flow: string(packing.VerifyFirst), Mode: string(packing.ModeVerify), Person: "P7", Name: "陈丽",
		Sealed: 37, Last: "6901234567892", AtMs: testNow.UnixMilli(),
		Printer: bench.DeviceView{State: "ready"}, Scale: bench.ScaleView{State: "ready", Status: "ok", Stable: true},
		Connections: []bench.ConnectionView{{Name: "tiktok-us", State: "online", AgeMs: 20_000}},
		Waiting:     3,
	}
}

func withParcel(step packing.Step) *bench.View {
	v := healthy()
	v.Parcel = &bench.ParcelView{
		ID: "tiktok-us/1", Connection: "tiktok-us", Order: "576462377512830168", Nr: 1, Of: 2, Tote: "T014",
		Carrier: "SF", Waybill: "SF1410223344556", ShipByMs: testNow.Add(213 * time.Minute).UnixMilli(),
		Note: "请多包一层气泡膜，送人的，别放发票", PickedBy: []string{"王强"}, Step: string(step), Current: -1,
		Lines: []bench.LineView{
			{Item: redMug, Quantity: 2, Verified: 2, Known: true},
			{Item: blueMug, Quantity: 1, Verified: 1, Known: true},
			{Item: sticker, Quantity: 3, Verified: 3, Gift: true, Known: true},
		},
	}
	return v
}

func verifying() *bench.View {
	v := withParcel(packing.StepVerify)
	v.Parcel.Lines[0].Verified, v.Parcel.Lines[2].Verified, v.Parcel.Current = 1, 0, 0
	v.Prompt = bench.Msg{Key: "prompt.item"}
	return v
}

func weighing() *bench.View {
	v := withParcel(packing.StepWeigh)
	v.Prompt = bench.Msg{Key: "prompt.weigh"}
	v.Scale = bench.ScaleView{State: "ready", Mg: 742_000, Status: "unstable"}
	return v
}

func proving() *bench.View {
	v := withParcel(packing.StepProve)
	v.Parcel.WeightMg, v.Parcel.ExpectedMg = 742_000, 740_000
	v.Parcel.Label = &bench.LabelView{Job: "j", Hash: "abc", State: "sent"}
	v.Prompt, v.Hint = bench.Msg{Key: "prompt.prove"}, bench.Msg{Key: "hint.bad_label"}
	v.Loose = []bench.LooseView{{Parcel: "tiktok-us/1", State: "sent"}}
	v.Connections[0].State, v.Connections[0].AgeMs = "offline", 12*60_000
	return v
}

// benchStates are the views that a day brings, by name.
func benchStates() map[string]*bench.View {
	nobody := healthy()
	nobody.Person, nobody.Name, nobody.Prompt = "", "", bench.Msg{Key: "prompt.badge"}
	idle := healthy()
	idle.Prompt = bench.Msg{Key: "prompt.open"}
	ahead := healthy()
	ahead.Flow, ahead.Prompt = string(packing.LabelFirst), bench.Msg{Key: "prompt.open_label"}
	ahead.Hint = bench.Msg{Key: "hint.ahead", Args: map[string]string{"loose": "10", "ahead": "8"}}
	ahead.Orphans = []string{"tiktok-us/576462377512830169", "tiktok-us/576462377512830170"}
	for i := range 10 {
		ahead.Loose = append(ahead.Loose, bench.LooseView{Parcel: "tiktok-us/57646237751283" + strconv.Itoa(1000+i), State: "sent"})
	}
	picker := healthy()
	picker.Prompt = bench.Msg{Key: "prompt.picker"}
	pick := healthy()
	pick.Mode, pick.Prompt, pick.Hint = string(packing.ModePick), bench.Msg{Key: "prompt.pick"}, bench.Msg{Key: "hint.pick"}
	doubt := healthy()
	doubt.Prompt, doubt.Hint = bench.Msg{Key: "prompt.last_good"}, bench.Msg{Key: "hint.no_label"}
	doubt.Loose = []bench.LooseView{{Parcel: "a/1", State: "unknown"}, {Parcel: "a/2", State: "unknown"}}
	doubt.Printer.Fault, doubt.Printer.State = "printer.paper_out", "error"
	shelf := healthy()
	shelf.Ask, shelf.Prompt = &packing.Ask{Kind: packing.AskShelf, Parcel: "a/1"}, bench.Msg{Key: "prompt.shelf"}
	supervisor := weighing()
	supervisor.Ask = &packing.Ask{Kind: packing.AskOverride, Parcel: "a/1"}
	supervisor.Prompt, supervisor.Hint = bench.Msg{Key: "prompt.supervisor"}, bench.Msg{Key: "hint.ack_cancels"}
	fault := verifying()
	fault.Fault = "fault.not_stored"
	print := withParcel(packing.StepPrint)
	print.Prompt, print.Hint = bench.Msg{Key: "prompt.print"}, bench.Msg{Key: "hint.print"}
	print.Parcel.WeightNote = "override"
	noLabel := withParcel(packing.StepPrint)
	noLabel.Prompt, noLabel.Hint = bench.Msg{Key: "prompt.no_label"}, bench.Msg{Key: "hint.hold"}
	noLabel.Scale = bench.ScaleView{}
	badFile := withParcel(packing.StepPrint)
	badFile.Prompt, badFile.Hint = bench.Msg{Key: "prompt.bad_file"}, bench.Msg{Key: "hint.hold"}
	came := proving()
	came.Parcel.Label.State, came.Parcel.WeightNote = "unknown", "warned"
	came.Prompt, came.Hint = bench.Msg{Key: "prompt.came_out"}, bench.Msg{Key: "hint.no_label"}
	wait := withParcel(packing.StepSeal)
	wait.Prompt, wait.Hint = bench.Msg{Key: "prompt.wait"}, bench.Msg{Key: "hint.hold"}
	wait.Parcel.Held = []string{"foreign_label"}
	wait.Parcel.Label = &bench.LabelView{State: "proven", Hash: "abc"}
	steady := weighing()
	steady.Scale.Status, steady.Scale.Stable, steady.Scale.Loaded = "ok", true, true
	lost := weighing()
	lost.Scale = bench.ScaleView{State: "absent"}
	heavy := weighing()
	heavy.Scale = bench.ScaleView{State: "ready", Status: "no weight"}
	first := verifying()
	first.Flow = string(packing.LabelFirst)
	first.Parcel.ShipByMs = testNow.Add(-49 * time.Hour).UnixMilli()
	first.Solo = true
	first.Connections = []bench.ConnectionView{{Name: "抖店旗舰店", State: "needs_sign_in"}, {Name: "b", State: "offline", AgeMs: -1}}
	first.Parked, first.Printer = 2, bench.DeviceView{State: "absent", Fault: "printer.unreachable"}
	empty := weighing()
	empty.Hint = bench.Msg{Key: "hint.empty_scale"}
	empty.Scale.Status, empty.Scale.Stable, empty.Scale.Loaded = "ok", true, true
	many := verifying()
	for i := range 9 {
		item := blueMug
		item.Spec = "蓝 " + strconv.Itoa(i)
		many.Parcel.Lines = append(many.Parcel.Lines, bench.LineView{Item: item, Quantity: 12, Known: i%2 == 0})
	}
	many.Parcel.Current, many.Parcel.Note = 7, ""
	old := verifying()
	old.Connections[0].AgeMs, old.Connections[0].Old = 17*60_000, true
	skewed := verifying()
	skewed.Clock = bench.ClockView{State: string(packing.ClockSkewed), SkewMs: -190_000}
	old.Disk = bench.DiskView{State: "low", Free: 700 << 20}
	wrongTime := verifying()
	wrongTime.Clock = bench.ClockView{State: string(packing.ClockWrong)}
	wrongTime.Disk = bench.DiskView{State: "full"}
	files := healthy()
	files.Prompt = bench.Msg{Key: "prompt.open"}
	files.Connections = []bench.ConnectionView{{Name: "csv", State: bench.StateFiles, AgeMs: 1, KnownMs: testNow.UnixMilli()}}
	return map[string]*bench.View{
		"old word": old, "skewed clock": skewed, "wrong time": wrongTime, "files": files,
		"nobody": nobody, "idle": idle, "ahead": ahead, "picker": picker, "pick": pick, "verifying": verifying(),
		"weighing": weighing(), "steady": steady, "scale lost": lost, "empty scale": empty, "no weight": heavy, "prove": proving(), "print": print,
		"no label": noLabel, "bad file": badFile, "came out": came, "doubt": doubt, "wait": wait, "shelf": shelf,
		"supervisor": supervisor, "pin": asksPIN(), "wrong pin": wrongPIN(), "not stored": fault, "label first": first, "many lines": many,
	}
}

func asksPIN() *bench.View {
	v := weighing()
	v.Ask = &packing.Ask{Kind: packing.AskOverride, Parcel: "a/1", By: "S1"}
	v.Prompt = bench.Msg{Key: "prompt.pin", Args: map[string]string{"name": "李敏"}}
	return v
}

func wrongPIN() *bench.View {
	v := asksPIN()
	v.Alert = &bench.AlertView{Kind: string(packing.WrongPIN), Severity: "amber", Args: map[string]string{"name": "李敏"}}
	return v
}

// benchAlerts are the refusals with every set of arguments that the rules give
// them, by name.
func benchAlerts() map[string]*bench.View {
	out := map[string]*bench.View{}
	at := strconv.FormatInt(testNow.Add(-4*time.Hour).UnixMilli(), 10)
	add := func(name string, kind packing.RefusalKind, severity packing.Severity, expected, got *packing.Item, args map[string]string) {
		v := verifying()
		v.Alert = &bench.AlertView{Kind: string(kind), Severity: string(severity), Expected: expected, Got: got, Args: args, AtMs: testNow.UnixMilli(), Ignored: 3, More: 1}
		out[name] = v
	}
	add("wrong item", packing.WrongItem, packing.Red, &redMug, &blueMug, map[string]string{"missing": "1", "code": "6901", "tote": "T021", "order": "5764"})
	add("wrong item of an order", packing.WrongItem, packing.Red, &redMug, &sticker, map[string]string{"missing": "12", "tote": "", "order": "576462377512830168"})
	add("wrong item, all full", packing.WrongItem, packing.Red, nil, &blueMug, map[string]string{"code": "6901"})
	add("over scan", packing.OverScan, packing.Red, &redMug, &redMug, map[string]string{"quantity": "2", "verified": "2"})
	add("over scan by a pack", packing.OverScan, packing.Red, &blueMug, &blueMug, map[string]string{"quantity": "2", "verified": "1"})
	add("unknown code", packing.UnknownCode, packing.Amber, nil, nil, map[string]string{"code": "6901234567892", "length": "13", "symbology": ""})
	add("unknown long code", packing.UnknownCode, packing.Amber, nil, nil, map[string]string{"code": "HTTPS:…8d3f", "length": "182", "symbology": "]Q1"})
	for _, got := range []string{"label", "order", "tote", "wave", "goods", "location", "code"} {
		for _, due := range []string{"open", "verify", "weigh", "print", "prove", "seal"} {
			expected := &blueMug
			if due != "verify" {
				expected = nil
			}
			add("wrong kind "+got+" "+due, packing.WrongKind, packing.Amber, expected, nil, map[string]string{"got": got, "due": due, "code": "SF1410223344556"})
		}
	}
	add("same person", packing.SamePerson, packing.Red, nil, nil, map[string]string{"name": "陈丽", "order": "576462377512830168"})
	add("cancelled", packing.Cancelled, packing.Purple, nil, nil, map[string]string{"order": "576462377512830168"})
	add("cancel asked", packing.CancelWanted, packing.Purple, nil, nil, map[string]string{"order": "576462377512830168"})
	add("wrong label", packing.WrongLabel, packing.Red, nil, nil, map[string]string{"code": "SF1", "order": "576462377512830168", "tail": "8842", "bench": "packbench-2"})
	add("wrong label, not printed", packing.WrongLabel, packing.Red, nil, nil, map[string]string{"code": "SF1", "order": "576462377512830168", "tail": ""})
	add("used label", packing.UsedLabel, packing.Red, nil, nil, map[string]string{"tail": "8842", "bench": "2", "by": "李四", "at_ms": at})
	add("used label, by nobody", packing.UsedLabel, packing.Red, nil, nil, map[string]string{"tail": "8842"})
	add("freed", packing.Freed, packing.Amber, nil, nil, map[string]string{"order": "576462377512830168", "shelf": ""})
	add("freed on a shelf", packing.Freed, packing.Amber, nil, nil, map[string]string{"order": "576462377512830168", "shelf": "A3"})
	add("old label", packing.OldLabel, packing.Red, nil, nil, map[string]string{"order": "576462377512830168"})
	for _, what := range []string{"label", "lines"} {
		add("order changed: "+what, packing.OrderChanged, packing.Red, nil, nil, map[string]string{"what": what, "order": "576462377512830168"})
	}
	for _, why := range []string{"cancelled", "cancel_asked", "changed", "on_hold"} {
		add("recalled "+why, packing.Recalled, packing.Purple, nil, nil, map[string]string{
			"why": why, "order": "576462377512830168", "tail": "8842", "bench": "bench-2", "by": "李四", "at_ms": at, "shelf": "",
		})
	}
	add("weight less", packing.WeightOff, packing.Red, &blueMug, nil, map[string]string{"measured_mg": "610000", "expected_mg": "820000", "diff_mg": "-210000", "about": "-1"})
	add("weight more again", packing.WeightOff, packing.Red, &redMug, nil, map[string]string{"measured_mg": "1030000", "expected_mg": "820000", "diff_mg": "210000", "about": "2", "again": "1"})
	add("weight, no idea", packing.WeightOff, packing.Red, nil, nil, map[string]string{"measured_mg": "1", "expected_mg": "820000", "diff_mg": "-819999"})
	for _, why := range []string{"sealed", "unpaid", "on_hold", "other_warehouse", "shipped", "other_bench", "picked", "something new"} {
		add("can't open "+why, packing.CantOpen, packing.Amber, nil, nil, map[string]string{"why": why, "order": "5764", "bench": "packbench-3", "by": "王五", "at_ms": at})
	}
	for _, reason := range []packing.HoldReason{packing.HoldPacker, packing.HoldForeignLabel, packing.HoldUsedLabel, packing.HoldWrongItems, packing.HoldCancel, packing.HoldStatus, packing.HoldChanged} {
		add("can't open held "+string(reason), packing.CantOpen, packing.Amber, nil, nil, map[string]string{"why": "held", "order": "5764", "bench": "", "by": "", "reason": string(reason), "shelf": "A3"})
		add("put aside "+string(reason), packing.PutAside, packing.Red, nil, nil, map[string]string{"reason": string(reason)})
	}
	add("can't open held nowhere", packing.CantOpen, packing.Amber, nil, nil, map[string]string{"why": "held", "reason": "packer", "shelf": ""})
	for _, reason := range []string{"", "printer.paper_out", "printer.none", "printer.no_page", "printer.unprintable"} {
		add("printer failed "+reason, packing.PrinterFailed, packing.Amber, nil, nil, map[string]string{"reason": reason})
	}
	for _, reason := range []string{"printer.restart", "printer.connection_lost"} {
		add("printer unknown "+reason, packing.PrinterUnknown, packing.Amber, nil, nil, map[string]string{"reason": reason})
	}
	for _, why := range []string{"no_file", "loose", "label.no_code", ""} {
		add("no label "+why, packing.NoLabel, packing.Amber, nil, nil, map[string]string{"why": why, "order": "5764"})
	}
	add("weak code", packing.WeakCode, packing.Amber, nil, nil, map[string]string{"code": "SF1410223344556"})
	add("nobody here", packing.NobodyHere, packing.Amber, nil, nil, nil)
	add("unknown badge", packing.UnknownBadge, packing.Amber, nil, nil, map[string]string{"code": "PBB12345X"})
	for _, why := range []string{"no_parcel", "parcel_open", "no_weight", "not_held", "flow", "no_label", "no_alert", "unknown", "upstream", "changed", "news"} {
		add("not allowed "+why, packing.NotAllowed, packing.Amber, nil, nil, map[string]string{"command": "OVERRIDE", "why": why})
	}
	add("no right", packing.NoRight, packing.Amber, nil, nil, map[string]string{"name": "王强"})
	add("not supervisor", packing.NotSupervisor, packing.Amber, nil, nil, map[string]string{"name": "王强"})
	add("wrong PIN", packing.WrongPIN, packing.Amber, nil, nil, map[string]string{"name": ""})
	add("restarted", packing.Restarted, packing.Red, nil, nil, map[string]string{"why": "wrong_item"})
	return out
}

// testLabel is a page with bars and a frame.
func testLabel(context.Context, string, int) (*raster.Bitmap, error) {
	bm := raster.New(800, 1200)
	for y := range bm.H {
		for x := range bm.W {
			frame := x < 8 || y < 8 || x >= bm.W-8 || y >= bm.H-8
			bars := y > 700 && y < 1000 && x > 100 && x < 700 && x%7 < 3
			text := y > 100 && y < 500 && y%60 < 26 && x > 60 && x < 700-y/4 && (x/9+y/5)%3 == 0
			if frame || bars || text {
				bm.SetBlack(x, y)
			}
		}
	}
	return bm, nil
}
