package privacy

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// hidden stands in a log where something was dropped.
const hidden = "[hidden]"

// shortest is the length in bytes of the shortest secret that is remembered: a
// shorter one would be found inside innocent words, and tell itself by that.
const shortest = 8

// most is how many forms of secrets are remembered: a station has a handful.
const most = 1024

// known is what this process has remembered, the longest first, so that a
// secret is hidden before a part of it is.
var known struct {
	sync.RWMutex
	forms []string
}

// Remember makes every handler and writer of this package hide a secret from
// now on: as it is, without its prefix (whsec_…), and as it stands in a web
// address.
func Remember(secret string) {
	secret = strings.TrimSpace(secret)
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if _, rest, ok := strings.Cut(secret, "_"); ok {
		forms = append(forms, rest)
	}
	known.Lock()
	defer known.Unlock()
	for _, f := range forms {
		if len(f) >= shortest && len(known.forms) < most && !slices.Contains(known.forms, f) {
			known.forms = append(known.forms, f)
		}
	}
	slices.SortFunc(known.forms, func(a, b string) int { return len(b) - len(a) })
}

// HideSecrets replaces every remembered secret in text.
func HideSecrets(text string) string {
	known.RLock()
	defer known.RUnlock()
	for _, f := range known.forms {
		if strings.Contains(text, f) {
			text = strings.ReplaceAll(text, f, hidden)
		}
	}
	return text
}

// Scrub is [HideSecrets] and [MaskText]: what may stand in a log.
func Scrub(text string) string { return MaskText(HideSecrets(text)) }
