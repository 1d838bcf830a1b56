package upstream

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Hash is the content hash of p: SHA-256 over every field but Version, each
// length-prefixed so that no two contents run into the same bytes, cut to 128
// bits and written as 32 hexadecimal digits.
func (p Parcel) Hash() string {
	w := fieldHash{sha256.New()}
	w.text("parcel/1") // the layout below; change it together
	w.text(p.Connection, p.Number, p.Order)
	w.number(int64(len(p.MoreOrders)))
	w.text(p.MoreOrders...)
	w.number(int64(p.Nr), int64(p.Of))
	w.text(p.Tote, p.Wave, p.PickedBy, p.Carrier, p.Waybill, string(p.Status), p.StatusText)
	w.number(int64(len(p.Lines)))
	for _, l := range p.Lines {
		w.text(l.Listing, l.PlatformSKU, l.Name, l.Variation)
		w.number(int64(l.Quantity))
		w.flag(l.Gift)
	}
	w.number(p.ShipByMs, p.CreatedMs, p.PaidMs)
	w.flag(p.COD)
	w.text(p.Buyer.Name, p.Buyer.Phone, p.Buyer.Address, p.Buyer.Note, p.SellerNote)
	w.number(p.Money.Minor)
	w.text(p.Money.Currency)
	return hex.EncodeToString(w.Sum(nil)[:16])
}

// fieldHash writes fields so that their borders count.
type fieldHash struct{ hash.Hash }

func (w fieldHash) number(values ...int64) {
	for _, v := range values {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v))
		_, _ = w.Write(b[:]) // a hash never fails
	}
}

func (w fieldHash) text(values ...string) {
	for _, v := range values {
		w.number(int64(len(v)))
		_, _ = w.Write([]byte(v))
	}
}

func (w fieldHash) flag(v bool) {
	if v {
		w.number(1)
		return
	}
	w.number(0)
}
