package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"packbench/store"
)

// Whatever Backup writes, Restore takes: pictures of any name that this system
// lets people make, with the bytes of each.
func TestRestoreTakesEveryName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse most of these names")
	}
	names := []string{
		"a\\b.png", "\xb1\xa6.png", "a:b.png", "Mug.png", "mug.png", "MUG.png", "mug-2.png", "con.png", "NUL", "com1.x", "COM¹", "end.", "end ", "x\ny.png", "100%.png",
		"100%25.png", "\ufffd.png", "a%3Ab.png", "A/x.png", "a/y.png", "b/c/d.png", "B", "日本 杯子.png", "..x", "-x", strings.Repeat("n", 255), strings.Repeat("杯", 85), strings.Repeat(":", 255), "manifest.json", "packbench.db",
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	letters := []byte("aAbB.:\\% \xb1\xffé")
	for range 200 {
		b := make([]byte, 1+rnd.IntN(5))
		for i := range b {
			b[i] = letters[rnd.IntN(len(letters))]
		}
		names = append(names, string(b))
	}
	s := open(t, t.TempDir())
	root := filepath.Join(s.Dir, "pictures")
	want := map[string]bool{} // what is in the files
	for _, name := range names {
		path := filepath.Join(root, name)
		if filepath.Dir(path) != root && !strings.Contains(name, "/") || path == root {
			continue // "." and ".."
		}
		if _, err := os.Lstat(path); err == nil || want[name] {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte(name))
		want[name] = true
	}
	file := filepath.Join(t.TempDir(), "b"+store.BackupSuffix)
	info, err := s.Backup(t.Context(), file, testNow)
	if err != nil || len(info.LeftOut) > 0 {
		t.Fatal(err, info.LeftOut)
	}
	to := filepath.Join(t.TempDir(), "new")
	if _, err := store.Restore(t.Context(), file, to, false, testNow); err != nil {
		t.Fatal(err)
	}
	renamed := map[string]bool{}
	for _, r := range info.Renamed {
		renamed[r.Name] = true
	}
	here := map[string]string{} // as a system takes it that knows no case
	err = filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		own, rerr := filepath.Rel(to, path)
		if err != nil || rerr != nil || d.IsDir() || !strings.HasPrefix(own, "pictures") {
			return err
		}
		data := string(read(t, path))
		if !want[data] {
			t.Errorf("%q holds %q", own, data)
		}
		delete(want, data)
		if renamed[own] == (own == "pictures/"+data) {
			t.Errorf("%q was %q, and the manifest says renamed: %v", own, data, renamed[own])
		}
		if other := here[strings.ToLower(own)]; other != "" {
			t.Errorf("%q and %q are one on Windows", own, other)
		}
		here[strings.ToLower(own)] = own
		if !utf8.ValidString(own) || strings.ContainsAny(own, "\\:\n\"<>|?*") || len(filepath.Base(own)) > 255 {
			t.Errorf("%q is no name for every system", own)
		}
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Fatal(err, "lost:", want)
	}
	for _, name := range []string{"pictures/a%3Ab.png", "pictures/_con.png", "pictures/日本 杯子.png"} {
		if _, err := os.Stat(filepath.Join(to, name)); err != nil {
			t.Error(err)
		}
	}
}

// What can't go into a backup is named in it, and doesn't keep it from being made.
func TestBackupLeavesOutAndSaysSo(t *testing.T) {
	s := open(t, t.TempDir())
	root := filepath.Join(s.Dir, "pictures")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "ok.png"), []byte("x"))
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "link.png")); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "b"+store.BackupSuffix)
	info, err := s.Backup(t.Context(), file, testNow)
	if err != nil || len(info.Files) != 3 || strings.Join(info.LeftOut, " ") != "pictures/link.png" {
		t.Fatalf("%+v %v", info, err)
	}
	if again, err := store.ReadManifest(file); err != nil || strings.Join(again.LeftOut, " ") != "pictures/link.png" {
		t.Fatalf("%+v %v", again, err)
	}
}
