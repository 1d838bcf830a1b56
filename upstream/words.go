package upstream

import (
	"strings"
	"unicode"
)

// maxWords is how much of a server's words is kept, in characters.
const maxWords = 300

// CleanWords makes what a server said fit for a board, a file and a terminal:
// one line of at most 300 characters, without control characters and without
// marks that turn the direction of writing. What is no text at all becomes "".
func CleanWords(s string) string {
	if strings.ToValidUTF8(s, "") != s {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\ufeff':
			return -1
		}
		return r
	}, s)
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > maxWords {
		runes = append(runes[:maxWords], '…')
	}
	return string(runes)
}
