package store

import (
	"context"
	"fmt"
	"strings"

	"packbench/code"
	"packbench/packing"
)

// Search finds parcels for a person who asks where one is: by any code of it
// (order, parcel number, waybill, another code of its label, tote, wave), by the
// last four characters of its order, or by the beginning of its order. The most
// urgent come first, at most limit of them.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]*packing.Parcel, error) {
	text = strings.TrimSpace(text)
	if text == "" || limit <= 0 {
		return nil, nil
	}
	for _, q := range []struct {
		ask   bool
		query string
		args  []any
	}{
		{true, `SELECT body FROM parcels WHERE id IN (SELECT parcel FROM codes WHERE key = ?1 LIMIT 1000)
			ORDER BY urgency, id LIMIT ?2`, []any{packing.KeptKey(code.Key(text)), limit}},
		{true, "SELECT body FROM parcels WHERE order_no = ?1 ORDER BY urgency, id LIMIT ?2", []any{text, limit}},
		{len([]rune(text)) == tailLength, `SELECT body FROM parcels WHERE substr(order_no, -4) = ?1
			ORDER BY urgency, id LIMIT ?2`, []any{text, limit}},
		{len(text) > tailLength, "SELECT body FROM parcels WHERE order_no >= ?1 AND order_no < ?1 || char(0x10FFFF) LIMIT ?2", []any{text, limit}},
	} {
		if !q.ask {
			continue
		}
		rows, err := s.read.QueryContext(ctx, q.query, q.args...)
		if err != nil {
			return nil, fmt.Errorf("search %d characters: %w", len(text), err)
		}
		found, err := decodeParcels(rows)
		if err != nil {
			return nil, fmt.Errorf("search %d characters: %w", len(text), err)
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// tailLength is how many last characters of an order people read out; the
// index parcels_tail has as many.
const tailLength = 4
