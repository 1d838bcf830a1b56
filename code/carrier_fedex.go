package code

import "strings"

// fedexForms reads numbers of FedEx. Express labels carry the twelve-digit
// number inside a longer code: 34 digits (its last 14, with two leading zeros),
// 32 digits (ASTRA, before the last four). Ground has 15 digits, 22 digits that
// begin with 96, or an SSCC; SmartPost rides on a number of the post office.
func fedexForms(f form) []Class {
	s := f.bare
	if !f.digits {
		return nil
	}
	switch len(s) {
	case 12:
		if lastMatches(s, fedexDigit) {
			return []Class{checked("fedex", "FedEx Express (12)", rankDigits)}
		}
	case 15:
		if gs1Valid(s) {
			return []Class{checked("fedex", "FedEx Ground", rankDigits)}
		}
	case 18:
		if s[:2] == "00" && gs1Valid(s) {
			return []Class{checked("fedex", "FedEx Ground (SSCC-18)", rankDigits)}
		}
	case 22:
		if s[:2] == "96" && gs1Valid(s[7:]) {
			class := checked("fedex", "FedEx Ground 96 (22)", rankForm)
			class.Value = s[7:]
			return []Class{class}
		}
	case 32:
		if s[0] == '3' && lastMatches(s[16:28], fedexDigit) {
			class := checked("fedex", "FedEx ASTRA (32)", rankForm)
			class.Value = s[16:28]
			return []Class{class}
		}
	case 34:
		number := s[20:]
		if !lastMatches(number, fedexDigit) {
			break
		}
		name := "FedEx Express (34)"
		if s[0] == '9' {
			if s[1] != '6' {
				break
			}
			name = "FedEx Ground GSN"
		}
		class := checked("fedex", name, rankForm)
		class.Value = strings.TrimPrefix(number, "00")
		return []Class{class}
	}
	return smartPost(s)
}

// smartPost reads FedEx SmartPost: `92`, which some labels leave out in print
// though the check digit covers it, `61`, service digit 2, 16 more digits and
// check digit; before all perhaps 420 and a ZIP code.
func smartPost(s string) []Class {
	if len(s) == 30 && s[:3] == "420" {
		s = s[8:]
	}
	if len(s) == 20 {
		s = "92" + s
	}
	if len(s) != 22 || s[:5] != "92612" || !gs1Valid(s) {
		return nil
	}
	class := checked("fedex", "FedEx SmartPost", rankForm)
	class.Value = s
	return []Class{class}
}
