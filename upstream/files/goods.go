package files

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"packbench/code"
)

// Goods is one thing on the shelf as a catalogue file tells it.
type Goods struct {
	SKU        string
	Connection string // whose listing the SKU is, "" = of all connections
	Codes      []GoodsCode
	NameZH     string
	NameEN     string
	Spec       string
	WeightMg   int64 // milligrams a unit, 0 = unknown
	// WeightSource is "measured", "guessed", or "" if the file doesn't say.
	WeightSource string
	Location     string
	Picture      string // file name or address
}

// GoodsCode is a barcode and the units that it stands for.
type GoodsCode struct {
	Code  string // as written; compare by code.Key
	Units int    // ≥ 1
}

// GoodsResult of ReadGoods.
type GoodsResult struct {
	Goods   []Goods
	Refused []Refusal // if there are any, Goods is empty
	Rows    int
}

// maxWeight is beyond what a bench lifts: 1,000 kg in mg.
const maxWeight = 1_000_000_000

// ReadGoods reads a goods catalogue (CSV or XLSX): sku, connection (optional),
// codes (several separated by | or a space; "code*12" is a code on twelve units),
// name_zh, name_en, spec, weight_g (grams, with a point, to the milligram),
// weight (measured or guessed), location, picture. All or nothing: a barcode that
// was read wrong would let a wrong item pass. The error is about reading r.
func ReadGoods(r io.Reader) (GoodsResult, error) {
	in, err := memory(r)
	if err != nil {
		return readGoods(nil, err)
	}
	return readGoods(in, nil)
}

// ReadGoodsFile is ReadGoods for the file at path.
func ReadGoodsFile(path string) (GoodsResult, error) {
	in, closer, err := openFile(path)
	if err != nil {
		return readGoods(nil, err)
	}
	defer closer.Close()
	return readGoods(in, nil)
}

// readGoods reads in, unless opening it failed already.
func readGoods(in *input, err error) (GoodsResult, error) {
	cols, bad := Builtin("goods")
	if bad != nil {
		return GoodsResult{}, bad
	}
	rd := &goodsReader{cols: cols, skus: map[string]int{}, codes: map[string]int{}}
	if err == nil {
		err = rd.readAll(in)
	}
	if err == nil && in.unchanged != nil {
		if f := in.unchanged(); f != nil {
			err = f
		}
	}
	if err != nil {
		reasons := faultsOf(err)
		if reasons == nil {
			return GoodsResult{}, fmt.Errorf("read goods: %w", err)
		}
		for _, f := range reasons {
			rd.refuse(f)
		}
	}
	if len(rd.res.Refused) > 0 {
		rd.res.Goods = nil
	}
	if rd.more > 0 {
		rd.res.Refused = append(rd.res.Refused, faultAt(0, "", "import.more", "count", strconv.Itoa(rd.more)).Refusal)
	}
	return rd.res, nil
}

type goodsReader struct {
	cols  Columns
	table *table
	at    map[string]int
	skus  map[string]int // connection and sku → row
	codes map[string]int // key of a code → row
	nums  rounded
	res   GoodsResult
	more  int
}

func (rd *goodsReader) refuse(f *fault) {
	if len(rd.res.Refused) >= maxRefused {
		rd.more++
		return
	}
	rd.res.Refused = append(rd.res.Refused, f.Refusal)
}

// fail refuses the row under way for what is in a field.
func (rd *goodsReader) fail(field, key string, args ...string) {
	rd.refuse(faultAt(rd.table.rec.row, rd.table.name(rd.at[field]), key, args...))
}

func (rd *goodsReader) field(name string) string { return strings.Clone(rd.table.field(rd.at[name])) }

func (rd *goodsReader) readAll(in *input) error {
	t, cols, _, err := openTable(in, []Columns{rd.cols})
	if err != nil {
		return err
	}
	t.short = true // written by hand, often without the last commas
	rd.table, rd.at = t, t.layout(&cols)
	for {
		_, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if f := t.shape(); f != nil {
			rd.refuse(f)
			continue
		}
		rd.res.Goods = append(rd.res.Goods, rd.goods())
	}
	rd.res.Rows = t.rows
	if t.rows == 0 {
		return faultAt(0, "", "import.no_rows")
	}
	if rd.nums.sure() {
		name := t.header[rd.at["codes"]]
		return faultAt(0, name, "import.rounded", "column", name)
	}
	return nil
}

// exact refuses what a spreadsheet may have changed: a formula's result, an
// error, a number too long to be kept exactly.
func (rd *goodsReader) exact(field string) bool {
	i := rd.at[field]
	s := rd.table.field(i)
	switch rd.table.kindOf(i) {
	case formula:
		rd.fail(field, "import.formula")
		return false
	case broken:
		rd.fail(field, "import.cell_error", "value", short(s))
		return false
	case number:
		if len(s) > 15 || strings.Trim(s, "0123456789") != "" {
			rd.fail(field, "import.scientific", "value", shownNumber(s))
			return false
		}
	}
	return true
}

// goods reads the row under way and refuses what is wrong with it.
func (rd *goodsReader) goods() Goods {
	g := Goods{
		SKU: cleanID(rd.field("sku")), Connection: rd.field("connection"),
		NameZH: rd.field("name_zh"), NameEN: rd.field("name_en"), Spec: rd.field("spec"),
		Location: rd.field("location"), Picture: rd.field("picture"),
	}
	key := g.Connection + "\x00" + g.SKU
	switch before, twice := rd.skus[key]; {
	case !rd.exact("sku"):
	case g.SKU == "":
		rd.fail("sku", "import.field_missing", "column", rd.table.name(rd.at["sku"]))
	case checkID(g.SKU, true) != "":
		rd.fail("sku", checkID(g.SKU, true), "value", short(g.SKU))
	case twice:
		rd.fail("sku", "import.sku_twice", "sku", short(g.SKU), "row", strconv.Itoa(before))
	default:
		rd.skus[key] = rd.table.rec.row
	}
	g.Codes = rd.goodsCodes()
	rd.weight(&g)
	return g
}

// goodsCodes reads the barcodes of the row under way. A goods without any is
// allowed: the bench prints a label for it.
func (rd *goodsReader) goodsCodes() []GoodsCode {
	var out []GoodsCode
	if !rd.exact("codes") {
		return nil
	}
	units := map[string]int{} // by key, in this row
	for _, part := range strings.FieldsFunc(rd.field("codes"), func(r rune) bool { return r == '|' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		c := GoodsCode{Code: cleanID(part), Units: 1}
		// A star may be part of a code; with digits alone behind it, it is ours.
		if i := strings.LastIndexByte(c.Code, '*'); i >= 0 && i < len(c.Code)-1 && strings.Trim(c.Code[i+1:], "0123456789") == "" {
			n, ok := parseQuantity(c.Code[i+1:])
			if !ok || i == 0 {
				rd.fail("codes", "import.code_units", "value", short(part))
				continue
			}
			c = GoodsCode{Code: c.Code[:i], Units: n}
		}
		if problem := checkID(c.Code, false); problem != "" || code.Key(c.Code) == "" {
			if problem == "" {
				problem = "import.id_form"
			}
			rd.fail("codes", problem, "value", short(part))
			continue
		}
		rd.nums.add(c.Code)
		key := code.Key(c.Code)
		if before, other := rd.codes[key]; other && before != rd.table.rec.row {
			rd.fail("codes", "import.code_twice", "value", short(c.Code), "row", strconv.Itoa(before))
			continue
		}
		if n, again := units[key]; again {
			if n != c.Units {
				rd.fail("codes", "import.code_units", "value", short(part))
			}
			continue // the same code once more, harmless
		}
		rd.codes[key] = rd.table.rec.row
		units[key] = c.Units
		out = append(out, c)
	}
	return slices.Clip(out)
}

// weight reads weight_g and weight.
func (rd *goodsReader) weight(g *Goods) {
	if text := rd.field("weight_g"); text != "" {
		mg, ok := parseGrams(text)
		if !ok {
			rd.fail("weight_g", "import.weight", "value", short(text))
			return
		}
		g.WeightMg = mg
	}
	text := rd.field("weight")
	if text == "" {
		return
	}
	source, known := rd.cols.Values[fold(text)]
	switch {
	case !known:
		rd.fail("weight", "import.weight_source", "value", short(text))
	case g.WeightMg == 0:
		rd.fail("weight_g", "import.weight", "value", "")
	default:
		g.WeightSource = source
	}
}

// parseGrams reads grams with a decimal point into mg, exactly: finer than a
// milligram, zero or too much is refused, and so is a comma, which means
// thousands to one reader and decimals to the next.
func parseGrams(s string) (mg int64, ok bool) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || (point && fraction == "") || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 3 || len(whole) > 12 {
		return 0, false
	}
	mg, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 3-len(fraction)), 10, 64)
	return mg, err == nil && mg > 0 && mg <= maxWeight
}
