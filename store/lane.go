package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// lane is the one way to the writer connection. Commits go first: whoever works
// in the background waits until no commit does, and ends its chunk when one comes.
type lane struct {
	mu      sync.Mutex
	free    sync.Cond // its L is mu, set by the first use
	busy    bool
	commits int // that wait
	chunks  int // background transactions so far, for tests
}

func (l *lane) wait() {
	if l.free.L == nil {
		l.free.L = &l.mu
	}
	l.free.Wait()
}

// Lock takes the lane for a commit.
func (l *lane) Lock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commits++
	for l.busy {
		l.wait()
	}
	l.commits--
	l.busy = true
}

// lockBehind takes the lane for the background, behind every commit that waits.
func (l *lane) lockBehind(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.free.Broadcast()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy || l.commits > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.wait()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	l.busy = true
	l.chunks++
	return nil
}

// Unlock gives the lane to the next, commits first.
func (l *lane) Unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
	l.free.Broadcast()
}

// wanted tells whether a commit waits.
func (l *lane) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.commits > 0
}

// The size of one background transaction: what a scan may have to wait for.
const (
	chunkRows = 200
	chunkTime = 5 * time.Millisecond
)

// Chunk is one background transaction.
type Chunk struct {
	*sql.Tx
	lane  *lane
	rows  int
	until time.Time
}

// Room tells whether one more row may be written in this chunk: fewer than 200
// were, less than 5 ms have passed, and no commit waits. The first row always
// may, so that the work gets on.
func (c *Chunk) Room() bool {
	if c.rows > 0 && (c.rows >= chunkRows || !time.Now().Before(c.until) || c.lane.wanted()) {
		return false
	}
	c.rows++
	return true
}

// Background runs work that must not keep a scan waiting: imports, retention,
// learning. step is called with one transaction after another until it says
// that it is done; in each it asks Room before every row. A commit that comes
// meanwhile waits for the chunk under way and no other. What earlier chunks
// wrote stays when a later one fails. step may be called again for a chunk that
// was rolled back only by its own error, never by itself.
func (s *Store) Background(ctx context.Context, step func(*Chunk) (done bool, err error)) error {
	for {
		done, err := s.chunk(ctx, step)
		if err != nil || done {
			return err
		}
	}
}

func (s *Store) chunk(ctx context.Context, step func(*Chunk) (bool, error)) (done bool, err error) {
	if err := s.writer.lockBehind(ctx); err != nil {
		return false, err
	}
	defer s.writer.Unlock()
	err = s.inTxLocked(ctx, func(tx *sql.Tx) error {
		c := &Chunk{Tx: tx, lane: &s.writer, until: time.Now().Add(chunkTime)}
		done, err = step(c)
		return err
	})
	return done, s.writeFault(err)
}

// inTx runs f in one durable transaction in the background's lane: for a few rows.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.Background(ctx, func(c *Chunk) (bool, error) { return true, f(c.Tx) })
}
