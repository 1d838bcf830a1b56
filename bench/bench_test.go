package bench_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/document"
	"packbench/internal/emulate"
	"packbench/internal/secrets"
	"packbench/label"
	"packbench/packing"
	"packbench/raster"
	"packbench/scanner"
	"packbench/store"
	"packbench/upstream"
)

// rig is a station with an emulated printer on a real socket.
type rig struct {
	t       *testing.T
	dir     string
	station *bench.Station
	printer *emulate.RunningPrinter
	png     string
	at      atomic.Int64 // ms; the bench's clock
}

// TestMain lets the renderer start itself as a child, as the program does.
func TestMain(m *testing.M) {
	label.ServeRenderer()
	os.Exit(secrets.Isolated(m.Run))
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), png: t.TempDir()}
	r.at.Store(time.Now().UnixMilli())
	p, err := emulate.StartPrinter(emulate.PrinterOptions{Dir: r.png, WidthDots: 832, LengthDots: 1218})
	if err != nil {
		t.Fatal(err)
	}
	r.printer = p
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	r.open()
	r.set(bench.SettingPrinter, p.URI)
	r.set(bench.TellSetting("shop"), "sealed")
	for _, person := range []store.Person{{ID: "W1", Name: "王强"}, {ID: "C2", Name: "陈丽"}, {ID: "B9", Name: "Boss", Role: packing.RoleSupervisor}} {
		if err := r.station.Store.SavePerson(t.Context(), person); err != nil {
			t.Fatal(err)
		}
	}
	_, err = r.station.Store.SaveGoods(t.Context(), []store.Goods{
		{SKU: "MUG", Codes: []store.GoodsCode{{Code: "6901234500011"}}, NameZH: "马克杯", NameEN: "Mug", WeightMg: 300_000, WeightSource: "measured"},
		{SKU: "TEE", Codes: []store.GoodsCode{{Code: "96385074"}}, NameZH: "T恤", NameEN: "Tee", WeightMg: 200_000, WeightSource: "measured"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.reopen() // the printer's address counts from the next start
	return r
}

func pin(t *testing.T) string {
	t.Helper()
	phc, err := bench.HashPIN("2468", bench.Pepper{})
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func (r *rig) open() {
	r.t.Helper()
	st, err := bench.OpenStation(r.t.Context(), r.dir, bench.StationOptions{Devices: true, Now: func() time.Time { return time.UnixMilli(r.at.Load()) }})
	if err != nil {
		r.t.Fatal(err)
	}
	r.station = st
	r.t.Cleanup(func() {
		if r.station == st {
			_ = st.Close()
		}
	})
}

func (r *rig) reopen() {
	r.t.Helper()
	if err := r.station.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
}

func (r *rig) set(key, value string) {
	r.t.Helper()
	if err := r.station.Bench.Set(r.t.Context(), key, value); err != nil {
		r.t.Fatal(err)
	}
}

// order brings parcels with labels: numbers are "1", "2", …
func (r *rig) order(n int) {
	r.t.Helper()
	var parcels []upstream.Parcel
	for i := range n {
		no := string(rune('1' + i))
		parcels = append(parcels, upstream.Parcel{
			Connection: "shop", Number: no, Order: "577000" + no, Nr: 1, Of: 1, Tote: "T-" + no, Waybill: "JT300223268000" + no,
			Carrier: "J&T", Status: upstream.Packable, Version: "v1", CreatedMs: int64(i),
			Lines: []upstream.Line{{Listing: "MUG", Name: "mug", Quantity: 1}},
			Buyer: upstream.Buyer{Name: "Canary Zhang", Note: "fragile"},
		})
	}
	sum, err := r.station.Bench.TakeParcels(r.t.Context(), parcels)
	if err != nil || sum.New != n {
		r.t.Fatalf("%+v, %v", sum, err)
	}
	again, err := r.station.Bench.TakeParcels(r.t.Context(), parcels)
	if err != nil || again.Unchanged != n {
		r.t.Fatalf("a second time %+v, %v", again, err)
	}
	r.labels(n)
}

// labels brings the label files of parcels 1 to n, as one PDF.
func (r *rig) labels(n int) {
	r.t.Helper()
	var labels []document.ShippingLabelData
	for i := range n {
		no := string(rune('1' + i))
		labels = append(labels, document.ShippingLabelData{Carrier: "J&T", Waybill: "JT300223268000" + no, OrderNumber: "577000" + no, To: []string{"Canary Zhang"}})
	}
	var pdf bytes.Buffer
	if err := document.ShippingLabels(&pdf, labels); err != nil {
		r.t.Fatal(err)
	}
	pages, err := r.station.Bench.ImportLabels(r.t.Context(), pdf.Bytes())
	if err != nil {
		r.t.Fatal(err)
	}
	for i, p := range pages {
		if p.Parcel != "shop/"+string(rune('1'+i)) || p.Why != "" {
			r.t.Fatalf("page %+v", p)
		}
	}
}

// scan scans codes; "badge X", "cmd X" and "shelf X" are our own.
func (r *rig) scan(codes ...string) *bench.View {
	r.t.Helper()
	for _, c := range codes {
		r.at.Add(2000)
		raw := c
		for prefix, class := range map[string]code.CommandClass{"badge ": code.Badge, "cmd ": code.Command, "shelf ": code.Location} {
			if body, ok := strings.CutPrefix(c, prefix); ok {
				var err error
				if raw, err = code.FormatCommand(class, body); err != nil {
					r.t.Fatal(err)
				}
			}
		}
		ctx := r.t.Context()
		if err := r.station.Bench.Scan(ctx, scanner.Scan{Raw: raw, Device: "gun", At: time.UnixMilli(r.at.Load())}); err != nil {
			r.t.Fatal(err)
		}
		if err := r.station.Bench.Settle(ctx); err != nil {
			r.t.Fatal(err)
		}
	}
	return r.station.Bench.View()
}

// until waits for a view; the printer answers when it likes.
func (r *rig) until(what string, so func(*bench.View) bool) *bench.View {
	r.t.Helper()
	changed, end := r.station.Bench.Watch()
	defer end()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for {
		v := r.station.Bench.View()
		if so(v) {
			return v
		}
		select {
		case <-changed:
		case <-ctx.Done():
			r.t.Fatalf("never %s: %+v, alert %+v", what, v, v.Alert)
		}
	}
}

// printed waits until n labels have come out.
func (r *rig) printed(n int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	if err := r.printer.Wait(ctx, func() bool { return len(r.printer.Printed()) >= n }); err != nil {
		r.t.Fatal(err)
	}
}

// do gives the printer a command.
func (r *rig) do(command string) {
	r.t.Helper()
	if err := r.printer.Do(command); err != nil {
		r.t.Fatal(err)
	}
}

func TestOneParcelAllTheWay(t *testing.T) {
	r := newRig(t)
	r.order(2)
	v := r.scan("badge W1", "cmd PICK", "T-1", "T-2", "badge C2", "T-1")
	if v.Parcel == nil || v.Prompt.Key != "prompt.item" || v.Name != "陈丽" || v.Parcel.Note != "fragile" || v.Parcel.PickedBy[0] != "王强" {
		t.Fatalf("view %+v %+v", v, v.Parcel)
	}
	v = r.scan("96385074")
	if v.Alert == nil || v.Alert.Kind != "wrong_item" || v.Alert.Expected.NameEN != "Mug" || v.Alert.Got.NameEN != "Tee" {
		t.Fatalf("alert %+v", v.Alert)
	}
	v = r.scan("cmd ACK", "6901234500097")
	if v.Alert == nil || v.Alert.Args["code"] != "6901234500097" || v.Alert.Args["length"] != "13" {
		t.Fatalf("alert %+v", v.Alert)
	}
	v = r.scan("6901234500011")
	if v.Prompt.Key != "prompt.prove" || v.Parcel.Label == nil {
		t.Fatalf("view %+v", v)
	}
	r.printed(1)
	r.equalToOurs(r.printer.Printed()[0].PNG, v.Parcel.Label.Hash, v.Parcel.Label.Page)
	v = r.scan("JT3002232680002") // the other parcel's label
	if v.Alert == nil || v.Alert.Kind != "wrong_label" {
		t.Fatalf("alert %+v", v.Alert)
	}
	v = r.scan("cmd ACK", "JT3002232680001")
	if v.Parcel != nil || v.Sealed != 1 || v.Waiting != 1 {
		t.Fatalf("view %+v", v)
	}
	r.audit()
}

// equalToOurs compares what came out of the printer with what was sent.
func (r *rig) equalToOurs(png, hash string, page int) {
	r.t.Helper()
	data, err := os.ReadFile(png)
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := raster.DecodePNG(bytes.NewReader(data))
	if err != nil {
		r.t.Fatal(err)
	}
	ours, err := r.station.Labels.Page(r.t.Context(), hash, page)
	if err != nil {
		r.t.Fatal(err)
	}
	if n := ours.DifferingDots(out); n != 0 || ours.CountBlack() == 0 {
		r.t.Fatalf("%d dots differ", n)
	}
}

func (r *rig) audit() {
	r.t.Helper()
	a, err := r.station.Store.Audit(r.t.Context())
	if err != nil || len(a.Problems) > 0 {
		r.t.Fatalf("audit %+v, %v", a, err)
	}
}

func TestRestartShowsTheSameScreen(t *testing.T) {
	r := newRig(t)
	r.order(1)
	before := r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1", "96385074")
	r.reopen()
	after := r.station.Bench.View()
	if after.Parcel == nil || after.Parcel.ID != before.Parcel.ID || after.Alert == nil || after.Alert.Kind != before.Alert.Kind ||
		after.Name != before.Name || after.Last != before.Last || after.Prompt.Key != before.Prompt.Key {
		t.Fatalf("before %+v\nafter  %+v", before, after)
	}
}

func TestPaperOutIsNeverRepeatedByItself(t *testing.T) {
	r := newRig(t)
	r.order(1)
	r.until("ready", func(v *bench.View) bool { return v.Printer.State == "ready" })
	r.do("paper out")
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1", "6901234500011")
	v := r.until("refused by the printer", func(v *bench.View) bool { return v.Alert != nil })
	r.do("paper in")
	switch v.Alert.Kind {
	case "printer_failed": // the fault was known: nothing went out, a person asks again
		r.until("refilled", func(v *bench.View) bool { return v.Printer.Fault == "" })
		if n := len(r.printer.Printed()); n != 0 {
			t.Fatalf("%d labels came out by themselves", n)
		}
		r.scan("cmd PRINT")
	case "printer_unknown": // it lay in the printer's buffer and comes out after the refill
	default:
		t.Fatalf("alert %+v", v.Alert)
	}
	r.printed(1)
	v = r.scan("JT3002232680001")
	if v.Sealed != 1 || len(r.printer.Printed()) != 1 {
		t.Fatalf("view %+v, %d printed", v, len(r.printer.Printed()))
	}
}

func TestSupervisorReleasesWithPIN(t *testing.T) {
	r := newRig(t)
	r.order(1)
	if err := r.station.Store.SavePerson(t.Context(), store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: pin(t)}); err != nil {
		t.Fatal(err)
	}
	v := r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1", "cmd HOLD")
	if v.Prompt.Key != "prompt.shelf" {
		t.Fatalf("prompt %+v", v.Prompt)
	}
	v = r.scan("shelf A1", "T-1", "cmd RELEASE", "badge B9")
	if v.Prompt.Key != "prompt.pin" {
		t.Fatalf("prompt %+v alert %+v", v.Prompt, v.Alert)
	}
	if err := r.station.Bench.PIN(t.Context(), "1111"); err != nil {
		t.Fatal(err)
	}
	if v = r.station.Bench.View(); v.Alert == nil || v.Alert.Kind != "wrong_pin" {
		t.Fatalf("alert %+v", v.Alert)
	}
	if err := r.station.Bench.PIN(t.Context(), "2468"); err != nil {
		t.Fatal(err)
	}
	if v = r.scan("T-1"); v.Parcel == nil {
		t.Fatalf("view %+v", v)
	}
}

func TestCancelInterrupts(t *testing.T) {
	r := newRig(t)
	r.order(1)
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1")
	err := r.station.Bench.Ingest(t.Context(), "shop", upstream.Changes{Cancels: []upstream.Cancel{{Connection: "shop", Order: "5770001"}}}, "7")
	if err != nil {
		t.Fatal(err)
	}
	v := r.station.Bench.View()
	if v.Alert == nil || v.Alert.Severity != "purple" || v.Parcel != nil {
		t.Fatalf("view %+v", v)
	}
	if c, err := r.station.Store.Cursor(t.Context(), "shop"); err != nil || c != "7" {
		t.Fatal(c, err)
	}
}

// No buyer's name reaches the database's journal, nor anything but its own table.
func TestNoNameInTheJournal(t *testing.T) {
	r := newRig(t)
	r.order(1)
	err := r.station.Store.Journal(t.Context(), func(e store.Entry) error {
		if bytes.Contains(e.Payload, []byte("Canary")) {
			t.Errorf("event %d (%s) holds the buyer's name", e.Seq, e.Kind)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The frozen payload is what upstream describes.
func TestShippedPayloadIsUpstreams(t *testing.T) {
	at := packing.State{Parcel: &packing.Parcel{ID: "shop/1", Connection: "shop", Number: "1", Order: "O1", Waybill: "W1", SealedMs: 1_800_000_000_000, SealedBy: "C2", PickedBy: []packing.PersonID{"W1"}}}
	effects := packing.Effects(packing.State{}, packing.Event{Body: packing.Sealed{Tell: true}}, at)
	ev, err := upstream.DecodeEvent(effects[0].(packing.Tell).Payload)
	if err != nil {
		t.Fatal(err)
	}
	if ev.Type != upstream.TypeShipped || ev.Data.Waybill != "W1" || ev.Data.VerifiedBy != "C2" || ev.Data.SealedAt == nil {
		t.Fatalf("event %+v", ev)
	}
	again, err := upstream.EncodeEvent(ev)
	if err != nil || !bytes.Equal(again, effects[0].(packing.Tell).Payload) {
		t.Fatalf("%s\n%s\n%v", again, effects[0].(packing.Tell).Payload, err)
	}
}

func TestPolicyRefusesNonsense(t *testing.T) {
	for key, value := range map[string]string{
		bench.SettingFlow: "backwards", bench.SettingSolo: "maybe", bench.SettingTare: "-1", bench.SettingAheadBatch: "0",
	} {
		if _, err := bench.PolicyFrom(map[string]string{key: value}); err == nil {
			t.Errorf("%s=%s is taken", key, value)
		}
	}
}

func TestSecretName(t *testing.T) {
	if err := bench.SaveSecret(t.TempDir(), "../x", "s"); err == nil {
		t.Error("a path is no connection name")
	}
	dir := t.TempDir()
	if err := bench.SaveSecret(dir, "erp", "whsec_x"); err != nil {
		t.Fatal(err)
	}
	v, err := bench.OpenVault(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Get("connection-erp"); err != nil || got != "whsec_x" {
		t.Fatal(got, err)
	}
}
