package zpl_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"packbench/printer"
	"packbench/printer/zpl"
	"packbench/raster"
)

// nodeModules is where npm's zpl-renderer-js lies, or the test is skipped.
func nodeModules(t *testing.T) string {
	t.Helper()
	dirs := []string{os.Getenv("PACKBENCH_NODE_MODULES"), filepath.Join("..", "..", "build", "node_modules")}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "zpl-renderer-js", "package.json")); err == nil {
			if dir, err = filepath.Abs(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := exec.LookPath("node"); err == nil {
				return dir
			}
		}
	}
	if os.Getenv("REQUIRE_NODE") == "1" {
		t.Fatal("needs node and npm zpl-renderer-js")
	}
	t.Skip("SKIP needs npm zpl-renderer-js")
	return ""
}

// TestZPLRendererJSAgrees asks a reader that is not ours what our bytes look
// like. It draws 812 × 1218 dots at 8 dots/mm and 1200 × 1800 at 12.
func TestZPLRendererJSAgrees(t *testing.T) {
	modules := nodeModules(t)
	script, err := filepath.Abs(filepath.Join("testdata", "render.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	small := shapes()
	// The others are no size that it can be told in millimetres.
	pages := map[string]*raster.Bitmap{"white": small["white"], "black": small["black"], "corner-dot": small["corner-dot"], "gap": small["gap"]}
	for _, name := range []string{"ups_812x1218.png", "dhl-paket_812x1218.png", "fedex-pdf_812x1218.png", "fedex-pdf_1200x1800.png"} {
		pages[name] = bitmap(t, name)
	}
	dir := t.TempDir()
	files := map[float64][]string{} // by dots/mm
	source := map[string]*raster.Bitmap{}
	for name, page := range pages {
		for _, form := range []string{printer.GraphicZ64, printer.GraphicACS, printer.GraphicHex} {
			dpmm := 8.0
			if page.W > 1000 {
				dpmm = 12
			}
			p := profile(t, "zpl-203")
			p.WidthDots, p.Graphic = 0, []string{form}
			data, err := zpl.New().Encode(page, p, 1)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, name+"."+form+".zpl")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			files[dpmm] = append(files[dpmm], file)
			source[file] = page
		}
	}
	for dpmm, list := range files {
		first := source[list[0]]
		mm := func(dots int) string { return strconv.FormatFloat(float64(dots)/dpmm, 'f', 3, 64) }
		args := append([]string{script, modules, strconv.FormatFloat(dpmm, 'f', -1, 64), mm(first.W), mm(first.H)}, list...)
		if msg, err := exec.Command("node", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, bytes.TrimSpace(msg))
		}
		for _, file := range list {
			f, err := os.Open(strings.TrimSuffix(file, "zpl") + "png")
			if err != nil {
				t.Fatal(err)
			}
			got, err := raster.DecodePNG(f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			page := source[file]
			if n := got.DifferingDots(page); n > 0 || got.W != page.W || got.H != page.H {
				t.Errorf("%s: %d dots differ, drawn as %d x %d", filepath.Base(file), n, got.W, got.H)
			} else {
				t.Logf("%s: equal, drawn as %d x %d", filepath.Base(file), got.W, got.H)
			}
		}
	}
}
