package packing

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// longestKey is the longest code that is kept as it is. A longer one is a
// picture code, which may hold a name and an address.
const longestKey = 48

// isDigest tells whether a kept code is a digest: nobody can type it, and no
// server knows it.
func isDigest(key string) bool { return strings.HasPrefix(key, "#") }

// KeptKey is the form of a code that journal and tables keep: the code itself,
// or of a long one a digest, which still tells it from others. Codes are
// compared in this form.
func KeptKey(key string) string {
	if len(key) <= longestKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "#" + strings.ToUpper(hex.EncodeToString(sum[:8])) // as codes are compared
}
