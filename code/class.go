package code

import (
	"net/url"
	"slices"
	"strings"
)

// Kinds of [Class].
const (
	KindCommand  = "command"
	KindBadge    = "badge"
	KindTote     = "tote"
	KindLocation = "location"
	KindGTIN     = "gtin"
	KindSSCC     = "sscc"
	KindGS1      = "gs1"
	KindTracking = "tracking"
	KindURL      = "url"
	KindText     = "text"
)

// Check says what a check digit or character says.
type Check string

// The answers of a check.
const (
	CheckValid   Check = "valid"
	CheckInvalid Check = "invalid"
	CheckNone    Check = "none" // the form has none
)

// Class is one reading of a text.
type Class struct {
	Kind string `json:"kind"`
	// Symbology is the barcode's, from its AIM identifier where the scanner sent
	// one, else the one that this kind is printed in, else empty.
	Symbology string `json:"symbology,omitempty"`
	// Carrier is the carrier's short name ("ups", "canada_post", "sf"); "s10"
	// stands for whatever post office issued a number of the postal union.
	Carrier string `json:"carrier,omitempty"`
	// Name is the form's name for people.
	Name string `json:"name,omitempty"`
	// Value is what was read: the GTIN in 14 digits, the SSCC in 18, the tracking
	// number without spaces, a command's body.
	Value string `json:"value,omitempty"`
	Check Check  `json:"check"`
	// Hint says that only the form speaks for this reading: it may word a
	// message and is never a reason to refuse.
	Hint bool `json:"hint,omitempty"`

	rank rank
}

// rank orders the readings of one text; lower is better.
type rank int

const (
	rankOwn      rank = iota // the bench's own codes
	rankMarked               // the symbology itself says so
	rankForm                 // a check digit in an unmistakable form
	rankWaybill              // a check digit in digits, on a symbology that goods don't use
	rankGoods                // a GTIN's or SSCC's check digit
	rankDigits               // another check digit in mere digits
	rankPrefix               // an unmistakable form without a check digit
	rankURL                  // a web address
	rankBadGoods             // a retail GTIN's length and a wrong check digit
	rankLoose                // a form that many texts have
	rankBadCheck             // a GTIN-14's length and a wrong check digit
	rankText
)

// form is a text prepared for the carriers' forms.
type form struct {
	bare   string // upper case, no white space at all: people type numbers in groups
	digits bool   // bare holds digits only
}

// carriers are the tables of forms, one function a carrier family. Each returns
// the readings that hold; a number whose check digit is wrong is not that
// carrier's.
var carriers = []func(form) []Class{
	upsForms, fedexForms, uspsForms, s10Forms, dhlForms, dpdForms, amazonForms,
	canadaForms, unitedStatesForms, europeForms, chinaForms, asiaForms,
}

// Classify lists what a text can be, best first. It always ends with "text",
// because any code may be a shop's own. Command codes with a wrong check
// character and GTIN lengths with a wrong check digit are listed as such;
// tracking numbers with a wrong check digit are not listed.
func Classify(raw string) []Class {
	trimmed := strings.Trim(raw, margin)
	aim, data := SplitAIM(trimmed)
	data = strings.Trim(data, margin)
	symbology := aimSymbology(aim)

	var classes []Class
	classes = append(classes, commandClasses(raw)...)
	classes = append(classes, gs1Classes(trimmed)...)
	classes = append(classes, goodsClasses(aim, data)...)
	classes = append(classes, urlClasses(data)...)
	f := form{bare: upper(stripSpace(data))}
	f.digits = isDigits(f.bare)
	for _, forms := range carriers {
		for _, class := range forms(f) {
			class.Kind = KindTracking
			if class.Value == "" {
				class.Value = f.bare
			}
			if class.Check == "" {
				class.Check = CheckNone
			}
			class.Hint = class.Check == CheckNone
			// A carrier prints its digits in Code 128; goods come in EAN, ITF, …
			if class.rank == rankDigits && symbology == "Code 128" {
				class.rank = rankWaybill
			}
			classes = append(classes, class)
		}
	}
	classes = append(classes, Class{Kind: KindText, Value: data, Check: CheckNone, rank: rankText})

	slices.SortStableFunc(classes, func(a, b Class) int { return int(a.rank) - int(b.rank) })
	for i := range classes {
		if symbology != "" {
			classes[i].Symbology = symbology
		}
		classes[i].rank = 0 // done its work: equal readings are equal values
	}
	return classes
}

// commandClasses reads the bench's own codes.
func commandClasses(raw string) []Class {
	if !LooksLikeCommand(raw) {
		return nil
	}
	text := commandText(raw)
	class := Class{
		Kind: kinds[CommandClass(text[2])], Symbology: "Code 128", Name: "Packbench",
		Value: text[3 : len(text)-1], Check: CheckValid, rank: rankOwn,
	}
	if _, err := ParseCommand(raw); err != nil {
		class.Check = CheckInvalid
	}
	return []Class{class}
}

// gs1Classes reads GS1 element strings and GS1 Digital Links.
func gs1Classes(raw string) []Class {
	elements, err := GS1(raw)
	if err != nil {
		return nil
	}
	var classes []Class
	if gtin, ok := elements.GTIN(); ok {
		classes = append(classes, Class{Kind: KindGTIN, Name: "GS1 (01)", Symbology: "GS1-128", Value: gtin, Check: CheckValid, rank: rankMarked})
	}
	if sscc, ok := elements.SSCC(); ok {
		classes = append(classes, Class{Kind: KindSSCC, Name: "GS1 (00)", Symbology: "GS1-128", Value: sscc, Check: CheckValid, rank: rankMarked})
	}
	if classes == nil {
		classes = append(classes, Class{Kind: KindGS1, Name: "GS1", Symbology: "GS1-128", Check: CheckNone, rank: rankMarked})
	}
	if elements.Ambiguous {
		for i := range classes {
			classes[i].rank = rankGoods
		}
	}
	return classes
}

// goodsNames are the names of the GTIN family by number of digits.
var goodsNames = map[int]string{8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "GTIN-14"}

// goodsSymbologies are what the GTIN family is printed in.
var goodsSymbologies = map[int]string{8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "ITF-14"}

// goodsClasses reads the numbers of goods and logistic units in mere digits.
func goodsClasses(aim, data string) []Class {
	if !isDigits(data) {
		return nil
	}
	var classes []Class
	place := rankGoods
	if len(aim) == 3 && aim[1] == 'E' {
		place = rankMarked
	}
	name := goodsNames[len(data)]
	if gtin, ok := GTIN14(data); ok {
		classes = append(classes, Class{Kind: KindGTIN, Name: goodsName(name, gtin), Symbology: goodsSymbologies[len(data)], Value: gtin, Check: CheckValid, rank: place})
	} else if name != "" {
		bad := rankBadGoods
		if name == "GTIN-14" || aimSymbology(aim) == "Code 128" {
			bad = rankBadCheck // more often a waybill
		}
		classes = append(classes, Class{Kind: KindGTIN, Name: name, Symbology: goodsSymbologies[len(data)], Check: CheckInvalid, rank: bad})
	}
	if wide, ok := expandUPCE(data); ok {
		gtin, _ := GTIN14(wide)
		classes = append(classes, Class{Kind: KindGTIN, Name: "UPC-E", Symbology: "UPC-E", Value: gtin, Check: CheckValid, rank: place})
	}
	if len(data) == 18 && gs1Valid(data) {
		classes = append(classes, Class{Kind: KindSSCC, Name: "SSCC", Symbology: "GS1-128", Value: data, Check: CheckValid, rank: rankGoods})
	}
	return classes
}

// goodsName adds to a GTIN's name what its first digits say about it: numbers
// with price or weight in them are a shop's own and name no goods.
func goodsName(name, gtin string) string {
	if name != "EAN-13" && name != "UPC-A" {
		return name
	}
	switch prefix := gtin[1:4]; {
	case prefix[0] == '2' || prefix[:2] == "02":
		return name + ", in-store"
	case prefix == "977":
		return name + ", ISSN"
	case prefix == "978" || prefix == "979":
		return name + ", ISBN"
	}
	return name
}

// urlClasses reads web addresses.
func urlClasses(data string) []Class {
	address, err := url.Parse(data)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil
	}
	return []Class{{Kind: KindURL, Symbology: "QR Code", Name: address.Host, Value: data, Check: CheckNone, rank: rankURL}}
}

// aimSymbology names the symbology of an AIM identifier, "" where there is none
// or it is not known (ISO/IEC 15424).
func aimSymbology(aim string) string {
	if len(aim) != 3 {
		return ""
	}
	switch aim {
	case "]C1":
		return "GS1-128"
	case "]d2":
		return "GS1 DataMatrix"
	case "]Q3":
		return "GS1 QR Code"
	case "]E4":
		return "EAN-8"
	}
	switch aim[1] {
	case 'A':
		return "Code 39"
	case 'C':
		return "Code 128"
	case 'd':
		return "Data Matrix"
	case 'E':
		return "EAN/UPC"
	case 'e':
		return "GS1 DataBar"
	case 'F':
		return "Codabar"
	case 'G':
		return "Code 93"
	case 'H':
		return "Code 11"
	case 'h':
		return "Han Xin"
	case 'I':
		return "ITF"
	case 'J':
		return "GS1 DotCode"
	case 'L':
		return "PDF417"
	case 'M':
		return "MSI"
	case 'Q':
		return "QR Code"
	case 'S':
		return "2 of 5"
	case 'U':
		return "MaxiCode"
	case 'z':
		return "Aztec"
	}
	return ""
}

// stripSpace drops white space everywhere.
func stripSpace(s string) string { return strings.Join(strings.Fields(s), "") }
