package document

import (
	"strings"
	"unicode"
)

const (
	pointMM  = 25.4 / 72
	leading  = 1.25 // line height in type sizes
	ellipsis = "…"

	// What stands above the baseline, in type sizes; Thai stacks two marks.
	ascent     = 0.88
	ascentThai = 1.02

	longest = 2000 // characters of one text; no paper of ours shows more
)

// align is where a line stands in its box.
type align int

const (
	left align = iota
	centre
	right
)

// clean makes any text fit to set: what the font can't show becomes a box, and
// control characters become spaces.
func (s *sheet) clean(text string) string {
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest])
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1 // joiners and marks of direction have no picture
		case r > 0xffff || !s.shape.has(r):
			return '□'
		}
		return r
	}, text)
}

// isThai tells whether text needs shaping.
func isThai(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 0x0e00 && r <= 0x0e7f })
}

// width of a clean line at pt points, millimetres: the sum of its clusters, as
// neither gofpdf nor our font moves one because of the next.
func (s *sheet) width(line string, pt float64) float64 {
	ems := 0.0
	for _, c := range clustersOf(line) {
		ems += s.clusterEms(c)
	}
	return ems * pt * pointMM
}

// clusterEms is the width of one cluster in type sizes, measured once.
func (s *sheet) clusterEms(cluster string) float64 {
	if w, ok := s.widths[cluster]; ok {
		return w
	}
	var w float64
	if isThai(cluster) {
		w = s.shape.width(cluster)
	} else {
		w = s.measure(cluster)
	}
	s.widths[cluster] = w
	return w
}

// line draws one clean line whose top is at y.
func (s *sheet) line(text string, x, y, w, pt float64, a align) {
	switch a {
	case centre:
		x += (w - s.width(text, pt)) / 2
	case right:
		x += w - s.width(text, pt)
	}
	if isThai(text) {
		s.outlines(text, x, y+ascentThai*pt*pointMM, pt*pointMM)
		return
	}
	s.size(pt)
	s.pdf.SetTextColor(0, 0, 0)
	s.pdf.Text(x, y+ascent*pt*pointMM, text)
}

// fit gives a single line of at most w: at most maxPt high, smaller down to
// minPt, and then cut.
func (s *sheet) fit(text string, w, maxPt, minPt float64) (line string, pt float64) {
	line, pt = strings.ReplaceAll(s.clean(text), "\n", " "), maxPt
	if full := s.width(line, maxPt); full > w {
		pt = max(minPt, maxPt*w/full*0.999)
		line = s.cut(line, w, pt)
	}
	return line, pt
}

// oneLine draws a fitted line with its top at y and gives the height it took.
func (s *sheet) oneLine(text string, x, y, w, maxPt, minPt float64, a align) float64 {
	line, pt := s.fit(text, w, maxPt, minPt)
	s.line(line, x, y, w, pt, a)
	return pt * pointMM * leading
}

// lineIn draws a fitted line in the middle of a band from y, h high.
func (s *sheet) lineIn(text string, x, y, w, h, maxPt, minPt float64, a align) {
	line, pt := s.fit(text, w, min(maxPt, h/(pointMM*leading)), minPt)
	s.line(line, x, y+(h-pt*pointMM*leading)/2, w, pt, a)
}

// cut shortens a line until it fits, ending it with an ellipsis.
func (s *sheet) cut(text string, w, pt float64) string {
	if s.width(text, pt) <= w {
		return text
	}
	clusters := clustersOf(text)
	room := w/(pt*pointMM) - s.clusterEms(ellipsis)
	n := 0
	for n < len(clusters) && s.clusterEms(clusters[n]) <= room {
		room -= s.clusterEms(clusters[n])
		n++
	}
	if n == 0 {
		return ""
	}
	return strings.TrimRight(strings.Join(clusters[:n], ""), " ") + ellipsis
}

// clustersOf splits text where it may be cut: never before a mark that belongs
// to the letter in front of it.
func clustersOf(text string) (out []string) {
	for _, r := range text {
		if len(out) > 0 && (unicode.Is(unicode.Mn, r) || r == 0x0e33) { // sara am is half a mark
			out[len(out)-1] += string(r)
			continue
		}
		out = append(out, string(r))
	}
	return out
}

// isChinese tells whether a line may end on either side of a cluster.
func isChinese(cluster string) bool {
	for _, r := range cluster {
		return r >= 0x2e80
	}
	return false
}

// neverFirst may not begin a line, neverLast may not end one: Chinese
// punctuation, and Thai vowels that belong to the consonant beside them.
const (
	neverFirst = "，。、；：？！）》」』】”’…,.;:?!)]}%ะาๆฯๅ"
	neverLast  = "（《「『【“‘([{เแโใไ"
)

// wrap breaks clean text into lines of at most w: at spaces, between Chinese
// characters, and inside a word only if it is wider than the line.
func (s *sheet) wrap(text string, w, pt float64) (lines []string) {
	for _, paragraph := range strings.Split(text, "\n") {
		clusters := clustersOf(paragraph)
		for len(clusters) > 0 {
			n, room := 1, w/(pt*pointMM)-s.clusterEms(clusters[0])
			for n < len(clusters) && s.clusterEms(clusters[n]) <= room {
				room -= s.clusterEms(clusters[n])
				n++
			}
			if n < len(clusters) {
				n = breakAt(clusters, n)
			}
			lines = append(lines, strings.TrimSpace(strings.Join(clusters[:n], "")))
			clusters = clusters[n:]
			for len(clusters) > 0 && clusters[0] == " " {
				clusters = clusters[1:]
			}
		}
	}
	return lines
}

// breakAt is the best place to end a line that may hold fit clusters: the last
// space, hyphen or Chinese character; inside a word only where the line would
// be left half empty. Where Thai words end only a dictionary knows, so a Thai
// line without a space ends between two letters.
func breakAt(clusters []string, fit int) int {
	inWord := 0
	for n := fit; n > 0; n-- {
		before, after := clusters[n-1], clusters[n]
		if after != " " && (strings.Contains(neverFirst, after) || strings.Contains(neverLast, before)) {
			continue
		}
		if inWord == 0 {
			inWord = n
		}
		if after == " " || before == " " || before == "-" || before == "/" || isChinese(before) || isChinese(after) {
			if n < fit/2 && isThai(before+after+clusters[inWord-1]) {
				break
			}
			return n
		}
	}
	if inWord > 0 {
		return inWord
	}
	return fit
}

// block draws text in a box of w × h: wrapped, at the largest size from maxPt
// down to minPt at which all lines fit; what still doesn't is cut. It gives the
// height that it took.
func (s *sheet) block(text string, x, y, w, h, maxPt, minPt float64, a align) float64 {
	text = strings.TrimSpace(s.clean(text))
	if text == "" || h <= 0 {
		return 0
	}
	const step = 0.5
	pt := maxPt
	lines := s.wrap(text, w, pt)
	for pt-step >= minPt && float64(len(lines))*pt*pointMM*leading > h {
		pt -= step
		lines = s.wrap(text, w, pt)
	}
	height := pt * pointMM * leading
	if most := int(h / height); len(lines) > most {
		if most == 0 {
			return 0
		}
		lines = lines[:most]
		lines[most-1] = s.cut(lines[most-1]+ellipsis+" ", w, pt)
	}
	for i, l := range lines {
		s.line(l, x, y+float64(i)*height, w, pt, a)
	}
	return float64(len(lines)) * height
}
