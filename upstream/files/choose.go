package files

import (
	"errors"
	"slices"
	"strings"
)

// The layout of a file is found by its header: a column file fits if the file
// has a column for each field that it detects by or requires. Where several
// fit, a shop's own come before those of the program, and among those the one
// that knows most of the file's columns is taken; if two know as many, the file
// is refused rather than guessed at.

// matches reports whether c fits the header, and how many of its columns c knows.
func (t *table) matches(c *Columns) (fits bool, known int) {
	fits = true
	for field, names := range c.Columns {
		if t.place(names) >= 0 {
			known++
		} else if slices.Contains(c.Detect, field) || slices.Contains(c.Required, field) {
			fits = false
		}
	}
	for _, n := range c.Address {
		if t.place([]string{n}) >= 0 {
			known++
		}
	}
	return fits, known
}

// place is the first of the names that the header has, -1 if it has none.
func (t *table) place(names []string) int {
	for _, n := range names {
		if i, ok := t.index[fold(n)]; ok {
			return i
		}
	}
	return -1
}

// faults are several reasons at once, as an error.
type faults []*fault

func (f faults) Error() string { return f[0].Error() }

// choose finds the layout of a header. The error is a *fault or faults.
func choose(t *table, maps []Columns) (Columns, error) {
	var best []*Columns
	bestKnown := 0
	for i := range maps {
		c := &maps[i]
		fits, known := t.matches(c)
		if !fits {
			continue
		}
		switch {
		case len(best) == 0, c.own && !best[0].own, c.own == best[0].own && known > bestKnown:
			best, bestKnown = []*Columns{c}, known
		case c.own == best[0].own && known == bestKnown:
			best = append(best, c)
		}
	}
	switch len(best) {
	case 1:
		return *best[0], t.duplicate(best[0])
	case 0:
		return Columns{}, t.nothingFits(maps)
	}
	var names []string
	for _, c := range best {
		names = append(names, c.Title)
	}
	return Columns{}, faultAt(t.headerRow, "", "import.layouts_many", "formats", strings.Join(names, ", "))
}

// duplicate refuses a column that stands twice, if c would read it.
func (t *table) duplicate(c *Columns) error {
	for _, name := range t.header {
		second, twice := t.twice[fold(name)]
		if !twice {
			continue
		}
		for _, names := range c.Columns {
			if slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(name) }) {
				return faultAt(t.headerRow, second, "import.column_twice", "column", second)
			}
		}
	}
	return nil
}

// nothingFits names what the nearest layout misses, or the kinds that there are
// if the header resembles none.
func (t *table) nothingFits(maps []Columns) error {
	var nearest *Columns
	most := 0
	for i := range maps {
		c := &maps[i]
		_, known := t.matches(c)
		detects := slices.ContainsFunc(c.Detect, func(f string) bool { return t.place(c.Columns[f]) >= 0 })
		if detects && known > most && (known > 1 || len(t.index) == 1 || len(maps) == 1) {
			nearest, most = c, known
		}
	}
	if nearest == nil {
		var titles []string
		for _, c := range maps {
			titles = append(titles, c.Title)
		}
		return faultAt(t.headerRow, "", "import.format_unknown", "format", strings.Join(titles, ", "))
	}
	if err := t.duplicate(nearest); err != nil {
		return err
	}
	var missing faults
	for _, field := range slices.Compact(append(slices.Clone(nearest.Required), nearest.Detect...)) {
		if t.place(nearest.Columns[field]) >= 0 {
			continue
		}
		name := nearest.Columns[field][0]
		if !slices.ContainsFunc(missing, func(f *fault) bool { return f.Column == name }) {
			missing = append(missing, faultAt(t.headerRow, name, "import.column_missing", "column", name, "format", nearest.Title))
		}
	}
	return missing
}

// layout gives the place of each field of c, -1 if absent.
func (t *table) layout(c *Columns) map[string]int {
	places := make(map[string]int, len(c.Columns))
	for field, names := range c.Columns {
		places[field] = t.place(names)
	}
	return places
}

// openTable opens whatever kind of table the input is and finds its layout.
// The error is a *fault or faults if the content is the reason.
func openTable(in *input, maps []Columns) (*table, Columns, []Refusal, error) {
	head, err := in.head()
	if err != nil {
		return nil, Columns{}, nil, err
	}
	if f := foreign(head); f != nil {
		return nil, Columns{}, nil, f
	}
	if strings.HasPrefix(string(head), "PK") {
		return openXLSX(in, maps)
	}
	return openCSV(in, head, maps)
}

// faultsOf are the reasons in an error of openTable or of a table; nil if it is
// about reading.
func faultsOf(err error) []*fault {
	if many, ok := errors.AsType[faults](err); ok {
		return many
	}
	if f, ok := errors.AsType[*fault](err); ok {
		return []*fault{f}
	}
	return nil
}
