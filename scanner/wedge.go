package scanner

import (
	"regexp"
	"strings"
	"time"
)

// Defaults of [WedgeConfig].
const (
	DefaultMinLength = 4
	DefaultMaxGap    = 100 * time.Millisecond
)

// Timing inside the decoder. A prefix is proof enough of a scanner, so a busy
// screen may then stretch the gaps. Keyboards repeat a held key after a quarter of
// a second at the earliest and one second at the latest.
const (
	prefixPatience = 10 // times MaxGap
	repeatDelay    = 200 * time.Millisecond
	repeatEnd      = 1200 * time.Millisecond
)

// Suffix is the key that a wedge scanner presses behind a code.
type Suffix int

// The suffixes. Without one a code ends when no key comes for MaxGap, and must
// be at least six characters long.
const (
	SuffixEnter Suffix = iota
	SuffixTab
	SuffixEither
	SuffixNone
)

// minLengthWithoutSuffix keeps a fast typist's syllables from being scans.
const minLengthWithoutSuffix = 6

// WedgeConfig says how a keyboard-wedge scanner is set up. The zero value, with
// the right Layout, is a scanner as it comes: no prefix, Enter behind.
type WedgeConfig struct {
	Layout Layout
	// Device names the scanner in its scans.
	Device string
	// Prefix is what the scanner types before each code, see ParseSymbols. With a
	// prefix nothing else is ever a scan.
	Prefix []Symbol
	Suffix Suffix
	// MinLength is the fewest characters of a code; 0 means DefaultMinLength.
	MinLength int
	// MaxGap is the longest time between two keys of one burst; 0 means
	// DefaultMaxGap. It can't be short: keys that wait for a busy screen arrive
	// late, and those behind them all at once.
	MaxGap time.Duration
	// Pattern, if set, is what a code must match.
	Pattern *regexp.Regexp
	// Separator is the printable text that the scanner was set to type in place
	// of GS; it is turned back. Empty for none.
	Separator string
}

// Key is a physical key that went down or up.
type Key struct {
	ScanCode int // counted as the layout says
	Down     bool
	At       time.Time
}

// Input is what a burst of keys was: a Scan or Typed.
type Input interface{ isInput() }

func (Scan) isInput()  {}
func (Typed) isInput() {}

// Typed is a burst that was no scan: too short, too slow, or without prefix or
// suffix. A field that had the focus has the characters already.
type Typed struct {
	Keys []Symbol // with Enter, Tab and function keys
	At   time.Time
}

// Text is the characters of what was typed.
func (t Typed) Text() string {
	var text strings.Builder
	for _, s := range t.Keys {
		if s >= ' ' && s < KeyF1 {
			text.WriteRune(rune(s))
		}
	}
	return text.String()
}

// Decoder finds scans in the keys of a keyboard, from the physical keys, because
// layouts, Caps Lock and input methods change the characters that arrive. It
// holds Shift, Ctrl and Alt itself. Prefix, suffix, length and pattern decide
// what is a scan; the time between keys only parts one burst from the next,
// because keys of a burst arrive together whenever the screen was busy.
//
// Key-up events of other keys than Shift, Ctrl and Alt may be missing.
type Decoder struct {
	config WedgeConfig

	shift, ctrl, alt int         // how many of each are held
	held             map[int]int // set-1 codes of modifiers held, to count each once
	altCode          []Symbol    // digits typed on the keypad while Alt is held
	lastDown         pressed     // for auto-repeat

	burst []Symbol
	last  time.Time // when the last key of the burst came
}

// pressed is the key that went down last.
type pressed struct {
	set1      int
	at        time.Time
	repeating bool
}

// NewDecoder makes a decoder for one keyboard.
func NewDecoder(config WedgeConfig) *Decoder {
	if config.MinLength <= 0 {
		config.MinLength = DefaultMinLength
	}
	if config.MaxGap <= 0 {
		config.MaxGap = DefaultMaxGap
	}
	return &Decoder{config: config, held: make(map[int]int)}
}

// Feed takes one key and returns what it ended.
func (d *Decoder) Feed(key Key) []Input {
	set1 := d.config.Layout.physical(key.ScanCode)
	meaning, known := keymap[set1]
	if !known {
		return nil
	}
	if d.modifier(set1, meaning.plain, key.Down) {
		if !key.Down && meaning.plain == keyAlt {
			return d.endAltCode(key.At)
		}
		return nil
	}
	if !key.Down {
		if d.lastDown.set1 == set1 {
			d.lastDown = pressed{}
		}
		return nil
	}
	if d.repeats(set1, key.At) {
		return nil
	}
	if digit := keypadDigit(set1); d.alt > 0 && digit >= 0 {
		d.altCode = append(d.altCode, Symbol(digit))
		return nil
	}
	symbol := meaning.plain
	switch {
	case d.alt > 0:
		return nil // a menu's key; types nothing
	case d.ctrl > 0:
		symbol = withCtrl(meaning)
	case d.shift > 0:
		symbol = meaning.shifted
	}
	return d.take(symbol, key.At)
}

// Flush returns what silence has ended by the time now. It is for a timer set to
// [Decoder.Deadline].
func (d *Decoder) Flush(now time.Time) []Input {
	deadline, open := d.Deadline()
	if !open || now.Before(deadline) {
		return nil
	}
	return d.end(false)
}

// Deadline is when silence will end the burst that has begun; false if none has.
func (d *Decoder) Deadline() (time.Time, bool) {
	if len(d.burst) == 0 {
		return time.Time{}, false
	}
	return d.last.Add(d.gap()), true
}

// Reset forgets held keys and returns the unfinished burst as typing. It is for
// the moment when the window loses the keyboard: what is let go after that is
// never told.
func (d *Decoder) Reset() []Input {
	d.shift, d.ctrl, d.alt = 0, 0, 0
	clear(d.held)
	d.altCode, d.lastDown = nil, pressed{}
	if len(d.burst) == 0 {
		return nil
	}
	typed := Typed{Keys: d.burst, At: d.last}
	d.burst = nil
	return []Input{typed}
}

// modifier keeps account of Shift, Ctrl and Alt; false if the key is another.
func (d *Decoder) modifier(set1 int, symbol Symbol, down bool) bool {
	var count *int
	switch symbol {
	case keyShift:
		count = &d.shift
	case keyCtrl:
		count = &d.ctrl
	case keyAlt:
		count = &d.alt
	default:
		return false
	}
	switch {
	case down && d.held[set1] == 0:
		d.held[set1] = 1
		*count++
	case !down && d.held[set1] == 1:
		delete(d.held, set1)
		*count--
	}
	return true
}

// repeats reports whether a key that goes down is the keyboard's own repeat of a
// held key. The same key twice within a moment is two presses whose key-up was
// not told: a code may hold "11".
func (d *Decoder) repeats(set1 int, at time.Time) bool {
	since := at.Sub(d.lastDown.at)
	if d.lastDown.set1 != set1 || since > repeatEnd {
		d.lastDown = pressed{set1: set1, at: at}
		return false
	}
	d.lastDown.repeating = d.lastDown.repeating || since >= repeatDelay
	d.lastDown.at = at
	return d.lastDown.repeating
}

// endAltCode takes the character that was typed as Alt and its number on the
// keypad, which is how scanners get past layouts on Windows.
func (d *Decoder) endAltCode(at time.Time) []Input {
	digits := d.altCode
	d.altCode = nil
	number := Symbol(0)
	for _, digit := range digits {
		if number = number*10 + digit; number > 0xFF {
			return nil
		}
	}
	if number == 0 {
		return nil
	}
	return d.take(number, at)
}

// take adds a symbol to the burst.
func (d *Decoder) take(symbol Symbol, at time.Time) []Input {
	inputs := d.Flush(at)
	if symbol == lf && len(d.burst) == 0 {
		return inputs // behind the CR that ended the code
	}
	d.burst = append(d.burst, symbol)
	d.last = at
	if d.isSuffix(symbol) {
		inputs = append(inputs, d.end(true)...)
	}
	if len(d.burst) > maxFrame { // a book on the keyboard
		inputs = append(inputs, d.Reset()...)
	}
	return inputs
}

func (d *Decoder) isSuffix(s Symbol) bool {
	switch d.config.Suffix {
	case SuffixTab:
		return s == KeyTab
	case SuffixEither:
		return s == KeyTab || s == KeyEnter
	case SuffixNone:
		return false
	default:
		return s == KeyEnter
	}
}

// gap is how long the burst may be silent.
func (d *Decoder) gap() time.Duration {
	if len(d.config.Prefix) > 0 && d.prefixAt() >= 0 {
		return prefixPatience * d.config.MaxGap
	}
	return d.config.MaxGap
}

// prefixAt is where the prefix begins in the burst, -1 if it doesn't.
func (d *Decoder) prefixAt() int {
	prefix := d.config.Prefix
search:
	for i := 0; i+len(prefix) <= len(d.burst); i++ {
		for j, s := range prefix {
			if d.burst[i+j] != s {
				continue search
			}
		}
		return i
	}
	return -1
}

// end decides what the burst was; terminated says that its last symbol is the
// suffix.
func (d *Decoder) end(terminated bool) []Input {
	keys := d.burst
	d.burst = nil
	from, to := 0, len(keys)
	if terminated {
		to--
	}
	var before []Input
	if len(d.config.Prefix) > 0 {
		d.burst = keys
		at := d.prefixAt()
		d.burst = nil
		if at < 0 {
			return []Input{Typed{Keys: keys, At: d.last}}
		}
		if at > 0 { // somebody was typing when the scanner began
			before = []Input{Typed{Keys: keys[:at], At: d.last}}
		}
		keys = keys[at:]
		from, to = len(d.config.Prefix), to-at
	}
	if from <= to && (terminated || d.config.Suffix == SuffixNone) {
		if raw, ok := d.accept(keys[from:to]); ok {
			return append(before, NewScan(raw, d.config.Device, d.last))
		}
	}
	return append(before, Typed{Keys: keys, At: d.last})
}

// accept reports whether the symbols between prefix and suffix are a code.
func (d *Decoder) accept(symbols []Symbol) (string, bool) {
	var text strings.Builder
	for _, s := range symbols {
		if s == KeyBack || s == KeyEsc || s >= KeyF1 {
			return "", false // no scanner types these inside a code
		}
		text.WriteRune(rune(s))
	}
	raw := strings.Trim(text.String(), "\t\r\n")
	if d.config.Separator != "" {
		raw = strings.ReplaceAll(raw, d.config.Separator, "\x1D")
	}
	least := d.config.MinLength
	if d.config.Suffix == SuffixNone && len(d.config.Prefix) == 0 {
		least = max(least, minLengthWithoutSuffix)
	}
	if len(raw) < least || d.config.Pattern != nil && !d.config.Pattern.MatchString(raw) {
		return "", false
	}
	return raw, true
}
