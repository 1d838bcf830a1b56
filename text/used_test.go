package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// keyForm is what a key looks like in a string literal of the program.
var keyForm = regexp.MustCompile(`^(prompt|hint|alert|printer|label|fault|hold|command|step|stage|strip|screen|age|scale|upstream|import|cli|doc|sheet|report|demo|secrets)\.[a-z][A-Za-z0-9_.-]*$`)

// families are the beginnings of keys that the program puts together, and with
// what: the constants of a type, or words of its own that a test of package ui
// walks through.
var families = map[string]string{
	"command.": "Command", "hold.": "HoldReason", "step.": "Step", "stage.": "Stage", "alert.": "RefusalKind",
}

// composed are further beginnings whose rest is made at run time; the tests of
// package ui draw them all.
var composed = []string{"screen.label_", "scale.", "strip.", "cli.", "doc.", "sheet.", "report.", "demo.", "import."}

// literals are the keys in the program's source, and where each stands.
func literals(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		collect(file, path, found)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// collect adds a file's keys. Names of settings look like keys and are none:
// they are constants called Setting….
func collect(file *ast.File, path string, found map[string]string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) > 0 && strings.HasPrefix(strings.ToLower(v.Names[0].Name), "setting") {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && keyForm.MatchString(s) && !strings.HasSuffix(s, ".jsonl") {
				found[s] = path
			}
		}
		return true
	})
}

// constants are the values of a type's constants in package packing.
func constants(t *testing.T, typ string) []string {
	t.Helper()
	var out []string
	files, err := os.ReadDir("../packing")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../packing", f.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ && len(v.Values) == 1 {
				if lit, ok := v.Values[0].(*ast.BasicLit); ok {
					s, _ := strconv.Unquote(lit.Value)
					out = append(out, s)
				}
			}
			return true
		})
	}
	if len(out) < 3 {
		t.Fatalf("found only %v of type %s", out, typ)
	}
	return out
}

func TestEveryKeyInTheProgramExists(t *testing.T) {
	c := load(t, "zh")
	found := literals(t)
	if len(found) < 20 {
		t.Fatalf("only %d keys found in the source", len(found))
	}
	for key, path := range found {
		if !c.Has(key) && !beginsSome(c, key) {
			t.Errorf("%s uses %q, which no catalogue has", path, key)
		}
	}
	for prefix, typ := range families {
		for _, v := range constants(t, typ) {
			var keys []string
			switch typ {
			case "Command":
				keys = []string{prefix + v + ".title", prefix + v + ".hint", prefix + v + ".key"}
			case "RefusalKind":
				keys = []string{prefix + v + ".head", prefix + v + ".do"}
			default:
				keys = []string{prefix + v}
			}
			for _, key := range keys {
				if !c.Has(key) {
					t.Errorf("%s %q has no text %s", typ, v, key)
				}
			}
		}
	}
}

// beginsSome: `screen.label_` and the like are completed at run time.
func beginsSome(c *Catalogue, key string) bool {
	last := key[len(key)-1]
	return (last == '_' || last == '.') && slices.ContainsFunc(c.Keys(), func(k string) bool { return strings.HasPrefix(k, key) })
}

// TestEveryTextIsUsed finds texts that nothing shows any more.
func TestEveryTextIsUsed(t *testing.T) {
	c := load(t, "zh")
	found := literals(t)
	for _, key := range c.Keys() {
		if _, ok := found[key]; ok || referred(c, key) {
			continue
		}
		if slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(key, p) }) {
			continue
		}
		used := false
		for prefix, typ := range families {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				first, _, _ := strings.Cut(rest, ".")
				used = used || slices.Contains(constants(t, typ), first)
			}
		}
		if !used {
			t.Errorf("nothing uses %s", key)
		}
	}
}

func referred(c *Catalogue, key string) bool {
	for _, s := range c.texts {
		if strings.Contains(s, "{@"+key+"}") {
			return true
		}
	}
	return false
}
