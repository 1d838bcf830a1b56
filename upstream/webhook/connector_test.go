package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"packbench/upstream"
)

var testNow = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

var testOp = upstream.Op{
	ID: "01JD0000000000000000000001", Connection: "erp", Parcel: "erp/P1", Operation: "shipped", Version: 1,
	Payload: []byte(`{"type":"parcel.shipped","timestamp":"2026-11-20T08:00:00Z","data":{"connection":"erp","parcel":"P1","order":"O1","waybill":"X1"}}`),
}

func connect(t *testing.T, base string, change func(*Config)) *Connector {
	t.Helper()
	cfg := Config{
		Connection: "erp", Base: base, Secret: testSecret,
		Now: func() time.Time { return testNow }, NewID: func() string { return "get-1" },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassify(t *testing.T) {
	date := testNow.Add(90 * time.Second).Format(http.TimeFormat)
	far := testNow.Add(48 * time.Hour).Format(http.TimeFormat)
	for _, c := range []struct {
		status int
		header map[string]string
		body   string
		want   upstream.Outcome
	}{
		{200, nil, "", upstream.Outcome{Kind: upstream.Done, Code: "HTTP 200"}},
		{200, nil, "OK\n", upstream.Outcome{Kind: upstream.Done, Code: "HTTP 200"}},
		{202, nil, `{"id":"the-id","status":"queued"}`, upstream.Outcome{Kind: upstream.Done, Code: "HTTP 202"}},
		{200, nil, `{"success":true}`, upstream.Outcome{Kind: upstream.Done, Code: "HTTP 200"}},
		{200, nil, `{"success":false,"message":"no such shop"}`, upstream.Outcome{Kind: upstream.Unknown, Strange: true, Code: "HTTP 200 with a strange answer", Words: "no such shop"}},
		{200, nil, `{"id":"01JD0000000000000000000002"}`, upstream.Outcome{Kind: upstream.Unknown, Strange: true, Code: "HTTP 200 with a strange answer"}},
		{200, nil, `{"id":"the-id","waybill":"X2"}`, upstream.Outcome{Kind: upstream.Unknown, Strange: true, Code: "HTTP 200 with a strange answer"}},
		{200, nil, `{"id":"the-`, upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 200 with a strange answer", Words: `{"id":"the-`}},
		{200, nil, `<html>sign in to this Wi-Fi</html>`, upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 200 with a strange answer"}},
		{200, nil, `please sign in`, upstream.Outcome{Kind: upstream.Unknown, Strange: true, Code: "HTTP 200 with a strange answer", Words: "please sign in"}},
		{204, nil, "", upstream.Outcome{Kind: upstream.Done, Code: "HTTP 204"}},
		{409, nil, `{"id":"the-id"}`, upstream.Outcome{Kind: upstream.AlreadyDone, Code: "HTTP 409"}},
		{409, map[string]string{"Webhook-Id": "the-id"}, ``, upstream.Outcome{Kind: upstream.AlreadyDone, Code: "HTTP 409"}},
		{409, nil, `{"id":"other","error":"shipped with X2"}`, upstream.Outcome{Kind: upstream.Conflict, Code: "HTTP 409", Words: "shipped with X2"}},
		{409, nil, `{"error":{"existing":{"tracking_number":"X1"}}}`, upstream.Outcome{Kind: upstream.AlreadyDone, Code: "HTTP 409"}},
		{409, nil, `{"id":"the-id","waybill":"X2"}`, upstream.Outcome{Kind: upstream.Conflict, Code: "HTTP 409", Words: "HTTP 409 Conflict"}},
		{409, nil, `{"request":{"id":"the-id","waybill":"X1"},"existing":[{"waybill":"X2"}]}`, upstream.Outcome{Kind: upstream.Conflict, Code: "HTTP 409", Words: "HTTP 409 Conflict"}},
		{409, map[string]string{"Webhook-Id": "the-id"}, `{"waybill":"X2"}`, upstream.Outcome{Kind: upstream.Conflict, Code: "HTTP 409", Words: "HTTP 409 Conflict"}},
		{409, nil, ``, upstream.Outcome{Kind: upstream.Conflict, Code: "HTTP 409", Words: "HTTP 409 Conflict"}},
		{401, nil, ``, upstream.Outcome{Kind: upstream.NeedsSignIn, Code: "HTTP 401", Words: "HTTP 401 Unauthorized"}},
		{403, nil, `{"message":"shop closed"}`, upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 403", Words: "shop closed"}},
		{410, nil, ``, upstream.Outcome{Kind: upstream.NeedsSignIn, Code: "HTTP 410", Words: "HTTP 410 Gone"}},
		{429, map[string]string{"Retry-After": "7"}, `slow  down`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: 7 * time.Second, Code: "HTTP 429", Words: "slow down"}},
		{429, map[string]string{"Retry-After": "4000000000"}, `x`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: time.Hour, Code: "HTTP 429", Words: "x"}},
		{429, map[string]string{"Retry-After": date}, `x`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: 90 * time.Second, Code: "HTTP 429", Words: "x"}},
		{429, map[string]string{"Retry-After": date, "Date": testNow.Add(30 * time.Second).Format(http.TimeFormat)}, `x`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: time.Minute, Code: "HTTP 429", Words: "x"}},
		{429, map[string]string{"Retry-After": "soon"}, `x`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: 30 * time.Second, Code: "HTTP 429", Words: "x"}},
		{429, map[string]string{"Retry-After": "0"}, `x`, upstream.Outcome{Kind: upstream.RetryAfter, RetryAfter: time.Second, Code: "HTTP 429", Words: "x"}},
		{503, map[string]string{"Retry-After": far}, `x`, upstream.Outcome{Kind: upstream.Unknown, RetryAfter: time.Hour, Code: "HTTP 503", Words: "x"}},
		{503, nil, `<html>down</html>`, upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 503", Words: "HTTP 503 Service Unavailable"}},
		{500, map[string]string{"Retry-After": "9"}, "a\x00b\nc", upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 500", Words: "a b c"}},
		{502, nil, "\xff", upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 502", Words: "HTTP 502 Bad Gateway"}},
		{408, nil, "x", upstream.Outcome{Kind: upstream.Unknown, Code: "HTTP 408", Words: "x"}},
		{425, nil, "x", upstream.Outcome{Kind: upstream.RetryAfter, Code: "HTTP 425", Words: "x"}},
		{404, nil, `{"error":"no order O1"}`, upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 404", Words: "no order O1"}},
		{422, nil, `{"error":{"deep":1}}`, upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 422", Words: "HTTP 422 Unprocessable Entity"}},
		{302, map[string]string{"Location": "https://elsewhere"}, ``, upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 302", Words: "HTTP 302 Found"}},
		{400, nil, strings.Repeat("长", 400), upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 400", Words: strings.Repeat("长", 300) + "…"}},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		got := classify(c.status, h, []byte(c.body), sent{id: "the-id", parcel: "P1", waybill: "X1"}, testNow)
		if c.want.Kind == upstream.AlreadyDone {
			got.Words = ""
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("HTTP %d %.40q:\n%s", c.status, c.body, diff)
		}
	}
}

// TestPushSendsTheFrozenBytesSigned looks at the request on the wire.
func TestPushSendsTheFrozenBytesSigned(t *testing.T) {
	secret, _ := ParseSecret(testSecret)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/events" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		if string(body) != string(testOp.Payload) || r.Header.Get(HeaderID) != testOp.ID {
			t.Errorf("id %q, body %s", r.Header.Get(HeaderID), body)
		}
		if err := Verify([]Secret{secret}, r.Header.Get(HeaderID), r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderSignature), body, testNow); err != nil {
			t.Error(err)
		}
		w.Header().Set("Date", testNow.Add(-3*time.Minute).Format(http.TimeFormat))
	}))
	defer server.Close()
	out, msgs := connect(t, server.URL+"/api", nil).Push(context.Background(), testOp)
	if out.Kind != upstream.Done {
		t.Errorf("outcome %+v", out)
	}
	want := []upstream.Msg{{Key: "upstream.clock_skew", Args: map[string]string{"seconds": "180"}}}
	if diff := cmp.Diff(want, msgs); diff != "" {
		t.Error(diff)
	}
}

func TestPushTellsLostFromNeverSent(t *testing.T) {
	quit := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/huge":
			_, _ = io.CopyN(w, zeros{}, maxAnswer+1)
		case "/silent":
			<-quit
		case "/redirect":
			http.Redirect(w, r, "/cut", http.StatusFound)
		}
	}))
	defer server.Close()
	defer close(quit)
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct {
		url  string
		want upstream.Outcome
	}{
		{closed.URL, upstream.Outcome{Kind: upstream.RetryAfter, Offline: true, Code: "no connection"}},
		{server.URL + "/cut", upstream.Outcome{Kind: upstream.Unknown, Offline: true, Code: "no complete answer"}},
		{server.URL + "/half", upstream.Outcome{Kind: upstream.Unknown, Code: "no complete answer"}},
		{server.URL + "/huge", upstream.Outcome{Kind: upstream.Unknown, Code: "no complete answer"}},
		{server.URL + "/silent", upstream.Outcome{Kind: upstream.Unknown, Offline: true, Code: "no complete answer"}},
		{server.URL + "/redirect", upstream.Outcome{Kind: upstream.NeedsHuman, Code: "HTTP 302", Words: "HTTP 302 Found"}},
	} {
		con := connect(t, "", func(cfg *Config) {
			cfg.URL = c.url
			if strings.HasSuffix(c.url, "/silent") {
				cfg.Timeout = 200 * time.Millisecond
			}
		})
		out, _ := con.Push(context.Background(), testOp)
		if diff := cmp.Diff(c.want, out); diff != "" {
			t.Errorf("%s:\n%s", c.url, diff)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestReadBack(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   upstream.Kind
	}{
		{200, `{"id":"01JD0000000000000000000001","parcel":"P1","waybill":"X1"}`, upstream.AlreadyDone},
		{200, `{"id":"01JD0000000000000000000001"}`, upstream.AlreadyDone},
		{200, `{"id":"01JD0000000000000000000001","waybill":"X2"}`, upstream.Conflict},
		{200, `{"id":"01JD0000000000000000000001","parcel":"P2"}`, upstream.Conflict},
		{200, `{"id":"another"}`, upstream.Unknown},
		{200, `<html>sign in to this Wi-Fi</html>`, upstream.Unknown},
		{403, ``, upstream.Unknown},
		{404, `<html>nginx</html>`, upstream.Unknown},
		{404, ``, upstream.NotThere},
		{401, ``, upstream.NeedsSignIn},
		{429, ``, upstream.RetryAfter},
		{500, ``, upstream.Unknown},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/events/"+testOp.ID || r.Header.Get(HeaderID) != "get-1" {
				t.Errorf("%s with id %s", r.URL, r.Header.Get(HeaderID))
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		if out, _ := connect(t, server.URL, nil).ReadBack(context.Background(), testOp); out.Kind != c.want {
			t.Errorf("HTTP %d %s: %+v, want %s", c.status, c.body, out, c.want)
		}
		server.Close()
	}
	con := connect(t, "", func(c *Config) { c.URL = "http://127.0.0.1:1/hook" })
	if out, _ := con.ReadBack(context.Background(), testOp); out.Kind != upstream.CantAsk {
		t.Errorf("without a base: %+v", out)
	}
	if changes, next, _, err := con.Pull(context.Background(), "c"); !errors.Is(err, upstream.ErrNoFeed) || next != "c" || !changes.Empty() {
		t.Errorf("pull without a base: %v %v %v", changes, next, err)
	}
}

func TestNewRefusesUnsafeAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://erp.example/api": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true,
		"http://erp.example": false, "http://192.168.1.4": false, "ftp://erp.example": false, "erp.example": false,
		"https://user:canary@erp.example": false, "://": false, "http://localhost.evil.example": false, "": false,
	} {
		_, err := New(Config{Connection: "erp", Base: address, Secret: testSecret})
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error quotes the password: %v", err)
		}
	}
	if _, err := New(Config{Connection: "erp", Base: "http://192.168.1.4", Secret: testSecret, AllowHTTP: true}); err != nil {
		t.Errorf("explicitly allowed: %v", err)
	}
}

func TestPullErrorsCarryTheirOutcomeAndNoContent(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   upstream.Kind
	}{
		{401, `{"error":"canary-buyer is not allowed"}`, upstream.NeedsSignIn},
		{429, `canary-buyer`, upstream.RetryAfter},
		{200, `{"changes":[{"type":"order","buyer":{"name":"canary-buyer"}}`, upstream.Unknown},
		{200, `{"next":"1"}`, upstream.Unknown},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		_, next, _, err := connect(t, server.URL, nil).Pull(context.Background(), "canary-cursor")
		f, ok := errors.AsType[*upstream.Failure](err)
		if !ok || f.Outcome.Kind != c.want || next != "canary-cursor" {
			t.Errorf("HTTP %d: %v", c.status, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error quotes content: %v", err)
		}
		server.Close()
		if _, _, _, err := connect(t, server.URL, nil).Pull(context.Background(), "canary-cursor"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("server gone: %v", err)
		}
	}
}
