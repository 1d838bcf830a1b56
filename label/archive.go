package label

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Entry is one file of an archive of labels.
type Entry struct {
	Name string // fit to be shown, never a path to write to
	Data []byte // nil if Err says why
	Err  error
	Junk bool // no label and none meant: a folder's picture cache and the like
}

// ReadArchive unpacks a ZIP archive of label files in memory, entry after entry,
// and gives each to take; an error of take ends the reading. Nothing is written
// to a disk and no name is followed. An entry that can't be used has its Err and
// the next one follows; what is wrong with the archive as a whole is the
// error: ErrTooLarge, ErrBomb, ErrDamaged, ErrEmpty. Names and announced sizes
// are judged before the first entry is given out.
func ReadArchive(data []byte, limits ArchiveLimits, take func(Entry) error) error {
	if int64(len(data)) > limits.Bytes {
		return fmt.Errorf("read archive of %d bytes: %w", len(data), ErrTooLarge)
	}
	// The archive's own count may be false, and making a list of millions is
	// costly by itself.
	if n := bytes.Count(data, []byte("PK\x01\x02")); n > limits.Entries {
		return fmt.Errorf("read archive of %d entries: %w", n, ErrTooLarge)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("read archive: %w: %w", ErrDamaged, err)
	}
	var announced uint64
	for _, f := range z.File {
		announced += min(f.UncompressedSize64, uint64(limits.Unpacked)+1) //nolint:gosec // limits are positive
		if announced > uint64(limits.Unpacked) {                          //nolint:gosec // as above
			return fmt.Errorf("read archive: %w", ErrBomb)
		}
	}
	left := limits.Unpacked
	given := 0
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 && f.Mode().IsDir() {
			continue
		}
		e := Entry{Name: Visible(f.Name), Junk: junk(f.Name)}
		if !e.Junk {
			e.Data, e.Err = unpack(f, limits, &left)
		}
		if left < 0 {
			return fmt.Errorf("read archive: entry %s: %w", e.Name, ErrBomb)
		}
		given++
		if err := take(e); err != nil {
			return err
		}
	}
	if given == 0 {
		return fmt.Errorf("read archive: %w", ErrEmpty)
	}
	return nil
}

// unpack reads one entry within what is left.
func unpack(f *zip.File, limits ArchiveLimits, left *int64) ([]byte, error) {
	most := int64(DefaultLimits.FileBytes)
	switch {
	case !safeName(f.Name):
		return nil, ErrName
	case f.Mode()&fs.ModeType != 0: // a link could lead anywhere, a device nowhere good
		return nil, ErrNotPlain
	case f.Flags&1 != 0:
		return nil, ErrEncrypted
	case f.UncompressedSize64 > uint64(most): //nolint:gosec // positive
		return nil, ErrTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer r.Close()
	counted := &bombGuard{r: io.LimitReader(r, most+1), left: left, packed: int64(f.CompressedSize64), limits: limits} //nolint:gosec // compared only
	data, err := io.ReadAll(counted)
	switch {
	case errors.Is(err, ErrBomb):
		return nil, ErrBomb
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case int64(len(data)) > most:
		return nil, ErrTooLarge
	case len(data) == 0:
		return nil, ErrEmpty
	case archived(data):
		return nil, ErrArchive
	}
	return data, nil
}

// bombGuard counts what comes out of an entry.
type bombGuard struct {
	r      io.Reader
	left   *int64
	out    int64
	packed int64
	limits ArchiveLimits
}

func (g *bombGuard) Read(b []byte) (int, error) {
	n, err := g.r.Read(b)
	g.out += int64(n)
	*g.left -= int64(n)
	if *g.left < 0 || (g.out > g.limits.RatioFrom && g.out > max(g.packed, 1)*g.limits.Ratio) {
		return 0, ErrBomb
	}
	return n, err //nolint:wrapcheck // a reader in the middle
}

// archived recognises an archive by its first bytes.
func archived(data []byte) bool {
	for _, mark := range []string{"PK\x03\x04", "PK\x05\x06", "PK\x07\x08", "\x1f\x8b", "Rar!", "7z\xbc\xaf\x27\x1c", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return true
		}
	}
	return len(data) > 262 && bytes.HasPrefix(data[257:], []byte("ustar"))
}

// junk is what systems leave in archives.
func junk(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || base == ".DS_Store" || strings.EqualFold(base, "thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

// devices are names that Windows takes for devices in any folder, with any ending.
var devices = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true}

// safeName reports whether an entry's name is that of a file below the archive,
// on any system. We write none, but an archive that tries it is no platform's.
func safeName(name string) bool {
	if name == "" || len(name) > 1000 || strings.ContainsAny(name, "\\:\x00") || strings.HasPrefix(name, "/") {
		return false
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return false
		}
	}
	for _, element := range strings.Split(name, "/") {
		if element == ".." || element == "." || element == "" {
			return false
		}
		stem, _, _ := strings.Cut(strings.ToLower(element), ".")
		stem = strings.TrimRight(stem, " ")
		if devices[stem] {
			return false
		}
		if head, number := strings.CutPrefix(stem, "com"); number && isPort(head) {
			return false
		}
		if head, number := strings.CutPrefix(stem, "lpt"); number && isPort(head) {
			return false
		}
	}
	return true
}

// isPort: the digit of COM1 or LPT1, also as ¹²³.
func isPort(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == len(s) && n > 0 && strings.ContainsRune("0123456789¹²³", r)
}

// Visible makes a name from outside fit to be shown on one line: control
// characters, marks that turn the direction of text and broken bytes are
// written out, and it is cut at 80 letters.
func Visible(name string) string {
	var b strings.Builder
	n := 0
	for i, r := range name {
		if n++; n > 80 {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(name[i:], "\uFFFD"):
			fmt.Fprintf(&b, "<%02X>", name[i])
		case r == '\u2028' || r == '\u2029' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
