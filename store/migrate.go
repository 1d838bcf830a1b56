package store

import (
	"bufio"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The steps, NNNN.sql, and the schema that they come to, schema.sql.
//
//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the newest migration.
const schemaVersion = 2

// SchemaVersion is the version of the database that this program writes.
func SchemaVersion() int { return schemaVersion }

// midMigration is called in the middle of each step; tests crash there.
var midMigration = func(version int) error { return nil }

// create makes a new database under another name first, so that a file named
// packbench.db is whole at any moment: one that is not was damaged.
func create(path string) error {
	dir, unready := filepath.Dir(path), path+".new"
	err := touch(unready)
	if err == nil {
		err = migrateFile(unready)
	}
	if err == nil {
		err = syncPath(unready)
	}
	if err == nil {
		err = moveInto(unready, path)
	}
	return classify(err, dir, filepath.Base(path))
}

func migrateFile(path string) error {
	q := url.Values{"_journal_mode": {"DELETE"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"}, "_dqs": {"0"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	db.SetMaxOpenConns(1)
	err = migrate(db)
	if err == nil { // there is nothing yet that other rules could have made
		_, err = db.Exec("PRAGMA application_id = " + strconv.Itoa(applicationID))
	}
	return errors.Join(err, db.Close())
}

// version reads which schema a database has, and refuses one that is newer or
// none of this program.
func version(ctx context.Context, db *sql.DB, file string) (int, error) {
	var have, ours int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return 0, fmt.Errorf("read database version: %w", err)
	}
	if have > schemaVersion {
		return have, fault("fault.db_newer", ErrNewer, fmt.Errorf("it has version %d, this program knows %d", have, schemaVersion),
			"have", strconv.Itoa(have), "known", strconv.Itoa(schemaVersion))
	}
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('journal', 'parcels', 'outbox')").Scan(&ours)
	if err != nil {
		return 0, fmt.Errorf("read schema: %w", err)
	}
	if have == 0 || ours != 3 {
		return have, fault("fault.db_foreign", ErrForeign, fmt.Errorf("version %d, %d of our tables", have, ours), "file", file)
	}
	return have, nil
}

// upgrade brings an existing database to schemaVersion. A copy of it, as it
// was, is made before and kept.
func (s *Store) upgrade(ctx context.Context, have int) error {
	copied := filepath.Join(s.Dir, backupsName, fmt.Sprintf("before-schema-%d.db", schemaVersion))
	if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
		return fmt.Errorf("make backups: %w", err)
	}
	unready := copied + ".new"
	if err := vacuumInto(ctx, filepath.Join(s.Dir, databaseName), unready); err != nil {
		return fmt.Errorf("copy database before migration: %w", err)
	}
	if err := moveInto(unready, copied); err != nil {
		return fmt.Errorf("copy database before migration: %w", err)
	}
	if err := migrate(s.write); err != nil {
		if full := classify(err, s.Dir, databaseName); errors.Is(full, ErrDiskFull) {
			return full
		}
		return fault("fault.db_migration", ErrMigration, err, "copy", copied, "have", strconv.Itoa(have), "known", strconv.Itoa(schemaVersion))
	}
	return nil
}

// migrate brings a database to schemaVersion, each step in a transaction of
// its own, and compares what came of it with the schema that is expected.
func migrate(db *sql.DB) error {
	var have int
	if err := db.QueryRow("PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("read database version: %w", err)
	}
	for v := have + 1; v <= schemaVersion; v++ {
		script, err := migrations.ReadFile(fmt.Sprintf("migrations/%04d.sql", v))
		if err != nil {
			return fmt.Errorf("read migration %d: %w", v, err)
		}
		tx, err := db.Begin()
		if err != nil {
			return fmt.Errorf("begin migration %d: %w", v, err)
		}
		_, err = tx.Exec(string(script) + "; PRAGMA user_version = " + strconv.Itoa(v))
		if err == nil {
			err = midMigration(v)
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("migrate database to %d: %w", v, err), ignoreDone(tx.Rollback()))
		}
	}
	return compareSchema(context.Background(), db)
}

// schemaOf lists a database's tables and indexes as SQL, one after another.
func schemaOf(ctx context.Context, db querier) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name")
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		out = append(out, one+";")
	}
	return out, rows.Err()
}

// compareSchema refuses a database that lacks a table or index of
// migrations/schema.sql, or has it otherwise. More, such as an index that
// somebody added by hand, does no harm.
func compareSchema(ctx context.Context, db querier) error {
	golden, err := migrations.ReadFile("migrations/schema.sql")
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	have, err := schemaOf(ctx, db)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, one := range have {
		known[one] = true
	}
	for _, want := range splitSchema(string(golden)) {
		if !known[want] {
			first, _, _ := strings.Cut(want, "\n")
			return fmt.Errorf("check schema: the database has no %q as this program knows it", first)
		}
	}
	return nil
}

// splitSchema is the statements of schema.sql; an empty line parts them.
func splitSchema(text string) []string {
	var out []string
	var one strings.Builder
	lines := bufio.NewScanner(strings.NewReader(text + "\n"))
	for lines.Scan() {
		if line := lines.Text(); line != "" {
			if one.Len() > 0 {
				one.WriteByte('\n')
			}
			one.WriteString(line)
			continue
		}
		if one.Len() > 0 {
			out = append(out, one.String())
			one.Reset()
		}
	}
	if one.Len() > 0 {
		out = append(out, one.String())
	}
	return out
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
