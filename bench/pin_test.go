package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"packbench/packing"
	"packbench/store"
)

func testPepper(t *testing.T, fill byte) Pepper {
	t.Helper()
	p, err := NewPepper(bytes.Repeat([]byte{fill}, pepperBytes))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// cheap is a hash that takes no time, with a pepper or without.
func cheap(pin string, pepper Pepper) phc {
	h := phc{memory: 64, time: 1, threads: 1, pepper: pepper.id(), salt: bytes.Repeat([]byte{7}, pinSalt), key: make([]byte, pinKeyLen)}
	h.key = h.hash(pin, pepper)
	return h
}

func TestHashPIN(t *testing.T) {
	pepper := testPepper(t, 1)
	made, err := HashPIN("246810", pepper)
	if err != nil || !strings.HasPrefix(made, "$argon2id$v=19$m=65536,t=3,p=4,keyid="+pepper.id()+"$") {
		t.Fatal(made, err)
	}
	again, err := HashPIN("246810", pepper)
	if err != nil || again == made {
		t.Fatal("two PINs that are equal have the same hash")
	}
	h, err := parsePHC(made)
	if err != nil || h.String() != made || !h.current(pepper) {
		t.Fatal(h, err)
	}
	for _, c := range []struct {
		pin    string
		pepper Pepper
		want   bool
	}{
		{"246810", pepper, true},
		{"246811", pepper, false},
		{"", pepper, false},
		{"246810", testPepper(t, 2), false},
		{"246810", Pepper{}, false},
	} {
		if got := h.matches(c.pin, c.pepper); got != c.want {
			t.Errorf("%q with %s: %v", c.pin, c.pepper, got)
		}
	}
}

// What an earlier version stored still opens, and is known as old.
func TestOldPHC(t *testing.T) {
	const old = "$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$" // salt 0…15
	h := phc{memory: 64, time: 1, threads: 1, salt: []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, key: make([]byte, pinKeyLen)}
	h.key = h.hash("2468", Pepper{})
	if !strings.HasPrefix(h.String(), old) {
		t.Fatal(h)
	}
	parsed, err := parsePHC(h.String())
	if err != nil || !parsed.matches("2468", testPepper(t, 1)) || parsed.matches("2469", Pepper{}) {
		t.Fatal(parsed, err)
	}
	for name, change := range map[string]func(*phc){
		"memory": func(h *phc) { h.memory = 128 }, "time": func(h *phc) { h.time = 2 }, "threads": func(h *phc) { h.threads = 2 },
		"no pepper": func(h *phc) { h.pepper = "" }, "another pepper": func(h *phc) { h.pepper = testPepper(t, 2).id() }, "salt": func(h *phc) { h.salt = h.salt[:8] },
	} {
		h := dummy
		h.pepper = testPepper(t, 1).id()
		if !h.current(testPepper(t, 1)) {
			t.Fatal("the present make is not current")
		}
		if change(&h); h.current(testPepper(t, 1)) {
			t.Errorf("%s: %v is current", name, h)
		}
	}
}

func TestPINForm(t *testing.T) {
	for _, c := range []struct {
		pin        string
		supervisor bool
		want       error
	}{
		{"1234", false, nil},
		{"123456789012", false, nil},
		{"123456", true, nil},
		{"123", false, ErrPINForm},
		{"1234567890123", false, ErrPINForm},
		{"12a4", false, ErrPINForm},
		{"", false, ErrPINForm},
		{"１２３４", false, ErrPINForm},
		{" 1234", false, ErrPINForm},
		{"12345", true, ErrPINShort},
	} {
		if err := CheckPINForm(c.pin, c.supervisor); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%q: %v", c.pin, err)
		}
	}
	if _, err := HashPIN("12x4", Pepper{}); !errors.Is(err, ErrPINForm) {
		t.Error(err)
	}
}

func TestPepperIsNotWritten(t *testing.T) {
	p := testPepper(t, 'K')
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, p); strings.Contains(got, "KKKK") || strings.Contains(got, "4b4b") || strings.Contains(got, "75, 75") {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if _, err := NewPepper([]byte("short")); err == nil {
		t.Error("a short pepper is one")
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add(dummy.String())
	f.Add("$argon2id$v=19$m=65536,t=3,p=4,keyid=0123456789ab$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw")
	f.Add("$argon2id$v=19$m=4294967295,t=99,p=0$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if h.memory > 1<<20 || h.time > 16 || h.threads == 0 || h.memory < 8*uint32(h.threads) || len(h.key) < 8 {
			t.Fatalf("%q → %+v: it would stop the bench", s, h)
		}
		if again, err := parsePHC(h.String()); err != nil || !reflect.DeepEqual(again, h) {
			t.Fatalf("%q → %s → %+v, %v", s, h, again, err)
		}
	})
}

// fakeTries is the table of wrong PINs in memory.
type fakeTries struct {
	rows map[string]store.PINTries
	err  error
}

func (f *fakeTries) PINTries(context.Context) ([]store.PINTries, error) {
	var out []store.PINTries
	for _, r := range f.rows {
		out = append(out, r)
	}
	return out, f.err
}

func (f *fakeTries) SavePINTries(_ context.Context, t store.PINTries) error {
	if f.err != nil {
		return f.err
	}
	if delete(f.rows, t.Person); t.Failed > 0 {
		f.rows[t.Person] = t
	}
	return nil
}

// clocks are the two clocks of a bench: one that anybody can set, one that
// nobody can.
type clocks struct{ wall, steady time.Time }

func (c *clocks) pass(d time.Duration) { c.wall, c.steady = c.wall.Add(d), c.steady.Add(d) }

func (c *clocks) guard(t *testing.T, f *fakeTries) *pinGuard {
	t.Helper()
	g, err := newPINGuard(t.Context(), f, func() time.Time { return c.wall }, func() time.Time { return c.steady })
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func charge(t *testing.T, g *pinGuard, times int) {
	t.Helper()
	for range times {
		if err := g.charge(t.Context(), "B9"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWaits(t *testing.T) {
	for failed, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 11: 32 * time.Minute, 12: time.Hour, 13: time.Hour, 1 << 30: time.Hour,
	} {
		if got := waitAfter(failed); got != want {
			t.Errorf("after %d: %s, want %s", failed, got, want)
		}
	}
}

func TestGuard(t *testing.T) {
	f := &fakeTries{rows: map[string]store.PINTries{}}
	c := &clocks{wall: time.UnixMilli(1_800_000_000_000), steady: time.Unix(0, 0)}
	g := c.guard(t, f)
	charge(t, g, 4)
	if g.wait("B9") != 0 {
		t.Fatal("locked after four")
	}
	charge(t, g, 1)
	if g.wait("B9") != 30*time.Second || g.wait("C3") != 0 {
		t.Fatal(g.wait("B9"), g.wait("C3"))
	}
	c.wall = c.wall.Add(1000 * time.Hour) // set forward: opens nothing
	if g.wait("B9") != 30*time.Second {
		t.Fatal("the wall clock opens it")
	}
	c.wall = c.wall.Add(-1000 * time.Hour)
	c.pass(29 * time.Second)
	if g.wait("B9") != time.Second {
		t.Fatal(g.wait("B9"))
	}
	c.pass(time.Second)
	if g.wait("B9") != 0 {
		t.Fatal(g.wait("B9"))
	}
	charge(t, g, 1)
	if g.wait("B9") != time.Minute {
		t.Fatal("it does not double:", g.wait("B9"))
	}
	if err := g.forgive(t.Context(), "B9"); err != nil || len(f.rows) != 0 || g.wait("B9") != 0 {
		t.Fatal(err, f.rows, g.wait("B9"))
	}
	charge(t, g, 4)
	if g.wait("B9") != 0 {
		t.Fatal("a right one does not begin anew")
	}
}

// A restart begins a wait in full, whatever the wall clock says, until a day
// has gone by since it ended.
func TestGuardRestart(t *testing.T) {
	for _, step := range []struct {
		clock time.Duration // by how much the wall clock moved while it was off
		want  time.Duration
	}{
		{0, time.Minute},
		{59 * time.Second, time.Minute},
		{2 * time.Hour, time.Minute},   // set forward a little
		{-48 * time.Hour, time.Minute}, // set back
		{24*time.Hour + 2*time.Minute, 0},
	} {
		f := &fakeTries{rows: map[string]store.PINTries{}}
		c := &clocks{wall: time.UnixMilli(1_800_000_000_000), steady: time.Unix(0, 0)}
		charge(t, c.guard(t, f), 6)
		c.wall, c.steady = c.wall.Add(step.clock), time.Unix(5, 0)
		g := c.guard(t, f)
		if got := g.wait("B9"); got != step.want {
			t.Errorf("clock %s: %s, want %s", step.clock, got, step.want)
		}
		charge(t, g, 1)
		if got := g.wait("B9"); got != 2*time.Minute {
			t.Errorf("clock %s: the count is forgotten: %s", step.clock, got)
		}
	}
}

// A try that can't be counted is not made.
func TestGuardCountsFirst(t *testing.T) {
	full := errors.New("disk full")
	f := &fakeTries{rows: map[string]store.PINTries{}}
	c := &clocks{wall: time.UnixMilli(0), steady: time.Unix(0, 0)}
	g := c.guard(t, f)
	f.err = full
	if err := g.charge(t.Context(), "B9"); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if _, err := newPINGuard(t.Context(), f, time.Now, time.Now); !errors.Is(err, full) {
		t.Fatal(err)
	}
}

// pinBench is a bench whose PINs are checked on a real store.
func pinBench(t *testing.T, pepper Pepper, person store.Person) (*Bench, *clocks) {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.SavePerson(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	b, err := New(t.Context(), Options{Store: s, Pepper: pepper})
	if err != nil {
		t.Fatal(err)
	}
	c := &clocks{wall: time.UnixMilli(1_800_000_000_000), steady: time.Unix(0, 0)}
	b.pins.wall, b.pins.steady = func() time.Time { return c.wall }, func() time.Time { return c.steady }
	return b, c
}

func (b *Bench) stored(t *testing.T) (pin string, tries []store.PINTries) {
	t.Helper()
	people, err := b.opt.Store.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tries, err = b.opt.Store.PINTries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return people[0].PIN, tries
}

func TestCheckPINLocks(t *testing.T) {
	pepper := testPepper(t, 1)
	b, c := pinBench(t, pepper, store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: cheap("246810", pepper).String()})
	for i := range 5 {
		if ok, err := b.checkPIN(t.Context(), "B9", "000000"); ok || err != nil {
			t.Fatal(i, ok, err)
		}
	}
	var locked *PINLockedError
	if ok, err := b.checkPIN(t.Context(), "B9", "246810"); ok || !errors.As(err, &locked) || locked.Wait != 30*time.Second {
		t.Fatal("the right PIN opens a lock:", ok, err)
	}
	if m := locked.Message(); m.Key != "fault.pin_locked" || m.Args["wait"] != "0:30" {
		t.Error(m)
	}
	if m := (&PINLockedError{Wait: time.Hour - time.Millisecond}).Message(); m.Args["wait"] != "60:00" {
		t.Error(m)
	}
	if _, tries := b.stored(t); len(tries) != 1 || tries[0].Failed != 5 || tries[0].NextMs != c.wall.Add(30*time.Second).UnixMilli() {
		t.Errorf("stored %+v", tries)
	}
	c.pass(30 * time.Second)
	if ok, err := b.checkPIN(t.Context(), "B9", "246810"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, tries := b.stored(t); len(tries) != 0 {
		t.Errorf("stored %+v", tries)
	}
}

// A PIN of an older make opens, and is stored as the present one.
func TestCheckPINRenews(t *testing.T) {
	pepper := testPepper(t, 1)
	b, _ := pinBench(t, pepper, store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: cheap("2468", Pepper{}).String()})
	old, _ := b.stored(t)
	if ok, err := b.checkPIN(t.Context(), "B9", "1111"); ok || err != nil {
		t.Fatal(ok, err)
	}
	if pin, _ := b.stored(t); pin != old {
		t.Fatal("a wrong PIN changed it")
	}
	if ok, err := b.checkPIN(t.Context(), "B9", "2468"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	pin, _ := b.stored(t)
	if h, err := parsePHC(pin); err != nil || !h.current(pepper) {
		t.Fatal(pin, err)
	}
	if ok, err := b.checkPIN(t.Context(), "B9", "2468"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if same, _ := b.stored(t); same != pin {
		t.Error("a present one is hashed again")
	}
}

// A database without its pepper says so, and counts nothing.
func TestCheckPINWithoutItsPepper(t *testing.T) {
	for _, have := range []Pepper{{}, testPepper(t, 2)} {
		b, _ := pinBench(t, have, store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: cheap("246810", testPepper(t, 1)).String()})
		var pepper *PINPepperError
		if ok, err := b.checkPIN(t.Context(), "B9", "246810"); ok || !errors.As(err, &pepper) || pepper.Message().Key != "fault.pin_pepper" {
			t.Fatal(ok, err)
		}
		if _, tries := b.stored(t); len(tries) != 0 {
			t.Errorf("%+v", tries)
		}
	}
}

// Who has no PIN, or does not exist, is counted like anybody, and takes as long.
func TestCheckPINOfNobody(t *testing.T) {
	b, _ := pinBench(t, testPepper(t, 1), store.Person{ID: "W1", Name: "Wang"})
	for _, id := range []string{"W1", "NOBODY"} {
		before := pinHashes.Load()
		if ok, err := b.checkPIN(t.Context(), id, ""); ok || err != nil {
			t.Fatal(id, ok, err)
		}
		if pinHashes.Load() != before+1 {
			t.Errorf("%s: nothing was hashed, which takes less time", id)
		}
	}
	if _, tries := b.stored(t); len(tries) != 2 {
		t.Errorf("%+v", tries)
	}
	if dummy.memory != pinMemory || dummy.time != pinTime || dummy.threads != pinThreads {
		t.Error("the dummy costs less than a PIN")
	}
}
