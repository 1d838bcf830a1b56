package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A backup is restored on another machine, maybe under another system. So the
// files that people put into the data directory go into it under names that
// every system takes: a name that one of them can't hold (a backslash, bytes of
// GBK, "a:b", CON), and a second name that differs only in case, is written
// another way: "pictures/a:b.png" becomes
// "pictures/a%3Ab.png". The manifest says so, and people are told.

// RenamedPart is a file that lies in a backup under another name.
type RenamedPart struct {
	Was  string `json:"was"`
	Name string `json:"name"`
}

// mayHold tells whether a name is one that a backup may hold: checkParts
// refuses all others.
func mayHold(name string) bool {
	folder, _, deeper := strings.Cut(name, "/")
	ours := name == databaseName || name == labelsName || deeper && (folder == profilesName || folder == picturesName)
	return ours && fs.ValidPath(name) && filepath.IsLocal(filepath.FromSlash(name)) && !strings.Contains(name, "\\")
}

// longName is how many bytes a name in a folder may have, so that every file
// system takes it.
const longName = 200

// everywhere tells whether every system can hold a file of this name.
func everywhere(name string) bool {
	if !mayHold(name) {
		return false
	}
	for piece := range strings.SplitSeq(name, "/") {
		if len(piece) > longName || device(piece) || strings.TrimRight(piece, ". ") != piece {
			return false
		}
		for _, r := range piece {
			if oddRune(r) {
				return false
			}
		}
	}
	return true
}

// oddRune tells whether Windows can't have a character in a file's name.
func oddRune(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`<>:"|?*\`, r) }

// device tells whether Windows takes a name for a device, whatever its ending.
func device(piece string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(piece), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	for _, kind := range []string{"COM", "LPT"} {
		if no, ok := strings.CutPrefix(base, kind); ok && utf8.RuneCountInString(no) == 1 && strings.ContainsAny(no, "0123456789¹²³") {
			return true
		}
	}
	return false
}

// partNames gives files their names in a backup.
type partNames struct {
	files, folders map[string]bool // those that are given, as a system takes them that knows no case
}

func newPartNames() *partNames {
	return &partNames{files: map[string]bool{}, folders: map[string]bool{}}
}

// give answers the name in the backup for a file's own.
func (p *partNames) give(own string) string {
	name := own
	for n := 1; !everywhere(name) || p.taken(name); n++ {
		name = spell(own, n)
	}
	p.files[fold(name)] = true
	for up := path.Dir(fold(name)); up != "."; up = path.Dir(up) {
		p.folders[up] = true
	}
	return name
}

// taken tells whether a file of that name would meet another, or a folder.
func (p *partNames) taken(name string) bool {
	name = fold(name)
	if p.files[name] || p.folders[name] {
		return true
	}
	for up := path.Dir(name); up != "."; up = path.Dir(up) {
		if p.files[up] {
			return true
		}
	}
	return false
}

func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// spell writes a name so that every system can hold it, right in its folder; n
// tells those apart that would come to the same.
func spell(own string, n int) string {
	folder, rest, _ := strings.Cut(own, "/")
	var b strings.Builder
	for len(rest) > 0 {
		r, size := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && size == 1 || r == '%' || r == '/' || oddRune(r) {
			fmt.Fprintf(&b, "%%%02X", rest[0])
			size = 1
		} else {
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	name, ending := b.String(), path.Ext(b.String())
	if len(ending) > 10 || strings.TrimRight(ending, ". ") != ending {
		ending = ""
	}
	name = strings.TrimSuffix(name, ending)
	if device(name) {
		name = "_" + name
	}
	if len(name)+len(ending) > longName-10 {
		sum := sha256.Sum256([]byte(own))
		name = strings.ToValidUTF8(name[:longName/2], "") + "-" + hex.EncodeToString(sum[:8])
	}
	if strings.TrimRight(name+ending, ". ") != name+ending {
		name += "_"
	}
	if n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	return folder + "/" + name + ending
}

// smallParts lists the small files that people put into the data directory, and
// says in info what is named otherwise or left out. size is their bytes.
func (s *Store) smallParts(info *BackupInfo) (parts []part, size int64, err error) {
	names := newPartNames()
	for _, folder := range []string{profilesName, picturesName} {
		root := filepath.Join(s.Dir, folder)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // there is none, or somebody tidied up
			}
			own, rerr := filepath.Rel(s.Dir, path)
			if rerr != nil {
				return rerr
			}
			own = filepath.ToSlash(own)
			if errors.Is(err, fs.ErrPermission) {
				info.leaveOut(own)
				return nil // a folder that isn't ours; what it holds is not walked
			}
			if err != nil {
				return err
			}
			if d.IsDir() {
				return nil
			}
			if !d.Type().IsRegular() {
				info.leaveOut(own) // a link may lead anywhere
				return nil
			}
			if stat, err := d.Info(); err == nil {
				size += stat.Size()
			}
			name := names.give(own)
			if name != own {
				info.Renamed = append(info.Renamed, RenamedPart{Was: readable(own), Name: name})
			}
			parts = append(parts, part{name: name, path: path, small: true})
			return nil
		})
		if err != nil {
			return nil, 0, fmt.Errorf("list %s: %w", folder, err)
		}
	}
	return parts, size, nil
}

// leaveOut notes a file that is not in the backup.
func (i *BackupInfo) leaveOut(name string) { i.LeftOut = append(i.LeftOut, readable(name)) }

// readable is a name that can be printed.
func readable(name string) string { return strings.ToValidUTF8(name, "\ufffd") }
