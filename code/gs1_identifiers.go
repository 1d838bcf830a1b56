package code

import (
	"fmt"
	"strings"
)

// rule is the format of the data behind an application identifier (GS1 General
// Specifications, section 3).
type rule struct {
	digits     int  // length of the identifier itself
	min, max   int  // characters of data
	numeric    bool // data is digits only
	predefined bool // the length needs no separator behind the element
	check      bool // the data ends with a GS1 check digit
}

func fixed(digits, length int) rule {
	return rule{digits: digits, min: length, max: length, numeric: true}
}

func predefined(digits, length int) rule {
	return rule{digits: digits, min: length, max: length, numeric: true, predefined: true}
}

func upTo(digits, longest int) rule { return rule{digits: digits, min: 1, max: longest} }

func digitsUpTo(digits, least, most int) rule {
	return rule{digits: digits, min: least, max: most, numeric: true}
}

// identifiers are the rules by the first two, three or four digits of the
// identifier; the fourth digit of a measure is its number of decimals.
var identifiers = buildIdentifiers()

func buildIdentifiers() map[string]rule {
	table := map[string]rule{
		"00": {digits: 2, min: 18, max: 18, numeric: true, predefined: true, check: true},
		"01": {digits: 2, min: 14, max: 14, numeric: true, predefined: true, check: true},
		"02": {digits: 2, min: 14, max: 14, numeric: true, predefined: true, check: true},
		"03": {digits: 2, min: 14, max: 14, numeric: true, predefined: true, check: true},
		"10": upTo(2, 20), "20": predefined(2, 2), "21": upTo(2, 20), "22": upTo(2, 20),
		"30": digitsUpTo(2, 1, 8), "37": digitsUpTo(2, 1, 8), "90": upTo(2, 30),

		"235": upTo(3, 28), "240": upTo(3, 30), "241": upTo(3, 30), "242": digitsUpTo(3, 1, 6),
		"243": upTo(3, 20), "250": upTo(3, 30), "251": upTo(3, 30), "253": {digits: 3, min: 13, max: 30},
		"254": upTo(3, 20), "255": digitsUpTo(3, 13, 25),
		"400": upTo(3, 30), "401": upTo(3, 30), "402": fixed(3, 17), "403": upTo(3, 30),
		"420": upTo(3, 20), "421": {digits: 3, min: 4, max: 12}, "422": fixed(3, 3), "423": digitsUpTo(3, 3, 15),
		"424": fixed(3, 3), "425": digitsUpTo(3, 3, 15), "426": fixed(3, 3), "427": upTo(3, 3),

		"7001": fixed(4, 13), "7002": upTo(4, 30), "7003": fixed(4, 10), "7004": digitsUpTo(4, 1, 4),
		"7005": upTo(4, 12), "7006": fixed(4, 6), "7007": digitsUpTo(4, 6, 12), "7008": upTo(4, 3),
		"7009": upTo(4, 10), "7010": upTo(4, 2), "7011": digitsUpTo(4, 6, 10),
		"7020": upTo(4, 20), "7021": upTo(4, 20), "7022": upTo(4, 20), "7023": upTo(4, 30),
		"7040": {digits: 4, min: 4, max: 4}, "7041": upTo(4, 4),
		"7240": upTo(4, 20), "7241": fixed(4, 2), "7242": upTo(4, 25),
		"8001": fixed(4, 14), "8002": upTo(4, 20), "8003": {digits: 4, min: 14, max: 30}, "8004": upTo(4, 30),
		"8005": fixed(4, 6), "8006": fixed(4, 18), "8007": upTo(4, 34), "8008": digitsUpTo(4, 8, 12),
		"8009": upTo(4, 50), "8010": upTo(4, 30), "8011": digitsUpTo(4, 1, 12), "8012": upTo(4, 20),
		"8013": upTo(4, 25), "8014": upTo(4, 25), "8017": fixed(4, 18), "8018": fixed(4, 18),
		"8019": digitsUpTo(4, 1, 10), "8020": upTo(4, 25), "8026": fixed(4, 18), "8030": upTo(4, 90),
		"8110": upTo(4, 70), "8111": fixed(4, 4), "8112": upTo(4, 70), "8200": upTo(4, 70),
	}
	for _, ai := range []string{"11", "12", "13", "15", "16", "17"} {
		table[ai] = predefined(2, 6) // dates, YYMMDD
	}
	for ai := '1'; ai <= '9'; ai++ {
		table["9"+string(ai)] = upTo(2, 90) // agreed between companies
	}
	for _, ai := range []string{"410", "411", "412", "413", "414", "415", "416", "417"} {
		table[ai] = rule{digits: 3, min: 13, max: 13, numeric: true, predefined: true, check: true}
	}
	for _, ai := range []string{"710", "711", "712", "713", "714", "715", "716", "717"} {
		table[ai] = upTo(3, 20)
	}
	measures := "310 311 312 313 314 315 316 320 321 322 323 324 325 326 327 328 329 330 331 332 333 334 335 336 337 " +
		"340 341 342 343 344 345 346 347 348 349 350 351 352 353 354 355 356 357 360 361 362 363 364 365 366 367 368 369"
	for ai := range strings.FieldsSeq(measures) {
		table[ai] = predefined(4, 6)
	}
	table["390"] = digitsUpTo(4, 1, 15)
	table["391"] = digitsUpTo(4, 4, 18)
	table["392"] = digitsUpTo(4, 1, 15)
	table["393"] = digitsUpTo(4, 4, 18)
	table["394"] = fixed(4, 4)
	table["395"] = fixed(4, 6)
	for ai := '0'; ai <= '9'; ai++ {
		table["703"+string(ai)] = rule{digits: 4, min: 4, max: 30}
		table["723"+string(ai)] = rule{digits: 4, min: 3, max: 30}
	}
	for _, prefix := range []string{"430", "431", "432"} {
		table[prefix] = upTo(4, 70) // transport: addresses, instructions
	}
	return table
}

// ruleFor finds the rule for the identifier at the front of data, and the
// identifier.
func ruleFor(data string) (rule, string, bool) {
	for n := 2; n <= 4 && n <= len(data); n++ {
		r, ok := identifiers[data[:n]]
		if ok && len(data) >= r.digits && isDigits(data[:r.digits]) {
			return r, data[:r.digits], true
		}
	}
	return rule{}, "", false
}

// accept says why an element doesn't follow its rule, nil if it does.
func (r rule) accept(e Element) error {
	if len(e.Data) < r.min || len(e.Data) > r.max {
		return fmt.Errorf("read GS1 data: (%s) has %d characters, not %d to %d", e.AI, len(e.Data), r.min, r.max)
	}
	if r.numeric && !isDigits(e.Data) {
		return fmt.Errorf("read GS1 data: (%s) %q is not all digits", e.AI, e.Data)
	}
	if r.check && !gs1Valid(e.Data) {
		return fmt.Errorf("read GS1 data: (%s) %q has a wrong check digit", e.AI, e.Data)
	}
	return nil
}
