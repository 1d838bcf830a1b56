package zpl

import (
	"bytes"
	"strings"
	"testing"

	"packbench/printer"
)

// hs is a ~HS answer with the fields that matter.
func hs(paper, pause, formats, half, hot, head, ribbon, labels string) string {
	return "\x02030," + paper + "," + pause + ",1218," + formats + ",0,0," + half + ",000,0,0," + hot + "\x03\r\n" +
		"\x02001,0," + head + "," + ribbon + ",1,2,6,0," + labels + ",1,000\x03\r\n\x021234,0\x03\r\n"
}

var ready = hs("0", "0", "000", "0", "0", "0", "0", "00000000")

func TestParseStatus(t *testing.T) {
	for _, c := range []struct {
		name, in string
		fault    string
		pending  int
	}{
		{"ready", ready, "", 0},
		{"at work", hs("0", "0", "002", "0", "0", "0", "0", "00000003"), "", 5},
		{"half a format", hs("0", "0", "000", "1", "0", "0", "0", "00000000"), "", 1},
		{"paper out", hs("1", "1", "001", "0", "0", "0", "0", "00000001"), printer.ReasonPaperOut, 2},
		{"head open, which reads as paper out too", hs("1", "1", "000", "0", "0", "1", "0", "00000000"), printer.ReasonHeadOpen, 0},
		{"ribbon out", hs("0", "1", "000", "0", "0", "0", "1", "00000000"), printer.ReasonRibbonOut, 0},
		{"too hot", hs("0", "0", "000", "0", "1", "0", "0", "00000000"), printer.ReasonOverheated, 0},
		{"paused", hs("0", "1", "000", "0", "0", "0", "0", "00000000"), printer.ReasonPaused, 0},
		{"after noise", "OK\r\n\x03" + ready, "", 0},
		{"after the answer to ~HI", "\x02ZD421,V93,8,8192KB,X\x03" + ready, "", 0},
		{"after the end of a lost answer", ready[strings.Index(ready, "\x02001"):] + ready, "", 0},
		{"after the beginning of one", ready[:20] + ready, "", 0},
		{"after two blocks of one", ready[:strings.LastIndexByte(ready, 2)] + ready, "", 0},
	} {
		// Whole, then byte by byte.
		st, used, done := Language{}.ParseStatus([]byte(c.in))
		if !done || !st.Known || st.Fault != c.fault || st.Pending != c.pending || used != len(c.in)-2 {
			t.Errorf("%s: %+v used %d of %d, %v", c.name, st, used, len(c.in), done)
		}
		var buf []byte
		answers := 0
		for _, b := range []byte(c.in) {
			buf = append(buf, b)
			st, used, done := Language{}.ParseStatus(buf)
			buf = buf[used:]
			if done {
				answers++
				if st.Fault != c.fault || st.Pending != c.pending {
					t.Errorf("%s in pieces: %+v", c.name, st)
				}
			}
		}
		if answers != 1 {
			t.Errorf("%s in pieces: %d answers", c.name, answers)
		}
	}
}

func TestParseStatusUnknown(t *testing.T) {
	// Three blocks with counts that are none: an answer, but nothing is known.
	st, _, done := Language{}.ParseStatus([]byte(strings.Replace(ready, ",000,0,0", ",0x0,0,0", 1)))
	if !done || st.Known {
		t.Errorf("%+v, %v", st, done)
	}
	for _, in := range []string{"", "\x02", "noise", ready[:len(ready)-3], "\x02a\x03\x02b\x03"} {
		if st, _, done := (Language{}).ParseStatus([]byte(in)); done {
			t.Errorf("%q gave %+v", in, st)
		}
	}
	// Two answers in one piece are two.
	buf := []byte(ready + ready)
	for i := range 2 {
		_, used, done := Language{}.ParseStatus(buf)
		if !done {
			t.Fatalf("answer %d is missing", i+1)
		}
		buf = buf[used:]
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte(ready), 3)
	f.Add([]byte("\x02\x03\x02,,,,0,,,,,,,\x03\x02\x03"), 1)
	f.Add([]byte(ready[:30]+ready+"\x02"), 40)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		// Whatever comes, an answer is the same in one piece and in two.
		run := func(parts ...[]byte) (out []printer.Status) {
			var buf []byte
			for _, p := range parts {
				buf = append(buf, p...)
				for {
					st, used, done := Language{}.ParseStatus(buf)
					if used < 0 || used > len(buf) {
						t.Fatalf("used %d of %d", used, len(buf))
					}
					buf = buf[used:]
					if !done {
						break
					}
					out = append(out, st)
				}
			}
			return out
		}
		cut = min(max(cut, 0), len(data))
		one, two := run(data), run(data[:cut], data[cut:])
		if len(one) != len(two) {
			t.Fatalf("%d answers in one piece, %d in two", len(one), len(two))
		}
		for i := range one {
			if one[i] != two[i] {
				t.Errorf("%+v in one piece, %+v in two", one[i], two[i])
			}
		}
		if len(one) > bytes.Count(data, []byte{etx})/3 {
			t.Errorf("%d answers from %q", len(one), data)
		}
	})
}
