package store

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write migrations/schema.sql anew")

// What the migrations come to is what migrations/schema.sql says, and every
// database is compared with it when it is opened.
func TestSchemaIsTheGolden(t *testing.T) {
	const golden = "migrations/schema.sql"
	path := filepath.Join(t.TempDir(), "x.db")
	if *update { // compareSchema would refuse the new one
		if err := os.WriteFile(golden, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := migrateFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	have, err := schemaOf(context.Background(), db)
	if err != nil || len(have) < 20 {
		t.Fatalf("%d statements, %v", len(have), err)
	}
	text := strings.Join(have, "\n\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Fatalf("the schema is\n%s\nand migrations/schema.sql is otherwise; with -update it is written anew", text)
	}
	if *update {
		return // what is embedded is still the old one
	}
	if !slices.Equal(splitSchema(text), have) {
		t.Fatal("schema.sql does not fall into its statements")
	}
	for _, harm := range []string{"DROP INDEX outbox_of", "ALTER TABLE cursors ADD COLUMN x TEXT"} {
		if _, err := db.Exec(harm); err != nil {
			t.Fatal(err)
		}
		if err := compareSchema(context.Background(), db); err == nil {
			t.Errorf("after %s the schema passes", harm)
		}
	}
}
