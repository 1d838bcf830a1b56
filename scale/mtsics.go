package scale

import (
	"strings"
	"time"
)

// maxLine is the longest line of MT-SICS that is kept; what is longer is noise.
const maxLine = 80

// MTSICS is the Mettler-Toledo Standard Interface Command Set, level 0, which
// Kern (KCP) and Ohaus (PSI) speak too: lines of ASCII that end with CR LF.
//
//	SI             asks for a weight at once
//	SIR            asks for weights from now on, @ ends that
//	S S     100.00 g   stable weight       S +   overload
//	S D     100.00 g   weight in motion    S -   underload
//	S I                can't answer now    ES, ET, EL   error
//
// A line counts only as a whole: noise, lines cut short or joined, and answers to
// other commands give no reading. The zero value polls with SI.
type MTSICS struct {
	// Stream asks once with SIR, and the scale sends by itself, instead of asking
	// with SI each time.
	Stream bool

	line    []byte
	tooLong bool
	quiet   int // polls since the last reading, for Stream
}

// streamPatience is the number of polls without a reading after which a stream is
// asked for again: the scale may have been switched off and on.
const streamPatience = 5

// Start ends a stream that another program left running.
func (p *MTSICS) Start() []byte {
	p.quiet = streamPatience
	return []byte("@\r\n")
}

// Poll asks for a weight.
func (p *MTSICS) Poll() []byte {
	if !p.Stream {
		return []byte("SI\r\n")
	}
	if p.quiet++; p.quiet <= streamPatience {
		return nil
	}
	p.quiet = 0
	return []byte("SIR\r\n")
}

// Stop ends a stream.
func (p *MTSICS) Stop() []byte {
	if !p.Stream {
		return nil
	}
	return []byte("@\r\n")
}

// Push takes bytes as they come.
func (p *MTSICS) Push(data []byte, at time.Time) []Reading {
	var readings []Reading
	for _, b := range data {
		switch {
		case b == '\r' || b == '\n':
			if reading, ok := parseMTSICS(string(p.line)); ok && !p.tooLong {
				reading.At = at
				readings = append(readings, reading)
				p.quiet = 0
			}
			p.line, p.tooLong = p.line[:0], false
		case b == 0: // padding of some converters
		case len(p.line) == maxLine:
			p.tooLong = true
		default:
			p.line = append(p.line, b)
		}
	}
	return readings
}

// parseMTSICS reads one line.
func parseMTSICS(line string) (Reading, bool) {
	reading := Reading{Raw: line}
	fields := strings.Fields(line)
	switch {
	case len(fields) == 1 && (fields[0] == "ES" || fields[0] == "ET" || fields[0] == "EL"):
		reading.Status = Fault
		return reading, true
	case len(fields) < 2 || fields[0] != "S" || line[0] != 'S':
		return Reading{}, false
	case len(fields) == 2:
		switch fields[1] {
		case "+":
			reading.Status = Overload
		case "-":
			reading.Status = Underload
		case "I":
			reading.Status = Busy
		case "L":
			reading.Status = Fault
		default:
			return Reading{}, false
		}
		return reading, true
	}
	// `S S -    0.350 kg`: some scales set the sign apart from the digits.
	if len(fields) == 5 && (fields[2] == "-" || fields[2] == "+") {
		fields = []string{fields[0], fields[1], fields[2] + fields[3], fields[4]}
	}
	if len(fields) != 4 || fields[1] != "S" && fields[1] != "D" {
		return Reading{}, false
	}
	mg, ok, known := milligrams(fields[2], fields[3])
	switch {
	case ok && fields[1] == "S":
		reading.Milligrams, reading.Stable, reading.Status = mg, true, OK
	case ok:
		reading.Milligrams, reading.Status = mg, Unstable
	case !known && isUnit(fields[3]) && looksNumeric(fields[2]):
		reading.Status = NoWeight
	default:
		return Reading{}, false
	}
	return reading, true
}

// isUnit reports whether s can be the name of a unit: letters or %.
func isUnit(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '%' {
			return false
		}
	}
	return len(s) <= 5
}

// looksNumeric reports whether s is a displayed number.
func looksNumeric(s string) bool {
	return isDigits(strings.Replace(strings.TrimLeft(s, "+-"), ".", "", 1))
}
