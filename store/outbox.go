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
	CreatedMs  int64
}

// OutboxState is where a row stands.
type OutboxState string

// The states of an outbox row. A parked row waits for a human and blocks only
// its own parcel.
const (
	OutboxPending OutboxState = "pending"
	OutboxDone    OutboxState = "done"
	OutboxParked  OutboxState = "parked"
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
