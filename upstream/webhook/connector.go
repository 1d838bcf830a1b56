package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"packbench/upstream"
)

const (
	maxAnswer      = 10 << 20 // bytes of an answer
	defaultTimeout = 20 * time.Second
	maxSkew        = 2 * time.Minute // between our clock and the server's, before we say so
)

// Config of a Connector.
type Config struct {
	Connection string // the name that its parcels carry
	// Base is where changes and read-backs are fetched, "https://erp.example/api".
	// "" = the receiver has neither; then URL is needed.
	Base string
	// URL takes the events; "" = Base + "/v1/events".
	URL string
	// Secret is shared with the receiver, "whsec_…".
	Secret string
	// ReadSecret, if set, reads the secret anew when the receiver refuses the one
	// in use: a person may have replaced it since.
	ReadSecret func() (string, error)
	// AllowHTTP permits plain http to other hosts than this one. Whoever listens
	// on the network reads the orders then.
	AllowHTTP bool
	// Timeout of one request with its answer, default 20 s.
	Timeout time.Duration
	// Client, if set, brings the transport (a test's, a proxy's).
	Client *http.Client
	// Now and NewID may be set by tests; default time.Now and a fresh ULID. NewID
	// names the GET requests, which are never repeated under one id.
	Now   func() time.Time
	NewID func() string
}

// Connector speaks to one receiver. Between calls it keeps nothing but the secret
// in use and what it saw of the receiver's clock.
type Connector struct {
	connection string
	base, url  *url.URL // base may be nil
	client     *http.Client
	now        func() time.Time
	newID      func() string
	readSecret func() (string, error) // nil = the secret never changes

	secret atomic.Pointer[Secret]
	skew   atomic.Pointer[time.Duration] // the receiver's clock minus ours; nil = not seen yet
	ahead  atomic.Int64                  // what is added to our clock in timestamps
}

var (
	_ upstream.Connector = (*Connector)(nil)
	_ upstream.Refresher = (*Connector)(nil)
	_ upstream.Clock     = (*Connector)(nil)
)

// New checks the configuration and makes the connector; it calls nobody.
func New(c Config) (*Connector, error) {
	if c.Connection == "" {
		return nil, errors.New("make webhook connector: the connection has no name")
	}
	secret, err := ParseSecret(c.Secret)
	if err != nil {
		return nil, err
	}
	out := &Connector{connection: c.Connection, now: c.Now, newID: c.NewID, readSecret: c.ReadSecret}
	out.secret.Store(&secret)
	if c.Base != "" {
		if out.base, err = parseURL(c.Base, c.AllowHTTP); err != nil {
			return nil, fmt.Errorf("parse base address: %w", err)
		}
	}
	switch {
	case c.URL != "":
		if out.url, err = parseURL(c.URL, c.AllowHTTP); err != nil {
			return nil, fmt.Errorf("parse event address: %w", err)
		}
	case out.base != nil:
		out.url = out.base.JoinPath("v1", "events")
	default:
		return nil, errors.New("make webhook connector: neither an event address nor a base address")
	}
	if out.now == nil {
		out.now = time.Now
	}
	if out.newID == nil {
		out.newID = func() string { return ulid.Make().String() }
	}
	client := http.Client{}
	if c.Client != nil {
		client = *c.Client
	}
	client.Timeout = c.Timeout
	if client.Timeout <= 0 {
		client.Timeout = defaultTimeout
	}
	// A redirect is a failure: our signature is for this address only.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	out.client = &client
	return out, nil
}

func parseURL(text string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it is no URL") // the error would quote it, perhaps with a password
	}
	switch {
	case u.Host == "":
		return nil, errors.New("it names no host")
	case u.User != nil:
		return nil, errors.New("a user or password in the address isn't supported")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme != "http":
		return nil, fmt.Errorf("scheme %q, want https", u.Scheme)
	case allowHTTP || loopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("plain http to another computer must be allowed explicitly; use https")
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Push sends the op's payload as it is.
func (c *Connector) Push(ctx context.Context, op upstream.Op) (upstream.Outcome, []upstream.Msg) {
	if op.Operation != upstream.OpShipped {
		return upstream.UnknownOperation(), nil
	}
	if !json.Valid(op.Payload) {
		return upstream.Outcome{Kind: upstream.NeedsHuman, Code: "payload", Words: "payload is no JSON"}, nil
	}
	a := c.call(ctx, http.MethodPost, c.url, op.ID, op.Payload)
	out := a.outcome(sentBy(op), c.now())
	return out, a.remarks(out)
}

// ReadBack asks for the event with the op's id.
func (c *Connector) ReadBack(ctx context.Context, op upstream.Op) (upstream.Outcome, []upstream.Msg) {
	if c.base == nil {
		return upstream.Outcome{Kind: upstream.CantAsk, Code: "no read-back"}, nil
	}
	a := c.call(ctx, http.MethodGet, c.base.JoinPath("v1", "events", op.ID), c.newID(), nil)
	if a.err == nil && a.status == http.StatusNotFound && !missingRoute(a.body) {
		return upstream.Outcome{Kind: upstream.NotThere, Code: "HTTP 404"}, a.remarks(upstream.Outcome{})
	}
	// Whatever 2xx says, found looks for itself.
	if a.err == nil && a.status >= 200 && a.status <= 299 {
		out := found(a.body, op)
		return out, a.remarks(out)
	}
	out := a.outcome(sentBy(op), c.now())
	if out.Kind == upstream.AlreadyDone || out.Kind == upstream.Conflict || out.Kind == upstream.NeedsHuman {
		// A refused question says nothing of the event itself.
		out.Kind = upstream.Unknown
	}
	return out, a.remarks(out)
}

// missingRoute reports whether a 404 is a page of some server that doesn't know
// the address at all (a proxy, a portal), rather than the receiver's "no such
// event": that one may be empty, plain text or JSON, but no HTML.
func missingRoute(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body)), "<")
}

// found compares what the server holds under our id with what we sent.
func found(body []byte, op upstream.Op) upstream.Outcome {
	var b struct {
		ID      text `json:"id"`
		Parcel  text `json:"parcel"`
		Waybill text `json:"waybill"`
	}
	if err := json.Unmarshal(body, &b); err != nil || string(b.ID) != op.ID {
		return upstream.Outcome{Kind: upstream.Unknown, Code: "read-back names no such id", Strange: json.Valid(body), Words: words(body)}
	}
	ours := sentBy(op)
	if b.Waybill != "" && string(b.Waybill) != ours.waybill {
		return upstream.Outcome{Kind: upstream.Conflict, Code: "other waybill", Words: "waybill there: " + words([]byte(b.Waybill))}
	}
	// The number as the receiver knows it, not our own name for the parcel.
	if b.Parcel != "" && string(b.Parcel) != ours.parcel {
		return upstream.Outcome{Kind: upstream.Conflict, Code: "other parcel", Words: "parcel there: " + words([]byte(b.Parcel))}
	}
	return upstream.Outcome{Kind: upstream.AlreadyDone, Code: "HTTP 200"}
}

// Pull fetches one page of changes.
func (c *Connector) Pull(ctx context.Context, after upstream.Cursor) (upstream.Changes, upstream.Cursor, []upstream.Msg, error) {
	if c.base == nil {
		return upstream.Changes{}, after, nil, upstream.ErrNoFeed
	}
	u := c.base.JoinPath("v1", "changes")
	u.RawQuery = url.Values{"cursor": {string(after)}}.Encode()
	a := c.call(ctx, http.MethodGet, u, c.newID(), nil)
	var out upstream.Outcome
	switch {
	case a.err == nil && a.status >= 200 && a.status <= 299:
		out = upstream.Outcome{Kind: upstream.Done} // the page itself is read below
	case a.err != nil && a.status == 0:
		out = a.lost()
	default:
		out = a.outcome(sent{}, c.now())
	}
	msgs := a.remarks(out)
	if out.Kind != upstream.Done {
		err := a.err
		if err == nil {
			err = errors.New(out.Code)
		}
		return upstream.Changes{}, after, msgs, &upstream.Failure{Outcome: out, Err: fmt.Errorf("fetch changes: %w", err)}
	}
	changes, next, refused, err := decodeChanges(a.body, c.connection)
	msgs = append(msgs, refused...)
	if err != nil {
		return upstream.Changes{}, after, msgs, &upstream.Failure{
			Outcome: upstream.Outcome{Kind: upstream.Unknown, Code: "bad answer"},
			Err:     fmt.Errorf("decode changes: %w", err),
		}
	}
	return changes, next, msgs, nil
}

// answer is what became of a request.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	err     error // no complete answer; without address, id or content
	arrived bool  // the request may have reached the server
	skew    time.Duration
}

// call sends one signed request.
func (c *Connector) call(ctx context.Context, method string, u *url.URL, id string, body []byte) answer {
	var connected atomic.Bool // set on the transport's goroutine
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return answer{err: errors.New("make request")}
	}
	began := c.now()
	stamp := began.Add(time.Duration(c.ahead.Load()))
	req.Header.Set(HeaderID, id)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(stamp.Unix(), 10))
	req.Header.Set(HeaderSignature, Sign(*c.secret.Load(), id, stamp, body))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "packbench")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.client.Do(req)
	took := c.now().Sub(began)
	if err != nil {
		return answer{err: bare(err), arrived: connected.Load()}
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost by it: the body is read
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	a := answer{status: resp.StatusCode, header: resp.Header, body: data, arrived: true}
	if at, dateErr := http.ParseTime(resp.Header.Get("Date")); dateErr == nil {
		// The date is cut to seconds, and was written about half-way.
		a.skew = at.Add(500 * time.Millisecond).Sub(began.Add(took / 2))
		c.skew.Store(&a.skew)
	}
	switch {
	case err != nil:
		a.err = bare(err)
	case len(data) > maxAnswer:
		a.err = fmt.Errorf("answer is larger than %d MiB", maxAnswer>>20)
	}
	return a
}

// bare takes the address (with a cursor or an id) out of a transport's error.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// outcome is what an answer to a POST means, whole or not. The status and headers
// of a cut answer are whole; only what rests on its body is in doubt.
func (a answer) outcome(ours sent, now time.Time) upstream.Outcome {
	switch {
	case a.err == nil:
		return classify(a.status, a.header, a.body, ours, now)
	case a.status < 300 || a.status == http.StatusConflict:
		return a.lost()
	}
	return classify(a.status, a.header, nil, ours, now)
}

// lost is the outcome of a request without a complete answer. Where no
// connection was made, nothing can have arrived.
func (a answer) lost() upstream.Outcome {
	if !a.arrived {
		return upstream.Outcome{Kind: upstream.RetryAfter, Offline: true, Code: "no connection"}
	}
	return upstream.Outcome{Kind: upstream.Unknown, Offline: a.status == 0, Code: "no complete answer"}
}

// remarks are what a person should know beside the outcome.
func (a answer) remarks(out upstream.Outcome) []upstream.Msg {
	var msgs []upstream.Msg
	if a.skew > maxSkew || a.skew < -maxSkew {
		msgs = append(msgs, upstream.Msg{Key: "upstream.clock_skew", Args: map[string]string{
			"seconds": strconv.FormatInt(int64(a.skew.Abs().Round(time.Second)/time.Second), 10),
		}})
	}
	if a.status == http.StatusGone && out.Kind == upstream.NeedsSignIn {
		msgs = append(msgs, upstream.Msg{Key: "upstream.disabled"})
	}
	return msgs
}

// Skew is the receiver's clock minus ours, by the Date of its last answer.
func (c *Connector) Skew() (skew time.Duration, known bool) {
	if d := c.skew.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// What Refresh answers when there is nothing to renew.
var errSameSecret = errors.New("refresh sign-in: the secret is the same as before")

// Refresh looks for a reason that a request was refused which needs no person:
// somebody has put a new secret in place, or our clock is so wrong that the
// receiver takes our timestamps for a replay; those go by its clock then.
func (c *Connector) Refresh(context.Context) error {
	if d, known := c.Skew(); known && d.Abs() > maxSkew {
		if off := d - time.Duration(c.ahead.Load()); off.Abs() > maxSkew {
			c.ahead.Store(int64(d))
			return nil
		}
	} else if known && c.ahead.Swap(0) != 0 {
		return nil // our clock was put right
	}
	if c.readSecret == nil {
		return errSameSecret
	}
	text, err := c.readSecret()
	if err != nil {
		return fmt.Errorf("refresh sign-in: %w", err)
	}
	secret, err := ParseSecret(text)
	if err != nil {
		return fmt.Errorf("refresh sign-in: %w", err)
	}
	if hmac.Equal(secret.key, c.secret.Load().key) {
		return errSameSecret
	}
	c.secret.Store(&secret)
	return nil
}
