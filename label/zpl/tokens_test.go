package zpl

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/internal/testshared"
)

// list shows tokens as "name(params)".
func list(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		fmt.Fprintf(&b, "%s(%s) ", t.Name, t.Params)
	}
	return strings.TrimSpace(b.String())
}

func feed(parts ...[]byte) []Token {
	var tok Tokenizer
	var out []Token
	for _, p := range parts {
		out = append(out, tok.Feed(p)...)
	}
	if t, ok := tok.Flush(); ok {
		out = append(out, t)
	}
	return out
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "^XA^FO10,20^GB1,2,3^FS^XZ", "^XA() ^FO(10,20) ^GB(1,2,3) ^FS() ^XZ()"},
		{"noise and small letters", "hello\r\n^xa\r\n^fo1,1 \r\n^xz", "^XA() ^FO(1,1 \r\n) ^XZ()"},
		{"fonts", "^XA^A0N,30^A@N,1,2,E:X.TTF^XZ", "^XA() ^A(0N,30) ^A@(N,1,2,E:X.TTF) ^XZ()"},
		{"status inside a format", "^XA^FDab~HScd^FS^XZ", "^XA() ^FD(ab) ~HS() ^FS() ^XZ()"},
		{"other prefixes", "^XA^CC++CTx+CT!+FO1,1!HS+FDa^b~c+CC^^XZ", "^XA() ^CC(+) ^CT(x) ^CT(!) ^FO(1,1) ~HS() ^FD(a^b~c) ^CC(^) ^XZ()"},
		{"other delimiter", "^XA^CD;^FO1;2^XZ", "^XA() ^CD(;) ^FO(1;2) ^XZ()"},
		{"prefix set by tilde", "~CC#^XA#XA#XZ", "~CC(#) ^XA() ^XZ()"},
		{"counted binary", "^XA^GFB,5,5,1,^~^XZ^FS^XZ", "^XA() ^GF(B,5,5,1,^~^XZ) ^FS() ^XZ()"},
		{"counted binary font", "~DYR:A,B,T,3,0,^XA^XA^XZ", "~DY(R:A,B,T,3,0,^XA) ^XA() ^XZ()"},
		{"binary without a count", "^XA^GFB,x,5,1,ab^FS^XZ", "^XA() ^GF(B,x,5,1,ab) ^FS() ^XZ()"},
		{"prefix at the end", "^XA^", "^XA() ^()"},
		{"bytes that are no text", "^XA^\xff\xfe\xfd^XZ", "^XA() ^\xff\xfe(\xfd) ^XZ()"},
	} {
		whole := list(feed([]byte(c.in)))
		if whole != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, whole, c.want)
		}
		var bytewise [][]byte
		for i := range len(c.in) {
			bytewise = append(bytewise, []byte(c.in[i:i+1]))
		}
		if got := list(feed(bytewise...)); got != whole {
			t.Errorf("%s, byte by byte:\n got %q\nwant %q", c.name, got, whole)
		}
	}
}

// TestActsAtOnce: commands without parameters must not wait for the next byte.
func TestActsAtOnce(t *testing.T) {
	var tok Tokenizer
	for _, c := range []string{"^XA", "^FS", "~HS", "^XZ", "~JA"} {
		if got := tok.Feed([]byte(c)); len(got) != 1 || got[0].Name != c {
			t.Errorf("%s gave %v", c, got)
		}
	}
}

func TestLongCommandIsBounded(t *testing.T) {
	tok := Tokenizer{MostToken: 100}
	got := tok.Feed([]byte("^FD" + strings.Repeat("x", 10_000) + "^FS"))
	if len(got) != 2 || !got[0].TooLong || len(got[0].Params) > 100 || got[1].Name != "^FS" {
		t.Errorf("%d tokens, the first of %d bytes", len(got), len(got[0].Params))
	}
	// A count beyond the bound is not believed.
	if got := tok.Feed([]byte("^GFB,5000,5000,1,abc^XZ")); list(got) != "^GF(B,5000,5000,1,abc) ^XZ()" {
		t.Errorf("%s", list(got))
	}
}

func TestArg(t *testing.T) {
	tok := Token{Params: []byte(" 10 ,,x\r\n"), Delim: ','}
	for i, want := range []string{"10", "", "x", "", ""} {
		if got := tok.Arg(i); got != want {
			t.Errorf("Arg(%d) = %q, want %q", i, got, want)
		}
	}
}

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(testshared.Path(t, "data", "labels", "zpl", "*.zpl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sample labels: %v", err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = b
	}
	return out
}

func TestRealLabelsInPieces(t *testing.T) {
	for name, data := range samples(t) {
		whole := list(feed(data))
		for _, size := range []int{1, 7, 1460} {
			var parts [][]byte
			for rest := data; len(rest) > 0; {
				n := min(size, len(rest))
				parts, rest = append(parts, rest[:n]), rest[n:]
			}
			if list(feed(parts...)) != whole {
				t.Errorf("%s in pieces of %d reads differently", name, size)
			}
		}
	}
}

func FuzzTokenizer(f *testing.F) {
	f.Add([]byte("^XA^CC+^CT!+FDa~!HS+XZ"), 5)
	f.Add([]byte("^GFB,5,5,1,^~^XZ^FS~DYR:A,B,T,3,0,^XA"), 9)
	f.Add([]byte("^CD;^GFB;3;3;1;^^^^CC^"), 2)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = min(max(cut, 0), len(data))
		one, two := feed(data), feed(data[:cut], data[cut:])
		if list(one) != list(two) {
			t.Errorf("cut at %d reads differently:\n%q\n%q", cut, list(one), list(two))
		}
		total := 0
		for _, tok := range one {
			total += len(tok.Params)
			if !bytes.Contains(data, tok.Params) {
				t.Errorf("%s has parameters that are not in the data", tok.Name)
			}
		}
		if total > len(data) {
			t.Errorf("%d bytes of parameters from %d", total, len(data))
		}
	})
}
