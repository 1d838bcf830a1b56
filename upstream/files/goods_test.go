package files

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"packbench/assets"
	"packbench/code"
	"packbench/upstream"
)

const goodsHeader = "sku,connection,codes,name_zh,name_en,spec,weight_g,weight,location,picture\n"

func TestReadGoods(t *testing.T) {
	text := "\uFEFF" + goodsHeader +
		"MUG-RED,,6901234567892|16901234567899*12,红杯,Red mug,11 oz,310.5,measured,A-03,mug.png\n" +
		"001,shop1,4006381333931 A*B*C,,Pen,,0.001,guessed\n" +
		"002,shop2,,,No barcode\n"
	want := GoodsResult{Rows: 3, Goods: []Goods{
		{
			SKU: "MUG-RED", Codes: []GoodsCode{{"6901234567892", 1}, {"16901234567899", 12}}, NameZH: "红杯", NameEN: "Red mug",
			Spec: "11 oz", WeightMg: 310_500, WeightSource: "measured", Location: "A-03", Picture: "mug.png",
		},
		{SKU: "001", Connection: "shop1", Codes: []GoodsCode{{"4006381333931", 1}, {"A*B*C", 1}}, NameEN: "Pen", WeightMg: 1, WeightSource: "guessed"},
		{SKU: "002", Connection: "shop2", NameEN: "No barcode"},
	}}
	got, err := ReadGoods(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	chinese := "货号,条码,品名,克重,重量来源\nA,6901234567892,杯,12,实测\n"
	got, err = ReadGoods(strings.NewReader(chinese))
	if err != nil || len(got.Goods) != 1 || got.Goods[0].WeightSource != "measured" || got.Goods[0].NameZH != "杯" {
		t.Errorf("Chinese headings: %+v, %v", got, err)
	}
}

func TestReadGoodsRefuses(t *testing.T) {
	for _, c := range []struct{ rows, want string }{
		{"A,,5.77E+17", "2 codes import.scientific"},
		{"5.77E+17,,1", "2 sku import.scientific"},
		{"A,,PBCACK0", "2 codes import.command"},
		{"PBTA7X,,1", "2 sku import.command"},
		{",,1", "2 sku import.field_missing"},
		{"A,,1\nA,,2", "3 sku import.sku_twice"},
		{"A,,6901234567892\nB,,06901234567892", "3 codes import.code_twice"},
		{"A,s1,abc\nB,s2,ABC", "3 codes import.code_twice"},
		{"A,,1*0", "2 codes import.code_units"},
		{"A,,*12", "2 codes import.code_units"},
		{"A,,1*2|1*3", "2 codes import.code_units"},
		{"A,,\x01", "2 codes import.id_form"},
		{"A,,条码", "2 codes import.id_form"},
		{"A,,1,,,,1.2345", "2 weight_g import.weight"},
		{"A,,1,,,,\"1,5\"", "2 weight_g import.weight"},
		{"A,,1,,,,0", "2 weight_g import.weight"},
		{"A,,1,,,,-1", "2 weight_g import.weight"},
		{"A,,1,,,,1e3", "2 weight_g import.weight"},
		{"A,,1,,,,1000000.001", "2 weight_g import.weight"},
		{"A,,1,,,,5,about", "2 weight import.weight_source"},
		{"A,,1,,,,,measured", "2 weight_g import.weight"},
		{"A,,1,,,,,,,,x", "2  import.row_length"},
		{"A,,690123456789200000\nB,,690123456789300000\nC,,690123456789400000", "0 codes import.rounded"},
		{"", "0  import.no_rows"},
	} {
		got, err := ReadGoods(strings.NewReader(goodsHeader + c.rows))
		if err != nil {
			t.Fatal(err)
		}
		var refused []string
		for _, r := range got.Refused {
			refused = append(refused, fmt.Sprintf("%d %s %s", r.Row, r.Column, r.Reason.Key))
		}
		if len(refused) != 1 || refused[0] != c.want || len(got.Goods) != 0 {
			t.Errorf("%q: %v, want %s; %d goods", c.rows, refused, c.want, len(got.Goods))
		}
	}
	got, err := ReadGoods(strings.NewReader("name,price\nA,1\n"))
	if err != nil || len(got.Refused) != 1 || got.Refused[0].Reason.Key != "import.format_unknown" {
		t.Errorf("another file: %+v, %v", got, err)
	}
}

func TestParseGramsIsExact(t *testing.T) {
	for text, want := range map[string]int64{"0.1": 100, "0.300": 300, "12.345": 12345, "12.3450": 12345, "7": 7000, "999999.999": 999_999_999, "1000000": 1_000_000_000} {
		if got, ok := parseGrams(text); !ok || got != want {
			t.Errorf("parseGrams(%q) = %d, %v; want %d", text, got, ok, want)
		}
	}
}

func TestColumnFiles(t *testing.T) {
	entries, err := assets.Columns.ReadDir("columns")
	if err != nil || len(entries) < 2 {
		t.Fatalf("%d column files, %v", len(entries), err)
	}
	for _, e := range entries {
		id := strings.TrimSuffix(e.Name(), ".json")
		if c, err := Builtin(id); err != nil || c.ID != id || c.Evidence == "" || c.AsOf == "" {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
	if _, err := Builtin("nothing"); err == nil {
		t.Error("found a column file that doesn't exist")
	}
	const head = `{"id":"x","detect":["order"],"columns":{"order":["No"],"sku":["Article"],"status":["State"],"quantity":["Pieces"],"tote":["Box"],"picked_by":["Picker"],"ship_by":["Until"]},"statuses":{"open":"packable"}`
	for _, bad := range []string{
		``, `[]`, head, head + `} {}`, head + `,"unknown":1}`, head + `,"required":["waybill"]}`,
		strings.Replace(head, `"sku"`, `"colour"`, 1) + `}`, strings.Replace(head, `"Article"`, `"no"`, 1) + `}`,
		strings.Replace(head, `packable`, `fine`, 1) + `}`, head + `,"markets":[{"code":"X","currency":"EUR","digits":2,"zone":"Mars/Base","dates":"dmy"}]}`,
		strings.Replace(head, `["order"]`, `[]`, 1) + `}`,
	} {
		if _, err := ReadColumns(strings.NewReader(bad)); err == nil {
			t.Errorf("took %.60s", bad)
		}
	}
	own, err := ReadColumns(strings.NewReader(head + `}`))
	if err != nil {
		t.Fatal(err)
	}
	res := readOrders(t, "No,Article,State,Pieces,Box,Picker,Until\nA-1,MUG,Open,2,PBTA7X,Zhang,2026-11-21\n", Options{Columns: &own})
	if len(res.Parcels) != 1 || res.Parcels[0].Tote != "PBTA7X" || res.Parcels[0].PickedBy != "Zhang" || res.Parcels[0].ShipByMs == 0 || res.Parcels[0].Status != upstream.Packable {
		t.Errorf("own columns: %+v", res)
	}
}

func FuzzReadGoods(f *testing.F) {
	f.Add(goodsHeader + "A,,6901234567892|1*12,杯,,,12.5,measured\n")
	f.Add("货号;条码\nA;1\nB;1\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadGoods(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Refused) > 0 && len(got.Goods) > 0 {
			t.Fatal("goods from a bad file")
		}
		owner := map[string]int{}
		for i, g := range got.Goods {
			if g.SKU == "" || g.WeightMg < 0 || (g.WeightSource != "" && g.WeightMg == 0) {
				t.Fatalf("goods %+v", g)
			}
			for _, c := range g.Codes {
				key := code.Key(c.Code)
				if before, ok := owner[key]; (ok && before != i) || key == "" || c.Units < 1 || code.LooksLikeCommand(c.Code) {
					t.Fatalf("code %+v", c)
				}
				owner[key] = i
			}
		}
		if again, err := ReadGoods(strings.NewReader(text)); err != nil || !cmp.Equal(got, again) {
			t.Fatal("the second reading differs")
		}
	})
}
