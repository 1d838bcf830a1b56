package secrets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSystemd(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	r.env["CREDENTIALS_DIRECTORY"] = dir
	if got := r.open().Where(); got != File {
		t.Error("somebody else's credentials are taken for ours:", got)
	}
	for name, data := range map[string]string{"packbench.erp": canary + "\n", "packbench.=e5=b0=8f=e5=ba=97": "store\r\n", "other": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	v := r.open()
	if v.Where() != Systemd || v.Keeps() != File {
		t.Fatal(v.Where(), v.Keeps())
	}
	r.wants(v, "erp", canary)
	r.wants(v, "小店", "store")
	if err := v.Set("erp", "x"); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	if err := v.Delete("erp"); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	r.set(v, "pepper", "made here")
	r.wants(r.open(), "pepper", "made here")
	if _, err := v.Get("other"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestTakeOverPlainFiles(t *testing.T) {
	for name, ring := range map[string]Ring{"file": NoKeyring, "keyring": newRing()} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.ring = ring
			dir := filepath.Join(r.data, "secrets")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for file, data := range map[string]string{"erp": canary + "\n", "小店": canary + "2\n", "set": canary + "old\n", "empty": "", "mine": "other"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var found []string
			v, err := Open(r.data, Options{Keyring: ring, KeyDirs: []string{r.keys}, Getenv: func(string) string { return "" }, Found: func(s string) { found = append(found, s) }})
			if err != nil {
				t.Fatal(err)
			}
			r.set(v, "connection-set", "newer")
			legacy := func(file string) string {
				if file == "mine" {
					return ""
				}
				return "connection-" + file
			}
			for range 2 { // the second finds nothing to do
				if err := v.TakeOver(legacy); err != nil {
					t.Fatal(err)
				}
			}
			r.wants(v, "connection-erp", canary)
			r.wants(v, "connection-小店", canary+"2")
			r.wants(v, "connection-set", "newer")
			nowhere(t, r.data, "Canary")
			for _, gone := range []string{"erp", "小店", "set"} {
				if _, err := os.Stat(filepath.Join(dir, gone)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is still there: %v", gone, err)
				}
			}
			if data, err := os.ReadFile(filepath.Join(dir, "mine")); err != nil || string(data) != "other" {
				t.Error("a file that is none of ours:", string(data), err)
			}
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 && runtime.GOOS != "windows" {
				t.Error(info.Mode(), err)
			}
			if !strings.Contains(strings.Join(found, " "), canary) {
				t.Error("logs were not told what to hide")
			}
		})
	}
}

// A secret that can't be kept stays where it is.
func TestTakeOverLosesNothing(t *testing.T) {
	r := newRig(t)
	v := r.open()
	r.set(v, "x", "x") // makes the key
	plain := filepath.Join(r.data, "secrets", "erp")
	if err := os.WriteFile(plain, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.keys, "key"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.TakeOver(func(f string) string { return f }); err == nil || strings.Contains(err.Error(), "Canary") {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(plain); err != nil || string(data) != canary {
		t.Error(string(data), err)
	}
}

func TestIsolate(t *testing.T) {
	t.Setenv("PACKBENCH_KEYRING", "before")
	t.Setenv("PACKBENCH_KEYS", "")
	if err := os.Unsetenv("PACKBENCH_KEYS"); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "keys")
	undo, err := Isolate(keys)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Set("erp", canary); err != nil || v.Where() != File {
		t.Error(v.Where(), err)
	}
	if _, err := os.Stat(filepath.Join(keys, "key")); err != nil {
		t.Error(err)
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	if _, set := os.LookupEnv("PACKBENCH_KEYS"); set || os.Getenv("PACKBENCH_KEYRING") != "before" {
		t.Error("the environment is not as it was")
	}
}
