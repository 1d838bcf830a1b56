package scanner

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// arrival is bytes with the milliseconds since the arrival before.
type arrival struct {
	after int
	data  string
}

// framed pushes the arrivals and lets the line be silent at the end.
func framed(arrivals []arrival) []string {
	var framer Framer
	var got []string
	now := noon
	take := func(frames []Frame) {
		for _, frame := range frames {
			got = append(got, frame.Data)
		}
	}
	for _, a := range arrivals {
		now = now.Add(time.Duration(a.after) * time.Millisecond)
		take(framer.Push([]byte(a.data), now))
	}
	take(framer.Flush(now.Add(time.Minute)))
	return got
}

func TestFramer(t *testing.T) {
	for _, test := range []struct {
		name     string
		arrivals []arrival
		want     []string
	}{
		{"CR", []arrival{{0, "4006381333931\r"}}, []string{"4006381333931"}},
		{"CRLF in two portions", []arrival{{0, "A1\r"}, {1, "\nB2\r\n"}}, []string{"A1", "B2"}},
		{"LF", []arrival{{0, "A1\nB2\n"}}, []string{"A1", "B2"}},
		{"byte by byte", []arrival{{0, "A"}, {40, "1"}, {40, "\r"}}, []string{"A1"}},
		{"STX and ETX", []arrival{{0, "\x02A\r1\x03\x02B2\x03\r\n"}}, []string{"A\r1", "B2"}},
		{"STX as prefix, CR as suffix", []arrival{{0, "\x02A1\r"}, {200, "\x02B2\r"}}, []string{"A1", "B2"}},
		{"half a code before STX", []arrival{{0, "A1\x02B2\x03"}}, []string{"A1", "B2"}},
		{"ETX alone belongs to the code", []arrival{{0, "A\x031\r"}}, []string{"A\x031"}},
		{"idle gap", []arrival{{0, "A1"}, {50, "B2"}, {49, "C3"}}, []string{"A1", "B2C3"}},
		{"NUL is dropped", []arrival{{0, "\x00A\x001\x00\r\x00"}}, []string{"A1"}},
		{"GS, RS, EOT and spaces stay", []arrival{{0, " [)>\x1e06\x1d1P7\x1e\x04 \r"}}, []string{" [)>\x1e06\x1d1P7\x1e\x04 "}},
		{"nothing", []arrival{{0, "\r\n\r\n\x02\x03"}}, nil},
		{"too long", []arrival{{0, strings.Repeat("x", maxFrame+100) + "A1\rB2\r"}}, []string{strings.Repeat("x", maxFrame), "B2"}},
	} {
		if got := framed(test.arrivals); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestFramerPortions: how bytes that come at one time are cut into portions
// makes no difference.
func TestFramerPortions(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("ab1\x02\x03\r\n\x1d\x00")))
	rapid.Check(t, func(t *rapid.T) {
		var whole, cut []arrival
		for range rapid.IntRange(0, 4).Draw(t, "portions") {
			a := arrival{rapid.IntRange(0, 120).Draw(t, "after"), text.Draw(t, "data")}
			whole = append(whole, a)
			for i := range len(a.data) {
				single := arrival{0, a.data[i : i+1]}
				if i == 0 {
					single.after = a.after
				}
				cut = append(cut, single)
			}
			if a.data == "" {
				cut = append(cut, a)
			}
		}
		if a, b := framed(whole), framed(cut); !slices.Equal(a, b) {
			t.Fatalf("whole %q, byte by byte %q", a, b)
		}
	})
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte("4006381333931\r\n"), 7)
	f.Add([]byte("\x02A1\x03\x02\x03"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		var framer Framer
		if size < 1 {
			size = 1
		}
		now, total := noon, 0
		for portion := range slices.Chunk(data, size) {
			now = now.Add(20 * time.Millisecond)
			for _, frame := range framer.Push(portion, now) {
				total += len(frame.Data)
				if frame.Data == "" || len(frame.Data) > maxFrame || strings.ContainsRune(frame.Data, 0) {
					t.Errorf("frame %q", frame.Data)
				}
			}
		}
		for _, frame := range framer.Flush(now.Add(time.Second)) {
			total += len(frame.Data)
		}
		if total > len(data) {
			t.Errorf("%d bytes in, %d out", len(data), total)
		}
		if _, open := framer.Deadline(); open {
			t.Error("still open after silence")
		}
	})
}
