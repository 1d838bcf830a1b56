package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"

	"packbench/packing"
)

// Entry is one event as the journal keeps it. Payload bytes are kept as they
// were written, never marshalled again.
type Entry struct {
	Seq     int64
	ULID    string
	AtMs    int64
	Station string
	Person  string
	Parcel  string
	Kind    string
	V       int
	Cause   string // ULID of the first event of the same commit, if it is another
	Payload []byte
	Prev    []byte
	Hash    []byte
}

// sum is the SHA-256 over all columns, each with its length before it, so that
// no two different rows give the same bytes.
func (e *Entry) sum() []byte {
	h := sha256.New()
	putInt(h, e.Seq)
	putBytes(h, []byte(e.ULID))
	putInt(h, e.AtMs)
	for _, s := range []string{e.Station, e.Person, e.Parcel, e.Kind} {
		putBytes(h, []byte(s))
	}
	putInt(h, int64(e.V))
	putBytes(h, []byte(e.Cause))
	putBytes(h, e.Payload)
	putBytes(h, e.Prev)
	return h.Sum(nil)
}

func putInt(h hash.Hash, v int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(v))
	h.Write(b[:])
}

func putBytes(h hash.Hash, b []byte) {
	putInt(h, int64(len(b)))
	h.Write(b)
}

// Event is the entry as the rules see it.
func (e *Entry) Event() (packing.Event, error) {
	ev := packing.Event{Parcel: packing.ParcelID(e.Parcel), Person: packing.PersonID(e.Person), AtMs: e.AtMs}
	if err := packing.DecodePayload(e.Kind, e.V, e.Payload, &ev); err != nil {
		return ev, fmt.Errorf("read event %d: %w", e.Seq, err)
	}
	return ev, nil
}

const entryColumns = "seq, ulid, at_ms, station, person, parcel, kind, v, cause, payload, prev, hash"

func scanEntry(rows *sql.Rows) (Entry, error) {
	var e Entry
	err := rows.Scan(&e.Seq, &e.ULID, &e.AtMs, &e.Station, &e.Person, &e.Parcel, &e.Kind, &e.V, &e.Cause, &e.Payload, &e.Prev, &e.Hash)
	return e, err
}

// Journal calls f for every event in order, until f fails.
func (s *Store) Journal(ctx context.Context, f func(Entry) error) error {
	return entries(ctx, s.read, allEntries, f)
}

// Story calls f for every event of one parcel in order.
func (s *Store) Story(ctx context.Context, parcel string, f func(Entry) error) error {
	return entries(ctx, s.read, "SELECT "+entryColumns+" FROM journal WHERE parcel = ? AND parcel <> '' ORDER BY seq", f, parcel)
}

const allEntries = "SELECT " + entryColumns + " FROM journal ORDER BY seq"

func entries(ctx context.Context, db querier, query string, f func(Entry) error, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		if err := f(e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	return nil
}

// ChainError names the first event that was changed, removed or put in, or
// that can't be read.
type ChainError struct {
	Seq    int64
	Kind   FindingKind
	Detail string
}

// Error says what does not fit, and where.
func (e *ChainError) Error() string {
	return Finding{Kind: e.Kind, Seq: e.Seq, Detail: e.Detail}.String()
}

// checkLink tells whether e follows the event with number seq and hash prev.
func checkLink(e Entry, seq int64, prev []byte) error {
	switch {
	case e.Seq > seq+1:
		return &ChainError{Seq: seq + 1, Kind: FoundMissing}
	case e.Seq <= seq:
		return &ChainError{Seq: e.Seq, Kind: FoundInserted}
	case !bytes.Equal(e.Hash, e.sum()):
		return &ChainError{Seq: e.Seq, Kind: FoundChanged}
	case !bytes.Equal(e.Prev, prev):
		return &ChainError{Seq: e.Seq, Kind: FoundUnlinked}
	}
	return nil
}
