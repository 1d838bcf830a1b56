package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"
)

// newULID makes an id that sorts behind every one before it, also when the
// clock was set back: its time is then that of the newest id. The event keeps
// the clock's own time beside it.
func (s *Store) newULID(ms int64) (string, error) {
	at := min(max(uint64(max(ms, 0)), s.lastID.Time()), ulid.MaxTime())
	id, err := ulid.New(at, s.entropy)
	if err != nil && !errors.Is(err, ulid.ErrMonotonicOverflow) {
		return "", fmt.Errorf("make id: %w", err)
	}
	if err != nil || id.Compare(s.lastID) <= 0 { // same millisecond, after a restart
		id = next(s.lastID)
	}
	s.lastID = id
	return id.String(), nil
}

// next is the smallest id behind id.
func next(id ulid.ULID) ulid.ULID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]++
		if id[i] != 0 {
			break
		}
	}
	return id
}

// loadHead finds the newest event.
func (s *Store) loadHead() error {
	var id string
	var ms int64
	err := s.write.QueryRow("SELECT seq, hash, ulid, at_ms FROM journal ORDER BY seq DESC LIMIT 1").Scan(&s.seq, &s.head, &id, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	s.lastMs.Store(ms)
	if s.lastID, err = ulid.ParseStrict(id); err != nil {
		s.lastID = ulid.ULID{} // the audit names it
	}
	return nil
}

// LastEventMs is the newest event's time, ms UTC, 0 where there is none. A
// clock that shows less was set back.
func (s *Store) LastEventMs(ctx context.Context) (int64, error) {
	if s.write != nil {
		return s.lastMs.Load(), nil
	}
	var ms int64
	err := s.read.QueryRowContext(ctx, "SELECT coalesce((SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 1), 0)").Scan(&ms)
	if err != nil {
		return 0, fmt.Errorf("read journal: %w", err)
	}
	return ms, nil
}
