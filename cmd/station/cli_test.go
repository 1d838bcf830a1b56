package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/internal/testshared"
	"packbench/raster"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(bad, []byte("no,columns\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	junk := filepath.Join(dir, "junk.pdf")
	if err := os.WriteFile(junk, []byte("%PDF-1.4 junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"version"}, exitDone},
		{[]string{"--help"}, exitDone},
		{[]string{"no-such-command"}, exitUsage},
		{[]string{"classify"}, exitUsage},
		{[]string{"encode", "--language", "klingon", junk, "-o", filepath.Join(dir, "o")}, exitUsage},
		{[]string{"encode", "--language", "zpl", "--profile", "none", junk, "-o", filepath.Join(dir, "o")}, exitUsage},
		{[]string{"encode", "--language", "zpl", "--dpi", "7", junk, "-o", filepath.Join(dir, "o")}, exitUsage},
		{[]string{"render", "--size", "big", junk, "-o", filepath.Join(dir, "o.png")}, exitUsage},
		{[]string{"render", junk, "-o", filepath.Join(dir, "o.png")}, exitFailed},
		{[]string{"inspect", junk}, exitFailed},
		{[]string{"print", "--to", "gopher://x", junk}, exitUsage},
		{[]string{"--data", data, "import", bad}, exitFailed},
		{[]string{"--data", data, "import", filepath.Join(dir, "missing.csv")}, exitFailed},
		{[]string{"--data", data, "setup", "set", "no.such", "1"}, exitUsage},
		{[]string{"--data", data, "setup", "set", "flow", "backwards"}, exitUsage},
		{[]string{"--data", data, "setup", "person", "too long for a badge", "X"}, exitUsage},
		{[]string{"--data", data, "setup", "person", "B1", "Boss", "--supervisor"}, exitUsage},
		{[]string{"--data", data, "setup", "person", "B1", "Boss", "--supervisor", "--pin", "2468"}, exitUsage},
		{[]string{"--data", data, "setup", "person", "B1", "Boss", "--supervisor", "--pin", "246810"}, exitDone},
		{[]string{"--data", data, "sync", "--once"}, exitUsage}, // there is no connection
		{[]string{"--data", data, "audit"}, exitDone},
		{[]string{"--data", filepath.Join(dir, "nothing"), "audit"}, exitFailed},
		{[]string{"demo", "--headless", "--orders", "0"}, exitUsage},
	} {
		code, out, stderr := station(t, c.args...)
		if code != c.code {
			t.Errorf("station %s: exit %d, want %d\n%s%s", strings.Join(c.args, " "), code, c.code, out, stderr)
		}
		if code != exitDone && stderr == "" {
			t.Errorf("station %s fails without a word", strings.Join(c.args, " "))
		}
	}
}

// Every number of the tracking data behaves by `station classify`: valid ones
// are that courier's with a right or absent check, invalid ones are not.
func TestClassifyTrackingData(t *testing.T) {
	files, err := filepath.Glob(testshared.Path(t, "data", "tracking_number_data", "couriers", "*.json"))
	if err != nil || len(files) < 15 {
		t.Fatalf("%d courier files, %v", len(files), err)
	}
	good, bad := 0, 0
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var courier struct {
			Formats []struct {
				Name    string `json:"name"`
				Numbers struct {
					Valid   []string `json:"valid"`
					Invalid []string `json:"invalid"`
				} `json:"test_numbers"`
			} `json:"tracking_numbers"`
			Code string `json:"courier_code"`
		}
		if err := json.Unmarshal(data, &courier); err != nil {
			t.Fatal(err)
		}
		valid := map[string]bool{} // what one form refuses, another may be
		for _, f := range courier.Formats {
			for _, n := range f.Numbers.Valid {
				good++
				valid[n] = true
				if !isTracking(t, n, courier.Code) {
					t.Errorf("%s %s: valid %q is not theirs", courier.Code, f.Name, n)
				}
			}
		}
		for _, f := range courier.Formats {
			for _, n := range f.Numbers.Invalid {
				bad++
				if !valid[n] && isTracking(t, n, courier.Code) {
					t.Errorf("%s %s: invalid %q is taken", courier.Code, f.Name, n)
				}
			}
		}
	}
	t.Logf("%d valid, %d invalid numbers", good, bad)
	if good < 190 || bad < 80 {
		t.Fatalf("only %d valid and %d invalid numbers were read", good, bad)
	}
}

func isTracking(t *testing.T, number, carrier string) bool {
	t.Helper()
	var out []struct {
		Classes []struct{ Kind, Check, Carrier string } `json:"classes"`
	}
	if err := json.Unmarshal([]byte(must(t, "classify", "--json", "--", number)), &out); err != nil {
		t.Fatal(err)
	}
	for _, c := range out[0].Classes {
		if c.Kind == "tracking" && c.Carrier == carrier && c.Check != "invalid" {
			return true
		}
	}
	return false
}

// A label goes through encode and comes back through render dot for dot.
func TestEncodeThenRender(t *testing.T) {
	pdf := testshared.Path(t, "data", "labels", "pdf", "activeshipping_label1.pdf")
	dir := t.TempDir()
	zpl, direct, back := filepath.Join(dir, "l.zpl"), filepath.Join(dir, "direct.png"), filepath.Join(dir, "back.png")
	must(t, "encode", "--language", "zpl", pdf, "-o", zpl)
	must(t, "render", pdf, "-o", direct)
	must(t, "render", zpl, "-o", back)
	if a, b := load(t, direct), load(t, back); !a.Equal(b) || a.W != 812 || a.H != 1218 || a.CountBlack() == 0 {
		t.Fatalf("%dx%d and %dx%d, %d dots differ", a.W, a.H, b.W, b.H, a.DifferingDots(b))
	}
	var inspected []struct {
		Pages int `json:"pages"`
		Codes []struct{ Text string }
	}
	if err := json.Unmarshal([]byte(must(t, "inspect", "--json", pdf)), &inspected); err != nil {
		t.Fatal(err)
	}
	if len(inspected) != 1 || inspected[0].Pages != 1 || len(inspected[0].Codes) == 0 {
		t.Fatalf("%+v", inspected)
	}
}

func load(t *testing.T, path string) *raster.Bitmap {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	bm, err := raster.DecodePNG(f)
	if err != nil {
		t.Fatal(err)
	}
	return bm
}

// Both languages say what was imported.
func TestImportSpeaksBothLanguages(t *testing.T) {
	orders := testshared.Path(t, "data", "orders", "tiktok_orders_id.csv")
	for lang, word := range map[string]string{"zh": "新增", "en": "new"} {
		out := must(t, "--data", t.TempDir(), "--lang", lang, "import", orders)
		if !strings.Contains(out, word) {
			t.Errorf("%s: %s", lang, out)
		}
	}
}

// The catalogue's pictures come along, and none leads out of its folder.
func TestImportGoodsPictures(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	pictures := filepath.Join(dir, "pictures")
	if err := os.MkdirAll(filepath.Join(pictures, "mugs"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(pictures, "mugs", "red.png"), "a picture")
	goods := filepath.Join(dir, "goods.csv")
	write(t, goods, "sku,codes,name_en,picture\nMUG,96385074,Mug,mugs/red.png\n")
	must(t, "--data", data, "import-goods", "--pictures", pictures, goods)
	if got, err := os.ReadFile(filepath.Join(data, "pictures", "mugs", "red.png")); err != nil || string(got) != "a picture" {
		t.Fatal(string(got), err)
	}
	write(t, filepath.Join(dir, "secret"), "x")
	write(t, goods, "sku,codes,name_en,picture\nMUG,96385074,Mug,../secret\n")
	if code, _, _ := station(t, "--data", data, "import-goods", "--pictures", pictures, goods); code != exitFailed {
		t.Fatal("a picture outside the folder was taken")
	}
}
