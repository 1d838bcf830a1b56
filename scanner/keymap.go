package scanner

import (
	"fmt"
	"strings"
)

// Layout says how the numbers of physical keys are counted where the keys come
// from. It is no matter of languages: a key's place decides, and the place is
// read as on a keyboard of the United States, which scanners imitate.
type Layout int

// The layouts.
const (
	LayoutX11     Layout = iota // X11 and Wayland key codes: evdev + 8
	LayoutWindows               // PC scan codes, set 1; 0x100 added where E0 comes before
	LayoutEvdev                 // Linux input events
)

// Symbol is what a key means: a character, a control character typed with Ctrl,
// or a key without character, from F1 on.
type Symbol rune

// Keys that type no character.
const (
	keyNone  Symbol = 0
	KeyEnter Symbol = '\r'
	KeyTab   Symbol = '\t'
	KeyEsc   Symbol = 0x1B
	KeyBack  Symbol = '\b'

	// KeyF1 to KeyF24 are the function keys, in a range that Unicode leaves to
	// private use.
	KeyF1  Symbol = 0xF701
	KeyF24 Symbol = KeyF1 + 23

	keyShift Symbol = 0xF7F0
	keyCtrl  Symbol = 0xF7F1
	keyAlt   Symbol = 0xF7F2
)

// extended is added to a set-1 code that E0 precedes.
const extended = 0x100

// evdevExtended are the evdev codes that are not equal to the set-1 code of the
// same key, with that code.
var evdevExtended = map[int]int{
	96: extended + 0x1C, // keypad Enter
	97: extended + 0x1D, // right Ctrl
	98: extended + 0x35, // keypad /

	100: extended + 0x38, // right Alt

	// F13 to F24.
	183: 0x64, 184: 0x65, 185: 0x66, 186: 0x67, 187: 0x68, 188: 0x69, 189: 0x6A,
	190: 0x6B, 191: 0x6C, 192: 0x6D, 193: 0x6E, 194: 0x76,
}

// physical is the set-1 code of the key with that number, 0 if it has none.
func (l Layout) physical(scanCode int) int {
	switch l {
	case LayoutWindows:
		return scanCode
	case LayoutX11:
		scanCode -= 8
	}
	if scanCode <= 0 {
		return 0
	}
	if set1, ok := evdevExtended[scanCode]; ok {
		return set1
	}
	if scanCode > 0x58 { // evdev and set 1 agree up to F12
		return 0
	}
	return scanCode
}

// keyMeaning is a key's meaning without and with Shift.
type keyMeaning struct{ plain, shifted Symbol }

// keymap gives the meanings by set-1 code.
var keymap = buildKeymap()

func buildKeymap() map[int]keyMeaning {
	keys := make(map[int]keyMeaning)
	row := func(first int, plain, shifted string) {
		for i := range len(plain) {
			keys[first+i] = keyMeaning{Symbol(plain[i]), Symbol(shifted[i])}
		}
	}
	row(0x02, "1234567890-=", "!@#$%^&*()_+")
	row(0x10, "qwertyuiop[]", "QWERTYUIOP{}")
	row(0x1E, "asdfghjkl;'`", `ASDFGHJKL:"~`)
	row(0x2B, `\zxcvbnm,./`, "|ZXCVBNM<>?")
	row(0x56, `\`, "|") // the key beside left Shift of European keyboards

	same := func(set1 int, s Symbol) { keys[set1] = keyMeaning{s, s} }
	same(0x01, KeyEsc)
	same(0x0E, KeyBack)
	same(0x0F, KeyTab)
	same(0x1C, KeyEnter)
	same(extended+0x1C, KeyEnter)
	same(0x39, ' ')
	same(0x2A, keyShift)
	same(0x36, keyShift)
	same(0x1D, keyCtrl)
	same(extended+0x1D, keyCtrl)
	same(0x38, keyAlt)
	same(extended+0x38, keyAlt)
	// The keypad types digits: a scanner that uses it sets Num Lock.
	for i, s := range []Symbol("789-456+1230.") {
		same(0x47+i, s)
	}
	same(0x37, '*')
	same(extended+0x35, '/')
	for i := range Symbol(10) {
		same(0x3B+int(i), KeyF1+i)
	}
	same(0x57, KeyF1+10)
	same(0x58, KeyF1+11)
	for i := range Symbol(11) {
		same(0x64+int(i), KeyF1+12+i)
	}
	same(0x76, KeyF24)
	return keys
}

// keypadDigit is the digit of a keypad key, -1 if it is none.
func keypadDigit(set1 int) int {
	if set1 < 0x47 || set1 > 0x52 {
		return -1
	}
	if s := keymap[set1].plain; s >= '0' && s <= '9' {
		return int(s - '0')
	}
	return -1
}

// withCtrl is what a key means with Ctrl held: scanners send the control
// characters 0x01 to 0x1F so, GS as Ctrl+].
func withCtrl(m keyMeaning) Symbol {
	switch s := m.plain; {
	case s >= 'a' && s <= 'z':
		return s & 0x1F
	case s == '[' || s == '\\' || s == ']':
		return s & 0x1F
	case s == '6': // Ctrl+^
		return 0x1E
	case s == '-': // Ctrl+_
		return 0x1F
	default:
		return s
	}
}

// namedKeys are the words that ParseSymbols knows, beside F1 to F24.
var namedKeys = map[string]Symbol{
	"ENTER": KeyEnter, "CR": KeyEnter, "TAB": KeyTab, "ESC": KeyEsc, "STX": 0x02, "ETX": 0x03, "LF": 0x0A, "GS": 0x1D,
}

// ParseSymbols reads a prefix as settings spell it: characters stand for
// themselves, `<F9>`, `<STX>`, `<ESC>`, `<TAB>` and the like for keys without
// character. `<` that begins no such name stands for itself.
func ParseSymbols(text string) ([]Symbol, error) {
	var out []Symbol
	for text != "" {
		if end := strings.IndexByte(text, '>'); text[0] == '<' && end > 1 {
			if s, ok := symbolNamed(strings.ToUpper(text[1:end])); ok {
				out = append(out, s)
				text = text[end+1:]
				continue
			}
		}
		c := Symbol(text[0])
		if c < ' ' || c > '~' {
			return nil, fmt.Errorf("read scanner prefix: %q can't be typed by a scanner", text[0])
		}
		out = append(out, c)
		text = text[1:]
	}
	return out, nil
}

// symbolNamed finds a key by its name in upper case.
func symbolNamed(name string) (Symbol, bool) {
	if s, ok := namedKeys[name]; ok {
		return s, true
	}
	var n int
	if _, err := fmt.Sscanf(name, "F%d", &n); err != nil || n < 1 || n > 24 || name != fmt.Sprintf("F%d", n) {
		return keyNone, false
	}
	return KeyF1 + Symbol(n-1), true
}
