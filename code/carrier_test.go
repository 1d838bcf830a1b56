package code

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"packbench/internal/testshared"
)

// courierFile is the part of a courier's file in ../shared that holds samples.
type courierFile struct {
	Code    string `json:"courier_code"`
	Numbers []struct {
		Name       string `json:"name"`
		Validation struct {
			Checksum *struct{} `json:"checksum"`
		} `json:"validation"`
		Tests struct {
			Valid   []string `json:"valid"`
			Invalid []string `json:"invalid"`
		} `json:"test_numbers"`
	} `json:"tracking_numbers"`
}

// asCarrier is the reading of raw as a tracking number of the carrier.
func asCarrier(raw, carrier string) (Class, bool) {
	classes := Classify(raw)
	i := slices.IndexFunc(classes, func(c Class) bool { return c.Kind == KindTracking && c.Carrier == carrier })
	if i < 0 {
		return Class{}, false
	}
	return classes[i], true
}

// TestTrackingNumberData holds the carriers' forms against public samples: every
// valid number is read as its carrier's, no invalid one is.
func TestTrackingNumberData(t *testing.T) {
	paths, err := filepath.Glob(testshared.Path(t, "data", "tracking_number_data", "couriers", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("find couriers: %d files, %v", len(paths), err)
	}
	valid, invalid := 0, 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file courierFile
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		// A number may be wrong in one form of a courier and right in another.
		var right []string
		for _, number := range file.Numbers {
			right = append(right, number.Tests.Valid...)
		}
		for _, number := range file.Numbers {
			want := CheckNone
			if number.Validation.Checksum != nil {
				want = CheckValid
			}
			for _, raw := range number.Tests.Valid {
				valid++
				class, ok := asCarrier(raw, file.Code)
				if !ok {
					t.Errorf("%s, %s: %q is not read as %s: %v", file.Code, number.Name, raw, file.Code, Classify(raw))
				} else if class.Check != want || class.Hint != (want == CheckNone) {
					t.Errorf("%s, %s: %q: check %s, hint %v; want check %s", file.Code, number.Name, raw, class.Check, class.Hint, want)
				}
			}
			for _, raw := range number.Tests.Invalid {
				invalid++
				if class, ok := asCarrier(raw, file.Code); ok && !slices.Contains(right, raw) {
					t.Errorf("%s, %s: %q is read as %v", file.Code, number.Name, raw, class)
				}
			}
		}
	}
	t.Logf("%d valid, %d invalid numbers of %d couriers", valid, invalid, len(paths))
	if valid < 192 || invalid < 88 {
		t.Errorf("%d valid and %d invalid numbers, want at least 192 and 88", valid, invalid)
	}
}

func TestCarrierForms(t *testing.T) {
	for _, test := range []struct {
		raw, carrier, value string
		check               Check
	}{
		// The number inside a longer code.
		{"1001921334250001000300779017972697", "fedex", "779017972697", CheckValid},
		{"9622001900000000000000776632517510", "fedex", "776632517510", CheckValid},
		{"32971514560102447849175802862014", "fedex", "784917580286", CheckValid},
		{"9611020987654312345672", "fedex", "987654312345672", CheckValid},
		{"61299998820821171811", "fedex", "9261299998820821171811", CheckValid},
		{"420787459400111206206406260787", "usps", "9400111206206406260787", CheckValid},
		{"%0081827099800000200333502 76C", "dpd", "09980000020033", CheckValid},
		{"]C01Z5R89390357567127", "ups", "1Z5R89390357567127", CheckValid},
		{"1z5r89390357567127\r\n", "ups", "1Z5R89390357567127", CheckValid},
		// Forms of Asian carriers: hints.
		{"SF1234567890123", "sf", "SF1234567890123", CheckNone},
		{"123456789012", "sf", "123456789012", CheckNone},
		{"YT1234567890123", "yto", "YT1234567890123", CheckNone},
		{"78123456789012", "zto", "78123456789012", CheckNone},
		{"773123456789012", "sto", "773123456789012", CheckNone},
		{"462598779470531", "yunda", "462598779470531", CheckNone},
		{"JT0006968326954", "jt", "JT0006968326954", CheckNone},
		{"JT3002232682242", "jt", "JT3002232682242", CheckNone},
		{"JDVA11408814483", "jd", "JDVA11408814483", CheckNone},
		{"DPK364112047425", "deppon", "DPK364112047425", CheckNone},
		{"9812345678901", "china_post", "9812345678901", CheckNone},
		{"LP00123456789012", "cainiao", "LP00123456789012", CheckNone},
		{"SPXTH012345678", "spx", "SPXTH012345678", CheckNone},
		{"JP1234567890", "jt", "JP1234567890", CheckNone},
		{"NVSGABCDE000123456", "ninjavan", "NVSGABCDE000123456", CheckNone},
	} {
		class, ok := asCarrier(test.raw, test.carrier)
		if !ok {
			t.Errorf("%q is not read as %s: %v", test.raw, test.carrier, Classify(test.raw))
			continue
		}
		if class.Value != test.value || class.Check != test.check || class.Hint != (test.check == CheckNone) {
			t.Errorf("%q: value %q, check %s, hint %v; want %q, %s", test.raw, class.Value, class.Check, class.Hint, test.value, test.check)
		}
	}
}
