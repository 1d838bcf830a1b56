package secrets

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"
)

// service is our name in the keyring.
const service = "packbench"

// stubHead begins the file of a secret that lies in the keyring; the account's
// name follows.
const stubHead = "packbench-keyring-1 "

// patience is how long the keyring may take for one answer. A desktop that asks
// for a password first is not waited for: the bench must start.
const patience = 3 * time.Second

// errSilent: the keyring gave no answer in time.
var errSilent = errors.New("the keyring does not answer")

// Ring is a keyring, as package keyring has it. Get answers keyring.ErrNotFound
// where it has no such account.
type Ring interface {
	Get(service, account string) (string, error)
	Set(service, account, secret string) error
	Delete(service, account string) error
}

// NoKeyring is a keyring that does not exist.
var NoKeyring Ring = noRing{}

type noRing struct{}

var errNone = errors.New("there is no keyring")

func (noRing) Get(string, string) (string, error) { return "", errNone }
func (noRing) Set(string, string, string) error   { return errNone }
func (noRing) Delete(string, string) error        { return errNone }

// desktop is the system's own keyring.
type desktop struct{}

func (desktop) Get(service, account string) (string, error) { return keyring.Get(service, account) }
func (desktop) Set(service, account, secret string) error {
	return keyring.Set(service, account, secret)
}
func (desktop) Delete(service, account string) error { return keyring.Delete(service, account) }

// ring is a keyring with a deadline on each call. After the first silence it is
// not asked again. A nil one is none.
type ring struct {
	to       Ring
	patience func() <-chan time.Time
	gone     atomic.Bool
}

// openRing asks the keyring once whether it is there; nil = it is not. Only
// "not found" and an answer are proof: without a desktop the library reports
// whatever its first step ran into.
func openRing(opt Options) *ring {
	if opt.Getenv("PACKBENCH_KEYRING") == "off" {
		return nil
	}
	r := &ring{to: opt.Keyring, patience: opt.patience}
	if r.patience == nil {
		r.patience = func() <-chan time.Time { return time.After(patience) }
	}
	if r.to == nil {
		if !session(opt.Getenv) {
			return nil
		}
		r.to = desktop{}
	}
	if _, err := r.get("probe"); err != nil && !errors.Is(err, ErrNotFound) {
		return nil
	}
	return r
}

// session tells whether there is a message bus of a signed-in person. Without
// one the library would start a bus of its own, which nobody ends.
func session(getenv func(string) string) bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "bus"))
	return err == nil
}

func (r *ring) usable() bool { return r != nil && !r.gone.Load() }

// call makes one call with the deadline. The goroutine of a keyring that never
// answers stays behind, once.
func (r *ring) call(f func() (string, error)) (string, error) {
	if !r.usable() {
		return "", ErrUnreachable
	}
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := f()
		done <- answer{secret, err}
	}()
	select {
	case a := <-done:
		return a.secret, a.err
	case <-r.patience():
		r.gone.Store(true)
		return "", errSilent
	}
}

// get reads an account. Any error but "not found" means that the keyring can't
// be reached now.
func (r *ring) get(account string) (string, error) {
	secret, err := r.call(func() (string, error) { return r.to.Get(service, account) })
	switch {
	case err == nil:
		return secret, nil
	case errors.Is(err, keyring.ErrNotFound):
		return "", ErrNotFound
	case errors.Is(err, ErrUnreachable):
		return "", err
	}
	return "", fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// set stores an account and reads it back: some keyrings take a secret and drop
// it when the session ends without a collection to keep it in.
func (r *ring) set(account, secret string) error {
	if _, err := r.call(func() (string, error) { return "", r.to.Set(service, account, secret) }); err != nil {
		return fmt.Errorf("store in keyring: %w", err)
	}
	if back, err := r.get(account); err != nil || back != secret {
		return fmt.Errorf("store in keyring: it gives back something else: %w", errors.Join(err, errSilent))
	}
	return nil
}

// forget removes an account if the keyring is there; what stays behind is of
// no use to anybody else.
func (r *ring) forget(account string) {
	if account != "" {
		_, _ = r.call(func() (string, error) { return "", r.to.Delete(service, account) })
	}
}

// randomID is 16 hexadecimal digits.
func randomID() (string, error) {
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return hex.EncodeToString(id), nil
}
