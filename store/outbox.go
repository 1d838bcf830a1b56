package store

// OutboxRow is one thing that a connection must still be told: written in the
// same transaction as the event that caused it, its payload frozen then.
type OutboxRow struct {
	Seq        int64  // order of writing, never the clock
	ID         string // ULID; the request id and idempotency key, made once
	Connection string
	Parcel     string
	Operation  string // "shipped", …
	Version    int    // content version of the parcel when the row was written
	Payload    []byte // JSON, frozen
	Attempts   int    // sends that got an answer or may have reached the server
	NextMs     int64  // not before this time, ms UTC
	Unknown    bool   // the last send got no answer: read back before sending again
	Recalled   bool   // the parcel is held or cancelled: read back, but never send (again)
	CreatedMs  int64
}

// OutboxState is where a row stands.
type OutboxState string

// The states of an outbox row. A pending or parked row blocks the later rows of
// its own parcel, and nothing else; the others are ends.
const (
	OutboxPending   OutboxState = "pending"
	OutboxDone      OutboxState = "done"
	OutboxParked    OutboxState = "parked"    // refused; a person must answer
	OutboxWithdrawn OutboxState = "withdrawn" // the parcel was cancelled before a byte of it was sent
	OutboxByHand    OutboxState = "by_hand"   // a person told upstream in another way
	OutboxReplaced  OutboxState = "replaced"  // a person put a corrected row in its place
)

// OutboxResult is what a try came to.
type OutboxResult struct {
	State   OutboxState
	Counted bool  // the try counts as an attempt
	NextMs  int64 // for pending: not before this time, ms UTC
	Unknown bool  // it may have reached the server: read back before sending again
	Note    string
	AtMs    int64
}

// after is what a result makes of a row that stands at state now; a recall or a
// person may have changed it since the try began. What is true comes first:
//
//   - the server has it: done, whatever anybody wished meanwhile;
//   - a person or a recall has ended the row: it stays ended;
//   - it was recalled, and nothing of it can be at the server: withdrawn.
func (r OutboxResult) after(state OutboxState, recalled bool) OutboxState {
	switch {
	case r.State == OutboxDone || state == OutboxDone:
		return OutboxDone
	case state != OutboxPending && state != OutboxParked:
		return state
	case recalled && !r.Unknown:
		return OutboxWithdrawn
	}
	return r.State
}

// OutboxCap is the longest wait between two tries of a row, in ms. A row that
// waits much longer was put off by a clock that was wrong.
const OutboxCap = 5 * 60 * 1000

// OutboxEntry is a row of the outbox as people see it.
type OutboxEntry struct {
	OutboxRow
	State      OutboxState
	Edit       int    // how often a person put a corrected row in its place
	Note       string // the server's words, or why it waits
	AnsweredMs int64  // last change, ms UTC; 0 = never tried
	Order      string
	Waybill    string
	Carrier    string
	SealedMs   int64 // ms UTC, 0 = unknown
}

// OutboxFilter chooses rows for people; the zero value is every row.
type OutboxFilter struct {
	States     []OutboxState // none = all
	Connection string        // "" = all
	After      int64         // only rows written after this one (OutboxRow.Seq)
}
