package zpl

import (
	"bytes"
	"strings"
)

// Token is one command with what follows it up to the next.
type Token struct {
	// Name is the command with its standard prefix, whatever prefix the data
	// uses at this place: "^FO", "~HS". ^A takes its font's name as a parameter.
	Name string
	// Params is what follows, unchanged; for binary graphics (^GFB, ^GFC, ~DYB)
	// it holds the counted bytes whole.
	Params []byte
	// Delim separates parameters at this place, a comma unless ^CD said otherwise.
	Delim byte
	// TooLong marks a command that was longer than the tokenizer keeps: Params
	// hold its beginning only.
	TooLong bool
}

// Arg is parameter i, "" if it is not given. White space around it is dropped.
func (t Token) Arg(i int) string {
	rest := t.Params
	for ; i > 0; i-- {
		k := bytes.IndexByte(rest, t.Delim)
		if k < 0 {
			return ""
		}
		rest = rest[k+1:]
	}
	if k := bytes.IndexByte(rest, t.Delim); k >= 0 {
		rest = rest[:k]
	}
	return strings.TrimSpace(string(rest))
}

// defaultMostToken is what a tokenizer keeps of one command: twice the largest
// graphic in hex that any known printer takes (270,000 bytes), with room.
const defaultMostToken = 4 << 20

// mostHeader is the longest beginning of a binary graphic; it keeps broken data
// from being searched again at every byte.
const mostHeader = 64

// Tokenizer cuts ZPL into commands as the bytes come. It honours the commands
// that change its own prefixes (^CC ~CC, ^CT ~CT) and delimiter (^CD ~CD), and
// lets no prefix interrupt counted binary data.
//
// The zero value is ready for use.
type Tokenizer struct {
	// MostToken bounds one command in bytes; 0 means 4 MiB.
	MostToken int

	changed             bool // prefixes were set
	caret, tilde, delim byte

	buf    []byte // the open command, from its prefix
	open   bool
	tilded bool // the open command began with the control prefix
	long   bool // the open command passed MostToken
	need   int  // binary bytes still to come, whatever they are; -1 = not known yet
}

func (t *Tokenizer) init() {
	if !t.changed {
		t.caret, t.tilde, t.delim = '^', '~', ','
		t.changed = true
	}
	if t.MostToken <= 0 {
		t.MostToken = defaultMostToken
	}
}

// Feed takes the next bytes and returns the commands that they complete. A
// command is complete when the next one begins, or at once if it takes no
// parameters (^XA ^XZ ^FS ~HS ~JA …): a printer must not wait for a byte that
// may never come.
func (t *Tokenizer) Feed(p []byte) []Token {
	t.init()
	var out []Token
	for i := 0; i < len(p); {
		if t.open && t.need > 0 {
			n := min(t.need, len(p)-i)
			t.keep(p[i : i+n])
			t.need -= n
			i += n
			if t.need == 0 {
				out = append(out, t.finish())
			}
			continue
		}
		c := p[i]
		if (c == t.caret || c == t.tilde) && !t.takesPrefix() {
			if t.open {
				out = append(out, t.finish())
			}
			t.open, t.long, t.need = true, false, -1
			t.tilded = c == t.tilde && c != t.caret
			t.buf = append(t.buf[:0], c)
			i++
			continue
		}
		if !t.open {
			i++ // between formats only line ends and noise
			continue
		}
		if len(t.buf) > 4 && !t.mayCount() {
			// Plain data: take everything up to the next prefix in one go.
			n := i
			for n < len(p) && p[n] != t.caret && p[n] != t.tilde {
				n++
			}
			t.keep(p[i:n])
			i = n
			continue
		}
		t.keep(p[i : i+1])
		i++
		if tok, ok := t.early(); ok {
			out = append(out, tok)
		}
	}
	return out
}

// Flush returns the command that was still open at the end of the data.
func (t *Tokenizer) Flush() (Token, bool) {
	if !t.open {
		return Token{}, false
	}
	return t.finish(), true
}

// Reset forgets the open command; prefixes stay as they are.
func (t *Tokenizer) Reset() { t.open, t.buf = false, t.buf[:0] }

func (t *Tokenizer) keep(b []byte) {
	if room := t.MostToken - len(t.buf); len(b) > room {
		t.long = true
		b = b[:max(room, 0)]
	}
	t.buf = append(t.buf, b...)
}

// name is the open command's two letters, or fewer if they are not there yet.
func (t *Tokenizer) name() string {
	n := min(len(t.buf), 3)
	return string(upper(append([]byte(nil), t.buf[1:n]...)))
}

// upper changes ASCII letters only: other bytes must keep their number.
func upper(b []byte) []byte {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b
}

// takesPrefix tells whether the next byte belongs to the open command even if
// it is a prefix: the new character of ^CC and its like.
func (t *Tokenizer) takesPrefix() bool {
	return t.open && len(t.buf) == 3 && isChange(t.name())
}

func isChange(name string) bool { return name == "CC" || name == "CT" || name == "CD" }

// bare are the commands that take no parameters, by their two letters and prefix.
var bare = map[string]bool{
	"^XA": true, "^XZ": true, "^FS": true,
	"~HS": true, "~HI": true, "~HM": true, "~JA": true, "~JX": true, "~JR": true, "~JC": true, "~JL": true,
	"~PS": true, "~PH": true, "~PP": true, "~DN": true, "~WC": true,
}

// early finishes commands that end before the next prefix.
func (t *Tokenizer) early() (Token, bool) {
	if len(t.buf) < 3 {
		return Token{}, false
	}
	if len(t.buf) == 3 && bare[t.standard()+t.name()] {
		return t.finish(), true
	}
	if len(t.buf) == 4 && isChange(t.name()) {
		tok := t.finish()
		t.change(tok.Name[1:], tok.Params[0])
		return tok, true
	}
	if t.need < 0 && t.binary() {
		if n, ok := t.count(); ok {
			t.need = n
			if n == 0 {
				return t.finish(), true
			}
		}
	}
	return Token{}, false
}

// change sets a prefix or the delimiter, unless that would make two of them equal
// or swallow the letters and digits that commands are made of.
func (t *Tokenizer) change(what string, to byte) {
	if to <= ' ' || to > '~' || to >= '0' && to <= '9' || to|0x20 >= 'a' && to|0x20 <= 'z' {
		return
	}
	switch what {
	case "CC":
		t.caret = to
	case "CT":
		t.tilde = to
	case "CD":
		t.delim = to
	}
}

func (t *Tokenizer) standard() string {
	if t.tilded {
		return "~"
	}
	return "^"
}

// mayCount tells whether the open command may yet turn out to be counted.
func (t *Tokenizer) mayCount() bool {
	return len(t.buf) <= mostHeader && (t.binary() || t.standard()+t.name() == "~DY")
}

// binary tells whether the open command's data is counted, not delimited.
func (t *Tokenizer) binary() bool {
	if len(t.buf) < 4 || len(t.buf) > mostHeader {
		return false
	}
	switch t.standard() + t.name() {
	case "^GF":
		return t.buf[3]|0x20 == 'b' || t.buf[3]|0x20 == 'c'
	case "~DY":
		// ~DYd:name,format,extension,bytes,row,data
		k := bytes.IndexByte(t.buf, t.delim)
		return k >= 0 && k+1 < len(t.buf) && (t.buf[k+1]|0x20 == 'b' || t.buf[k+1]|0x20 == 'c' || t.buf[k+1]|0x20 == 'p')
	}
	return false
}

// count is the number of binary bytes that follow, once the delimiter before
// them is there. A count that is none, or beyond reason, makes the data plain.
func (t *Tokenizer) count() (n int, ok bool) {
	field, delims := 1, 4 // ^GFB,bytes,total,row,data
	if t.name() == "DY" {
		field, delims = 3, 5
	}
	if t.buf[len(t.buf)-1] != t.delim || bytes.Count(t.buf, []byte{t.delim}) != delims {
		return 0, false
	}
	part := bytes.Split(t.buf[3:], []byte{t.delim})[field]
	n, ok = atoi(strings.TrimSpace(string(part)))
	if !ok || n > t.MostToken {
		return 0, false
	}
	return n, true
}

// finish closes the open command.
func (t *Tokenizer) finish() Token {
	tok := Token{Delim: t.delim, TooLong: t.long}
	name := t.name()
	cut := 1 + len(name)
	if strings.HasPrefix(name, "A") && name != "A@" && !t.tilded {
		name, cut = "A", 2 // ^A0N: the font is the first parameter
	}
	tok.Name = t.standard() + name
	tok.Params = append([]byte(nil), t.buf[cut:]...)
	t.open, t.long, t.need = false, false, -1
	t.buf = t.buf[:0]
	return tok
}

// atoi reads digits with leading zeros ("00360"); at most nine of them count.
func atoi(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
