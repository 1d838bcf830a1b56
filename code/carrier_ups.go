package code

// upsForms reads numbers of UPS: `1Z`, shipper (6), service (2), parcel (7) and
// check digit; and waybills of a letter, nine digits and check digit.
func upsForms(f form) []Class {
	s := f.bare
	switch {
	case len(s) == 18 && s[:2] == "1Z" && isUpperAlnum(s) && isDigit(s[17]):
		if lastMatches(s[2:], doubling) {
			return []Class{checked("ups", "UPS", rankForm)}
		}
	case len(s) == 11 && isOneOf(s[0], "AHJKTV") && isDigits(s[1:]):
		if lastMatches(s[1:], doubling) {
			return []Class{checked("ups", "UPS waybill", rankForm)}
		}
	}
	return nil
}
