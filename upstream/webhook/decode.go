package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"packbench/code"
	"packbench/upstream"
)

// Limits of one change; what is beyond them is a mistake, not an order.
const (
	maxText     = 10_000 // bytes of a field
	maxLines    = 5_000
	maxQuantity = 100_000
	maxPieces   = 1_000 // parcels of one order
)

// text is a JSON string, or an integer written without one. Numbers with a
// fraction or exponent have lost digits already and are refused.
type text string

// UnmarshalJSON keeps the digits of an integer as they are.
func (t *text) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("read text: %w", err)
		}
		*t = text(s)
		return nil
	}
	s := string(b)
	if digits := strings.TrimPrefix(s, "-"); digits == "" || strings.Trim(digits, "0123456789") != "" {
		return errors.New("an identifier must be text")
	}
	*t = text(s)
	return nil
}

// moment is a time: RFC 3339, unix milliseconds, or nothing.
type moment int64

// UnmarshalJSON reads either form into ms UTC.
func (m *moment) UnmarshalJSON(b []byte) error {
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return errors.New("a time must be RFC 3339 or unix milliseconds")
	}
	if t == "" {
		return nil
	}
	if ms, err := strconv.ParseInt(string(t), 10, 64); err == nil {
		// Seconds would be 1970; nothing of ours is older than 2001.
		if ms != 0 && (ms < 1_000_000_000_000 || ms > 99_999_999_999_999) {
			return errors.New("a time in numbers must be unix milliseconds")
		}
		*m = moment(ms)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(t))
	if err != nil || at.Year() < 1970 || at.Year() > 5000 {
		return errors.New("a time must be RFC 3339 or unix milliseconds")
	}
	*m = moment(at.UnixMilli())
	return nil
}

// change is one entry of the feed on the wire.
type change struct {
	Type       string `json:"type"`
	Number     text   `json:"number"`
	Order      text   `json:"order"`
	MoreOrders []text `json:"more_orders"`
	Nr         int    `json:"nr"`
	Of         int    `json:"of"`
	Tote       text   `json:"tote"`
	Wave       text   `json:"wave"`
	PickedBy   text   `json:"picked_by"`
	Carrier    text   `json:"carrier"`
	Waybill    text   `json:"waybill"`
	Status     string `json:"status"`
	StatusText text   `json:"status_text"`
	Lines      []line `json:"lines"`
	ShipBy     moment `json:"ship_by"`
	Created    moment `json:"created"`
	Paid       moment `json:"paid"`
	COD        bool   `json:"cod"`
	Buyer      struct {
		Name    text `json:"name"`
		Phone   text `json:"phone"`
		Address text `json:"address"`
		Note    text `json:"note"`
	} `json:"buyer"`
	SellerNote text `json:"seller_note"`
	Money      struct {
		Minor    int64  `json:"minor"`
		Currency string `json:"currency"`
	} `json:"money"`
	Asked bool   `json:"asked"`
	At    moment `json:"at"`
}

type line struct {
	Listing     text `json:"listing"`
	PlatformSKU text `json:"platform_sku"`
	Name        text `json:"name"`
	Variation   text `json:"variation"`
	Quantity    int  `json:"quantity"`
	Gift        bool `json:"gift"`
}

// decodeChanges reads a page. The error means that the page is unusable as a
// whole; a single bad change becomes a Msg and the rest is taken.
func decodeChanges(body []byte, connection string) (upstream.Changes, upstream.Cursor, []upstream.Msg, error) {
	var page struct {
		Changes *[]json.RawMessage `json:"changes"`
		Next    *text              `json:"next"`
	}
	var out upstream.Changes
	if !utf8.Valid(body) {
		return out, "", nil, errors.New("it is no UTF-8")
	}
	if err := json.Unmarshal(bytes.TrimSpace(body), &page); err != nil {
		// Names a place and a type, never a value.
		return out, "", nil, errors.New("it is no page of changes in JSON")
	}
	if page.Changes == nil || page.Next == nil {
		return out, "", nil, errors.New(`"changes" or "next" is missing`)
	}
	var msgs []upstream.Msg
	for i, raw := range *page.Changes {
		var c change
		err := json.Unmarshal(raw, &c)
		if err != nil {
			err = plain(err)
		} else {
			err = c.addTo(&out, connection)
		}
		if err != nil {
			msgs = append(msgs, upstream.Msg{Key: "upstream.change_refused", Args: map[string]string{
				"number": number(c, i), "reason": err.Error(),
			}})
		}
	}
	return out, upstream.Cursor(*page.Next), msgs, nil
}

// plain keeps a decoder's error free of values.
func plain(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q has the wrong type", e.Field)
	}
	return err
}

// number names a change for people: its number, else its order, else its place.
func number(c change, i int) string {
	for _, t := range []text{c.Number, c.Order} {
		if t != "" && len(t) <= 100 {
			return string(t)
		}
	}
	return "#" + strconv.Itoa(i+1)
}

func (c change) addTo(out *upstream.Changes, connection string) error {
	if err := c.check(); err != nil {
		return err
	}
	switch c.Type {
	case "order":
		p, err := c.parcel(connection)
		if err != nil {
			return err
		}
		out.Parcels = append(out.Parcels, p)
	case "cancel":
		out.Cancels = append(out.Cancels, upstream.Cancel{
			Connection: connection, Number: string(c.Number), Order: string(c.Order), Asked: c.Asked, AtMs: int64(c.At),
		})
	default:
		return errors.New(`"type" is neither order nor cancel`)
	}
	return nil
}

// check looks at the lengths of all texts and the form of the identifiers.
func (c change) check() error {
	if c.Number == "" && c.Order == "" {
		return errors.New("number and order are missing")
	}
	// Tote, wave and picker may well be command codes: that is how benches print
	// their totes and badges.
	ids := []text{c.Number, c.Order, c.Waybill}
	ids = append(ids, c.MoreOrders...)
	texts := []text{
		c.Tote, c.Wave, c.PickedBy, c.Carrier, c.StatusText, c.SellerNote,
		c.Buyer.Name, c.Buyer.Phone, c.Buyer.Address, c.Buyer.Note, text(c.Money.Currency), text(c.Status),
	}
	for _, l := range c.Lines {
		ids = append(ids, l.Listing, l.PlatformSKU)
		texts = append(texts, l.Name, l.Variation)
	}
	for _, t := range slices.Concat(ids, texts) {
		if len(t) > maxText {
			return errors.New("a field is longer than 10 kB")
		}
	}
	for _, id := range ids {
		if code.LooksLikeCommand(string(id)) {
			return errors.New("an identifier has the form of a command code")
		}
		if strings.ContainsFunc(string(id), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errors.New("an identifier holds a control character")
		}
	}
	return nil
}

func (c change) parcel(connection string) (upstream.Parcel, error) {
	p := upstream.Parcel{
		Connection: connection, Number: string(c.Number), Order: string(c.Order), Nr: c.Nr, Of: c.Of,
		Tote: string(c.Tote), Wave: string(c.Wave), PickedBy: string(c.PickedBy),
		Carrier: string(c.Carrier), Waybill: string(c.Waybill),
		Status: upstream.Status(c.Status), StatusText: string(c.StatusText),
		ShipByMs: int64(c.ShipBy), CreatedMs: int64(c.Created), PaidMs: int64(c.Paid), COD: c.COD,
		Buyer: upstream.Buyer{
			Name: string(c.Buyer.Name), Phone: string(c.Buyer.Phone), Address: string(c.Buyer.Address), Note: string(c.Buyer.Note),
		},
		SellerNote: string(c.SellerNote),
		Money:      upstream.Money{Minor: c.Money.Minor, Currency: c.Money.Currency},
	}
	for _, o := range c.MoreOrders {
		p.MoreOrders = append(p.MoreOrders, string(o))
	}
	slices.Sort(p.MoreOrders)
	if p.Number == "" {
		p.Number = p.Order
	}
	if p.Order == "" {
		p.Order = p.Number
	}
	if p.Nr == 0 && p.Of == 0 {
		p.Nr, p.Of = 1, 1
	}
	if p.Nr < 1 || p.Nr > p.Of || p.Of > maxPieces {
		return p, fmt.Errorf("parcel %d of %d", p.Nr, p.Of)
	}
	if p.Status == "" {
		return p, errors.New("status is missing")
	}
	if !p.Status.Known() {
		// Nobody packs what we can't read; the board shows the word itself.
		if p.StatusText == "" {
			p.StatusText = c.Status
		}
		p.Status = upstream.OnHold
	}
	if m := p.Money; m.Minor < 0 || (m.Minor != 0 && !currency(m.Currency)) {
		return p, errors.New("money is negative or has no ISO 4217 currency")
	}
	if len(c.Lines) == 0 || len(c.Lines) > maxLines {
		return p, fmt.Errorf("%d lines, want 1 to %d", len(c.Lines), maxLines)
	}
	for i, l := range c.Lines {
		if l.Quantity < 1 || l.Quantity > maxQuantity {
			return p, fmt.Errorf("line %d: quantity %d", i+1, l.Quantity)
		}
		if l.Listing == "" {
			l.Listing = l.PlatformSKU
		}
		if l.Listing == "" {
			return p, fmt.Errorf("line %d: listing and platform_sku are missing", i+1)
		}
		p.Lines = append(p.Lines, upstream.Line{
			Listing: string(l.Listing), PlatformSKU: string(l.PlatformSKU), Name: string(l.Name),
			Variation: string(l.Variation), Quantity: l.Quantity, Gift: l.Gift,
		})
	}
	p.Version = p.Hash()
	return p, nil
}

func currency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
