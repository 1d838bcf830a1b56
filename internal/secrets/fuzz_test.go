package secrets

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzUnseal(f *testing.F) {
	dir := f.TempDir()
	s := newSealer(filepath.Join(dir, "data"), filepath.Join(dir, "data", "secrets"), Options{KeyDirs: []string{filepath.Join(dir, "keys")}, Getenv: func(string) string { return "" }})
	whole, err := s.seal("erp", canary)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(sealHead))
	f.Add(whole[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := s.unseal("erp", data)
		if err == nil && !bytes.Equal(data, whole) {
			t.Fatalf("%q opened as %q", data, got)
		}
	})
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"erp", "小店", "../x", "a=b", "A", "nul"} {
		f.Add(s, s+"=")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		ea, eb := encode(a), encode(b)
		if (a == b) != strings.EqualFold(ea, eb) {
			t.Fatalf("%q → %s, %q → %s", a, ea, b, eb)
		}
		if len(ea) > 200 || strings.ContainsAny(ea, "/\\.: \x00") {
			t.Fatalf("%q → %s", a, ea)
		}
	})
}
