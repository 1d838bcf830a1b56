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
	"math/rand/v2"
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
// refuses a second waybill for a parcel (409 naming the first) and keeps count of
// every delivery. Without keys ([ERP.Keys]) it is like most marketplaces: a second
// call is a second effect. Safe for concurrent use.
type ERP struct {
	now func() time.Time

	mu      sync.Mutex
	key     []byte
	noKeys  bool
	ahead   time.Duration  // of its clock
	date    time.Duration  // of its Date header only
	effects map[string]int // by order and waybill
	orders  []erpOrder     // of the feed, not cancelled by chance yet
	chance  *rand.Rand     // nil = no random faults
	away    func(time.Duration)
	ledger  *os.File // nil = in memory only
	events  map[string]*Delivery
	order   []string          // ids of events in order of arrival
	waybill map[string]string // parcel → waybill of its first event
	changes []json.RawMessage
	faults  map[string][]erpFault // per method, one per request
	slow    time.Duration
	notify  func(Delivery)
}

// erpOrder names an order of the feed.
type erpOrder struct {
	Number string `json:"number"`
	Order  string `json:"order"`
}

// NewERP makes the server. ledgerPath is appended to and read back first, so
// that a restarted server still knows what it has; "" keeps nothing.
func NewERP(secret, ledgerPath string) (*ERP, error) {
	e := &ERP{
		now:    time.Now,
		events: map[string]*Delivery{}, waybill: map[string]string{}, faults: map[string][]erpFault{}, effects: map[string]int{},
	}
	if err := e.SetSecret(secret); err != nil {
		return nil, err
	}
	if ledgerPath == "" {
		return e, nil
	}
	if err := e.openLedger(ledgerPath); err != nil {
		return nil, err
	}
	return e, nil
}

// SetSecret changes the shared secret: requests signed with the old one get 401.
func (e *ERP) SetSecret(secret string) error {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		return errors.New(`set secret of ERP: it must be "whsec_" and base64`)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.key = key
	return nil
}

// Keys says whether an event id is an idempotency key (the beginning), or whether
// a second call is a second effect.
func (e *ERP) Keys(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.noKeys = !on
}

// clock is the server's clock. The caller holds mu.
func (e *ERP) clock() time.Time { return e.now().Add(e.ahead) }

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
	var o struct {
		Type string `json:"type"`
		erpOrder
	}
	if json.Unmarshal(data, &o) == nil && o.Type == "order" {
		e.orders = append(e.orders, o.erpOrder)
	}
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
	now := e.stamp(w)
	fault := e.nextFault(r.Method)
	if fault.prevent(w, now) {
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
	fault.spoil(w, status, answer)
}

// stamp sets the Date of the answer and returns what it says.
func (e *ERP) stamp(w http.ResponseWriter) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.clock().Add(e.date)
	w.Header().Set("Date", at.UTC().Format(http.TimeFormat))
	return at
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
	e.mu.Lock()
	key, now := e.key, e.clock()
	e.mu.Unlock()
	id, stamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	if id == "" || strings.ContainsAny(id, ". ") {
		return errors.New("webhook-id is missing or has a dot in it")
	}
	seconds, err := strconv.ParseFloat(stamp, 64)
	if err != nil || seconds != math.Trunc(seconds) {
		return errors.New("webhook-timestamp is no whole number")
	}
	if math.Abs(float64(now.Unix())-seconds) > 300 {
		return errors.New("webhook-timestamp is more than 5 minutes off")
	}
	m := hmac.New(sha256.New, key)
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
	e.mu.Lock()
	defer e.mu.Unlock()
	d := Delivery{
		AtMs: e.clock().UnixMilli(), ID: id, Type: b.Type, Parcel: b.Data.Parcel, Order: b.Data.Order,
		Waybill: b.Data.Waybill, SHA256: fmt.Sprintf("%x", sha256.Sum256(body)), Deliveries: 1,
	}
	d.Effects = e.effects[d.orderWaybill()]
	known := e.events[id]
	if known != nil {
		d.Deliveries = known.Deliveries + 1
	}
	if known != nil && !e.noKeys {
		if known.SHA256 != d.SHA256 {
			return http.StatusConflict, map[string]any{"error": "this webhook-id came with another body before"}
		}
		if err := e.write(d); err != nil {
			return http.StatusInternalServerError, map[string]any{"error": err.Error()}
		}
		return http.StatusConflict, map[string]any{"id": id, "error": "already received", "deliveries": d.Deliveries}
	}
	if have, ok := e.waybill[d.Parcel]; ok && have != d.Waybill {
		return http.StatusConflict, map[string]any{"error": "parcel " + d.Parcel + " was shipped with waybill " + have, "waybill": have}
	}
	d.Effects++
	if err := e.write(d); err != nil {
		return http.StatusInternalServerError, map[string]any{"error": err.Error()}
	}
	return http.StatusOK, map[string]any{"id": id}
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
