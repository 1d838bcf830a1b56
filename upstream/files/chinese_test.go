package files

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// takenFor says whether a file with these cells, one a row, in an encoding is
// taken for Chinese; fits is false if the encoding can't write them.
func takenFor(t *testing.T, e encoding.Encoding, cells ...string) (chinese, fits bool) {
	t.Helper()
	var b strings.Builder
	b.WriteString("Name,Lineitem quantity,Lineitem sku,Lineitem name\n")
	for _, cell := range cells {
		coded, err := e.NewEncoder().String(cell)
		if err != nil {
			return false, false
		}
		b.WriteString("#1001,1,ABC," + coded + "\n")
	}
	in, err := memory(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	head, err := in.head()
	if err != nil {
		t.Fatal(err)
	}
	c, err := detect(in, head)
	return err == nil && c.name == gb18030.name, true
}

var (
	chineseCells = strings.Split("张三|李四|王小明|陈婷|欧阳娜娜|黄晓鑫|吴国强|待发货|已取消|买家备注|请尽快发货，谢谢|红色马克杯|白色圆领短袖T恤 XL|"+
		"304不锈钢保温杯大容量便携水杯|儿童玩具积木拼图|男士运动鞋 42码|手机壳 透明|广东省深圳市龙岗区坂田街道|浙江省义乌市北苑街道|北京市朝阳区|送到门口，不要打电话|"+
		"生日礼物，包装好一点|蓝牙耳机|数据线 1米|宠物用品 猫粮 2kg|厨房收纳盒|韩版宽松连衣裙|订单号,数量,商品名称,收件人|中通快递|日本の面膜|台湾省台北市|化妆镜", "|")
	koreanCells = strings.Split("김철수|박영희|이민호|머그컵 빨강|머그컵|빨간색 티셔츠|서울특별시 강남구 테헤란로|부산광역시 해운대구|감사합니다|문 앞에 놓아주세요|"+
		"여성 원피스 블랙|휴대폰 케이스|남성용 양말 세트|배송 전 연락 바랍니다|주문번호,수량,상품명|커피 텀블러|스테인리스 보온병|어린이 장난감", "|")
	japaneseCells = strings.Split("赤いマグカップ|マグカップ|よろしくお願いします|東京都渋谷区神南一丁目|田中さくら|山田太郎様|大阪府大阪市北区梅田|白いTシャツ Lサイズ|携帯ケース|"+
		"ステンレスボトル|お誕生日プレゼントです|注文番号,数量,商品名|子供用おもちゃ|靴下セット", "|")
	thaiCells = strings.Split("แก้วกาแฟ|แก้วสีแดง|สมชาย ใจดี|เสื้อยืดสีขาว|กรุงเทพมหานคร|ถนนสุขุมวิท แขวงคลองเตย|ขอบคุณครับ|ส่งด่วน|เคสโทรศัพท์|กระเป๋าผ้า|"+
		"รองเท้าผู้ชาย|ของเล่นเด็ก|เชียงใหม่|นางสาวมาลี|ปากกา|ชำระเงินแล้ว", "|")
)

// TestChineseFilesPass: whatever few Chinese cells a file has.
func TestChineseFilesPass(t *testing.T) {
	for i, cell := range chineseCells {
		for _, cells := range [][]string{{cell}, {cell, chineseCells[(i+1)%len(chineseCells)]}} {
			if chinese, fits := takenFor(t, simplifiedchinese.GB18030, cells...); !chinese || !fits {
				t.Errorf("%q is refused", cells)
			}
		}
	}
	if chinese, _ := takenFor(t, simplifiedchinese.GB18030, chineseCells...); !chinese {
		t.Error("a whole file is refused")
	}
}

// TestOtherLanguagesAreNotChinese: a single cell may be too short to tell, but not
// two, and never a whole file.
func TestOtherLanguagesAreNotChinese(t *testing.T) {
	for name, c := range map[string]struct {
		encoding encoding.Encoding
		cells    []string
	}{
		"EUC-KR":      {korean.EUCKR, koreanCells},
		"EUC-JP":      {japanese.EUCJP, japaneseCells},
		"Shift-JIS":   {japanese.ShiftJIS, japaneseCells},
		"Windows-874": {charmap.Windows874, thaiCells},
		"half-width":  {japanese.ShiftJIS, []string{"ﾏｸﾞｶｯﾌﾟ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｽﾃﾝﾚｽﾎﾞﾄﾙ"}},
		"Big5":        {traditionalchinese.Big5, []string{"陳大文", "紅色馬克杯 陶瓷", "請盡快寄出，謝謝您", "臺北市信義區", "白色圓領衫"}},
		"capitals":    {charmap.Windows1251, []string{"КРУЖКА КРАСНАЯ", "ИВАНОВ ИВАН", "МОСКВА"}},
		"Vietnamese":  {charmap.Windows1258, []string{"Đà Năng", "Nguyên Văn Â"}},
		"Greek":       {charmap.ISO8859_7, []string{"ΚΟΥΠΑ ΚΟΚΚΙΝΗ", "Γιώργος", "ΑΘΗΝΑ"}},
	} {
		for i, cell := range c.cells {
			for _, cells := range [][]string{{cell}, {cell, c.cells[(i+1)%len(c.cells)]}} {
				if chinese, fits := takenFor(t, c.encoding, cells...); chinese || !fits {
					t.Errorf("%s: %q is taken for Chinese (it fits: %v)", name, cells, fits)
				}
			}
		}
		if chinese, fits := takenFor(t, c.encoding, c.cells...); chinese || !fits {
			t.Errorf("%s: a whole file is taken for Chinese (it fits: %v)", name, fits)
		}
	}
}
