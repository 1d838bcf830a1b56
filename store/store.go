package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	_ "modernc.org/sqlite" // the driver
)

// Store is one open data directory. Its methods may be called from several
// goroutines; writes queue behind one connection.
type Store struct {
	Dir     string
	Station string

	write *sql.DB
	read  *sql.DB
	lock  io.Closer

	writer  sync.Mutex // held for a transaction on write
	head    []byte     // hash of the newest event
	seq     int64      // its number
	entropy *ulid.MonotonicEntropy
	stmts   statements
	writes  writes
	labels  *sql.DB
}

// Options says how a data directory is opened.
type Options struct {
	Station string // names the bench in new events; needed for writing
	// Shared opens beside a running bench, without the lock and read-only.
	Shared bool
}

//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the newest migration.
const schemaVersion = 2

// SchemaVersion is the version of the database that this program writes.
func SchemaVersion() int { return schemaVersion }

// ErrNewer: the database was written by a newer program.
var ErrNewer = errors.New("database is newer than this program")

const databaseName = "packbench.db"

// Open opens, and if need be makes, the data directory dir. It takes the
// directory's lock (LockedError when another process has it), refuses a newer
// database, and reads the settings that durability rests on back.
func Open(dir string, opt Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	s := &Store{Dir: abs, Station: opt.Station, entropy: ulid.Monotonic(rand.Reader, 0)}
	if !opt.Shared {
		if s.lock, err = lockDir(abs); err != nil {
			return nil, err
		}
	}
	if err := s.open(opt); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(opt Options) error {
	path := filepath.Join(s.Dir, databaseName)
	var err error
	if !opt.Shared {
		if s.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		s.write.SetMaxOpenConns(1)
		if err := migrate(s.write); err != nil {
			return err
		}
		if err := readBack(s.write); err != nil {
			return err
		}
		if err := s.loadHead(); err != nil {
			return err
		}
		if err := s.writes.prepare(s.write); err != nil {
			return err
		}
	} else if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if s.read, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	s.read.SetMaxOpenConns(4)
	if opt.Shared {
		if err := checkVersion(s.read); err != nil {
			return err
		}
	}
	if err := s.stmts.prepare(s); err != nil {
		return err
	}
	return s.openLabels(opt.Shared)
}

// dsn spells the short-hand keys, which are checked by the driver; a pragma
// that is misspelt there would be ignored in silence.
func dsn(path string, readOnly bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", "5000")
	q.Set("_foreign_keys", "on")
	q.Set("_defensive", "1")
	q.Set("_dqs", "0")
	q.Set("_synchronous", "FULL")
	if readOnly {
		q.Set("_query_only", "1")
	} else {
		q.Set("_journal_mode", "WAL")
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "journal_size_limit(67108864)")
	}
	q.Add("_pragma", "trusted_schema(0)")
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// readBack refuses to run on settings that would lose what was acknowledged.
func readBack(db *sql.DB) error {
	for _, p := range []struct{ name, want string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"},
	} {
		var got string
		if err := db.QueryRow("PRAGMA " + p.name).Scan(&got); err != nil {
			return fmt.Errorf("read setting %s: %w", p.name, err)
		}
		if got != p.want {
			return fmt.Errorf("check database: %s is %s and must be %s (is the data directory on a network drive?)", p.name, got, p.want)
		}
	}
	return nil
}

func checkVersion(db *sql.DB) error {
	var have int
	if err := db.QueryRow("PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("read database version: %w", err)
	}
	if have > schemaVersion {
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, have, schemaVersion)
	}
	if have == 0 {
		return errors.New("open database: it is empty")
	}
	return nil
}

// migrate brings the database to schemaVersion, each step in a transaction of
// its own.
func migrate(db *sql.DB) error {
	var have int
	if err := db.QueryRow("PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("read database version: %w", err)
	}
	if have > schemaVersion {
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, have, schemaVersion)
	}
	for v := have + 1; v <= schemaVersion; v++ {
		script, err := migrations.ReadFile(fmt.Sprintf("migrations/%04d.sql", v))
		if err != nil {
			return fmt.Errorf("read migration %d: %w", v, err)
		}
		tx, err := db.Begin()
		if err != nil {
			return fmt.Errorf("begin migration %d: %w", v, err)
		}
		_, err = tx.Exec(string(script) + "; PRAGMA user_version = " + strconv.Itoa(v))
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("migrate database to %d: %w", v, err), ignoreDone(tx.Rollback()))
		}
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Close ends everything and frees the lock.
func (s *Store) Close() error {
	errs := []error{s.stmts.close(), s.writes.close()}
	for _, db := range []*sql.DB{s.read, s.write, s.labels} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// inTx runs f in one durable transaction of the writer.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	return s.inTxLocked(ctx, f)
}

func (s *Store) inTxLocked(ctx context.Context, f func(*sql.Tx) error) error {
	if s.write == nil {
		return errors.New("write: the store was opened for reading")
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit transaction: %w", err), ignoreDone(tx.Rollback()))
	}
	return nil
}

// newULID makes an id that sorts by time, and within a millisecond by order.
func (s *Store) newULID(ms int64) (string, error) {
	id, err := ulid.New(uint64(max(ms, 0)), s.entropy)
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return id.String(), nil
}

// eraseAfter is how long personal data is kept once a parcel is known.
const eraseAfter = 45 * 24 * time.Hour
