package code

// dpdForms reads numbers of DPD: 14 digits and a check character, or 27 digits
// (postcode 7, number 14, service 3, country 3) and a check character, as the
// label's barcode has them. DPD prefixes the barcode with `%`, which scanners
// deliver.
func dpdForms(f form) []Class {
	s := f.bare
	if len(s) == 29 && s[0] == '%' {
		s = s[1:]
	}
	n := len(s) - 1
	if n != 14 && n != 27 || !isDigits(s[:n]) || value3736(s[n]) < 0 || mod3736(s[:n]) != s[n] {
		return nil
	}
	class := checked("dpd", "DPD (14)", rankForm)
	if n == 27 {
		class.Name = "DPD (28)"
		class.Value = s[7:21]
	}
	if isDigit(s[n]) {
		class.rank = rankDigits
	}
	return []Class{class}
}
