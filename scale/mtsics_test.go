package scale

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestMTSICS(t *testing.T) {
	stable := func(mg int64) []Reading { return []Reading{{Milligrams: mg, Stable: true, Status: OK}} }
	status := func(s Status) []Reading { return []Reading{{Status: s}} }
	for _, test := range []struct {
		name, data string
		want       []Reading
	}{
		{"stable", "S S     100.00 g\r\n", stable(100_000)},
		{"in motion", "S D     100.00 g\r\n", []Reading{{Milligrams: 100_000, Status: Unstable}}},
		{"kilograms", "S S      1.234 kg\r\n", stable(1_234_000)},
		{"milligrams", "S S       250 mg\r\n", stable(250)},
		{"pounds", "S S       1.00 lb\r\n", stable(453_592)},
		{"ounces", "S S      28.3 oz\r\n", stable(802_292)},
		{"negative", "S S      -0.35 g\r\n", stable(-350)},
		{"sign apart", "S S -    0.350 kg\r\n", stable(-350_000)},
		{"no decimals", "S S       1500 g\r\n", stable(1_500_000)},
		{"overload", "S +\r\n", status(Overload)},
		{"underload", "S -\r\n", status(Underload)},
		{"not executable", "S I\r\n", status(Busy)},
		{"errors", "ES\r\nET\r\nEL\r\n", []Reading{{Status: Fault}, {Status: Fault}, {Status: Fault}}},
		{"pieces", "S S         12 PCS\r\n", status(NoWeight)},
		{"two lines", "S S 1 g\r\nS S 2 g\r\n", []Reading{stable(1000)[0], stable(2000)[0]}},
		{"LF only, CR only", "S S 1 g\nS S 2 g\r", []Reading{stable(1000)[0], stable(2000)[0]}},
		{"NULs", "\x00S S\x00 1 g\r\n", stable(1000)},
		{"answers to other commands", "Z A\r\nI4 A \"1234\"\r\nT S 1.00 g\r\nTA A 1.00 g\r\nD A\r\n", nil},
		{"noise in front", "\xff\x80S S 1 g\r\n", nil},
		{"begun in the middle", "00.00 g\r\nS S 1 g\r\n", stable(1000)},
		{"joined", "S S 1S S 1 g\r\n", nil},
		{"cut", "S S 10\r\nS S\r\nS\r\n", nil},
		{"two numbers", "S S 1 2 g\r\n", nil},
		{"bad numbers", "S S 1.2.3 g\r\nS S . g\r\nS S 1. g\r\nS S .5 g\r\nS S -- g\r\nS S 1e3 g\r\nS S +-1 g\r\n", nil},
		{"too heavy", "S S 99999999999999 kg\r\n", nil},
		{"too long", "S S " + strings.Repeat(" ", maxLine) + "1 g\r\nS S 1 g\r\n", stable(1000)},
		{"not ended", "S S     100.00 g", nil},
		{"lower case", "s s 1 g\r\n", nil},
	} {
		var p MTSICS
		got := p.Push([]byte(test.data), noon)
		for i := range got {
			if got[i].At != noon || got[i].Raw == "" {
				t.Errorf("%s: reading without time or raw text: %+v", test.name, got[i])
			}
			got[i].At, got[i].Raw = time.Time{}, ""
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// TestMilligrams holds the conversion against fractions of arbitrary size.
func TestMilligrams(t *testing.T) {
	factors := map[string]string{"mg": "1", "g": "1000", "kg": "1000000", "lb": "453592.37", "oz": "28349.523125", "ozt": "31103.4768", "ct": "200", "t": "1000000000"}
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"mg", "g", "kg", "lb", "oz", "ozt", "ct", "t"}).Draw(t, "unit")
		number := rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,6})?`).Draw(t, "number")
		value, _ := new(big.Rat).SetString(number)
		factor, _ := new(big.Rat).SetString(factors[unit])
		value.Mul(value, factor)
		want, _ := new(big.Int).SetString(value.FloatString(0), 10) // rounds half away from zero
		got, ok, known := milligrams(number, unit)
		if want.IsInt64() && want.Int64() > maxMilligrams || want.Int64() < -maxMilligrams {
			if ok {
				t.Fatalf("%s %s = %d mg, want a refusal", number, unit, got)
			}
			return
		}
		if !known || !ok || got != want.Int64() {
			t.Fatalf("%s %s = %d mg, %v, %v; want %v", number, unit, got, ok, known, want)
		}
	})
}

// TestMTSICSPortions: how the bytes are cut into portions makes no difference.
func TestMTSICSPortions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"S S  1.00 g\r\n", "S D", " ", "2 kg\r\n", "S +\r\n", "\x00", "ES\n", "\xff", "\r"})).Draw(t, "data"), "")
		var whole, cut MTSICS
		want := whole.Push([]byte(data), noon)
		var got []Reading
		for i := range len(data) {
			got = append(got, cut.Push([]byte(data[i:i+1]), noon)...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestMTSICSCommands(t *testing.T) {
	var poll MTSICS
	if got := string(poll.Start()) + string(poll.Poll()) + string(poll.Poll()) + string(poll.Stop()); got != "@\r\nSI\r\nSI\r\n" {
		t.Errorf("polling sends %q", got)
	}
	stream := MTSICS{Stream: true}
	var sent []string
	sent = append(sent, string(stream.Start()))
	for i := range 12 {
		sent = append(sent, string(stream.Poll()))
		if i < 3 {
			stream.Push([]byte("S S 1 g\r\n"), noon)
		}
	}
	sent = append(sent, string(stream.Stop()))
	want := []string{"@\r\n", "SIR\r\n", "", "", "", "", "", "", "", "SIR\r\n", "", "", "", "@\r\n"}
	if !slices.Equal(sent, want) {
		t.Errorf("streaming sends %q, want %q", sent, want)
	}
}

func FuzzMTSICS(f *testing.F) {
	for _, seed := range []string{"S S     100.00 g\r\n", "S D -1 kg\r", "S +\n", "S S - 1 g\n", "S S 1 PCS\n", "S S 9223372036854775807 t\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p MTSICS
		for _, r := range p.Push(append(data, '\n'), noon) {
			if r.Status == "" || r.At != noon || r.Stable != (r.Status == OK) || !r.weighs() && r.Milligrams != 0 {
				t.Errorf("%+v", r)
			}
			if r.weighs() && !strings.ContainsAny(r.Raw, "0123456789") || abs(r.Milligrams) > maxMilligrams {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestNewProtocol(t *testing.T) {
	a, ok := NewProtocol("mt-sics")
	b, _ := NewProtocol("mt-sics")
	if !ok || a == b {
		t.Error("each connection needs a protocol of its own")
	}
	if _, ok := NewProtocol("abacus"); ok {
		t.Error("an unknown protocol was made")
	}
}
