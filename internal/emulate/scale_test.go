//go:build linux

package emulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/internal/serialport"

	"golang.org/x/sys/unix"

	"packbench/scale"
)

// scaleRig is an emulated scale and the program's own source at its line.
type scaleRig struct {
	t        *testing.T
	stdin    io.WriteCloser
	events   chan map[string]string
	readings chan scale.Reading
	states   chan scale.DeviceStatus
	ended    chan error
	source   *scale.Source
}

// newScaleRig starts the emulator, and the source once the line is told.
func newScaleRig(t *testing.T, opt ScaleOptions, stream bool) *scaleRig {
	stdin, commands := io.Pipe()
	told, stdout := io.Pipe()
	rig := &scaleRig{
		t: t, stdin: commands, events: make(chan map[string]string, 100), readings: make(chan scale.Reading, 1000),
		states: make(chan scale.DeviceStatus, 100), ended: make(chan error, 1),
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { rig.ended <- RunScale(ctx, opt, stdin, stdout) }()
	go func() {
		lines := bufio.NewScanner(told)
		for lines.Scan() {
			event := map[string]string{}
			if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
				t.Errorf("event %q: %v", lines.Text(), err)
			}
			rig.events <- event
		}
	}()
	address, err := serialport.Parse(rig.event("listening")["uri"] + "?baud=9600")
	if err != nil {
		t.Fatal(err)
	}
	rig.source = &scale.Source{
		Open:     address.Open,
		Protocol: func() scale.Protocol { return &scale.MTSICS{Stream: stream} },
		Interval: 20 * time.Millisecond,
		Deliver:  func(r scale.Reading) { rig.readings <- r },
		Notify:   func(s scale.DeviceStatus) { rig.states <- s },
	}
	sourceEnded := make(chan struct{})
	go func() {
		defer close(sourceEnded)
		_ = rig.source.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-sourceEnded
		_ = told.Close()
	})
	return rig
}

// await takes values until one satisfies want. A hang is a failure.
func await[T any](t *testing.T, what string, from <-chan T, want func(T) bool) T {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case v := <-from:
			if want(v) {
				return v
			}
		case <-timeout:
			t.Fatalf("%s never came", what)
		}
	}
}

func (r *scaleRig) event(name string) map[string]string {
	r.t.Helper()
	return await(r.t, "event "+name, r.events, func(e map[string]string) bool { return e["event"] == name })
}

// command gives a command and waits until it was obeyed; it returns the event.
func (r *scaleRig) command(line string) map[string]string {
	r.t.Helper()
	if _, err := io.WriteString(r.stdin, line+"\n"); err != nil {
		r.t.Fatal(err)
	}
	return await(r.t, "answer to "+line, r.events, func(e map[string]string) bool { return e["command"] == line })
}

func (r *scaleRig) reading(what string, want func(scale.Reading) bool) scale.Reading {
	r.t.Helper()
	return await(r.t, what, r.readings, want)
}

func (r *scaleRig) state(state scale.State, reason scale.Reason) {
	r.t.Helper()
	await(r.t, string(state), r.states, func(s scale.DeviceStatus) bool { return s.State == state && s.Reason == reason })
}

// TestScaleOnTheWire drives the program's own scale source over the emulator's
// pseudo-terminal.
func TestScaleOnTheWire(t *testing.T) {
	dir := t.TempDir()
	opt := ScaleOptions{Ledger: filepath.Join(dir, "ledger.jsonl"), Link: filepath.Join(dir, "scale")}
	rig := newScaleRig(t, opt, false)
	stable := func(mg int64) func(scale.Reading) bool {
		return func(r scale.Reading) bool { return r.StableAt(time.Now()) && r.Milligrams == mg }
	}
	is := func(s scale.Status) func(scale.Reading) bool {
		return func(r scale.Reading) bool { return r.Status == s }
	}
	rig.reading("an empty pan", stable(0))
	rig.state(scale.StateReady, scale.ReasonNone)

	rig.command("load 1500g")
	for range scaleMotion {
		r := rig.reading("motion", func(r scale.Reading) bool { return !stable(0)(r) })
		if r.Status != scale.Unstable || r.Milligrams <= 0 || r.Milligrams >= 1_500_000 {
			t.Errorf("while the load moves: %+v", r)
		}
	}
	if r := rig.reading("a weight", func(scale.Reading) bool { return true }); !stable(1_500_000)(r) || r.Raw != "S S       1500 g" {
		t.Errorf("after the motion: %+v", r)
	}

	rig.command("jitter 5g")
	r := rig.reading("jitter", is(scale.Unstable))
	if r.Milligrams < 1_495_000 || r.Milligrams > 1_505_000 {
		t.Errorf("jitter: %+v", r)
	}
	rig.command("jitter off")
	rig.reading("rest", stable(1_500_000))

	rig.command("overload")
	rig.reading("overload", is(scale.Overload))
	rig.command("underload")
	rig.reading("underload", is(scale.Underload))
	rig.command("load 31kg")
	rig.reading("more than the capacity", is(scale.Overload))

	rig.command("unplug")
	rig.state(scale.StateError, scale.ReasonLost)
	rig.state(scale.StateAbsent, scale.ReasonNone)
	rig.command("load 250g")
	rig.command("plug")
	rig.state(scale.StateReady, scale.ReasonNone)
	rig.reading("the load after coming back", stable(250_000))

	rig.command("silent")
	rig.state(scale.StateError, scale.ReasonSilent)
	rig.command("silent off")
	rig.state(scale.StateReady, scale.ReasonNone)
	rig.command("silent 10ms")
	rig.reading("a weight", stable(250_000))

	for _, line := range []string{"load heavy", "load 1", "load 0.0001g", "jitter x", "silent x", "dance"} {
		if event := rig.command(line); event["event"] != "error" || event["error"] == "" {
			t.Errorf("%s: %v", line, event)
		}
	}
	rig.command("quit")
	if err := <-rig.ended; err != nil {
		t.Errorf("RunScale: %v", err)
	}
	if _, err := os.Lstat(opt.Link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is left behind: %v", err)
	}
	checkScaleLedger(t, opt.Ledger, 0, 1_500_000, 250_000)
}

// checkScaleLedger: the ledger counts from 1, and holds each of the weights.
func checkScaleLedger(t *testing.T, path string, weights ...int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var entry ScaleReading
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.N != i+1 || !strings.HasPrefix(entry.Raw, "S S ") || entry.At == "" {
			t.Fatalf("ledger line %d: %s, %v", i+1, line, err)
		}
		seen[entry.Milligrams] = true
	}
	for _, mg := range weights {
		if !seen[mg] {
			t.Errorf("the ledger has no %d mg", mg)
		}
	}
}

// TestScaleStreamSettles: with a stream and the settler, each load is given
// once.
func TestScaleStreamSettles(t *testing.T) {
	rig := newScaleRig(t, ScaleOptions{}, true)
	settler := scale.Settler{Rest: 150 * time.Millisecond}
	var settled []int64
	push := func(r scale.Reading) bool {
		weight, ok := settler.Push(r, time.Now())
		if ok {
			settled = append(settled, weight.Milligrams)
		}
		return ok
	}
	for _, load := range []string{"700g", "1.25kg"} {
		rig.command("load 0g")
		rig.reading("an empty pan", func(r scale.Reading) bool {
			push(r)
			return !settler.NeedsZero()
		})
		rig.command("load " + load)
		rig.reading("a settled weight", push)
	}
	rig.command("load 900g")
	rig.reading("a weight that nobody took off", func(r scale.Reading) bool {
		push(r)
		return r.StableAt(time.Now()) && r.Milligrams == 900_000
	})
	if len(settled) != 2 || settled[0] != 700_000 || settled[1] != 1_250_000 {
		t.Errorf("settled %v", settled)
	}
}

// TestScaleUnreadAnswers: what a program asked for and never read is not served
// to the one that opens the port after it.
func TestScaleUnreadAnswers(t *testing.T) {
	line, err := openScaleLine()
	if err != nil {
		t.Fatal(err)
	}
	defer line.close()
	line.write("S S          1 g\r\n")
	err = scaleControl(line.keeper, func(fd int) error { // until the kernel has carried it over
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
			if !errors.Is(err, unix.EINTR) {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !line.tend() {
		t.Error("an answer of a moment ago counts as never read")
	}
	line.written = line.written.Add(-scaleUnread)
	if line.tend() {
		t.Error("an old unread answer counts as read")
	}
	if !line.tend() {
		t.Error("the old answer is still there")
	}
}

func TestScaleModel(t *testing.T) {
	m := newScaleModel(30_000_000, 100)
	for _, test := range []struct {
		do   func()
		ask  string
		want string
	}{
		{nil, "@", `I4 A "EMULATED1"`},
		{nil, "SI", "S S        0.0 g"},
		{func() { m.put(123_456) }, "SI", "S D       30.9 g"},
		{nil, "S", "S S      123.5 g"},
		{nil, "T", "T S      123.5 g"},
		{nil, "SI", "S S        0.0 g"},
		{nil, "TA", "TA A      123.5 g"},
		{func() { m.put(0) }, "S", "S S     -123.5 g"},
		{nil, "TAC", "TAC A"},
		{nil, "Z", "Z A"},
		{func() { m.put(5_000) }, "Z", "Z I"},
		{nil, "S", "S S        5.0 g"},
		{nil, "Z", "Z A"},
		{nil, "SI", "S S        0.0 g"},
		{func() { m.put(1_000_000) }, "S", "S S      995.0 g"},
		{nil, "Z", "Z +"},
		{func() { m.shake(2_000) }, "S", "S I"},
		{nil, "I2", `I2 A "EMULATED 30000 g"`},
		{nil, "SX", "EL"},
		{nil, "hello", "ES"},
	} {
		if test.do != nil {
			test.do()
		}
		if got := m.answer(test.ask); len(got) != 1 || got[0].text != test.want {
			t.Errorf("%s: %+v, want %q", test.ask, got, test.want)
		}
	}
	if got := m.streamed(); got != nil {
		t.Errorf("a stream that nobody asked for: %v", got)
	}
}

func TestRunScaleRefuses(t *testing.T) {
	err := RunScale(t.Context(), ScaleOptions{Protocol: "abacus"}, nil, io.Discard)
	if !errors.Is(err, ErrProtocol) {
		t.Errorf("an unknown protocol: %v", err)
	}
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RunScale(t.Context(), ScaleOptions{Link: taken}, nil, io.Discard); err == nil {
		t.Error("a file was replaced by a link")
	}
}

func TestScaleWeight(t *testing.T) {
	for text, want := range map[string]int64{"1500g": 1_500_000, "1.5kg": 1_500_000, "250mg": 250, "-0.5 g": -500, "0g": 0} {
		if got, err := scaleWeight(text); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
}

func FuzzScaleWeight(f *testing.F) {
	for _, seed := range []string{"1500g", "1.5kg", "250mg", "-1g", "1e9g", "1/3kg", "99999999999999999999kg"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mg, err := scaleWeight(text)
		if err == nil && !strings.ContainsAny(text, "0123456789") {
			t.Errorf("%q is %d mg", text, mg)
		}
	})
}
