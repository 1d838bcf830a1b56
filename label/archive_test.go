package label

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type member struct {
	name  string
	data  []byte
	mode  fs.FileMode
	flags uint16
}

func zipped(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Flags: m.flags}
		h.SetMode(m.mode | 0o600)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readArchive(data []byte, limits ArchiveLimits) (entries []Entry, err error) {
	err = ReadArchive(data, limits, func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

func TestReadArchive(t *testing.T) {
	pdf := testPDF("", labelPage("ZIPPED123"))
	entries, err := readArchive(zipped(t,
		member{name: "labels/", mode: fs.ModeDir}, member{name: "labels/面单 1.pdf", data: pdf}, member{name: "__MACOSX/._x.pdf", data: []byte("x")},
		member{name: "labels/2.PNG", data: []byte("\x89PNG\r\n\x1a\n")}, member{name: "Thumbs.db", data: []byte("x")},
	), DefaultArchiveLimits)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v: %+v", err, entries)
	}
	if entries[0].Name != "labels/面单 1.pdf" || !bytes.Equal(entries[0].Data, pdf) || entries[0].Err != nil {
		t.Errorf("%+v", entries[0])
	}
	if !entries[1].Junk || !entries[3].Junk || entries[2].Junk {
		t.Errorf("junk: %+v", entries)
	}
	stop := errors.New("stop")
	n := 0
	if err := ReadArchive(zipped(t, member{name: "a", data: pdf}, member{name: "b", data: pdf}), DefaultArchiveLimits, func(Entry) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("stopping: %v after %d", err, n)
	}
}

func TestHostileEntries(t *testing.T) {
	good := member{name: "good.pdf", data: []byte("%PDF-1.4 good")}
	for _, c := range []struct {
		name string
		m    member
		want error
	}{
		{"up", member{name: "../x.pdf"}, ErrName},
		{"up inside", member{name: "a/../../x.pdf"}, ErrName},
		{"here", member{name: "./x.pdf"}, ErrName},
		{"absolute", member{name: "/x.pdf"}, ErrName},
		{"twice", member{name: "a//x.pdf"}, ErrName},
		{"backslash", member{name: `..\x.pdf`}, ErrName},
		{"drive", member{name: "C:x.pdf"}, ErrName},
		{"stream", member{name: "x.pdf:hidden"}, ErrName},
		{"device", member{name: "NUL.pdf"}, ErrName},
		{"device in a folder", member{name: "a/com1.x/b.pdf"}, ErrName},
		{"device with a raised digit", member{name: "LPT².pdf"}, ErrName},
		{"device with a space", member{name: "aux .pdf"}, ErrName},
		{"NUL", member{name: "x.pdf\x00.exe"}, ErrName},
		{"line break", member{name: "x\n.pdf"}, ErrName},
		{"escape", member{name: "\x1b[31m.pdf"}, ErrName},
		{"endless", member{name: strings.Repeat("x", 2000)}, ErrName},
		{"link", member{name: "x.pdf", data: []byte("/etc/passwd"), mode: fs.ModeSymlink}, ErrNotPlain},
		{"pipe", member{name: "x.pdf", data: []byte("x"), mode: fs.ModeNamedPipe}, ErrNotPlain},
		{"password", member{name: "x.pdf", data: []byte("x"), flags: 1}, ErrEncrypted},
		{"nothing in it", member{name: "x.pdf"}, ErrEmpty},
		{"zip", member{name: "x.pdf", data: []byte("PK\x03\x04")}, ErrArchive},
		{"gzip", member{name: "x.pdf", data: []byte("\x1f\x8b")}, ErrArchive},
		{"tar", member{name: "x.pdf", data: append(make([]byte, 257), "ustar\x0000"...)}, ErrArchive},
		{"too large", member{name: "x.pdf", data: make([]byte, DefaultLimits.FileBytes+1)}, ErrTooLarge},
		{"bomb", member{name: "x.pdf", data: make([]byte, 2<<20)}, ErrBomb},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, err := readArchive(zipped(t, c.m, good), DefaultArchiveLimits)
			if err != nil || len(entries) != 2 {
				t.Fatalf("%v: %+v", err, entries)
			}
			if !errors.Is(entries[0].Err, c.want) || entries[0].Data != nil {
				t.Errorf("%+v, want %v", entries[0], c.want)
			}
			if entries[1].Err != nil || len(entries[1].Data) == 0 {
				t.Errorf("the good one beside it: %+v", entries[1])
			}
		})
	}
	for _, ok := range []string{"x.pdf", "a/b/c.pdf", "..x.pdf", "com.pdf", "com10.pdf", "console.pdf", "lpt.pdf", "面单.pdf", "l\u202efdp.pdf", "nulled.pdf", "a..b"} {
		if !safeName(ok) {
			t.Errorf("%q is refused", ok)
		}
	}
}

func TestHostileArchives(t *testing.T) {
	many := make([]member, DefaultArchiveLimits.Entries+1)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	// The size that an entry announces is false: only counting finds it.
	lying := zipped(t, member{name: "a.pdf", data: bytes.Repeat([]byte("0123456789abcdef"), 4096)})
	small := DefaultArchiveLimits
	small.Unpacked = 40_000
	for at := bytes.Index(lying, []byte("PK\x01\x02")); at >= 0; at = -1 {
		copy(lying[at+24:], []byte{1, 0, 0, 0}) // in the directory
	}
	for _, c := range []struct {
		name   string
		data   []byte
		limits ArchiveLimits
		want   error
	}{
		{"cut off", zipped(t, member{name: "a", data: []byte("x")})[:40], DefaultArchiveLimits, ErrDamaged},
		{"empty", zipped(t), DefaultArchiveLimits, ErrEmpty},
		{"many entries", zipped(t, many...), DefaultArchiveLimits, ErrTooLarge},
		{"too large", make([]byte, 100), ArchiveLimits{Bytes: 99}, ErrTooLarge},
		{"announces too much", zipped(t, member{name: "a", data: make([]byte, 50_000)}), small, ErrBomb},
		{"announces too little", lying, small, nil}, // the entry itself is refused
	} {
		entries, err := readArchive(c.data, c.limits)
		if !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want == nil && (len(entries) != 1 || entries[0].Err == nil) {
			t.Errorf("%s: %+v", c.name, entries)
		}
	}
	// Entries that overlap: each is small, together they are a bomb.
	limits := DefaultArchiveLimits
	limits.Unpacked = 3000
	if _, err := readArchive(zipped(t, member{name: "a", data: make([]byte, 2000)}, member{name: "b", data: make([]byte, 2000)}), limits); !errors.Is(err, ErrBomb) {
		t.Errorf("together too much: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "l.pdf")
	put := func(size int64, head string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
	}
	put(9, "%PDF-1.7\n")
	if data, err := ReadFile(path); err != nil || len(data) != 9 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	for _, c := range []struct {
		name string
		size int64
		head string
		want error
	}{
		{"empty", 0, "", ErrEmpty},
		{"label too large", int64(DefaultLimits.FileBytes) + 1, "%PDF-", ErrTooLarge},
		{"archive too large", DefaultArchiveLimits.Bytes + 1, "PK\x03\x04", ErrTooLarge},
	} {
		put(c.size, c.head)
		if _, err := ReadFile(path); !errors.Is(err, c.want) || Problem(err) == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	put(int64(DefaultLimits.FileBytes)+1, "PK\x03\x04")
	if _, err := ReadFile(path); err != nil {
		t.Errorf("an archive may be larger than a label: %v", err)
	}
	if _, err := ReadFile(dir); !errors.Is(err, ErrFolder) {
		t.Errorf("folder: %v", err)
	}
	if _, err := ReadFile(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := os.Stat(os.DevNull); err == nil {
		if _, err := ReadFile(os.DevNull); !errors.Is(err, ErrNotPlain) {
			t.Errorf("device: %v", err)
		}
	}
}

// testPNG is a label as a picture.
func testPNG(t *testing.T) []byte {
	t.Helper()
	r := newTestRenderer(t)
	doc, err := r.Open(context.Background(), testPDF("", labelPage("PICTURE1")))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	bm, err := doc.Render(context.Background(), 0, 203.2)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := bm.EncodePNG(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A picture opens like a PDF of one page.
func TestPictureDocument(t *testing.T) {
	r := newTestRenderer(t)
	doc, err := r.Open(context.Background(), testPNG(t))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	if len(doc.Pages()) != 1 || r.running() != nil {
		t.Errorf("%d pages; the engine runs for a picture: %v", len(doc.Pages()), r.running() != nil)
	}
	target := Target{DPI: 203.2, WidthDots: 812, LengthDots: 1218}
	p, err := PreparePage(context.Background(), doc, 0, target)
	if err != nil || p.Kind != PNG || len(p.Codes) != 1 || p.Codes[0].Text != "PICTURE1" {
		t.Errorf("%v: %+v", err, p.Codes)
	}
	if _, err := PreparePage(context.Background(), doc, 1, target); !errors.Is(err, ErrNoPage) {
		t.Errorf("a second page: %v", err)
	}
	if bm, err := doc.Render(context.Background(), 0, 203.2); err != nil || bm.Ink().Empty() {
		t.Errorf("%v", err)
	}
}

func TestFileTime(t *testing.T) {
	limits := DefaultLimits
	limits.FileTime = 1 // nanosecond
	r := NewRendererWithLimits(testCache(), limits)
	defer r.Close()
	doc, err := r.Open(context.Background(), testPDF("", labelPage("GOOD12345"), labelPage("SECOND789")))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	if _, err := doc.Render(context.Background(), 0, 203.2); err != nil {
		t.Fatal(err)
	}
	if _, err := doc.Render(context.Background(), 1, 203.2); !errors.Is(err, ErrTimedOut) {
		t.Errorf("%v", err)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"面单.pdf": "面单.pdf", "a\x00b": "a<U+0000>b", "\x1b[31m": "<U+001B>[31m", "l\u202efdp": "l<U+202E>fdp", "\xff": "<FF>", "\uFFFD": "\uFFFD",
		"a\u2028b": "a<U+2028>b", strings.Repeat("x", 81): strings.Repeat("x", 80) + "…",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzReadArchive: whatever the bytes, no entry that is given out breaks a limit.
func FuzzReadArchive(f *testing.F) {
	f.Add(zipped(f, member{name: "a.pdf", data: []byte("%PDF-1.4")}, member{name: "../b", data: []byte("x")}))
	f.Add(zipped(f))
	f.Add([]byte("PK\x03\x04"))
	limits := ArchiveLimits{Bytes: 1 << 20, Entries: 20, Unpacked: 1 << 20, Ratio: 50, RatioFrom: 1 << 10}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := readArchive(data, limits)
		total := 0
		for _, e := range entries {
			if e.Err != nil && e.Data != nil || strings.ContainsAny(e.Name, "\x00\n\x1b") {
				t.Fatalf("%+v", e)
			}
			total += len(e.Data)
		}
		if total > int(limits.Unpacked) || len(entries) > limits.Entries {
			t.Fatalf("%d bytes of %d entries", total, len(entries))
		}
		if err != nil && Problem(err) == "" && !errors.Is(err, io.EOF) {
			t.Fatalf("no sentence for %v", err)
		}
	})
}
