package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"packbench/assets"
	"packbench/upstream"
)

// Columns says what the columns and values of one kind of file mean. It is read
// from strict JSON; names and values are compared without case and spaces around.
type Columns struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	AsOf     string `json:"as_of"`    // date of the evidence
	Evidence string `json:"evidence"` // where the names are from

	// DescriptionRow: the second row may explain the columns.
	DescriptionRow bool `json:"description_row"`
	// Detect lists fields whose columns together mean that it is this kind.
	Detect []string `json:"detect"`
	// Required lists fields without whose columns nothing is read.
	Required []string `json:"required"`
	// Columns gives each field its names, best first.
	Columns map[string][]string `json:"columns"`
	// Address lists columns that together are the buyer's address, in order.
	Address []string `json:"address,omitempty"`
	// Statuses, Substatuses and PaymentStatuses translate texts; a later one wins
	// where those before it say packable. LineStatuses are of single lines.
	Statuses        map[string]upstream.Status `json:"statuses,omitempty"`
	Substatuses     map[string]upstream.Status `json:"substatuses,omitempty"`
	PaymentStatuses map[string]upstream.Status `json:"payment_statuses,omitempty"`
	LineStatuses    map[string]upstream.Status `json:"line_statuses,omitempty"`
	// NoShipping lists values of the field ships that mean nothing to send.
	NoShipping []string `json:"no_shipping,omitempty"`
	// FirstRowOnly: what belongs to an order stands on its first row only, so
	// that two of its later rows may be equal and yet two lines.
	FirstRowOnly bool `json:"first_row_only,omitempty"`
	// OtherWarehouse lists beginnings of a fulfilment type that isn't ours.
	OtherWarehouse []string `json:"other_warehouse,omitempty"`
	// COD lists payment methods that mean cash on delivery.
	COD     []string `json:"cod,omitempty"`
	Markets []Market `json:"markets,omitempty"`
	// Currency (ISO 4217), Zone (IANA) and Dates (mdy or dmy) hold where neither
	// the file nor a market says otherwise.
	Currency string `json:"currency,omitempty"`
	Zone     string `json:"zone,omitempty"`
	Dates    string `json:"dates,omitempty"`
	// Values translates further fixed words.
	Values map[string]string `json:"values,omitempty"`

	own bool // a shop's, not the program's
}

// Market is what a country means for a file.
type Market struct {
	Code      string   `json:"code"` // ISO 3166
	Countries []string `json:"countries"`
	Headers   []string `json:"headers,omitempty"` // columns that only this market has
	Currency  string   `json:"currency"`          // ISO 4217
	Digits    int      `json:"digits"`            // of the currency's minor unit
	Zone      string   `json:"zone"`              // IANA time zone
	Dates     string   `json:"dates"`             // mdy or dmy
}

// orderFields and goodsFields are what a column may mean.
var (
	orderFields = []string{
		"order", "package", "status", "substatus", "cancel", "platform_sku", "sku", "name", "variation", "quantity",
		"amount", "created", "paid", "ship_by", "fulfillment", "waybill", "carrier", "buyer_note", "seller_note",
		"buyer_name", "buyer_account", "phone", "country", "payment", "tote", "wave", "picked_by",
		"currency", "payment_status", "line_status", "cancelled", "ships",
	}
	goodsFields = []string{"sku", "connection", "codes", "name_zh", "name_en", "spec", "weight_g", "weight", "location", "picture"}
)

// Builtin is a column file that comes with the program: "tiktok", "goods".
func Builtin(id string) (Columns, error) {
	f, err := assets.Columns.Open("columns/" + id + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return Columns{}, fmt.Errorf("find columns: there is no %q", id)
	}
	if err != nil {
		return Columns{}, fmt.Errorf("open columns: %w", err)
	}
	c, err := ReadColumns(f)
	return c, errors.Join(err, f.Close())
}

// ReadColumns reads and checks a column file, a shop's own for example.
func ReadColumns(r io.Reader) (Columns, error) {
	var c Columns
	dec := json.NewDecoder(io.LimitReader(r, maxColumnFile))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Columns{}, fmt.Errorf("read columns: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Columns{}, errors.New("read columns: something follows the object")
	}
	if err := c.check(); err != nil {
		return Columns{}, fmt.Errorf("read columns %q: %w", c.ID, err)
	}
	return c, nil
}

func (c *Columns) check() error {
	known := orderFields
	if _, ok := c.Columns["codes"]; ok {
		known = goodsFields
	}
	seen := map[string]string{}
	for field, names := range c.Columns {
		if !slices.Contains(known, field) {
			return fmt.Errorf("unknown field %q", field)
		}
		for _, n := range names {
			if other, twice := seen[fold(n)]; twice || fold(n) == "" {
				return fmt.Errorf("column %q is named for %q and %q", n, other, field)
			}
			seen[fold(n)] = field
		}
	}
	for i, n := range c.Address {
		if fold(n) == "" {
			return fmt.Errorf("address: name %d is blank", i+1)
		}
	}
	for _, field := range slices.Concat(c.Detect, c.Required) {
		if len(c.Columns[field]) == 0 {
			return fmt.Errorf("field %q is needed but has no column", field)
		}
	}
	if len(c.Detect) == 0 {
		return errors.New("detect: nothing to detect the file by")
	}
	if _, order := c.Columns["order"]; !order && len(known) == len(orderFields) {
		return errors.New("columns: there is none for the order")
	}
	for name, table := range map[string]map[string]upstream.Status{
		"statuses": c.Statuses, "substatuses": c.Substatuses, "payment_statuses": c.PaymentStatuses, "line_statuses": c.LineStatuses,
	} {
		for text, s := range table {
			if !s.Known() {
				return fmt.Errorf("%s: status %q of %q is unknown", name, s, text)
			}
			if text != fold(text) {
				return fmt.Errorf("%s: text %q isn't in lower case", name, text)
			}
		}
	}
	if c.Dates != "" && c.Dates != "mdy" && c.Dates != "dmy" {
		return fmt.Errorf("dates: %q, want mdy or dmy", c.Dates)
	}
	if c.Currency != "" && !currencyCode(c.Currency) {
		return fmt.Errorf("currency: %q, want three capital letters of ISO 4217", c.Currency)
	}
	if _, err := location(c.Zone); err != nil {
		return fmt.Errorf("zone: unknown time zone %q", c.Zone)
	}
	for _, m := range c.Markets {
		if m.Dates != "mdy" && m.Dates != "dmy" {
			return fmt.Errorf("market %s: dates %q, want mdy or dmy", m.Code, m.Dates)
		}
		if !currencyCode(m.Currency) || m.Digits < 0 || m.Digits > 3 {
			return fmt.Errorf("market %s: currency %q with %d digits", m.Code, m.Currency, m.Digits)
		}
		if _, err := location(m.Zone); err != nil || m.Zone == "" {
			return fmt.Errorf("market %s: unknown time zone %q", m.Code, m.Zone)
		}
	}
	return nil
}

// fold makes names and values comparable: lower case, no spaces around, single
// spaces within.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
