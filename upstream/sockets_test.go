package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"packbench/internal/fakes"
	"packbench/upstream"
	"packbench/upstream/webhook"
)

// faultyLine is the fake ERP on a socket, behind a proxy that does to the line
// what real ones suffer.
type faultyLine struct {
	t     *testing.T
	erp   *fakes.ERP
	proxy *toxiproxy.Proxy
	con   *webhook.Connector
}

func newFaultyLine(t *testing.T) *faultyLine {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled) // the proxy's own log
	erp, err := fakes.NewERP(worldSecret, "")
	if err != nil {
		t.Fatal(err)
	}
	erp.Keys(false)
	server := httptest.NewServer(erp)
	t.Cleanup(server.Close)
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "erp", "127.0.0.1:0", strings.TrimPrefix(server.URL, "http://"))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	con, err := webhook.New(webhook.Config{Connection: "erp", Base: "http://" + proxy.Listen, Secret: worldSecret, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return &faultyLine{t: t, erp: erp, proxy: proxy, con: con}
}

// toxic befalls every new connection until heal.
func (f *faultyLine) toxic(json string) {
	f.t.Helper()
	if _, err := f.proxy.Toxics.AddToxicJson(strings.NewReader(json)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *faultyLine) heal() {
	f.t.Helper()
	f.proxy.Toxics.ResetToxics(context.Background())
}

// TestRealSocketsLoseAnswers: what the kernel and net/http make of a broken line
// is told apart: not sent, certainly done, or to be read back.
func TestRealSocketsLoseAnswers(t *testing.T) {
	f := newFaultyLine(t)
	for i, c := range []struct {
		name, toxic string
		want        upstream.Kind
		effect      bool
	}{
		{"healthy", "", upstream.Done, true},
		{"lost answer", `{"type":"timeout","stream":"downstream","attributes":{"timeout":100}}`, upstream.Unknown, true},
		{"lost request", `{"type":"timeout","stream":"upstream","attributes":{"timeout":100}}`, upstream.Unknown, false},
		{"silence", `{"type":"timeout","stream":"downstream","attributes":{"timeout":0}}`, upstream.Unknown, true},
		{"reset before the answer", `{"type":"reset_peer","stream":"downstream","attributes":{"timeout":0}}`, upstream.Unknown, true},
		{"cut in the answer", `{"type":"limit_data","stream":"downstream","attributes":{"bytes":60}}`, upstream.Unknown, true},
		{"trickle", `{"type":"slicer","stream":"downstream","attributes":{"average_size":8,"size_variation":4,"delay":2000}}`, upstream.Done, true},
		{"trickle that never ends", `{"type":"bandwidth","stream":"downstream","attributes":{"rate":0}}`, upstream.Unknown, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.toxic != "" {
				f.toxic(c.toxic)
			}
			op := f.op(t, i)
			out, _ := f.con.Push(context.Background(), op)
			if out.Kind != c.want {
				t.Errorf("push: %+v, want %s", out, c.want)
			}
			f.heal()
			if out, _ = f.con.ReadBack(context.Background(), op); (out.Kind == upstream.AlreadyDone) != c.effect || (out.Kind == upstream.NotThere) == c.effect {
				t.Errorf("read-back: %+v, effect %v", out, c.effect)
			}
		})
	}
	f.proxy.Stop()
	// A line that was open before might still have carried it; a new one can't.
	con, err := webhook.New(webhook.Config{Connection: "erp", Base: "http://" + f.proxy.Listen, Secret: worldSecret, Client: &http.Client{Transport: &http.Transport{}}})
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := con.Push(context.Background(), f.op(t, 99)); out.Kind != upstream.RetryAfter || !out.Offline {
		t.Errorf("nobody listens: %+v", out)
	}
}

func (f *faultyLine) op(t *testing.T, i int) upstream.Op {
	t.Helper()
	number := fmt.Sprintf("P%d", i)
	payload, err := upstream.EncodeEvent(upstream.Event{Type: upstream.TypeShipped, Time: time.Now(), Data: upstream.EventData{
		Connection: "erp", Parcel: number, Order: "O" + number, Waybill: "W" + number,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return upstream.Op{ID: fmt.Sprintf("01JD00000000000000000000%02d", i), Connection: "erp", Parcel: "erp/" + number, Operation: upstream.OpShipped, Payload: payload}
}

// TestWorkerOverABrokenLine: the whole worker over a real socket whose faults
// change while it works; then the line heals and everything is told once.
func TestWorkerOverABrokenLine(t *testing.T) {
	f := newFaultyLine(t)
	outbox, sink := upstream.NewMemOutbox(), &upstream.MemSink{}
	n := 0
	seal := func() {
		op := f.op(t, n)
		outbox.Add("erp", op.Parcel, op.ID, op.Payload)
		n++
	}
	for range 12 {
		seal()
	}
	var mu sync.Mutex
	now := time.Now() // back-offs pass at once
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	worker, err := upstream.NewWorker(upstream.Options{Connection: "erp", Connector: f.con, Sink: sink, Cursors: sink, Outbox: outbox, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	sync := func() {
		_, _ = worker.SyncOnce(context.Background()) // its error is the trouble
		mu.Lock()
		now = now.Add(6 * time.Minute)
		mu.Unlock()
	}
	for _, toxic := range []string{
		`{"type":"timeout","stream":"downstream","attributes":{"timeout":20}}`,
		`{"type":"limit_data","stream":"downstream","attributes":{"bytes":200}}`,
		`{"type":"reset_peer","stream":"downstream","attributes":{"timeout":5}}`,
		`{"type":"timeout","stream":"upstream","attributes":{"timeout":20}}`,
	} {
		f.toxic(toxic)
		for range 3 {
			sync()
		}
		f.heal()
		sync()
		seal() // always something left for the next fault
	}
	for range 20 {
		if pending, _ := outbox.Open(); pending == 0 {
			break
		}
		sync()
	}
	if pending, parked := outbox.Open(); pending+parked != 0 {
		t.Errorf("%d pending, %d parked", pending, parked)
	}
	told := f.erp.Deliveries()
	for _, d := range told {
		if d.Deliveries != 1 || d.Effects != 1 {
			t.Errorf("%s took effect %d times", d.Parcel, d.Deliveries)
		}
	}
	if len(told) != n {
		t.Errorf("%d of %d told", len(told), n)
	}
}
