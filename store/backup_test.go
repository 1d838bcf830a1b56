package store_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/packing"
	"packbench/store"
)

// backedUp makes a data directory with everything in it, and a backup of it.
func backedUp(t *testing.T) (dir, file string) {
	t.Helper()
	dir = filled(t)
	for name, data := range map[string]string{
		"pictures/mug.png": "a picture", "pictures/a/b.png": "another", "profiles/my.json": "{}", "secrets/shop": secretCanary,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte(data))
	}
	s := open(t, dir)
	if _, err := s.SaveLabelFile(t.Context(), "pdf", []byte("%PDF of a label"), testNow.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "day.packbench-backup")
	info, err := s.Backup(t.Context(), file, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if info.Parcels != 6 || info.Events < 10 || len(info.Files) != 5 {
		t.Fatalf("%+v", info)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

const secretCanary = "whsec_canary_0123456789"

func TestBackupAndRestore(t *testing.T) {
	dir, file := backedUp(t)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Fatal(info.Mode(), err)
	}
	to := filepath.Join(t.TempDir(), "new")
	done, err := store.Restore(t.Context(), file, to, false, testNow)
	if err != nil || done.Aside != "" {
		t.Fatal(done, err)
	}
	s := open(t, to)
	a := clean(t, s)
	if a.Parcels != 6 || a.Labels != 1 || a.Events != done.Events || a.Head != done.Head {
		t.Fatalf("%+v, %+v", a, done)
	}
	for _, name := range []string{"pictures/mug.png", "pictures/a/b.png", "profiles/my.json"} {
		if got, want := read(t, filepath.Join(to, name)), read(t, filepath.Join(dir, name)); !bytes.Equal(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "secrets")); err == nil {
		t.Error("secrets came along")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A directory that holds data is refused, and moved aside with replace.
	_, err = store.Restore(t.Context(), file, to, false, testNow)
	speaks(t, err, store.ErrNotEmpty)
	write(t, filepath.Join(to, "mine"), []byte("mine"))
	done, err = store.Restore(t.Context(), file, to, true, testNow)
	if err != nil || done.Aside == "" || string(read(t, filepath.Join(done.Aside, "mine"))) != "mine" {
		t.Fatal(done, err)
	}
	if _, err := os.Stat(filepath.Join(to, "mine")); err == nil {
		t.Error("the old file is still there")
	}
	if a := clean(t, open(t, done.Aside)); a.Parcels != 6 {
		t.Fatalf("what was moved aside: %+v", a)
	}
	clean(t, open(t, to))
	if _, err = store.Restore(t.Context(), file, to, true, testNow); err == nil {
		t.Fatal("a directory in use was replaced")
	}
	var locked *store.LockedError
	if !errors.As(err, &locked) {
		t.Fatal(err)
	}
}

// What any tool finds in the archive: no secret, and no file that is not named.
func TestBackupHoldsNoSecret(t *testing.T) {
	_, file := backedUp(t)
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	names := []string{}
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(secretCanary)) {
			t.Errorf("%s holds the secret", f.Name)
		}
	}
	if got := strings.Join(names, " "); got != "packbench.db labels.db profiles/my.json pictures/a/b.png pictures/mug.png manifest.json" {
		t.Fatal(got)
	}
}

// A backup in which one byte is not as it was written is refused, wherever it
// is, and nothing is touched.
func TestRestoreRefusesEveryDamage(t *testing.T) {
	_, file := backedUp(t)
	good := read(t, file)
	to := filepath.Join(t.TempDir(), "new")
	bad := filepath.Join(t.TempDir(), "bad"+store.BackupSuffix)
	try := func(what string, data []byte) {
		t.Helper()
		write(t, bad, data)
		_, err := store.Restore(t.Context(), bad, to, false, testNow)
		if err == nil {
			t.Fatalf("%s was restored", what)
		}
		speaks(t, err, store.ErrBackup)
		for _, path := range []string{to, to + ".restoring"} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("%s left %s", what, path)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	places := []int{0, 1, 4, 10, len(good) - 1, len(good) - 64, len(good) - 65, len(good) - 90, len(good) - 100, len(good) - 110}
	for range 300 {
		places = append(places, rnd.IntN(len(good)))
	}
	for _, at := range places {
		data := bytes.Clone(good)
		data[at] ^= byte(1 + rnd.IntN(255))
		try(fmt.Sprintf("byte %d of %d changed", at, len(good)), data)
	}
	for _, n := range []int{0, 1, 3, 4, 100, len(good) / 2, len(good) - 100, len(good) - 1} {
		try(fmt.Sprintf("cut to %d", n), good[:n])
	}
	try("a byte more", append(bytes.Clone(good), 0))
	try("a text", []byte(strings.Repeat("hello\n", 100)))
	var other bytes.Buffer
	z := zip.NewWriter(&other)
	if _, err := z.Create("x"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	try("another archive", other.Bytes())
	if _, err := store.Restore(t.Context(), file, to, false, testNow); err != nil {
		t.Fatal("the good one:", err)
	}
}

// A backup whose seal is right and whose content is not: made by somebody with
// a newer program, or with evil intent.
func TestRestoreRefusesForeignContent(t *testing.T) {
	for name, c := range map[string]struct {
		info func(*store.BackupInfo)
		is   error
	}{
		"newer format": {func(i *store.BackupInfo) { i.Format = 2 }, store.ErrNewer},
		"newer schema": {func(i *store.BackupInfo) { i.Schema = 99 }, store.ErrNewer},
		"leads out":    {func(i *store.BackupInfo) { i.Files[0].Name = "../evil" }, store.ErrBackup},
		"absolute":     {func(i *store.BackupInfo) { i.Files[0].Name = "/tmp/evil" }, store.ErrBackup},
		"other folder": {func(i *store.BackupInfo) { i.Files[0].Name = "secrets/shop" }, store.ErrBackup},
		"pictures/..":  {func(i *store.BackupInfo) { i.Files[0].Name = "pictures/../../x" }, store.ErrBackup},
		"wrong head":   {func(i *store.BackupInfo) { i.Head = strings.Repeat("0", 64) }, store.ErrBackup},
		"wrong count":  {func(i *store.BackupInfo) { i.Events++ }, store.ErrBackup},
		"wrong size":   {func(i *store.BackupInfo) { i.Files[0].Size-- }, store.ErrBackup},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			file := filepath.Join(t.TempDir(), "x"+store.BackupSuffix)
			if err := store.ForgeBackup(t.Context(), dir, file, c.info); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "new")
			_, err := store.Restore(t.Context(), file, to, false, testNow)
			speaks(t, err, c.is)
			if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
				t.Fatal("something was left")
			}
		})
	}
	t.Run("as it is", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "x"+store.BackupSuffix)
		if err := store.ForgeBackup(t.Context(), filled(t), file, func(*store.BackupInfo) {}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Restore(t.Context(), file, filepath.Join(t.TempDir(), "new"), false, testNow); err != nil {
			t.Fatal("the forger can't forge:", err)
		}
	})
	t.Run("changed before", func(t *testing.T) {
		dir := filled(t)
		raw(t, dir, "UPDATE journal SET person = 'X' WHERE seq = 5")
		s := open(t, dir)
		_, err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "x"), testNow)
		speaks(t, err, store.ErrDamaged)
		speaks(t, s.Check(t.Context()), store.ErrDamaged)
	})
}

// A crash at any step of a restore leaves the old directory whole, or the new
// one, and the same command again ends it.
func TestRestoreCrash(t *testing.T) {
	if step := os.Getenv("PACKBENCH_RESTORE_TEST"); step != "" {
		store.CrashRestore(func(now string) {
			if now == step {
				os.Exit(7)
			}
		})
		_, err := store.Restore(t.Context(), os.Getenv("PACKBENCH_RESTORE_FILE"), os.Getenv("PACKBENCH_RESTORE_DIR"), true, testNow)
		t.Fatal("still here", err)
	}
	_, file := backedUp(t)
	for _, old := range []bool{true, false} {
		for _, step := range []string{"packbench.db", "labels.db", "ready", "between"} {
			if step == "between" && !old {
				continue // there is nothing to swap with
			}
			t.Run(fmt.Sprint(step, " ", old), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "data")
				if old {
					if err := os.CopyFS(dir, os.DirFS(filled(t))); err != nil {
						t.Fatal(err)
					}
					write(t, filepath.Join(dir, "mine"), []byte("mine"))
				}
				cmd := exec.Command(os.Args[0], "-test.run", "^TestRestoreCrash$")
				cmd.Env = append(os.Environ(), "PACKBENCH_RESTORE_TEST="+step, "PACKBENCH_RESTORE_FILE="+file, "PACKBENCH_RESTORE_DIR="+dir)
				out, err := cmd.CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != 7 {
					t.Fatalf("%v\n%s", err, out)
				}
				s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
				if !old {
					speaks(t, err, store.ErrInterrupted)
				} else if err != nil {
					t.Fatal("half a directory:", err)
				} else {
					clean(t, s)
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := store.Restore(t.Context(), file, dir, true, testNow); err != nil {
					t.Fatal("again:", err)
				}
				if a := clean(t, open(t, dir)); a.Labels != 1 {
					t.Fatalf("%+v", a)
				}
				if old && !somewhere(t, filepath.Dir(dir), "mine") {
					t.Fatal("the old data was deleted")
				}
			})
		}
	}
}

func somewhere(t *testing.T, dir, name string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		found = found || d != nil && d.Name() == name
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A backup beside a bench that commits all the time is one moment of it.
func TestBackupBesideWriter(t *testing.T) {
	s := open(t, t.TempDir())
	r := newRig(t, s)
	r.shop(3)
	shared, err := store.Open(s.Dir, store.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			r.do(packing.CancelNews{Parcel: packing.ParcelID("shop/" + string(rune('A'+n%3))), Cancel: []packing.Cancel{packing.CancelAsked, packing.CancelNone}[n/3%2]})
		}
		stopped <- n
	}()
	var last int64
	for i := range 4 {
		file := filepath.Join(t.TempDir(), "b")
		if _, err := shared.Backup(t.Context(), file, testNow); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "new")
		done, err := store.Restore(t.Context(), file, to, false, testNow)
		if err != nil {
			t.Fatal(err)
		}
		if a := clean(t, open(t, to)); a.Events != done.Events || a.Events <= last {
			t.Fatalf("backup %d: %d events, %d in the last one", i, a.Events, last)
		}
		last = done.Events
	}
	cancel()
	t.Logf("4 backups beside %d commits", <-stopped)
}

func TestDailyBackups(t *testing.T) {
	s := open(t, t.TempDir())
	newRig(t, s).shop(1)
	backups := func() []string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(s.Dir, "backups", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		return names
	}
	daily := func(now time.Time, want bool) {
		t.Helper()
		file, err := s.BackupDaily(t.Context(), now)
		if err != nil || (file != "") != want {
			t.Fatal(now, file, err)
		}
	}
	day := 24 * time.Hour
	daily(testNow, true)
	daily(testNow.Add(19*time.Hour), false)
	for i := 1; i <= 9; i++ {
		daily(testNow.Add(time.Duration(i)*day), true)
	}
	if n := backups(); len(n) != 7 || !strings.Contains(n[6], testNow.Add(9*day).UTC().Format("20060102")) {
		t.Fatal(n)
	}
	if at, err := s.LastBackup(testNow.Add(10 * day)); err != nil || !at.Equal(testNow.Add(9*day)) {
		t.Fatal(at, err)
	}
	a := clean(t, s)
	if a.Anchors != 1 { // seven backups of the same newest event
		t.Fatalf("%+v", a)
	}
	// After weeks in which nobody was here, a new one is made first, and what
	// is older than 52 days goes although fewer than seven are left.
	later := testNow.Add(57 * day)
	write(t, filepath.Join(s.Dir, "backups", "before-schema-2.db"), nil)
	write(t, filepath.Join(s.Dir, "backups", "my own"), nil)
	if err := os.Chtimes(filepath.Join(s.Dir, "backups", "before-schema-2.db"), testNow, testNow); err != nil {
		t.Fatal(err)
	}
	works(t, s, later)
	daily(later, true)
	if n := backups(); len(n) != 7 || !strings.Contains(strings.Join(n, " "), "my own") { // of the days 5 to 9, today's, and my own
		t.Fatal(n)
	}
	// A clock that was in the future for a day costs nothing.
	daily(later.Add(1000*day), true)
	daily(later.Add(day), true)
	daily(later.Add(day+time.Hour), false)
	if at, err := s.LastBackup(later.Add(day + time.Hour)); err != nil || !at.Equal(later.Add(day)) {
		t.Fatal(at, err)
	}
}
