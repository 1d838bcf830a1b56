package printer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestShippedProfiles(t *testing.T) {
	ids := ProfileIDs("")
	for _, id := range []string{"zpl-203", "zpl-300", "zebra-zpl-203", "zebra-zpl-300"} {
		p, err := LoadProfile(id, "")
		if err != nil {
			t.Fatal(err)
		}
		if p.Language != "zpl" || !p.Status || !p.AllowsGraphic(GraphicZ64) || p.AllowsGraphic("gif") {
			t.Errorf("%s: %+v", id, p)
		}
		if !strings.Contains(strings.Join(ids, " "), id) {
			t.Errorf("%s is not listed in %v", id, ids)
		}
	}
	for _, id := range ids { // whoever adds one
		if _, err := LoadProfile(id, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestProfileOverride(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("zpl-203.json", `{"id":"zpl-203","language":"zpl","dpi":203.2,"width_mm":104,"length_mm":152.4,"evidence":"measured","graphic":["acs"]}`)
	write("mine.json", `{"id":"yours","language":"zpl","dpi":203.2,"width_mm":104,"length_mm":152.4,"evidence":"x"}`)
	p, err := LoadProfile("zpl-203", dir)
	if err != nil || p.WidthDots != 832 || p.LengthDots != 1219 || p.AllowsGraphic(GraphicZ64) {
		t.Errorf("override: %+v, %v", p, err)
	}
	if _, err := LoadProfile("mine", dir); err == nil || !strings.Contains(err.Error(), `says id "yours"`) {
		t.Errorf("a file under a wrong name: %v", err)
	}
	for _, id := range []string{"", "nothing", "../zpl-203", "ZPL-203", "a.b"} {
		if _, err := LoadProfile(id, dir); !errors.Is(err, ErrNoProfile) || !strings.Contains(err.Error(), "zebra-zpl-300") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestProfileIsStrict(t *testing.T) {
	const good = `{"id":"a","language":"zpl","dpi":203.2,"width_dots":832,"length_dots":1218,"evidence":"x"}`
	if _, err := ParseProfile([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"evidence":"x"`, `"evidence":" "`, "evidence is missing"},
		{`"evidence"`, `"colour":1,"evidence"`, "unknown field"},
		{`"dpi":203.2`, `"dpi":8`, "dpi 8"},
		{`"dpi":203.2`, `"dpi":"203"`, "cannot unmarshal"},
		{`"id":"a"`, `"id":"../a"`, "only a-z"},
		{`"language":"zpl"`, `"language":""`, "language is missing"},
		{`"width_dots":832`, `"width_dots":832,"width_mm":104`, "one of width_dots"},
		{`"length_dots":1218,`, ``, "one of length_dots"},
		{`"width_dots":832`, `"width_dots":-1`, "no label"},
		{`"evidence"`, `"media":"roll","evidence"`, `media "roll"`},
		{`"evidence"`, `"graphic":["png"],"evidence"`, `form "png"`},
		{`"evidence"`, `"length_scale":9,"evidence"`, "length_scale 9"},
		{`}`, `} {}`, "more than one"},
		{`}`, ``, "unexpected EOF"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if _, err := ParseProfile([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", text, err, c.want)
		}
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte(`{"id":"a","language":"zpl","dpi":203.2,"width_mm":104,"length_dots":1218,"evidence":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProfile(data)
		if err == nil && (p.WidthDots <= 0 || p.LengthDots <= 0 || p.DPI < 100) {
			t.Errorf("accepted %+v", p)
		}
	})
}
