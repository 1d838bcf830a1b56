package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/oklog/ulid/v2"
	_ "modernc.org/sqlite" // the driver
)

// Store is one open data directory. Its methods may be called from several
// goroutines; writes queue behind one connection, commits first.
type Store struct {
	Dir     string
	Station string

	write *sql.DB
	read  *sql.DB
	lock  io.Closer

	writer  lane         // held for a transaction on write
	head    []byte       // hash of the newest event
	seq     int64        // its number
	lastMs  atomic.Int64 // its time, ms UTC
	lastID  ulid.ULID    // the newest id, of an event or not
	entropy *ulid.MonotonicEntropy
	stmts   statements
	writes  writes
	labels  *sql.DB

	goods sync.Mutex // one catalogue at a time

	reserve   int64      // bytes of the reserve file; 0 = none
	reserving sync.Mutex // held while the reserve file comes or goes
	full      atomic.Bool
}

// Options says how a data directory is opened.
type Options struct {
	Station string // names the bench in new events; needed for writing
	// Shared opens beside a running bench, without the lock and read-only.
	Shared bool
	// Reserve is the size of the reserve file in bytes: 0 = DefaultReserve,
	// less than 0 = none.
	Reserve int64
}

// Open opens, and if need be makes, the data directory dir. It takes the
// directory's lock (LockedError when another process has it), brings an older
// database to this program's version, and reads the settings that durability
// rests on back. Whatever is wrong with the directory is a Fault; a database
// that was damaged, or is gone, is never replaced by an empty one.
func Open(dir string, opt Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	s, err := openDir(abs, opt)
	if errors.Is(err, ErrDiskFull) && !opt.Shared && dropReserve(abs) {
		// A program that ended on a full disk must be able to start again.
		if s, err = openDir(abs, opt); err == nil {
			s.full.Store(true)
		}
	}
	return s, err
}

func openDir(dir string, opt Options) (*Store, error) {
	s := &Store{Dir: dir, Station: opt.Station, entropy: ulid.Monotonic(rand.Reader, 0), reserve: opt.Reserve}
	if opt.Reserve == 0 {
		s.reserve = DefaultReserve
	}
	err := s.open(context.Background(), opt)
	if err != nil {
		return nil, errors.Join(classify(err, dir, databaseName), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, opt Options) error {
	path := filepath.Join(s.Dir, databaseName)
	if opt.Shared {
		if _, err := inspect(ctx, path); errors.Is(err, fs.ErrNotExist) {
			return fault("fault.db_none", ErrMissing, err, "dir", s.Dir)
		} else if err != nil {
			return err
		}
		return s.openReaders(path, true)
	}
	if err := makeDir(s.Dir); err != nil {
		return err
	}
	var err error
	if s.lock, err = lockDir(s.Dir); err != nil {
		return err
	}
	if err := narrow(s.Dir); err != nil {
		return err
	}
	if err := removeIfThere(filepath.Join(s.Dir, unpackedName)); err != nil {
		return err
	}
	have, err := inspect(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.mayCreate(); err != nil {
			return err
		}
		err, have = create(path), schemaVersion
	}
	if err != nil {
		return err
	}
	if err := s.openWriter(ctx, path, have); err != nil {
		return err
	}
	if err := s.openReaders(path, false); err != nil {
		return err
	}
	_, err = s.Disk() // makes the reserve
	return err
}

// mayCreate refuses to start anew where there was a database before.
func (s *Store) mayCreate() error {
	if _, err := os.Stat(restoringDir(s.Dir)); err == nil {
		return fault("fault.restore_interrupted", ErrInterrupted, nil, "dir", s.Dir)
	}
	left, err := remains(s.Dir)
	if err != nil {
		return err
	}
	if left != "" {
		return fault("fault.db_missing", ErrMissing, fmt.Errorf("there is still %s", left), "dir", s.Dir)
	}
	return nil
}

// inspect looks at a database without changing it: that it is one, is ours and
// is not newer. Small ones are checked throughout.
func inspect(ctx context.Context, path string) (have int, err error) {
	if err := rollBack(ctx, path); err != nil {
		return 0, err
	}
	dir, file := filepath.Dir(path), filepath.Base(path)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("open database: %w", err)
	case err != nil:
		return 0, classify(fmt.Errorf("open database: %w", err), dir, file)
	case info.IsDir():
		return 0, fault("fault.db_not_file", ErrNotFile, nil, "file", path)
	case info.Size() == 0:
		return 0, fault("fault.db_damaged", ErrDamaged, errors.New("it is empty"), "file", file)
	}
	db, err := openRO(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if have, err = version(ctx, db, file); err != nil {
		return have, classify(err, dir, file)
	}
	if info.Size() <= checkAtOpen {
		err = quickCheck(ctx, db, dir, file)
	}
	return have, err
}

func (s *Store) openWriter(ctx context.Context, path string, have int) (err error) {
	if s.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	if err := mayWrite(s.write); err != nil {
		return err
	}
	if have < schemaVersion {
		if err := s.upgrade(ctx, have); err != nil {
			return err
		}
	} else if err := compareSchema(ctx, s.write); err != nil {
		return fault("fault.db_damaged", ErrDamaged, err, "file", databaseName)
	}
	if err := readBack(s.write); err != nil {
		return err
	}
	if err := s.reproject(ctx); err != nil {
		return err
	}
	if err := s.loadHead(); err != nil {
		return err
	}
	return s.writes.prepare(s.write)
}

func (s *Store) openReaders(path string, shared bool) (err error) {
	where := dsn(path, true)
	if shared {
		where = roDSN(path)
	}
	if s.read, err = sql.Open("sqlite", where); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	s.read.SetMaxOpenConns(4)
	if err := s.stmts.prepare(s); err != nil {
		return err
	}
	return s.openLabels(shared)
}

// roDSN opens a database that is never written through it.
func roDSN(path string) string {
	q := url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}, "_dqs": {"0"}, "_pragma": {"trusted_schema(0)"}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// openRO is a handle of its own for reading, beside a running bench or not.
func openRO(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", roDSN(path))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
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
		q.Add("_pragma", "secure_delete(1)") // what is erased is overwritten
	}
	q.Add("_pragma", "trusted_schema(0)")
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// mayWrite finds out whether a database can be written: SQLite opens a file
// without the right to write as if nothing were, until the first write. This
// one is taken back.
func mayWrite(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return fmt.Errorf("open database for writing: %w", err)
	}
	if _, err := tx.Exec("PRAGMA user_version = 0"); err != nil {
		return errors.Join(fmt.Errorf("open database for writing: %w", err), ignoreDone(tx.Rollback()))
	}
	return tx.Rollback()
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

// errReading: a store that was opened beside a bench can't write.
var errReading = errors.New("write: the store was opened for reading")

func (s *Store) inTxLocked(ctx context.Context, f func(*sql.Tx) error) error {
	if s.write == nil {
		return errReading
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err = f(tx); err == nil {
		if err = tx.Commit(); err == nil {
			return nil
		}
		err = fmt.Errorf("commit transaction: %w", err)
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // it was rolled back under our hands
		err = errors.Join(ctx.Err(), err)
	}
	return errors.Join(err, ignoreDone(tx.Rollback()))
}

// rollBack undoes a change that a power cut left half done in a database that
// is not in WAL mode yet: it was being turned to it. A handle that only reads
// may not, and would call the database unwritable for ever.
func rollBack(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path + "-journal"); err != nil {
		return nil // nothing to undo
	}
	q := url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}, "_dqs": {"0"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return classify(fmt.Errorf("undo what was half done: %w", err), filepath.Dir(path), filepath.Base(path))
	}
	return nil
}
