package scanner

import (
	"time"

	"packbench/code"
)

// DefaultWindow is how close in time two equal codes from one scanner are one
// scan.
const DefaultWindow = 500 * time.Millisecond

// Deduper tells repeats from scans: the same code, by code.Key, from the same
// device within the window is one scan. Every sighting begins the window anew,
// so a code that lies before a presentation scanner counts once however long it
// lies there: a suppressed scan is noticed, because nothing beeps, a counted one
// that wasn't meant is not. Two devices never suppress each other.
type Deduper struct {
	window time.Duration
	seen   map[sighting]time.Time
}

// sighting is a code on a device.
type sighting struct{ device, key string }

// NewDeduper makes a Deduper. A window of 0 or less lets every scan through.
func NewDeduper(window time.Duration) *Deduper {
	return &Deduper{window: window, seen: make(map[sighting]time.Time)}
}

// Repeat reports whether scan repeats one that was seen within the window
// before it, and notes it as seen.
func (d *Deduper) Repeat(scan Scan) bool {
	if d.window <= 0 {
		return false
	}
	for old, at := range d.seen {
		if scan.At.Sub(at).Abs() > d.window {
			delete(d.seen, old)
		}
	}
	here := sighting{scan.Device, code.Key(scan.Raw)}
	_, repeat := d.seen[here]
	d.seen[here] = scan.At
	return repeat
}
