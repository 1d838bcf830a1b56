package code

import "strings"

// europeForms reads numbers of Yodel, Landmark Global and InPost.
func europeForms(f form) []Class {
	s := f.bare
	for _, prefix := range []string{"JD", "JJD"} {
		if _, ok := digitsAfter(s, prefix, 16); ok {
			return []Class{unchecked("yodel", "Yodel", rankPrefix)}
		}
	}
	if number, found := strings.CutSuffix(s, "N1"); found {
		if _, ok := digitsAfter(number, "LTN", 8); ok {
			return []Class{unchecked("landmark", "Landmark Global", rankPrefix)}
		}
	}
	if f.digits && len(s) == 24 {
		return []Class{unchecked("inpost", "InPost", rankLoose)}
	}
	return nil
}
