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
	"math"
	"net/url"
	"path/filepath"

	"packbench/raster"
)

// labelSchema is labels.db: label files by their hash, and the pages rendered
// from them for a printer. Rows go with erase_ms; secure_delete wipes them.
const labelSchema = `
CREATE TABLE IF NOT EXISTS files (
  hash TEXT PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL, erase_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pages (
  hash TEXT NOT NULL, page INTEGER NOT NULL, target TEXT NOT NULL, w INTEGER NOT NULL, h INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY (hash, page, target)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;`

// labelDays is how long a label file is kept, in ms.
const labelDays = 14 * 24 * 3600 * 1000

func (s *Store) openLabels(shared bool) error {
	path := filepath.Join(s.Dir, "labels.db")
	dsn := url.URL{Scheme: "file", Path: path}
	q := url.Values{}
	q.Set("_busy_timeout", "5000")
	q.Set("_synchronous", "FULL")
	if shared {
		q.Set("mode", "ro")
	} else {
		q.Set("_journal_mode", "WAL")
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "secure_delete(1)")
	}
	dsn.RawQuery = q.Encode()
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return fmt.Errorf("open labels: %w", err)
	}
	db.SetMaxOpenConns(1)
	s.labels = db
	if shared {
		return nil
	}
	if _, err := db.Exec(labelSchema); err != nil {
		return fmt.Errorf("open labels: %w", err)
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
		return "", fmt.Errorf("save label file: %w", err)
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
		return fmt.Errorf("save page: %w", err)
	}
	return nil
}

// Page is a cached page, or nil where it must be rendered.
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
	return bm, nil
}

// EraseOld removes label files and personal data whose time has come.
func (s *Store) EraseOld(ctx context.Context, nowMs int64) error {
	for _, q := range []string{
		"DELETE FROM pages WHERE hash IN (SELECT hash FROM files WHERE erase_ms < ?)",
		"DELETE FROM files WHERE erase_ms < ?",
	} {
		if _, err := s.labels.ExecContext(ctx, q, nowMs); err != nil {
			return fmt.Errorf("erase labels: %w", err)
		}
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM personal WHERE erase_ms < ?", nowMs); err != nil {
			return fmt.Errorf("erase personal data: %w", err)
		}
		return nil
	})
}
