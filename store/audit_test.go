package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"packbench/store"
)

func TestAuditNamesWhatWasChanged(t *testing.T) {
	good := filled(t)
	for name, c := range map[string]struct {
		query string
		want  store.Finding // the first
	}{
		"payload":      {`UPDATE journal SET payload = CAST(replace(CAST(payload AS TEXT), 'WBA', 'WBX') AS BLOB) WHERE seq = 1`, store.Finding{Kind: store.FoundChanged, Seq: 1}},
		"a bit":        {`UPDATE journal SET payload = CAST(replace(CAST(payload AS TEXT), 'mug', 'nug') AS BLOB) WHERE seq = 3`, store.Finding{Kind: store.FoundChanged, Seq: 3}},
		"person":       {`UPDATE journal SET person = 'X' WHERE seq = 5`, store.Finding{Kind: store.FoundChanged, Seq: 5}},
		"time":         {`UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 7`, store.Finding{Kind: store.FoundChanged, Seq: 7}},
		"removed":      {`DELETE FROM journal WHERE seq = 4`, store.Finding{Kind: store.FoundMissing, Seq: 4}},
		"first":        {`DELETE FROM journal WHERE seq = 1`, store.Finding{Kind: store.FoundMissing, Seq: 1}},
		"before":       {`INSERT INTO journal SELECT -1, ulid, at_ms, station, person, parcel, kind, v, cause, payload, prev, hash FROM journal WHERE seq = 1`, store.Finding{Kind: store.FoundInserted, Seq: -1}},
		"put in":       {`UPDATE journal SET seq = -seq - 1 WHERE seq > 4; UPDATE journal SET seq = -seq WHERE seq < 0; INSERT INTO journal SELECT 5, ulid, at_ms, station, person, parcel, kind, v, cause, payload, prev, hash FROM journal WHERE seq = 4`, store.Finding{Kind: store.FoundChanged, Seq: 5}},
		"prev":         {`UPDATE journal SET prev = (SELECT prev FROM journal WHERE seq = 8) WHERE seq = 6`, store.Finding{Kind: store.FoundChanged, Seq: 6}},
		"two swapped":  {`UPDATE journal SET seq = -6 WHERE seq = 6; UPDATE journal SET seq = 6 WHERE seq = 7; UPDATE journal SET seq = 7 WHERE seq = -6`, store.Finding{Kind: store.FoundChanged, Seq: 6}},
		"tail":         {`DELETE FROM journal WHERE seq > (SELECT count(*) - 12 FROM journal)`, store.Finding{Kind: store.FoundCut}},
		"all":          {`DELETE FROM journal`, store.Finding{Kind: store.FoundCut, Seq: 1}},
		"parcel":       {`UPDATE parcels SET stage = 'sealed' WHERE id = 'shop/C'`, store.Finding{Kind: store.FoundProjection, Table: "parcels", Key: "shop/C"}},
		"body":         {`UPDATE parcels SET body = CAST(replace(CAST(body AS TEXT), '"quantity":1', '"quantity":9') AS BLOB) WHERE id >= 'shop/D'`, store.Finding{Kind: store.FoundProjection, Table: "parcels", Key: "shop/D"}},
		"no parcel":    {`DELETE FROM parcels WHERE id = 'shop/B'`, store.Finding{Kind: store.FoundProjection, Table: "parcels", Key: "shop/B"}},
		"more parcels": {`INSERT INTO parcels SELECT 'shop/Z', connection, number, order_no, tote, stage, urgency, ready, body FROM parcels WHERE id = 'shop/B'`, store.Finding{Kind: store.FoundProjection, Table: "parcels", Key: "shop/Z"}},
		"code":         {`DELETE FROM codes WHERE key = 'WBB'`, store.Finding{Kind: store.FoundProjection, Table: "codes", Key: "WBB label shop/B"}},
		"bench":        {`UPDATE benches SET body = CAST('{}' AS BLOB)`, store.Finding{Kind: store.FoundProjection, Table: "benches", Key: "bench-1"}},
		"setting":      {`INSERT INTO settings VALUES ('solo', 'true')`, store.Finding{Kind: store.FoundProjection, Table: "settings", Key: "solo true"}},
		"outbox":       {`UPDATE outbox SET payload = CAST(replace(CAST(payload AS TEXT), 'WBA', 'WBB') AS BLOB)`, store.Finding{Kind: store.FoundProjection, Table: "outbox"}},
		"outbox hash":  {`UPDATE outbox SET sha256 = zeroblob(32)`, store.Finding{Kind: store.FoundProjection, Table: "outbox"}},
		"sent":         {`UPDATE outbox SET state = 'done', attempts = 3`, store.Finding{}}, // that is not the journal's
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, good)
			raw(t, dir, c.query)
			got := firstFinding(t, open(t, dir))
			if got.Kind != c.want.Kind || c.want.Seq != 0 && got.Seq != c.want.Seq || got.Table != c.want.Table || c.want.Key != "" && got.Key != c.want.Key {
				t.Fatalf("found %+v, want %+v", got, c.want)
			}
		})
	}
}

func firstFinding(t *testing.T, s *store.Store) store.Finding {
	t.Helper()
	a, err := s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Findings) != len(a.Problems) {
		t.Fatalf("%+v", a)
	}
	if len(a.Findings) == 0 {
		return store.Finding{}
	}
	return a.Findings[0]
}

// Somebody with the file and this program writes the journal anew from one
// event on, hashes and all: the chain is whole, and what was copied before says
// otherwise.
func TestAuditAnchors(t *testing.T) {
	for name, c := range map[string]struct {
		forge func(t *testing.T, dir string)
		want  store.FindingKind
	}{
		"unchanged": {func(*testing.T, string) {}, ""},
		"rewritten": {func(t *testing.T, dir string) { rewrite(t, dir, 5) }, store.FoundAnchor},
		"cut":       {func(t *testing.T, dir string) { raw(t, dir, "DELETE FROM journal WHERE seq > 6; DELETE FROM outbox") }, store.FoundCut},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			s := open(t, dir)
			if _, err := s.BackupDaily(t.Context(), testNow); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			c.forge(t, dir)
			s = open(t, dir)
			if name == "rewritten" {
				if err := s.Check(t.Context()); err != nil {
					t.Fatal("the forged chain must be whole:", err)
				}
			}
			if got := firstFinding(t, s); got.Kind != c.want {
				t.Fatalf("found %+v", got)
			}
		})
	}
}

// rewrite changes an event's time and makes every hash after it right.
func rewrite(t *testing.T, dir string, seq int64) {
	t.Helper()
	var all []store.Entry
	s := open(t, dir)
	if err := s.Journal(t.Context(), func(e store.Entry) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := rawOpen(t, dir)
	defer db.Close()
	for i, e := range all {
		if e.Seq < seq {
			continue
		}
		if e.Seq == seq {
			e.Person += "X"
		}
		e.Prev = all[i-1].Hash
		e.Hash = chainHash(e)
		all[i] = e
		if _, err := db.Exec("UPDATE journal SET person = ?, prev = ?, hash = ? WHERE seq = ?", e.Person, e.Prev, e.Hash, e.Seq); err != nil {
			t.Fatal(err)
		}
	}
}

// chainHash is the documented hash of an event, written a second time.
func chainHash(e store.Entry) []byte {
	var b []byte
	num := func(v int64) { b = binary.BigEndian.AppendUint64(b, uint64(v)) }
	str := func(s string) { num(int64(len(s))); b = append(b, s...) }
	num(e.Seq)
	str(e.ULID)
	num(e.AtMs)
	str(e.Station)
	str(e.Person)
	str(e.Parcel)
	str(e.Kind)
	num(int64(e.V))
	str(e.Cause)
	str(string(e.Payload))
	str(string(e.Prev))
	sum := sha256.Sum256(b)
	return sum[:]
}

// The labels' bytes are compared with their names, and the pages' with their checksums.
func TestAuditLabels(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  int
	}{
		"unchanged": {"SELECT 1", 0},
		"a file":    {"UPDATE files SET bytes = CAST('%PDF-other' AS BLOB)", 1},
		"its name":  {"UPDATE files SET hash = '00'", 1},
		"a page":    {"UPDATE pages SET bits = CAST(substr(bits, 1, length(bits) - 1) || x'00' AS BLOB)", 1},
		"its size":  {"UPDATE pages SET h = h + 1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			hash, err := s.SaveLabelFile(t.Context(), "pdf", []byte("%PDF-label"), testNow.UnixMilli())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SavePage(t.Context(), hash, 0, "203", page()); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", filepath.Join(s.Dir, "labels.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(c.query); err != nil {
				t.Fatal(err)
			}
			a, err := s.Audit(t.Context())
			if err != nil || len(a.Findings) != c.want || c.want > 0 && a.Findings[0].Kind != store.FoundLabel {
				t.Fatalf("%+v %v", a, err)
			}
			if name == "a file" { // what was changed is never printed
				_, err := s.LabelFile(t.Context(), hash)
				speaks(t, err, store.ErrDamaged)
			}
			bm, err := s.Page(t.Context(), hash, 0, "203")
			if err != nil || (bm == nil) != (strings.HasPrefix(name, "a page") || name == "its size") {
				t.Fatal("a damaged page is rendered again:", bm, err)
			}
		})
	}
}

// Whatever is damaged in the file while it is open, an audit ends and says so.
func TestAuditOfDamage(t *testing.T) {
	good := filled(t)
	pages, found := len(read(t, filepath.Join(good, "packbench.db")))/4096, 0
	for at := 1; at < pages; at++ {
		dir := copied(t, good)
		s, err := store.Open(dir, store.Options{Shared: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := poke(dir, "packbench.db", int64(at)*4096, strings.Repeat("\xff", 4096)); err != nil {
			t.Fatal(err)
		}
		if firstFinding(t, s).Kind != "" {
			found++
		} else {
			t.Log("page", at+1, "is not missed")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var free int // what lies in them is nothing
	db := rawOpen(t, good)
	defer db.Close()
	if err := db.QueryRow("PRAGMA freelist_count").Scan(&free); err != nil {
		t.Fatal(err)
	}
	if found != pages-1-free {
		t.Fatalf("of %d damaged pages in use %d were found", pages-1-free, found)
	}
}

// FuzzEntry: no row of the journal makes the program panic, and an event that
// was read can be written again.
func FuzzEntry(f *testing.F) {
	for _, kind := range []string{"sealed", "parcel_arrived", "opened", "setting_changed", "outbox_answered", "???"} {
		f.Add(kind, 1, []byte(`{"body":{}}`))
		f.Add(kind, 2, []byte(`{"scan":{"key":"A"},"body":{"parcel":{"lines":[{}]}}}`))
		f.Add(kind, 1, []byte(`{"body":null}`))
		f.Add(kind, 0, []byte(`{`))
	}
	f.Fuzz(func(t *testing.T, kind string, version int, payload []byte) {
		e := store.Entry{Seq: 1, Kind: kind, V: version, Parcel: "p", Payload: payload}
		ev, err := e.Event()
		if err != nil {
			return
		}
		if ev.Body == nil || ev.Body.Kind() != kind {
			t.Fatalf("kind %q version %d gave %T", kind, version, ev.Body)
		}
		if err := store.Replayable(ev); err != nil {
			t.Fatal(err)
		}
	})
}

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"packbench.db", "labels.db"} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join(from, name)))
	}
	return dir
}
