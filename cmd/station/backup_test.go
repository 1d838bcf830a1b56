package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"packbench/internal/testshared"
	"packbench/store"
	"packbench/text"
)

// A day's data goes into one file and comes back from it, by the command line.
func TestBackupAndRestoreCommands(t *testing.T) {
	dir := t.TempDir()
	data, file, back := filepath.Join(dir, "data"), filepath.Join(dir, "day.packbench-backup"), filepath.Join(dir, "back")
	must(t, "--data", data, "import", testshared.Path(t, "data", "orders", "tiktok_orders_id.csv"))
	must(t, "--data", data, "--lang", "en", "setup", "person", "C1", "Chen")
	if code, _, stderr := station(t, "--data", filepath.Join(dir, "nothing"), "--lang", "en", "backup", file); code != exitFailed || !strings.Contains(stderr, "There is no data in") {
		t.Fatal(code, stderr)
	}
	if out := must(t, "--data", data, "--lang", "en", "backup", file); !strings.Contains(out, file) {
		t.Fatal(out)
	}
	var made, done struct {
		Events, Parcels int
		Head, Aside     string
	}
	decode(t, must(t, "--data", data, "backup", "--json", file), &made) // in the place of the first
	decode(t, must(t, "--data", back, "restore", "--json", file), &done)
	if done != made || made.Events == 0 || made.Parcels == 0 || len(made.Head) != 64 {
		t.Fatalf("%+v and %+v", made, done)
	}
	must(t, "--data", back, "audit")
	for lang, words := range map[string]string{"zh": "里已有数据", "en": "holds data"} {
		if code, _, stderr := station(t, "--data", back, "--lang", lang, "restore", file); code != exitFailed || !strings.Contains(stderr, words) {
			t.Fatalf("%s: exit %d, %s", lang, code, stderr)
		}
	}
	decode(t, must(t, "--data", back, "restore", "--replace", "--json", file), &done)
	if done.Aside == "" {
		t.Fatalf("%+v", done)
	}
	must(t, "--data", done.Aside, "audit")

	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	good[len(good)/2] ^= 1
	write(t, file, string(good))
	for lang, words := range map[string]string{"zh": "坏了或不完整", "en": "damaged or not complete"} {
		empty := filepath.Join(dir, "empty")
		if code, _, stderr := station(t, "--data", empty, "--lang", lang, "restore", file); code != exitFailed || !strings.Contains(stderr, words) {
			t.Fatalf("%s: exit %d, %s", lang, code, stderr)
		}
		if _, err := os.Stat(empty); !errors.Is(err, os.ErrNotExist) {
			t.Fatal("something was left:", err)
		}
	}
	for _, wrong := range [][]string{{"backup"}, {"restore"}, {"restore", "--no-such", file}} {
		if code, _, _ := station(t, append([]string{"--data", data}, wrong...)...); code != exitUsage {
			t.Errorf("%v: exit %d", wrong, code)
		}
	}
}

// A running bench keeps its directory; a backup beside it works.
func TestRestoreKeepsOffARunningBench(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "b")
	s, err := store.Open(data, store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must(t, "--data", data, "backup", file)
	if code, _, stderr := station(t, "--data", data, "restore", "--replace", file); code != exitFailed || !strings.Contains(stderr, "data directory in use by process") {
		t.Fatal(code, stderr)
	}
	must(t, "--data", data, "audit")
}

// The audit names the first bad event in people's words, and in both languages.
func TestAuditSpeaks(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	must(t, "--data", data, "import", testshared.Path(t, "data", "orders", "tiktok_orders_id.csv"))
	db, err := sql.Open("sqlite", filepath.Join(data, "packbench.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE journal SET person = 'somebody' WHERE seq = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string]string{"zh": "第 1 条流水的内容被改过", "en": "event 1: its content was changed"} {
		code, out, stderr := station(t, "--data", data, "--lang", lang, "audit")
		if code != exitFailed || !strings.Contains(out, words) || stderr == "" {
			t.Fatalf("%s: exit %d\n%s%s", lang, code, out, stderr)
		}
	}
	code, out, _ := station(t, "--data", data, "audit", "--json")
	var a store.Audit
	decode(t, out, &a)
	if code != exitFailed || len(a.Findings) == 0 || a.Findings[0].Seq != 1 || a.Findings[0].Kind != store.FoundChanged {
		t.Fatalf("exit %d, %+v", code, a)
	}
}

// Every kind of finding has its sentence.
func TestFindingsHaveWords(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		for _, kind := range []store.FindingKind{
			store.FoundDamage, store.FoundChanged, store.FoundMissing, store.FoundInserted, store.FoundUnlinked, store.FoundUnreadable,
			store.FoundCut, store.FoundAnchor, store.FoundProjection, store.FoundOutbox, store.FoundLabel,
		} {
			var out bytes.Buffer
			e := &env{stdout: &out, stderr: &out, words: speaking(t, lang)}
			e.sayAudit(store.Audit{Findings: []store.Finding{{Kind: kind, Seq: 7, Table: "parcels", Key: "k", Detail: "d"}}})
			if said := out.String(); strings.Contains(said, "cli.audit") || strings.ContainsAny(said, "{}") {
				t.Errorf("%s %s: %s", lang, kind, said)
			}
		}
	}
}

func decode(t *testing.T, out string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(out), to); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
}

func speaking(t *testing.T, lang string) *text.Catalogue {
	t.Helper()
	words, err := text.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	return words
}
