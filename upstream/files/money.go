package files

import (
	"math"
	"strings"
)

// parseMoney reads an amount as exports write it ("29.99", "IDR 50.000",
// "Rp 1.299.000", "29,99 €") into minor units with the given number of digits.
// Negative amounts and digits finer than the currency's are refused.
func parseMoney(s string, digits int) (int64, bool) {
	s = amountOnly(s)
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	whole, fraction := s, ""
	if i := strings.LastIndexAny(s, ".,"); i >= 0 {
		mark, after := s[i:i+1], s[i+1:]
		switch {
		case after == "":
			return 0, false
		case len(after) == 3 || strings.Count(s, mark) > 1:
			// Thousands: no amount of ours has three digits behind the mark.
		default:
			whole, fraction = s[:i], after
		}
	}
	if !grouped(whole) {
		return 0, false
	}
	whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
	if strings.Trim(fraction, "0123456789") != "" {
		return 0, false
	}
	for len(fraction) > digits {
		if fraction[len(fraction)-1] != '0' {
			return 0, false
		}
		fraction = fraction[:len(fraction)-1]
	}
	fraction += strings.Repeat("0", digits-len(fraction))
	var n int64
	for _, r := range whole + fraction {
		if n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(r-'0')
	}
	return n, true
}

// digits of the minor units of currencies that don't have two, by ISO 4217.
var digits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// minorDigits is how many digits a currency's minor unit has.
func minorDigits(currency string) int {
	if n, ok := digits[currency]; ok {
		return n
	}
	return 2
}

// currencyCode reports whether s has the form of an ISO 4217 code.
func currencyCode(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// amountOnly takes a currency before or after the number away: letters, signs,
// spaces, and the dot of "Rp.".
func amountOnly(s string) string {
	s = strings.TrimSpace(s)
	first := strings.IndexAny(s, "0123456789-")
	last := strings.LastIndexAny(s, "0123456789")
	if first < 0 || last < first {
		return ""
	}
	if strings.ContainsAny(s[:first]+s[last+1:], "0123456789+-()") {
		return ""
	}
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(s[first : last+1])
}

// grouped checks that thousands, where separated at all, are groups of three
// digits by one and the same mark.
func grouped(s string) bool {
	i := strings.IndexAny(s, ".,")
	if i < 0 {
		return s != "" && strings.Trim(s, "0123456789") == ""
	}
	parts := strings.Split(s, s[i:i+1])
	if parts[0] == "0" {
		return false
	}
	for j, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" || len(p) > 3 || (j > 0 && len(p) != 3) {
			return false
		}
	}
	return true
}
