package code

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGS1(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		want      Elements
	}{
		{"DataMatrix", "]d20104150000021126172506302112345ABC\x1d10LOT42X", Elements{List: []Element{
			{"01", "04150000021126"}, {"17", "250630"}, {"21", "12345ABC"}, {"10", "LOT42X"},
		}}},
		{"unmarked, separated", "0108806388269631112302141728021310230214A3263-01\x1d21059\x1d240ARO4808C", Elements{List: []Element{
			{"01", "08806388269631"}, {"11", "230214"}, {"17", "280213"}, {"10", "230214A3263-01"}, {"21", "059"}, {"240", "ARO4808C"},
		}}},
		{"unmarked, separators lost", "010952123454321310LOT4221SN", Elements{Ambiguous: true, List: []Element{
			{"01", "09521234543213"}, {"10", "LOT4221SN"},
		}}},
		{"superfluous separators", "]C1\x1d\x1d0109521234543213\x1d10A\x1d\x1d", Elements{List: []Element{
			{"01", "09521234543213"}, {"10", "A"},
		}}},
		{"weight", "\x1d01095212345432133103001250", Elements{List: []Element{{"01", "09521234543213"}, {"3103", "001250"}}}},
		{"SSCC", "]C100106141412345678908", Elements{List: []Element{{"00", "106141412345678908"}}}},
		{"for people", "(01)09521234543213(10)LOT(4)2(21)7", Elements{List: []Element{
			{"01", "09521234543213"}, {"10", "LOT(4)2"}, {"21", "7"},
		}}},
		{"Digital Link", "https://example.com/shop/01/9521234543213/10/LOT42/21/7?17=251231", Elements{List: []Element{
			{"01", "09521234543213"}, {"10", "LOT42"}, {"21", "7"},
		}}},
	} {
		got, err := GS1(test.raw)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestGS1Refuses(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		not       bool // the text is no GS1 data at all
	}{
		{"text", "HELLO", true},
		{"empty", "]C1", true},
		{"plain Code 128", "]C00109521234543213", true},
		{"EAN", "4006381333931", true},
		{"unmarked with a wrong check digit", "0109521234543214", true},
		{"a link without keys", "https://example.com/x", true},
		{"brackets without identifier", "(abc)1", true},
		{"wrong check digit", "]C10109521234543214", false},
		{"too short", "]C101095212345432", false},
		{"separator inside a fixed element", "]C1010952123454\x1d3213", false},
		{"letters in a number", "]C10109521234X43213", false},
		{"unknown identifier", "]C1010952123454321305X", false},
		{"too long", "]C110123456789012345678901", false},
	} {
		_, err := GS1(test.raw)
		if err == nil || errors.Is(err, ErrNotGS1) != test.not {
			t.Errorf("%s: GS1(%q): %v", test.name, test.raw, err)
		}
	}
}

func FuzzGS1(f *testing.F) {
	for _, seed := range []string{"", "]C1", "]d2010952123454321310A\x1d21B", "(01)09521234543213(", "()", "https://x/01/9521234543213", "0109521234543213390", "]C1\x1d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		elements, err := GS1(raw)
		if err != nil {
			return
		}
		if len(elements.List) == 0 {
			t.Fatalf("GS1(%q): no elements, no error", raw)
		}
		if gtin, ok := elements.GTIN(); ok && !gs1Valid(gtin) {
			t.Errorf("GS1(%q): GTIN %q", raw, gtin)
		}
		if sscc, ok := elements.SSCC(); ok && (len(sscc) != 18 || !gs1Valid(sscc)) {
			t.Errorf("GS1(%q): SSCC %q", raw, sscc)
		}
	})
}
