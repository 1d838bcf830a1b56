package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"packbench/code"
	"packbench/packing"
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
// connection; of two with the same, the last counts. A barcode that leads to
// other goods of the connection refuses all of them. They are written in the
// background: a crash leaves the first ones, and the same call again completes
// them. It answers how many were new.
func (s *Store) SaveGoods(ctx context.Context, all []Goods) (added int, err error) {
	if s.write == nil {
		return 0, errReading
	}
	s.goods.Lock()
	defer s.goods.Unlock()
	if err := s.checkGoods(ctx, all); err != nil {
		return 0, err
	}
	err = s.Background(ctx, func(c *Chunk) (bool, error) {
		for len(all) > 0 && c.Room() {
			isNew, err := saveGoods(ctx, c.Tx, all[0])
			if err != nil {
				return false, fmt.Errorf("save goods %s: %w", all[0].SKU, err)
			}
			if isNew {
				added++
			}
			all = all[1:]
		}
		return len(all) == 0, nil
	})
	return added, err
}

// checkGoods refuses a catalogue in which a barcode would lead to two goods of
// one connection. The same barcode may serve two shops' catalogues.
func (s *Store) checkGoods(ctx context.Context, all []Goods) error {
	type place struct{ connection, key string }
	coming, owner := map[string]bool{}, map[place]string{}
	for _, g := range all {
		coming[g.ID()] = true
	}
	for _, g := range all {
		for _, c := range g.Codes {
			at := place{g.Connection, code.Key(c.Code)}
			if other, ok := owner[at]; ok && other != g.SKU {
				return fmt.Errorf("save goods %s: %w: %s is %s", g.SKU, ErrCodeTaken, c.Code, other)
			}
			owner[at] = g.SKU
			if err := s.checkOwner(ctx, g, c, at.key, coming); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkOwner refuses a barcode of goods that stay as they are.
func (s *Store) checkOwner(ctx context.Context, g Goods, c GoodsCode, key string, coming map[string]bool) error {
	rows, err := s.read.QueryContext(ctx, "SELECT g.id, g.sku FROM goods_codes c JOIN goods g ON g.id = c.goods WHERE c.key = ? AND g.connection = ?", key, g.Connection)
	if err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, sku string
		if err := rows.Scan(&id, &sku); err != nil {
			return fmt.Errorf("read catalogue: %w", err)
		}
		if !coming[id] {
			return fmt.Errorf("save goods %s: %w: %s is %s", g.SKU, ErrCodeTaken, c.Code, sku)
		}
	}
	return rows.Err()
}

// saveGoods replaces one row and its barcodes. While others are still to come,
// a barcode that changes hands may lead to both, never to none.
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
	if _, err := tx.ExecContext(ctx, "DELETE FROM goods_codes WHERE goods = ?", g.ID()); err != nil {
		return false, err
	}
	for _, c := range g.Codes { // the same barcode with 12 and 13 digits is one
		_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO goods_codes (key, goods, units) VALUES (?,?,?)", code.Key(c.Code), g.ID(), max(c.Units, 1))
		if err != nil {
			return false, err
		}
	}
	return have == 0, nil
}

// Person is somebody with a badge.
type Person struct {
	ID   string // the badge's body
	Name string
	Role packing.Role // "" = packer
	PIN  string       // PHC string, "" = none
}

// SavePerson adds or changes a person.
func (s *Store) SavePerson(ctx context.Context, p Person) error {
	if p.Role == "" {
		p.Role = packing.RolePacker
	}
	if !p.Role.Known() {
		return fmt.Errorf("save person %s: there is no role %q", p.ID, p.Role)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO people (id, name, role, pin) VALUES (?,?,?,?)", p.ID, p.Name, string(p.Role), p.PIN)
		if err != nil {
			return fmt.Errorf("save person: %w", err)
		}
		return nil
	})
}

// People is everybody, by id.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, role, pin FROM people ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	defer rows.Close()
	var out []Person
	for rows.Next() {
		var p Person
		if err := rows.Scan(&p.ID, &p.Name, &p.Role, &p.PIN); err != nil {
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
	if len(all) == 0 {
		return nil
	}
	left := slices.Sorted(maps.Keys(all))
	return s.Background(ctx, func(c *Chunk) (bool, error) {
		for len(left) > 0 && c.Room() {
			p := all[left[0]]
			_, err := c.ExecContext(ctx, "INSERT OR REPLACE INTO personal (parcel, name, phone, address, note, erase_ms) VALUES (?,?,?,?,?,?)",
				left[0], p.Name, p.Phone, p.Address, p.Note, nowMs+eraseAfter.Milliseconds())
			if err != nil {
				return false, fmt.Errorf("save personal data: %w", err)
			}
			left = left[1:]
		}
		return len(left) == 0, nil
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
