package document

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

var commands = []CodeItem{
	{"PBCACKQ", "知道了", "清除红色提示"},
	{"PBCDONE1", "完成", "盲查时表示都扫完了"},
	{"PBCREOPENX", "重新打开", "封好的包裹再打开，要说明原因"},
	{"PBCSHORT5", "缺货", "接着扫缺的那一件"},
	{"PBCDAMAGEDZ", "破损", "接着扫坏的那一件，再扫原因码"},
	{"PBCBADLABELT", "面单坏了", "撕掉，放进废单盒，会重打一张"},
	{"PBCHANDOVER7", "交接班", ""},
	{"PBCNEWROLLC", "New roll", "Scan after a label roll was changed; the size is asked for next, then a test label is fed so that the gap is found again"},
	{"PBCPICK3", "Nhặt hàng xong", "Quét mã thẻ, rồi quét mã này"},
	{"PBCQTY12AB", "หยิบสินค้าเสร็จแล้ว ที่นี่ น้ำ", "สแกนบัตรพนักงานก่อน แล้วสแกนรหัสนี้"},
	{"PBCLOCK0", "锁屏", "离开时扫"},
	{"PBCCLOSENOWK", "现在交接这一批，已经装车的都算，没装的下一批", "司机提前到了"},
	{"PBCPREPACKV", "预包装", "13th item"},
}

var people = []CodeItem{
	{"PBB00017", "张三", "拣货 · 1 号台"},
	{"PBB0002M", "李四", "复核 · 班长"},
	{"PBB0003X", "Nguyễn Thị Minh Khai", "Verifier"},
	{"PBB0004C", "สมชาย ใจดี", "คนตรวจสอบ"},
	{"PBB0005P", "A very long name that never ends, of the family Featherstonehaugh-Cholmondeley", "Owner"},
}

var labels = []ShippingLabelData{
	{
		Carrier: "SPX Express", Service: "STD", Waybill: "SPXVN0412345678", SortCode: "HN-12-A07", To: []string{"Nguyễn Văn An  (+84) 9** *** *12", "Số 15, ngõ 102 Đường Trường Chinh, Phường Phương Mai, Quận Đống Đa, Hà Nội"},
		From: []string{"Shop Hoa Hồng", "KCN Sóng Thần 2, Dĩ An, Bình Dương"}, OrderNumber: "240915ABCDEFGH", Contents: []string{"1. Áo thun nữ, đỏ, L × 2", "2. Cốc sứ 350 ml, trắng × 1"}, Remark: "Không cho thử hàng", Weight: "0.82 kg", Pieces: "1/1", Amount: "₫ 250.000", Date: "2026-11-11 20:15",
	},
	{
		Carrier: "中通快递", Service: "标快", Waybill: "78912345678901", SortCode: "710-A03 21", To: []string{"王小明  138****5678", "浙江省杭州市余杭区仓前街道文一西路969号阿里巴巴西溪园区3号楼5层前台代收"},
		From: []string{"红杯旗舰店  139****0000", "广东省广州市白云区太和镇大源南路88号B栋2层"}, OrderNumber: "4812345678901234567", Contents: []string{"马克杯 红色 L ×1", "马克杯 红色 XL ×2", "赠品：贴纸 ×1"}, Remark: "周末送货，请先打电话", Weight: "1.25 kg", Pieces: "1/2", Date: "11-11",
	},
	{
		Carrier: "Flash Express", Service: "ขนส่งด่วน", Waybill: "TH0148ABCDE9012345Z", SortCode: "BKK-4B-19", To: []string{"สมหญิง รักเรียน", "99/12 ซอยลาดพร้าว 101 แขวงคลองจั่น เขตบางกะปิ กรุงเทพมหานคร 10240", "ที่นี่มีน้ำดื่ม กรุณาโทรก่อนส่ง"},
		From: []string{"ร้านแก้วแดง"}, OrderNumber: "578123", Contents: []string{"แก้วเซรามิก สีแดง ×1"}, Weight: "0.4 kg",
	},
	{
		Carrier: "A carrier with an unusually long name, Incorporated", Service: "NEXT DAY BEFORE NOON", Waybill: "LONGWAYBILL-0123456789-XYZ", SortCode: "A VERY LONG ROUTING CODE 0123456789 ABC",
		To:   []string{"Someone with a very long name who lives at a place with a long address", "Line one of an address that is far too long for the room that the label gives it, so it wraps", "second", "third", "fourth", "fifth", "sixth line 𠮷野家", "seventh"},
		From: []string{"From"}, OrderNumber: "ORDER-NUMBER-0123456789-0123456789-0123456789", Contents: []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"}, Remark: "remark that is long enough to need more than the one line that is there, so it is made smaller and at last cut off, as it should be, with an ellipsis", Weight: "12.5 kg", Pieces: "3/3", Amount: "1,000,000.00", Date: "2026-11-11 20:15:00",
	},
}

// papers are one of each kind of document, by name, with what must be readable
// on it.
func papers() map[string]struct {
	write func(io.Writer) error
	codes []string
} {
	type paper = struct {
		write func(io.Writer) error
		codes []string
	}
	codesOf := func(items []CodeItem) (out []string) {
		for _, i := range items {
			out = append(out, i.Code)
		}
		return out
	}
	var waybills []string
	for _, l := range labels {
		waybills = append(waybills, l.Waybill)
	}
	return map[string]paper{
		"commands-a4":    {func(w io.Writer) error { return CommandSheet(w, "zh", A4, commands) }, codesOf(commands)},
		"commands-label": {func(w io.Writer) error { return CommandSheet(w, "en", Label100x150, commands) }, codesOf(commands)},
		"badges-a4":      {func(w io.Writer) error { return Badges(w, "zh", A4, people) }, codesOf(people)},
		"badges-label":   {func(w io.Writer) error { return Badges(w, "en", Label100x150, people) }, codesOf(people)},
		"labels":         {func(w io.Writer) error { return ShippingLabels(w, labels) }, waybills},
	}
}

// TestSameBytes: equal input gives equal files.
func TestSameBytes(t *testing.T) {
	for name, p := range papers() {
		var first bytes.Buffer
		if err := p.write(&first); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for range 3 {
			var again bytes.Buffer
			if err := p.write(&again); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Errorf("%s: differs when written again (%v)", name, err)
				break
			}
		}
		if first.Len() > 300_000 {
			t.Errorf("%s: %d bytes; the font is not cut to what is used", name, first.Len())
		}
	}
}

func TestRefusals(t *testing.T) {
	one := []CodeItem{{"PBCACKQ", "ACK", ""}}
	long := strings.Repeat("ABCDEFGHIJ", 5)
	for name, write := range map[string]func(io.Writer) error{
		"no items":         func(w io.Writer) error { return CommandSheet(w, "zh", A4, nil) },
		"no people":        func(w io.Writer) error { return Badges(w, "zh", A4, nil) },
		"no labels":        func(w io.Writer) error { return ShippingLabels(w, nil) },
		"language":         func(w io.Writer) error { return CommandSheet(w, "fr", A4, one) },
		"tiny paper":       func(w io.Writer) error { return CommandSheet(w, "zh", Paper{50, 30}, one) },
		"no code":          func(w io.Writer) error { return CommandSheet(w, "zh", A4, []CodeItem{{"", "x", ""}}) },
		"code not ASCII":   func(w io.Writer) error { return CommandSheet(w, "zh", A4, []CodeItem{{"码", "x", ""}}) },
		"code too long":    func(w io.Writer) error { return Badges(w, "zh", A4, []CodeItem{{long, "x", ""}}) },
		"waybill too long": func(w io.Writer) error { return ShippingLabel(w, ShippingLabelData{Waybill: long}) },
		"no waybill":       func(w io.Writer) error { return ShippingLabel(w, ShippingLabelData{}) },
		"full disk":        func(w io.Writer) error { return CommandSheet(failing{}, "zh", A4, one) },
	} {
		if err := write(io.Discard); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("no space") }

func newTestSheet(t testing.TB) *sheet {
	s, err := newSheet(A4, "zh", "test")
	if err != nil {
		t.Fatal(err)
	}
	s.addPage()
	return s
}

// TestWrap: where lines end.
func TestWrap(t *testing.T) {
	s := newTestSheet(t)
	for _, tc := range []struct {
		text string
		w    float64 // in widths of the text's first line
		want []string
	}{
		{"one two three", s.width("one two", 10), []string{"one two", "three"}},
		{"取消筐里的货，要扫筐码", s.width("取消筐里的货", 10), []string{"取消筐里的", "货，要扫筐码"}},
		{"a\nb", 50, []string{"a", "b"}},
		{"ABCDEFGHIJ", s.width("ABCDE", 10), []string{"ABCDE", "FGHIJ"}},
		{"AB-12345", s.width("AB-1234", 10), []string{"AB-", "12345"}},
		{"ที่นี่ น้ำ", s.width("ที่นี่ ", 10), []string{"ที่นี่", "น้ำ"}},
	} {
		got := s.wrap(tc.text, tc.w+0.01, 10)
		if strings.Join(got, "|") != strings.Join(tc.want, "|") {
			t.Errorf("%q in %.1f mm: %q, want %q", tc.text, tc.w, got, tc.want)
		}
	}
}

// TestThaiIsShaped: tone marks and vowels above take no room of their own.
func TestThaiIsShaped(t *testing.T) {
	s := newTestSheet(t)
	if a, b := s.width("ทน", 10), s.width("ที่นี่", 10); b > a*1.05 {
		t.Errorf("marks take room: %.2f mm bare, %.2f mm with them", a, b)
	}
	for _, l := range append(labels[2].To, "A4 ที่ 12") {
		whole, sum := s.shape.width(l)*10*pointMM, s.width(l, 10)
		if d := whole - sum; d > 0.01*sum || d < -0.01*sum {
			t.Errorf("%q: %.2f mm shaped as a whole, %.2f mm by clusters", l, whole, sum)
		}
	}
}

func TestClean(t *testing.T) {
	s := newTestSheet(t)
	for in, want := range map[string]string{
		"中文 Tiếng Việt ไทย ₫": "中文 Tiếng Việt ไทย ₫", "a\tb\x00c": "a b c", "𠮷野家": "□野家", "a\u200bb": "ab", "😀": "□", "\xff": "□",
	} {
		if got := s.clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if n := len([]rune(s.clean(strings.Repeat("x", 10*longest)))); n != longest {
		t.Errorf("%d characters kept", n)
	}
}

// FuzzText: whatever the text, no line is wider than its room and no block
// higher, nothing panics, and the file can be written.
func FuzzText(f *testing.F) {
	for _, l := range labels {
		f.Add(strings.Join(l.To, "\n"), uint16(60))
	}
	f.Add("ที่นี่\u0e33\u0e33", uint16(1))
	f.Add("\xff\n\n ", uint16(5))
	var s *sheet
	used := 0
	f.Fuzz(func(t *testing.T, text string, width uint16) {
		if len(text) > 400 {
			text = text[:400]
		}
		if used++; used%500 == 1 { // reading the font takes longer than all the rest
			if s != nil {
				if err := s.write(io.Discard); err != nil {
					t.Error(err)
				}
			}
			s = newTestSheet(t)
		}
		w := 4 + float64(width%200)
		for _, l := range s.wrap(s.clean(text), w, 9) {
			if got := s.width(l, 9); got > w+0.01 && len(clustersOf(l)) > 1 {
				t.Errorf("line %q is %.2f mm in %.2f", l, got, w)
			}
		}
		if l, pt := s.fit(text, w, 20, 6); s.width(l, pt) > w+0.01 {
			t.Errorf("fitted %q is too wide", l)
		}
		if h := s.block(text, 10, 10, w, 30, 12, 5, left); h > 30.01 {
			t.Errorf("block of %.2f mm in 30", h)
		}
		if err := s.err("draw"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestModules: bars are whole dots of a 203-dpi head and never too narrow.
func TestModules(t *testing.T) {
	c, err := encode128("PBCACKQ")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ w, want float64 }{{200, 0.5}, {float64(c.w+20) * 0.5, 0.5}, {float64(c.w+20)*0.5 - 0.1, 0.375}, {float64(c.w+20)*0.375 - 0.1, 0}} {
		if got := c.module(tc.w, sheetModuleMost, sheetModuleLeast); got != tc.want {
			t.Errorf("in %.2f mm: %g, want %g", tc.w, got, tc.want)
		}
	}
	if sheetModuleLeast < 0.33 {
		t.Error("sheet codes may get narrower than simple scanners read")
	}
}
