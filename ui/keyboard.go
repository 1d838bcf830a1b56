package ui

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"packbench/code"
	"packbench/packing"
	"packbench/scanner"
)

// functionKeys are the commands by key. The texts command.<CMD>.key say the same,
// which a test compares. F12 switches the language.
var functionKeys = map[scanner.Symbol]packing.Command{
	scanner.KeyF1:      packing.CmdAck,
	scanner.KeyF1 + 1:  packing.CmdPick,
	scanner.KeyF1 + 2:  packing.CmdPack,
	scanner.KeyF1 + 3:  packing.CmdHold,
	scanner.KeyF1 + 4:  packing.CmdPrint,
	scanner.KeyF1 + 5:  packing.CmdNoLabel,
	scanner.KeyF1 + 6:  packing.CmdBadLabel,
	scanner.KeyF1 + 7:  packing.CmdAhead,
	scanner.KeyF1 + 8:  packing.CmdEndAhead,
	scanner.KeyF1 + 9:  packing.CmdOverride,
	scanner.KeyF1 + 10: packing.CmdRelease,
	scanner.KeyEsc:     packing.CmdSignOut,
}

const (
	languageKey = scanner.KeyF1 + 11
	// maxPIN is how many digits of a PIN are taken.
	maxPIN = 12
	// burstGap is the longest silence inside a scan. It is generous: keys that
	// wait while the screen is busy arrive late, and a torn scan is worse than
	// typing that is forgotten a little later.
	burstGap = 300 * time.Millisecond
	// onePress: the same function key again within this is the same wish.
	onePress = 300 * time.Millisecond
)

// keyboard turns physical keys into scans, commands and PINs. The decoder decides
// what is a scan. A function key between scans is a command at once, unless it may
// begin a scan (a prefix); then the decoder decides. All other typing means
// nothing here. While a PIN is asked for, keys go to the PIN.
type keyboard struct {
	decoder *scanner.Decoder
	now     func() time.Time
	arm     func(time.Duration, func()) // runs later, on the UI goroutine
	host    keyboardHost

	armed bool // arm was called and has not come back
	asked bool // a PIN is
	pin   []byte
	// single reads one key at a time, whatever the time between.
	single *scanner.Decoder
	prefix []scanner.Symbol

	lastKey scanner.Symbol // the last function key, and when
	lastAt  time.Time
}

// keyboardHost is what happens to what was typed.
type keyboardHost interface {
	scanned(scanner.Scan)
	command(packing.Command)
	switchLanguage()
	enterPIN(string)
	typedPIN() // the number of digits has changed
}

func newKeyboard(config scanner.WedgeConfig, now func() time.Time, arm func(time.Duration, func()), host keyboardHost) *keyboard {
	if config.MaxGap == 0 && config.Suffix != scanner.SuffixNone { // without suffix only silence ends a scan
		config.MaxGap = burstGap
	}
	return &keyboard{
		decoder: scanner.NewDecoder(config), now: now, arm: arm, host: host, prefix: config.Prefix,
		single: scanner.NewDecoder(scanner.WedgeConfig{Layout: config.Layout, Suffix: scanner.SuffixNone}),
	}
}

// key takes one physical key.
func (k *keyboard) key(e *fyne.KeyEvent, down bool) {
	key := scanner.Key{ScanCode: e.Physical.ScanCode, Down: down, At: k.now()}
	if k.functionKey(key) {
		return
	}
	inputs := k.decoder.Feed(key)
	if k.asked {
		if k.takeCommandScan(inputs) {
			return
		}
		k.feedPIN(key)
		return
	}
	k.take(inputs)
	k.wait()
}

// functionKey runs a function key that stands alone, at once.
func (k *keyboard) functionKey(key scanner.Key) bool {
	if !key.Down || k.asked {
		return false
	}
	if _, open := k.decoder.Deadline(); open {
		return false
	}
	keys := k.symbols(key)
	if len(keys) != 1 || slices.Contains(k.prefix, keys[0]) {
		return false
	}
	if _, ok := functionKeys[keys[0]]; !ok && keys[0] != languageKey {
		return false
	}
	k.functions(keys)
	return true
}

// symbols is what one key means by itself.
func (k *keyboard) symbols(key scanner.Key) []scanner.Symbol {
	var out []scanner.Symbol
	for _, in := range append(k.single.Feed(key), k.single.Reset()...) {
		if typed, ok := in.(scanner.Typed); ok {
			out = append(out, typed.Keys...)
		}
	}
	return out
}

// wait comes back when silence ends what was typed.
func (k *keyboard) wait() {
	deadline, open := k.decoder.Deadline()
	if !open || k.armed {
		return
	}
	k.armed = true
	k.arm(deadline.Sub(k.now()), func() {
		k.armed = false
		inputs := k.decoder.Flush(k.now())
		if !k.asked {
			k.take(inputs)
		}
		k.wait()
	})
}

func (k *keyboard) take(inputs []scanner.Input) {
	for _, in := range inputs {
		switch in := in.(type) {
		case scanner.Scan:
			k.host.scanned(in)
		case scanner.Typed:
			k.functions(in.Keys)
		}
	}
}

// functions runs function keys. Held among other characters they mean nothing: a
// torn scan may begin with one.
func (k *keyboard) functions(keys []scanner.Symbol) {
	for _, s := range keys {
		if _, ok := functionKeys[s]; !ok && s != languageKey {
			return
		}
	}
	for _, s := range keys {
		now := k.now()
		again := s == k.lastKey && now.Sub(k.lastAt) < onePress
		k.lastKey, k.lastAt = s, now
		if again {
			continue
		}
		if s == languageKey {
			k.host.switchLanguage()
			continue
		}
		k.host.command(functionKeys[s])
	}
}

// takeCommandScan lets the codes of the command sheet work while a PIN is asked
// for: without them nobody could call it off by scanner. Any other scan is
// dropped; it would be kept in the journal.
func (k *keyboard) takeCommandScan(inputs []scanner.Input) bool {
	for _, in := range inputs {
		scan, ok := in.(scanner.Scan)
		if !ok {
			continue
		}
		if cmd, err := code.ParseCommand(scan.Raw); err == nil && cmd.Class == code.Command {
			k.clearPIN()
			k.host.scanned(scan)
			return true
		}
	}
	return false
}

// feedPIN takes a key for the PIN.
func (k *keyboard) feedPIN(key scanner.Key) {
	if !key.Down {
		return
	}
	for _, s := range k.symbols(key) {
		switch {
		case s == scanner.KeyF1, s == scanner.KeyEsc:
			k.clearPIN()
			k.host.command(packing.CmdAck)
		case s == languageKey:
			k.host.switchLanguage()
		case s >= '0' && s <= '9', s == scanner.KeyEnter, s == scanner.KeyBack:
			k.pinKey(rune(s))
		}
	}
}

// pinKey takes a digit, pinBack or pinEnter, from key or pad.
func (k *keyboard) pinKey(r rune) {
	switch {
	case !k.asked:
		return
	case r == pinEnter:
		if len(k.pin) > 0 {
			pin := string(k.pin)
			k.clearPIN()
			k.host.enterPIN(pin)
		}
		return
	case r == pinBack:
		k.clearPIN()
	case len(k.pin) < maxPIN:
		k.pin = append(k.pin, byte(r))
	}
	k.host.typedPIN()
}

// ask says whether a PIN is asked for. Digits of an earlier question are wiped.
func (k *keyboard) ask(pin bool) {
	if k.asked == pin {
		return
	}
	k.asked = pin
	k.clearPIN()
	k.decoder.Reset()
	k.single.Reset()
}

func (k *keyboard) clearPIN() {
	clear(k.pin[:cap(k.pin)])
	k.pin = k.pin[:0]
}

// reset forgets held keys, when the window has lost the keyboard.
func (k *keyboard) reset() {
	k.decoder.Reset()
	k.single.Reset()
}

// keySink takes the keyboard where nothing else has it. It holds no text.
type keySink struct {
	widget.BaseWidget
	keys func(e *fyne.KeyEvent, down bool)
}

func newKeySink(keys func(*fyne.KeyEvent, bool)) *keySink {
	s := &keySink{keys: keys}
	s.ExtendBaseWidget(s)
	return s
}

// KeyDown and KeyUp bring physical keys.
func (s *keySink) KeyDown(e *fyne.KeyEvent) { s.keys(e, true) }

// KeyUp is the other half.
func (s *keySink) KeyUp(e *fyne.KeyEvent) { s.keys(e, false) }

// FocusGained, FocusLost, TypedRune and TypedKey are for Fyne: characters are of
// no use, layouts and input methods change them.
func (s *keySink) FocusGained() {}

// FocusLost does nothing: the canvas hears the keys then.
func (s *keySink) FocusLost() {}

// TypedRune does nothing.
func (s *keySink) TypedRune(rune) {}

// TypedKey does nothing.
func (s *keySink) TypedKey(*fyne.KeyEvent) {}

// TypedShortcut keeps Ctrl with a letter, which scanners send for control
// characters, from meaning anything else; the keys came by KeyDown.
func (s *keySink) TypedShortcut(fyne.Shortcut) {}

// AcceptsTab keeps Tab, a scanner's suffix, from moving the focus.
func (s *keySink) AcceptsTab() bool { return true }

// CreateRenderer is for Fyne: there is nothing to see.
func (s *keySink) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}
