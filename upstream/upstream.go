package upstream

import (
	"context"
	"errors"
	"time"

	"packbench/packing"
	"packbench/store"
)

// Cursor is a connection's bookmark: opaque, "" is the beginning.
type Cursor string

// Msg is a sentence for people: a key of the text files and its arguments. Only
// screens, documents and the command line turn it into words.
type Msg struct {
	Key  string
	Args map[string]string
}

// Changes is one page of what a connection had to say.
type Changes struct {
	Parcels []Parcel
	Cancels []Cancel
}

// Empty reports whether the page says nothing.
func (c Changes) Empty() bool { return len(c.Parcels) == 0 && len(c.Cancels) == 0 }

// Status is what upstream thinks may be done with a parcel.
type Status string

// The statuses. Only a packable parcel opens on the bench; a status that a
// connector doesn't know becomes on_hold with the platform's text beside it.
const (
	Packable       Status = "packable"
	Unpaid         Status = "unpaid"
	OnHold         Status = "on_hold"
	OtherWarehouse Status = "other_warehouse"
	Shipped        Status = "shipped"
	Cancelled      Status = "cancelled"
	CancelAsked    Status = "cancel_asked"
)

// Known reports whether s is one of the statuses above.
func (s Status) Known() bool {
	switch s {
	case Packable, Unpaid, OnHold, OtherWarehouse, Shipped, Cancelled, CancelAsked:
		return true
	}
	return false
}

// Parcel is what goes into one box with one label, as upstream tells it.
// Identifiers are strings always. Times are ms UTC, 0 = not told.
type Parcel struct {
	Connection string
	Number     string   // unique in the connection: the package id, else the order id
	Order      string   // the order as the marketplace names it
	MoreOrders []string // further orders combined into this parcel, sorted
	Nr, Of     int      // parcel Nr of Of in its order; 1 of 1 if not split

	Tote, Wave string // "" if the connection doesn't know
	PickedBy   string // the picker's badge or name, "" = unknown

	Carrier string // the carrier in the connection's words
	Waybill string // the carrier's number, "" = none yet

	Status     Status
	StatusText string // the status in upstream's own words

	Lines []Line

	ShipByMs  int64 // latest time to ship
	CreatedMs int64
	PaidMs    int64

	COD   bool // cash on delivery
	Buyer Buyer
	// SellerNote is the shop's own remark on the order (not the buyer's).
	SellerNote string
	Money      Money

	// Version is the hash of everything above ([Parcel.Hash]): equal means that
	// nothing changed.
	Version string
}

// Line is goods times quantity in a parcel.
type Line struct {
	Listing     string // the seller's SKU; the platform's where the seller gave none
	PlatformSKU string
	Name        string
	Variation   string
	Quantity    int // ≥ 1
	Gift        bool
}

// Buyer is personal data: it is stored apart and erased on its date.
type Buyer struct {
	Name, Phone, Address string
	Note                 string // what the buyer wrote
}

// Money is an amount in minor units (cents) of an ISO 4217 currency, the whole
// order's, also where the order is split over several parcels.
type Money struct {
	Minor    int64
	Currency string
}

// Cancel says that a parcel, or all parcels of an order if Number is "", is
// cancelled (Asked false) or that the buyer wants it cancelled (Asked true).
type Cancel struct {
	Connection string
	Number     string
	Order      string
	Asked      bool
	AtMs       int64 // ms UTC
}

// Op is one thing to tell a connection.
type Op struct {
	ID         string // ULID, the request id and idempotency key of every try
	Connection string
	Parcel     string
	Operation  string // "shipped", …
	Version    int
	Payload    []byte // frozen, see EncodeEvent
}

// Kind is what a try came to.
type Kind string

// The kinds of outcome.
const (
	// Done: the server did it now.
	Done Kind = "done"
	// AlreadyDone: the server had done it before, under our request id.
	AlreadyDone Kind = "already_done"
	// Conflict: the server holds something else in its place (another waybill).
	// Nothing is sent again by itself; a person decides.
	Conflict Kind = "conflict"
	// RetryAfter: nothing happened at the server; try again later.
	RetryAfter Kind = "retry_after"
	// NeedsHuman: refused for good, see Words.
	NeedsHuman Kind = "needs_human"
	// NeedsSignIn: the whole connection is refused until a person acts.
	NeedsSignIn Kind = "needs_sign_in"
	// Unknown: the request may have arrived, no answer says what became of it.
	Unknown Kind = "unknown"
	// NotThere is an answer to ReadBack only: the server doesn't know the op, so
	// it is safe to send it (again).
	NotThere Kind = "not_there"
	// CantAsk is an answer to ReadBack only: there is nobody to ask, so nothing
	// was heard and the op is as doubtful as before. The very same op may be sent
	// again, because such a receiver drops a request id that it has seen; a
	// recalled one waits for a person.
	CantAsk Kind = "cant_ask"
)

// Outcome is what a try came to, with its details.
type Outcome struct {
	Kind Kind
	// RetryAfter, if not 0, is how long the server wants the whole connection
	// to be quiet.
	RetryAfter time.Duration
	// Offline: no answer came at all (refused, timed out, cut). However often
	// that happens, it is no reason to give an op up.
	Offline bool
	// Strange: the receiver itself answered, in full, but not with a yes; the same
	// request will get the same answer. Some tries later a person must look.
	Strange bool
	// Words is what the server said, in its own words; it may name people and is
	// for the board, not for the log.
	Words string
	// Code is a short machine reason without personal data ("HTTP 503", "dial"),
	// fit for logs.
	Code string
}

// Failure is an error of Pull that carries its outcome, so that the worker
// obeys Retry-After and knows a lost sign-in from a lost network.
type Failure struct {
	Outcome Outcome
	Err     error
}

// Error is the cause with its code, without the server's words.
func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Outcome.Kind) + " " + f.Outcome.Code
	}
	return f.Err.Error()
}

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Err }

// ErrNoFeed is what Pull answers where a connection has no changes to fetch: it
// only takes ops. Nothing is known of its cancellations then.
var ErrNoFeed = errors.New("the connection has no changes to fetch")

// Connector maps one platform to the bench's words. It knows nothing of the
// outbox and repeats nothing: the worker decides when to call it. Implementations
// return soon after ctx ends. The Msgs are remarks for people beside the result.
type Connector interface {
	// Pull fetches the changes after the cursor, and the cursor after them. An
	// empty page ends a round.
	Pull(ctx context.Context, after Cursor) (Changes, Cursor, []Msg, error)
	// Push sends op once. An operation that the connector doesn't know needs a
	// human ([UnknownOperation]).
	Push(ctx context.Context, op Op) (Outcome, []Msg)
	// ReadBack asks whether op has taken effect and changes nothing.
	ReadBack(ctx context.Context, op Op) (Outcome, []Msg)
}

// Refresher is a Connector that can renew its sign-in without a person.
type Refresher interface {
	// Refresh renews it, once; an error means that a person is needed. It is
	// never called twice at a time.
	Refresh(ctx context.Context) error
}

// Clock is a Connector that sees its server's clock.
type Clock interface {
	// Skew is the server's clock minus ours as of the last answer that told it;
	// known is false if none did.
	Skew() (skew time.Duration, known bool)
}

// OpShipped is the operation of a parcel that left the bench.
const OpShipped = packing.OpShipped

// NoteOperation is the note of a row with an operation that its connection
// doesn't know: a text key, where other notes are the server's words.
const NoteOperation = "upstream.note_operation"

// NoteCantAsk is the note of a recalled row that may have arrived at a receiver
// which can't be asked: a text key, too.
const NoteCantAsk = "upstream.note_cant_ask"

// UnknownOperation is the outcome of a Push of an operation that the connector
// doesn't know. Nothing was sent.
func UnknownOperation() Outcome {
	return Outcome{Kind: NeedsHuman, Code: "unknown operation", Words: NoteOperation}
}

// Sink takes changes into the bench, and the cursor in the same transaction, so
// that no change is lost or skipped over a crash. Taking one twice does no harm.
type Sink interface {
	Ingest(ctx context.Context, connection string, c Changes, next Cursor) error
}

// CursorStore knows the cursor that the Sink stored last; "" at first.
type CursorStore interface {
	LoadCursor(ctx context.Context, connection string) (Cursor, error)
}

// Outbox is what the worker needs of the store: the rows of a connection, and
// what is remembered of it. Every write is durable before it returns.
type Outbox interface {
	// OutboxHeads lists rows of the connection that are due at nowMs, oldest
	// first: of each parcel at most its first open row, and none if that row is
	// parked.
	OutboxHeads(ctx context.Context, connection string, nowMs int64, limit int) ([]store.OutboxRow, error)
	// MarkSending writes that a row may have been sent from now on; ok is false
	// if it must not be sent any more.
	MarkSending(ctx context.Context, seq, atMs int64) (ok bool, err error)
	// RecordOutbox writes what a try came to.
	RecordOutbox(ctx context.Context, seq int64, r store.OutboxResult) error

	LoadConnection(ctx context.Context, name string) (store.Connection, error)
	SetKnown(ctx context.Context, name string, live bool, knownMs int64) error
	SetQuiet(ctx context.Context, name string, quietMs int64) error
	SetSkew(ctx context.Context, name string, skewMs int64) error
}
