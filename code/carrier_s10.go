package code

import "strings"

// s10Countries are the ISO 3166-1 codes of the countries and territories that
// have a post office in the Universal Postal Union.
const s10Countries = "AD AE AF AG AI AL AM AN AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BQ BR BS BT BW BY BZ " +
	"CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ " +
	"TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// s10Services names the kinds of mail by the first letter of a number.
var s10Services = map[byte]string{
	'C': "parcel", 'E': "EMS", 'H': "e-commerce parcel", 'L': "tracked letter",
	'R': "registered", 'U': "letter", 'V': "insured",
}

// s10Forms reads numbers of the Universal Postal Union's S10: two letters, eight
// digits, check digit, country.
func s10Forms(f form) []Class {
	s := f.bare
	if len(s) != 13 || !isLetters(s[:2]) || !isDigits(s[2:11]) || !isLetters(s[11:]) {
		return nil
	}
	if !strings.Contains(" "+s10Countries+" ", " "+s[11:]+" ") || !lastMatches(s[2:11], s10Digit) {
		return nil
	}
	name := "S10 " + s[11:]
	if service := s10Services[s[0]]; service != "" {
		name += ", " + service
	}
	return []Class{checked("s10", name, rankForm)}
}
