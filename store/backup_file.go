package store

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A backup is a ZIP archive that every tool can open: the files, then
// manifest.json with the SHA-256 of each. The archive's comment, its last
// bytes, is a mark and the SHA-256 of all bytes before it, so that a change of
// any single byte is seen, also of those that ZIP readers pass over.
const (
	backupFormat = 1
	manifestName = "manifest.json"
	commentMark  = "packbench backup 1 sha256 "
	commentSize  = len(commentMark) + 2*sha256.Size
	// endSize is the size of what ends a ZIP archive, without the comment.
	endSize = 22
)

// sealer writes through, and keeps the hash of all but the last commentSize
// bytes, which it holds back.
type sealer struct {
	w    io.Writer
	sum  hash.Hash
	held []byte
}

func (s *sealer) Write(b []byte) (int, error) {
	s.held = append(s.held, b...)
	if n := len(s.held) - commentSize; n > 0 {
		s.sum.Write(s.held[:n])
		if _, err := s.w.Write(s.held[:n]); err != nil {
			return 0, err
		}
		s.held = append(s.held[:0], s.held[n:]...)
	}
	return len(b), nil
}

// seal writes the comment in the place that was kept for it.
func (s *sealer) seal() error {
	_, err := s.w.Write([]byte(commentMark + hex.EncodeToString(s.sum.Sum(nil))))
	return err
}

// writeBackup streams the parts into a file and makes it durable. The manifest
// may be looked at before it is written (nil: nobody does).
func writeBackup(ctx context.Context, path string, parts []part, info *BackupInfo, last func(*BackupInfo)) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := &sealer{w: f, sum: sha256.New()}
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	if err := z.SetComment(strings.Repeat("-", commentSize)); err != nil {
		return err
	}
	made := time.UnixMilli(info.MadeMs)
	for _, p := range parts {
		err := writePart(ctx, z, p, made, info)
		if p.small && (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)) {
			info.leaveOut(p.name)
			continue
		}
		if err != nil {
			return fmt.Errorf("add %s: %w", p.name, err)
		}
	}
	if last != nil {
		last(info)
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: made})
	if err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return err
	}
	if len(manifest) > maxManifest {
		return fmt.Errorf("write manifest: %d files are too many", len(info.Files))
	}
	if _, err := w.Write(append(manifest, '\n')); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := out.seal(); err != nil {
		return err
	}
	return f.Sync()
}

func writePart(ctx context.Context, z *zip.Writer, p part, made time.Time, info *BackupInfo) error {
	f, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: made})
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), untilDone{ctx, f})
	if err != nil {
		return err
	}
	info.Files = append(info.Files, BackupPart{Name: p.name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// notBackup and damagedBackup are what can be said of a file.
func notBackup(file string, cause error) error {
	return fault("fault.backup_foreign", ErrBackup, cause, "file", filepath.Base(file))
}

func damagedBackup(file string, cause error) error {
	return fault("fault.backup_damaged", ErrBackup, cause, "file", filepath.Base(file))
}

// openBackup opens a backup, checks every byte of it against its end, and reads
// its manifest. The caller closes the file.
func openBackup(ctx context.Context, path string) (f *os.File, z *zip.Reader, info BackupInfo, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, nil, info, fmt.Errorf("open backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	size, err := checkSeal(ctx, f, path)
	if err != nil {
		return nil, nil, info, err
	}
	if z, err = zip.NewReader(f, size); err != nil {
		return nil, nil, info, damagedBackup(path, err)
	}
	info, err = readManifest(z, path)
	return f, z, info, err
}

// ReadManifest reads a backup's manifest without checking all of its bytes.
func ReadManifest(path string) (info BackupInfo, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return info, fmt.Errorf("open backup: %w", err)
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	return readManifest(&z.Reader, path)
}

// checkSeal hashes the file and compares with what its comment says.
func checkSeal(ctx context.Context, f *os.File, path string) (int64, error) {
	stat, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("open backup: %w", err)
	}
	start := make([]byte, 4)
	if _, err := f.ReadAt(start, 0); stat.IsDir() || err != nil || string(start) != "PK\x03\x04" {
		return 0, notBackup(path, errors.New("it is no archive"))
	}
	body := stat.Size() - int64(commentSize)
	if body < endSize {
		return 0, damagedBackup(path, errors.New("it is too short"))
	}
	comment := make([]byte, commentSize)
	if _, err := f.ReadAt(comment, body); err != nil {
		return 0, fmt.Errorf("read backup: %w", err)
	}
	want, ok := strings.CutPrefix(string(comment), commentMark)
	if !ok {
		return 0, damagedBackup(path, errors.New("it has no seal, or was cut short"))
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, untilDone{ctx, io.NewSectionReader(f, 0, body)}); err != nil {
		return 0, fmt.Errorf("read backup: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return 0, damagedBackup(path, errors.New("its bytes are not those that were written"))
	}
	return stat.Size(), nil
}

// maxManifest bounds a manifest in bytes: some hundred thousand pictures.
const maxManifest = 64 << 20

func readManifest(z *zip.Reader, path string) (info BackupInfo, err error) {
	f, err := z.Open(manifestName)
	if err != nil {
		return info, notBackup(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return info, damagedBackup(path, err)
	}
	var format struct {
		Format int `json:"format"`
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &format); err != nil {
		return info, damagedBackup(path, err)
	}
	if format.Format > backupFormat || format.Schema > schemaVersion {
		return info, fault("fault.backup_newer", ErrNewer, nil, "file", filepath.Base(path),
			"have", strconv.Itoa(format.Schema), "known", strconv.Itoa(schemaVersion))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&info); err != nil {
		return info, damagedBackup(path, err)
	}
	if info.Format != backupFormat {
		return info, notBackup(path, fmt.Errorf("format %d", info.Format))
	}
	return info, checkParts(info, path)
}

// checkParts refuses a manifest that names anything but what Backup writes.
func checkParts(info BackupInfo, path string) error {
	seen := map[string]bool{}
	for _, p := range info.Files {
		if !mayHold(p.Name) || p.Size < 0 || seen[p.Name] {
			return notBackup(path, fmt.Errorf("it names %q", p.Name))
		}
		seen[p.Name] = true
	}
	if !seen[databaseName] || !seen[labelsName] {
		return damagedBackup(path, errors.New("a database is missing"))
	}
	return nil
}
