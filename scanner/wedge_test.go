package scanner

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// keyboard presses keys as a wedge scanner does, counted as a layout says.
type keyboard struct {
	layout Layout
	now    time.Time
	gap    time.Duration
	noUps  bool // key-ups of all but modifiers are not told
	keys   []Key
}

// number is the layout's number of a set-1 key.
func (k *keyboard) number(set1 int) int {
	if k.layout == LayoutWindows {
		return set1
	}
	for evdev, other := range evdevExtended {
		if other == set1 {
			set1 = evdev
			break
		}
	}
	if k.layout == LayoutX11 {
		return set1 + 8
	}
	return set1
}

func (k *keyboard) event(set1 int, down bool) {
	k.keys = append(k.keys, Key{ScanCode: k.number(set1), Down: down, At: k.now})
}

func (k *keyboard) press(set1 int) {
	k.now = k.now.Add(k.gap)
	k.event(set1, true)
	if !k.noUps {
		k.event(set1, false)
	}
}

// place finds the key of a symbol and whether it needs Shift or Ctrl.
func place(s Symbol) (set1 int, shift, ctrl bool) {
	for set1 := range extended * 2 { // the lowest number: never the keypad
		meaning, ok := keymap[set1]
		switch {
		case !ok || set1 >= 0x47 && set1 <= 0x53 || set1 == 0x37:
		case meaning.plain == s:
			return set1, false, false
		case meaning.shifted == s:
			return set1, true, false
		case s < ' ' && withCtrl(meaning) == s:
			return set1, false, true
		}
	}
	panic("no key types " + string(rune(s)))
}

func (k *keyboard) symbol(s Symbol) {
	set1, shift, ctrl := place(s)
	if shift {
		k.event(0x2A, true)
	}
	if ctrl {
		k.event(0x1D, true)
	}
	k.press(set1)
	if ctrl {
		k.event(0x1D, false)
	}
	if shift {
		k.event(0x2A, false)
	}
}

func (k *keyboard) text(text string) {
	for _, r := range text {
		k.symbol(Symbol(r))
	}
}

// decode feeds the keys and lets the keyboard rest at the end.
func decode(config WedgeConfig, keys []Key) []Input {
	d := NewDecoder(config)
	var out []Input
	for _, key := range keys {
		out = append(out, d.Feed(key)...)
	}
	return append(out, d.Flush(noon.Add(time.Hour))...)
}

// told writes inputs as text: `scan:CODE`, `typed:TEXT`.
func told(inputs []Input) []string {
	var out []string
	for _, input := range inputs {
		switch input := input.(type) {
		case Scan:
			out = append(out, "scan:"+input.Raw)
		case Typed:
			out = append(out, "typed:"+input.Text())
		}
	}
	return out
}

func symbols(t testing.TB, text string) []Symbol {
	t.Helper()
	s, err := ParseSymbols(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDecoder(t *testing.T) {
	for _, test := range []struct {
		name   string
		config WedgeConfig
		typing func(*keyboard)
		want   []string
	}{
		{"digits and Enter", WedgeConfig{}, func(k *keyboard) { k.text("4006381333931\r") }, []string{"scan:4006381333931"}},
		{"every printable character", WedgeConfig{}, func(k *keyboard) {
			for c := Symbol(' '); c <= '~'; c++ {
				k.symbol(c)
			}
			k.symbol(KeyEnter)
		}, []string{"scan: !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"}},
		{"the same key twice", WedgeConfig{}, func(k *keyboard) { k.text("AA1100\r") }, []string{"scan:AA1100"}},
		{"key-ups are missing", WedgeConfig{}, func(k *keyboard) { k.noUps = true; k.text("AA1100\rAA1100\r") }, []string{"scan:AA1100", "scan:AA1100"}},
		{"two codes at once", WedgeConfig{}, func(k *keyboard) { k.text("CODE1\rCODE2\r") }, []string{"scan:CODE1", "scan:CODE2"}},
		{"CR and LF", WedgeConfig{}, func(k *keyboard) { k.text("CODE1\r\nCODE2\r\n") }, []string{"scan:CODE1", "scan:CODE2"}},
		{"GS as Ctrl+]", WedgeConfig{}, func(k *keyboard) { k.text("]d20109521234543213\x1dX\r") }, []string{"scan:]d20109521234543213\x1dX"}},
		{"GS as another text", WedgeConfig{Separator: "^]"}, func(k *keyboard) { k.text("10A^]21B\r") }, []string{"scan:10A\x1d21B"}},
		{"Tab behind", WedgeConfig{Suffix: SuffixTab}, func(k *keyboard) { k.text("CODE1\t") }, []string{"scan:CODE1"}},
		{"Tab, but Enter is awaited", WedgeConfig{}, func(k *keyboard) { k.text("CODE1\t") }, []string{"typed:CODE1"}},
		{"either", WedgeConfig{Suffix: SuffixEither}, func(k *keyboard) { k.text("CODE1\tCODE2\r") }, []string{"scan:CODE1", "scan:CODE2"}},
		{
			"both behind one code",
			WedgeConfig{Suffix: SuffixEither},
			func(k *keyboard) { k.text("CODE1\r\tCODE2\r\t") },
			[]string{"scan:CODE1", "typed:", "scan:CODE2", "typed:"},
		},
		{"nothing behind", WedgeConfig{Suffix: SuffixNone}, func(k *keyboard) { k.text("CODE12") }, []string{"scan:CODE12"}},
		{"nothing behind, too short", WedgeConfig{Suffix: SuffixNone}, func(k *keyboard) { k.text("CODE1") }, []string{"typed:CODE1"}},
		{"no suffix came", WedgeConfig{}, func(k *keyboard) { k.text("4006381333931") }, []string{"typed:4006381333931"}},
		{"too short", WedgeConfig{}, func(k *keyboard) { k.text("12\r") }, []string{"typed:12"}},
		{"shorter allowed", WedgeConfig{MinLength: 2}, func(k *keyboard) { k.text("12\r") }, []string{"scan:12"}},
		{
			"too slow",
			WedgeConfig{},
			func(k *keyboard) { k.gap = 150 * time.Millisecond; k.text("CODE\r") },
			[]string{"typed:C", "typed:O", "typed:D", "typed:E", "typed:"},
		},
		{"a busy screen", WedgeConfig{}, func(k *keyboard) {
			k.text("40063")
			k.now = k.now.Add(95 * time.Millisecond)
			k.text("81333931\r")
		}, []string{"scan:4006381333931"}},
		{"function key before", WedgeConfig{Prefix: symbols(t, "<F9>")}, func(k *keyboard) { k.symbol(KeyF1 + 8); k.text("CODE1\r") }, []string{"scan:CODE1"}},
		{"F13 before", WedgeConfig{Prefix: symbols(t, "<F13>")}, func(k *keyboard) { k.symbol(KeyF1 + 12); k.text("CODE1\r") }, []string{"scan:CODE1"}},
		{"STX before", WedgeConfig{Prefix: symbols(t, "<STX>")}, func(k *keyboard) { k.text("\x02CODE1\r") }, []string{"scan:CODE1"}},
		{"text before", WedgeConfig{Prefix: symbols(t, "~s")}, func(k *keyboard) { k.text("~sCODE1\r") }, []string{"scan:CODE1"}},
		{"prefix awaited", WedgeConfig{Prefix: symbols(t, "<F9>")}, func(k *keyboard) { k.text("CODE1\r") }, []string{"typed:CODE1"}},
		{
			"typing before the prefix",
			WedgeConfig{Prefix: symbols(t, "<F9>")},
			func(k *keyboard) { k.text("ab"); k.symbol(KeyF1 + 8); k.text("CODE1\r") },
			[]string{"typed:ab", "scan:CODE1"},
		},
		{"a stretched burst behind a prefix", WedgeConfig{Prefix: symbols(t, "<F9>")}, func(k *keyboard) {
			k.symbol(KeyF1 + 8)
			k.gap = 500 * time.Millisecond
			k.text("CODE1\r")
		}, []string{"scan:CODE1"}},
		{"joined codes stay joined", WedgeConfig{Prefix: symbols(t, "~")}, func(k *keyboard) { k.text("~COD~CODE1\r") }, []string{"scan:COD~CODE1"}},
		{"function key inside", WedgeConfig{}, func(k *keyboard) { k.text("CODE"); k.symbol(KeyF1); k.text("1\r") }, []string{"typed:CODE1"}},
		{"correcting is typing", WedgeConfig{}, func(k *keyboard) { k.text("CODE\b1\r") }, []string{"typed:CODE1"}},
		{"pattern", WedgeConfig{Pattern: regexp.MustCompile(`^\d+$`)}, func(k *keyboard) { k.text("CODE1\r12345\r") }, []string{"typed:CODE1", "scan:12345"}},
		{"keypad", WedgeConfig{}, func(k *keyboard) {
			for _, set1 := range []int{0x47, 0x48, 0x49, 0x52, 0x53, 0x4F, extended + 0x1C} {
				k.press(set1)
			}
		}, []string{"scan:7890.1"}},
		{"Alt and numbers", WedgeConfig{}, func(k *keyboard) {
			for _, digits := range [][]int{{0x52, 0x4D, 0x4C}, {0x52, 0x50, 0x49}, {0x4D, 0x4D}, {0x4D, 0x48}} { // 065 029 66 68
				k.event(0x38, true)
				for _, set1 := range digits {
					k.press(set1)
				}
				k.event(0x38, false)
			}
			k.symbol(KeyEnter)
		}, []string{"scan:A\x1dBD"}},
		{"a held key repeats", WedgeConfig{MinLength: 1}, func(k *keyboard) {
			k.event(0x1E, true)
			for _, after := range []int{250, 33, 33, 33} {
				k.now = k.now.Add(time.Duration(after) * time.Millisecond)
				k.event(0x1E, true)
			}
			k.event(0x1E, false)
		}, []string{"typed:a"}},
		{"both Shift keys", WedgeConfig{}, func(k *keyboard) {
			k.event(0x2A, true)
			k.event(0x2A, true) // its repeat
			k.event(0x36, true)
			k.press(0x1E)
			k.event(0x2A, false)
			k.press(0x30)
			k.event(0x36, false)
			k.text("12\r")
		}, []string{"scan:AB12"}},
		{"unknown keys", WedgeConfig{}, func(k *keyboard) { k.text("CO"); k.press(0x45); k.press(0x1FF); k.text("DE\r") }, []string{"scan:CODE"}},
	} {
		for _, layout := range []Layout{LayoutX11, LayoutWindows, LayoutEvdev} {
			k := &keyboard{layout: layout, now: noon}
			test.typing(k)
			test.config.Layout = layout
			if got := told(decode(test.config, k.keys)); !slices.Equal(got, test.want) {
				t.Errorf("%s, layout %d: %q, want %q", test.name, layout, got, test.want)
			}
		}
	}
}

// TestLayoutNumbers holds the layouts against numbers that were seen on real
// systems, so that keymap and test don't err together.
func TestLayoutNumbers(t *testing.T) {
	for _, test := range []struct {
		layout Layout
		number int
		want   Symbol
	}{
		{LayoutX11, 38, 'a'},
		{LayoutX11, 24, 'q'},
		{LayoutX11, 10, '1'},
		{LayoutX11, 36, KeyEnter},
		{LayoutX11, 104, KeyEnter},
		{LayoutX11, 50, keyShift},
		{LayoutX11, 62, keyShift},
		{LayoutX11, 37, keyCtrl},
		{LayoutX11, 105, keyCtrl},
		{LayoutX11, 108, keyAlt},
		{LayoutX11, 35, ']'},
		{LayoutX11, 20, '-'},
		{LayoutX11, 61, '/'},
		{LayoutX11, 23, KeyTab},
		{LayoutX11, 106, '/'},
		{LayoutX11, 191, KeyF1 + 12},
		{LayoutX11, 75, KeyF1 + 8},
		{LayoutX11, 96, KeyF1 + 11},
		{LayoutX11, 87, '1'},
		{LayoutWindows, 30, 'a'},
		{LayoutWindows, 16, 'q'},
		{LayoutWindows, 2, '1'},
		{LayoutWindows, 12, '-'},
		{LayoutWindows, 42, keyShift},
		{LayoutWindows, 28, KeyEnter},
		{LayoutWindows, 284, KeyEnter},
		{LayoutWindows, 100, KeyF1 + 12},
		{LayoutWindows, 285, keyCtrl},
		{LayoutEvdev, 30, 'a'},
		{LayoutEvdev, 96, KeyEnter},
		{LayoutEvdev, 194, KeyF24},
		{LayoutEvdev, 100, keyAlt},
		{LayoutX11, 8, keyNone},
		{LayoutX11, 0, keyNone},
		{LayoutX11, -5, keyNone},
		{LayoutWindows, 0, keyNone},
		{LayoutEvdev, 102, keyNone},
	} {
		if got := keymap[test.layout.physical(test.number)].plain; got != test.want {
			t.Errorf("layout %d, key %d: %q, want %q", test.layout, test.number, got, test.want)
		}
	}
}

func TestDecoderReset(t *testing.T) {
	k := &keyboard{now: noon}
	k.event(0x2A, true) // Shift goes down and the window loses the keyboard
	k.text("abc")
	d := NewDecoder(WedgeConfig{})
	for _, key := range k.keys {
		if got := d.Feed(key); got != nil {
			t.Fatalf("unexpected %v", got)
		}
	}
	if got := told(d.Reset()); !slices.Equal(got, []string{"typed:ABC"}) {
		t.Errorf("Reset: %q", got)
	}
	k.keys = nil
	k.text("code1\r")
	var got []Input
	for _, key := range k.keys {
		got = append(got, d.Feed(key)...)
	}
	if !slices.Equal(told(got), []string{"scan:code1"}) {
		t.Errorf("after Reset: %q", told(got))
	}
}

func TestParseSymbols(t *testing.T) {
	for _, test := range []struct {
		text string
		want []Symbol
	}{
		{"", nil},
		{"~s", []Symbol{'~', 's'}},
		{"<F9>", []Symbol{KeyF1 + 8}},
		{"<stx>a", []Symbol{2, 'a'}},
		{"<x>", []Symbol{'<', 'x', '>'}},
		{"<F25>", []Symbol{'<', 'F', '2', '5', '>'}},
		{"<", []Symbol{'<'}},
		{"<>", []Symbol{'<', '>'}},
	} {
		if got, err := ParseSymbols(test.text); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("ParseSymbols(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"é", "a\tb", "\x7f"} {
		if got, err := ParseSymbols(text); err == nil {
			t.Errorf("ParseSymbols(%q) = %v, want an error", text, got)
		}
	}
}

// TestDecoderProperties: whatever a scanner types with its prefix and suffix
// comes out as it is, one scan each, whether or not key-ups are told.
func TestDecoderProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := &keyboard{
			layout: rapid.SampledFrom([]Layout{LayoutX11, LayoutWindows, LayoutEvdev}).Draw(t, "layout"),
			now:    noon, noUps: rapid.Bool().Draw(t, "no key-ups"),
		}
		codes := rapid.SliceOfN(rapid.StringMatching(`[ -~]{4,30}`), 1, 4).Draw(t, "codes")
		var want []string
		for _, code := range codes {
			k.symbol(KeyF1 + 9)
			k.text(code + "\r")
			k.gap = time.Duration(rapid.IntRange(0, 99).Draw(t, "gap")) * time.Millisecond
			want = append(want, "scan:"+code)
		}
		config := WedgeConfig{Layout: k.layout, Prefix: []Symbol{KeyF1 + 9}}
		if got := told(decode(config, k.keys)); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{30, 1, 30, 0, 28, 1, 28, 0}, uint8(0), "")
	f.Add([]byte{0x38, 1, 0x4F, 1, 0x38, 0, 28, 1}, uint8(3), "<F9>")
	f.Add([]byte{28, 1, 28, 1}, uint8(1), "<ENTER>")
	f.Fuzz(func(t *testing.T, events []byte, suffix uint8, prefix string) {
		prefixed, err := ParseSymbols(prefix)
		if err != nil {
			return
		}
		d := NewDecoder(WedgeConfig{Layout: LayoutWindows, Suffix: Suffix(suffix % 4), Prefix: prefixed})
		now, downs, out := noon, 0, 0
		count := func(inputs []Input) {
			for _, input := range inputs {
				switch input := input.(type) {
				case Scan:
					out += len([]rune(input.Raw))
					if input.Raw == "" {
						t.Error("empty scan")
					}
				case Typed:
					out += len(input.Keys)
				}
			}
		}
		for i := 0; i+1 < len(events); i += 2 {
			now = now.Add(time.Duration(events[i+1]) * time.Millisecond)
			down := events[i+1]&1 == 1
			if down {
				downs++
			}
			count(d.Feed(Key{ScanCode: int(events[i]), Down: down, At: now}))
		}
		count(d.Flush(now.Add(time.Hour)))
		count(d.Reset())
		if out > len(events) {
			t.Errorf("%d keys went down, %d came out", downs, out)
		}
		if _, open := d.Deadline(); open {
			t.Error("still open after rest")
		}
	})
}
