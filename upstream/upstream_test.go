package upstream

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleParcel() Parcel {
	return Parcel{
		Connection: "shop", Number: "P1", Order: "O1", MoreOrders: []string{"O2"}, Nr: 1, Of: 2, Tote: "T", Wave: "W",
		PickedBy: "B7", Carrier: "C", Waybill: "X1", Status: Packable, StatusText: "To ship",
		Lines:    []Line{{Listing: "A", PlatformSKU: "1", Name: "N", Variation: "V", Quantity: 2}},
		ShipByMs: 1, CreatedMs: 2, PaidMs: 3, Buyer: Buyer{Name: "n", Phone: "p", Address: "a", Note: "w"},
		SellerNote: "s", Money: Money{Minor: 5, Currency: "USD"},
	}
}

// TestHashSeesEveryField changes each field in turn by reflection, so that a
// field added later can't be forgotten.
func TestHashSeesEveryField(t *testing.T) {
	base := sampleParcel().Hash()
	if len(base) != 32 || base != sampleParcel().Hash() {
		t.Fatalf("hash %q", base)
	}
	var walk func(path string, at func(*Parcel) reflect.Value)
	walk = func(path string, at func(*Parcel) reflect.Value) {
		p := sampleParcel()
		v := at(&p)
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, func(p *Parcel) reflect.Value { return at(p).Field(i) })
			}
			return
		case reflect.Slice:
			walk(path+"[0]", func(p *Parcel) reflect.Value { return at(p).Index(0) })
			v.Set(reflect.Append(v, v.Index(0)))
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			v.SetInt(v.Int() + 1)
		}
		if same := p.Hash() == base; same != (path == ".Version") {
			t.Errorf("changing %s: same hash = %v", path, same)
		}
	}
	walk("", func(p *Parcel) reflect.Value { return reflect.ValueOf(p).Elem() })
}

func TestHashKeepsFieldBorders(t *testing.T) {
	a, b := sampleParcel(), sampleParcel()
	a.Tote, a.Wave = "AB", "C"
	b.Tote, b.Wave = "A", "BC"
	if a.Hash() == b.Hash() {
		t.Error("AB+C and A+BC have one hash")
	}
}

func TestEventKeepsItsForm(t *testing.T) {
	at := time.Date(2026, 11, 20, 17, 15, 0, 0, time.FixedZone("", 8*3600))
	e := Event{Type: TypeShipped, Time: at, Data: EventData{
		Connection: "shop", Parcel: "P1", Order: "O1", Waybill: "X&1", WeightMg: 812_500, WeightSource: "scale",
		VerifiedBy: "V", PickedBy: "K", SealedAt: &at,
	}}
	got, err := EncodeEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"parcel.shipped","timestamp":"2026-11-20T09:15:00Z","data":{"connection":"shop","parcel":"P1","order":"O1",` +
		`"waybill":"X&1","weight_mg":812500,"weight_source":"scale","picked_by":"K","verified_by":"V","sealed_at":"2026-11-20T09:15:00Z"}}`
	if string(got) != want {
		t.Errorf("payload\n%s\nwant\n%s", got, want)
	}
	back, err := DecodeEvent(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EncodeEvent(back)
	if err != nil || string(again) != want {
		t.Errorf("again: %s, %v", again, err)
	}
	for _, bad := range []string{"", "[]", "{}", `{"type":"x","data":{}}`, strings.Repeat("[", 100_000)} {
		if _, err := DecodeEvent([]byte(bad)); err == nil {
			t.Errorf("no error for %.20q", bad)
		}
	}
	if _, err := EncodeEvent(Event{}); err == nil {
		t.Error("an empty event was encoded")
	}
	if diff := cmp.Diff(e.Data.Parcel, back.Data.Parcel); diff != "" {
		t.Error(diff)
	}
}
