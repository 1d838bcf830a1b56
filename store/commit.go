package store

import (
	"context"
	"crypto/sha256"
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
// state is the one that the events were decided on.
func (s *Store) Commit(ctx context.Context, bench packing.Bench, events []packing.Event) (Committed, error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	out := Committed{Bench: bench, Parcels: map[packing.ParcelID]*packing.Parcel{}}
	seq, head := s.seq, s.head
	err := s.inTxLocked(ctx, func(tx *sql.Tx) error {
		p := projector{tx: tx, out: &out}
		cause := ""
		for _, ev := range events {
			entry, err := s.entry(ev, seq, head, cause)
			if err != nil {
				return err
			}
			if cause == "" {
				cause = entry.ULID
			}
			if err := insertEntry(ctx, tx, entry); err != nil {
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
		return Committed{}, fmt.Errorf("commit events: %w", err)
	}
	s.seq, s.head = seq, head
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

func insertEntry(ctx context.Context, tx *sql.Tx, e Entry) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO journal ("+entryColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
		e.Seq, e.ULID, e.AtMs, e.Station, e.Person, e.Parcel, e.Kind, e.V, e.Cause, e.Payload, e.Prev, e.Hash)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// projector applies events to the projections inside a transaction. Parcels
// and the bench are read once, changed in memory and saved at the end.
type projector struct {
	tx      *sql.Tx
	out     *Committed
	listing map[packing.ParcelID]bool // codes or lines may have changed
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
	case packing.ParcelArrived, packing.LabelArrived:
		if p.listing == nil {
			p.listing = map[packing.ParcelID]bool{}
		}
		p.listing[ev.Parcel] = true
	case packing.SettingChanged:
		if _, err := p.tx.ExecContext(ctx, "INSERT INTO settings (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", body.Key, body.Value); err != nil {
			return fmt.Errorf("save setting: %w", err)
		}
	}
	for _, effect := range packing.Effects(state, ev, after) {
		if tell, ok := effect.(packing.Tell); ok {
			if err := p.tell(ctx, entry, tell); err != nil {
				return err
			}
			p.out.Told = true
			continue
		}
		p.out.Effects = append(p.out.Effects, effect)
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
	return decodeParcel(p.tx.QueryRowContext(ctx, parcelColumn, string(id)))
}

// tell adds the outbox row; its id is the event's, so it is made only once.
func (p *projector) tell(ctx context.Context, entry Entry, t packing.Tell) error {
	sum := sha256.Sum256(t.Payload)
	_, err := p.tx.ExecContext(ctx, `INSERT INTO outbox (id, connection, parcel, operation, version, payload, sha256, created_ms)
		VALUES (?,?,?,?,?,?,?,?)`, entry.ULID, t.Connection, string(t.Parcel), t.Operation, t.Version, t.Payload, sum[:], entry.AtMs)
	if err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

func (p *projector) save(ctx context.Context) error {
	for id, parcel := range p.out.Parcels {
		if err := p.saveParcel(ctx, parcel, p.listing[id]); err != nil {
			return err
		}
	}
	return saveBench(ctx, p.tx, p.out.Bench)
}

func saveBench(ctx context.Context, tx *sql.Tx, b packing.Bench) error {
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode bench: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO benches (station, body) VALUES (?,?) ON CONFLICT (station) DO UPDATE SET body = excluded.body", b.Station, body)
	if err != nil {
		return fmt.Errorf("save bench: %w", err)
	}
	return nil
}

// unknownClock sorts parcels without a ship-by time last.
const unknownClock = 1<<62 - 1

func (p *projector) saveParcel(ctx context.Context, parcel *packing.Parcel, listing bool) error {
	body, err := json.Marshal(parcel)
	if err != nil {
		return fmt.Errorf("encode parcel: %w", err)
	}
	urgency := parcel.ShipByMs
	if urgency == 0 {
		urgency = unknownClock
	}
	stage := parcel.Stage()
	ready := parcel.Status == packing.StatusPackable && parcel.Cancel == packing.CancelNone &&
		(stage == packing.StagePicked || stage == packing.StageWaiting) &&
		parcel.File != nil && parcel.File.Printable && len(parcel.Labels) == 0
	_, err = p.tx.ExecContext(ctx, `INSERT INTO parcels (id, connection, number, order_no, tote, stage, urgency, ready, body)
		VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET connection = excluded.connection, number = excluded.number,
		order_no = excluded.order_no, tote = excluded.tote, stage = excluded.stage, urgency = excluded.urgency,
		ready = excluded.ready, body = excluded.body`,
		string(parcel.ID), parcel.Connection, parcel.Number, parcel.Order, parcel.Tote, string(stage), urgency, ready, body)
	if err != nil {
		return fmt.Errorf("save parcel: %w", err)
	}
	if !listing {
		return nil
	}
	return p.saveListing(ctx, parcel)
}

// saveListing writes what a parcel is found by: its codes and its listings.
func (p *projector) saveListing(ctx context.Context, parcel *packing.Parcel) error {
	for _, table := range []string{"codes", "lines"} {
		if _, err := p.tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE parcel = ?", string(parcel.ID)); err != nil {
			return fmt.Errorf("clear %s: %w", table, err)
		}
	}
	for _, c := range parcelCodes(parcel) {
		if _, err := p.tx.ExecContext(ctx, "INSERT OR IGNORE INTO codes (key, kind, parcel) VALUES (?,?,?)", c.key, c.kind, string(parcel.ID)); err != nil {
			return fmt.Errorf("save code: %w", err)
		}
	}
	for _, l := range parcel.Lines {
		if _, err := p.tx.ExecContext(ctx, "INSERT OR IGNORE INTO lines (listing, connection, parcel) VALUES (?,?,?)", l.Listing, parcel.Connection, string(parcel.ID)); err != nil {
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
