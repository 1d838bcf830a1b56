package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"packbench/packing"
)

// Facts answers the rules' needs, each by one indexed lookup. focus is the
// parcel that is open, or nil: goods that are due in it are not looked for
// elsewhere.
func (s *Store) Facts(ctx context.Context, needs []packing.Need, focus *packing.Parcel) (packing.Facts, error) {
	f := packing.Facts{
		Codes:     map[string][]packing.Owner{},
		Lines:     map[packing.ParcelID][]packing.Line{},
		Elsewhere: map[string]packing.Parcel{},
		Parcels:   map[packing.ParcelID]*packing.Parcel{},
		People:    map[packing.PersonID]packing.Person{},
	}
	for _, n := range needs {
		if err := s.fact(ctx, n, focus, &f); err != nil {
			return f, fmt.Errorf("look up %s: %w", n.What, err)
		}
	}
	return f, nil
}

func (s *Store) fact(ctx context.Context, n packing.Need, focus *packing.Parcel, f *packing.Facts) error {
	open := packing.ParcelID("")
	if focus != nil {
		open = focus.ID
	}
	switch n.What {
	case packing.NeedCode:
		return s.codeFact(ctx, n.Key, open, f)
	case packing.NeedElsewhere:
		if dueIn(focus, f.Codes[n.Key]) {
			return nil
		}
		p, err := decodeParcel(s.stmts.elsewhere.QueryRowContext(ctx, n.Key, string(open)))
		if err == nil && p != nil {
			f.Elsewhere[n.Key] = *p
		}
		return err
	case packing.NeedParcel:
		p, err := s.Parcel(ctx, packing.ParcelID(n.Key))
		if p != nil {
			f.Parcels[p.ID] = p
		}
		return err
	case packing.NeedNext:
		rows, err := s.stmts.next.QueryContext(ctx)
		if err != nil {
			return err
		}
		f.Next, err = decodeParcels(rows)
		return err
	case packing.NeedPerson:
		var p packing.Person
		err := s.stmts.person.QueryRowContext(ctx, n.Key).Scan(&p.ID, &p.Name, &p.Role)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		f.People[p.ID] = p
		return err
	}
	return fmt.Errorf("unknown need %q", n.What)
}

// codeFact is everything of ours that carries a code, and the catalogue's word
// on the lines of parcels that still wait for their items.
func (s *Store) codeFact(ctx context.Context, key string, focus packing.ParcelID, f *packing.Facts) error {
	var ofParcels bool // most scans are of goods
	if err := s.stmts.codeKnown.QueryRowContext(ctx, key).Scan(&ofParcels); err != nil {
		return err
	}
	goods, err := s.goodsOwners(ctx, key)
	if err != nil || !ofParcels {
		f.Codes[key] = goods
		return err
	}
	byID := map[packing.ParcelID]*packing.Parcel{}
	rows, err := s.stmts.codeLabels.QueryContext(ctx, key, string(focus))
	if err != nil {
		return err
	}
	owners, err := readOwners(rows, byID, nil)
	if err != nil {
		return err
	}
	if rows, err = s.stmts.codeParcels.QueryContext(ctx, key); err != nil {
		return err
	}
	if owners, err = readOwners(rows, byID, owners); err != nil {
		return err
	}
	for id, p := range byID {
		if p.SealedMs > 0 {
			continue
		}
		lines, err := s.resolve(ctx, p)
		if err != nil {
			return err
		}
		f.Lines[id] = lines
	}
	f.Codes[key] = append(owners, goods...)
	return nil
}

// dueIn tells whether a code is of goods in the parcel.
func dueIn(p *packing.Parcel, owners []packing.Owner) bool {
	for _, o := range owners {
		if p != nil && o.Kind == packing.OwnerGoods && slices.ContainsFunc(p.Lines, func(l packing.Line) bool { return l.Goods == o.Goods.ID }) {
			return true
		}
	}
	return false
}

// readOwners reads parcels and as what they carry the code; a parcel that does
// so in two ways is one in memory.
func readOwners(rows *sql.Rows, byID map[packing.ParcelID]*packing.Parcel, owners []packing.Owner) ([]packing.Owner, error) {
	defer rows.Close()
	for rows.Next() {
		var kind string
		var body []byte
		if err := rows.Scan(&kind, &body); err != nil {
			return nil, err
		}
		p := new(packing.Parcel)
		if err := json.Unmarshal(body, p); err != nil {
			return nil, fmt.Errorf("decode parcel: %w", err)
		}
		if old := byID[p.ID]; old != nil {
			p = old
		}
		byID[p.ID] = p
		owners = append(owners, packing.Owner{Kind: packing.OwnerKind(kind), Parcel: p})
	}
	return owners, rows.Err()
}

func (s *Store) goodsOwners(ctx context.Context, key string) ([]packing.Owner, error) {
	rows, err := s.stmts.codeGoods.QueryContext(ctx, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var owners []packing.Owner
	for rows.Next() {
		o := packing.Owner{Kind: packing.OwnerGoods}
		g := &o.Goods
		if err := rows.Scan(&g.ID, &g.Item.NameZH, &g.Item.NameEN, &g.Item.Spec, &g.Item.Picture, &g.WeightMg, &g.Weight, &o.Units); err != nil {
			return nil, err
		}
		owners = append(owners, o)
	}
	return owners, rows.Err()
}

// resolve copies what the catalogue knows of each line: (connection, listing) → goods.
func (s *Store) resolve(ctx context.Context, p *packing.Parcel) ([]packing.Line, error) {
	lines := make([]packing.Line, len(p.Lines))
	for i, l := range p.Lines {
		err := s.stmts.goodsOf.QueryRowContext(ctx, l.Listing, p.Connection).Scan(
			&l.Goods, &l.Item.NameZH, &l.Item.NameEN, &l.Item.Spec, &l.Item.Picture, &l.WeightMg, &l.Weight)
		if errors.Is(err, sql.ErrNoRows) {
			l.Item = packing.Item{NameZH: l.Name, NameEN: l.Name, Spec: l.Variation}
		} else if err != nil {
			return nil, fmt.Errorf("resolve goods: %w", err)
		}
		lines[i] = l
	}
	return lines, nil
}

// Parcel is a parcel by its id; nil when there is none.
func (s *Store) Parcel(ctx context.Context, id packing.ParcelID) (*packing.Parcel, error) {
	return decodeParcel(s.stmts.parcel.QueryRowContext(ctx, string(id)))
}

func decodeParcel(row *sql.Row) (*packing.Parcel, error) {
	var body []byte
	if err := row.Scan(&body); errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read parcel: %w", err)
	}
	p := new(packing.Parcel)
	if err := json.Unmarshal(body, p); err != nil {
		return nil, fmt.Errorf("decode parcel: %w", err)
	}
	return p, nil
}

func decodeParcels(rows *sql.Rows) ([]*packing.Parcel, error) {
	defer rows.Close()
	var out []*packing.Parcel
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("read parcel: %w", err)
		}
		p := new(packing.Parcel)
		if err := json.Unmarshal(body, p); err != nil {
			return nil, fmt.Errorf("decode parcel: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
