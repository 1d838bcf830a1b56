package crash_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"packbench/internal/crash"
)

// hexed is a text as strace -xx writes it.
func hexed(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString(`\x`)
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// traced writes lines as strace would: «» is a path, “” a string.
func traced(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		for _, q := range [][4]string{{"«", "»", "<", ">"}, {"“", "”", `"`, `"`}} {
			for {
				head, rest, ok := strings.Cut(line, q[0])
				if !ok {
					break
				}
				text, tail, _ := strings.Cut(rest, q[1])
				line = head + q[2] + hexed(text) + q[3] + tail
			}
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []crash.Op
	}{
		{"open, write, sync, mark", []string{
			`7 openat(AT_FDCWD«/tmp», “/d/x.db”, O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 5«/d/x.db»`,
			`7 pwrite64(5«/d/x.db», “a"),\”, 5, 4096) = 5`,
			`7 fsync(5«/d/x.db») = 0`,
			`7 write(1<pipe:[77]>, “ack 1` + "\n" + `”, 6) = 6`,
			`7 +++ exited with 0 +++`,
		}, []crash.Op{
			{Kind: crash.Create, Path: "/d/x.db"},
			{Kind: crash.Write, Path: "/d/x.db", Off: 4096, Data: []byte(`a"),\`)},
			{Kind: crash.Sync, Path: "/d/x.db", Before: 2},
			{Kind: crash.Mark, Path: "pipe:[77]", Off: -1, Data: []byte("ack 1\n"), Before: 3},
		}},
		{"a short write counts as far as it came", []string{
			`7 pwrite64(5«/d/x.db», “abcdef”, 6, 0) = 2`,
		}, []crash.Op{{Kind: crash.Write, Path: "/d/x.db", Data: []byte("ab")}}},
		{"two threads: a sync covers what had ended when it began", []string{
			`7 fsync(5«/d/x.db» <unfinished ...>`,
			`8 pwrite64(6«/d/x.db-wal», “z”, 1, 0 <unfinished ...>`,
			`9 --- SIGURG {si_signo=SIGURG} ---`,
			`8 <... pwrite64 resumed>) = 1`,
			`7 <... fsync resumed>) = 0`,
		}, []crash.Op{
			{Kind: crash.Write, Path: "/d/x.db-wal", Data: []byte("z")},
			{Kind: crash.Sync, Path: "/d/x.db", Before: 0},
		}},
		{"cut, remove, rename, sync of the folder", []string{
			`ftruncate(5«/d/x.db-wal», 0) = 0`,
			`unlink(“/d/x.db-journal”) = 0`,
			`renameat(AT_FDCWD«/», “/d/x.db.new”, AT_FDCWD«/», “/d/x.db”) = 0`,
			`fdatasync(4«/d») = 0`,
		}, []crash.Op{
			{Kind: crash.Truncate, Path: "/d/x.db-wal"},
			{Kind: crash.Unlink, Path: "/d/x.db-journal"},
			{Kind: crash.Rename, Path: "/d/x.db.new", To: "/d/x.db"},
			{Kind: crash.Sync, Path: "/d", Before: 3},
		}},
		{"what failed, and what is not ours", []string{
			`7 openat(AT_FDCWD«/», “/d/x.db”, O_RDWR|O_CREAT, 0644) = -1 EACCES (Permission denied)`,
			`7 openat(AT_FDCWD«/», “/d/x.db”, O_RDONLY) = 5«/d/x.db»`,
			`7 pwrite64(5«/d/x.db-shm», “a”, 1, 0) = 1`,
			`7 pwrite64(5«/e/x.db», “a”, 1, 0) = 1`,
			`7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 9«/d/x.db-shm», 0) = 0x7f`,
			`7 mmap(NULL, 32768, PROT_READ, MAP_SHARED, 9«/d/x.db», 0) = 0x7f`,
			`7 fsync(5«/d/x.db» <unfinished ...>`,
		}, nil},
	} {
		got, err := crash.Parse(strings.NewReader(traced(c.lines...)), "/d", crash.SQLiteFile)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i := range got {
			if c.want != nil && i < len(c.want) && got[i].Kind != crash.Sync {
				got[i].Before = c.want[i].Before // only a sync's counts
			}
		}
		if d := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// What can't be replayed is an error: a trial that skips writes proves nothing.
func TestParseRefuses(t *testing.T) {
	for _, line := range []string{
		`7 writev(5«/d/x.db», [{iov_base=“a”, iov_len=1}], 1) = 1`,
		`7 write(5«/d/x.db», “a”, 1) = 1`,
		`7 fallocate(5«/d/x.db», 0, 0, 10) = 0`,
		`7 openat(AT_FDCWD«/», “/d/x.db”, O_RDWR|O_TRUNC) = 5«/d/x.db»`,
		`7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 9«/d/x.db», 0) = 0x7f`,
		`7 copy_file_range(4«/e», NULL, 5«/d/x.db», NULL, 10, 0) = 10`,
		`7 pwrite64(5«/d/x.db», “abc”..., 3, 0) = 3`,
		`7 pwrite64(5«/d/x.db», “abc”, 3, 0) = 9`,
		`7 pwrite64(5«/d/x.db», “abc”, 3) = 3`,
		`7 ftruncate(5«/d/x.db», -1) = 0`,
		`7 pwrite64(5</d/x.db, “abc”, 3, 0) = 3`,
		`7 <... fsync resumed>) = 0`,
		`7 fsync(5«/d/x.db»)`,
		`7 fsync(5<\x2f\x6>) = 0`,
		`7 renameat2(AT_FDCWD«/», “/d/x.db”, AT_FDCWD«/», “/d/y.db”, RENAME_EXCHANGE) = 0`,
	} {
		if _, err := crash.Parse(strings.NewReader(traced(line)), "/d", crash.SQLiteFile); !errors.Is(err, crash.ErrTrace) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(traced(`7 openat(AT_FDCWD«/tmp», “/d/x.db”, O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 5«/d/x.db»`,
		`7 pwrite64(5«/d/x.db», “abc”, 3, 512 <unfinished ...>`, `8 fsync(4«/d») = 0`, `7 <... pwrite64 resumed>) = 3`))
	f.Add(traced(`ftruncate(5«/d/x.db», 10) = 0`, `unlink(“/d/x.db”) = 0`, `rename(“/d/x.db”, “/d/y.db”) = 0`))
	f.Fuzz(func(t *testing.T, trace string) {
		ops, err := crash.Parse(strings.NewReader(trace), "/d", crash.SQLiteFile)
		if err != nil && !errors.Is(err, crash.ErrTrace) {
			t.Fatal(err)
		}
		for i, op := range ops {
			if op.Before > i || op.Kind < crash.Write || op.Kind > crash.Mark {
				t.Fatalf("operation %d is %+v", i, op)
			}
		}
	})
}
