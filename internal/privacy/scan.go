package privacy

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaskText masks what looks like a phone number, an e-mail address or another
// long number in free text, such as a buyer's note, and keeps the rest. Dates,
// network addresses, UUIDs and hashes stay.
func MaskText(text string) string {
	// What stands behind an address may be one only once that is masked.
	for range maskRounds {
		masked := maskNumbers(maskEmails(text))
		if masked == text {
			break
		}
		text = masked
	}
	return text
}

// maskRounds bounds the work on text that somebody made for the purpose.
const maskRounds = 64

// emailForm finds an e-mail address: any letters before the sign, a domain with
// a dot behind it.
var emailForm = regexp.MustCompile(`[\pL\pM\pN._%+\-]+[@＠][\pL\pM\pN\-]+(?:\.[\pL\pM\pN\-]+)+`)

func maskEmails(text string) string {
	if !strings.ContainsAny(text, "@＠") {
		return text
	}
	return emailForm.ReplaceAllStringFunc(text, MaskEmail)
}

// harmlessForm finds long numbers that lead to nobody: a date with or without a
// time, a UUID, a hash in hexadecimal.
var harmlessForm = regexp.MustCompile(`\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{32,128})\b`)

// addressForm finds what may be an IPv4 address.
var addressForm = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)

// harmless are the places of text that stay as they are: where each begins and
// ends.
func harmless(text string) map[int]int {
	out := map[int]int{}
	for _, at := range harmlessForm.FindAllStringIndex(text, -1) {
		// Thirty-two digits and no letter are a number, not a hash.
		if strings.ContainsAny(text[at[0]:at[1]], "abcdefABCDEF-/.") {
			out[at[0]] = at[1]
		}
	}
	for _, at := range addressForm.FindAllStringIndex(text, -1) {
		if _, err := netip.ParseAddr(text[at[0]:at[1]]); err == nil {
			out[at[0]] = at[1]
		}
	}
	return out
}

// maskNumbers masks runs of at least seven digits, with whatever people put
// between the digits of a phone number.
func maskNumbers(text string) string {
	if digitsIn(text) < phoneDigits {
		return text
	}
	keep := harmless(text)
	var out strings.Builder
	for i := 0; i < len(text); {
		if end := keep[i]; end > i {
			out.WriteString(text[i:end])
			i = end
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsDigit(r) {
			out.WriteString(text[i : i+size])
			i += size
			continue
		}
		end, digits := numberAt(text, i, keep)
		if digits >= phoneDigits {
			out.WriteString(MaskPhone(text[i:end]))
		} else {
			out.WriteString(text[i:end])
		}
		i = end
	}
	return out.String()
}

func digitsIn(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// numberAt reads a number that begins at i: where its last digit ends, and how
// many digits it has. At most three signs may stand between two digits.
func numberAt(text string, i int, keep map[int]int) (end, digits int) {
	between := 0
	for at := i; at < len(text); {
		if at > i && keep[at] > at {
			break
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case unicode.IsDigit(r):
			digits, between = digits+1, 0
			end = at + size
		case unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r): // seen by nobody, or drawn on the digit
			if between == 0 {
				end = at + size
			}
		case between < 3 && separates(r):
			between++
		default:
			return end, digits
		}
		at += size
	}
	return end, digits
}

// separates tells whether people write a sign between the digits of a phone
// number.
func separates(r rune) bool {
	return strings.ContainsRune(" \t\u00a0\u3000-–—‐‑_./()（）+＋－．", r)
}
