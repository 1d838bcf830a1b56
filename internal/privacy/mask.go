package privacy

import (
	"strings"
	"unicode"
)

// dots stands for what is hidden.
const dots = "***"

// tailDigits is how many digits of a phone number stay: enough to ask "ends in
// 678?" at the counter.
const tailDigits = 3

// phoneDigits is the fewest digits that look like a phone number. Local numbers
// have seven; postcodes, weights and prices have fewer.
const phoneDigits = 7

// MaskName leaves of a name what tells two people at one bench apart: the family
// name's character of a Chinese, Japanese or Korean one (张小明 → 张**), else
// the first letters (Mary Jane Smith → M. S***). A name of one letter is hidden.
func MaskName(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '·' || r == '・' })
	if len(words) == 0 {
		return ""
	}
	if ideographic(name) {
		letters := letters(strings.Join(words, ""))
		if len(letters) < 2 {
			return "*"
		}
		return letters[0] + strings.Repeat("*", min(len(letters)-1, 3))
	}
	first := letters(words[0])
	if len(words) == 1 {
		if len(first) < 2 {
			return "*"
		}
		return first[0] + dots
	}
	return first[0] + ". " + letters(words[len(words)-1])[0] + dots
}

// ideographic tells whether all letters of a name are of a script that writes
// the family name first, in one character.
func ideographic(name string) bool {
	found := false
	for _, r := range name {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
			found = true
		case unicode.IsLetter(r) && r != 'ー': // the sound mark belongs to no script of its own
			return false
		}
	}
	return found
}

// letters parts a word into what a reader takes for one letter: a character with
// the marks on it, an emoji with all that is joined to it.
func letters(word string) []string {
	var out []string
	joined := false
	for _, r := range word {
		if len(out) > 0 && (joined || belongs(r)) {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		joined = r == '\u200d'
	}
	return out
}

// belongs tells whether a rune is part of the letter before it.
func belongs(r rune) bool {
	return unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r) || r >= 0x1F3FB && r <= 0x1F3FF // skin tones
}

// MaskPhone leaves the last three digits of a phone number, in whatever digits
// it is written. Of fewer than seven digits nothing is left.
func MaskPhone(phone string) string {
	if strings.TrimSpace(phone) == "" {
		return ""
	}
	var digits []rune
	for _, r := range phone {
		if unicode.IsDigit(r) {
			digits = append(digits, r)
		}
	}
	if len(digits) < phoneDigits {
		return dots
	}
	return dots + string(digits[len(digits)-tailDigits:])
}

// MaskEmail leaves the first letter of the mailbox and of its domain, and the
// domain's ending: john@example.com → j***@e***.com.
func MaskEmail(email string) string {
	email = strings.TrimSpace(email)
	if email == "" {
		return ""
	}
	at := strings.LastIndexAny(email, "@＠")
	if at <= 0 {
		return dots
	}
	_, domain := splitAt(email, at)
	out := letters(email[:at])[0] + dots + "@"
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		return out + letters(domain[:dot])[0] + dots + domain[dot:]
	}
	return out + dots
}

// splitAt parts an e-mail address at its sign, which may be a full-width one.
func splitAt(email string, at int) (mailbox, domain string) {
	for i := range email[at:] {
		if i > 0 {
			return email[:at], email[at+i:]
		}
	}
	return email[:at], ""
}
