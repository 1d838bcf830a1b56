// Package house holds what must be true of the project as a whole.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// floors is the table of the house (DESIGN §2): imports run downwards only.
// Packages of one floor may not import each other, but for the pairs below.
var floors = map[string]int{
	"cmd/station": 6,

	"ui": 5, "internal/demo": 5,

	"bench": 4,

	"upstream": 3, "upstream/webhook": 3, "upstream/files": 3,

	"store": 2, "printer/zpl": 2, "printer/transport": 2, "internal/emulate": 2,

	"printer": 1, "label": 1, "label/zpl": 1, "document": 1, "scanner": 1, "scale": 1,

	"packing": 0, "raster": 0, "code": 0, "assets": 0, "text": 0,
	"internal/fakes": 0, "internal/export": 0, "internal/locale": 0, "internal/testshared": 0, "internal/house": 0, "internal/crash": 0, "internal/figures": 5, "internal/serialport": 0,
	"internal/privacy": 0, "internal/secrets": 0,
}

// sameFloor is what may be imported although it lies on the same floor.
var sameFloor = map[string][]string{
	"upstream/webhook": {"upstream"}, // a connector maps to upstream's types
	"upstream/files":   {"upstream"},
	"label":            {"label/zpl"},
	"text":             {"assets"}, // which only embeds
}

// importsNothing must not know anything else of ours.
var importsNothing = []string{"packing", "raster", "code", "assets", "internal/fakes", "internal/privacy", "internal/secrets"}

// forbidden pairs would make the emulator agree with the encoder by being it.
var forbidden = map[string][]string{
	"label/zpl":        {"printer", "printer/zpl"},
	"printer/zpl":      {"label/zpl"},
	"internal/emulate": {"printer", "printer/zpl", "printer/transport"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "packbench/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
}

func TestImportsRunDownwards(t *testing.T) {
	all := packages(t)
	if len(all) < 15 {
		t.Fatalf("only %d packages were found", len(all))
	}
	for _, p := range all {
		name := strings.TrimPrefix(p.ImportPath, "packbench/")
		floor, ok := floors[name]
		if !ok {
			t.Errorf("%s has no floor: add it to the table", name)
			continue
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, "packbench/")
			if !ours {
				continue
			}
			if why := wrongImport(name, floor, imported); why != "" {
				t.Errorf("%s imports %s: %s", name, imported, why)
			}
		}
	}
}

func wrongImport(name string, floor int, imported string) string {
	for _, bad := range forbidden[name] {
		if imported == bad {
			return "the emulator must be a second opinion"
		}
	}
	for _, pure := range importsNothing {
		if name == pure {
			return "it must import nothing of ours"
		}
	}
	below := floors[imported]
	if below < floor {
		return ""
	}
	for _, ok := range sameFloor[name] {
		if imported == ok {
			return ""
		}
	}
	return "imports run downwards only"
}

// A table that lets everything pass would prove nothing.
func TestImportsTableBites(t *testing.T) {
	for _, c := range []struct{ name, imported string }{
		{"packing", "raster"},
		{"store", "bench"},
		{"label/zpl", "printer/zpl"},
		{"internal/emulate", "printer/zpl"},
		{"ui", "internal/demo"},
		{"scale", "scanner"},
	} {
		if wrongImport(c.name, floors[c.name], c.imported) == "" {
			t.Errorf("%s may import %s", c.name, c.imported)
		}
	}
}
