package label

import "packbench/code"

// keyOf is the form in which codes are compared everywhere.
func keyOf(text string) string { return code.Key(text) }
