// Package upstream is the way between the bench and whoever sells: marketplaces,
// ERPs, files. It says what an order looks like to the bench ([Parcel]), what a
// connection can do ([Connector]) and runs one [Worker] per connection that
// fetches changes and tells what happened, with or without a network.
//
// Words:
//
//   - connection: one shop on one platform, one ERP, or files. Everything is
//     scoped by its name; two shops may both sell "001".
//   - change: a parcel as it is now, or a cancellation. Changes are whole states,
//     not differences, so hearing one twice does no harm.
//   - cursor: the connection's own bookmark in its stream of changes. It is saved
//     by the [Sink] in the same transaction as the changes before it.
//   - op: one thing that the connection must be told. Its ULID is the request id
//     on every try, its payload is frozen when it is written.
//   - recalled: the parcel of an op is held or cancelled meanwhile. Such an op is
//     never sent (again), only read back until it is known what became of it.
//   - quiet: the server asked to be left alone (429, Retry-After). It silences the
//     whole connection, is written down, and a restart is no excuse.
//   - outcome: what a try came to. Unknown means that no answer was seen although
//     the request may have arrived: the server is asked (read-back) before the op
//     is ever sent again. Where nobody can be asked, only the very same op is sent
//     again, and one that is recalled waits for a person.
//
// The promise is at-least-once sending with exactly one effect: an op is marked
// as possibly sent before it leaves, so that even a power cut leads to a
// read-back and never to a blind second call. Being offline is no failure: it is
// neither counted nor ever given up. Order is kept per parcel, because the outbox
// hands out only a parcel's first waiting row.
//
// While a process lives, everything is scheduled by its own clock, which nobody
// can set; the calendar is only for what is stored and shown ([Options.Wall]).
//
// Errors and outcomes carry no personal data; what a server said in its own words
// is kept apart ([Outcome.Words]) for the supervisor's board and is not logged.
package upstream
