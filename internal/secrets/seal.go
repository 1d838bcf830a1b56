package secrets

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealHead begins a sealed file. Behind it: 16 hexadecimal digits that name the
// key, a line end, 24 bytes of nonce, the sealed secret. The secret's name is
// authenticated, so that two files can't be exchanged.
const sealHead = "packbench-sealed-1 "

// idLen is how many hexadecimal digits name a key.
const idLen = 16

// sealer seals with the key of this account.
type sealer struct {
	path   string   // of the key that seals
	beside bool     // it lies in the data directory
	all    []string // where a key may lie that sealed an older file
}

// newSealer finds the place of the key, outside the data directory where that
// can be: the first directory that has one, else the first that can hold one,
// else the data directory itself.
func newSealer(dataDir, secretsDir string, opt Options) *sealer {
	s := &sealer{}
	for _, dir := range keyDirs(opt) {
		if abs, err := filepath.Abs(dir); err == nil && !inside(abs, dataDir) {
			s.all = append(s.all, filepath.Join(abs, "key"))
		}
	}
	outside := len(s.all)
	s.all = append(s.all, filepath.Join(secretsDir, "vault.key"))
	for _, ok := range []func(path string) bool{exists, mayHold} {
		for _, path := range s.all[:outside] {
			if ok(path) {
				s.path = path
				return s
			}
		}
	}
	s.path, s.beside = s.all[outside], true
	return s
}

func keyDirs(opt Options) []string {
	if dir := opt.Getenv("PACKBENCH_KEYS"); dir != "" {
		return []string{dir}
	}
	if opt.KeyDirs != nil {
		return opt.KeyDirs
	}
	var dirs []string
	if dir, err := os.UserConfigDir(); err == nil {
		dirs = append(dirs, filepath.Join(dir, "packbench"))
	}
	if dir, err := os.UserHomeDir(); err == nil { // where the data directory is the one above
		dirs = append(dirs, filepath.Join(dir, ".packbench"))
	}
	return dirs
}

// inside tells whether path is dir or lies in it, links followed as far as the
// path exists.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// real follows the links of the part of a path that exists.
func real(path string) string {
	rest := ""
	for at := path; ; {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(found, rest)
		}
		up := filepath.Dir(at)
		if up == at {
			return path
		}
		rest, at = filepath.Join(filepath.Base(at), rest), up
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// mayHold tells whether a key can be made there: a service may have a home that
// is read only, or none.
func mayHold(path string) bool {
	dir := filepath.Dir(path)
	if err := makePrivate(dir); err != nil {
		return false
	}
	probe, err := os.CreateTemp(dir, "key.*")
	if err != nil {
		return false
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name())) == nil
}

// readKey reads a key. A file that holds none is not replaced: somebody may yet
// bring it back.
func readKey(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(data)))
	if err != nil || len(key) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("read key: %s holds none", path)
	}
	return key, nil
}

// sealingKey is the key that seals; the first time it is made.
func (s *sealer) sealingKey() ([]byte, error) {
	key, err := readKey(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.newKey()
	}
	return key, err
}

// keyOf is the key of an id.
func (s *sealer) keyOf(id string) ([]byte, error) {
	var errs []error
	for _, path := range s.all {
		key, err := readKey(path)
		if err == nil && keyID(key) == id {
			return key, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return nil, errors.Join(append(errs, fmt.Errorf("there is no key %q", id))...)
}

// newKey makes the key, once: of two programs that start together, the second
// takes the key of the first.
func (s *sealer) newKey() ([]byte, error) {
	key := make([]byte, chacha20poly1305.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if err := makePrivate(filepath.Dir(s.path)); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if err := writeOnce(s.path, []byte(hex.EncodeToString(key)+"\n")); errors.Is(err, fs.ErrExist) {
		return readKey(s.path)
	} else if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("packbench sealing key "), key...))
	return hex.EncodeToString(sum[:])[:idLen]
}

func (s *sealer) seal(name, secret string) ([]byte, error) {
	key, err := s.sealingKey()
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := append([]byte(sealHead+keyID(key)+"\n"), nonce...)
	return aead.Seal(out, nonce, []byte(secret), []byte(name)), nil
}

// unseal opens a sealed file. Whatever is wrong with it is [ErrUnreadable].
func (s *sealer) unseal(name string, data []byte) (string, error) {
	rest, ok := bytes.CutPrefix(data, []byte(sealHead))
	if !ok || len(rest) < idLen+1+chacha20poly1305.NonceSizeX || rest[idLen] != '\n' {
		return "", fmt.Errorf("%w: it is not sealed, or cut off", ErrUnreadable)
	}
	key, err := s.keyOf(string(rest[:idLen]))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return "", fmt.Errorf("unseal: %w", err)
	}
	nonce, sealed := rest[idLen+1:idLen+1+chacha20poly1305.NonceSizeX], rest[idLen+1+chacha20poly1305.NonceSizeX:]
	secret, err := aead.Open(nil, nonce, sealed, []byte(name))
	if err != nil {
		return "", fmt.Errorf("%w: it is damaged", ErrUnreadable)
	}
	return string(secret), nil
}
