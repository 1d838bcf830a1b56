package code

// canadaForms reads numbers of Canada Post (16 digits), Purolator (12 digits
// below 6, or three letters and nine digits) and Canpar (a letter and 21
// digits).
func canadaForms(f form) []Class {
	s := f.bare
	switch {
	case f.digits && len(s) == 16 && gs1Valid(s):
		return []Class{checked("canada_post", "Canada Post", rankDigits)}
	case f.digits && len(s) == 12 && s[0] <= '5' && lastMatches(s, luhn):
		return []Class{checked("purolator", "Purolator (12)", rankDigits)}
	case len(s) == 12 && isLetters(s[:3]) && isDigits(s[3:]):
		return []Class{unchecked("purolator", "Purolator", rankLoose)}
	case len(s) == 22 && isOneOf(s[0], "CDKLSUXZ") && isDigits(s[1:]):
		return []Class{unchecked("canpar", "Canpar", rankPrefix)}
	}
	return nil
}
