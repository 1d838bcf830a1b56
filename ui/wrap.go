package ui

import (
	"strings"
	"unicode"
)

// measure is the width of a text at a size, in the same unit as the size.
type measure func(s string, size float32) float32

// Marks that must not begin a line, and those that must not end one.
const (
	noLineStart = "，。；：！？、）」』”’】》…·,.;:!?)]}%×"
	noLineEnd   = "（「『“‘【《([{×"
)

// units parts a text where a line may break: between words, and between Chinese
// characters, but never before a closing mark or behind an opening one.
func units(s string) []string {
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	glue := false // the next rune belongs to what stands before
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			word.WriteRune(r)
			flush()
			glue = false
			continue
		case strings.ContainsRune(noLineStart, r) && word.Len() == 0 && len(out) > 0 && !endsInSpace(out[len(out)-1]):
			out[len(out)-1] += string(r)
			continue
		case wide(r):
			if !glue {
				flush()
			}
			word.WriteRune(r)
			if glue = strings.ContainsRune(noLineEnd, r); !glue {
				flush()
			}
			continue
		}
		word.WriteRune(r)
		glue = strings.ContainsRune(noLineEnd, r)
	}
	flush()
	return out
}

func endsInSpace(s string) bool { return strings.TrimRightFunc(s, unicode.IsSpace) != s }

// wide tells runes between which a line may break anywhere.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// wrap breaks a text into lines no wider than width. A single unit that is wider,
// such as a long code, is broken anywhere.
func wrap(s string, size, width float32, m measure) []string {
	if width <= 0 {
		return []string{s}
	}
	var lines []string
	line := ""
	for _, u := range units(s) {
		if m(strings.TrimRightFunc(line+u, unicode.IsSpace), size) <= width {
			line += u
			continue
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimSpace(line))
		}
		line = u
		for m(strings.TrimRightFunc(line, unicode.IsSpace), size) > width {
			head, rest := split(line, size, width, m)
			lines, line = append(lines, head), rest
		}
	}
	if strings.TrimSpace(line) != "" {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// split cuts the longest beginning that fits, at least one rune.
func split(s string, size, width float32, m measure) (head, rest string) {
	runes := []rune(s)
	n := 1
	for n < len(runes) && m(string(runes[:n+1]), size) <= width {
		n++
	}
	return string(runes[:n]), string(runes[n:])
}

// shorten cuts a text to a width with "…". Numbers are told apart by their ends,
// so a text without any space loses its middle.
func shorten(s string, size, width float32, m measure) string {
	if m(s, size) <= width {
		return s
	}
	runes := []rune(s)
	code := !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || wide(r) })
	for n := len(runes) - 1; n > 0; n-- {
		cut := string(runes[:n]) + "…"
		if code {
			cut = string(runes[:n/2]) + "…" + string(runes[len(runes)-(n-n/2):])
		}
		if m(cut, size) <= width {
			return cut
		}
	}
	return "…"
}
