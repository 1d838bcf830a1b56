package code

// uspsForms reads numbers of the United States Postal Service: 20 digits, the
// older 22 that begin with 91, and the Intelligent Mail package barcode (IMpb)
// of 22, 26 or 30 digits that begins with 92 to 95. Before the last two kinds
// there may be 420 and the ZIP code of five or nine digits.
func uspsForms(f form) []Class {
	if !f.digits {
		return nil
	}
	for _, number := range withoutZIP(f.bare) {
		class, ok := uspsNumber(number)
		if ok {
			class.Value = number
			return []Class{class}
		}
	}
	return nil
}

// withoutZIP lists what a number can be without its routing part.
func withoutZIP(s string) []string {
	numbers := []string{s}
	if len(s) > 12 && s[:3] == "420" {
		numbers = append(numbers, s[8:], s[12:])
	}
	return numbers
}

// uspsNumber reads a number without routing part.
func uspsNumber(s string) (Class, bool) {
	switch {
	case len(s) == 20 && gs1Valid(s):
		return checked("usps", "USPS 20", rankDigits), true
	case len(s) == 20 && gs1Valid("91"+s), len(s) == 22 && s[:2] == "91" && gs1Valid(s):
		// The check digit covers the 91 also where the label leaves it out.
		return checked("usps", "USPS Legacy", rankDigits), true
	case impbForm(s) && gs1Valid(s):
		return checked("usps", "USPS IMpb", rankForm), true
	}
	return Class{}, false
}

// impbForm reports whether s is laid out as an IMpb: application identifier,
// service type (3), mailer (nine digits that begin with 9, else six), serial
// number, check digit. 92 belongs to mailers of nine digits, 93 to those of six.
func impbForm(s string) bool {
	if len(s) != 22 && len(s) != 26 && len(s) != 30 {
		return false
	}
	longMailer := s[5] == '9'
	switch s[:2] {
	case "92":
		return longMailer && len(s) < 30
	case "93":
		return !longMailer && len(s) < 30
	case "94":
		return longMailer || len(s) < 30
	case "95":
		return len(s) < 30
	}
	return false
}
