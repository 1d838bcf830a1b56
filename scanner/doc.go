// Package scanner turns what barcode scanners send into scans. It knows nothing
// of what a code means: that is package code, and whose it is, nobody's here.
//
// Words:
//
//   - scan: one code that one scanner read ([Scan]).
//   - frame: the bytes between two terminators on a serial line ([Framer]).
//   - burst: the keys that a keyboard-wedge scanner types in one go
//     ([Decoder]); a burst that is no scan is typing ([Typed]).
//   - source: the goroutine that owns a device, reconnects by itself and tells
//     its state ([SerialSource]).
//
// Framer and Decoder are pure functions of what they are fed and of the
// times in it; only sources know a clock.
package scanner

import (
	"time"

	"packbench/code"
)

// Scan is one code as a scanner gave it.
type Scan struct {
	// Raw is the code without terminators, with the AIM identifier where the
	// scanner sent one. It is evidence: compare by code.Key(Raw).
	Raw string
	// Symbology is the AIM identifier at the front of Raw (`]C1`), or "".
	Symbology string
	// Device names the scanner, the same over restarts.
	Device string
	// At is when the last byte or key of the code came.
	At time.Time
}

// NewScan makes a Scan and takes the symbology from raw.
func NewScan(raw, device string, at time.Time) Scan {
	aim, _ := code.SplitAIM(raw)
	return Scan{Raw: raw, Symbology: aim, Device: device, At: at}
}
