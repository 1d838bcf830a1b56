package secrets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameBytes is the longest name of a secret, in bytes.
const nameBytes = 200

// checkName refuses names that no person could have meant. Anything else is a
// name, in any script: a path in it is only letters.
func checkName(name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return fmt.Errorf("%w: %q is empty, or begins or ends with a space", ErrName, name)
	case len(name) > nameBytes:
		return fmt.Errorf("%w: it has %d bytes, %d are allowed", ErrName, len(name), nameBytes)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: %q has signs that can't be shown", ErrName, name)
	}
	return nil
}

// encode makes a file name of a secret's name: a-z, 0-9, - and _ stay, every
// other byte is =xx, and what would be too long for a disk ends in a hash. Two
// names never meet, also where the disk does not tell A from a.
func encode(name string) string {
	var out strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "=%02x", c)
		}
	}
	if out.Len() <= 150 {
		return out.String()
	}
	sum := sha256.Sum256([]byte(name))
	return out.String()[:100] + "==" + hex.EncodeToString(sum[:16])
}
