package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"packbench/upstream"
)

// maxQuiet caps what a server may ask for by Retry-After.
const maxQuiet = time.Hour

// maxWords is how much of a server's words is kept, in characters.
const maxWords = 300

// classify says what an answer to a POST means for the event with the given id.
func classify(status int, header http.Header, body []byte, id string, now time.Time) upstream.Outcome {
	out := upstream.Outcome{Code: fmt.Sprintf("HTTP %d", status), Words: words(body)}
	switch {
	case status >= 200 && status <= 299:
		return upstream.Outcome{Kind: upstream.Done, Code: out.Code}
	case status == http.StatusConflict && namesID(body, header, id):
		return upstream.Outcome{Kind: upstream.AlreadyDone, Code: out.Code}
	case status == http.StatusConflict:
		out.Kind = upstream.Conflict
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusGone:
		out.Kind = upstream.NeedsSignIn
	case status == http.StatusTooManyRequests:
		out.Kind = upstream.RetryAfter
		out.RetryAfter = retryAfter(header, now)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		out.Kind = upstream.RetryAfter
	case status >= 500:
		// It may have taken effect before it broke; also behind a 503 of a proxy.
		out.Kind = upstream.Unknown
		if status == http.StatusServiceUnavailable {
			out.RetryAfter = retryAfter(header, now)
		}
	default: // 1xx and 3xx too: we asked for neither
		out.Kind = upstream.NeedsHuman
	}
	if out.Words == "" {
		out.Words = strings.TrimSpace(out.Code + " " + http.StatusText(status))
	}
	return out
}

// retryAfter reads the header: seconds, or an HTTP date; 0 if there is none or
// it can't be read, never more than an hour.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxQuiet)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	// Against the server's own clock if it told it: ours may be wrong.
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxQuiet)
}

// namesID reports whether a 409 says that our very event is the one that it
// already has: the id in the body ("id", "webhook_id", "event_id") or header.
func namesID(body []byte, header http.Header, id string) bool {
	if header.Get(HeaderID) == id {
		return true
	}
	var b struct {
		ID        string `json:"id"`
		WebhookID string `json:"webhook_id"`
		EventID   string `json:"event_id"`
	}
	if json.Unmarshal(body, &b) != nil {
		return false
	}
	return b.ID == id || b.WebhookID == id || b.EventID == id
}

// words is what the server said, for people: the error text of a JSON answer, or
// the first line's worth of plain text; never a page of HTML.
func words(body []byte) string {
	text := string(body)
	var b map[string]any
	if json.Unmarshal(body, &b) == nil {
		text = ""
		for _, key := range []string{"message", "error", "detail", "error_description", "title"} {
			if s, ok := b[key].(string); ok && s != "" {
				text = s
				break
			}
		}
	}
	if strings.HasPrefix(strings.TrimSpace(text), "<") || !utf8.ValidString(text) {
		return ""
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxWords {
		runes = append(runes[:maxWords], '…')
	}
	return string(runes)
}
