package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/scanner"
	"packbench/text"
)

// Places of keys, as X11 counts them.
const (
	x11Shift, x11Ctrl, x11Enter, x11Back, x11Esc = 50, 37, 36, 22, 9
	x11F1, x11F11, x11F12                        = 67, 95, 96
)

// keyOf is the place of a character on the keyboard that scanners imitate.
func keyOf(t *testing.T, r rune) (scanCode int, shift bool) {
	t.Helper()
	for _, row := range []struct {
		first          int
		plain, shifted string
	}{
		{10, "1234567890-=", "!@#$%^&*()_+"},
		{24, "qwertyuiop[]", "QWERTYUIOP{}"},
		{38, "asdfghjkl;'`", `ASDFGHJKL:"~`},
		{51, `\zxcvbnm,./`, "|ZXCVBNM<>?"},
	} {
		if i := strings.IndexRune(row.plain, r); i >= 0 {
			return row.first + i, false
		}
		if i := strings.IndexRune(row.shifted, r); i >= 0 {
			return row.first + i, true
		}
	}
	t.Fatalf("no key for %q", r)
	return 0, false
}

// press sends a key as the real driver does: to what has the focus if it takes
// keys, else to the canvas. The name is what a Thai layout would give: none.
func (r *rig) press(scanCode int, down bool) {
	e := &fyne.KeyEvent{Physical: fyne.HardwareKey{ScanCode: scanCode}}
	if focused := r.window.Canvas().Focused(); focused != nil {
		if k, ok := focused.(desktop.Keyable); ok {
			if down {
				k.KeyDown(e)
			} else {
				k.KeyUp(e)
			}
		}
		return
	}
	r.keys.key(e, down)
}

func (r *rig) tap(scanCode int) {
	r.press(scanCode, true)
	r.press(scanCode, false)
}

func (r *rig) typeKeys(s string) {
	for _, c := range s {
		scanCode, shift := keyOf(r.t, c)
		if shift {
			r.press(x11Shift, true)
		}
		r.tap(scanCode)
		if shift {
			r.press(x11Shift, false)
		}
	}
}

func (r *rig) scan(s string) {
	r.typeKeys(s)
	r.tap(x11Enter)
}

// clockRig lets the test move the clock and run what waits for it.
func clockRig(t *testing.T, v *bench.View) (*rig, func(time.Duration)) {
	t.Helper()
	r := newRig(t, v, "zh", 1366, 768)
	now := testNow
	var later []func()
	r.keys.now = func() time.Time { return now }
	r.keys.arm = func(_ time.Duration, f func()) { later = append(later, f) }
	return r, func(d time.Duration) {
		now = now.Add(d)
		due := later
		later = nil
		for _, f := range due {
			f()
		}
	}
}

func TestScansReachTheBench(t *testing.T) {
	r, _ := clockRig(t, verifying())
	want := []string{"6901234567892", "aB-c_D/9", "PBCACKX", "https://x.cn/A?b=1&C=2"}
	for _, s := range want[:2] {
		r.scan(s)
	}
	r.window.Canvas().Unfocus() // as after a touch: the canvas hears the keys now
	for _, s := range want[2:] {
		r.scan(s)
	}
	r.sent(len(want))
	for i, s := range want {
		if got := r.bench.scans[i]; got.Raw != s || got.Device != "wedge:" || !got.At.Equal(testNow) {
			t.Errorf("scan %d is %+v, want %q", i, got, s)
		}
	}
}

func TestControlCharactersAreKept(t *testing.T) {
	r, _ := clockRig(t, verifying())
	r.typeKeys("0109")
	r.press(x11Ctrl, true)
	r.tap(35) // ]: GS
	r.press(x11Ctrl, false)
	r.typeKeys("21X")
	r.tap(x11Enter)
	r.sent(1)
	if got := r.bench.scans[0].Raw; got != "0109\x1D21X" {
		t.Errorf("got %q", got)
	}
}

func TestFunctionKeys(t *testing.T) {
	words, err := text.Load("zh")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{"Esc": x11Esc, "F11": x11F11}
	for i := range 10 {
		codes["F"+string("123456789"[i%9])] = x11F1 + i
	}
	codes["F1"], codes["F10"] = x11F1, x11F1+9
	r, pass := clockRig(t, verifying())
	for i, cmd := range packing.Commands() {
		key := words.Text("command."+string(cmd)+".key", nil)
		if codes[key] == 0 {
			t.Fatalf("command %s has the key %q", cmd, key)
		}
		r.tap(codes[key])
		pass(time.Second)
		r.sent(1)
		if got := r.bench.commands[i]; got != cmd {
			t.Errorf("%s sends %s, want %s", key, got, cmd)
		}
	}
	if len(functionKeys) != len(packing.Commands()) {
		t.Errorf("%d keys for %d commands", len(functionKeys), len(packing.Commands()))
	}
}

// TestTypingIsNoCommand: a torn scan that begins with a function key, or typing,
// means nothing.
func TestTypingIsNoCommand(t *testing.T) {
	r, pass := clockRig(t, verifying())
	r.typeKeys("6901")
	r.tap(x11F1) // in the midst of something
	pass(time.Second)
	r.typeKeys("abc")
	pass(time.Second)
	r.tap(x11F1)
	pass(100 * time.Millisecond)
	r.tap(x11F1) // twice within a moment
	pass(time.Second)
	r.sent(1)
	if len(r.bench.scans) != 0 || len(r.bench.commands) != 1 || r.bench.commands[0] != packing.CmdAck {
		t.Errorf("scans %v, commands %v", r.bench.scans, r.bench.commands)
	}
}

func TestPIN(t *testing.T) {
	r, pass := clockRig(t, asksPIN())
	r.typeKeys("73")
	pass(300 * time.Millisecond)
	r.typeKeys("a9")
	r.wantWords("dots", "●●●")
	if all := r.words(); strings.Contains(all, "739") {
		t.Errorf("digits are on the screen:\n%s", all)
	}
	r.tap(x11Back)
	if all := r.words(); strings.Contains(all, "●") {
		t.Error("backspace leaves digits")
	}
	r.scan("4826") // fast, as a scan would be
	r.sent(1)
	if len(r.bench.pins) != 1 || r.bench.pins[0] != "4826" || len(r.bench.scans) != 0 {
		t.Fatalf("PINs %v, scans %v", r.bench.pins, r.bench.scans)
	}
	r.pump(func() bool { return !r.checking })
	if len(r.keys.pin) != 0 || strings.Trim(string(r.keys.pin[:cap(r.keys.pin)]), "\x00") != "" {
		t.Errorf("digits are kept: %q", r.keys.pin[:cap(r.keys.pin)])
	}

	r.tap(x11F1) // never mind
	r.sent(1)
	if r.bench.commands[0] != packing.CmdAck {
		t.Errorf("F1 sends %v", r.bench.commands)
	}
	ack, err := code.FormatCommand(code.Command, "ACK")
	if err != nil {
		t.Fatal(err)
	}
	r.typeKeys("12")
	r.scan(ack)
	r.sent(1)
	if len(r.bench.scans) != 0 {
		// digits typed right before it make it no command code
		t.Errorf("a joined code was taken: %v", r.bench.scans)
	}
	r.bench.pins = nil
	pass(time.Second)
	r.scan(ack)
	r.sent(1)
	if len(r.bench.scans) != 1 || r.bench.scans[0].Raw != ack {
		t.Errorf("the ACK code was not taken: %v", r.bench.scans)
	}

	// The question is gone: what was typed goes nowhere.
	r.typeKeys("99")
	r.Show(weighing())
	if len(r.keys.pin) != 0 {
		t.Error("digits outlive their question")
	}
	pass(time.Second)
	r.scan("6901234567892")
	r.sent(1)
	if got := r.bench.scans[1].Raw; got != "6901234567892" {
		t.Errorf("after the question a scan is %q", got)
	}
}

func TestPINPad(t *testing.T) {
	r, _ := clockRig(t, asksPIN())
	touch := func(key rune) {
		for _, a := range r.body.painted.areas {
			if a.action.pin == key {
				k := r.body.scale
				test.TapCanvas(r.window.Canvas(), r.body.Position().Add(fyne.NewPos((a.box.X+a.box.W/2)*k, (a.box.Y+a.box.H/2)*k)))
				return
			}
		}
		t.Fatalf("no key %q", key)
	}
	for _, key := range "8\b4711\r" {
		touch(key)
	}
	r.sent(1)
	if r.bench.pins[0] != "4711" {
		t.Errorf("PIN %q", r.bench.pins)
	}
}

// TestTouchLeavesTheKeyboard: after a touch on a button, and with Enter and space
// in what follows, scans still arrive and no button is pressed again.
func TestTouchLeavesTheKeyboard(t *testing.T) {
	r, _ := clockRig(t, benchAlerts()["wrong item"])
	a := r.upfront.painted.areas[0]
	k := r.upfront.scale
	test.TapCanvas(r.window.Canvas(), r.upfront.Position().Add(fyne.NewPos((a.box.X+a.box.W/2)*k, (a.box.Y+a.box.H/2)*k)))
	r.sent(1)
	if r.bench.commands[0] != packing.CmdAck {
		t.Fatalf("the bar sends %v", r.bench.commands)
	}
	r.scan("6901234567892")
	r.sent(1)
	if len(r.bench.commands) != 1 || r.bench.scans[0].Raw != "6901234567892" {
		t.Errorf("commands %v, scans %v", r.bench.commands, r.bench.scans)
	}
}

func TestButtonsSendTheirCommands(t *testing.T) {
	seen := map[packing.Command]bool{}
	r, _ := clockRig(t, healthy())
	for name, v := range everything() {
		r.Show(v)
		for _, sh := range r.sheets() {
			for _, a := range sh.painted.areas {
				if a.action.command == "" {
					continue
				}
				seen[a.action.command] = true
				before := len(r.bench.commands)
				sh.Tapped(&fyne.PointEvent{Position: fyne.NewPos((a.box.X+4)*sh.scale, (a.box.Y+4)*sh.scale)})
				r.sent(1)
				if got := r.bench.commands[before]; got != a.action.command {
					t.Errorf("%s: a button sends %s, want %s", name, got, a.action.command)
				}
			}
		}
	}
	for _, cmd := range packing.Commands() {
		if !seen[cmd] {
			t.Errorf("no screen offers %s", cmd)
		}
	}
}

func TestLanguageSwitch(t *testing.T) {
	r, pass := clockRig(t, verifying())
	r.wantWords("zh", "扫商品")
	r.tap(x11F12)
	pass(time.Second)
	r.wantWords("en", "Scan the item", "F12: 中文")
	r.tap(x11F12)
	pass(time.Second)
	r.wantWords("zh again", "扫商品", "English：F12")
	if err := r.SetLanguage("xx"); err == nil {
		t.Error("a language that is not there was taken")
	}
	r.wantWords("zh still", "扫商品")
}

func TestLostKeyboard(t *testing.T) {
	r, pass := clockRig(t, verifying())
	r.press(x11Shift, true) // let go somewhere else, never told
	r.SetForeground(false)
	r.wantWords("away", "没在这个窗口")
	r.SetForeground(true)
	r.wantWords("back", "扫商品")
	pass(time.Second)
	r.scan("abc123")
	r.sent(1)
	if got := r.bench.scans[0].Raw; got != "abc123" {
		t.Errorf("got %q: a key is held that nobody holds", got)
	}
}

func TestScannerPrefix(t *testing.T) {
	r, pass := clockRig(t, verifying())
	prefix, err := scanner.ParseSymbols("<F9>")
	if err != nil {
		t.Fatal(err)
	}
	r.keys.decoder, r.keys.prefix = scanner.NewDecoder(scanner.WedgeConfig{Prefix: prefix}), prefix
	r.tap(x11F1 + 8)
	r.scan("6901")
	pass(2 * time.Second)
	r.sent(1)
	if len(r.bench.commands) != 0 || r.bench.scans[0].Raw != "6901" {
		t.Errorf("commands %v, scans %v", r.bench.commands, r.bench.scans)
	}
	r.tap(x11F1 + 8) // pressed by hand it is still a key
	pass(3 * time.Second)
	r.sent(1)
	if len(r.bench.commands) != 1 || r.bench.commands[0] != packing.CmdEndAhead {
		t.Errorf("commands %v", r.bench.commands)
	}
}
