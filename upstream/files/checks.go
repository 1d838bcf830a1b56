package files

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"packbench/code"
)

// scientific is what a spreadsheet makes of a long number: 5.77E+17. Its digits
// are lost. A SKU such as 5E10, without the sign, is left alone.
var scientific = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+[0-9]{1,3}$`)

// maxID is the length of an identifier, in bytes; barcodes hold far less.
const maxID = 128

// maxQuantity is more than any box holds.
const maxQuantity = 100_000

// cleanID is clean for identifiers, which may carry an apostrophe against
// spreadsheets too.
func cleanID(s string) string { return strings.TrimPrefix(clean(s), "'") }

// checkID returns the key of what is wrong with an identifier, "" if nothing is.
// spaces says whether there may be some within, as in a SKU.
func checkID(s string, spaces bool) string {
	switch {
	case scientific.MatchString(s):
		return "import.scientific"
	case len(s) > maxID:
		return "import.id_form"
	case code.LooksLikeCommand(s):
		return "import.command"
	}
	for _, r := range s {
		if unicode.IsControl(r) || (!spaces && (unicode.IsSpace(r) || r > unicode.MaxASCII)) {
			return "import.id_form"
		}
	}
	return ""
}

// parseQuantity reads a whole number from 1 to maxQuantity.
func parseQuantity(s string) (int, bool) {
	if strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= maxQuantity
}

// rounded collects the numbers of one column to see whether a spreadsheet has
// rounded them: it keeps 15 digits and writes zeros for the rest.
type rounded struct {
	seen  map[string]bool
	whole bool // one of them has other digits than zeros behind the 15th
}

func (r *rounded) add(id string) {
	if r.whole || len(id) < 17 || strings.Trim(id, "0123456789") != "" {
		return
	}
	if strings.Trim(id[15:], "0") != "" {
		r.whole = true
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[id] = true
}

// sure: three different long numbers, all ending in zeros, are no accident.
func (r *rounded) sure() bool { return !r.whole && len(r.seen) >= 3 }
