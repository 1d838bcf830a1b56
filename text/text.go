// Package text turns message keys into words. Everything that people read comes
// from one flat catalogue a language, assets/text/<language>.json, so that the
// rules, the bench and the drivers speak in keys and arguments only.
//
// Words:
//
//   - key: what a message is called (`prompt.item`).
//   - argument: `{name}` in a text, filled by the caller. One that was not given
//     stays as it is, so that it is seen.
//   - reference: `{@key}` in a text is another text of the same catalogue, which
//     keeps the names of commands and their keys in one place.
package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"packbench/assets"
)

// Catalogue is the texts of one language. It is never changed after Load, so any
// number of goroutines may use it.
type Catalogue struct {
	language string
	texts    map[string]string
}

// ErrUnknownLanguage says that there is no catalogue of that language.
var ErrUnknownLanguage = errors.New("unknown language")

// Languages lists what Load takes, in the order of the language switch.
func Languages() []string { return []string{"zh", "en"} }

// Load reads the catalogue of a language: zh or en.
func Load(language string) (*Catalogue, error) {
	if !slices.Contains(Languages(), language) {
		return nil, fmt.Errorf("load texts: %w %q (there are: %s)", ErrUnknownLanguage, language, strings.Join(Languages(), ", "))
	}
	data, err := fs.ReadFile(assets.Text, path.Join("text", language+".json"))
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	texts, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("load texts %s: %w", language, err)
	}
	return &Catalogue{language: language, texts: texts}, nil
}

// parse reads a flat JSON object of strings. A key that stands twice is an error:
// JSON would silently take the last one.
func parse(data []byte) (map[string]string, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, fmt.Errorf("parse texts: no object: %w", err)
	}
	texts := map[string]string{}
	for dec.More() {
		var pair [2]string
		for i := range pair {
			tok, err := dec.Token()
			if err != nil {
				return nil, fmt.Errorf("parse texts: %w", err)
			}
			s, ok := tok.(string)
			if !ok {
				return nil, fmt.Errorf("parse texts: %v at byte %d is no string", tok, dec.InputOffset())
			}
			pair[i] = s
		}
		if _, twice := texts[pair[0]]; twice {
			return nil, fmt.Errorf("parse texts: key %q stands twice", pair[0])
		}
		texts[pair[0]] = pair[1]
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("parse texts: %w", err)
	}
	return texts, nil
}

// Language is zh or en.
func (c *Catalogue) Language() string { return c.language }

// Has tells whether there is a text of that key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.texts[key]
	return ok
}

// Keys lists every key, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.texts)) }

// placeholder is an argument or a reference in a text.
var placeholder = regexp.MustCompile(`\{@?[A-Za-z0-9_.-]+\}`)

// Text is the words of a key with its arguments filled in. A missing key answers
// the key itself: an ugly screen is better than an empty one. What arguments
// bring is never read for placeholders, so order data can't pull in other texts.
func (c *Catalogue) Text(key string, args map[string]string) string {
	s, ok := c.texts[key]
	if !ok {
		return key
	}
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		name := p[1 : len(p)-1]
		if ref, is := strings.CutPrefix(name, "@"); is {
			if s, ok := c.texts[ref]; ok {
				return s
			}
			return ref
		}
		if v, ok := args[name]; ok {
			return v
		}
		return p
	})
}
