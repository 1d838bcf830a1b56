package store_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"packbench/packing"
	"packbench/store"
	"packbench/text"
)

// speaks: a fault is of that kind, and has a whole sentence in both languages.
func speaks(t *testing.T, err, is error) {
	t.Helper()
	var f *store.Fault
	if !errors.Is(err, is) || !errors.As(err, &f) {
		t.Fatalf("got %v, want %v for people", err, is)
	}
	for _, lang := range text.Languages() {
		words, lerr := text.Load(lang)
		if lerr != nil {
			t.Fatal(lerr)
		}
		if said := words.Text(f.Key, f.Args); said == f.Key || strings.ContainsAny(said, "{}") {
			t.Errorf("%s: %s says %q", lang, f.Key, said)
		}
	}
}

// filled makes a data directory with packed parcels in it.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	r := newRig(t, s)
	r.shop(6)
	r.seal("A")
	r.scan("command PICK", "TB", "badge W", "TB")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func clean(t *testing.T, s *store.Store) store.Audit {
	t.Helper()
	a, err := s.Audit(t.Context())
	if err != nil || len(a.Findings) > 0 {
		t.Fatalf("audit: %v %v", a.Problems, err)
	}
	return a
}

// unpackSchema1 is a database as the first release wrote it.
func unpackSchema1(t *testing.T, dir string) {
	t.Helper()
	packed, err := os.ReadFile("testdata/schema-1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "packbench.db"), data)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSchema1Migrates(t *testing.T) {
	dir := t.TempDir()
	unpackSchema1(t, dir)
	s := open(t, dir) // its parcels lack what newer rules keep of them: they are made anew
	a := clean(t, s)
	if a.Events != 97 || a.Parcels != 6 || a.Outbox != 6 {
		t.Fatalf("%+v", a)
	}
	// The copy is the old database, whole.
	copied := filepath.Join(dir, "backups", fmt.Sprintf("before-schema-%d.db", store.SchemaVersion()))
	if _, err := os.Stat(copied); err != nil {
		t.Fatal(err)
	}
	old := t.TempDir()
	write(t, filepath.Join(old, "packbench.db"), read(t, copied))
	if a := clean(t, open(t, old)); a.Events != 97 {
		t.Fatalf("the copy: %+v", a)
	}
	// It goes on from there.
	r := newRig(t, s)
	r.do(packing.Arrived{Parcel: packing.Parcel{ID: "shop/new", Connection: "shop", Number: "new", Order: "Onew", Status: packing.StatusPackable}})
	if a := clean(t, s); a.Events <= 97 {
		t.Fatalf("%+v", a)
	}
}

// A crash in the middle of a migration leaves the old version whole, and the
// next start does it again.
func TestMigrationCrash(t *testing.T) {
	if dir := os.Getenv("PACKBENCH_MIGRATION_TEST"); dir != "" {
		store.CrashMigration(func(int) error { os.Exit(7); return nil })
		_, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
		t.Fatal("still here", err)
	}
	dir := t.TempDir()
	unpackSchema1(t, dir)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestMigrationCrash$")
	cmd.Env = append(os.Environ(), "PACKBENCH_MIGRATION_TEST="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatalf("%v\n%s", err, out)
	}
	if v := userVersion(t, dir); v != 1 {
		t.Fatalf("after the crash the version is %d", v)
	}
	// A step that fails says so, and leaves it whole too.
	undo := store.CrashMigration(func(int) error { return errors.New("planted") })
	_, err = store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
	undo()
	speaks(t, err, store.ErrMigration)
	if v := userVersion(t, dir); v != 1 {
		t.Fatalf("after the failure the version is %d", v)
	}
	if a := clean(t, open(t, dir)); a.Events != 97 {
		t.Fatalf("%+v", a)
	}
}

func userVersion(t *testing.T, dir string) (v int) {
	t.Helper()
	db := rawOpen(t, dir)
	defer db.Close()
	if err := db.QueryRow("PRAGMA user_version").Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever is wrong with the files, Open says what, and never starts anew in
// place of what was there.
func TestOpenRefusesDamage(t *testing.T) {
	good := filled(t)
	for name, c := range map[string]struct {
		harm func(dir string) error
		is   error
	}{
		"header": {func(dir string) error { return poke(dir, "packbench.db", 0, "NOTSQLITE") }, store.ErrDamaged},
		"middle": {func(dir string) error { return poke(dir, "packbench.db", 5*4096, strings.Repeat("x", 4096)) }, store.ErrDamaged},
		"zeros":  {func(dir string) error { return poke(dir, "packbench.db", 3*4096, strings.Repeat("\x00", 4096)) }, store.ErrDamaged},
		"cut":    {func(dir string) error { return os.Truncate(filepath.Join(dir, "packbench.db"), 6*4096+100) }, store.ErrDamaged},
		"empty":  {func(dir string) error { return os.Truncate(filepath.Join(dir, "packbench.db"), 0) }, store.ErrDamaged},
		"text": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "packbench.db"), bytes.Repeat([]byte("hello\n"), 1000), 0o600)
		}, store.ErrDamaged},
		"foreign": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "packbench.db")), rawExec(dir, "CREATE TABLE t (x)"))
		}, store.ErrForeign},
		"newer":         {func(dir string) error { return rawExec(dir, "PRAGMA user_version = 99") }, store.ErrNewer},
		"an index":      {func(dir string) error { return rawExec(dir, "DROP INDEX outbox_of") }, store.ErrDamaged},
		"directory":     {func(dir string) error { return swapForDir(filepath.Join(dir, "packbench.db")) }, store.ErrNotFile},
		"gone":          {func(dir string) error { return os.Remove(filepath.Join(dir, "packbench.db")) }, store.ErrMissing},
		"labels header": {func(dir string) error { return poke(dir, "labels.db", 0, "NOTSQLITE") }, store.ErrDamaged},
		"labels empty":  {func(dir string) error { return os.Truncate(filepath.Join(dir, "labels.db"), 0) }, store.ErrDamaged},
		"labels dir":    {func(dir string) error { return swapForDir(filepath.Join(dir, "labels.db")) }, store.ErrNotFile},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			if err := c.harm(dir); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(filepath.Join(dir, "packbench.db"))
			for range 2 { // the second time is no better
				_, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
				speaks(t, err, c.is)
			}
			if after, _ := os.ReadFile(filepath.Join(dir, "packbench.db")); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			if name != "an index" && !strings.HasPrefix(name, "labels") {
				_, err := store.Open(dir, store.Options{Shared: true})
				speaks(t, err, c.is)
			}
		})
	}
}

func poke(dir, name string, at int64, data string) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(data), at)
	return errors.Join(err, f.Close())
}

func swapForDir(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }

// The data directory itself may be no directory, or not there.
func TestOpenPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	_, err := store.Open(file, store.Options{Station: "bench-1", Reserve: -1})
	speaks(t, err, store.ErrNotFile)
	_, err = store.Open(filepath.Join(t.TempDir(), "nothing"), store.Options{Shared: true})
	speaks(t, err, store.ErrMissing)
	s := open(t, filepath.Join(t.TempDir(), "a", "b #?%", "ü"))
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What can't be written is refused by a sentence. Root may write everywhere,
// so it is done by a process of somebody else.
func TestReadOnly(t *testing.T) {
	if dir := os.Getenv("PACKBENCH_READONLY_TEST"); dir != "" {
		_, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
		speaks(t, err, store.ErrReadOnly)
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("SKIP rights are otherwise here")
	}
	for name, harm := range map[string]func(dir string) error{
		"directory": func(dir string) error { return os.Chmod(dir, 0o500) },
		"file": func(dir string) error {
			return errors.Join(os.Chmod(filepath.Join(dir, "packbench.db"), 0o400), removeLogs(dir))
		},
		"labels": func(dir string) error {
			return errors.Join(os.Chmod(filepath.Join(dir, "labels.db"), 0o400), removeLogs(dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			if err := harm(dir); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
			cmd := exec.Command(os.Args[0], "-test.run", "^TestReadOnly$")
			cmd.Env = append(os.Environ(), "PACKBENCH_READONLY_TEST="+dir)
			asSomebody(t, cmd, dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

func removeLogs(dir string) error {
	for _, name := range []string{"packbench.db-wal", "packbench.db-shm", "labels.db-wal", "labels.db-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// The rights of everything in the data directory are its owner's alone.
func TestRightsAreNarrowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIP rights are otherwise here")
	}
	dir := filled(t)
	for _, sub := range []string{"secrets", "backups"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, sub, "x"), []byte("x"))
	}
	if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chmod(path, 0o755))
	}); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	newRig(t, s).scan("badge W")
	if _, err := s.BackupDaily(t.Context(), testNow); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return nil
	}); err != nil || n < 8 {
		t.Fatal(n, err)
	}
}
