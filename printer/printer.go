// Package printer drives one label printer: it takes jobs, puts their bytes on
// the wire and says what became of them, without ever making the bench wait.
//
// The words:
//
//   - A printer is a [Language] (what bytes mean), a [Dialer] (how to reach it)
//     and a [Profile] (what this model can do). The packages below speak one
//     language or one transport each; this one knows none of them.
//   - A [Job] is one label to print. Its fate is told by [Report]s:
//     queued → sending → sent → confirmed, or failed, or unknown.
//   - failed with Sent 0 is a promise that no byte of the job left, so that it
//     may be printed again without asking anybody. Whenever that promise cannot
//     be made the job is unknown, and only a person who looks can say more. A
//     job is never repeated by itself.
//   - [Status] is what the printer says of itself, in three values: ready, a
//     known fault, or unknown. Cheap printers never answer; status is therefore
//     asked beside the jobs, with a short deadline and a breaker that stops
//     asking, and no job ever waits for it.
//
// One goroutine, [Printer.Run], owns the wire.
package printer

import (
	"context"
	"io"
	"time"

	"packbench/raster"
)

// State is the fate of a job so far.
type State string

// The states of a job. Failed, confirmed and unknown are final. Sent may come a
// second time with ReasonSilent: the printer does not answer, no confirmation
// is to be expected (it may still come, should the printer find its voice).
const (
	Queued    State = "queued"    // taken, no byte sent
	Sending   State = "sending"   // bytes are going out
	Sent      State = "sent"      // every byte handed to the wire
	Confirmed State = "confirmed" // the printer said that nothing is left to print
	Failed    State = "failed"    // not printed and will not be: no byte left
	Unknown   State = "unknown"   // some or all bytes may have arrived: look
)

// Reasons and faults: message keys that the screens turn into words.
const (
	ReasonPaperOut       = "printer.paper_out"
	ReasonHeadOpen       = "printer.head_open"
	ReasonRibbonOut      = "printer.ribbon_out"
	ReasonPaused         = "printer.paused"
	ReasonOverheated     = "printer.overheated"
	ReasonMemory         = "printer.memory"          // the printer's own memory is damaged
	ReasonUnreachable    = "printer.unreachable"     // no connection could be made
	ReasonConnectionLost = "printer.connection_lost" // broke after bytes had left
	ReasonStalled        = "printer.stalled"         // connected, but takes no bytes
	ReasonSilent         = "printer.silent"          // answers no status question
	ReasonUnprintable    = "printer.unprintable"     // the page cannot be put into the language
	ReasonWrongLanguage  = "printer.wrong_language"  // printer bytes of another language and no page
	ReasonStopped        = "printer.stopped"         // the program is ending
)

// Job is one label to print.
type Job struct {
	ID string // the caller's name for it, repeated in every report

	// Page is printed unless Native fits this printer.
	Page *raster.Bitmap

	// Native are ready printer bytes, sent unchanged if NativeFor is the
	// language's name or the profile's id: a platform's own ZPL, or bytes that
	// were encoded when the label arrived.
	Native    []byte
	NativeFor string

	Copies int // below 1 means 1
}

// Report is one step in a job's fate.
type Report struct {
	ID     string
	State  State
	Sent   int64  // bytes of the job handed to the wire; 0 = surely none
	Reason string // message key, "" if there is nothing to explain
	Detail string // technical, for the log
	At     time.Time
}

// Status is one answer of a printer about itself.
type Status struct {
	Known   bool   // false: an answer that could not be understood
	Fault   string // message key of what stops it from printing, "" if nothing does
	Pending int    // labels and formats taken but not yet printed; -1 = it does not say
	Detail  string // the answer as it came, for the log
}

// HealthState is what stands between the bench and this printer.
type HealthState string

// The states of a printer as a device.
const (
	Absent  HealthState = "absent"  // cannot be reached
	Opening HealthState = "opening" // being reached
	Ready   HealthState = "ready"   // connected, no fault known
	Error   HealthState = "error"   // connected, a fault is known
)

// Health is a printer's state for screens.
type Health struct {
	State HealthState
	Fault string    // message key, "" if none is known
	Known bool      // whether the printer answers status questions at the moment
	At    time.Time // when this was learnt
}

// Language turns pages into the bytes of one printer language and reads its
// status. Its methods keep no state between calls; Encode may be called from
// several goroutines at once.
type Language interface {
	// Name is the word used in settings and profiles: zpl, tspl, escpos.
	Name() string
	// Encode makes the bytes that print the page. It fails if ink would fall
	// outside the head.
	Encode(page *raster.Bitmap, p Profile, copies int) ([]byte, error)
	// Cancel makes the printer forget everything it holds, including half a job.
	Cancel() []byte
	// StatusQuery asks for status; empty if the language has no question.
	StatusQuery() []byte
	// ParseStatus reads the first answer in buf, which holds everything received
	// and not yet used. used bytes are to be dropped in any case (noise before an
	// answer counts); done tells whether st is an answer.
	ParseStatus(buf []byte) (st Status, used int, done bool)
}

// Conn is an open wire to a printer.
//
// It may also have Abort() error, which closes at once and throws away what has
// not been delivered yet (used when a job broke off, so that its rest does not
// trickle into the printer later), and OneWay() bool, which tells that nothing
// can ever come back (a file).
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// Dialer opens the wire. It must return soon after ctx ends and have its own
// timeout.
type Dialer func(ctx context.Context) (Conn, error)
