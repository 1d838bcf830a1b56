package crash_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"packbench/internal/crash"
)

func create(path string) crash.Op { return crash.Op{Kind: crash.Create, Path: path} }
func write(path string, off int64, data string) crash.Op {
	return crash.Op{Kind: crash.Write, Path: path, Off: off, Data: []byte(data)}
}

func cutTo(path string, n int64) crash.Op {
	return crash.Op{Kind: crash.Truncate, Path: path, Off: n}
}
func unlink(path string) crash.Op { return crash.Op{Kind: crash.Unlink, Path: path} }
func rename(from, to string) crash.Op {
	return crash.Op{Kind: crash.Rename, Path: from, To: to}
}

func sync(path string, before int) crash.Op {
	return crash.Op{Kind: crash.Sync, Path: path, Before: before}
}

// What is there for certain after a power cut.
func TestSyncIsWhatStays(t *testing.T) {
	for _, c := range []struct {
		name string
		ops  []crash.Op
		want map[string]string
	}{
		{"nothing was synced", []crash.Op{create("/d/a"), write("/d/a", 0, "x")}, map[string]string{}},
		{"a file's sync keeps its bytes and its name", []crash.Op{create("/d/a"), write("/d/a", 2, "x"), sync("/d/a", 2)}, map[string]string{"/d/a": "\x00\x00x"}},
		{
			"but nobody else's bytes",
			[]crash.Op{create("/d/a"), create("/d/b"), write("/d/a", 0, "x"), write("/d/b", 0, "y"), sync("/d/b", 4)},
			map[string]string{"/d/a": "", "/d/b": "y"},
		},
		{"a folder's sync keeps names, no bytes", []crash.Op{create("/d/a"), write("/d/a", 0, "x"), sync("/d", 2)}, map[string]string{"/d/a": ""}},
		{
			"not what began after the sync did",
			[]crash.Op{create("/d/a"), sync("/d/a", 1), write("/d/a", 0, "x"), write("/d/a", 1, "y"), sync("/d/a", 3)},
			map[string]string{"/d/a": "x"},
		},
		{"removed, and the folder synced", []crash.Op{create("/d/a"), sync("/d/a", 1), unlink("/d/a"), sync("/d", 3)}, map[string]string{}},
		{"removed, and nothing synced", []crash.Op{create("/d/a"), sync("/d/a", 1), unlink("/d/a")}, map[string]string{"/d/a": ""}},
		{
			"bytes follow their file to its new name",
			[]crash.Op{create("/d/a"), write("/d/a", 0, "x"), rename("/d/a", "/d/b"), sync("/d", 3), sync("/d/b", 4)},
			map[string]string{"/d/b": "x"},
		},
		{
			"a cut overtakes bytes behind it",
			[]crash.Op{create("/d/a"), write("/d/a", 0, "abcdef"), cutTo("/d/a", 2), sync("/d", 3), sync("/d/a", 4)},
			map[string]string{"/d/a": "ab"},
		},
		{
			"grown again it is zeros",
			[]crash.Op{create("/d/a"), write("/d/a", 0, "abcdef"), cutTo("/d/a", 2), write("/d/a", 4, "z"), sync("/d/a", 4)},
			map[string]string{"/d/a": "ab\x00\x00z"},
		},
	} {
		r := crash.NewReplay(c.ops)
		r.Advance(len(c.ops))
		got := map[string]string{}
		for path, data := range r.Crash(crash.Nothing, nil) {
			got[path] = string(data)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Of what was not synced, each part may come or not: over many cuts both are
// seen, sectors are torn only where that is chosen, and what was synced stays.
func TestCrashChooses(t *testing.T) {
	old, fresh := make([]byte, 2*crash.Sector), make([]byte, 2*crash.Sector)
	for i := range old {
		old[i], fresh[i] = 'o', 'n'
	}
	r := crash.NewReplay([]crash.Op{create("/d/a"), write("/d/a", 0, string(old)), sync("/d/a", 2), write("/d/a", 0, string(fresh)), unlink("/d/b")})
	r.Advance(5)
	random := rand.New(rand.NewPCG(1, 1))
	seen := map[crash.Choice]map[string]int{}
	for range 200 {
		for choice := range crash.Choices {
			data := r.Crash(choice, random)["/d/a"]
			if len(data) != len(old) {
				t.Fatalf("%d bytes", len(data))
			}
			if seen[choice] == nil {
				seen[choice] = map[string]int{}
			}
			seen[choice][string([]byte{data[0], data[crash.Sector-1], data[crash.Sector], data[len(data)-1]})]++
		}
	}
	for choice, want := range map[crash.Choice][]string{
		crash.Nothing: {"oooo"}, crash.Some: {"oooo", "nnnn"}, crash.Torn: {"oooo", "nnnn", "nnoo", "oonn"},
	} {
		if len(seen[choice]) != len(want) {
			t.Errorf("choice %d left %v", choice, seen[choice])
		}
		for _, w := range want {
			if seen[choice][w] == 0 {
				t.Errorf("choice %d never left %s", choice, w)
			}
		}
	}
}

// On any history: once everything is synced, a cut leaves exactly what a disk
// without a cache would hold.
func TestAllSyncedIsAllThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"/d/a", "/d/b", "/d/c"}
		var ops []crash.Op
		plain := map[string][]byte{} // a disk without a cache
		for range rapid.IntRange(0, 40).Draw(t, "operations") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			data, there := plain[name]
			switch kind := rapid.IntRange(1, 6).Draw(t, "kind"); {
			case kind == 6:
				ops = append(ops, sync(rapid.SampledFrom(append(names, "/d")).Draw(t, "what"), len(ops)))
			case !there:
				plain[name] = []byte{}
				ops = append(ops, create(name))
			case kind <= 2:
				off := rapid.Int64Range(0, 9).Draw(t, "place")
				text := rapid.StringN(1, 4, 4).Draw(t, "text")
				for int64(len(data)) < off+int64(len(text)) {
					data = append(data, 0)
				}
				copy(data[off:], text)
				plain[name] = data
				ops = append(ops, write(name, off, text))
			case kind == 3:
				n := rapid.Int64Range(0, 9).Draw(t, "length")
				for int64(len(data)) < n {
					data = append(data, 0)
				}
				plain[name] = data[:n:n]
				ops = append(ops, cutTo(name, n))
			case kind == 4:
				delete(plain, name)
				ops = append(ops, unlink(name))
			default:
				to := rapid.SampledFrom(names).Draw(t, "to")
				if to != name {
					delete(plain, name)
					plain[to] = data
					ops = append(ops, rename(name, to))
				}
			}
		}
		for _, path := range append([]string{"/d"}, names...) {
			ops = append(ops, sync(path, len(ops)))
		}
		r := crash.NewReplay(ops)
		r.Advance(len(ops))
		got := r.Crash(crash.Torn, rand.New(rand.NewPCG(1, 1)))
		if !maps.EqualFunc(plain, got, func(a, b []byte) bool { return string(a) == string(b) }) {
			t.Fatalf("have %q, want %q", got, plain)
		}
	})
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	if err := crash.Save(map[string][]byte{"/d/sub/a": []byte("x")}, "/d", dir); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "sub", "a")); err != nil || string(data) != "x" {
		t.Fatal(data, err)
	}
	if crash.Save(map[string][]byte{"/e/a": nil}, "/d", dir) == nil {
		t.Fatal("a file from elsewhere")
	}
}
