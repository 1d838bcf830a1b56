package fakes

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	testBody   = `{"type":"parcel.shipped","data":{"parcel":"P1","order":"O1","waybill":"X1"}}`
)

// TestVerifyReproducesThePublishedVector: the example of Standard Webhooks.
func TestVerifyReproducesThePublishedVector(t *testing.T) {
	e, err := NewERP(testSecret, "")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	h.Set("webhook-timestamp", "1614265330")
	h.Set("webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	for seconds, good := range map[int64]bool{0: true, 300: true, -300: true, 301: false, -301: false} {
		e.now = func() time.Time { return time.Unix(1614265330+seconds, 0) }
		if err := e.verify(h, []byte(`{"test": 2432232314}`)); (err == nil) != good {
			t.Errorf("%d s apart: %v", seconds, err)
		}
	}
	e.now = func() time.Time { return time.Unix(1614265330, 0) }
	if e.verify(h, []byte(`{"test": 2432232315}`)) == nil {
		t.Error("took another body")
	}
	for _, bad := range []string{"", "MfKQ", "whsec_!", "whsec_"} {
		if _, err := NewERP(bad, ""); err == nil {
			t.Errorf("took the secret %q", bad)
		}
	}
}

// running is RunERP under test: its commands and its JSON lines.
type running struct {
	t     *testing.T
	url   string
	in    *io.PipeWriter
	lines chan map[string]any
	done  chan error
}

func start(t *testing.T, o ERPOptions) *running {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	r := &running{t: t, in: inW, lines: make(chan map[string]any, 100), done: make(chan error, 1)}
	o.Listen, o.Secret = "127.0.0.1:0", testSecret
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		err := RunERP(ctx, o, inR, outW)
		_ = outW.Close()
		r.done <- err
	}()
	go func() {
		defer close(r.lines)
		s := bufio.NewScanner(outR)
		for s.Scan() {
			var line map[string]any
			if err := json.Unmarshal(s.Bytes(), &line); err == nil {
				r.lines <- line
			}
		}
	}()
	r.url, _ = r.wait("listening")["url"].(string)
	return r
}

func (r *running) wait(event string) map[string]any {
	r.t.Helper()
	for line := range r.lines {
		if line["event"] == event {
			return line
		}
	}
	r.t.Fatalf("ended without %q", event)
	return nil
}

func (r *running) command(line, want string) {
	r.t.Helper()
	if _, err := io.WriteString(r.in, line+"\n"); err != nil {
		r.t.Fatal(err)
	}
	for got := range r.lines {
		if got["command"] == line {
			if got["event"] != want {
				r.t.Fatalf("%s: %v", line, got)
			}
			return
		}
	}
}

func (r *running) quit() {
	r.t.Helper()
	if _, err := io.WriteString(r.in, "quit\n"); err != nil {
		r.t.Fatal(err)
	}
	if err := <-r.done; err != nil {
		r.t.Fatal(err)
	}
}

// call sends a signed request; status 0 means that there was no answer.
func (r *running) call(method, path, id, body string) (int, http.Header, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(testSecret, "whsec_"))
	stamp := fmt.Sprint(time.Now().Unix())
	m := hmac.New(sha256.New, key)
	_, _ = io.WriteString(m, id+"."+stamp+"."+body)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, nil, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, resp.Header, answer
}

func TestERPDropsRepeatsAndRemembersOverARestart(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	r := start(t, ERPOptions{Ledger: ledger})
	for i, c := range []struct {
		id, body string
		want     int
	}{
		{"e1", testBody, 200},
		{"e1", testBody, 409},
		{"e1", strings.Replace(testBody, "X1", "X2", 1), 409},
		{"e2", strings.Replace(testBody, "X1", "X2", 1), 409},
		{"e3", strings.Replace(testBody, "P1", "P3", 1), 200},
		{"e4", `{"type":"x"}`, 422},
		{"a.b", testBody, 401},
	} {
		if got, _, answer := r.call("POST", "/v1/events", c.id, c.body); got != c.want || (i == 1) != (answer["deliveries"] != nil) {
			t.Errorf("%d: HTTP %d %v, want %d", i, got, answer, c.want)
		}
	}
	r.quit()
	f, err := os.OpenFile(ledger, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"id":"torn`) // as after a power cut
	_ = f.Close()
	r = start(t, ERPOptions{Ledger: ledger})
	if got, _, answer := r.call("POST", "/hook", "e1", testBody); got != 409 || answer["id"] != "e1" || answer["deliveries"] != 3.0 {
		t.Errorf("after the restart: HTTP %d %v", got, answer)
	}
	if got, _, answer := r.call("GET", "/v1/events/e3", "g1", ""); got != 200 || answer["parcel"] != "P3" {
		t.Errorf("HTTP %d %v", got, answer)
	}
	if got, _, _ := r.call("GET", "/v1/events/torn", "g2", ""); got != 404 {
		t.Errorf("a torn event: HTTP %d", got)
	}
	r.quit()
	data, err := os.ReadFile(ledger)
	if err != nil || bytes.Count(data, []byte("\n")) != 4 || bytes.Contains(data, []byte("torn")) {
		t.Errorf("ledger, %v:\n%s", err, data)
	}
}

func TestERPObeysItsCommands(t *testing.T) {
	changes := filepath.Join(t.TempDir(), "changes.jsonl")
	if err := os.WriteFile(changes, []byte(`{"type":"order","number":"S1"}`+"\n"+`{"type":"order","number":"S2"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, ERPOptions{Changes: changes})
	r.command(`order {"number":"S3"}`, "ok")
	r.command(`cancel {"number":"S1"}`, "ok")
	got, _, page := r.call("GET", "/v1/changes?cursor=", "g", "")
	list, _ := page["changes"].([]any)
	if got != 200 || len(list) != 4 || page["next"] != "4" || fmt.Sprint(list[3]) != "map[number:S1 type:cancel]" {
		t.Errorf("HTTP %d %v", got, page)
	}
	if got, _, page = r.call("GET", "/v1/changes?cursor=4", "g", ""); got != 200 || page["next"] != "4" || page["changes"] == nil {
		t.Errorf("the end: HTTP %d %v", got, page)
	}
	if got, _, _ = r.call("GET", "/v1/changes?cursor=x", "g", ""); got != 400 {
		t.Errorf("a strange cursor: HTTP %d", got)
	}

	post := func(id string) (int, http.Header) {
		body := strings.ReplaceAll(testBody, "P1", id)
		status, header, _ := r.call("POST", "/v1/events", id, body)
		return status, header
	}
	r.command("fail 503 2", "ok")
	r.command("429 1 7", "ok")
	r.command("lose-request 1", "ok")
	r.command("lose-answer 1", "ok")
	r.command("fail 500 1 get", "ok")
	for i, want := range []int{503, 503, 429, 0, 0, 409} {
		got, header := post("Q")
		if got != want || (want == 429) != (header.Get("Retry-After") == "7") {
			t.Errorf("call %d: HTTP %d, want %d", i, got, want)
		}
	}
	if got, _, _ = r.call("GET", "/v1/changes", "g", ""); got != 500 {
		t.Errorf("fault of a GET: HTTP %d", got)
	}
	r.command("offline", "ok")
	if got, _ := post("R"); got != 0 {
		t.Errorf("offline: HTTP %d", got)
	}
	r.command("online", "ok")
	if got, _ := post("R"); got != 200 {
		t.Errorf("online again: HTTP %d", got)
	}
	r.command("slow 1ms", "ok")
	if got, _ := post("T"); got != 200 {
		t.Errorf("slow: HTTP %d", got)
	}
	for _, bad := range []string{"away x", "away -1s", "date soon", "keys maybe", "secret whsec_!", "429-date 1", "dance", "fail 500", "fail 99 1", "lose-answer x", "slow -1s", "order nonsense", "order null", "429 1"} {
		r.command(bad, "error")
	}
	r.quit()
}

// TestERPTroubleIsAsOrdered looks at what a client sees of each kind, and at what
// took effect.
func TestERPTroubleIsAsOrdered(t *testing.T) {
	r := start(t, ERPOptions{})
	body := func(id string) string { return strings.ReplaceAll(testBody, "P1", id) }
	there := func(id string) bool {
		status, _, _ := r.call("GET", "/v1/events/"+id, "get", "")
		return status == 200
	}
	for i, c := range []struct {
		command string
		status  int // 0 = no whole answer
		effect  bool
	}{
		{"lose-request 1", 0, false},
		{"lose-answer 1", 0, true},
		{"cut-body 1", 200, true},
		{"nonsense 1", 200, true},
		{"portal 1", 200, false},
		{"fail 401 1", 401, false},
		{"fail 408 1", 408, false},
		{"fail 409 1", 409, false},
		{"fail-after 502 1", 502, true},
		{"429 1 9", 429, false},
		{"429-date 1 9", 429, false},
		{"503 1 9", 503, false},
		{"503-date 1 9", 503, false},
	} {
		r.command(c.command, "ok")
		id := fmt.Sprintf("E%d", i)
		status, header, answer := r.call("POST", "/v1/events", id, body(id))
		if status != c.status || (answer != nil && status == 200) {
			t.Errorf("%s: HTTP %d %v", c.command, status, answer)
		}
		if there(id) != c.effect {
			t.Errorf("%s: effect %v", c.command, !c.effect)
		}
		switch wait := header.Get("Retry-After"); {
		case strings.Contains(c.command, "-date"):
			at, err := http.ParseTime(wait)
			date, err2 := http.ParseTime(header.Get("Date"))
			if err != nil || err2 != nil || at.Sub(date) != 9*time.Second {
				t.Errorf("%s: Retry-After %q at %q", c.command, wait, header.Get("Date"))
			}
		case strings.HasSuffix(c.command, " 9"):
			if wait != "9" {
				t.Errorf("%s: Retry-After %q", c.command, wait)
			}
		}
	}
	r.command("date -3h", "ok")
	status, header, _ := r.call("POST", "/v1/events", "D", body("D"))
	at, err := http.ParseTime(header.Get("Date"))
	if off := time.Since(at); status != 200 || err != nil || off < 3*time.Hour || off > 3*time.Hour+time.Minute {
		t.Errorf("HTTP %d, Date %q", status, header.Get("Date"))
	}
	r.command("date 0", "ok")
	r.command("clock 1h", "ok")
	if status, _, _ := r.call("POST", "/v1/events", "C", body("C")); status != 401 {
		t.Errorf("a replay by its clock: HTTP %d", status)
	}
	r.command("clock 0s", "ok")
	r.command("secret whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "ok")
	if status, _, _ := r.call("POST", "/v1/events", "S", body("S")); status != 401 {
		t.Errorf("the old secret: HTTP %d", status)
	}
	r.command("secret "+testSecret, "ok")
	r.command("away 1ms", "ok")
	r.wait("back")
	if status, _, _ := r.call("POST", "/v1/events", "W", body("W")); status != 200 {
		t.Errorf("back again: HTTP %d", status)
	}
	r.quit()
}

// TestASecondEffectIsSeen: without keys a blind second call is a second shipment,
// and the ledger says so.
func TestASecondEffectIsSeen(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	r := start(t, ERPOptions{Ledger: ledger})
	post := func(id string) {
		t.Helper()
		if status, _, answer := r.call("POST", "/v1/events", id, testBody); status != 200 && status != 409 {
			t.Fatalf("HTTP %d %v", status, answer)
		}
	}
	post("a")
	post("a") // a repeat, dropped
	r.command("keys off", "ok")
	post("a") // a repeat, taken
	post("b") // another event that tells the same
	r.quit()
	data, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		var d Delivery
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s%d/%d", d.ID, d.Deliveries, d.Effects))
	}
	if want := "a1/1 a2/1 a3/2 b1/3"; strings.Join(got, " ") != want {
		t.Errorf("ledger %v, want %s", got, want)
	}
}

// TestERPByChance: the same seed brings the same trouble, of many kinds.
func TestERPByChance(t *testing.T) {
	play := func(seed uint64) (string, int) {
		e, err := NewERP(testSecret, "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := e.AddChange("order", fmt.Appendf(nil, `{"number":"N%d"}`, i)); err != nil {
				t.Fatal(err)
			}
		}
		e.ByChance(seed)
		away := 0
		e.away = func(time.Duration) { away++ }
		kinds := map[string]int{}
		var all strings.Builder
		for range 1000 {
			f := e.nextFault("POST")
			kinds[f.kind]++
			fmt.Fprintf(&all, "%s%d%d ", f.kind, f.status, f.after)
		}
		if len(kinds) < 12 || kinds[""] < 600 || kinds[""] > 730 || away == 0 || len(e.changes) == 20 {
			t.Errorf("seed %d: %v, away %d times, %d changes", seed, kinds, away, len(e.changes))
		}
		return all.String(), len(e.changes)
	}
	a, n := play(1)
	if b, m := play(1); a != b || n != m {
		t.Error("the same seed, another day")
	}
	if b, _ := play(2); a == b {
		t.Error("another seed, the same day")
	}
}
