package code

import "strings"

// dhlForms reads numbers of DHL: Express waybills of 10 or 11 digits whose last
// is the rest after division by 7, Express piece numbers, parcels of DHL
// Germany (an SSCC of a known company prefix), and two forms of eCommerce that
// have no check digit.
func dhlForms(f form) []Class {
	s := f.bare
	if f.digits {
		switch len(s) {
		case 10, 11:
			if lastMatches(s, mod7) {
				return []Class{checked("dhl", "DHL Express", rankDigits)}
			}
		case 14:
			return []Class{unchecked("dhl", "DHL E-Commerce (14)", rankLoose)}
		case 20:
			if startsWithAny(s, "00340433 00340434") && gs1Valid(s) {
				return []Class{checked("dhl", "DHL Paket", rankForm)}
			}
		}
		return nil
	}
	if dhlPiece(s) {
		return []Class{unchecked("dhl", "DHL Express (Piece ID)", rankPrefix)}
	}
	if dhlCommerce(s) {
		return []Class{unchecked("dhl", "DHL E-Commerce", rankLoose)}
	}
	return nil
}

// dhlPiece reads J, two or three letters and 9 or 10 digits.
func dhlPiece(s string) bool {
	letters := strings.IndexAny(s, "0123456789")
	if letters != 3 && letters != 4 || s[0] != 'J' || !isLetters(s[:letters]) {
		return false
	}
	_, ok := digitsAfter(s, s[:letters], 9, 10)
	return ok
}

// dhlCommerce reads two letters of a known list, a digit, and 9 to 38 more
// digits or letters.
func dhlCommerce(s string) bool {
	if len(s) < 12 || len(s) > 41 || !startsWithAny(s, "GM LX RX UV CN SG TH IN HK MY") {
		return false
	}
	return isDigit(s[2]) && isUpperAlnum(s)
}

// isLetters reports whether s is one or more of A-Z and nothing else.
func isLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return s != ""
}
