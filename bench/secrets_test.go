package bench_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/bench"
	"packbench/internal/privacy"
	"packbench/internal/secrets"
	"packbench/packing"
	"packbench/store"
)

func TestPepperIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	load := func() (bench.Pepper, error) {
		v, err := bench.OpenVault(dir)
		if err != nil {
			t.Fatal(err)
		}
		return bench.LoadPepper(v)
	}
	first, err := load()
	if err != nil || first.String() == (bench.Pepper{}).String() {
		t.Fatal(first, err)
	}
	if second, err := load(); err != nil || second.String() != first.String() {
		t.Fatal(second, first, err)
	}
	path := filepath.Join(dir, "secrets", "s.pin-pepper")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := load(); !errors.Is(err, secrets.ErrUnreadable) {
		t.Fatal("a damaged pepper was replaced:", p, err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := load(); err != nil || again.String() != first.String() {
		t.Fatal(again, err)
	}
}

// A secret that an earlier version kept as plain text serves on, unread by
// anybody who looks at the files, and hidden in logs.
func TestStationTakesOverPlainSecret(t *testing.T) {
	const secret = "whsec_Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5"
	r := newRig(t)
	r.set(bench.ConnectionURL("小店"), "http://127.0.0.1:9")
	plain := filepath.Join(r.dir, "secrets", "小店")
	if err := os.WriteFile(plain, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	conns := r.scan("badge W1").Connections
	if len(conns) != 1 || conns[0].Name != "小店" || conns[0].State == "needs_sign_in" {
		t.Errorf("%+v", conns)
	}
	if _, err := os.Stat(plain); err == nil {
		t.Error("the plain file is still there")
	}
	err := filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), "Q2FuYXJ5") {
			t.Errorf("%s holds it", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if got := privacy.HideSecrets("x " + secret); strings.Contains(got, "Q2FuYXJ5") {
		t.Error(got)
	}
	if err := r.station.SaveSecret("a/b", secret); err == nil {
		t.Error("a path is no connection name")
	}
}

// Without its secret a connection waits for somebody; packing goes on.
func TestStationWithoutSecret(t *testing.T) {
	r := newRig(t)
	r.set(bench.ConnectionURL("erp"), "http://127.0.0.1:9")
	if err := r.station.SaveSecret("erp", "whsec_Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.dir, "secrets", "s.connection-erp")
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	conns := r.scan("badge W1").Connections
	if len(conns) != 1 || conns[0].State != "needs_sign_in" {
		t.Errorf("%+v", conns)
	}
	r.order(1)
	if v := r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1"); v.Parcel == nil {
		t.Errorf("view %+v", v)
	}
}

// Five wrong PINs at the bench lock the supervisor's, over a restart too.
func TestBenchLocksPIN(t *testing.T) {
	r := newRig(t)
	r.order(1)
	hash, err := bench.HashPIN("246810", r.station.Pepper)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.station.Store.SavePerson(t.Context(), store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: hash}); err != nil {
		t.Fatal(err)
	}
	r.scan("badge W1", "cmd PICK", "T-1", "badge C2", "T-1", "cmd HOLD", "shelf A1", "T-1", "cmd RELEASE", "badge B9")
	for range 5 {
		if err := r.station.Bench.PIN(t.Context(), "000000"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		var locked *bench.PINLockedError
		if err := r.station.Bench.PIN(t.Context(), "246810"); !errors.As(err, &locked) || locked.Wait <= 0 {
			t.Fatal(err)
		}
		if v := r.station.Bench.View(); v.Ask == nil || v.Ask.By != "B9" || v.Alert == nil || v.Alert.Kind != "wrong_pin" {
			t.Fatalf("view %+v", v)
		}
		r.reopen()
		if v := r.station.Bench.View(); v.Ask == nil || v.Ask.By == "" {
			r.scan("cmd ACK", "cmd RELEASE", "badge B9")
		}
	}
	if err := r.station.Store.SavePINTries(t.Context(), store.PINTries{Person: "B9"}); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	if err := r.station.Bench.PIN(t.Context(), "246810"); err != nil {
		t.Fatal(err)
	}
	if v := r.scan("T-1"); v.Parcel == nil {
		t.Fatalf("view %+v", v)
	}
}
