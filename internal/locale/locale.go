// Package locale, imported for its effect alone, gives the process a language
// that the window's toolkit can read. Without one (LANG=C, or nothing set, as
// under a service) Fyne writes an error to standard error at the start of every
// command, before main runs. What language Packbench itself speaks is decided
// by its own rules from what was set before: [Asked].
package locale

import "os"

// Asked is what the environment named before this package changed it; "" if
// nothing did.
var Asked string

// init runs before that of any larger package, because Go initialises those
// first that need least; a test of cmd/station sees that it stays so.
func init() {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			Asked = v
			break
		}
	}
	if len(Asked) < 2 || Asked == "POSIX" || Asked[:2] == "C." {
		for _, name := range []string{"LC_ALL", "LANG"} {
			_ = os.Setenv(name, "en_US.UTF-8") // fails for no name like these
		}
	}
}
