package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// statements are the queries of the way of a scan, prepared once.
type statements struct {
	parcel, codeKnown, codeParcels, codeLabels, codeGoods, elsewhere, next, person, goodsOf *sql.Stmt
}

const parcelColumn = "SELECT body FROM parcels WHERE id = ?"

func (st *statements) prepare(s *Store) error {
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&st.parcel, parcelColumn},
		{&st.codeKnown, "SELECT EXISTS (SELECT 1 FROM codes WHERE key = ?)"},
		{&st.codeParcels, `SELECT c.kind, p.body FROM codes c CROSS JOIN parcels p ON p.id = c.parcel
			WHERE c.key = ? AND c.kind <> 'label' ORDER BY p.urgency, p.id LIMIT 1000`},
		// Two owners make a label's code weak; a postcode may have a million.
		{&st.codeLabels, `SELECT c.kind, p.body FROM codes c CROSS JOIN parcels p ON p.id = c.parcel
			WHERE c.key = ?1 AND c.kind = 'label' AND c.parcel = ?2
			UNION ALL SELECT * FROM (SELECT c.kind, p.body FROM codes c CROSS JOIN parcels p ON p.id = c.parcel
			WHERE c.key = ?1 AND c.kind = 'label' AND c.parcel <> ?2 LIMIT 2)`},
		{&st.codeGoods, `SELECT g.id, g.name_zh, g.name_en, g.spec, g.picture, g.weight_mg, g.weight_source, c.units
			FROM goods_codes c JOIN goods g ON g.id = c.goods WHERE c.key = ? ORDER BY g.id LIMIT 20`},
		{&st.elsewhere, `SELECT p.body FROM goods_codes c CROSS JOIN goods g ON g.id = c.goods
			CROSS JOIN lines l ON l.listing = g.sku AND (g.connection = '' OR g.connection = l.connection)
			CROSS JOIN parcels p ON p.id = l.parcel
			WHERE c.key = ?1 AND l.parcel <> ?2 LIMIT 1`},
		{&st.next, `SELECT body FROM parcels WHERE ready = 1 ORDER BY urgency, id LIMIT 12`},
		{&st.person, `SELECT id, name, role FROM people WHERE id = ?`},
		{&st.goodsOf, `SELECT id, name_zh, name_en, spec, picture, weight_mg, weight_source FROM goods
			WHERE sku = ?1 AND connection IN ('', ?2) ORDER BY connection = '' LIMIT 1`},
	} {
		stmt, err := s.read.Prepare(p.query)
		if err != nil {
			return fmt.Errorf("prepare query: %w", err)
		}
		*p.stmt = stmt
	}
	return nil
}

// writes are the statements of every commit, prepared once on the writer.
type writes struct {
	entry, parcel, saveParcel, saveBody, bench, clearCodes, saveCode, clearLines, saveLine *sql.Stmt
}

func (w *writes) prepare(db *sql.DB) error {
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&w.entry, "INSERT INTO journal (" + entryColumns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"},
		{&w.parcel, parcelColumn},
		{&w.saveParcel, `INSERT INTO parcels (id, connection, number, order_no, tote, stage, urgency, ready, body)
			VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET connection = excluded.connection, number = excluded.number,
			order_no = excluded.order_no, tote = excluded.tote, stage = excluded.stage, urgency = excluded.urgency,
			ready = excluded.ready, body = excluded.body`},
		{&w.saveBody, "UPDATE parcels SET body = ? WHERE id = ?"}, // leaves the indexes alone
		{&w.bench, "INSERT INTO benches (station, body) VALUES (?,?) ON CONFLICT (station) DO UPDATE SET body = excluded.body"},
		{&w.clearCodes, "DELETE FROM codes WHERE parcel = ?"},
		{&w.saveCode, "INSERT OR IGNORE INTO codes (key, kind, parcel) VALUES (?,?,?)"},
		{&w.clearLines, "DELETE FROM lines WHERE parcel = ?"},
		{&w.saveLine, "INSERT OR IGNORE INTO lines (listing, connection, parcel) VALUES (?,?,?)"},
	} {
		stmt, err := db.Prepare(p.query)
		if err != nil {
			return fmt.Errorf("prepare statement: %w", err)
		}
		*p.stmt = stmt
	}
	return nil
}

func (w *writes) close() error {
	return closeAll(w.entry, w.parcel, w.saveParcel, w.saveBody, w.bench, w.clearCodes, w.saveCode, w.clearLines, w.saveLine)
}

func (st *statements) close() error {
	return closeAll(st.parcel, st.codeKnown, st.codeParcels, st.codeLabels, st.codeGoods, st.elsewhere, st.next, st.person, st.goodsOf)
}

func closeAll(stmts ...*sql.Stmt) error {
	var errs []error
	for _, stmt := range stmts {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
