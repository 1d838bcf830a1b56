package store

import (
	"context"
	"fmt"

	"packbench/packing"
)

// ParcelsOfOrder is the parcels of an order of one connection.
func (s *Store) ParcelsOfOrder(ctx context.Context, connection, order string) ([]packing.ParcelID, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id FROM parcels WHERE connection = ? AND order_no = ? ORDER BY id", connection, order)
	if err != nil {
		return nil, fmt.Errorf("find order: %w", err)
	}
	defer rows.Close()
	var ids []packing.ParcelID
	for rows.Next() {
		var id packing.ParcelID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find order: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Stages counts parcels by the word for where they stand.
func (s *Store) Stages(ctx context.Context) (map[packing.Stage]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT stage, count(*) FROM parcels GROUP BY stage")
	if err != nil {
		return nil, fmt.Errorf("count parcels: %w", err)
	}
	defer rows.Close()
	out := map[packing.Stage]int{}
	for rows.Next() {
		var stage packing.Stage
		var n int
		if err := rows.Scan(&stage, &n); err != nil {
			return nil, fmt.Errorf("count parcels: %w", err)
		}
		out[stage] = n
	}
	return out, rows.Err()
}
