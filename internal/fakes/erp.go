package fakes

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	erpMaxBody = 1 << 20 // bytes of an event
	erpPage    = 100     // changes on a page
)

// ERP is an ERP that takes events and offers changes: POST /v1/events (any other
// path that isn't a GET route works too), GET /v1/changes?cursor=, GET
// /v1/events/{id}. It drops an event id that it has seen (409 naming the id),
// refuses a second waybill for a parcel (409 without the id) and keeps count of
// every delivery. Safe for concurrent use.
type ERP struct {
	key []byte
	now func() time.Time

	mu      sync.Mutex
	ledger  *os.File // nil = in memory only
	events  map[string]*Delivery
	order   []string          // ids of events in order of arrival
	waybill map[string]string // parcel → waybill of its first event
	changes []json.RawMessage
	faults  map[string][]erpFault // per method, one per request
	slow    time.Duration
	notify  func(Delivery)
}

// Delivery is one line of the ledger: an event that took effect, or its repeat.
type Delivery struct {
	AtMs       int64  `json:"at_ms"`
	ID         string `json:"id"`
	Type       string `json:"type"`
	Parcel     string `json:"parcel"`
	Order      string `json:"order"`
	Waybill    string `json:"waybill"`
	SHA256     string `json:"sha256"`     // of the body
	Deliveries int    `json:"deliveries"` // 1 = the effect; more = repeats, without effect
}

type erpFault struct {
	kind   string // "fail", "429", "lose-answer", "lose-request"
	status int
	after  int // seconds of Retry-After
}

// NewERP makes the server. ledgerPath is appended to and read back first, so
// that a restarted server still knows what it has; "" keeps nothing.
func NewERP(secret, ledgerPath string) (*ERP, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		return nil, errors.New(`make ERP: the secret must be "whsec_" and base64`)
	}
	e := &ERP{
		key: key, now: time.Now,
		events: map[string]*Delivery{}, waybill: map[string]string{}, faults: map[string][]erpFault{},
	}
	if ledgerPath == "" {
		return e, nil
	}
	if err := e.openLedger(ledgerPath); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *ERP) openLedger(name string) error {
	old, err := os.ReadFile(name) // #nosec G304 -- the operator names it
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read ledger: %w", err)
	}
	whole := strings.LastIndexByte(string(old), '\n') + 1 // a torn last line never took effect
	for line := range strings.Lines(string(old[:whole])) {
		var d Delivery
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		e.remember(d)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return errors.Join(fmt.Errorf("cut ledger: %w", err), f.Close())
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		return errors.Join(fmt.Errorf("seek ledger: %w", err), f.Close())
	}
	e.ledger = f
	return nil
}

// Close closes the ledger.
func (e *ERP) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ledger == nil {
		return nil
	}
	if err := e.ledger.Close(); err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	e.ledger = nil
	return nil
}

// Deliveries lists the events that took effect, in order, with how often each
// was delivered.
func (e *ERP) Deliveries() []Delivery {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Delivery, 0, len(e.order))
	for _, id := range e.order {
		out = append(out, *e.events[id])
	}
	return out
}

// AddChange appends a change ("type" order or cancel) to the feed.
func (e *ERP) AddChange(kind string, raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return fmt.Errorf("add change: %w", err)
	}
	if fields == nil {
		return errors.New("add change: it is no object")
	}
	if kind != "" {
		fields["type"] = json.RawMessage(strconv.Quote(kind))
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("add change: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes = append(e.changes, data)
	return nil
}

// ServeHTTP answers one request, or does what the next fault says.
func (e *ERP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, erpMaxBody+1))
	if err != nil {
		return // the client is gone
	}
	if len(body) > erpMaxBody {
		reply(w, http.StatusRequestEntityTooLarge, map[string]any{"error": "event is too large"})
		return
	}
	fault := e.nextFault(r.Method)
	switch fault.kind {
	case "lose-request":
		panic(http.ErrAbortHandler) // cuts the connection
	case "fail":
		reply(w, fault.status, map[string]any{"error": "ordered to fail"})
		return
	case "429":
		w.Header().Set("Retry-After", strconv.Itoa(fault.after))
		reply(w, http.StatusTooManyRequests, map[string]any{"error": "too many requests"})
		return
	}
	if err := e.verify(r.Header, body); err != nil {
		reply(w, http.StatusUnauthorized, map[string]any{"error": err.Error()})
		return
	}
	status, answer := e.answer(r, body)
	if d := e.slowness(); d > 0 {
		// After the effect: a client that gives up has a lost answer.
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
	if fault.kind == "lose-answer" {
		panic(http.ErrAbortHandler)
	}
	reply(w, status, answer)
}

func (e *ERP) answer(r *http.Request, body []byte) (int, any) {
	clean := path.Clean(r.URL.Path)
	id, event := strings.CutPrefix(clean, "/v1/events/")
	switch {
	case r.Method == http.MethodPost:
		return e.take(r.Header.Get("webhook-id"), body)
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, map[string]any{"error": "GET or POST"}
	case clean == "/v1/changes":
		return e.page(r.URL.Query().Get("cursor"))
	case event:
		return e.find(id)
	}
	return http.StatusNotFound, map[string]any{"error": "no such address"}
}

// verify is this server's own reading of Standard Webhooks.
func (e *ERP) verify(h http.Header, body []byte) error {
	id, stamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	if id == "" || strings.ContainsAny(id, ". ") {
		return errors.New("webhook-id is missing or has a dot in it")
	}
	seconds, err := strconv.ParseFloat(stamp, 64)
	if err != nil || seconds != math.Trunc(seconds) {
		return errors.New("webhook-timestamp is no whole number")
	}
	if math.Abs(float64(e.now().Unix())-seconds) > 300 {
		return errors.New("webhook-timestamp is more than 5 minutes off")
	}
	m := hmac.New(sha256.New, e.key)
	for _, part := range [][]byte{[]byte(id), []byte("."), []byte(stamp), []byte("."), body} {
		_, _ = m.Write(part) // a MAC never fails
	}
	want := base64.StdEncoding.EncodeToString(m.Sum(nil))
	for _, got := range strings.Split(h.Get("webhook-signature"), " ") {
		version, sum, _ := strings.Cut(got, ",")
		if version == "v1" && hmac.Equal([]byte(sum), []byte(want)) {
			return nil
		}
	}
	return errors.New("webhook-signature doesn't match")
}

// take lets an event take effect: it is in the ledger, on disk, before the
// answer.
func (e *ERP) take(id string, body []byte) (int, any) {
	var b struct {
		Type string `json:"type"`
		Data struct {
			Parcel  string `json:"parcel"`
			Order   string `json:"order"`
			Waybill string `json:"waybill"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &b); err != nil || b.Type == "" || b.Data.Parcel == "" {
		return http.StatusUnprocessableEntity, map[string]any{"error": "type or data.parcel is missing"}
	}
	d := Delivery{
		AtMs: e.now().UnixMilli(), ID: id, Type: b.Type, Parcel: b.Data.Parcel, Order: b.Data.Order,
		Waybill: b.Data.Waybill, SHA256: fmt.Sprintf("%x", sha256.Sum256(body)), Deliveries: 1,
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.events[id]
	switch {
	case known != nil && known.SHA256 != d.SHA256:
		return http.StatusConflict, map[string]any{"error": "this webhook-id came with another body before"}
	case known != nil:
		d.AtMs, d.Deliveries = e.now().UnixMilli(), known.Deliveries+1
		if err := e.write(d); err != nil {
			return http.StatusInternalServerError, map[string]any{"error": err.Error()}
		}
		return http.StatusConflict, map[string]any{"id": id, "error": "already received", "deliveries": d.Deliveries}
	}
	if have, ok := e.waybill[d.Parcel]; ok && have != d.Waybill {
		return http.StatusConflict, map[string]any{"error": "parcel " + d.Parcel + " was shipped with waybill " + have}
	}
	if err := e.write(d); err != nil {
		return http.StatusInternalServerError, map[string]any{"error": err.Error()}
	}
	return http.StatusOK, map[string]any{"id": id}
}

// write makes a delivery durable, then known. The caller holds mu.
func (e *ERP) write(d Delivery) error {
	if e.ledger != nil {
		line, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
		if _, err := e.ledger.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write ledger: %w", err)
		}
		if err := e.ledger.Sync(); err != nil {
			return fmt.Errorf("sync ledger: %w", err)
		}
	}
	e.remember(d)
	if e.notify != nil {
		e.notify(d)
	}
	return nil
}

func (e *ERP) remember(d Delivery) {
	if e.events[d.ID] == nil {
		e.order = append(e.order, d.ID)
	}
	e.events[d.ID] = &d
	if _, ok := e.waybill[d.Parcel]; !ok {
		e.waybill[d.Parcel] = d.Waybill
	}
}

func (e *ERP) find(id string) (int, any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.events[id]; d != nil {
		return http.StatusOK, *d
	}
	return http.StatusNotFound, map[string]any{"error": "no such event"}
}

func (e *ERP) page(cursor string) (int, any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	from := 0
	if cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 || n > len(e.changes) {
			return http.StatusBadRequest, map[string]any{"error": "unknown cursor"}
		}
		from = n
	}
	to := min(from+erpPage, len(e.changes))
	page := e.changes[from:to:to]
	if page == nil {
		page = []json.RawMessage{}
	}
	return http.StatusOK, map[string]any{"changes": page, "next": strconv.Itoa(to)}
}

func (e *ERP) nextFault(method string) erpFault {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := e.faults[method]
	if len(q) == 0 {
		return erpFault{}
	}
	e.faults[method] = q[1:]
	return q[0]
}

func (e *ERP) slowness() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.slow
}

func reply(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"encode answer"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may be gone
}
