package printer

import "time"

// When status is asked.
const (
	askBusy      = 250 * time.Millisecond // while a job is not confirmed
	askFault     = 500 * time.Millisecond // while a fault is known, to notice its end
	askIdle      = 2 * time.Second
	answerWithin = time.Second      // an answer later than this counts as missing
	strikes      = 3                // missing answers that open the breaker
	firstCool    = 30 * time.Second // how long an open breaker stays open,
	longestCool  = 5 * time.Minute  // doubled after each vain probe up to this
	faultFresh   = 5 * time.Second  // a fault heard of within this time stops a job
)

// asker decides when one connection's printer is asked, and which question an
// answer belongs to. It does no input or output and takes the time as an
// argument.
//
// Answers come in the order of the questions but may be late or missing (Zebra
// documents no answer at all while paper is out). An answer is therefore
// counted for the *oldest* open question. After a missing answer every later
// one is taken for older than it is, never for newer: it can make a
// confirmation late, not false. The lag ends with the connection.
type asker struct {
	able bool // the printer can be asked at all

	asked    int // questions written on this connection
	answered int

	open     bool      // the latest question still waits, until deadline
	deadline time.Time //
	nextAt   time.Time // when to ask next, if not open
	missed   int       // in a row
	cool     time.Duration
}

// due tells whether to ask now.
func (a *asker) due(now time.Time) bool {
	return a.able && !a.open && !now.Before(a.nextAt)
}

// wait is how long nothing will happen here; ok is false if nothing ever will.
func (a *asker) wait(now time.Time) (d time.Duration, ok bool) {
	if !a.able {
		return 0, false
	}
	at := a.nextAt
	if a.open {
		at = a.deadline
	}
	return max(at.Sub(now), 0), true
}

// wrote notes that a question went out.
func (a *asker) wrote(now time.Time) {
	a.asked++
	a.open = true
	a.deadline = now.Add(answerWithin)
}

// heard notes an answer and returns the number of the question that it belongs
// to, counted from 1, or 0 for an answer that nobody asked for.
func (a *asker) heard(now time.Time, again time.Duration) int {
	if a.answered >= a.asked {
		return 0
	}
	a.answered++
	a.open = false
	a.missed, a.cool = 0, 0
	a.nextAt = now.Add(again)
	return a.answered
}

// expire notes that a deadline passed without an answer and tells whether that
// opened the breaker.
func (a *asker) expire(now time.Time) (tripped bool) {
	if !a.open || now.Before(a.deadline) {
		return false
	}
	a.open = false
	return a.miss(now)
}

// miss counts a question without an answer.
func (a *asker) miss(now time.Time) (tripped bool) {
	a.missed++
	if a.missed < strikes {
		a.nextAt = now
		return false
	}
	first := a.cool == 0
	a.cool = min(max(a.cool*2, firstCool), longestCool)
	a.nextAt = now.Add(a.cool)
	return first
}

// silent tells whether the breaker is open: the printer does not answer.
func (a *asker) silent() bool { return a.missed >= strikes }

// soon asks as early as possible, unless the breaker is open.
func (a *asker) soon(now time.Time) {
	if !a.silent() && a.nextAt.After(now) {
		a.nextAt = now
	}
}

// lag is how many questions were never answered.
func (a *asker) lag() int {
	n := a.asked - a.answered
	if a.open {
		n--
	}
	return n
}
