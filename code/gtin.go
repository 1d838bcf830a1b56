package code

import "strings"

// GTIN14 pads a GTIN to 14 digits: s must be 8, 12, 13 or 14 digits (EAN-8,
// UPC-A, EAN-13, GTIN-14) with a valid check digit. Zeros alone are no GTIN.
func GTIN14(s string) (string, bool) {
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return "", false
	}
	if !gs1Valid(s) || strings.Trim(s, "0") == "" {
		return "", false
	}
	return strings.Repeat("0", 14-len(s)) + s, true
}

// gs1Valid reports whether the last of the digits s is the GS1 check digit of
// those before it (modulo 10, weights 3 and 1 from the right). It holds for
// GTIN, SSCC, GLN and GSIN alike.
func gs1Valid(s string) bool {
	if len(s) < 2 || !isDigits(s) {
		return false
	}
	return gs1CheckDigit(s[:len(s)-1]) == s[len(s)-1]
}

// gs1CheckDigit is the GS1 check digit for the digits s.
func gs1CheckDigit(s string) byte {
	sum, weight := 0, 3
	for i := len(s) - 1; i >= 0; i-- {
		sum += int(s[i]-'0') * weight
		weight = 4 - weight
	}
	return byte('0' + (10-sum%10)%10)
}

// expandUPCE turns the eight digits of a UPC-E symbol into the twelve of the
// UPC-A that it abbreviates. The number system must be 0 or 1, and the check
// digit must be that of the result.
func expandUPCE(s string) (string, bool) {
	if len(s) != 8 || !isDigits(s) || s[0] > '1' {
		return "", false
	}
	system, body, check := s[:1], s[1:7], s[7:]
	var wide string
	switch last := body[5]; {
	case last <= '2':
		wide = system + body[:2] + body[5:6] + "0000" + body[2:5]
	case last == '3':
		wide = system + body[:3] + "00000" + body[3:5]
	case last == '4':
		wide = system + body[:4] + "00000" + body[4:5]
	default:
		wide = system + body[:5] + "0000" + body[5:6]
	}
	wide += check
	if !gs1Valid(wide) {
		return "", false
	}
	return wide, true
}
