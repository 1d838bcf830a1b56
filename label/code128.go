package label

import "math"

// Our own reader of Code 128 (ISO/IEC 15417), the symbology of nearly every
// waybill. It works on the run lengths of one row and is made for 1-bit pages
// with as little as one and a half dots a module, where a general reader, made
// for photographs, gives up: it holds edges against a grid whose module and ink
// spread are known from the start character.

// code128Widths are the bars and spaces of the symbol characters 0–105 in
// modules, 11 in all; 103–105 are the start characters A, B, C.
var code128Widths = [106][6]int8{
	{2, 1, 2, 2, 2, 2},
	{2, 2, 2, 1, 2, 2},
	{2, 2, 2, 2, 2, 1},
	{1, 2, 1, 2, 2, 3},
	{1, 2, 1, 3, 2, 2},
	{1, 3, 1, 2, 2, 2},
	{1, 2, 2, 2, 1, 3},
	{1, 2, 2, 3, 1, 2},
	{1, 3, 2, 2, 1, 2},
	{2, 2, 1, 2, 1, 3},
	{2, 2, 1, 3, 1, 2},
	{2, 3, 1, 2, 1, 2},
	{1, 1, 2, 2, 3, 2},
	{1, 2, 2, 1, 3, 2},
	{1, 2, 2, 2, 3, 1},
	{1, 1, 3, 2, 2, 2},
	{1, 2, 3, 1, 2, 2},
	{1, 2, 3, 2, 2, 1},
	{2, 2, 3, 2, 1, 1},
	{2, 2, 1, 1, 3, 2},
	{2, 2, 1, 2, 3, 1},
	{2, 1, 3, 2, 1, 2},
	{2, 2, 3, 1, 1, 2},
	{3, 1, 2, 1, 3, 1},
	{3, 1, 1, 2, 2, 2},
	{3, 2, 1, 1, 2, 2},
	{3, 2, 1, 2, 2, 1},
	{3, 1, 2, 2, 1, 2},
	{3, 2, 2, 1, 1, 2},
	{3, 2, 2, 2, 1, 1},
	{2, 1, 2, 1, 2, 3},
	{2, 1, 2, 3, 2, 1},
	{2, 3, 2, 1, 2, 1},
	{1, 1, 1, 3, 2, 3},
	{1, 3, 1, 1, 2, 3},
	{1, 3, 1, 3, 2, 1},
	{1, 1, 2, 3, 1, 3},
	{1, 3, 2, 1, 1, 3},
	{1, 3, 2, 3, 1, 1},
	{2, 1, 1, 3, 1, 3},
	{2, 3, 1, 1, 1, 3},
	{2, 3, 1, 3, 1, 1},
	{1, 1, 2, 1, 3, 3},
	{1, 1, 2, 3, 3, 1},
	{1, 3, 2, 1, 3, 1},
	{1, 1, 3, 1, 2, 3},
	{1, 1, 3, 3, 2, 1},
	{1, 3, 3, 1, 2, 1},
	{3, 1, 3, 1, 2, 1},
	{2, 1, 1, 3, 3, 1},
	{2, 3, 1, 1, 3, 1},
	{2, 1, 3, 1, 1, 3},
	{2, 1, 3, 3, 1, 1},
	{2, 1, 3, 1, 3, 1},
	{3, 1, 1, 1, 2, 3},
	{3, 1, 1, 3, 2, 1},
	{3, 3, 1, 1, 2, 1},
	{3, 1, 2, 1, 1, 3},
	{3, 1, 2, 3, 1, 1},
	{3, 3, 2, 1, 1, 1},
	{3, 1, 4, 1, 1, 1},
	{2, 2, 1, 4, 1, 1},
	{4, 3, 1, 1, 1, 1},
	{1, 1, 1, 2, 2, 4},
	{1, 1, 1, 4, 2, 2},
	{1, 2, 1, 1, 2, 4},
	{1, 2, 1, 4, 2, 1},
	{1, 4, 1, 1, 2, 2},
	{1, 4, 1, 2, 2, 1},
	{1, 1, 2, 2, 1, 4},
	{1, 1, 2, 4, 1, 2},
	{1, 2, 2, 1, 1, 4},
	{1, 2, 2, 4, 1, 1},
	{1, 4, 2, 1, 1, 2},
	{1, 4, 2, 2, 1, 1},
	{2, 4, 1, 2, 1, 1},
	{2, 2, 1, 1, 1, 4},
	{4, 1, 3, 1, 1, 1},
	{2, 4, 1, 1, 1, 2},
	{1, 3, 4, 1, 1, 1},
	{1, 1, 1, 2, 4, 2},
	{1, 2, 1, 1, 4, 2},
	{1, 2, 1, 2, 4, 1},
	{1, 1, 4, 2, 1, 2},
	{1, 2, 4, 1, 1, 2},
	{1, 2, 4, 2, 1, 1},
	{4, 1, 1, 2, 1, 2},
	{4, 2, 1, 1, 1, 2},
	{4, 2, 1, 2, 1, 1},
	{2, 1, 2, 1, 4, 1},
	{2, 1, 4, 1, 2, 1},
	{4, 1, 2, 1, 2, 1},
	{1, 1, 1, 1, 4, 3},
	{1, 1, 1, 3, 4, 1},
	{1, 3, 1, 1, 4, 1},
	{1, 1, 4, 1, 1, 3},
	{1, 1, 4, 3, 1, 1},
	{4, 1, 1, 1, 1, 3},
	{4, 1, 1, 3, 1, 1},
	{1, 1, 3, 1, 4, 1},
	{1, 1, 4, 1, 3, 1},
	{3, 1, 1, 1, 4, 1},
	{4, 1, 1, 1, 3, 1},
	{2, 1, 1, 4, 1, 2},
	{2, 1, 1, 2, 1, 4},
	{2, 1, 1, 2, 3, 2},
}

// code128Stop is the stop character with its final bar, 13 modules.
var code128Stop = [7]int8{2, 3, 3, 1, 1, 1, 2}

const (
	code128Shift    = 98
	code128ToC      = 99
	code128ToB      = 100 // FNC4 in set B
	code128ToA      = 101 // FNC4 in set A
	code128FNC1     = 102
	code128StartA   = 103
	code128StartB   = 104
	code128StartC   = 105
	code128Modulus  = 103
	code128QuietMin = 5.0 // modules; the standard says 10, carriers print less
	code128Longest  = 120 // symbol characters; longer is no label's
	code128Misfit   = 0.7 // modules that an edge may lie off its grid place
	code128Spread   = 0.6 // modules that bars may be wider or narrower than they should
)

// grid128 is where a symbol lies: dots a module, by how many dots bars are wider
// than they should be, and the dot where its first bar should begin.
type grid128 struct{ module, spread, origin float64 }

// edges128 are the right edges of a character's bars and spaces, in modules
// from its first bar.
func edges128[T ~[]int8](widths T) (edges [7]float64) {
	sum := 0
	for i, w := range widths {
		sum += int(w)
		edges[i] = float64(sum)
	}
	return edges
}

var (
	code128Edges = func() (all [106][7]float64) {
		for i := range code128Widths {
			all[i] = edges128(code128Widths[i][:])
		}
		return all
	}()
	code128StopEdges = edges128(code128Stop[:])
)

// misfit is how far the edges of l's runs from first on lie off a character that
// begins at modules on the grid, in squared modules; ok is false where one edge
// is too far off. A bar that is too wide by spread has each of its edges half
// of that outside.
func (g grid128) misfit(l *line, first, modules int, edges []float64) (sum float64, ok bool) {
	for i, edge := range edges {
		place := float64(l.start[first+i] + l.runs[first+i])
		if i&1 == 0 {
			place -= g.spread / 2
		} else {
			place += g.spread / 2
		}
		d := (place-g.origin)/g.module - float64(modules) - edge
		if d > code128Misfit || d < -code128Misfit {
			return 0, false
		}
		sum += d * d
	}
	return sum, true
}

// character finds the symbol character that six runs fit best, -1 for none.
func (g grid128) character(l *line, first, modules int) int {
	best, least := -1, math.Inf(1)
	for c := range code128StartA {
		if sum, ok := g.misfit(l, first, modules, code128Edges[c][:6]); ok && sum < least {
			best, least = c, sum
		}
	}
	return best
}

// barsOf is the width of the bars among n runs from first, dots.
func (l *line) barsOf(first, n int) (sum int) {
	for i := first; i < first+n; i += 2 {
		sum += l.runs[i]
	}
	return sum
}

// mayStart128 throws out early what can't be a start character: bars 2+1+1 or
// 2+1+3, spaces 1+4+2 or 1+2+4 or 1+3+2 of 11 modules.
func mayStart128(runs []int) (module float64, ok bool) {
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4] + runs[5]
	if total < 11 || 3*runs[0] > total || 4*runs[1] > total || 4*runs[2] > total {
		return 0, false
	}
	return float64(total) / 11, true
}

// found128 is a Code 128 symbol in a line: its text and the runs it spans.
type found128 struct {
	text        string
	gs1         bool // begins with FNC1
	first, last int  // runs
	module      float64
}

// read128 reads the symbol whose start character begins at run i of l. The
// quiet zone behind it tells where it ends, the number of runs how many modules
// it has; from then on no edge is off by more than its own rounding.
func read128(l *line, i int) (f found128, ok bool) {
	if i+4*6+1 > len(l.runs) { // start, one character, check, stop
		return f, false
	}
	module, ok := mayStart128(l.runs[i : i+6])
	if !ok || float64(l.whiteBefore(i)) < code128QuietMin*module {
		return f, false
	}
	last := i
	for float64(l.whiteAfter(last)) < code128QuietMin*module {
		if last += 2; last >= len(l.runs) || last-i > 6*code128Longest {
			return f, false
		}
	}
	characters := (last - i + 1 - 7) / 6 // before the stop
	if (last-i+1)%6 != 1 || characters < 3 {
		return f, false
	}
	modules := 11*characters + 13
	dots := l.start[last] + l.runs[last] - l.start[i]
	stop := last - 6
	stopBars := l.barsOf(stop, 7)

	for start := code128StartA; start <= code128StartC; start++ {
		w := &code128Widths[start]
		g := grid128{}
		// The bars of start and stop are known, so they give the spread, and the
		// symbol is that much wider than its modules.
		known := float64(w[0]+w[2]+w[4]) + 8
		for range 3 {
			g.module = (float64(dots) - g.spread) / float64(modules)
			g.spread = (float64(l.barsOf(i, 6)+stopBars) - known*g.module) / 7
		}
		g.origin = float64(l.start[i]) + g.spread/2
		if math.Abs(g.spread) > code128Spread*g.module {
			continue
		}
		if _, fits := g.misfit(l, i, 0, code128Edges[start][:6]); !fits {
			continue
		}
		if _, fits := g.misfit(l, stop, 11*characters, code128StopEdges[:]); !fits {
			continue
		}
		chars := make([]int, 1, characters)
		chars[0] = start
		for k := 1; k < characters; k++ {
			c := g.character(l, i+6*k, 11*k)
			if c < 0 {
				break
			}
			chars = append(chars, c)
		}
		if len(chars) < characters {
			continue
		}
		if f.text, f.gs1, ok = decode128(chars); ok {
			f.first, f.last, f.module = i, last, g.module
			return f, true
		}
	}
	return f, false
}

// decode128 checks the check character of start, data and check, and spells the text.
func decode128(chars []int) (text string, gs1, ok bool) {
	n := len(chars) - 1 // the check character
	if n < 2 || chars[0] < code128StartA {
		return "", false, false
	}
	sum := chars[0]
	for i, c := range chars[1:n] {
		sum += (i + 1) * c
	}
	if sum%code128Modulus != chars[n] {
		return "", false, false
	}
	return spell128(chars[0], chars[1:n])
}

// spell128 turns symbol characters into text: FNC1 in first place marks GS1 and
// is left out, elsewhere it is the separator 0x1D; FNC2 and FNC3 are for
// scanners; FNC4 adds 128 (Latin-1).
func spell128(start int, data []int) (text string, gs1, ok bool) {
	set := byte('A' + start - code128StartA)
	var out []rune
	high, highOnce := false, false // FNC4 twice, once
	shifted := false
	for i, c := range data {
		now := set
		if shifted {
			now = 'A' + 'B' - set
			shifted = false
		}
		switch {
		case c == code128FNC1:
			if i == 0 {
				gs1 = true
			} else {
				out = append(out, 0x1d)
			}
			continue
		case now == 'C' && c < 100:
			out = append(out, rune('0'+c/10), rune('0'+c%10))
			continue
		case c == code128ToB && now != 'B':
			set = 'B'
			continue
		case c == code128ToA && now != 'A':
			set = 'A'
			continue
		case now == 'C':
			return "", false, false
		case c == code128ToC:
			set = 'C'
			continue
		case c == code128Shift:
			shifted = true
			continue
		case c == code128ToA || c == code128ToB: // FNC4 of the set we are in
			if highOnce {
				high, highOnce = !high, false
			} else {
				highOnce = true
			}
			continue
		case c >= 96:
			continue // FNC2, FNC3
		}
		r := rune(c + ' ')
		if now == 'A' && c >= 64 {
			r = rune(c - 64)
		}
		if high != highOnce {
			r += 128
		}
		highOnce = false
		out = append(out, r)
	}
	return string(out), gs1, len(out) > 0
}
