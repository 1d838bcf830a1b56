package code

// amazonForms reads numbers of Amazon's own delivery: TBA, TBC or TBM and twelve
// digits; A, F or C and ten digits between countries.
func amazonForms(f form) []Class {
	s := f.bare
	for _, prefix := range []string{"TBA", "TBC", "TBM"} {
		if _, ok := digitsAfter(s, prefix, 12); ok {
			return []Class{unchecked("amazon", "Amazon Logistics", rankPrefix)}
		}
	}
	for _, prefix := range []string{"A", "F", "C"} {
		if _, ok := digitsAfter(s, prefix, 10); ok {
			return []Class{unchecked("amazon", "Amazon International", rankLoose)}
		}
	}
	return nil
}
