package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"packbench/internal/fakes"
	"packbench/packing"
	"packbench/store"
	"packbench/upstream"
	"packbench/upstream/webhook"
)

const worldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// wire is the network in virtual time: it hands requests to the fake ERP without
// a socket, so that a bubble's clock can move on, and does what networks do.
type wire struct {
	erp     *fakes.ERP
	latency time.Duration // before the server has it, and again before the answer is here

	mu     sync.Mutex
	downTo time.Time       // no connection until then
	reject map[string]bool // parcels refused for good (422)
	poison map[string]bool // parcels that the server breaks on (500)
	posts  []post
	quiet  time.Time // the server asked to be left alone until then
	early  int       // requests inside such a pause
}

type post struct {
	id, parcel string
	at         time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	down := time.Now().Before(w.downTo)
	if !down {
		if time.Now().Before(w.quiet) {
			w.early++
		}
		if r.Method == http.MethodPost {
			w.posts = append(w.posts, post{r.Header.Get(webhook.HeaderID), parcelOf(body), time.Now()})
		}
	}
	w.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	type result struct {
		resp *http.Response
		err  error
	}
	answered := make(chan result, 1)
	go func() { // the server goes on although the client may have hung up
		time.Sleep(w.latency)
		resp, err := w.serve(r, body)
		time.Sleep(w.latency)
		answered <- result{resp, err}
	}()
	select {
	case got := <-answered:
		return got.resp, got.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// serve lets the ERP answer; what it cuts becomes a broken connection.
func (w *wire) serve(r *http.Request, body []byte) (resp *http.Response, err error) {
	rec := httptest.NewRecorder()
	cut := false
	func() {
		defer func() {
			if p := recover(); p != nil {
				if e, ok := p.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
					panic(p)
				}
				cut = true
			}
		}()
		parcel := parcelOf(body)
		w.mu.Lock()
		poison, reject := r.Method == http.MethodPost && w.poison[parcel], r.Method == http.MethodPost && w.reject[parcel]
		w.mu.Unlock()
		switch {
		case poison:
			http.Error(rec, "internal error", http.StatusInternalServerError)
		case reject:
			http.Error(rec, "no such order", http.StatusUnprocessableEntity)
		default:
			server := r.Clone(context.WithoutCancel(r.Context()))
			server.Body = io.NopCloser(strings.NewReader(string(body)))
			w.erp.ServeHTTP(rec, server)
		}
	}()
	if cut && rec.Body.Len() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	resp = rec.Result()
	resp.Request = r
	if cut {
		resp.Body = io.NopCloser(io.MultiReader(rec.Body, brokenReader{}))
	}
	w.hearPause(resp.Header)
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// hearPause is the test's own reading of Retry-After.
func (w *wire) hearPause(h http.Header) {
	text := h.Get("Retry-After")
	if text == "" {
		return
	}
	var wait time.Duration
	if at, err := http.ParseTime(text); err == nil {
		date, _ := http.ParseTime(h.Get("Date"))
		wait = at.Sub(date)
	} else if _, err := fmt.Sscan(text, (*int64)(&wait)); err == nil {
		wait *= time.Second
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := time.Now().Add(min(wait, time.Hour) - w.latency); until.After(w.quiet) {
		w.quiet = until
	}
}

func parcelOf(body []byte) string {
	e, err := upstream.DecodeEvent(body)
	if err != nil {
		return ""
	}
	return e.Data.Parcel
}

// station is one run of the program: a real store with a worker on it.
type station struct {
	st     *store.Store
	disk   *disk
	worker *upstream.Worker
	stop   func() // ends the worker and closes the store
}

// world is a warehouse, its ERP and the network between them.
type world struct {
	dir     string
	bug     bug
	wire    *wire
	sink    *upstream.MemSink
	mute    bool          // the ERP serves the POST only
	offset  time.Duration // of the station's calendar from the true one
	station *station
}

// shop makes a data directory with the parcels P0…Pn-1, once for many histories.
func shop(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(dir, store.Options{Station: "bench-1"})
	if err != nil {
		t.Fatal(err)
	}
	var events []packing.Event
	for i := range n {
		no := fmt.Sprintf("P%d", i)
		events = append(events, packing.Event{Parcel: packing.ParcelID("erp/" + no), AtMs: 1, Body: packing.ParcelArrived{Parcel: packing.Parcel{
			ID: packing.ParcelID("erp/" + no), Connection: "erp", Number: no, Order: "O" + no, Waybill: "W" + no, Status: packing.StatusPackable,
			Lines: []packing.Line{{Listing: "MUG", Quantity: 1}}, TellAt: "sealed",
		}}})
	}
	if _, err := st.Commit(context.Background(), packing.Bench{Station: "bench-1"}, events); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyShop is a fresh copy of it.
func copyShop(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.CopyFS(to, os.DirFS(from))
}

// start opens the store and runs the worker.
func (w *world) start() error {
	st, err := store.Open(w.dir, store.Options{Station: "bench-1"})
	if err != nil {
		return err
	}
	base := "http://127.0.0.1"
	if w.mute {
		base = ""
	}
	con, err := webhook.New(webhook.Config{
		Connection: "erp", Base: base, URL: "http://127.0.0.1/v1/events", Secret: worldSecret, Client: &http.Client{Transport: w.wire}, Now: w.wall,
		ReadSecret: func() (string, error) { return worldSecret, nil },
	})
	if err != nil {
		return errors.Join(err, st.Close())
	}
	d := &disk{Store: st, bug: w.bug}
	o := upstream.Options{
		Connection: "erp", Connector: planted{con, w.bug}, Sink: w.sink, Cursors: w.sink, Outbox: d, Wall: w.wall,
		PullEvery: 10 * time.Minute, PushEvery: time.Minute, Chance: func() float64 { return 0.5 },
	}
	if w.bug == jumpyDeadlines {
		o.Now = w.wall
	}
	worker, err := upstream.NewWorker(o)
	if err != nil {
		return errors.Join(err, st.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { worker.Run(ctx); close(ended) }()
	w.station = &station{st: st, disk: d, worker: worker, stop: func() {
		cancel()
		<-ended
		_ = st.Close() // a second one after a failed test
	}}
	return nil
}

// wall is the station's calendar: the true one, set wrong. Its own clock (what
// time.Now measures by) goes on undisturbed.
func (w *world) wall() time.Time { return time.Now().Add(w.offset).Round(0) }

// powerCut ends the program: what is on its way is never written.
func (w *world) powerCut() error {
	w.station.disk.cut()
	w.station.stop()
	return w.start()
}

// commit writes events as the bench would.
func (w *world) commit(parcel int, bodies ...packing.Body) error {
	ctx := context.Background()
	bench, err := w.station.st.Bench(ctx)
	if err != nil {
		return err
	}
	var events []packing.Event
	for _, b := range bodies {
		events = append(events, packing.Event{Parcel: packing.ParcelID(fmt.Sprintf("erp/P%d", parcel)), AtMs: w.wall().UnixMilli(), Body: b})
	}
	out, err := w.station.st.Commit(ctx, bench, events)
	if err == nil && out.Told {
		w.station.worker.Wake()
	}
	return err
}

// seal seals a parcel, once more if it is sealed already: a new row behind the old.
func (w *world) seal(parcel int) error {
	p, err := w.station.st.Parcel(context.Background(), packing.ParcelID(fmt.Sprintf("erp/P%d", parcel)))
	if err != nil {
		return err
	}
	if p.SealedMs > 0 {
		return w.commit(parcel, packing.ParcelChanged{Parcel: *p, Label: true}, packing.Sealed{Tell: true})
	}
	return w.commit(parcel, packing.Sealed{Tell: true})
}

func (w *world) recall(parcel int) error {
	return w.commit(parcel, packing.CancelKnown{Cancel: packing.CancelAsked})
}

func (w *world) reinstate(parcel int) error {
	return w.commit(parcel, packing.CancelKnown{Cancel: packing.CancelNone})
}

// byHand answers a parcel's first open row as a person would.
func (w *world) byHand(parcel int) error {
	rows, err := w.station.st.OutboxRows(context.Background(), store.OutboxFilter{States: []store.OutboxState{store.OutboxPending, store.OutboxParked}}, 100)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Parcel == fmt.Sprintf("erp/P%d", parcel) {
			return w.commit(parcel, packing.OutboxAnswered{Row: r.ID, Answer: packing.AnswerByHand, Why: "telephone"})
		}
	}
	return nil
}

// rows is the whole outbox.
func (w *world) rows() ([]store.OutboxEntry, error) {
	return w.station.st.OutboxRows(context.Background(), store.OutboxFilter{}, 10_000)
}

// disk is the store as the worker sees it: it can fail as in a power cut, and
// have bugs.
type disk struct {
	*store.Store
	bug bug

	mu   sync.Mutex
	dead bool
}

func (d *disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
}

var errPower = errors.New("power is gone")

func (d *disk) alive() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return errPower
	}
	return nil
}

func (d *disk) OutboxHeads(ctx context.Context, connection string, nowMs int64, limit int) ([]store.OutboxRow, error) {
	rows, err := d.Store.OutboxHeads(ctx, connection, nowMs, limit)
	switch d.bug {
	case ignoreHead:
		var all []store.OutboxEntry
		all, err = d.OutboxRows(ctx, store.OutboxFilter{States: []store.OutboxState{store.OutboxPending}}, limit)
		rows = nil
		for i := len(all) - 1; i >= 0; i-- {
			rows = append(rows, all[i].OutboxRow)
		}
	case sendRecalled:
		for i := range rows {
			rows[i].Recalled = false
		}
	}
	return rows, err
}

func (d *disk) MarkSending(ctx context.Context, seq, atMs int64) (bool, error) {
	if err := d.alive(); err != nil {
		return false, err
	}
	if d.bug == forgetMark {
		return true, nil
	}
	ok, err := d.Store.MarkSending(ctx, seq, atMs)
	return ok || (d.bug == sendRecalled && err == nil), err
}

func (d *disk) RecordOutbox(ctx context.Context, seq int64, r store.OutboxResult) error {
	if err := d.alive(); err != nil {
		return err
	}
	return d.Store.RecordOutbox(ctx, seq, r)
}

func (d *disk) SetQuiet(ctx context.Context, name string, ms int64) error {
	if err := d.alive(); err != nil {
		return err
	}
	if d.bug == forgetPause {
		return nil
	}
	return d.Store.SetQuiet(ctx, name, ms)
}

var _ upstream.Outbox = (*disk)(nil)

// copyDir is where a history lives.
func copyDir(t testing.TB) string { return filepath.Join(t.TempDir(), "data") }
