package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// projection is a table that the journal alone makes, and how to list it; the
// first keys columns name a row.
type projection struct {
	name, query string
	keys        int
}

var projections = []projection{
	{"parcels", "SELECT id, connection, number, order_no, tote, stage, urgency, ready, body FROM parcels ORDER BY id", 1},
	{"codes", "SELECT key, kind, parcel FROM codes ORDER BY key, kind, parcel", 3},
	{"lines", "SELECT listing, connection, parcel FROM lines ORDER BY listing, connection, parcel", 3},
	{"benches", "SELECT station, body FROM benches ORDER BY station", 1},
	{"settings", "SELECT key, value FROM settings ORDER BY key", 2},
	// How far sending came is not the journal's; that a row exists, is.
	{"outbox", "SELECT id, connection, parcel, operation, version, edit, payload, sha256, created_ms FROM outbox ORDER BY seq", 1},
}

// lister walks through the rows of a projection.
type lister struct {
	rows    *sql.Rows
	values  []sql.RawBytes
	targets []any
	keys    int
}

func list(ctx context.Context, db querier, t projection) (*lister, error) {
	rows, err := db.QueryContext(ctx, t.query)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t.name, err)
	}
	columns, err := rows.Columns()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list %s: %w", t.name, err), rows.Close())
	}
	l := &lister{rows: rows, values: make([]sql.RawBytes, len(columns)), targets: make([]any, len(columns)), keys: t.keys}
	for i := range l.values {
		l.targets[i] = &l.values[i]
	}
	return l, nil
}

// next reads a row; false at the end.
func (l *lister) next() (bool, error) {
	if !l.rows.Next() {
		return false, l.rows.Err()
	}
	return true, l.rows.Scan(l.targets...)
}

func (l *lister) key() string {
	return string(bytes.Join(asBytes(l.values[:l.keys]), []byte(" ")))
}

func asBytes(raw []sql.RawBytes) [][]byte {
	out := make([][]byte, len(raw))
	for i, v := range raw {
		out[i] = v
	}
	return out
}

// compareTables walks through a projection as it is and as the journal makes
// it, and names the first row that differs: one that is missing, too many, or
// changed.
func compareTables(ctx context.Context, have, want querier, t projection) (different bool, key string, err error) {
	a, err := list(ctx, have, t)
	if err != nil {
		return false, "", err
	}
	defer a.rows.Close()
	b, err := list(ctx, want, t)
	if err != nil {
		return false, "", err
	}
	defer b.rows.Close()
	for {
		inA, err := a.next()
		if err != nil {
			return false, "", fmt.Errorf("list %s: %w", t.name, err)
		}
		inB, err := b.next()
		if err != nil {
			return false, "", fmt.Errorf("list %s: %w", t.name, err)
		}
		switch {
		case !inA && !inB:
			return false, "", nil
		case !inA:
			return true, b.key(), nil
		case !inB:
			return true, a.key(), nil
		}
		for i := range a.values {
			if !bytes.Equal(a.values[i], b.values[i]) {
				return true, min(a.key(), b.key()), nil
			}
		}
	}
}

// checkOutbox compares the frozen payloads with their hashes.
func checkOutbox(ctx context.Context, db querier, a *Audit) error {
	rows, err := db.QueryContext(ctx, "SELECT id, payload, sha256 FROM outbox")
	if err != nil {
		return fmt.Errorf("check outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var payload, want sql.RawBytes
		if err := rows.Scan(&id, &payload, &want); err != nil {
			return fmt.Errorf("check outbox: %w", err)
		}
		a.Outbox++
		if sum := sha256.Sum256(payload); !bytes.Equal(sum[:], want) {
			a.found(Finding{Kind: FoundOutbox, Key: id})
		}
	}
	return rows.Err()
}

// auditLabels compares label files with the hash that is their name, and
// unpacks the cached pages, which carry a checksum.
func (s *Store) auditLabels(ctx context.Context, a *Audit) (err error) {
	db, err := openRO(filepath.Join(s.Dir, labelsName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = labelRows(ctx, db, a)
	if damaged := classify(err, s.Dir, labelsName); errors.Is(damaged, ErrDamaged) {
		a.found(Finding{Kind: FoundDamage, Detail: labelsName + ": " + err.Error()})
		return nil
	}
	return err
}

func labelRows(ctx context.Context, db *sql.DB, a *Audit) error {
	var quick string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&quick); err != nil {
		return fmt.Errorf("check labels: %w", err)
	}
	if quick != "ok" {
		a.found(Finding{Kind: FoundDamage, Detail: labelsName + ": " + quick})
	}
	files, err := db.QueryContext(ctx, "SELECT hash, bytes FROM files")
	if err != nil {
		return fmt.Errorf("check labels: %w", err)
	}
	defer files.Close()
	for files.Next() {
		var hash string
		var data sql.RawBytes
		if err := files.Scan(&hash, &data); err != nil {
			return fmt.Errorf("check labels: %w", err)
		}
		a.Labels++
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
			a.found(Finding{Kind: FoundLabel, Key: hash, Detail: "its bytes have another hash"})
		}
	}
	if err := errors.Join(files.Err(), files.Close()); err != nil {
		return fmt.Errorf("check labels: %w", err)
	}
	pages, err := db.QueryContext(ctx, "SELECT hash, page, w, h, bits FROM pages")
	if err != nil {
		return fmt.Errorf("check labels: %w", err)
	}
	defer pages.Close()
	for pages.Next() {
		var hash string
		var page, w, h int
		var bits sql.RawBytes
		if err := pages.Scan(&hash, &page, &w, &h, &bits); err != nil {
			return fmt.Errorf("check labels: %w", err)
		}
		a.Labels++
		if _, err := unpackPage(w, h, bits); err != nil {
			a.found(Finding{Kind: FoundLabel, Key: hash, Detail: fmt.Sprintf("page %d: %v", page+1, err)})
		}
	}
	return pages.Err()
}

// anchor is what a backup knows of the journal: the hash of one event.
type anchor struct {
	backup          string
	head            string // hex
	agrees, differs bool
}

// meet compares an anchor with the event of its number.
func (at *anchor) meet(hash []byte) {
	at.agrees = hex.EncodeToString(hash) == at.head
	at.differs = !at.agrees
}

// anchors reads the manifests of the automatic backups, by the number of their
// newest event. One that can't be read says nothing.
func (s *Store) anchors() (map[int64]*anchor, error) {
	all, err := s.automatic(time.Now())
	if err != nil {
		return nil, err
	}
	out := map[int64]*anchor{}
	for _, b := range all {
		info, err := ReadManifest(b.path)
		if err == nil && info.Events > 0 {
			out[info.Events] = &anchor{backup: filepath.Base(b.path), head: info.Head}
		}
	}
	return out, nil
}

func sortedSeqs(anchors map[int64]*anchor) []int64 { return slices.Sorted(maps.Keys(anchors)) }
