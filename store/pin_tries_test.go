package store_test

import (
	"reflect"
	"testing"

	"packbench/packing"
	"packbench/store"
)

func TestPINTriesOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	open := func() *store.Store {
		s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	for _, tries := range []store.PINTries{{"B9", 4, 0}, {"A1", 1, 0}, {"B9", 5, 1_800_000_030_000}, {"A1", 0, 0}, {"C3", 0, 0}} {
		if err := s.SavePINTries(t.Context(), tries); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer s.Close()
	got, err := s.PINTries(t.Context())
	if want := []store.PINTries{{"B9", 5, 1_800_000_030_000}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReplacePIN(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SavePerson(t.Context(), store.Person{ID: "B9", Name: "Boss", Role: packing.RoleSupervisor, PIN: "old"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ old, phc, want string }{
		{"older", "x", "old"}, // set meanwhile by somebody else
		{"old", "new", "new"},
	} {
		if err := s.ReplacePIN(t.Context(), "B9", step.old, step.phc); err != nil {
			t.Fatal(err)
		}
		people, err := s.People(t.Context())
		if err != nil || people[0].PIN != step.want || people[0].Name != "Boss" || people[0].Role != packing.RoleSupervisor {
			t.Errorf("%+v, %v", people, err)
		}
	}
}
