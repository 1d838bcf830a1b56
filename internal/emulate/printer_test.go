package emulate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"packbench/raster"
)

func start(t *testing.T, opt PrinterOptions) *RunningPrinter {
	t.Helper()
	r, err := StartPrinter(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("emulator: %v", err)
		}
	})
	return r
}

func dial(t *testing.T, r *RunningPrinter) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.URI, "socket://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func do(t *testing.T, r *RunningPrinter, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if err := r.Do(c); err != nil {
			t.Fatal(err)
		}
	}
}

// status asks ~HS and returns the fields of the first two blocks.
func status(t *testing.T, c net.Conn) (one, two []string) {
	t.Helper()
	if _, err := io.WriteString(c, "~HS"); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(c)
	var blocks [3][]string
	for i := range blocks {
		line, err := br.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		inner, ok := strings.CutPrefix(line, "\x02")
		inner, ok2 := strings.CutSuffix(inner, "\x03\r\n")
		if !ok || !ok2 {
			t.Fatalf("block %d is %q", i+1, line)
		}
		blocks[i] = strings.Split(inner, ",")
	}
	if len(blocks[0]) != 12 || len(blocks[1]) != 11 || len(blocks[2]) != 2 {
		t.Fatalf("fields: %q", blocks)
	}
	return blocks[0], blocks[1]
}

const boxes = "^XA^PQ2^FO10,20^GB100,50,4^FS^XZ"

func TestPrintsToPaperAndLedger(t *testing.T) {
	dir := t.TempDir()
	opt := PrinterOptions{Dir: filepath.Join(dir, "labels"), Ledger: filepath.Join(dir, "ledger.jsonl")}
	r := start(t, opt)
	c := dial(t, r)
	if _, err := io.WriteString(c, boxes); err != nil {
		t.Fatal(err)
	}
	if one, _ := status(t, c); one[1] != "0" || one[4] != "000" {
		t.Errorf("status after printing: %q", one)
	}
	// The answer came after the label, so it is on paper and in the ledger.
	data, err := os.ReadFile(opt.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	var lines []Printed
	for line := range bytes.Lines(data) {
		var p Printed
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p)
	}
	if len(lines) != 2 || lines[0].N != 1 || lines[1].N != 2 {
		t.Fatalf("ledger: %s", data)
	}
	f, err := os.Open(filepath.Join(opt.Dir, "002.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := raster.DecodePNG(f)
	if err != nil {
		t.Fatal(err)
	}
	if b.W != 812 || b.H != 1218 || b.CountBlack() != 100*50-92*42 || !b.Black(10, 20) || b.Black(9, 20) {
		t.Errorf("label of %d x %d with %d dots", b.W, b.H, b.CountBlack())
	}
	sum := sha256.Sum256(b.Bits)
	if hex.EncodeToString(sum[:]) != lines[1].SHA256 {
		t.Error("the ledger's sha256 is not the picture's")
	}
}

func TestFaultsBufferAndCancel(t *testing.T) {
	r := start(t, PrinterOptions{})
	c := dial(t, r)
	do(t, r, "paper out")
	if _, err := io.WriteString(c, boxes+boxes+"^XA^FO1,1"); err != nil {
		t.Fatal(err)
	}
	one, two := status(t, c)
	if one[1] != "1" || one[2] != "1" || one[4] != "002" || one[7] != "1" || two[2] != "0" || two[8] != "00000002" {
		t.Errorf("paper out: %q %q", one, two)
	}
	do(t, r, "head open", "paper in")
	if one, two = status(t, c); one[1] != "0" || two[2] != "1" || len(r.Printed()) != 0 {
		t.Errorf("head open: %q %q, %d printed", one, two, len(r.Printed()))
	}
	do(t, r, "head close")
	if one, two = status(t, c); one[4] != "000" || two[8] != "00000000" || len(r.Printed()) != 4 {
		t.Errorf("mended: %q %q, %d printed", one, two, len(r.Printed()))
	}
	do(t, r, "paper out")
	if _, err := io.WriteString(c, "^XZ"+boxes+"~JA"); err != nil {
		t.Fatal(err)
	}
	if one, _ = status(t, c); one[4] != "000" || one[7] != "0" {
		t.Errorf("after ~JA: %q", one)
	}
	do(t, r, "paper in")
	if n := len(r.Printed()); n != 4 {
		t.Errorf("%d printed, ~JA should have cleared the rest", n)
	}
}

func TestSilence(t *testing.T) {
	r := start(t, PrinterOptions{SilentOnFault: true})
	c := dial(t, r)
	do(t, r, "paper out")
	if _, err := io.WriteString(c, "~HS"+boxes); err != nil {
		t.Fatal(err)
	}
	// The order of bytes proves it: the first answer comes to the second question.
	do(t, r, "silent")
	if _, err := io.WriteString(c, "~HS"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a silent printer answered: %d, %v", n, err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	do(t, r, "paper in", "silent off")
	if one, _ := status(t, c); one[4] != "000" {
		t.Errorf("status %q", one)
	}
	if n := len(r.Printed()); n != 2 {
		t.Errorf("%d printed, want 2", n)
	}
}

func TestBrokenWires(t *testing.T) {
	r := start(t, PrinterOptions{})
	c := dial(t, r)
	do(t, r, "drop after 10")
	_, _ = io.WriteString(c, boxes)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection was not dropped")
	}
	// What was cut stays in the parser until ~JA.
	do(t, r, "cut after 10")
	c = dial(t, r)
	_, _ = io.WriteString(c, boxes)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection was not cut")
	}
	c = dial(t, r)
	if one, _ := status(t, c); one[7] != "1" {
		t.Errorf("half a format was forgotten: %q", one)
	}
	if _, err := io.WriteString(c, "~JA"); err != nil {
		t.Fatal(err)
	}
	if one, _ := status(t, c); one[7] != "0" {
		t.Errorf("~JA left half a format: %q", one)
	}
	do(t, r, "unplug")
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("unplug left the connection")
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(r.URI, "socket://")); err == nil {
		c.Close()
		t.Error("an unplugged printer took a connection")
	}
	do(t, r, "plug")
	c = dial(t, r)
	if one, _ := status(t, c); one[4] != "000" {
		t.Errorf("status %q", one)
	}
	if n := len(r.Printed()); n != 0 {
		t.Errorf("%d labels from broken wires", n)
	}
}

func TestCommandsAndEnds(t *testing.T) {
	r := start(t, PrinterOptions{})
	for _, bad := range []string{"paper", "silent soon", "drop after x", "drop after -1", "plug", "drop after 5 6", "load 5g"} {
		if err := r.Do(bad); err == nil {
			t.Errorf("%q was obeyed", bad)
		}
	}
	c := dial(t, r)
	if _, err := io.WriteString(c, "^XA^FO1,1^A0N,20^FDhello^FS^XZ~HS"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	if err := r.Wait(ctx, func() bool { return len(r.Events("unsupported")) == 1 && len(r.Printed()) == 1 }); err != nil {
		t.Fatal(err)
	}
	if err := r.Do("quit"); err != nil {
		t.Error(err)
	}
	if _, err := StartPrinter(PrinterOptions{Language: "epl"}); !errors.Is(err, ErrLanguage) {
		t.Errorf("unknown language: %v", err)
	}
	if _, err := StartPrinter(PrinterOptions{Listen: "256.0.0.1:1"}); err == nil {
		t.Error("listened on no address")
	}
}
