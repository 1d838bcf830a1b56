package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"packbench/upstream"
)

// defaultQuiet is how long a 429 without a readable Retry-After silences us.
const defaultQuiet = 30 * time.Second

// sent is what an answer is compared with: what we told, or want told.
type sent struct {
	id      string // the webhook-id
	parcel  string
	waybill string // "" = the event carries none
}

func sentBy(op upstream.Op) sent {
	s := sent{id: op.ID}
	if e, err := upstream.DecodeEvent(op.Payload); err == nil {
		s.parcel, s.waybill = e.Data.Parcel, e.Data.Waybill
	}
	return s
}

// classify says what an answer to a POST means.
func classify(status int, header http.Header, body []byte, ours sent, now time.Time) upstream.Outcome {
	out := upstream.Outcome{Code: fmt.Sprintf("HTTP %d", status), Words: words(body)}
	switch {
	case status >= 200 && status <= 299:
		return agreed(out.Code, body, ours)
	case status == http.StatusConflict:
		out.Kind = upstream.Conflict
		if shows := readShown(body); shows.has(ours) || (ours.id != "" && header.Get(HeaderID) == ours.id && !shows.otherWaybill(ours)) {
			return upstream.Outcome{Kind: upstream.AlreadyDone, Code: out.Code}
		}
	case status == http.StatusUnauthorized, status == http.StatusGone:
		out.Kind = upstream.NeedsSignIn
	case status == http.StatusTooManyRequests:
		out.Kind = upstream.RetryAfter
		var ok bool
		if out.RetryAfter, ok = retryAfter(header, now); !ok {
			out.RetryAfter = defaultQuiet
		}
		out.RetryAfter = max(out.RetryAfter, time.Second) // "at once" from somebody who is overrun
	case status == http.StatusTooEarly:
		out.Kind = upstream.RetryAfter
	case status == http.StatusRequestTimeout, status >= 500:
		// It may have taken effect before it broke; a proxy may say so of a server
		// that has it.
		out.Kind = upstream.Unknown
		if status == http.StatusServiceUnavailable {
			out.RetryAfter, _ = retryAfter(header, now)
		}
	default: // 1xx and 3xx too: we asked for neither
		out.Kind = upstream.NeedsHuman
	}
	if out.Words == "" {
		out.Words = strings.TrimSpace(out.Code + " " + http.StatusText(status))
	}
	return out
}

// agreed says whether a 2xx is the receiver's, and about our event: a sign-in page
// of a Wi-Fi, a proxy's error page or half an answer come with 200 as well.
func agreed(code string, body []byte, ours sent) upstream.Outcome {
	text := strings.TrimSpace(string(body))
	if text == "" || agrees(strings.Trim(text, `".!`)) {
		return upstream.Outcome{Kind: upstream.Done, Code: code}
	}
	doubt := upstream.Outcome{Kind: upstream.Unknown, Code: code + " with a strange answer", Words: words(body)}
	if !json.Valid(body) {
		// Plain words may be the receiver's own; a page or rubbish is somebody else's.
		doubt.Strange = doubt.Words != "" && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[")
		return doubt
	}
	doubt.Strange = true
	shows := readShown(body)
	if refuses(body) || shows.otherWaybill(ours) || shows.otherID(ours) {
		return doubt
	}
	return upstream.Outcome{Kind: upstream.Done, Code: code}
}

// retryAfter reads the header: seconds, or an HTTP date; ok is false if there is
// none or it can't be read. It is never more than an hour.
func retryAfter(header http.Header, now time.Time) (d time.Duration, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, upstream.QuietCap), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	// Against the server's own clock if it told it: ours may be wrong.
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), upstream.QuietCap), true
}

// shown is what an answer names: ids of events, and waybills.
type shown struct {
	ids, waybills map[string]bool
}

// has reports whether our very event is what is there: its id or its waybill is
// named, and no other waybill.
func (s shown) has(ours sent) bool {
	return !s.otherWaybill(ours) && ((ours.id != "" && s.ids[ours.id]) || (ours.waybill != "" && s.waybills[ours.waybill]))
}

// otherID reports whether an id is named that is some event's but not ours. All
// our ids are ULIDs; whatever has another form (17, "evt_1", a UUID) is the
// receiver's own name for what it did.
func (s shown) otherID(ours sent) bool {
	if s.ids[ours.id] {
		return false
	}
	for id := range s.ids {
		if _, err := ulid.ParseStrict(id); err == nil {
			return true
		}
	}
	return false
}

// otherWaybill reports whether a waybill is named that isn't ours.
func (s shown) otherWaybill(ours sent) bool {
	for w := range s.waybills {
		if w != ours.waybill {
			return true
		}
	}
	return false
}

// maxDepth is how deep an answer is searched for names.
const maxDepth = 5

func readShown(body []byte) shown {
	s := shown{ids: map[string]bool{}, waybills: map[string]bool{}}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber() // digits of an id stay as they are
	var v any
	if dec.Decode(&v) == nil {
		s.read(v, 0)
	}
	return s
}

func (s *shown) read(v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			s.read(e, depth+1)
		}
	case map[string]any:
		for key, value := range v {
			name := ""
			switch value := value.(type) {
			case string:
				name = value
			case json.Number:
				name = value.String()
			default:
				s.read(value, depth+1)
				continue
			}
			switch key {
			case "id", "webhook_id", "event_id": // a request_id is the server's own, for its log
				if name != "" {
					s.ids[name] = true
				}
			case "waybill", "waybill_no", "tracking_number", "tracking_no":
				if name != "" {
					s.waybills[name] = true
				}
			}
		}
	}
}

// said is the sentence for people among the fields of an answer, "" if none.
func said(fields map[string]any) string {
	for _, key := range []string{"message", "msg", "errmsg", "error_msg", "error", "detail", "error_description", "reason", "title"} {
		if s, ok := fields[key].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// words is what the server said, for people: the error text of a JSON answer, or
// the first line's worth of plain text; never a page of HTML.
func words(body []byte) string {
	text := string(body)
	var b map[string]any
	if json.Unmarshal(body, &b) == nil {
		text = said(b)
		if inner, ok := b["error"].(map[string]any); ok && text == "" {
			text = said(inner)
		}
	}
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		return ""
	}
	return upstream.CleanWords(text)
}
