package code

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// TestMod3736 holds the check character against DPD's published samples.
func TestMod3736(t *testing.T) {
	for text, want := range map[string]byte{
		"09980000020033": 'F', "09980000020034": 'D', "008182709980000020033350276": 'C', "008182709980000020045327276": 'N',
	} {
		if got := mod3736(text); got != want {
			t.Errorf("mod3736(%q) = %c, want %c", text, got, want)
		}
	}
}

func TestFormatCommandRefuses(t *testing.T) {
	for _, test := range []struct {
		class CommandClass
		body  string
	}{{Command, ""}, {Command, "ABCDEFGHIJK"}, {Command, "ack"}, {Command, "A-B"}, {Command, "Ä"}, {'X', "ACK"}, {0, "ACK"}} {
		if text, err := FormatCommand(test.class, test.body); err == nil {
			t.Errorf("FormatCommand(%q, %q) = %q, want an error", test.class, test.body, text)
		}
	}
}

func TestParseCommandRefuses(t *testing.T) {
	ack, err := FormatCommand(Command, "ACK")
	if err != nil {
		t.Fatal(err)
	}
	wrong := ack[:len(ack)-1] + "0"
	if wrong == ack {
		wrong = ack[:len(ack)-1] + "1"
	}
	for _, test := range []struct {
		name, raw string
		want      error
	}{
		{"empty", "", ErrNotCommand},
		{"no body", "PBC0", ErrNotCommand},
		{"unknown class", "PBX" + ack[3:], ErrNotCommand},
		{"part of a text", "X" + ack, ErrNotCommand},
		{"inner space", "PBC ACK" + ack[len(ack)-1:], ErrNotCommand},
		{"punctuation", "PBC-ACK", ErrNotCommand},
		{"inner separator", "PBC\x1d" + ack[3:], ErrNotCommand},
		{"twice", ack + ack, ErrCheckCharacter},
		{"wrong check character", wrong, ErrCheckCharacter},
		{"other class, same rest", "PBB" + ack[3:], ErrCheckCharacter},
		{"cut short", ack[:len(ack)-1], ErrCheckCharacter},
		{"too long", ack + "AAAAAAAAAAA", ErrNotCommand},
	} {
		if _, err := ParseCommand(test.raw); !errors.Is(err, test.want) {
			t.Errorf("%s: ParseCommand(%q): %v, want %v", test.name, test.raw, err, test.want)
		}
		if got := LooksLikeCommand(test.raw); got != errors.Is(test.want, ErrCheckCharacter) {
			t.Errorf("%s: LooksLikeCommand(%q) = %v", test.name, test.raw, got)
		}
	}
}

// TestCommandProperties: what is formatted is read back in any case and with
// what a scanner adds; changing one character never gives another command.
func TestCommandProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := CommandCode{
			Class: rapid.SampledFrom([]CommandClass{Command, Badge, Tote, Location}).Draw(t, "class"),
			Body:  rapid.StringMatching(`[0-9A-Z]{1,10}`).Draw(t, "body"),
		}
		text, err := FormatCommand(want.Class, want.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{text, "]C0" + text + "\r\n", lower(text), " " + text + "\t"} {
			if got, err := ParseCommand(raw); err != nil || got != want {
				t.Fatalf("ParseCommand(%q) = %v, %v; want %v", raw, got, err, want)
			}
		}
		if want.String() != text || Key(text) != text {
			t.Fatalf("%v prints as %q and has the key %q", want, want.String(), Key(text))
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		damaged := []byte(text)
		damaged[at] = alphabet3736[rapid.IntRange(0, 35).Draw(t, "other")]
		if got, err := ParseCommand(string(damaged)); err == nil && string(damaged) != text {
			t.Fatalf("%q, damaged from %q, is read as %v", damaged, text, got)
		}
	})
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"", "PBCACK0", "PBT0012ABX", "]C0pbbanna7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		command, err := ParseCommand(raw)
		switch {
		case err == nil:
			if text, err := FormatCommand(command.Class, command.Body); err != nil || text != commandText(raw) {
				t.Errorf("%q is read as %v, which prints as %q, %v", raw, command, text, err)
			}
		case !errors.Is(err, ErrNotCommand) && !errors.Is(err, ErrCheckCharacter):
			t.Errorf("%q: error of no known kind: %v", raw, err)
		}
		if errors.Is(err, ErrNotCommand) == LooksLikeCommand(raw) {
			t.Errorf("%q: ParseCommand says %v, LooksLikeCommand %v", raw, err, LooksLikeCommand(raw))
		}
	})
}
