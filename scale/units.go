package scale

import (
	"math/big"
	"strings"
)

// maxMilligrams bounds what is taken for a weight: a thousand tonnes.
const maxMilligrams = 1_000_000_000_000

// units are the units of weight that scales display, in attograms (10^-18 g), so
// that even the ounce is a whole number.
var units = map[string]*big.Int{
	"mg":  attograms("1000000000000000"),
	"g":   attograms("1000000000000000000"),
	"kg":  attograms("1000000000000000000000"),
	"t":   attograms("1000000000000000000000000"),
	"ct":  attograms("200000000000000000"),
	"oz":  attograms("28349523125000000000"), // 28.349523125 g
	"lb":  attograms("453592370000000000000"),
	"ozt": attograms("31103476800000000000"), // 31.1034768 g
}

// attogramsPerMilligram turns the sum of units into milligrams.
var attogramsPerMilligram = attograms("1000000000000000")

func attograms(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

// milligrams converts a displayed number, such as "-0.350", and its unit to
// milligrams, rounded half away from zero. known is false for a unit that is no
// weight, ok for a number that is none or too large.
func milligrams(number, unit string) (mg int64, ok, known bool) {
	factor, known := units[strings.ToLower(unit)]
	if !known {
		return 0, false, false
	}
	digits, negative := strings.CutPrefix(number, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	digits = strings.TrimLeft(digits, " ")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || len(digits) > 20 || !isDigits(whole+fraction) {
		return 0, false, true
	}
	value, _ := new(big.Int).SetString(whole+fraction, 10)
	value.Mul(value, factor)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
	scale.Mul(scale, attogramsPerMilligram)
	half := new(big.Int).Rsh(scale, 1)
	value.Add(value, half).Quo(value, scale)
	if !value.IsInt64() || value.Int64() > maxMilligrams {
		return 0, false, true
	}
	mg = value.Int64()
	if negative {
		mg = -mg
	}
	return mg, true, true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
