package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"packbench/upstream"
)

const otherSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// TestRefreshTakesAReplacedSecret: a person puts the new one in place, and nobody
// has to restart anything.
func TestRefreshTakesAReplacedSecret(t *testing.T) {
	want, err := ParseSecret(otherSecret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header()["Date"] = nil // this one doesn't tell its clock
		if Verify([]Secret{want}, r.Header.Get(HeaderID), r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderSignature), body, testNow) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	onDisk, readErr := testSecret, error(nil)
	c := connect(t, server.URL, func(cfg *Config) {
		cfg.ReadSecret = func() (string, error) { return onDisk, readErr }
	})
	push := func(want upstream.Kind) {
		t.Helper()
		if out, _ := c.Push(context.Background(), testOp); out.Kind != want {
			t.Errorf("outcome %+v, want %s", out, want)
		}
	}
	push(upstream.NeedsSignIn)
	if err := c.Refresh(context.Background()); !errors.Is(err, errSameSecret) {
		t.Errorf("the same secret: %v", err)
	}
	for _, bad := range []string{"", "whsec_canary", "canary"} {
		onDisk = bad
		if err := c.Refresh(context.Background()); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("secret %q: %v", bad, err)
		}
	}
	readErr = errors.New("no such file")
	if err := c.Refresh(context.Background()); !errors.Is(err, readErr) {
		t.Errorf("unreadable: %v", err)
	}
	onDisk, readErr = otherSecret+"\n", nil
	if err := c.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	push(upstream.Done)
	if err := connect(t, server.URL, nil).Refresh(context.Background()); err == nil {
		t.Error("nothing to read from, and no error")
	}
}

// TestRefreshGoesByTheReceiversClock: a dead battery must not stop the telling.
func TestRefreshGoesByTheReceiversClock(t *testing.T) {
	secret, _ := ParseSecret(testSecret)
	serverNow := testNow.Add(26 * time.Hour)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Date", serverNow.UTC().Format(http.TimeFormat))
		if Verify([]Secret{secret}, r.Header.Get(HeaderID), r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderSignature), body, serverNow) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	c := connect(t, server.URL, nil)
	if _, known := c.Skew(); known {
		t.Error("a clock that was never seen")
	}
	for _, step := range []struct {
		want    upstream.Kind
		refresh bool
	}{
		{upstream.NeedsSignIn, true}, {upstream.Done, false},
	} {
		out, _ := c.Push(context.Background(), testOp)
		if out.Kind != step.want {
			t.Fatalf("outcome %+v, want %s", out, step.want)
		}
		if err := c.Refresh(context.Background()); (err == nil) != step.refresh {
			t.Fatalf("refresh: %v", err)
		}
	}
	if skew, known := c.Skew(); !known || (skew-26*time.Hour).Abs() > time.Second {
		t.Errorf("skew %v, %v", skew, known)
	}
	serverNow = testNow // our clock was put right
	if out, _ := c.Push(context.Background(), testOp); out.Kind != upstream.NeedsSignIn {
		t.Fatalf("outcome %+v", out)
	}
	if err := c.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if out, _ := c.Push(context.Background(), testOp); out.Kind != upstream.Done {
		t.Errorf("outcome %+v", out)
	}
}

// TestSkewTakesHalfTheWayOff: a slow answer isn't a wrong clock.
func TestSkewTakesHalfTheWayOff(t *testing.T) {
	began, calls := testNow, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", testNow.Add(10*time.Second).Format(http.TimeFormat)) // half-way
	}))
	defer server.Close()
	c := connect(t, server.URL, func(cfg *Config) {
		cfg.Now = func() time.Time { // the call takes 20 s
			calls++
			if calls == 1 {
				return began
			}
			return began.Add(20 * time.Second)
		}
	})
	c.Push(context.Background(), testOp)
	if skew, known := c.Skew(); !known || skew != 500*time.Millisecond {
		t.Errorf("skew %v, %v; want the half second that Date leaves open", skew, known)
	}
}

func TestUnknownOperationIsNeverSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	defer server.Close()
	op := testOp
	op.Operation = "teleported"
	out, _ := connect(t, server.URL, nil).Push(context.Background(), op)
	if out.Kind != upstream.NeedsHuman || out.Words != upstream.NoteOperation {
		t.Errorf("outcome %+v", out)
	}
}

// TestHeadersCountAlthoughTheBodyIsCut: a Retry-After was heard, whatever came of
// the page behind it; a 409 says nothing without its body.
func TestHeadersCountAlthoughTheBodyIsCut(t *testing.T) {
	for status, want := range map[int]upstream.Outcome{
		200: {Kind: upstream.Unknown}, 409: {Kind: upstream.Unknown}, 422: {Kind: upstream.NeedsHuman}, 401: {Kind: upstream.NeedsSignIn},
		429: {Kind: upstream.RetryAfter, RetryAfter: 7 * time.Second}, 503: {Kind: upstream.Unknown, RetryAfter: 7 * time.Second},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}))
		out, _ := connect(t, server.URL, nil).Push(context.Background(), testOp)
		if out.Kind != want.Kind || out.RetryAfter != want.RetryAfter || out.Offline {
			t.Errorf("HTTP %d: %+v", status, out)
		}
		server.Close()
	}
}

// FuzzAnswers: whatever a server answers, the outcome is one of ours, its words
// are fit for a screen, and nothing is called done without reason.
func FuzzAnswers(f *testing.F) {
	f.Add(200, "", "", `{"id":"01JD0000000000000000000001"}`)
	f.Add(409, "", "", `{"id":"01JD0000000000000000000001","waybill":"X2"}`)
	f.Add(429, "120", "", "slow down")
	f.Add(503, "Fri, 20 Nov 2026 09:01:00 GMT", "Fri, 20 Nov 2026 09:00:00 GMT", "<html>")
	f.Add(200, "", "", `{"success":false}`)
	f.Add(500, "-1", "x", "\x00\u202e\xff")
	f.Add(404, "", "", strings.Repeat(`{"a":`, 3000))
	f.Fuzz(func(t *testing.T, status int, retry, date, body string) {
		h := http.Header{}
		h.Set("Retry-After", retry)
		h.Set("Date", date)
		ours := sentBy(testOp)
		for name, out := range map[string]upstream.Outcome{
			"push":      classify(status, h, []byte(body), ours, testNow),
			"read-back": found([]byte(body), testOp),
			"cut":       answer{status: status, header: h, body: []byte(body), err: io.ErrUnexpectedEOF, arrived: true}.outcome(ours, testNow),
		} {
			switch out.Kind {
			case upstream.Done:
				if name != "push" || status < 200 || status > 299 {
					t.Fatalf("%s: HTTP %d %q is done", name, status, body)
				}
			case upstream.AlreadyDone:
				if name == "push" && status != 409 || !strings.Contains(unquoted(body), ours.id) && !strings.Contains(unquoted(body), ours.waybill) {
					t.Fatalf("%s: HTTP %d %q is already done", name, status, body)
				}
			case upstream.Conflict, upstream.RetryAfter, upstream.NeedsHuman, upstream.NeedsSignIn, upstream.Unknown:
			default:
				t.Fatalf("%s: outcome %q", name, out.Kind)
			}
			if name == "cut" && (out.Kind == upstream.Done || out.Kind == upstream.AlreadyDone) {
				t.Fatalf("half an answer counts: HTTP %d", status)
			}
			if out.RetryAfter < 0 || out.RetryAfter > upstream.QuietCap {
				t.Fatalf("quiet for %v", out.RetryAfter)
			}
			if n := utf8.RuneCountInString(out.Words); n > 330 || !utf8.ValidString(out.Words) || strings.ContainsFunc(out.Words, unicode.IsControl) {
				t.Fatalf("words %q", out.Words)
			}
			if out.Code == "" || strings.ContainsFunc(out.Code, unicode.IsControl) {
				t.Fatalf("code %q", out.Code)
			}
		}
	})
}

// unquoted undoes the escapes of JSON as far as the test needs it.
func unquoted(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		var r rune
		if strings.HasPrefix(s[i:], `\u`) && len(s) >= i+6 {
			if _, err := fmt.Sscanf(s[i+2:i+6], "%04x", &r); err == nil {
				out.WriteRune(r)
				i += 5
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
