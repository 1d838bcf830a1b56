// Package scale reads weighing scales. It knows nothing of parcels.
//
// Words:
//
//   - reading: one answer of a scale ([Reading]), with weight, stability and time.
//   - protocol: the frames that a family of scales speaks ([Protocol]); a new one
//     is one file and one line in protocols.
//   - settled weight: the one weight that a load has once the pan is at rest
//     ([Settler]). A load gives it once; the pan must come back near zero before
//     the next load gives one.
//   - source: the goroutine that owns a scale, asks it, reconnects by itself and
//     tells its state ([Source]).
//
// Weights are int64 milligrams, converted from what the scale displays with
// integers only. Protocols and Settler are pure functions of what they are fed
// and of the times in it; only Source knows a clock.
package scale

import "time"

// Status says what a reading means.
type Status string

// The meanings of a reading.
const (
	OK        Status = "ok"        // a stable weight
	Unstable  Status = "unstable"  // a weight that still moves
	Overload  Status = "overload"  // more than the scale can weigh; no weight
	Underload Status = "underload" // the pan is lifted or missing; no weight
	Busy      Status = "busy"      // the scale can't answer now; no weight
	NoWeight  Status = "no weight" // the display shows no unit of weight, such as pieces
	Fault     Status = "fault"     // the scale reports an error; no weight
)

// Reading is one answer of a scale.
type Reading struct {
	Milligrams int64 // 0 unless Status is OK or Unstable
	Stable     bool  // the scale says that the weight is at rest
	Status     Status
	At         time.Time // when the answer's last byte came
	Raw        string    // the answer without terminators
}

// MaxAge is how old a reading may be and still count as stable: drivers buffer,
// and an old reading must never serve a new parcel.
const MaxAge = time.Second

// StableAt reports whether the reading is a stable weight that is not too old at
// the time now.
func (r Reading) StableAt(now time.Time) bool {
	return r.Stable && r.Status == OK && now.Sub(r.At).Abs() <= MaxAge
}

// weighs reports whether the reading holds a weight.
func (r Reading) weighs() bool { return r.Status == OK || r.Status == Unstable }

// Protocol is what a family of scales speaks: what to send, and a parser of the
// answers. It is used by one source for one connection.
type Protocol interface {
	// Start and Stop are sent when the wire was opened and before it is closed,
	// Poll at every interval; nil sends nothing.
	Start() []byte
	Poll() []byte
	Stop() []byte
	// Push takes the bytes that came at time at, in any portions, and returns the
	// readings that they complete.
	Push(data []byte, at time.Time) []Reading
}

// protocols are the known protocols by name.
var protocols = map[string]func() Protocol{
	"mt-sics": func() Protocol { return &MTSICS{} },
}

// NewProtocol makes the protocol of that name; false if there is none.
func NewProtocol(name string) (Protocol, bool) {
	newProtocol, ok := protocols[name]
	if !ok {
		return nil, false
	}
	return newProtocol(), true
}
