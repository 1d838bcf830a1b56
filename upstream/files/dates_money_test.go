package files

import (
	"fmt"
	"testing"
	"time"
)

func TestDatesAreDecidedPerFile(t *testing.T) {
	for _, c := range []struct {
		name            string
		country, market string
		created         []string
		want            int64 // of the first
	}{
		{"AM/PM is month first", "Indonesia", "", []string{"06/10/2026 07:00:00 PM"}, at("Asia/Jakarta", 2026, 6, 10, 19, 0, 0)},
		{"midnight", "United States", "", []string{"06/10/2026 12:00:00 AM"}, at("America/Los_Angeles", 2026, 6, 10, 0, 0, 0)},
		{"a day above 12 in another row", "", "", []string{"06/10/2026 07:00:00", "06/13/2026 07:00:00"}, at("UTC", 2026, 6, 10, 7, 0, 0)},
		{"evidence beats the market", "United States", "", []string{"06/10/2026 07:00:00", "13/10/2026 07:00:00"}, at("America/Los_Angeles", 2026, 10, 6, 7, 0, 0)},
		{"the market decides", "United States", "", []string{"06/10/2026 07:00:00"}, at("America/Los_Angeles", 2026, 6, 10, 7, 0, 0)},
		{"the market decides", "Thailand", "", []string{"06/10/2026 07:00"}, at("Asia/Bangkok", 2026, 10, 6, 7, 0, 0)},
		{"the caller's market", "", "us", []string{"06/10/2026 07:00:00"}, at("America/Los_Angeles", 2026, 6, 10, 7, 0, 0)},
		{"no market is day first", "", "", []string{"06/10/2026 07:00:00"}, at("UTC", 2026, 10, 6, 7, 0, 0)},
		{"ISO needs no decision", "Indonesia", "", []string{"2026-10-06 07:00:00"}, at("Asia/Jakarta", 2026, 10, 6, 7, 0, 0)},
	} {
		var rows []map[string]string
		for i, s := range c.created {
			rows = append(rows, row("Order ID", fmt.Sprint(i+1), "Created Time", s+"\t", "Country", c.country))
		}
		res := readOrders(t, tiktok(rows...), Options{Market: c.market})
		if len(res.Parcels) != len(rows) || res.Parcels[0].CreatedMs != c.want {
			t.Errorf("%s %v: %v, want %v (%v)", c.name, c.created, time.UnixMilli(res.Parcels[0].CreatedMs).UTC(), time.UnixMilli(c.want).UTC(), res.Refused)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits int
		want   int64
		ok     bool
	}{
		{"29.99", 2, 2999, true},
		{"29,99 €", 2, 2999, true},
		{"IDR 0", 2, 0, true},
		{"IDR 50.000", 2, 5000000, true},
		{"50000", 2, 5000000, true},
		{"Rp1.299.000", 2, 129900000, true},
		{"Rp. 1.299.000,50", 2, 129900050, true},
		{"1,299.5", 2, 129950, true},
		{"₫120.000", 0, 120000, true},
		{"120000.00", 0, 120000, true},
		{"$ 1 299,00", 2, 129900, true},
		{"9223372036854775807", 0, 0, false},
		{"99999999999999999999", 2, 0, false},
		{"120000.50", 0, 0, false},
		{"", 2, 0, false},
		{"free", 2, 0, false},
		{"-5", 2, 0, false},
		{"(5)", 2, 0, false},
		{"1.2.3", 2, 0, false},
		{"1,29,900.00", 2, 0, false},
		{"5.77E+17", 2, 0, false},
		{"5.", 2, 500, true},
		{"0.500", 2, 0, false},
		{"1.1234", 2, 0, false},
		{"1.290", 0, 1290, true},
	} {
		if got, ok := parseMoney(c.text, c.digits); ok != c.ok || (ok && got != c.want) {
			t.Errorf("parseMoney(%q, %d) = %d, %v; want %d, %v", c.text, c.digits, got, ok, c.want, c.ok)
		}
	}
}
