package code

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKey(t *testing.T) {
	for _, test := range []struct{ name, raw, want string }{
		{"EAN-13", "4006381333931", "04006381333931"},
		{"UPC-A as 12 digits", "012345678905", "00012345678905"},
		{"UPC-A as 13 digits", "0012345678905", "00012345678905"},
		{"EAN-8", "96385074", "00000096385074"},
		{"GTIN-14", "09521234543213", "09521234543213"},
		{"AIM and EAN-13", "]E04006381333931\r\n", "04006381333931"},
		{"AIM with inverted case", "]e04006381333931", "04006381333931"},
		{"wrong check digit", "4006381333932", "4006381333932"},
		{"eight digits, no EAN-8", "04252614", "04252614"},
		{"zeros are no GTIN", "0000000000000", "0000000000000"},
		{"thirteen digits are no shorter number", "0000012345670", "00000012345670"},
		{"lower case", "sf1234567890123", "SF1234567890123"},
		{"GS1-128", "]C10109521234543213\x1d10abc", "010952123454321310ABC"},
		{"leading GS", "\x1d0109521234543213", "0109521234543213"},
		{"inner GS", "10LOT\x1d21SN", "10LOT21SN"},
		{"punctuation stays", "AB-1.2/3 #4", "AB-1.2/3 #4"},
		{"margins", "\x00 \tabc\r\n", "ABC"},
		{"only an identifier", "]C1", "]C1"},
		{"not an identifier", "]-1ABC", "]-1ABC"},
		{"twice identified", "]C1]C1ABC", "ABC"},
		{"other alphabets stay", "äß张三", "äß张三"},
		{"not UTF-8", "\xff\xfea", "\xff\xfeA"},
		{"empty", "", ""},
	} {
		if got := Key(test.raw); got != test.want {
			t.Errorf("%s: Key(%q) = %q, want %q", test.name, test.raw, got, test.want)
		}
	}
}

// scanned generates texts like those that scanners deliver, and worse.
func scanned() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`(\]?[A-Ea-e][0-9A-F]?){0,3}[ \x00\x1d\r\n]{0,2}[0-9]{6,20}[\x1d ]{0,2}`),
		rapid.StringMatching(`[ \x1d]*(\][CE][014]){0,3}[ \x1d]?[0-9A-Za-z./+ \x1d-]{0,20}`),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }),
	)
}

func TestKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := scanned().Draw(t, "raw")
		key := Key(raw)
		if again := Key(key); again != key {
			t.Fatalf("not idempotent: %q -> %q -> %q", raw, key, again)
		}
		if strings.IndexByte(key, gs) >= 0 || key != strings.Trim(key, margin) {
			t.Fatalf("Key(%q) = %q holds a separator or margin", raw, key)
		}
		if got := Key("\x00" + upper(raw) + " \r\n"); got != key {
			t.Fatalf("case and margins change the key of %q: %q, %q", raw, key, got)
		}
	})
}

// TestKeyTellsDigitsApart: numbers that differ in more than leading zeros have
// different keys.
func TestKeyTellsDigitsApart(t *testing.T) {
	digits := rapid.StringMatching(`[0-9]{1,16}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := digits.Draw(t, "a"), digits.Draw(t, "b")
		if Key(a) == Key(b) && strings.TrimLeft(a, "0") != strings.TrimLeft(b, "0") {
			t.Fatalf("%q and %q share the key %q", a, b, Key(a))
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, seed := range []string{"", "]C1", "]E04006381333931\r", "\x1d\x1d]d2 ", "012345678905", "pbcack1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if key := Key(raw); Key(key) != key {
			t.Errorf("not idempotent: %q -> %q -> %q", raw, key, Key(key))
		}
	})
}
