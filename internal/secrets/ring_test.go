package secrets

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// fakeRing is a keyring in memory.
type fakeRing struct {
	mu   sync.Mutex
	held map[string]string
	err  error         // every call's answer
	stop chan struct{} // if not nil, every call waits for it
	lose bool          // Set takes, and keeps nothing
}

func (f *fakeRing) begin() error {
	if f.stop != nil {
		<-f.stop
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fakeRing) Get(service, account string) (string, error) {
	if err := f.begin(); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.held[service+"/"+account]; ok {
		return s, nil
	}
	return "", keyring.ErrNotFound
}

func (f *fakeRing) Set(service, account, secret string) error {
	if err := f.begin(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.lose {
		f.held[service+"/"+account] = secret
	}
	return nil
}

func (f *fakeRing) Delete(service, account string) error {
	if err := f.begin(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.held, service+"/"+account)
	return nil
}

func (f *fakeRing) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func newRing() *fakeRing { return &fakeRing{held: map[string]string{}} }

func TestKeyring(t *testing.T) {
	r := newRig(t)
	ring := newRing()
	r.ring = ring
	v := r.open()
	if v.Where() != Keyring {
		t.Fatal(v.Where())
	}
	r.set(v, "erp", "first")
	r.set(v, "erp", canary)
	r.wants(r.open(), "erp", canary)
	nowhere(t, r.data, "Canary")
	if len(ring.held) != 1 {
		t.Errorf("held: %d", len(ring.held))
	}
	if _, err := os.Stat(filepath.Join(r.keys, "key")); err == nil {
		t.Error("a sealing key that nobody needs")
	}

	// Another data directory of the same person has its own.
	other := newRig(t)
	other.ring = ring
	other.set(other.open(), "erp", "other")
	r.wants(r.open(), "erp", canary)

	// Locked is not lost: nothing new is made in its place.
	ring.set(errors.New("prompt dismissed"))
	locked := r.open()
	if _, err := locked.Get("erp"); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if locked.Where() != File {
		t.Error(locked.Where())
	}
	ring.set(nil)
	r.wants(r.open(), "erp", canary)

	ring.mu.Lock()
	clear(ring.held)
	ring.mu.Unlock()
	if _, err := r.open().Get("erp"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	r.set(v, "erp", canary)
	if err := v.Delete("erp"); err != nil || len(ring.held) != 0 {
		t.Error(err, len(ring.held))
	}
}

// Any answer but "not found" means that there is none; so does silence.
func TestNoKeyring(t *testing.T) {
	for name, ring := range map[string]*fakeRing{
		"headless": {err: errors.New(`exec: "dbus-launch": executable file not found in $PATH`)},
		"forgets":  {held: map[string]string{}, lose: true},
	} {
		r := newRig(t)
		r.ring = ring
		v := r.open()
		r.set(v, "erp", canary)
		r.wants(r.open(), "erp", canary)
		if _, err := os.Stat(filepath.Join(r.keys, "key")); err != nil {
			t.Errorf("%s: it was not sealed: %v", name, err)
		}
	}
	r := newRig(t)
	r.ring = newRing()
	r.env["PACKBENCH_KEYRING"] = "off"
	if got := r.open().Where(); got != File {
		t.Error(got)
	}
}

// A keyring that never answers is asked once, and costs one deadline.
func TestSilentKeyring(t *testing.T) {
	r := newRig(t)
	ring := newRing()
	ring.stop = make(chan struct{})
	defer close(ring.stop)
	asked := 0
	over := make(chan time.Time)
	close(over)
	v, err := Open(r.data, Options{
		Keyring: ring, KeyDirs: []string{r.keys}, Getenv: func(string) string { return "" },
		patience: func() <-chan time.Time { asked++; return over },
	})
	if err != nil || v.Where() != File {
		t.Fatal(v.Where(), err)
	}
	r.set(v, "erp", canary)
	r.wants(v, "erp", canary)
	if asked != 1 {
		t.Errorf("waited %d times", asked)
	}
}

// It falls silent after the start: what lies there is unreachable, what is new
// is sealed.
func TestKeyringFallsSilent(t *testing.T) {
	r := newRig(t)
	ring := newRing()
	late := make(chan time.Time)
	v, err := Open(r.data, Options{
		Keyring: ring, KeyDirs: []string{r.keys}, Getenv: func(string) string { return "" },
		patience: func() <-chan time.Time { return late },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.set(v, "erp", canary)
	ring.stop = make(chan struct{})
	defer close(ring.stop)
	close(late)
	if _, err := v.Get("erp"); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	r.set(v, "other", "x")
	r.wants(v, "other", "x")
	if v.Where() != File {
		t.Error(v.Where())
	}
}

func TestWithoutASessionNobodyIsAsked(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("they always have a keyring")
	}
	dir := t.TempDir()
	env := map[string]string{}
	getenv := func(k string) string { return env[k] }
	if session(getenv) {
		t.Error("no session is one")
	}
	env["XDG_RUNTIME_DIR"] = dir
	if session(getenv) {
		t.Error("no bus is one")
	}
	if err := os.WriteFile(filepath.Join(dir, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !session(getenv) {
		t.Error("the bus is not found")
	}
}
