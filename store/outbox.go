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
	Unknown bool  // no answer was seen
	Note    string
	AtMs    int64
}
