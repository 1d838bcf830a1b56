package emulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"
)

// PrinterOptions describe an emulated label printer.
type PrinterOptions struct {
	Listen string // TCP address, "" = 127.0.0.1:0 (any free port)
	Dir    string // where labels go as NNN.png, "" = no pictures
	Ledger string // path of the ledger, "" = none

	Language string  // "zpl", the only one so far; "" = zpl
	DPI      float64 // 0 = 203.2
	// The paper in dots; 0 = 4 × 6 inches at DPI.
	WidthDots, LengthDots int

	// SilentOnFault makes it answer nothing while paper is out or the head is
	// open, as Zebra documents; without it the answer names the fault, as most
	// printers do.
	SilentOnFault bool

	Now func() time.Time // time.Now if nil; stamps the ledger
}

// Printed is the event, and the ledger's line, of one label on paper.
type Printed struct {
	Event  string `json:"event,omitempty"` // "printed" on standard output, absent in the ledger
	N      int    `json:"n"`               // 1, 2, … in the order of printing
	SHA256 string `json:"sha256"`          // of the packed dots, rows of whole bytes, 1 = black
	Width  int    `json:"width"`           // dots
	Height int    `json:"height"`          // dots
	PNG    string `json:"png,omitempty"`
	At     string `json:"at"`
}

// ErrLanguage is returned for a printer language that cannot be emulated.
var ErrLanguage = errors.New("no emulator for this printer language")

// Events other than Printed.
type (
	listening struct {
		Event string `json:"event"` // "listening"
		URI   string `json:"uri"`
	}
	unsupported struct {
		Event string   `json:"event"` // "unsupported"
		N     int      `json:"n"`     // the label it would have been on
		What  []string `json:"what"`
	}
	simple struct {
		Event   string `json:"event"` // connected, disconnected, dropped, cancelled, received
		Formats *int   `json:"formats,omitempty"`
		Error   string `json:"error,omitempty"`
	}
)

// RunPrinter emulates a printer until ctx ends or "quit" comes (nil), or until
// something breaks that no printer would survive. The end of stdin ends nothing.
//
// Commands:
//
//	paper out | paper in | head open | head close
//	silent [DURATION] | silent off   answer nothing (for a while)
//	late DURATION | late off         answer later than asked, in order
//	drop after N                     swallow N more bytes unread, then break the connection
//	cut after N                      read N more bytes, then break the connection
//	unplug | plug                    no listening, connections broken; the same port again
//	quit
//
// Each is answered by {"event":"ok","command":…} or {"event":"error",…}.
//
// A label is printed when its format is complete and nothing is wrong, else
// when that is mended. Paper that ends keeps what is in the buffer; ~JA clears
// it, and unplug clears what was not yet a whole format.
func RunPrinter(ctx context.Context, opt PrinterOptions, stdin io.Reader, stdout io.Writer) error {
	switch opt.Language {
	case "", "zpl":
	default:
		return fmt.Errorf("emulate printer: %q: %w (have zpl)", opt.Language, ErrLanguage)
	}
	if opt.Listen == "" {
		opt.Listen = "127.0.0.1:0"
	}
	if opt.DPI == 0 {
		opt.DPI = 203.2
	}
	if opt.WidthDots == 0 {
		opt.WidthDots = int(math.Round(opt.DPI)) * 4 // 812 at 203.2, 1200 at 299.7
	}
	if opt.LengthDots == 0 {
		opt.LengthDots = int(math.Round(opt.DPI)) * 6
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Dir != "" {
		if err := os.MkdirAll(opt.Dir, 0o755); err != nil {
			return fmt.Errorf("emulate printer: %w", err)
		}
	}
	if opt.Ledger != "" {
		if err := os.MkdirAll(filepath.Dir(opt.Ledger), 0o755); err != nil {
			return fmt.Errorf("emulate printer: %w", err)
		}
	}
	led, err := openLedger(opt.Ledger)
	if err != nil {
		return fmt.Errorf("emulate printer: %w", err)
	}
	defer led.Close()

	out := &jsonLines{w: stdout}
	dev := newPrinterDevice(opt, out, led)
	wire := newPrinterWire(dev, out)
	defer wire.close()
	if err := wire.listen(opt.Listen); err != nil {
		return fmt.Errorf("emulate printer: %w", err)
	}
	out.emit(listening{"listening", wire.uri()})

	stop := make(chan struct{})
	defer close(stop)
	lines := commandLines(stdin, stop)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-dev.broken:
			return fmt.Errorf("emulate printer: %w", err)
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			if line == "quit" {
				out.answer(line, nil)
				return nil
			}
			out.answer(line, obeyPrinter(line, dev, wire))
		}
	}
}

// obeyPrinter carries out one command line.
func obeyPrinter(line string, dev *printerDevice, wire *printerWire) error {
	var n int
	var text string
	switch {
	case line == "paper out":
		dev.set(func(f *faults) { f.paperOut = true })
	case line == "paper in":
		dev.set(func(f *faults) { f.paperOut = false })
	case line == "head open":
		dev.set(func(f *faults) { f.headOpen = true })
	case line == "head close":
		dev.set(func(f *faults) { f.headOpen = false })
	case line == "silent":
		wire.silence(-1)
	case line == "silent off":
		wire.silence(0)
	case line == "late off":
		wire.late(0)
	case line == "unplug":
		wire.unplug()
	case line == "plug":
		return wire.plug()
	case scan(line, "silent %s", &text):
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		wire.silence(d)
	case scan(line, "late %s", &text):
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		wire.late(d)
	case scan(line, "drop after %d", &n) && n >= 0:
		wire.breakAfter(n, true)
	case scan(line, "cut after %d", &n) && n >= 0:
		wire.breakAfter(n, false)
	default:
		return errors.New("unknown command")
	}
	return nil
}

// scan matches a whole line against a format with one value.
func scan(line, format string, into any) bool {
	var rest string
	n, _ := fmt.Sscanf(line+" .", format+" %s", into, &rest)
	return n == 2 && rest == "."
}
