package code

import "strings"

// asiaForms reads numbers of South-East Asian carriers. Like the Chinese ones
// they have no public check digit: hints, all of them.
func asiaForms(f form) []Class {
	s := f.bare
	if f.digits {
		if len(s) == 12 && strings.HasPrefix(s, "00") {
			return []Class{unchecked("sicepat", "SiCepat", rankLoose)}
		}
		return nil
	}
	switch {
	case shopee(s):
		return []Class{unchecked("spx", "SPX Express", rankPrefix)}
	case jntAsia(s):
		return []Class{unchecked("jt", "J&T Express", rankLoose)}
	case len(s) == 18 && isLetters(s[:9]) && isDigits(s[9:]):
		return []Class{unchecked("ninjavan", "Ninja Van", rankPrefix)}
	case len(s) >= 14 && len(s) <= 16 && strings.HasPrefix(s, "TH") && isDigit(s[2]) && isUpperAlnum(s):
		return []Class{unchecked("flash", "Flash Express", rankLoose)}
	case startsWithAny(s, "TG TLJ") && len(s) >= 12 && len(s) <= 18 && isDigits(s[3:]):
		return []Class{unchecked("jne", "JNE", rankLoose)}
	}
	return nil
}

// shopee reads SPX, the country's two letters and at least nine digits.
func shopee(s string) bool {
	return len(s) >= 14 && len(s) <= 20 && strings.HasPrefix(s, "SPX") && isLetters(s[3:5]) && isDigits(s[5:])
}

// jntAsia reads J, one letter and ten digits, or J, two letters and twelve
// digits.
func jntAsia(s string) bool {
	switch {
	case len(s) == 12:
		return s[0] == 'J' && isLetters(s[1:2]) && isDigits(s[2:])
	case len(s) == 15:
		return s[0] == 'J' && isLetters(s[1:3]) && isDigits(s[3:])
	}
	return false
}
