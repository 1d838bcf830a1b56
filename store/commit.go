package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"packbench/packing"
)

// Committed is what a commit came to.
type Committed struct {
	Bench   packing.Bench
	Parcels map[packing.ParcelID]*packing.Parcel // every parcel that an event named, as it is now
	Effects []packing.Effect                     // in the events' order; Tell is done already
	Told    bool                                 // an outbox row was added
}

// Commit writes the events of one input: journal, projections and outbox rows
// in one transaction, which is on the disk when Commit returns. The bench's
// state is the one that the events were decided on. It goes before all work in
// the background. On a full disk it uses the reserve (see Disk).
func (s *Store) Commit(ctx context.Context, bench packing.Bench, events []packing.Event) (Committed, error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.mayCommit(events); err != nil {
		return Committed{}, fmt.Errorf("commit events: %w", err)
	}
	out, err := s.commit(ctx, bench, events)
	if errors.Is(err, ErrDiskFull) && !onlyNews(events) && s.ReleaseReserve() {
		return s.commit(ctx, bench, events)
	}
	return out, err
}

// commit is one try of Commit.
func (s *Store) commit(ctx context.Context, bench packing.Bench, events []packing.Event) (Committed, error) {
	out := Committed{Bench: bench, Parcels: map[packing.ParcelID]*packing.Parcel{}}
	seq, head := s.seq, s.head
	err := s.inTxLocked(ctx, func(tx *sql.Tx) error {
		p := projector{tx: tx, out: &out, stmts: &s.writes}
		cause := ""
		for _, ev := range events {
			entry, err := s.entry(ev, seq, head, cause)
			if err != nil {
				return err
			}
			if cause == "" {
				cause = entry.ULID
			}
			if err := p.insertEntry(ctx, entry); err != nil {
				return err
			}
			seq, head = entry.Seq, entry.Hash
			if err := p.apply(ctx, entry, ev); err != nil {
				return err
			}
		}
		return p.save(ctx)
	})
	if err != nil {
		return Committed{}, fmt.Errorf("commit events: %w", s.writeFault(err))
	}
	s.seq, s.head = seq, head
	if len(events) > 0 {
		s.lastMs.Store(events[len(events)-1].AtMs)
	}
	return out, nil
}

// entry makes the journal's row of an event.
func (s *Store) entry(ev packing.Event, seq int64, prev []byte, cause string) (Entry, error) {
	payload, err := packing.EncodePayload(ev)
	if err != nil {
		return Entry{}, err
	}
	id, err := s.newULID(ev.AtMs)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		Seq: seq + 1, ULID: id, AtMs: ev.AtMs, Station: s.Station, Person: string(ev.Person),
		Parcel: string(ev.Parcel), Kind: ev.Body.Kind(), V: packing.Version(ev.Body),
		Cause: cause, Payload: payload, Prev: prev,
	}
	if e.Prev == nil {
		e.Prev = []byte{}
	}
	e.Hash = e.sum()
	return e, nil
}

func (p *projector) insertEntry(ctx context.Context, e Entry) error {
	_, err := p.bind(ctx, p.stmts.entry).ExecContext(ctx, e.Seq, e.ULID, e.AtMs, e.Station, e.Person, e.Parcel, e.Kind, e.V, e.Cause, e.Payload, e.Prev, e.Hash)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// projector applies events to the projections inside a transaction. Parcels
// and the bench are read once, changed in memory and saved at the end.
type projector struct {
	tx      *sql.Tx
	stmts   *writes
	out     *Committed
	listing map[packing.ParcelID]bool    // codes or lines may have changed
	before  map[packing.ParcelID]columns // as they were before the commit
	bound   map[*sql.Stmt]*sql.Stmt      // statements of this transaction
}

// bind is a prepared statement inside the projector's transaction. The
// transaction remembers each one until it ends, so each is bound once: a rebuild
// does millions of events in one transaction.
func (p *projector) bind(ctx context.Context, stmt *sql.Stmt) *sql.Stmt {
	if bound := p.bound[stmt]; bound != nil {
		return bound
	}
	if p.bound == nil {
		p.bound = map[*sql.Stmt]*sql.Stmt{}
	}
	p.bound[stmt] = p.tx.StmtContext(ctx, stmt)
	return p.bound[stmt]
}

// itemsDue tells whether a parcel's items may be on a table now: only then its
// lines answer where else goods are due.
func itemsDue(stage packing.Stage) bool {
	return stage == packing.StagePicked || stage == packing.StageVerifying
}

func (p *projector) apply(ctx context.Context, entry Entry, ev packing.Event) error {
	before, err := p.load(ctx, ev.Parcel)
	if err != nil {
		return err
	}
	state := packing.State{Bench: p.out.Bench, Parcel: before}
	after := packing.Apply(state, ev)
	p.out.Bench = after.Bench
	if ev.Parcel != "" {
		p.out.Parcels[ev.Parcel] = after.Parcel
	}
	switch body := ev.Body.(type) {
	case packing.ParcelArrived, packing.ParcelChanged, packing.LabelArrived, packing.LabelVoided:
		if p.listing == nil {
			p.listing = map[packing.ParcelID]bool{}
		}
		p.listing[ev.Parcel] = true
	case packing.SettingChanged:
		if _, err := p.tx.ExecContext(ctx, "INSERT INTO settings (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", body.Key, body.Value); err != nil {
			return fmt.Errorf("save setting: %w", err)
		}
	case packing.OutboxAnswered:
		if err := p.answerOutbox(ctx, entry, body); err != nil {
			return err
		}
		p.out.Told = true
	}
	for _, effect := range packing.Effects(state, ev, after) {
		mine, err := p.outboxEffect(ctx, entry, effect)
		if err != nil {
			return err
		}
		if !mine {
			p.out.Effects = append(p.out.Effects, effect)
		}
	}
	return nil
}

func (p *projector) load(ctx context.Context, id packing.ParcelID) (*packing.Parcel, error) {
	if id == "" {
		return nil, nil
	}
	if known, ok := p.out.Parcels[id]; ok {
		return known, nil
	}
	parcel, err := decodeParcel(p.bind(ctx, p.stmts.parcel).QueryRowContext(ctx, string(id)))
	if parcel != nil {
		if p.before == nil {
			p.before = map[packing.ParcelID]columns{}
		}
		p.before[id] = columnsOf(parcel)
	}
	return parcel, err
}

func (p *projector) save(ctx context.Context) error {
	for id, parcel := range p.out.Parcels {
		if err := p.saveParcel(ctx, parcel, p.listing[id]); err != nil {
			return err
		}
	}
	return p.saveBench(ctx, p.out.Bench)
}

func (p *projector) saveBench(ctx context.Context, b packing.Bench) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode bench: %w", err)
	}
	_, err = p.bind(ctx, p.stmts.bench).ExecContext(ctx, b.Station, body)
	if err != nil {
		return fmt.Errorf("save bench: %w", err)
	}
	return nil
}

// unknownClock sorts parcels without a ship-by time last.
const unknownClock = 1<<62 - 1

// columns is what a parcel is found and ordered by.
type columns struct {
	connection, number, order, tote string
	stage                           packing.Stage
	urgency                         int64
	ready                           bool
}

// inTotes tells whether a parcel of that stage is found by its tote.
func inTotes(stage packing.Stage) bool {
	return stage != "" && stage != packing.StageSealed && stage != packing.StageCancelled
}

func columnsOf(p *packing.Parcel) columns {
	c := columns{connection: p.Connection, number: p.Number, order: p.Order, tote: p.Tote, stage: p.Stage(), urgency: p.ShipByMs}
	if c.urgency == 0 {
		c.urgency = unknownClock
	}
	c.ready = p.Status == packing.StatusPackable && p.Cancel == packing.CancelNone &&
		(c.stage == packing.StagePicked || c.stage == packing.StageWaiting) &&
		p.File != nil && p.File.Printable && p.Label() == nil
	return c
}

func (p *projector) saveParcel(ctx context.Context, parcel *packing.Parcel, listing bool) error {
	body, err := json.Marshal(parcel)
	if err != nil {
		return fmt.Errorf("encode parcel: %w", err)
	}
	before, known := p.before[parcel.ID]
	now := columnsOf(parcel)
	if known && before == now {
		_, err = p.bind(ctx, p.stmts.saveBody).ExecContext(ctx, body, string(parcel.ID))
	} else {
		_, err = p.bind(ctx, p.stmts.saveParcel).ExecContext(ctx,
			string(parcel.ID), now.connection, now.number, now.order, now.tote, string(now.stage), now.urgency, now.ready, body)
	}
	if err != nil {
		return fmt.Errorf("save parcel: %w", err)
	}
	if listing || inTotes(now.stage) != inTotes(before.stage) {
		if err := p.saveCodes(ctx, parcel); err != nil {
			return err
		}
	}
	if open := itemsDue(now.stage); listing || open != itemsDue(before.stage) {
		return p.saveLines(ctx, parcel, open)
	}
	return nil
}

// saveCodes writes the codes that a parcel is found by.
func (p *projector) saveCodes(ctx context.Context, parcel *packing.Parcel) error {
	if _, err := p.bind(ctx, p.stmts.clearCodes).ExecContext(ctx, string(parcel.ID)); err != nil {
		return fmt.Errorf("clear codes: %w", err)
	}
	for _, c := range parcelCodes(parcel) {
		if _, err := p.bind(ctx, p.stmts.saveCode).ExecContext(ctx, c.key, c.kind, string(parcel.ID)); err != nil {
			return fmt.Errorf("save code: %w", err)
		}
	}
	return nil
}

// saveLines writes the listings of a parcel whose items are due, and clears
// them for any other.
func (p *projector) saveLines(ctx context.Context, parcel *packing.Parcel, open bool) error {
	if _, err := p.bind(ctx, p.stmts.clearLines).ExecContext(ctx, string(parcel.ID)); err != nil {
		return fmt.Errorf("clear lines: %w", err)
	}
	if !open {
		return nil
	}
	for _, l := range parcel.Lines {
		if _, err := p.bind(ctx, p.stmts.saveLine).ExecContext(ctx, l.Listing, parcel.Connection, string(parcel.ID)); err != nil {
			return fmt.Errorf("save line: %w", err)
		}
	}
	return nil
}

// Bench is the state of this station's bench as it was last committed; a new
// one where there is none.
func (s *Store) Bench(ctx context.Context) (packing.Bench, error) {
	var body []byte
	err := s.read.QueryRowContext(ctx, "SELECT body FROM benches WHERE station = ?", s.Station).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return packing.Bench{Station: s.Station, Mode: packing.ModeVerify}, nil
	}
	if err != nil {
		return packing.Bench{}, fmt.Errorf("read bench: %w", err)
	}
	var b packing.Bench
	if err := json.Unmarshal(body, &b); err != nil {
		return packing.Bench{}, fmt.Errorf("decode bench: %w", err)
	}
	return b, nil
}
