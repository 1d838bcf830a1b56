package emulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"packbench/label/zpl"
	"packbench/raster"
)

// mostWaiting bounds what the printer keeps while it cannot print, and
// mostCopies what one format may use up.
const (
	mostWaiting = 500
	mostCopies  = 1000
)

// faults are what keeps a printer from printing.
type faults struct{ paperOut, headOpen bool }

func (f faults) any() bool { return f.paperOut || f.headOpen }

// printerDevice is the printer behind the wire: buffer, paper and head. Its
// methods may be called from several connections.
type printerDevice struct {
	opt    PrinterOptions
	out    *jsonLines
	ledger *ledger
	broken chan error // the ledger or a picture cannot be written

	mu      sync.Mutex
	faults  faults
	waiting []zpl.Page // whole formats that are not on paper
	copies  int        // copies of waiting[0] already printed
	n       int        // labels printed
}

func newPrinterDevice(opt PrinterOptions, out *jsonLines, led *ledger) *printerDevice {
	return &printerDevice{opt: opt, out: out, ledger: led, broken: make(chan error, 1)}
}

// reader is a parser for one connection's bytes.
func (d *printerDevice) reader() *zpl.Scanner {
	return zpl.NewScanner(zpl.Options{WidthDots: d.opt.WidthDots, LengthDots: d.opt.LengthDots, Strict: true})
}

// set changes the faults and prints what had to wait for that.
func (d *printerDevice) set(change func(*faults)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.faults)
	d.print()
}

// add takes a whole format.
func (d *printerDevice) add(p zpl.Page) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.Copies > mostCopies {
		p.Unsupported = append(p.Unsupported, fmt.Sprintf("^PQ%d: only %d copies are emulated", p.Copies, mostCopies))
		p.Copies = mostCopies
	}
	if len(d.waiting) == mostWaiting {
		d.out.emit(simple{Event: "overflow"})
		return
	}
	d.waiting = append(d.waiting, p)
	d.print()
}

// cancel forgets everything that is not on paper (~JA).
func (d *printerDevice) cancel() {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.waiting)
	d.waiting, d.copies = nil, 0
	d.out.emit(simple{Event: "cancelled", Formats: &n})
}

// print puts on paper what it can; d.mu is held.
func (d *printerDevice) print() {
	for len(d.waiting) > 0 && !d.faults.any() {
		p := d.waiting[0]
		if d.copies == 0 && len(p.Unsupported) > 0 {
			d.out.emit(unsupported{"unsupported", d.n + 1, p.Unsupported})
		}
		if err := d.label(p.Bitmap); err != nil {
			select {
			case d.broken <- err:
			default:
			}
			return
		}
		if d.copies++; d.copies >= p.Copies {
			d.waiting, d.copies = d.waiting[1:], 0
		}
	}
}

// label prints one label: picture, ledger, event, in this order, so that what
// is in the ledger can be looked at and what was told is in the ledger.
func (d *printerDevice) label(b *raster.Bitmap) error {
	sum := sha256.Sum256(b.Bits)
	e := Printed{N: d.n + 1, SHA256: hex.EncodeToString(sum[:]), Width: b.W, Height: b.H, At: stamp(d.opt.Now())}
	if d.opt.Dir != "" {
		e.PNG = filepath.Join(d.opt.Dir, fmt.Sprintf("%03d.png", e.N))
		if err := savePNG(e.PNG, b); err != nil {
			return err
		}
	}
	if err := d.ledger.add(e); err != nil {
		return err
	}
	d.n++
	e.Event = "printed"
	d.out.emit(e)
	return nil
}

func savePNG(path string, b *raster.Bitmap) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save label: %w", err)
	}
	err = b.EncodePNG(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("save label: %w", err)
	}
	return nil
}

// hostStatus is the answer to ~HS: three blocks between STX and ETX, each
// followed by CR LF (ZPL II Programming Guide). half tells that a format has
// begun and not ended. ok is false where the printer says nothing.
func (d *printerDevice) hostStatus(half bool) (answer []byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults.any() && d.opt.SilentOnFault {
		return nil, false
	}
	labels := 0 // still to print of the format at work
	if len(d.waiting) > 0 {
		labels = d.waiting[0].Copies - d.copies
	}
	return fmt.Appendf(nil,
		"\x02030,%d,%d,%04d,%03d,0,0,%d,000,0,0,0\x03\r\n"+
			"\x02001,0,%d,0,0,2,4,0,%08d,1,000\x03\r\n"+
			"\x021234,0\x03\r\n",
		bit(d.faults.paperOut), bit(d.faults.any()), min(d.opt.LengthDots, 9999), len(d.waiting), bit(half),
		bit(d.faults.headOpen), labels), true
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
