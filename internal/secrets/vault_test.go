package secrets

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

const canary = "whsec_CanarySecretCanarySecret"

// rig is a data directory with a key directory of its own.
type rig struct {
	t    *testing.T
	data string
	keys string
	ring Ring
	env  map[string]string
}

func newRig(t *testing.T) *rig {
	return &rig{t: t, data: filepath.Join(t.TempDir(), "data"), keys: filepath.Join(t.TempDir(), "config"), ring: NoKeyring, env: map[string]string{}}
}

func (r *rig) open() *Vault {
	r.t.Helper()
	v, err := Open(r.data, Options{Keyring: r.ring, KeyDirs: []string{r.keys}, Getenv: func(k string) string { return r.env[k] }})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) set(v *Vault, name, secret string) {
	r.t.Helper()
	if err := v.Set(name, secret); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) wants(v *Vault, name, want string) {
	r.t.Helper()
	if got, err := v.Get(name); err != nil || got != want {
		r.t.Errorf("Get(%q) = %q, %v", name, got, err)
	}
}

// nowhere fails if a text is in any file under a directory.
func nowhere(t *testing.T, dir, text string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("%s holds %q", path, text)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
}

func TestSealedFiles(t *testing.T) {
	r := newRig(t)
	v := r.open()
	if v.Where() != File {
		t.Fatal(v.Where())
	}
	if _, err := v.Get("erp"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	names := []string{"erp", "ERP", "小店", "../../x", `..\x`, "nul", "a.b", "s.a", "a/b", strings.Repeat("仓", 66), strings.Repeat("仓", 65) + "库"}
	for i, n := range names {
		r.set(v, n, canary+string(rune('a'+i)))
	}
	again := r.open() // after a restart
	for i, n := range names {
		r.wants(again, n, canary+string(rune('a'+i)))
	}
	nowhere(t, r.data, "Canary")
	if found, err := filepath.Glob(filepath.Join(r.data, "secrets", "*")); err != nil || len(found) != len(names) {
		t.Errorf("%d names, files %v, %v", len(names), found, err)
	}
	for path, want := range map[string]fs.FileMode{
		filepath.Join(r.data, "secrets"): 0o700, filepath.Join(r.data, "secrets", "s.erp"): 0o600, r.keys: 0o700, filepath.Join(r.keys, "key"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := again.Delete("erp"); err != nil {
		t.Fatal(err)
	}
	if err := again.Delete("erp"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	r.wants(again, "ERP", canary+"b")
}

// A copy of the data directory alone opens nowhere else, and says so.
func TestCopyOfTheDirectory(t *testing.T) {
	r := newRig(t)
	r.set(r.open(), "erp", canary)
	elsewhere := newRig(t)
	if err := os.CopyFS(elsewhere.data, os.DirFS(r.data)); err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.open().Get("erp"); !errors.Is(err, ErrUnreadable) {
		t.Error("without a key:", err)
	}
	elsewhere.set(elsewhere.open(), "other", "x")
	if _, err := elsewhere.open().Get("erp"); !errors.Is(err, ErrUnreadable) || strings.Contains(err.Error(), "Canary") {
		t.Error("with another key:", err)
	}
	r.wants(r.open(), "erp", canary)
}

func TestDamagedFile(t *testing.T) {
	r := newRig(t)
	v := r.open()
	r.set(v, "erp", canary)
	r.set(v, "other", "x")
	path := v.path("erp")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		for _, data := range [][]byte{bad, whole[:i]} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := v.Get("erp"); !errors.Is(err, ErrUnreadable) {
				t.Fatalf("byte %d: %q, %v", i, got, err)
			}
		}
	}
	if err := os.WriteFile(v.path("other"), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get("other"); !errors.Is(err, ErrUnreadable) {
		t.Error("the file of one name is taken for another's:", err)
	}
	r.set(v, "erp", "new") // and can be set anew
	r.wants(v, "erp", "new")
}

func TestKeyPlaces(t *testing.T) {
	r := newRig(t)
	r.keys = filepath.Join(r.data, "config") // as the default places are on Windows
	v := r.open()
	if v.Where() != FileBeside {
		t.Fatal(v.Where())
	}
	r.set(v, "erp", canary)
	r.wants(v, "erp", canary)

	link := filepath.Join(t.TempDir(), "link") // outside by its name only
	if err := os.Symlink(r.data, link); err == nil {
		r.keys = filepath.Join(link, "config")
		if got := r.open().Where(); got != FileBeside {
			t.Error("through a link:", got)
		}
	}
	r.keys = filepath.Join(t.TempDir(), "now there is one")
	v = r.open()
	if v.Where() != File {
		t.Fatal(v.Where())
	}
	r.wants(v, "erp", canary) // sealed with the old key
	r.set(v, "new", "x")
	if _, err := os.Stat(filepath.Join(r.keys, "key")); err != nil {
		t.Error(err)
	}
	r.env["PACKBENCH_KEYS"] = filepath.Join(t.TempDir(), "by hand")
	r.set(r.open(), "third", "x")
	if _, err := os.Stat(filepath.Join(r.env["PACKBENCH_KEYS"], "key")); err != nil {
		t.Error(err)
	}
}

// A broken key is not replaced: what it sealed would be lost for good.
func TestBrokenKeyStays(t *testing.T) {
	r := newRig(t)
	r.set(r.open(), "erp", canary)
	path := filepath.Join(r.keys, "key")
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := r.open()
	if err := v.Set("erp", "x"); err == nil {
		t.Error("it was sealed with something")
	}
	if _, err := v.Get("erp"); !errors.Is(err, ErrUnreadable) {
		t.Error(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "half" {
		t.Error(string(data), err)
	}
}

func TestNames(t *testing.T) {
	v := newRig(t).open()
	for _, name := range []string{"", " ", "a ", "a\nb", "\xff", strings.Repeat("x", nameBytes+1), "\x00"} {
		if err := v.Set(name, "x"); !errors.Is(err, ErrName) {
			t.Errorf("Set(%q): %v", name, err)
		}
		if _, err := v.Get(name); !errors.Is(err, ErrName) {
			t.Errorf("Get(%q): %v", name, err)
		}
		if err := v.Delete(name); !errors.Is(err, ErrName) {
			t.Errorf("Delete(%q): %v", name, err)
		}
	}
}

// Of programs that make the key at the same time, all end with the same.
func TestKeyIsMadeOnce(t *testing.T) {
	r := newRig(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := r.open().Set(string(rune('a'+i)), canary); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		r.wants(r.open(), string(rune('a'+i)), canary)
	}
}
