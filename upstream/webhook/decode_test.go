package webhook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"packbench/upstream"
)

const goodOrder = `{"type":"order","number":"P1","order":577000000000000001,"status":"packable","lines":[{"listing":"A","quantity":2}]}`

func TestDecodeChangesReadsEveryField(t *testing.T) {
	body := `{"next":17,"extra":1,"changes":[
	{"type":"order","number":"P1","order":577000000000000001,"more_orders":["O3","O2"],"nr":1,"of":2,"tote":"PBTA7X","wave":"W",
	 "picked_by":"B7","carrier":"UPS","waybill":"1Z1","status":"cancel_asked","status_text":"Asked","unknown":{"a":[1]},
	 "lines":[{"listing":"MUG","platform_sku":172,"name":"Mug","variation":"Red","quantity":2,"gift":true},{"platform_sku":"9","quantity":1}],
	 "ship_by":"2026-11-21T10:00:00+08:00","created":1795168800123,"paid":null,"cod":true,
	 "buyer":{"name":"n","phone":"p","address":"a","note":"w"},"seller_note":"s","money":{"minor":2999,"currency":"USD"}},
	{"type":"cancel","number":"P1","order":"O1","asked":true,"at":"2026-11-20T10:00:00Z"}]}`
	got, next, msgs, err := decodeChanges([]byte(body), "erp")
	if err != nil || len(msgs) != 0 || next != "17" {
		t.Fatalf("next %q, %v, %v", next, msgs, err)
	}
	p := upstream.Parcel{
		Connection: "erp", Number: "P1", Order: "577000000000000001", MoreOrders: []string{"O2", "O3"}, Nr: 1, Of: 2,
		Tote: "PBTA7X", Wave: "W", PickedBy: "B7", Carrier: "UPS", Waybill: "1Z1", Status: upstream.CancelAsked, StatusText: "Asked",
		Lines: []upstream.Line{
			{Listing: "MUG", PlatformSKU: "172", Name: "Mug", Variation: "Red", Quantity: 2, Gift: true},
			{Listing: "9", PlatformSKU: "9", Quantity: 1},
		},
		ShipByMs: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC).UnixMilli(), CreatedMs: 1795168800123, COD: true,
		Buyer: upstream.Buyer{Name: "n", Phone: "p", Address: "a", Note: "w"}, SellerNote: "s",
		Money: upstream.Money{Minor: 2999, Currency: "USD"},
	}
	p.Version = p.Hash()
	want := upstream.Changes{
		Parcels: []upstream.Parcel{p},
		Cancels: []upstream.Cancel{{Connection: "erp", Number: "P1", Order: "O1", Asked: true, AtMs: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC).UnixMilli()}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestOneBadChangeDoesNotHoldUpTheRest puts each bad one between two good ones.
func TestOneBadChangeDoesNotHoldUpTheRest(t *testing.T) {
	order := func(fields string) string { return `{"type":"order","number":"BAD",` + fields + `}` }
	lines := `"lines":[{"listing":"A","quantity":1}]`
	for name, bad := range map[string]string{
		"no type":            `{"number":"BAD"}`,
		"no number":          `{"type":"order","status":"packable",` + lines + `}`,
		"no status":          order(lines),
		"no lines":           order(`"status":"packable"`),
		"zero quantity":      order(`"status":"packable","lines":[{"listing":"A","quantity":0}]`),
		"negative quantity":  order(`"status":"packable","lines":[{"listing":"A","quantity":-1}]`),
		"broken quantity":    order(`"status":"packable","lines":[{"listing":"A","quantity":1.5}]`),
		"no listing":         order(`"status":"packable","lines":[{"quantity":1}]`),
		"command":            order(`"status":"packable","lines":[{"listing":"PBCACK0","quantity":1}]`),
		"command waybill":    order(`"status":"packable","waybill":"pbcack0",` + lines),
		"control character":  order(`"status":"packable","waybill":"A\u0002B",` + lines),
		"exponent":           order(`"status":"packable","order":5.77e17,` + lines),
		"long field":         order(`"status":"packable","seller_note":"` + strings.Repeat("x", 10_001) + `",` + lines),
		"seconds":            order(`"status":"packable","created":1795168800,` + lines),
		"bad time":           order(`"status":"packable","created":"20.11.2026",` + lines),
		"piece 3 of 2":       order(`"status":"packable","nr":3,"of":2,` + lines),
		"money":              order(`"status":"packable","money":{"minor":5,"currency":"usd"},` + lines),
		"negative money":     order(`"status":"packable","money":{"minor":-5,"currency":"USD"},` + lines),
		"null":               `null`,
		"text":               `"order"`,
		"type of a sub-part": order(`"status":"packable","buyer":"canary",` + lines),
	} {
		got, next, msgs, err := decodeChanges([]byte(fmt.Sprintf(`{"changes":[%s,%s,%s],"next":"n"}`, goodOrder, bad, goodOrder)), "erp")
		if err != nil || next != "n" || len(got.Parcels) != 2 || len(got.Cancels) != 0 {
			t.Errorf("%s: %d parcels, %v", name, len(got.Parcels), err)
		}
		if len(msgs) != 1 || msgs[0].Key != "upstream.change_refused" || msgs[0].Args["reason"] == "" || strings.Contains(msgs[0].Args["reason"], "canary") {
			t.Errorf("%s: %v", name, msgs)
		}
	}
}

func TestUnknownStatusIsOnHoldInItsOwnWord(t *testing.T) {
	body := `{"changes":[` + strings.Replace(goodOrder, `"packable"`, `"quarantine"`, 1) + `],"next":"1"}`
	got, _, _, err := decodeChanges([]byte(body), "erp")
	if err != nil || len(got.Parcels) != 1 || got.Parcels[0].Status != upstream.OnHold || got.Parcels[0].StatusText != "quarantine" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzDecodeChanges(f *testing.F) {
	f.Add([]byte(`{"changes":[` + goodOrder + `],"next":"1"}`))
	f.Add([]byte(`{"changes":[{"type":"cancel","order":1,"at":1795168800123}],"next":2}`))
	f.Add([]byte(`{"changes":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, next, _, err := decodeChanges(body, "erp")
		if err != nil {
			return
		}
		again, next2, _, err := decodeChanges(body, "erp")
		if err != nil || next != next2 || !cmp.Equal(got, again) {
			t.Fatal("the same page reads differently the second time")
		}
		for _, p := range got.Parcels {
			if p.Number == "" || p.Order == "" || p.Version != p.Hash() || !p.Status.Known() || len(p.Lines) == 0 || p.Nr < 1 || p.Nr > p.Of {
				t.Fatalf("took %+v", p)
			}
			for _, l := range p.Lines {
				if l.Quantity < 1 || l.Listing == "" {
					t.Fatalf("took line %+v", l)
				}
			}
		}
	})
}
