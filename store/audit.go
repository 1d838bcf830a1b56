package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"packbench/packing"
)

// Audit is what a check of the whole data directory found.
type Audit struct {
	Events   int64    `json:"events"`
	Head     string   `json:"head"` // hash of the newest event, hex
	Parcels  int64    `json:"parcels"`
	Outbox   int64    `json:"outbox"`
	Problems []string `json:"problems"` // empty = everything agrees
}

// Audit checks SQLite's own structures, the hash chain, the outbox's frozen
// payloads, and that the projections are what the journal says, byte for byte.
func (s *Store) Audit(ctx context.Context) (Audit, error) {
	var a Audit
	a.Problems = []string{}
	// One snapshot for all: a bench may be writing meanwhile.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, fmt.Errorf("begin audit: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	var quick string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&quick); err != nil {
		return a, fmt.Errorf("check database: %w", err)
	}
	if quick != "ok" {
		a.Problems = append(a.Problems, "database: "+quick)
	}
	again, err := rebuild(ctx, tx, &a)
	var broken *ChainError
	if errors.As(err, &broken) {
		a.Problems = append(a.Problems, err.Error())
		return a, nil
	}
	if err != nil {
		return a, err
	}
	defer again.remove()
	for _, t := range projections {
		have, err := dumpTable(ctx, tx, t)
		if err != nil {
			return a, err
		}
		want, err := dumpTable(ctx, again.db, t)
		if err != nil {
			return a, err
		}
		if !bytes.Equal(have, want) {
			a.Problems = append(a.Problems, "projection "+t.name+" is not what the journal says")
		}
	}
	if err := checkOutbox(ctx, tx, &a); err != nil {
		return a, err
	}
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM parcels").Scan(&a.Parcels)
	return a, err
}

// projection is a table that the journal alone makes, and how to list it.
type projection struct{ name, query string }

var projections = []projection{
	{"parcels", "SELECT id, connection, number, order_no, tote, stage, urgency, ready, body FROM parcels ORDER BY id"},
	{"codes", "SELECT key, kind, parcel FROM codes ORDER BY key, kind, parcel"},
	{"lines", "SELECT listing, connection, parcel FROM lines ORDER BY listing, connection, parcel"},
	{"benches", "SELECT station, body FROM benches ORDER BY station"},
	{"settings", "SELECT key, value FROM settings ORDER BY key"},
	// How far sending came is not the journal's; that a row exists, is.
	{"outbox", "SELECT id, connection, parcel, operation, version, edit, payload, sha256, created_ms FROM outbox ORDER BY seq"},
}

// dumpTable is a digest of every value of a projection, in order.
func dumpTable(ctx context.Context, db querier, t projection) ([]byte, error) {
	rows, err := db.QueryContext(ctx, t.query)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t.name, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t.name, err)
	}
	values := make([]sql.RawBytes, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	h := sha256.New()
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("list %s: %w", t.name, err)
		}
		for _, v := range values {
			putBytes(h, v)
		}
	}
	return h.Sum(nil), rows.Err()
}

func checkOutbox(ctx context.Context, db querier, a *Audit) error {
	rows, err := db.QueryContext(ctx, "SELECT id, payload, sha256 FROM outbox")
	if err != nil {
		return fmt.Errorf("check outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var payload, want []byte
		if err := rows.Scan(&id, &payload, &want); err != nil {
			return fmt.Errorf("check outbox: %w", err)
		}
		a.Outbox++
		if sum := sha256.Sum256(payload); !bytes.Equal(sum[:], want) {
			a.Problems = append(a.Problems, "outbox row "+id+" was changed")
		}
	}
	return rows.Err()
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rebuilt is a second database, made from the journal alone.
type rebuilt struct {
	db  *sql.DB
	dir string
}

func (r *rebuilt) remove() {
	// A temporary copy: failing to remove it harms nothing.
	_ = r.db.Close()
	_ = os.RemoveAll(r.dir)
}

// rebuild replays the journal, checking its chain, into a database of its own.
func rebuild(ctx context.Context, journal querier, a *Audit) (*rebuilt, error) {
	dir, err := os.MkdirTemp("", "packbench-audit-")
	if err != nil {
		return nil, fmt.Errorf("make rebuild directory: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, databaseName), false))
	if err != nil {
		return nil, fmt.Errorf("open rebuild: %w", err)
	}
	r := &rebuilt{db: db, dir: dir}
	db.SetMaxOpenConns(1)
	if err := replay(ctx, journal, db, a); err != nil {
		r.remove()
		return nil, err
	}
	return r, nil
}

func replay(ctx context.Context, journal querier, db *sql.DB, a *Audit) error {
	if err := migrate(db); err != nil {
		return err
	}
	var w writes
	if err := w.prepare(db); err != nil {
		return err
	}
	defer w.close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin rebuild: %w", err)
	}
	benches := map[string]packing.Bench{}
	var seq int64
	prev := []byte{}
	err = entries(ctx, journal, allEntries, func(e Entry) error {
		if err := checkLink(e, seq, prev); err != nil {
			return err
		}
		seq, prev = e.Seq, e.Hash
		ev, err := e.Event()
		if err != nil {
			return err
		}
		bench, ok := benches[e.Station]
		if !ok {
			bench = packing.Bench{Station: e.Station, Mode: packing.ModeVerify}
		}
		out := Committed{Bench: bench, Parcels: map[packing.ParcelID]*packing.Parcel{}}
		p := projector{tx: tx, out: &out, stmts: &w}
		if err := p.apply(ctx, e, ev); err != nil {
			return err
		}
		benches[e.Station] = out.Bench
		return p.save(ctx)
	})
	if err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	a.Events, a.Head = seq, hex.EncodeToString(prev)
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit rebuild: %w", err)
	}
	return nil
}
