//go:build unix

package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"packbench/store"
)

// A file or folder of root's in the data directory doesn't keep a bench from
// starting or from backing up; a database that can't be made private does.
func TestForeignFiles(t *testing.T) {
	if dir := os.Getenv("PACKBENCH_FOREIGN_DIR"); dir != "" {
		s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
		if os.Getenv("PACKBENCH_FOREIGN") != "" {
			speaks(t, err, store.ErrReadOnly)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := s.Backup(t.Context(), filepath.Join(dir, "backup"), testNow)
		if err != nil || strings.Join(info.LeftOut, " ") != "profiles/locked profiles/admin.json" {
			t.Fatal(info.LeftOut, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("SKIP another user's files need root")
	}
	for what, foreign := range map[string]string{"a profile": "", "the database": "packbench.db"} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(filled(t))); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run", "^TestForeignFiles$")
			cmd.Env = append(os.Environ(), "PACKBENCH_FOREIGN_DIR="+dir, "PACKBENCH_FOREIGN="+foreign)
			for _, folder := range []string{"profiles/locked", "lost+found"} {
				if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(dir, "profiles/admin.json"), []byte("{}"))
			asSomebody(t, cmd, dir)
			roots := map[string]os.FileMode{"profiles/admin.json": 0o640, "profiles/locked": 0o750, "lost+found": 0o700}
			if foreign != "" {
				roots[foreign] = 0o666
			}
			for name, mode := range roots {
				path := filepath.Join(dir, name)
				if err := os.Chown(path, 0, 0); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
