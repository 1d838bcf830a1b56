package code

import (
	"errors"
	"fmt"
	"strings"
)

// CommandClass is the third letter of a command code: what the code names.
type CommandClass byte

// The classes of command codes.
const (
	Command  CommandClass = 'C' // something to do: ACK, REOPEN, QTY 12
	Badge    CommandClass = 'B' // a person
	Tote     CommandClass = 'T' // a box that brings picked goods
	Location CommandClass = 'L' // a shelf, bin, cage or bag
)

// commandPrefix begins every command code.
const commandPrefix = "PB"

// The body of a command code has this many characters.
const (
	minCommandBody = 1
	maxCommandBody = 10
)

// ErrNotCommand says that a text has not the form of a command code.
var ErrNotCommand = errors.New("not a command code")

// ErrCheckCharacter says that a text has the form of a command code and the
// wrong check character: it was typed wrong, or read half or joined.
var ErrCheckCharacter = errors.New("wrong check character in command code")

// CommandCode is a code that the bench printed for itself. Its text is `PB`,
// the class, the body and an ISO/IEC 7064 mod 37,36 check character over all
// before it: letters and digits only, so that every keyboard layout types it
// right.
type CommandCode struct {
	Class CommandClass
	Body  string // 1 to 10 characters of [0-9A-Z]
}

// kinds names the classes for [Class.Kind].
var kinds = map[CommandClass]string{Command: KindCommand, Badge: KindBadge, Tote: KindTote, Location: KindLocation}

// FormatCommand is the text to print for a command code. Body must be 1 to 10
// characters of [0-9A-Z].
func FormatCommand(class CommandClass, body string) (string, error) {
	if kinds[class] == "" {
		return "", fmt.Errorf("format command code: unknown class %q", string(rune(class)))
	}
	if len(body) < minCommandBody || len(body) > maxCommandBody {
		return "", fmt.Errorf("format command code: body %q must have %d to %d characters", body, minCommandBody, maxCommandBody)
	}
	if !isUpperAlnum(body) {
		return "", fmt.Errorf("format command code: body %q may hold only 0-9 and A-Z", body)
	}
	text := commandPrefix + string(rune(class)) + body
	return text + string(rune(mod3736(text))), nil
}

// ParseCommand reads a command code. The text is matched whole, never in part;
// letters may be lower case, because Caps Lock inverts what a keyboard wedge
// types. The error wraps [ErrNotCommand] or [ErrCheckCharacter].
func ParseCommand(raw string) (CommandCode, error) {
	text := commandText(raw)
	if !commandForm(text) {
		return CommandCode{}, fmt.Errorf("parse command code: %w", ErrNotCommand)
	}
	last := len(text) - 1
	command := CommandCode{Class: CommandClass(text[2]), Body: text[3:last]}
	if mod3736(text[:last]) != text[last] {
		return CommandCode{}, fmt.Errorf("parse command code: %w", ErrCheckCharacter)
	}
	return command, nil
}

// LooksLikeCommand reports whether a text has the form of a command code,
// whatever its check character. An import refuses such a barcode: goods that
// carried it could not be told from a badly read command.
func LooksLikeCommand(raw string) bool { return commandForm(commandText(raw)) }

// String is the text of the code as printed; of a code that FormatCommand
// refuses it is empty.
func (c CommandCode) String() string {
	text, err := FormatCommand(c.Class, c.Body)
	if err != nil {
		return ""
	}
	return text
}

// commandText takes from raw what a scanner adds, and Caps Lock.
func commandText(raw string) string {
	_, data := SplitAIM(strings.Trim(raw, margin))
	return upper(strings.Trim(data, margin))
}

// commandForm reports whether text is prefix, class, body and one more
// character.
func commandForm(text string) bool {
	fixed := len(commandPrefix) + 2 // class and check character
	if len(text) < fixed+minCommandBody || len(text) > fixed+maxCommandBody {
		return false
	}
	return strings.HasPrefix(text, commandPrefix) && kinds[CommandClass(text[2])] != "" && isUpperAlnum(text)
}
