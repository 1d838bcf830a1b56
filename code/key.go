package code

import "strings"

// gs is the ASCII group separator. Scanners send it in place of FNC1.
const gs = 0x1D

// margin is what may surround a code without belonging to it: spaces and what
// scanners add as terminators or padding.
const margin = " \r\n\t\x00"

// Key is the form in which codes are compared everywhere:
//
//   - group separators (0x1D, the scanner's FNC1) are left out, wherever they
//     are;
//   - space, CR, LF, TAB and NUL around the code are dropped, and a leading AIM
//     symbology identifier with them, see [SplitAIM];
//   - a GTIN (8, 12, 13 or 14 digits with a valid check digit, not all zero)
//     becomes 14 digits, because the same UPC-A arrives as 12 or as 13 digits
//     depending on the scanner;
//   - ASCII letters become upper case, because Caps Lock inverts what a keyboard
//     wedge types. Other letters stay: folding them would have to guess an
//     encoding.
//
// Nothing else is touched: punctuation and inner spaces tell codes apart.
//
// Eight digits are taken as EAN-8 when the check digit agrees. A text of eight
// digits that agrees by accident (one in ten) becomes 14 digits too, which does
// no harm: the same text always becomes the same key, and two different texts
// of eight digits never become one. UPC-E, whose eight digits carry the check
// digit of the expanded number, is not expanded here: nothing tells it from
// other digits, and a wrong guess would join two goods. [Classify] offers the
// expansion as a candidate.
//
// Key is idempotent.
func Key(raw string) string {
	data := raw
	if strings.IndexByte(data, gs) >= 0 {
		data = strings.ReplaceAll(data, string(rune(gs)), "")
	}
	data = strings.Trim(data, margin)
	for {
		_, rest := SplitAIM(data)
		rest = strings.Trim(rest, margin)
		if len(rest) == len(data) {
			break
		}
		data = rest
	}
	if gtin, ok := GTIN14(data); ok {
		return gtin
	}
	return upper(data)
}

// SplitAIM splits a leading AIM symbology identifier from the data behind it:
// `]`, a code letter and a modifier (ISO/IEC 15424), for example `]E0` for
// EAN-13. The letter's case is kept in the identifier, because `]E` and `]e`
// differ, but either case is recognised, because Caps Lock inverts it. Text
// without such an identifier, or with nothing behind it, comes back whole with
// an empty identifier.
func SplitAIM(raw string) (aim, data string) {
	if len(raw) < 4 || raw[0] != ']' || !isLetter(raw[1]) || !isAIMModifier(raw[2]) {
		return "", raw
	}
	return raw[:3], raw[3:]
}

// isAIMModifier reports whether c can be the third character of an AIM
// identifier; the standard's modifiers are hexadecimal digits.
func isAIMModifier(c byte) bool {
	return isDigit(c) || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// isDigits reports whether s is one or more digits and nothing else.
func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// upper turns ASCII letters to upper case and leaves every other byte as it is,
// also where s is not UTF-8.
func upper(s string) string {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			continue
		}
		b := []byte(s)
		for j := i; j < len(b); j++ {
			if b[j] >= 'a' && b[j] <= 'z' {
				b[j] -= 'a' - 'A'
			}
		}
		return string(b)
	}
	return s
}
