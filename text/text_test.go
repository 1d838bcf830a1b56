package text

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"

	"packbench/assets"
)

func load(t *testing.T, language string) *Catalogue {
	t.Helper()
	c, err := Load(language)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadUnknownLanguage(t *testing.T) {
	for _, l := range []string{"", "th", "ZH", "../zh", "parts/upstream"} {
		if _, err := Load(l); !errors.Is(err, ErrUnknownLanguage) {
			t.Errorf("Load(%q) = %v", l, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "array": `["a"]`, "number": `{"a":1}`, "nested": `{"a":{"b":"c"}}`,
		"cut": `{"a":"b"`, "twice": `{"a":"b","a":"c"}`, "null": `{"a":null}`,
	} {
		if got, err := parse([]byte(data)); err == nil {
			t.Errorf("%s: parse gave %v", name, got)
		}
	}
}

// FuzzParse: no bytes make the reader panic, and what it takes has only strings.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":"b","c":"{x}"}`))
	f.Add([]byte(`{"a":`))
	f.Fuzz(func(t *testing.T, data []byte) {
		texts, err := parse(data)
		if err == nil && texts == nil {
			t.Fatal("no texts and no error")
		}
		c := Catalogue{texts: texts}
		for k := range texts {
			c.Text(k, map[string]string{"x": "{x}"})
		}
	})
}

func TestText(t *testing.T) {
	c := &Catalogue{texts: map[string]string{
		"plain": "a", "args": "{n} of {total}", "ref": "scan “{@plain}”", "lost": "{@nowhere}",
	}}
	for _, x := range []struct {
		key  string
		args map[string]string
		want string
	}{
		{"plain", nil, "a"},
		{"missing.key", nil, "missing.key"},
		{"args", map[string]string{"n": "1", "total": "2"}, "1 of 2"},
		{"args", map[string]string{"n": "1"}, "1 of {total}"},
		{"args", map[string]string{"n": "{@plain}", "total": "{n}"}, "{@plain} of {n}"}, // data is no text
		{"ref", nil, "scan “a”"},
		{"lost", nil, "nowhere"},
	} {
		if got := c.Text(x.key, x.args); got != x.want {
			t.Errorf("Text(%q, %v) = %q, want %q", x.key, x.args, got, x.want)
		}
	}
}

func TestLanguagesAgree(t *testing.T) {
	zh, en := load(t, "zh"), load(t, "en")
	if !slices.Equal(zh.Keys(), en.Keys()) {
		t.Errorf("keys differ: %v", difference(zh.Keys(), en.Keys()))
	}
	for _, key := range zh.Keys() {
		if a, b := placeholders(zh, key), placeholders(en, key); !slices.Equal(a, b) {
			t.Errorf("%s: arguments zh %v, en %v", key, a, b)
		}
		for _, c := range []*Catalogue{zh, en} {
			if strings.TrimSpace(c.texts[key]) == "" {
				t.Errorf("%s %s is empty", c.Language(), key)
			}
			for _, p := range placeholders(c, key) {
				ref, is := strings.CutPrefix(strings.Trim(p, "{}"), "@")
				if is && !c.Has(ref) {
					t.Errorf("%s %s refers to %q, which is not there", c.Language(), key, ref)
				}
				if is && strings.Contains(c.texts[ref], "{") {
					t.Errorf("%s %s refers to %q, which has placeholders itself", c.Language(), key, ref)
				}
			}
		}
	}
}

// placeholders are the arguments of a text, sorted. References are left out of
// the comparison where a text shows the name of the other language.
func placeholders(c *Catalogue, key string) []string {
	found := placeholder.FindAllString(c.texts[key], -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func difference(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, "-"+x)
		}
	}
	for _, x := range b {
		if !slices.Contains(a, x) {
			out = append(out, "+"+x)
		}
	}
	return out
}

func TestEveryGlyphIsInTheFont(t *testing.T) {
	font, err := sfnt.Parse(assets.PackFont)
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	has := func(r rune) bool {
		i, err := font.GlyphIndex(&buf, r)
		return err == nil && i != 0
	}
	if has('\U0001F4E6') {
		t.Fatal("this test can't fail: the font claims to have everything")
	}
	for _, l := range Languages() {
		c := load(t, l)
		for _, key := range c.Keys() {
			for _, r := range c.texts[key] {
				if !has(r) {
					t.Errorf("%s %s: the font has no %q (U+%04X)", l, key, r, r)
				}
			}
		}
	}
}

// TestHeadlinesAreShort: what is read from two steps away, and spoken, has at
// most 9 汉字 or 24 letters.
func TestHeadlinesAreShort(t *testing.T) {
	zh, en := load(t, "zh"), load(t, "en")
	n := 0
	for _, key := range zh.Keys() {
		if !strings.HasPrefix(key, "alert.") || !strings.HasSuffix(key, ".head") {
			continue
		}
		n++
		if han := count(zh.texts[key], func(r rune) bool { return unicode.Is(unicode.Han, r) }); han > 9 {
			t.Errorf("%s: %d 汉字: %s", key, han, zh.texts[key])
		}
		if letters := utf8.RuneCountInString(en.texts[key]); letters > 24 {
			t.Errorf("%s: %d letters: %s", key, letters, en.texts[key])
		}
		if len(placeholders(zh, key)) > 0 {
			t.Errorf("%s: a headline has arguments, so its length is anybody's guess", key)
		}
	}
	if n < 20 {
		t.Errorf("only %d headlines found", n)
	}
	for _, key := range zh.Keys() {
		if !strings.HasPrefix(key, "prompt.") {
			continue
		}
		if han := count(zh.texts[key], func(r rune) bool { return unicode.Is(unicode.Han, r) }); han > 10 {
			t.Errorf("%s: %d 汉字", key, han)
		}
		if letters := utf8.RuneCountInString(en.texts[key]); letters > 32 {
			t.Errorf("%s: %d letters", key, letters)
		}
	}
}

func count(s string, is func(rune) bool) (n int) {
	for _, r := range s {
		if is(r) {
			n++
		}
	}
	return n
}

// TestOfficeWords keeps words that nobody says at a bench off the bench.
func TestOfficeWords(t *testing.T) {
	zh := load(t, "zh")
	for _, key := range zh.Keys() {
		if !strings.ContainsAny(key[:1], "ash") && !strings.HasPrefix(key, "prompt.") && !strings.HasPrefix(key, "command.") {
			continue // imports and reports are read in an office
		}
		for _, word := range []string{"挂起", "核验", "封包", "待同步", "复核"} {
			if strings.Contains(zh.texts[key], word) {
				t.Errorf("%s says %s: %s", key, word, zh.texts[key])
			}
		}
	}
}

func TestWeights(t *testing.T) {
	for mg, want := range map[int64]string{
		0: "0.000", 742_000: "0.742", 741_500: "0.742", 741_499: "0.741", -400: "0.000",
		-1_500: "-0.002", 12_345_678: "12.346", 999_600: "1.000",
	} {
		if got := Kilograms(mg); got != want {
			t.Errorf("Kilograms(%d) = %s, want %s", mg, got, want)
		}
	}
	for mg, want := range map[int64]string{0: "0", 4_000: "4", 500: "0.5", 1_250: "1.25", -12_010: "-12.01", 1: "0.001"} {
		if got := Grams(mg); got != want {
			t.Errorf("Grams(%d) = %s, want %s", mg, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("+8", 8*3600)
	now := time.Date(2026, 11, 21, 14, 32, 0, 0, zone)
	for _, x := range []struct {
		at   time.Time
		want string
	}{
		{now, "14:32"},
		{time.Date(2026, 11, 20, 16, 5, 0, 0, time.UTC), "00:05"}, // already the 21st here
		{now.Add(24 * time.Hour), "11-22 14:32"},
	} {
		if got := Clock(x.at.UnixMilli(), now); got != x.want {
			t.Errorf("Clock(%s) = %s, want %s", x.at, got, x.want)
		}
	}
	en := load(t, "en")
	for d, want := range map[time.Duration]string{
		0: "0 min", 59*time.Minute + 59*time.Second: "59 min", 213 * time.Minute: "3 h 33 min",
		-90 * time.Minute: "1 h 30 min", 50 * time.Hour: "2 d 2 h",
	} {
		if got := en.Span(d); got != want {
			t.Errorf("Span(%s) = %s, want %s", d, got, want)
		}
	}
}
