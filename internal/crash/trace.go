package crash

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// OpKind is what an operation does.
type OpKind int

// The operations.
const (
	Write    OpKind = iota + 1 // Data at Off
	Truncate                   // to Off bytes
	Sync                       // of a file or a folder
	Create                     // a file that may not have been there
	Unlink
	Rename // to To
	Mark   // Data, on a descriptor that is no file of ours
)

// Op is one operation that succeeded, on the file or folder Path.
type Op struct {
	Kind OpKind
	Path string // absolute
	To   string // Rename
	Off  int64
	Data []byte
	// Before is, for a Sync, how many operations had ended when it began: only
	// those it makes durable for certain.
	Before int
}

// Calls are the system calls that strace must record, for its option -e.
const Calls = "trace=openat,open,creat,pwrite64,write,pwritev,pwritev2,writev,fsync,fdatasync,ftruncate,truncate,unlink,unlinkat,rename,renameat,renameat2,fallocate,copy_file_range,sendfile,mmap"

// Flags are strace's options that Parse relies on: all threads, paths behind
// descriptors, every string whole and in hex.
var Flags = []string{"-f", "--seccomp-bpf", "-y", "-xx", "-s", "1048576", "-e", Calls}

// ErrTrace is wrapped by what Parse says of a record that it can't read.
var ErrTrace = errors.New("read trace")

// SQLiteFile tells whether a path is a database, "name.db", or one of the files
// that go with it and must outlive a crash: not its -shm, which is made again.
func SQLiteFile(path string) bool {
	return strings.Contains(filepath.Base(path), ".db") && !strings.HasSuffix(path, "-shm")
}

// Parse reads strace's record. Operations are listed as they ended: those on
// dir, and on the files in it that keep asks for. What a program writes, in
// order and without a place, to anything that is not under dir is a Mark. Calls
// on such a file that can't be replayed (a vectored write, a writable mapping)
// are errors, never left out.
func Parse(r io.Reader, dir string, keep func(path string) bool) ([]Op, error) {
	p := parser{dir: strings.TrimSuffix(dir, "/"), keep: keep, pending: map[string]begun{}}
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if line == "" && errors.Is(err, io.EOF) {
			return p.ops, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: %w", ErrTrace, err)
		}
		if err := p.line(strings.TrimRight(line, "\n")); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrTrace, n, err)
		}
	}
}

type parser struct {
	dir     string
	keep    func(string) bool
	ops     []Op
	pending map[string]begun // thread → its call that has not ended
}

// begun is the first half of a call, and how many operations had ended then.
type begun struct {
	text   string
	before int
}

const (
	unfinished = "<unfinished ...>"
	resumed    = " resumed>"
)

func (p *parser) line(line string) error {
	thread, rest, ok := strings.Cut(strings.TrimLeft(line, " "), " ")
	if !ok {
		return nil
	}
	if _, err := strconv.Atoi(thread); err != nil { // one thread only: no number
		thread, rest = "", line
	}
	rest = strings.TrimLeft(rest, " ")
	if strings.HasPrefix(rest, "+++") || strings.HasPrefix(rest, "---") || rest == "" {
		return nil
	}
	if head, ok := strings.CutSuffix(rest, unfinished); ok {
		p.pending[thread] = begun{strings.TrimRight(head, " "), len(p.ops)}
		return nil
	}
	before := len(p.ops)
	if strings.HasPrefix(rest, "<... ") {
		_, tail, ok := strings.Cut(rest, resumed)
		start, have := p.pending[thread]
		if !ok || !have {
			return errors.New("a call goes on that never began")
		}
		delete(p.pending, thread)
		rest, before = start.text+tail, start.before
	}
	return p.call(rest, before)
}

// call reads one whole call: name(arguments) = result.
func (p *parser) call(text string, before int) error {
	name, rest, ok := strings.Cut(text, "(")
	if !ok {
		return nil
	}
	end := strings.LastIndex(rest, " = ")
	if end < 0 {
		return errors.New("a call without a result")
	}
	closing := strings.LastIndexByte(rest[:end], ')')
	if closing < 0 {
		return errors.New("a call without an end")
	}
	args, result := split(rest[:closing]), rest[end+len(" = "):]
	if strings.HasPrefix(result, "-1") || strings.HasPrefix(result, "?") {
		return nil // it failed, or the process ended in it
	}
	read, known := calls[name]
	if !known {
		return nil
	}
	if len(args) < read.args {
		return fmt.Errorf("%s has %d arguments", name, len(args))
	}
	op, err := read.make(args, result)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	inside := op.Path == p.dir || strings.HasPrefix(op.Path, p.dir+"/")
	switch {
	case op.Kind == 0:
		return nil
	case op.Kind == Write && op.Off < 0 && !inside:
		op.Kind = Mark
	case !p.ours(op.Path) && !p.ours(op.To):
		return nil
	case op.Kind == unreplayable, op.Kind == Write && op.Off < 0:
		return fmt.Errorf("%s on %s can't be replayed", name, op.Path)
	}
	op.Before = before
	p.ops = append(p.ops, op)
	return nil
}

// ours tells whether a path is the folder, or a file in it that is asked for.
func (p *parser) ours(path string) bool {
	return path == p.dir || strings.HasPrefix(path, p.dir+"/") && p.keep(path)
}

const unreplayable OpKind = -1

type callReader struct {
	args int
	make func(args []string, result string) (Op, error)
}

var calls = map[string]callReader{
	"pwrite64": {4, func(a []string, result string) (Op, error) {
		off, err := strconv.ParseInt(a[3], 10, 64)
		if err == nil && off < 0 {
			err = errors.New("negative place")
		}
		return written(a, result, off, err)
	}},
	"write":  {3, func(a []string, result string) (Op, error) { return written(a, result, -1, nil) }},
	"openat": {3, func(a []string, result string) (Op, error) { return created(a[2], result) }},
	"open":   {2, func(a []string, result string) (Op, error) { return created(a[1], result) }},
	"creat":  {2, func(_ []string, result string) (Op, error) { return created("O_CREAT|O_TRUNC", result) }},
	"fsync":  {1, synced}, "fdatasync": {1, synced},
	"ftruncate": {2, func(a []string, _ string) (Op, error) {
		path, err := behind(a[0])
		if err != nil {
			return Op{}, err
		}
		n, err := strconv.ParseInt(a[1], 10, 64)
		if err != nil || n < 0 {
			return Op{}, fmt.Errorf("length %q", a[1])
		}
		return Op{Kind: Truncate, Path: path, Off: n}, nil
	}},
	"unlink":   {1, func(a []string, _ string) (Op, error) { return named(Op{Kind: Unlink}, a[0]) }},
	"unlinkat": {3, func(a []string, _ string) (Op, error) { return named(Op{Kind: Unlink}, a[1]) }},
	"rename":   {2, func(a []string, _ string) (Op, error) { return renamed(a[0], a[1]) }},
	"renameat": {4, func(a []string, _ string) (Op, error) { return renamed(a[1], a[3]) }},
	"renameat2": {5, func(a []string, _ string) (Op, error) {
		if a[4] != "0" && a[4] != "RENAME_NOREPLACE" {
			return Op{}, fmt.Errorf("flags %s", a[4])
		}
		return renamed(a[1], a[3])
	}},
	"writev": {1, refuse}, "pwritev": {1, refuse}, "pwritev2": {1, refuse}, "fallocate": {1, refuse}, "sendfile": {1, refuse},
	"truncate": {1, func(a []string, _ string) (Op, error) { return named(Op{Kind: unreplayable}, a[0]) }},
	"copy_file_range": {4, func(a []string, _ string) (Op, error) {
		return refuse(a[2:], "")
	}},
	"mmap": {6, func(a []string, _ string) (Op, error) {
		if !strings.Contains(a[2], "PROT_WRITE") || !strings.Contains(a[3], "MAP_SHARED") || !strings.Contains(a[4], "<") {
			return Op{}, nil
		}
		return refuse(a[4:], "")
	}},
}

// refuse names a call that changes a file in a way that Replay does not know.
func refuse(a []string, _ string) (Op, error) {
	if !strings.Contains(a[0], "<") {
		return Op{}, nil // no file
	}
	path, err := behind(a[0])
	return Op{Kind: unreplayable, Path: path}, err
}

func written(a []string, result string, off int64, err error) (Op, error) {
	if err != nil {
		return Op{}, err
	}
	path, err := behind(a[0])
	if err != nil {
		return Op{}, err
	}
	data, err := quoted(a[1])
	if err != nil {
		return Op{}, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(result))
	if err != nil || n < 0 || n > len(data) {
		return Op{}, fmt.Errorf("result %q of %d bytes", result, len(data))
	}
	return Op{Kind: Write, Path: path, Off: off, Data: data[:n]}, nil
}

func synced(a []string, _ string) (Op, error) {
	path, err := behind(a[0])
	return Op{Kind: Sync, Path: path}, err
}

// created reads an open that may make a file; its path is the result's.
func created(flags, result string) (Op, error) {
	if !strings.Contains(flags, "O_CREAT") && !strings.Contains(flags, "O_TRUNC") {
		return Op{}, nil
	}
	path, err := behind(result)
	if err != nil {
		return Op{}, err
	}
	if strings.Contains(flags, "O_TRUNC") {
		return Op{Kind: unreplayable, Path: path}, nil
	}
	return Op{Kind: Create, Path: path}, nil
}

func renamed(from, to string) (Op, error) {
	op, err := named(Op{Kind: Rename}, from)
	if err != nil {
		return op, err
	}
	target, err := quoted(to)
	op.To = string(target)
	return op, err
}

func named(op Op, arg string) (Op, error) {
	path, err := quoted(arg)
	if err == nil && !bytes.HasPrefix(path, []byte("/")) {
		op.Kind = 0 // SQLite names its files whole; others are not ours
	}
	op.Path = string(path)
	return op, err
}

// behind is the path that -y puts behind a descriptor: 7<\x2f\x61>.
func behind(fd string) (string, error) {
	open, end := strings.IndexByte(fd, '<'), strings.LastIndexByte(fd, '>')
	if open < 0 || end < open {
		return "", fmt.Errorf("descriptor %q has no path", fd)
	}
	path, err := unhex(fd[open+1 : end])
	return string(path), err
}

// quoted is a string argument: "\x61\x62".
func quoted(arg string) ([]byte, error) {
	if len(arg) < 2 || arg[0] != '"' || arg[len(arg)-1] != '"' {
		return nil, fmt.Errorf("%.20q is no whole string", arg)
	}
	return unhex(arg[1 : len(arg)-1])
}

// unhex reads \x61\x62; strace leaves what is no string ("pipe:[1]") as it is.
func unhex(s string) ([]byte, error) {
	if !strings.HasPrefix(s, `\x`) {
		return []byte(s), nil
	}
	out, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil || 4*len(out) != len(s) {
		return nil, fmt.Errorf("%.20q is not in hex", s)
	}
	return out, nil
}

// split cuts arguments at commas that are in no string and no brackets.
func split(s string) []string {
	var out []string
	depth, quote, from := 0, false, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quote = !quote
		case quote:
		case strings.IndexByte("<[{(", c) >= 0:
			depth++
		case strings.IndexByte(">]})", c) >= 0:
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return append(out, strings.TrimSpace(s[from:]))
}
