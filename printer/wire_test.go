package printer_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"packbench/internal/emulate"
	"packbench/printer"
	"packbench/printer/transport"
	"packbench/printer/zpl"
	"packbench/raster"
)

// bench is a printer and the emulator it prints on, over real TCP.
type bench struct {
	t       *testing.T
	emu     *emulate.RunningPrinter
	p       *printer.Printer
	profile printer.Profile
	seen    []printer.Report
}

// enough is how long a test waits for what must happen; only failures wait it out.
const enough = 30 * time.Second

func newBench(t *testing.T, opt emulate.PrinterOptions) *bench {
	t.Helper()
	emu, err := emulate.StartPrinter(opt)
	if err != nil {
		t.Fatal(err)
	}
	profile, err := printer.LoadProfile("zebra-zpl-203", "")
	if err != nil {
		t.Fatal(err)
	}
	addr, err := transport.Parse(emu.URI)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, emu: emu, profile: profile, p: printer.New(printer.Options{Language: zpl.New(), Dial: addr.Dial, Profile: profile})}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); b.p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := emu.Close(); err != nil {
			t.Errorf("emulator: %v", err)
		}
	})
	return b
}

func (b *bench) do(commands ...string) {
	b.t.Helper()
	for _, c := range commands {
		if err := b.emu.Do(c); err != nil {
			b.t.Fatal(err)
		}
	}
}

// until reads reports up to one of the job for which ok holds.
func (b *bench) until(id string, ok func(printer.Report) bool) printer.Report {
	b.t.Helper()
	timeout := time.After(enough)
	for {
		select {
		case r := <-b.p.Reports():
			b.seen = append(b.seen, r)
			if r.ID == id && ok(r) {
				return r
			}
		case <-timeout:
			b.t.Fatalf("job %s: the awaited report did not come; so far %+v", id, b.seen)
		}
	}
}

func state(s printer.State) func(printer.Report) bool {
	return func(r printer.Report) bool { return r.State == s }
}

// ended holds for the last report that can be expected of a job.
func ended(r printer.Report) bool {
	switch r.State {
	case printer.Confirmed, printer.Failed, printer.Unknown:
		return true
	}
	return r.State == printer.Sent && r.Reason == printer.ReasonSilent
}

// healthy waits for a state of the device.
func (b *bench) healthy(want printer.HealthState, fault string, known bool) {
	b.t.Helper()
	timeout := time.After(enough)
	for {
		if h := b.p.Health(); h.State == want && h.Fault == fault && h.Known == known {
			return
		}
		select {
		case <-b.p.Changed():
		case <-timeout:
			b.t.Fatalf("health is %+v, want %s %q known=%v", b.p.Health(), want, fault, known)
		}
	}
}

// printed waits until n labels have come out and returns them.
func (b *bench) printed(n int) []emulate.Printed {
	b.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), enough)
	defer stop()
	if err := b.emu.Wait(ctx, func() bool { return len(b.emu.Printed()) >= n }); err != nil {
		b.t.Fatalf("%d of %d labels printed: %v", len(b.emu.Printed()), n, err)
	}
	return b.emu.Printed()
}

// ready waits until no fault is known.
func (b *bench) ready() {
	b.t.Helper()
	timeout := time.After(enough)
	for b.p.Health().State == printer.Error {
		select {
		case <-b.p.Changed():
		case <-timeout:
			b.t.Fatalf("health is %+v, want no fault", b.p.Health())
		}
	}
}

// page is a noisy page, so that its bytes are many and its hash its own.
func page(seed uint64, w, h int) *raster.Bitmap {
	rnd := rand.New(rand.NewPCG(seed, 7))
	p := raster.New(w, h)
	for y := range h {
		for x := range w {
			if rnd.IntN(3) == 0 {
				p.SetBlack(x, y)
			}
		}
	}
	return p
}

func sum(p *raster.Bitmap) string {
	h := sha256.Sum256(p.Bits)
	return hex.EncodeToString(h[:])
}

func TestPrintsDotForDot(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, emulate.PrinterOptions{Dir: dir, Ledger: filepath.Join(dir, "ledger.jsonl")})
	want := page(1, 812, 1218)
	b.p.Submit(printer.Job{ID: "a", Page: want, Copies: 2})
	r := b.until("a", ended)
	if r.State != printer.Confirmed || r.Sent == 0 {
		t.Fatalf("%+v", r)
	}
	printed := b.printed(2)
	if len(printed) != 2 {
		t.Fatalf("%d labels", len(printed))
	}
	for _, p := range printed {
		f, err := os.Open(p.PNG)
		if err != nil {
			t.Fatal(err)
		}
		got, err := raster.DecodePNG(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) || p.SHA256 != sum(want) {
			t.Errorf("label %d: %d dots differ", p.N, got.DifferingDots(want))
		}
	}
	if n := len(b.emu.Events("unsupported")); n > 0 {
		t.Errorf("%v", b.emu.Events("unsupported"))
	}
}

func TestPaperOutMidway(t *testing.T) {
	b := newBench(t, emulate.PrinterOptions{})
	b.healthy(printer.Ready, "", true)
	b.do("paper out")
	// The fault is not known yet, or it is: both are right, with their own words.
	b.p.Submit(printer.Job{ID: "a", Page: page(1, 812, 1218)})
	r := b.until("a", ended)
	switch {
	case r.State == printer.Unknown && r.Sent > 0 && r.Reason == printer.ReasonPaperOut:
	case r.State == printer.Failed && r.Sent == 0 && r.Reason == printer.ReasonPaperOut:
	default:
		t.Fatalf("%+v", r)
	}
	b.healthy(printer.Error, printer.ReasonPaperOut, true)
	b.p.Submit(printer.Job{ID: "b", Page: page(2, 812, 1218)})
	if r := b.until("b", ended); r.State != printer.Failed || r.Sent != 0 || r.Reason != printer.ReasonPaperOut {
		t.Fatalf("%+v", r)
	}
	b.do("head open", "paper in")
	b.healthy(printer.Error, printer.ReasonHeadOpen, true)
	b.do("head close")
	b.healthy(printer.Ready, "", true)
	b.p.Submit(printer.Job{ID: "c", Page: page(3, 812, 1218)})
	if r := b.until("c", ended); r.State != printer.Confirmed {
		t.Fatalf("%+v", r)
	}
	for _, p := range b.printed(1) {
		if p.SHA256 == sum(page(2, 812, 1218)) {
			t.Error("a job that was reported failed is on paper")
		}
	}
}

func TestDroppedMidway(t *testing.T) {
	b := newBench(t, emulate.PrinterOptions{})
	b.healthy(printer.Ready, "", true)
	b.do("drop after 2000")
	b.p.Submit(printer.Job{ID: "a", Page: page(1, 812, 1218)})
	if r := b.until("a", ended); r.State != printer.Unknown || r.Sent == 0 || r.Reason != printer.ReasonConnectionLost {
		t.Fatalf("%+v", r)
	}
	// What follows is not spoiled by the half that arrived.
	b.do("cut after 2000")
	b.p.Submit(printer.Job{ID: "b", Page: page(2, 812, 1218)})
	if r := b.until("b", ended); r.State != printer.Unknown {
		t.Fatalf("%+v", r)
	}
	b.p.Submit(printer.Job{ID: "c", Page: page(3, 812, 1218)})
	if r := b.until("c", ended); r.State != printer.Confirmed {
		t.Fatalf("%+v", r)
	}
	if p := b.printed(1); len(p) != 1 || p[0].SHA256 != sum(page(3, 812, 1218)) {
		t.Errorf("printed %+v", p)
	}
	if len(b.emu.Events("cancelled")) == 0 {
		t.Error("half a job was not cancelled")
	}
}

func TestUnplugged(t *testing.T) {
	b := newBench(t, emulate.PrinterOptions{})
	b.healthy(printer.Ready, "", true)
	b.do("unplug")
	b.p.Submit(printer.Job{ID: "a", Page: page(1, 812, 1218)})
	r := b.until("a", ended)
	if r.State != printer.Failed || r.Sent != 0 || r.Reason != printer.ReasonUnreachable {
		t.Fatalf("%+v", r)
	}
	b.do("plug")
	b.healthy(printer.Ready, "", true)
	b.p.Submit(printer.Job{ID: "b", Page: page(2, 812, 1218)})
	if r := b.until("b", ended); r.State != printer.Confirmed {
		t.Fatalf("%+v", r)
	}
}

func TestSilentOverTCP(t *testing.T) {
	b := newBench(t, emulate.PrinterOptions{})
	b.do("silent")
	b.p.Submit(printer.Job{ID: "a", Page: page(1, 812, 1218)})
	first := b.until("a", state(printer.Sent))
	if first.Reason == "" {
		// Asked, waited for, given up: the same state, with the reason.
		if r := b.until("a", ended); r.State != printer.Sent || r.Reason != printer.ReasonSilent {
			t.Fatalf("%+v", r)
		}
	}
	// The breaker is open: the next job is not waited for.
	b.p.Submit(printer.Job{ID: "b", Page: page(2, 812, 1218)})
	if r := b.until("b", state(printer.Sent)); r.Reason != printer.ReasonSilent {
		t.Fatalf("%+v", r)
	}
	b.printed(2)
}

// TestNoLies prints 200 jobs over a wire that breaks in every way, and compares
// every report with what came out on paper.
func TestNoLies(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	b := newBench(t, emulate.PrinterOptions{WidthDots: 96, LengthDots: 64, Ledger: ledger})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	const jobs = 200
	fate := map[string]printer.Report{}
	of := map[string]string{} // hash → job
	for i := range jobs {
		id := fmt.Sprint("job", i)
		pg := page(seed+uint64(i), 96, 64)
		of[sum(pg)] = id
		mend := ""
		switch rnd.IntN(12) {
		case 10, 11:
			// The wire breaks when the label is out and nobody has said so.
			data, err := zpl.New().Encode(pg, b.profile, 1)
			if err != nil {
				t.Fatal(err)
			}
			b.do("late 30ms", fmt.Sprintf("cut after %d", len(data)+rnd.IntN(4)))
			mend = "late off"
		case 0:
			b.do(fmt.Sprintf("cut after %d", rnd.IntN(1600)))
		case 1:
			b.do(fmt.Sprintf("drop after %d", rnd.IntN(1600)))
		case 2:
			b.do("unplug")
			mend = "plug"
		case 3:
			b.do("unplug", "plug")
		case 4:
			b.do("paper out")
			mend = "paper in"
		case 5:
			b.do("late 30ms")
			mend = "late off"
		case 6:
			b.do("head open")
			go func() { _ = b.emu.Do("head close") }() // while it prints
		}
		b.p.Submit(printer.Job{ID: id, Page: pg})
		fate[id] = b.until(id, ended)
		if mend != "" {
			b.do(mend)
		}
		if b.p.Health().State == printer.Error && rnd.IntN(4) > 0 {
			b.ready() // else the next job still meets the fault
		}
	}
	// A last good job over a fresh wire settles what is still on its way.
	b.do("head close", "unplug", "plug")
	last := page(seed+jobs, 96, 64)
	of[sum(last)] = "last"
	b.healthy(printer.Ready, "", true)
	b.p.Submit(printer.Job{ID: "last", Page: last})
	if fate["last"] = b.until("last", ended); fate["last"].State != printer.Confirmed {
		t.Fatalf("the last job: %+v", fate["last"])
	}
	ctx, stop := context.WithTimeout(context.Background(), enough)
	defer stop()
	if err := b.emu.Wait(ctx, func() bool {
		p := b.emu.Printed()
		return len(p) > 0 && p[len(p)-1].SHA256 == sum(last)
	}); err != nil {
		t.Fatal(err)
	}
	onPaper := map[string]int{}
	for _, p := range b.emu.Printed() {
		id, known := of[p.SHA256]
		if !known {
			t.Errorf("label %d is no job: half a job was mixed into another", p.N)
		}
		onPaper[id]++
	}
	count := map[printer.State]int{}
	for id, r := range fate {
		count[r.State]++
		n := onPaper[id]
		switch {
		case n > 1:
			t.Errorf("%s was printed %d times", id, n)
		case r.State == printer.Failed && (n != 0 || r.Sent != 0):
			t.Errorf("%s is failed with %d bytes sent, and printed %d times", id, r.Sent, n)
		case r.State == printer.Confirmed && n != 1:
			t.Errorf("%s is confirmed and was printed %d times", id, n)
		case r.State == printer.Unknown && r.Sent == 0:
			t.Errorf("%s is unknown though nothing was sent", id)
		}
	}
	t.Logf("%v, %d labels on paper", count, len(b.emu.Printed()))
	if count[printer.Confirmed] < jobs/10 || count[printer.Failed] == 0 || count[printer.Unknown] == 0 {
		t.Errorf("the wire was not flaky enough to prove anything: %v", count)
	}
}
