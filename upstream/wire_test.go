package upstream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/internal/fakes"
	"packbench/upstream"
	"packbench/upstream/webhook"
)

// TestEachEventOnceOverTheRealWire runs worker and webhook connector against the
// fake ERP on a socket, with every kind of trouble, and reads the ERP's ledger.
func TestEachEventOnceOverTheRealWire(t *testing.T) {
	const secret, parcels = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 40
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	inR, in := io.Pipe()
	outR, out := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := fakes.RunERP(ctx, fakes.ERPOptions{Listen: "127.0.0.1:0", Secret: secret, Ledger: ledger}, inR, out)
		_ = out.Close()
		ended <- err
	}()
	events := make(chan map[string]any, 1000)
	go func() {
		defer close(events)
		for s := bufio.NewScanner(outR); s.Scan(); {
			var line map[string]any
			if json.Unmarshal(s.Bytes(), &line) == nil {
				events <- line
			}
		}
	}()
	first := <-events
	command := func(format string, args ...any) {
		t.Helper()
		line := fmt.Sprintf(format, args...)
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		for e := range events {
			if e["command"] == line {
				if e["event"] != "ok" {
					t.Fatalf("%s: %v", line, e)
				}
				return
			}
		}
	}

	con, err := webhook.New(webhook.Config{Connection: "erp", Base: first["url"].(string), Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	outbox, sink := upstream.NewMemOutbox(), &upstream.MemSink{}
	clock := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) // back-offs pass at once
	worker, err := upstream.NewWorker(upstream.Options{
		Connection: "erp", Connector: con, Sink: sink, Cursors: sink, Outbox: outbox, Now: func() time.Time { return clock },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range parcels {
		number := fmt.Sprintf("P%02d", i)
		command(`order {"number":%q,"order":"O","status":"packable","lines":[{"listing":"A","quantity":1}]}`, number)
		payload, err := upstream.EncodeEvent(upstream.Event{Type: upstream.TypeShipped, Time: clock, Data: upstream.EventData{
			Connection: "erp", Parcel: number, Order: "O", Waybill: "W" + number,
		}})
		if err != nil {
			t.Fatal(err)
		}
		outbox.Add("erp", number, "ULID"+number, payload)
	}
	sync := func() { // its error is the trouble that was ordered
		_, _ = worker.SyncOnce(ctx)
		clock = clock.Add(6 * time.Minute)
	}
	for _, trouble := range []string{
		"lose-answer 3", "lose-request 3", "fail 500 3", "fail 503 2", "429 2 30", "fail 401 1", "fail 408 1",
		"lose-answer 1 get", "fail 500 2 get", "429 1 5 get", "offline", "online", "lose-answer 5",
	} {
		command("%s", trouble) // one after another, each while some events are still open
		sync()
		pending, _ := outbox.Open()
		t.Logf("after %q: %d of %d open", trouble, pending, parcels)
	}
	for range 30 {
		if pending, _ := outbox.Open(); pending == 0 {
			break
		}
		sync()
	}
	if pending, parked := outbox.Open(); pending+parked != 0 {
		t.Errorf("%d pending, %d parked", pending, parked)
	}
	if h := worker.Health(); h.State != upstream.StateOnline {
		t.Errorf("health %+v", h)
	}
	if _, err := io.WriteString(in, "quit\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}

	data, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	effects, repeats := map[string]int{}, 0
	for line := range strings.Lines(string(data)) {
		var d fakes.Delivery
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.Deliveries > 1 {
			repeats++
			continue
		}
		effects[d.Parcel]++
		if d.ID != "ULID"+d.Parcel || d.Waybill != "W"+d.Parcel {
			t.Errorf("ledger: %s", line)
		}
	}
	if len(effects) != parcels || repeats != 0 {
		t.Errorf("%d of %d events took effect, %d were sent twice although they could be read back", len(effects), parcels, repeats)
	}
	for parcel, n := range effects {
		if n != 1 {
			t.Errorf("%s took effect %d times", parcel, n)
		}
	}
	seen := map[string]bool{}
	for _, p := range sink.Got() {
		seen[p.Number] = true
	}
	if len(seen) != parcels {
		t.Errorf("%d of %d orders taken in", len(seen), parcels)
	}
}
