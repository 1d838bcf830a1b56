package code

import "strings"

// unitedStatesForms reads numbers of the regional carriers of the United States:
// OnTrac, LaserShip, Old Dominion, Spee-Dee, GOFO.
func unitedStatesForms(f form) []Class {
	s := f.bare
	switch {
	case len(s) == 15 && isOneOf(s[0], "CD") && isDigits(s[1:]):
		if lastMatches(s, doubling) { // the letter counts
			return []Class{checked("ontrac", "OnTrac", rankForm)}
		}
	case laserShip(s):
		return []Class{unchecked("lasership", "LaserShip", rankPrefix)}
	case f.digits && len(s) == 11:
		if startsWithAny(s, "777 778 072 780 80") && lastMatches(s, luhn) {
			return []Class{checked("old_dominion", "Old Dominion", rankDigits)}
		}
	case strings.HasPrefix(s, "SP"):
		if _, ok := digitsAfter(s, "SP", 18); ok {
			return []Class{unchecked("speedee", "Spee-Dee Delivery", rankPrefix)}
		}
	case strings.HasPrefix(s, "GFUS"):
		if _, ok := digitsAfter(s, "GFUS", 14); ok {
			return []Class{unchecked("gofo", "GOFO Express", rankPrefix)}
		}
	}
	return nil
}

// laserShip reads the four forms of LaserShip: `LX` or a sister of it and eight
// digits; `1LS7` and 11 digits; `1LS7` and 13 digits with a piece `-1` behind;
// `1LSCX` and ten characters.
func laserShip(s string) bool {
	switch {
	case len(s) == 10 && s[0] == 'L' && isOneOf(s[1], "AIEHNX"):
		return isOneOf(s[2], "123") && isDigits(s[2:])
	case len(s) == 15 && strings.HasPrefix(s, "1LSCX"):
		return isUpperAlnum(s)
	case len(s) == 15 && strings.HasPrefix(s, "1LS7"):
		return isOneOf(s[4], "12") && isDigits(s[4:])
	case len(s) == 18 && strings.HasPrefix(s, "1LS7") && strings.HasSuffix(s, "-1"):
		middle := s[4:16]
		return isOneOf(middle[0], "12") && isDigits(middle) && middle[3:5] == "01" && isOneOf(middle[5], "1234")
	}
	return false
}
