package files

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// chinese is a file as a shop's own spreadsheet program writes it.
func chinese() string {
	return tiktok(
		row("Order Status", "待发货", "Product Name", "红色马克杯 11 盎司", "Buyer Message", "请发顺丰，谢谢！", "Recipient", "张三"),
		row("Order ID", "2", "Order Status", "已取消", "Product Name", "白色 T 恤", "Recipient", "李四"),
	)
}

func TestEncodings(t *testing.T) {
	want := readOrders(t, chinese(), Options{})
	if len(want.Parcels) != 2 || want.Parcels[0].Buyer.Name != "张三" {
		t.Fatalf("%+v", want)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(chinese())
	if err != nil {
		t.Fatal(err)
	}
	le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(chinese())
	be, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(chinese())
	for name, text := range map[string]string{"UTF-8 with a mark": "\uFEFF" + chinese(), "GB18030": gb, "UTF-16 LE": le, "UTF-16 BE": be} {
		got := readOrders(t, text, Options{})
		if len(got.Refused) > 0 || len(got.Parcels) != 2 || got.Parcels[0].Version != want.Parcels[0].Version || got.Parcels[1].Version != want.Parcels[1].Version {
			t.Errorf("%s: %+v", name, got)
		}
		if said := len(got.Notes) == 1; said != (name == "GB18030") {
			t.Errorf("%s: notes %v", name, got.Notes)
		}
	}
}

// Other encodings are refused rather than read as something else.
func TestForeignEncodings(t *testing.T) {
	latin, _ := charmap.ISO8859_1.NewEncoder().String(tiktok(row("Recipient", "Jürgen Größl", "Detail Address", "Königstraße 3, Nürnberg")))
	big5, _ := traditionalchinese.Big5.NewEncoder().String(tiktok(row("Recipient", "陳大文", "Product Name", "紅色馬克杯與白色圓領衫", "Buyer Message", "請盡快寄出，謝謝您")))
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(tiktok(row("Recipient", "山田太郎", "Product Name", "赤いマグカップ", "Buyer Message", "よろしくお願いします")))
	thai, _ := charmap.Windows874.NewEncoder().String(tiktok(row("Recipient", "สมชาย ใจดี", "Product Name", "แก้วสีแดง")))
	thaiName, _ := charmap.Windows874.NewEncoder().String(tiktok(row("Recipient", "แก้วกาแฟ"))) // an even number of bytes
	euckr, _ := korean.EUCKR.NewEncoder().String(tiktok(row("Recipient", "김철수")))
	eucjp, _ := japanese.EUCJP.NewEncoder().String(tiktok(row("Recipient", "山田太郎", "Product Name", "赤いマグカップ")))
	cyrillic, _ := charmap.Windows1251.NewEncoder().String(tiktok(row("Recipient", "Иван", "Product Name", "Кружка красная")))
	for name, text := range map[string]string{
		"Latin 1": latin, "Big5": big5, "Shift-JIS": sjis, "Windows-874": thai, "Windows-1251": cyrillic,
		"Windows-874, even": thaiName, "EUC-KR": euckr, "EUC-JP": eucjp,
	} {
		if utf8.ValidString(text) {
			t.Fatalf("%s: the sample can't fail", name)
		}
		got := readOrders(t, text, Options{})
		if len(got.Refused) != 1 || got.Refused[0].Reason.Key != "import.not_text" {
			t.Errorf("%s: %+v", name, got.Refused)
		}
	}
}

// FuzzEncodings: whatever the bytes, reading ends with a result, and nothing that
// isn't text comes out.
func FuzzEncodings(f *testing.F) {
	cols, err := ReadColumns(strings.NewReader(`{"id":"x","detect":["order"],"required":["sku","quantity"],"columns":{"order":["号"],"sku":["货"],"quantity":["量"],"buyer_name":["人"]}}`))
	if err != nil {
		f.Fatal(err)
	}
	const small = "号,货,量,人\n1,A,1,张三\n"
	gb, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(small))
	le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(small))
	be, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(small))
	for _, seed := range [][]byte{[]byte(small), gb, le, be, []byte("\xff\xfe\x00")} {
		f.Add(seed)
		// Once before, see FuzzXLSX.
		if res, err := ReadOrders(bytes.NewReader(seed), "x", Options{Columns: &cols}); err != nil || len(res.Parcels)+len(res.Refused) != 1 {
			f.Fatal(res, err)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := ReadOrders(bytes.NewReader(data), "x", Options{Columns: &cols})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range res.Parcels {
			if !utf8.ValidString(p.Buyer.Name) || strings.ContainsRune(p.Buyer.Name, 0) {
				t.Fatalf("%q", p.Buyer.Name)
			}
		}
	})
}
