package code

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrNotGS1 says that a text is no GS1 element string.
var ErrNotGS1 = errors.New("not a GS1 element string")

// Element is one data element: an application identifier (AI) and its data, as
// in `(01)09521234543213`.
type Element struct {
	AI   string
	Data string
}

// Elements is a GS1 element string taken apart.
type Elements struct {
	List []Element
	// Ambiguous says that the end of an element was perhaps lost: the text came
	// without symbology identifier and without separators, as from a keyboard
	// wedge that drops them, and holds an element of variable length. What
	// follows in such an element is not guessed at.
	Ambiguous bool
}

// Get is the data of the first element with that application identifier.
func (e Elements) Get(ai string) (string, bool) {
	for _, element := range e.List {
		if element.AI == ai {
			return element.Data, true
		}
	}
	return "", false
}

// GTIN is the number of the goods, (01), in 14 digits.
func (e Elements) GTIN() (string, bool) { return e.Get("01") }

// SSCC is the number of the logistic unit, (00), in 18 digits.
func (e Elements) SSCC() (string, bool) { return e.Get("00") }

// GS1 takes a GS1 element string apart. It reads
//
//   - data behind a symbology identifier of GS1 (`]C1`, `]d2`, `]Q3`, `]e0`,
//     `]J1`) or behind a leading group separator;
//   - the form for people, `(01)09521234543213(10)LOT42`;
//   - a GS1 Digital Link, `https://example.com/01/09521234543213/10/LOT42`;
//   - unmarked data, only if it begins with a valid (00), (01) or (02).
//
// Elements of predefined length need no separator behind them; a superfluous
// separator is forgiven. Check digits of (00) to (03) must be right. The error
// wraps [ErrNotGS1] where the text is of none of these forms.
func GS1(raw string) (Elements, error) {
	text := strings.Trim(raw, margin)
	aim, data := SplitAIM(text)
	marked := isGS1Identifier(aim)
	data = strings.Trim(data, margin)
	switch {
	case aim != "" && !marked && !strings.Contains(data, "://"):
		return Elements{}, fmt.Errorf("read GS1 data: %w", ErrNotGS1)
	case data == "":
		return Elements{}, fmt.Errorf("read GS1 data: %w", ErrNotGS1)
	case data[0] == '(':
		return bracketed(data)
	case strings.Contains(data, "://"):
		return digitalLink(data)
	}
	if data[0] == gs {
		marked = true
	}
	if !marked && !startsWithNumber(data) {
		return Elements{}, fmt.Errorf("read GS1 data: %w", ErrNotGS1)
	}
	return elementString(data, marked)
}

// isGS1Identifier reports whether an AIM identifier says that GS1 elements
// follow.
func isGS1Identifier(aim string) bool {
	switch aim {
	case "]C1", "]d2", "]Q3", "]e0", "]J1":
		return true
	}
	return false
}

// startsWithNumber reports whether unmarked data begins with an SSCC or GTIN
// whose check digit is right: short of a symbology identifier nothing weaker
// says that this is GS1 data.
func startsWithNumber(data string) bool {
	for _, ai := range []string{"00", "01", "02"} {
		rule, _, _ := ruleFor(ai)
		if end := 2 + rule.min; strings.HasPrefix(data, ai) && len(data) >= end && gs1Valid(data[2:end]) {
			return strings.Trim(data[2:end], "0") != ""
		}
	}
	return false
}

// elementString reads elements one behind the other.
func elementString(data string, marked bool) (Elements, error) {
	var out Elements
	separated := strings.IndexByte(data, gs) >= 0
	for {
		data = strings.TrimLeft(data, string(rune(gs)))
		if data == "" {
			break
		}
		rule, ai, ok := ruleFor(data)
		if !ok {
			return Elements{}, fmt.Errorf("read GS1 data: unknown application identifier at %.8q", data)
		}
		data = data[len(ai):]
		end := strings.IndexByte(data, gs)
		if end < 0 {
			end = len(data)
		}
		if rule.predefined {
			end = min(end, rule.max)
		}
		element := Element{AI: ai, Data: data[:end]}
		if err := rule.accept(element); err != nil {
			return Elements{}, err
		}
		out.List = append(out.List, element)
		if !rule.predefined && !marked && !separated {
			out.Ambiguous = true
		}
		data = data[end:]
	}
	if len(out.List) == 0 {
		return Elements{}, fmt.Errorf("read GS1 data: %w", ErrNotGS1)
	}
	return out, nil
}

// bracketed reads `(01)09521234543213(10)LOT42`. A bracket inside data that
// doesn't hold an application identifier belongs to the data.
func bracketed(text string) (Elements, error) {
	var out Elements
	for text != "" {
		ai, rest, ok := bracketAI(text)
		if !ok {
			return Elements{}, fmt.Errorf("read GS1 data: %w", ErrNotGS1)
		}
		end := len(rest)
		for i := 1; i < len(rest); i++ {
			if rest[i] != '(' {
				continue
			}
			if _, _, next := bracketAI(rest[i:]); next {
				end = i
				break
			}
		}
		rule, _, _ := ruleFor(ai)
		element := Element{AI: ai, Data: strings.Trim(rest[:end], margin)}
		if err := rule.accept(element); err != nil {
			return Elements{}, err
		}
		out.List = append(out.List, element)
		text = rest[end:]
	}
	return out, nil
}

// bracketAI splits `(AI)` from the front of text, if it holds a known
// application identifier.
func bracketAI(text string) (ai, rest string, ok bool) {
	closing := strings.IndexByte(text, ')')
	if closing < 0 || text[0] != '(' {
		return "", "", false
	}
	inner := text[1:closing]
	if _, ai, ok = ruleFor(inner); !ok || ai != inner {
		return "", "", false
	}
	return ai, text[closing+1:], true
}

// digitalLink reads the elements in the path of a GS1 Digital Link, from the
// first that is a primary key; what the query adds is not needed here.
func digitalLink(text string) (Elements, error) {
	notLink := fmt.Errorf("read GS1 data: %w", ErrNotGS1)
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return Elements{}, notLink
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	for len(parts) > 1 && parts[0] != "01" && parts[0] != "00" {
		parts = parts[1:]
	}
	if len(parts) < 2 {
		return Elements{}, notLink
	}
	var out Elements
	for ; len(parts) > 1; parts = parts[2:] {
		rule, ai, ok := ruleFor(parts[0])
		if !ok || ai != parts[0] {
			return Elements{}, notLink
		}
		data := parts[1]
		if gtin, valid := GTIN14(data); valid && ai == "01" {
			data = gtin
		}
		element := Element{AI: ai, Data: data}
		if err := rule.accept(element); err != nil {
			return Elements{}, err
		}
		out.List = append(out.List, element)
	}
	return out, nil
}
