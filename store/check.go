package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

// checkAtOpen is the size in bytes up to which a database is checked before it
// is used; a larger one would keep the bench waiting (1 s for 245 MiB).
const checkAtOpen = 100 << 20

// Check looks through both databases for damage and follows the journal's
// chain from the first event to the last. It reads through handles of its own,
// beside the bench, which runs it in the background after the start: Open has
// looked through files up to 100 MiB only. The answer is a Fault for people.
func (s *Store) Check(ctx context.Context) error {
	for _, file := range []string{databaseName, labelsName} {
		if err := s.checkFile(ctx, file); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) checkFile(ctx context.Context, file string) (err error) {
	db, err := openRO(filepath.Join(s.Dir, file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := quickCheck(ctx, db, s.Dir, file); err != nil {
		return err
	}
	if file != databaseName {
		return nil
	}
	_, err = followChain(ctx, db, nil)
	return chainFault(classify(err, s.Dir, file))
}

// quickCheck is SQLite's own look through a database's structure. It is no
// checksum: a flipped bit in a text passes, and is the hash chain's to find.
func quickCheck(ctx context.Context, db *sql.DB, dir, file string) error {
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return classify(fmt.Errorf("check database: %w", err), dir, file)
	}
	if said != "ok" {
		return fault("fault.db_damaged", ErrDamaged, errors.New(said), "file", file)
	}
	return nil
}

// chainFault makes a Fault of a broken chain; other errors stay as they are.
func chainFault(err error) error {
	var broken *ChainError
	if !errors.As(err, &broken) {
		return err
	}
	return fault("fault.db_chain", ErrDamaged, err, "seq", strconv.FormatInt(broken.Seq, 10))
}

// Chain is how far a journal goes.
type Chain struct {
	Events int64
	Head   []byte // hash of the newest event; empty where there is none
	LastID string // its ULID
}

// followChain checks every event's hash and link, and calls each (if not nil)
// for it. It keeps one event in memory.
func followChain(ctx context.Context, db querier, each func(Entry) error) (Chain, error) {
	c := Chain{Head: []byte{}}
	err := entries(ctx, db, allEntries, func(e Entry) error {
		if err := checkLink(e, c.Events, c.Head); err != nil {
			return err
		}
		c.Events, c.Head, c.LastID = e.Seq, e.Hash, e.ULID
		if each != nil {
			return each(e)
		}
		return nil
	})
	return c, err
}
