package code

import "strings"

// The tables of forms return [Class] values with Carrier, Name, Check and rank;
// Classify fills in the rest. Digits that only a check digit tells from any
// other number rank as rankDigits; forms with letters or a long fixed prefix as
// rankForm (checked) or rankPrefix (not checked); digits without a check digit,
// and forms that many texts have, as rankLoose.

// checked is a reading whose check digit agrees.
func checked(carrier, name string, place rank) Class {
	return Class{Carrier: carrier, Name: name, Check: CheckValid, rank: place}
}

// unchecked is a reading whose form has no check digit.
func unchecked(carrier, name string, place rank) Class {
	return Class{Carrier: carrier, Name: name, Check: CheckNone, rank: place}
}

// digitsAfter is what follows prefix in s, if that is digits only and as many
// as one of the lengths.
func digitsAfter(s, prefix string, lengths ...int) (string, bool) {
	rest, found := strings.CutPrefix(s, prefix)
	if !found || !isDigits(rest) {
		return "", false
	}
	for _, n := range lengths {
		if len(rest) == n {
			return rest, true
		}
	}
	return "", false
}

// startsWithAny reports whether s begins with one of the words of list.
func startsWithAny(s, list string) bool {
	for prefix := range strings.FieldsSeq(list) {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// isOneOf reports whether c is one of the bytes of set.
func isOneOf(c byte, set string) bool { return strings.IndexByte(set, c) >= 0 }
