package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"packbench/packing"
)

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

// roomy is where a large temporary file belongs: /tmp may be memory.
func roomy() string {
	const onDisk = "/var/tmp"
	if info, err := os.Stat(onDisk); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return onDisk
	}
	return ""
}

// rebuild replays the journal, checking its chain and meeting the anchors, into
// a database of its own.
func rebuild(ctx context.Context, journal querier, anchors map[int64]*anchor) (*rebuilt, Chain, error) {
	dir, err := os.MkdirTemp(roomy(), auditPrefix)
	if err != nil {
		return nil, Chain{}, fmt.Errorf("make rebuild directory: %w", err)
	}
	// Nobody needs the copy after a crash: no journal of its own, no sync.
	q := url.Values{"_journal_mode": {"OFF"}, "_synchronous": {"OFF"}, "_txlock": {"immediate"}, "_pragma": {"cache_size(-65536)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.Join(dir, databaseName), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, Chain{}, fmt.Errorf("open rebuild: %w", err)
	}
	r := &rebuilt{db: db, dir: dir}
	db.SetMaxOpenConns(1)
	chain, err := replay(ctx, journal, db, anchors)
	if err != nil {
		r.remove()
		return nil, chain, err
	}
	return r, chain, nil
}

// replayBatch is how many events are applied before parcels and benches are
// saved: a parcel's events lie close together, so most are saved once or twice
// instead of at each event. Saved parcels depend on nothing but their last
// state, so that this comes to the same rows as Commit.
const replayBatch = 2000

// player replays events.
type player struct {
	p       projector
	out     *Committed
	benches map[string]packing.Bench
	n       int // events since the last save
}

func replay(ctx context.Context, journal querier, db *sql.DB, anchors map[int64]*anchor) (chain Chain, err error) {
	if err := migrate(db); err != nil {
		return chain, err
	}
	var w writes
	if err := w.prepare(db); err != nil {
		return chain, err
	}
	defer w.close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return chain, fmt.Errorf("begin rebuild: %w", err)
	}
	play := player{benches: map[string]packing.Bench{}, p: projector{tx: tx, stmts: &w}}
	play.reset()
	chain, err = play.all(ctx, journal, anchors)
	if err == nil {
		err = play.save(ctx)
	}
	if err != nil {
		return chain, errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return chain, fmt.Errorf("commit rebuild: %w", err)
	}
	return chain, nil
}

// read is an event on its way from the chain to the player.
type read struct {
	entry Entry
	event packing.Event
}

// all follows the chain and reads the events on one core, and applies them on
// another.
func (p *player) all(ctx context.Context, journal querier, anchors map[int64]*anchor) (chain Chain, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ready := make(chan []read, 4) // bounds what is in memory
	applied := make(chan error, 1)
	go func() {
		var failed error
		for some := range ready { // to the end, also after a failure: the other side waits
			for _, r := range some {
				if failed == nil {
					failed = p.event(ctx, r.entry, r.event)
				}
			}
			if failed != nil {
				stop(failed)
			}
		}
		applied <- failed
	}()
	var some []read
	chain, err = followChain(ctx, journal, func(e Entry) error {
		if at := anchors[e.Seq]; at != nil {
			at.meet(e.Hash)
		}
		ev, err := e.Event()
		if err != nil {
			return &ChainError{Seq: e.Seq, Kind: FoundUnreadable, Detail: err.Error()}
		}
		if some = append(some, read{e, ev}); len(some) == 256 {
			ready <- some
			some = nil
		}
		return nil
	})
	ready <- some
	close(ready)
	if failed := <-applied; failed != nil {
		return chain, failed
	}
	return chain, err
}

func (p *player) reset() {
	p.out = &Committed{Parcels: map[packing.ParcelID]*packing.Parcel{}}
	p.p.out, p.p.listing, p.p.before, p.n = p.out, nil, nil, 0
}

func (p *player) event(ctx context.Context, e Entry, ev packing.Event) error {
	bench, ok := p.benches[e.Station]
	if !ok {
		bench = packing.Bench{Station: e.Station, Mode: packing.ModeVerify}
	}
	p.out.Bench = bench
	if err := p.p.apply(ctx, e, ev); err != nil {
		return err
	}
	p.benches[e.Station] = p.out.Bench
	p.out.Effects = p.out.Effects[:0]
	if p.n++; p.n < replayBatch {
		return nil
	}
	return p.save(ctx)
}

// save writes what the events so far came to, and forgets the parcels.
func (p *player) save(ctx context.Context) error {
	for id, parcel := range p.out.Parcels {
		if err := p.p.saveParcel(ctx, parcel, p.p.listing[id]); err != nil {
			return err
		}
	}
	for _, b := range p.benches {
		if err := p.p.saveBench(ctx, b); err != nil {
			return err
		}
	}
	p.reset()
	return nil
}
