package upstream

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"packbench/store"
)

// memOutbox is an outbox in memory with the store's rules: of each parcel only
// its first row that isn't done is handed out, and a parked one blocks it.
type memOutbox struct {
	mu     sync.Mutex
	rows   map[int64]*memRow
	broken bool // every write fails, as after a power cut
	calls  int
	conn   store.Connection
	writes int // of conn
}

type memRow struct {
	store.OutboxRow
	state store.OutboxState
	note  string
}

func newMemOutbox() *memOutbox { return &memOutbox{rows: map[int64]*memRow{}} }

func (m *memOutbox) add(connection, parcel string, nowMs int64) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	seq := int64(len(m.rows) + 1)
	m.rows[seq] = &memRow{OutboxRow: store.OutboxRow{
		Seq: seq, ID: fmt.Sprintf("id%04d", seq), Connection: connection, Parcel: parcel,
		Operation: "shipped", Version: int(seq), Payload: []byte(`{}`), CreatedMs: nowMs,
	}, state: store.OutboxPending}
	return seq
}

func (m *memOutbox) OutboxHeads(_ context.Context, connection string, nowMs int64, limit int) ([]store.OutboxRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.broken {
		return nil, errors.New("disk gone")
	}
	var seqs []int64
	for seq := range m.rows {
		seqs = append(seqs, seq)
	}
	sort.Slice(seqs, func(i, j int) bool { return seqs[i] < seqs[j] })
	seen := map[string]bool{}
	var out []store.OutboxRow
	for _, seq := range seqs {
		r := m.rows[seq]
		if r.Connection != connection || (r.state != store.OutboxPending && r.state != store.OutboxParked) {
			continue
		}
		head := !seen[r.Parcel]
		seen[r.Parcel] = true
		if !head || r.state != store.OutboxPending || r.NextMs > nowMs || len(out) == limit {
			continue
		}
		out = append(out, r.OutboxRow)
	}
	return out, nil
}

func (m *memOutbox) MarkSending(_ context.Context, seq, _ int64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rows[seq]
	if m.broken || r == nil {
		return false, errors.New("disk gone")
	}
	ok := r.state == store.OutboxPending && !r.Recalled
	r.Unknown = r.Unknown || ok
	return ok, nil
}

func (m *memOutbox) RecordOutbox(_ context.Context, seq int64, res store.OutboxResult) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rows[seq]
	if m.broken || r == nil {
		return errors.New("disk gone")
	}
	r.NextMs, r.note, r.Unknown = res.NextMs, res.Note, res.Unknown
	switch {
	case r.Recalled && !res.Unknown && res.State != store.OutboxDone:
		r.state = store.OutboxWithdrawn
	default:
		r.state = res.State
	}
	if res.Counted {
		r.Attempts++
	}
	return nil
}

func (m *memOutbox) LoadConnection(_ context.Context, name string) (store.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.conn.Name = name
	return m.conn, nil
}

func (m *memOutbox) change(f func(*store.Connection)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return errors.New("disk gone")
	}
	m.writes++
	f(&m.conn)
	return nil
}

func (m *memOutbox) SetKnown(_ context.Context, _ string, live bool, ms int64) error {
	return m.change(func(c *store.Connection) { c.Live, c.KnownMs = live, ms })
}

func (m *memOutbox) SetQuiet(_ context.Context, _ string, ms int64) error {
	return m.change(func(c *store.Connection) { c.QuietMs = ms })
}

func (m *memOutbox) SetSkew(_ context.Context, _ string, ms int64) error {
	return m.change(func(c *store.Connection) { c.SkewMs = ms })
}

func (m *memOutbox) get(seq int64) memRow {
	m.mu.Lock()
	defer m.mu.Unlock()
	return *m.rows[seq]
}

// with changes a row, as the bench would.
func (m *memOutbox) with(seq int64, change func(*memRow)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.rows[seq])
}

// memSink keeps what was pulled, and the cursor with it.
type memSink struct {
	mu     sync.Mutex
	cursor Cursor
	got    []Parcel
	err    error
}

func (m *memSink) Ingest(_ context.Context, _ string, c Changes, next Cursor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.got = append(m.got, c.Parcels...)
	m.cursor = next
	return nil
}

func (m *memSink) LoadCursor(context.Context, string) (Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursor, nil
}

// fault is what befalls one call of the fake server.
type fault string

const (
	fine        fault = "fine"
	lostRequest fault = "lost request" // never arrives, looks like a lost answer
	lostAnswer  fault = "lost answer"  // takes effect, the answer doesn't arrive
	refused     fault = "refused"      // nobody listens
	busy429     fault = "429"
	error500    fault = "500"       // nothing happened, but who knows
	error500did fault = "500 after" // took effect, then broke
	signIn      fault = "401"
	noSuchOrder fault = "422"
)

// memServer is a server without idempotency keys, like most marketplaces: a
// second call is a second effect. Only read-back protects against that.
type memServer struct {
	mu         sync.Mutex
	faults     []fault // one per Push, then fine
	readFaults []fault // one per ReadBack, then fine
	applied    []Op
	quietUntil time.Time
	early      int // calls inside a pause that the server asked for
	pushes     int
	reject     map[string]bool // parcels refused for good
	poison     map[string]bool // parcels that the server breaks on
	parcels    []Parcel
	latency    time.Duration
	pullErr    error
	pulls      int
	refreshed  int // calls of Refresh
	renews     bool
	skew       time.Duration
}

// Refresh ends the sign-in trouble if the server was told so.
func (s *memServer) Refresh(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshed++
	if !s.renews {
		return errors.New("the secret is the same")
	}
	return nil
}

func (s *memServer) Skew() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.skew, s.skew != 0
}

func next(faults *[]fault) fault {
	if len(*faults) == 0 {
		return fine
	}
	f := (*faults)[0]
	*faults = (*faults)[1:]
	return f
}

func (s *memServer) arrive() {
	if time.Now().Before(s.quietUntil) {
		s.early++
	}
}

func (s *memServer) wait(ctx context.Context) {
	if s.latency == 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(s.latency):
	}
}

func (s *memServer) Push(ctx context.Context, op Op) (Outcome, []Msg) {
	s.mu.Lock()
	f := next(&s.faults)
	s.pushes++
	if s.poison[op.Parcel] {
		f = error500
	}
	out := s.answer(op, f)
	s.mu.Unlock()
	s.wait(ctx)
	if ctx.Err() != nil {
		return Outcome{Kind: Unknown, Offline: true, Code: "hung up"}, nil
	}
	return out, nil
}

func (s *memServer) answer(op Op, f fault) Outcome {
	switch f {
	case refused:
		return Outcome{Kind: RetryAfter, Offline: true, Code: "dial"}
	case lostRequest:
		return Outcome{Kind: Unknown, Offline: true, Code: "timeout"}
	}
	s.arrive()
	switch f {
	case busy429:
		s.quietUntil = time.Now().Add(30 * time.Second)
		return Outcome{Kind: RetryAfter, RetryAfter: 30 * time.Second, Code: "HTTP 429"}
	case error500:
		return Outcome{Kind: Unknown, Code: "HTTP 500"}
	case signIn:
		return Outcome{Kind: NeedsSignIn, Code: "HTTP 401"}
	}
	if f == noSuchOrder || s.reject[op.Parcel] {
		return Outcome{Kind: NeedsHuman, Code: "HTTP 422", Words: "no such order"}
	}
	s.applied = append(s.applied, op)
	switch f {
	case lostAnswer:
		return Outcome{Kind: Unknown, Offline: true, Code: "cut"}
	case error500did:
		return Outcome{Kind: Unknown, Code: "HTTP 500"}
	}
	return Outcome{Kind: Done}
}

func (s *memServer) ReadBack(ctx context.Context, op Op) (Outcome, []Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return Outcome{Kind: Unknown, Offline: true}, nil
	}
	switch next(&s.readFaults) {
	case refused, lostRequest, lostAnswer:
		return Outcome{Kind: Unknown, Offline: true, Code: "timeout"}, nil
	case error500, error500did:
		s.arrive()
		return Outcome{Kind: Unknown, Code: "HTTP 500"}, nil
	case busy429:
		s.arrive()
		s.quietUntil = time.Now().Add(30 * time.Second)
		return Outcome{Kind: RetryAfter, RetryAfter: 30 * time.Second, Code: "HTTP 429"}, nil
	case signIn:
		s.arrive()
		return Outcome{Kind: NeedsSignIn, Code: "HTTP 401"}, nil
	}
	s.arrive()
	for _, a := range s.applied {
		if a.ID == op.ID {
			return Outcome{Kind: AlreadyDone}, nil
		}
	}
	return Outcome{Kind: NotThere}, nil
}

func (s *memServer) Pull(_ context.Context, after Cursor) (Changes, Cursor, []Msg, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulls++
	if s.pullErr != nil {
		return Changes{}, after, nil, s.pullErr
	}
	from := 0
	if after != "" {
		if _, err := fmt.Sscan(string(after), &from); err != nil {
			return Changes{}, after, nil, err
		}
	}
	to := min(from+2, len(s.parcels))
	return Changes{Parcels: s.parcels[from:to]}, Cursor(fmt.Sprint(to)), nil, nil
}

func (s *memServer) ids() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for _, op := range s.applied {
		n[op.ID]++
	}
	return n
}

func (s *memServer) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushes
}

func (s *memServer) setPullErr(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pullErr = err
}

func (m *memSink) state() (int, Cursor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got), m.cursor
}
