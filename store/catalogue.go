package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"packbench/code"
)

// Goods is one thing of the catalogue, with the barcodes that lead to it.
type Goods struct {
	Connection   string // "" = every connection
	SKU          string
	Codes        []GoodsCode
	NameZH       string
	NameEN       string
	Spec         string
	WeightMg     int64
	WeightSource string // measured, guessed or ""
	Location     string
	Picture      string
}

// GoodsCode is a barcode and how many units it stands for.
type GoodsCode struct {
	Code  string
	Units int
}

// ID is the catalogue's key of the goods.
func (g Goods) ID() string { return g.Connection + "/" + g.SKU }

// ErrCodeTaken: a barcode leads to other goods already.
var ErrCodeTaken = errors.New("barcode belongs to other goods")

// SaveGoods writes catalogue rows, replacing those with the same SKU and
// connection. All are written or none. It answers how many were new.
func (s *Store) SaveGoods(ctx context.Context, all []Goods) (added int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		for _, g := range all { // first, so that two goods may swap their codes
			if _, err := tx.ExecContext(ctx, "DELETE FROM goods_codes WHERE goods = ?", g.ID()); err != nil {
				return fmt.Errorf("clear codes of %s: %w", g.SKU, err)
			}
		}
		for _, g := range all {
			isNew, err := saveGoods(ctx, tx, g)
			if err != nil {
				return fmt.Errorf("save goods %s: %w", g.SKU, err)
			}
			if isNew {
				added++
			}
		}
		return nil
	})
	return added, err
}

func saveGoods(ctx context.Context, tx *sql.Tx, g Goods) (isNew bool, err error) {
	var have int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM goods WHERE id = ?", g.ID()).Scan(&have); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO goods (id, connection, sku, name_zh, name_en, spec, weight_mg, weight_source, location, picture)
		VALUES (?,?,?,?,?,?,?,?,?,?)`, g.ID(), g.Connection, g.SKU, g.NameZH, g.NameEN, g.Spec, g.WeightMg, g.WeightSource, g.Location, g.Picture)
	if err != nil {
		return false, err
	}
	seen := map[string]bool{}
	for _, c := range g.Codes {
		key := code.Key(c.Code)
		if seen[key] { // the same barcode with 12 and 13 digits
			continue
		}
		seen[key] = true
		var other string
		// The same barcode may serve two shops' catalogues, but within one it means one thing.
		err := tx.QueryRowContext(ctx, `SELECT g.sku FROM goods_codes c JOIN goods g ON g.id = c.goods
			WHERE c.key = ? AND g.connection = ?`, key, g.Connection).Scan(&other)
		if err == nil {
			return false, fmt.Errorf("%w: %s is %s", ErrCodeTaken, c.Code, other)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return false, err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO goods_codes (key, goods, units) VALUES (?,?,?)", key, g.ID(), max(c.Units, 1)); err != nil {
			return false, err
		}
	}
	return have == 0, nil
}

// Person is somebody with a badge.
type Person struct {
	ID         string // the badge's body
	Name       string
	Supervisor bool
	PIN        string // PHC string, "" = none
}

// SavePerson adds or changes a person.
func (s *Store) SavePerson(ctx context.Context, p Person) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO people (id, name, supervisor, pin) VALUES (?,?,?,?)", p.ID, p.Name, p.Supervisor, p.PIN)
		if err != nil {
			return fmt.Errorf("save person: %w", err)
		}
		return nil
	})
}

// People is everybody, by id.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, supervisor, pin FROM people ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	defer rows.Close()
	var out []Person
	for rows.Next() {
		var p Person
		if err := rows.Scan(&p.ID, &p.Name, &p.Supervisor, &p.PIN); err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Settings is every setting that was ever changed.
func (s *Store) Settings(ctx context.Context) (map[string]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT key, value FROM settings")
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, fmt.Errorf("read settings: %w", err)
		}
		out[k] = v
	}
	return out, rows.Err()
}

// Personal is what a label needs and a screen masks.
type Personal struct{ Name, Phone, Address, Note string }

// SavePersonal stores the personal data of parcels, to be erased in time.
func (s *Store) SavePersonal(ctx context.Context, all map[string]Personal, nowMs int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for parcel, p := range all {
			_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO personal (parcel, name, phone, address, note, erase_ms) VALUES (?,?,?,?,?,?)",
				parcel, p.Name, p.Phone, p.Address, p.Note, nowMs+eraseAfter.Milliseconds())
			if err != nil {
				return fmt.Errorf("save personal data: %w", err)
			}
		}
		return nil
	})
}

// Note is the buyer's note on a parcel, "" where there is none.
func (s *Store) Note(ctx context.Context, parcel string) (string, error) {
	var note string
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(note), '') FROM personal WHERE parcel = ?", parcel).Scan(&note)
	if err != nil {
		return "", fmt.Errorf("read note: %w", err)
	}
	return note, nil
}
