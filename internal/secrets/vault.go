package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// What may be wrong, for errors.Is.
var (
	// ErrNotFound: there is no secret of that name.
	ErrNotFound = errors.New("no such secret")
	// ErrUnreachable: the secret lies in a keyring that does not answer, because
	// nobody is signed in, or it is locked. It is not lost.
	ErrUnreachable = errors.New("the keyring that holds the secret does not answer")
	// ErrUnreadable: the file can't be opened with the key of this account: the
	// data directory is another one's copy, the key is gone, or the file is damaged.
	ErrUnreadable = errors.New("the secret can't be read with the key of this account")
	// ErrReadOnly: systemd hands that secret in; it is changed there.
	ErrReadOnly = errors.New("the secret comes from systemd and is changed there")
	// ErrName: no secret can have that name.
	ErrName = errors.New("no name for a secret")
)

// Kind is a place.
type Kind string

// The places; each is the key of the sentence that is said at the start.
const (
	Systemd Kind = "secrets.systemd" // systemd's LoadCredential
	Keyring Kind = "secrets.keyring" // the desktop's keyring
	File    Kind = "secrets.file"    // sealed files, key outside the data directory
	// FileBeside: sealed files whose key lies in the data directory itself,
	// because there is nowhere else. A copy of the directory can be read.
	FileBeside Kind = "secrets.file_beside"
)

// Options injects what a vault works with. The zero value is the real thing.
type Options struct {
	// Keyring replaces the desktop's; NoKeyring is none.
	Keyring Ring
	// Getenv replaces os.Getenv.
	Getenv func(string) string
	// KeyDirs are directories for the sealing key, the best first; nil = the
	// account's own. One inside the data directory is passed over.
	KeyDirs []string
	// Found hears each secret that is read or set, so that logs can hide it.
	Found func(secret string)

	patience func() <-chan time.Time // of the keyring
}

// Vault is the secrets of one data directory. Any goroutine may use it.
type Vault struct {
	dir     string // DATA/secrets
	opt     Options
	systemd string // $CREDENTIALS_DIRECTORY if it holds something of ours
	ring    *ring  // nil: there is none
	sealer  *sealer

	mu sync.Mutex
}

// ours begins the names of our credentials in systemd's directory.
const ours = "packbench."

// Open opens the vault of a data directory, and decides where new secrets will
// lie. In the data directory it makes nothing before the first secret comes.
func Open(dataDir string, opt Options) (*Vault, error) {
	if opt.Getenv == nil {
		opt.Getenv = os.Getenv
	}
	if opt.Found == nil {
		opt.Found = func(string) {}
	}
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, fmt.Errorf("open secrets: %w", err)
	}
	v := &Vault{dir: filepath.Join(abs, "secrets"), opt: opt, systemd: credentials(opt.Getenv)}
	v.sealer = newSealer(abs, v.dir, opt)
	v.ring = openRing(opt)
	return v, nil
}

// credentials is systemd's directory, if it holds something of ours: services
// inherit others' too.
func credentials(getenv func(string) string) string {
	dir := getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return ""
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, f := range found {
		if strings.HasPrefix(f.Name(), ours) {
			return dir
		}
	}
	return ""
}

// Where is the place that this vault works with, to be said at the start:
// [Systemd] where that hands secrets in, else the place of new ones.
func (v *Vault) Where() Kind {
	if v.systemd != "" {
		return Systemd
	}
	return v.Keeps()
}

// Keeps is the place of new secrets: systemd's are read only.
func (v *Vault) Keeps() Kind {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.ring.usable():
		return Keyring
	case v.sealer.beside:
		return FileBeside
	}
	return File
}

// Get reads a secret.
func (v *Vault) Get(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	secret, err := v.get(name)
	if err != nil {
		return "", fmt.Errorf("read secret %q: %w", name, err)
	}
	v.opt.Found(secret)
	return secret, nil
}

func (v *Vault) get(name string) (string, error) {
	if secret, err := v.credential(name); !errors.Is(err, ErrNotFound) {
		return secret, err
	}
	data, err := os.ReadFile(v.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	if account, ok := strings.CutPrefix(string(data), stubHead); ok {
		return v.ring.get(strings.TrimSpace(account))
	}
	return v.sealer.unseal(name, data)
}

// credential is what systemd hands in; a final line end is no part of it.
func (v *Vault) credential(name string) (string, error) {
	if v.systemd == "" {
		return "", ErrNotFound
	}
	data, err := os.ReadFile(filepath.Join(v.systemd, ours+encode(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// Set stores a secret. When it returns, the secret is on the disk or in the
// keyring, and can be read back.
func (v *Vault) Set(name, secret string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("store secret: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.opt.Found(secret)
	if err := v.set(name, secret); err != nil {
		return fmt.Errorf("store secret %q: %w", name, err)
	}
	return nil
}

func (v *Vault) set(name, secret string) error {
	if _, err := v.credential(name); !errors.Is(err, ErrNotFound) {
		return errors.Join(ErrReadOnly, err)
	}
	if err := makePrivate(v.dir); err != nil {
		return err
	}
	if v.ring.usable() {
		if err := v.setRing(name, secret); err == nil {
			return nil
		}
		// Too long for it, or it is gone since the start: the file will do.
	}
	data, err := v.sealer.seal(name, secret)
	if err != nil {
		return err
	}
	old := v.stub(name)
	if err := writeWhole(v.path(name), data); err != nil {
		return err
	}
	v.ring.forget(old)
	return nil
}

// setRing puts a secret into the keyring and its stub into the directory.
func (v *Vault) setRing(name, secret string) error {
	account := v.stub(name)
	if account == "" {
		id, err := randomID()
		if err != nil {
			return err
		}
		account = encode(name) + "." + id // two data directories of one person don't meet
	}
	if err := v.ring.set(account, secret); err != nil {
		return err
	}
	return writeWhole(v.path(name), []byte(stubHead+account+"\n"))
}

// stub is the keyring's account of a secret that lies there, else "".
func (v *Vault) stub(name string) string {
	data, err := os.ReadFile(v.path(name))
	if err != nil {
		return ""
	}
	account, ok := strings.CutPrefix(string(data), stubHead)
	if !ok {
		return ""
	}
	return strings.TrimSpace(account)
}

// Delete removes a secret; one that does not exist is [ErrNotFound].
func (v *Vault) Delete(name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("delete secret: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, err := v.credential(name); !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("delete secret %q: %w", name, errors.Join(ErrReadOnly, err))
	}
	v.ring.forget(v.stub(name))
	err := shred(v.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete secret %q: %w", name, err)
	}
	return nil
}

// path is a secret's file: "s." keeps it apart from the files of earlier
// versions, which have no dot, and from names that Windows reserves.
func (v *Vault) path(name string) string { return filepath.Join(v.dir, "s."+encode(name)) }
