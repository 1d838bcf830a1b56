package store

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"packbench/raster"
)

// labelSteps make labels.db: label files by their hash, and the pages rendered
// from them for a printer. Rows go with erase_ms; secure_delete wipes them.
var labelSteps = []string{
	`CREATE TABLE IF NOT EXISTS files (
  hash TEXT PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL, erase_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pages (
  hash TEXT NOT NULL, page INTEGER NOT NULL, target TEXT NOT NULL, w INTEGER NOT NULL, h INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY (hash, page, target)
) STRICT, WITHOUT ROWID;`,
	`CREATE INDEX files_erase ON files (erase_ms);`,
}

// labelDays is how long a label file is kept, in ms.
const labelDays = 14 * 24 * 3600 * 1000

func (s *Store) openLabels(shared bool) error {
	path := filepath.Join(s.Dir, labelsName)
	err := inspectLabels(path)
	if errors.Is(err, fs.ErrNotExist) && !shared {
		err = createLabels(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault("fault.db_missing", ErrMissing, err, "dir", s.Dir)
	}
	if err != nil {
		return classify(err, s.Dir, labelsName)
	}
	where := roDSN(path)
	if !shared {
		where = labelsDSN(path, "WAL")
	}
	if s.labels, err = sql.Open("sqlite", where); err != nil {
		return fmt.Errorf("open labels: %w", err)
	}
	s.labels.SetMaxOpenConns(1)
	if shared {
		return nil
	}
	if err := mayWrite(s.labels); err != nil {
		return classify(err, s.Dir, labelsName)
	}
	return classify(migrateLabels(s.labels), s.Dir, labelsName)
}

func labelsDSN(path, mode string) string {
	q := url.Values{
		"_busy_timeout": {"5000"}, "_synchronous": {"FULL"}, "_journal_mode": {mode}, "_txlock": {"immediate"}, "_dqs": {"0"},
		"_pragma": {"auto_vacuum(INCREMENTAL)", "secure_delete(1)", "trusted_schema(0)", "journal_size_limit(67108864)"},
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// createLabels makes labels.db under another name first, as create does.
func createLabels(path string) error {
	unready := path + ".new"
	if err := touch(unready); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", labelsDSN(unready, "DELETE"))
	if err != nil {
		return fmt.Errorf("make labels: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := errors.Join(migrateLabels(db), db.Close()); err != nil {
		return err
	}
	if err := syncPath(unready); err != nil {
		return err
	}
	return moveInto(unready, path)
}

func migrateLabels(db *sql.DB) error {
	var have int
	if err := db.QueryRow("PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("open labels: %w", err)
	}
	for v := have + 1; v <= len(labelSteps); v++ {
		tx, err := db.Begin()
		if err != nil {
			return fmt.Errorf("migrate labels: %w", err)
		}
		if _, err := tx.Exec(labelSteps[v-1] + "PRAGMA user_version = " + strconv.Itoa(v)); err != nil {
			return errors.Join(fmt.Errorf("migrate labels: %w", err), ignoreDone(tx.Rollback()))
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migrate labels: %w", err)
		}
	}
	return nil
}

// inspectLabels looks at labels.db without changing it.
func inspectLabels(path string) (err error) {
	if err := rollBack(context.Background(), path); err != nil {
		return err
	}
	dir, file := filepath.Dir(path), filepath.Base(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("open labels: %w", err)
	case info.IsDir():
		return fault("fault.db_not_file", ErrNotFile, nil, "file", path)
	case info.Size() == 0:
		return fault("fault.db_damaged", ErrDamaged, errors.New("it is empty"), "file", file)
	}
	db, err := openRO(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var have, ours int
	if err := db.QueryRow("SELECT user_version, (SELECT count(*) FROM sqlite_schema WHERE name IN ('files', 'pages')) FROM pragma_user_version").Scan(&have, &ours); err != nil {
		return classify(fmt.Errorf("open labels: %w", err), dir, file)
	}
	if have > len(labelSteps) {
		return fault("fault.db_newer", ErrNewer, nil, "have", strconv.Itoa(have), "known", strconv.Itoa(len(labelSteps)))
	}
	if have == 0 || ours != 2 {
		return fault("fault.db_foreign", ErrForeign, nil, "file", file)
	}
	if info.Size() <= checkAtOpen {
		return quickCheck(context.Background(), db, dir, file)
	}
	return nil
}

// SaveLabelFile stores a label's bytes and answers their SHA-256 in hex. It is
// durable before it returns, so that an event may name the hash.
func (s *Store) SaveLabelFile(ctx context.Context, kind string, data []byte, nowMs int64) (string, error) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	_, err := s.labels.ExecContext(ctx, "INSERT INTO files (hash, kind, bytes, erase_ms) VALUES (?,?,?,?) ON CONFLICT (hash) DO UPDATE SET erase_ms = excluded.erase_ms",
		hash, kind, data, nowMs+labelDays)
	if err != nil {
		return "", fmt.Errorf("save label file: %w", s.writeFault(err))
	}
	return hash, nil
}

// ErrNoLabelFile: the label's bytes are not here, or gone in time.
var ErrNoLabelFile = errors.New("label file is not stored")

// LabelFile is a label's bytes by their hash.
func (s *Store) LabelFile(ctx context.Context, hash string) ([]byte, error) {
	var data []byte
	err := s.labels.QueryRowContext(ctx, "SELECT bytes FROM files WHERE hash = ?", hash).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %s", ErrNoLabelFile, hash)
	}
	if err != nil {
		return nil, fmt.Errorf("read label file: %w", err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
		return nil, fault("fault.label_damaged", ErrDamaged, fmt.Errorf("label file %s is not what was stored", hash))
	}
	return data, nil
}

// SavePage caches a rendered page for a target ("203.2x812x1218").
func (s *Store) SavePage(ctx context.Context, hash string, page int, target string, bm *raster.Bitmap) error {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	if _, err := z.Write(bm.Bits); err != nil {
		return fmt.Errorf("pack page: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack page: %w", err)
	}
	_, err := s.labels.ExecContext(ctx, "INSERT OR REPLACE INTO pages (hash, page, target, w, h, bits) VALUES (?,?,?,?,?,?)",
		hash, page, target, bm.W, bm.H, buf.Bytes())
	if err != nil {
		return fmt.Errorf("save page: %w", s.writeFault(err))
	}
	return nil
}

// Page is a cached page, or nil where it must be rendered: it is not cached, or
// what is there was damaged.
func (s *Store) Page(ctx context.Context, hash string, page int, target string) (*raster.Bitmap, error) {
	var w, h int
	var packed []byte
	err := s.labels.QueryRowContext(ctx, "SELECT w, h, bits FROM pages WHERE hash = ? AND page = ? AND target = ?", hash, page, target).Scan(&w, &h, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	bm, err := unpackPage(w, h, packed)
	if err != nil {
		return nil, nil
	}
	return bm, nil
}

// unpackPage reads a cached page to its end, where zlib's checksum stands.
func unpackPage(w, h int, packed []byte) (*raster.Bitmap, error) {
	if w < 0 || h < 0 || w > math.MaxInt16 || h > math.MaxInt16 {
		return nil, fmt.Errorf("read page: %d x %d dots", w, h)
	}
	bm := raster.New(w, h)
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack page: %w", err)
	}
	if _, err := io.ReadFull(z, bm.Bits); err != nil {
		return nil, fmt.Errorf("unpack page: %w", err)
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("unpack page: it does not end where it should (%w)", err)
	}
	return bm, nil
}
