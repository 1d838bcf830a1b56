package privacy_test

import (
	"strings"
	"testing"
	"unicode"

	"packbench/internal/privacy"
)

func TestMaskName(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "   ": "",
		"Mary Smith": "M. S***", "Mary Jane Smith": "M. S***", "Madonna": "M***", "A": "*",
		"张小明": "张**", "李四": "李*", "王": "*", "张 小明": "张**", "欧阳娜娜": "欧***", "古力娜扎·迪丽热巴": "古***",
		"김민수": "김**", "たなか さくら": "た***", "スーザン": "ス***",
		"สมชาย ใจดี": "ส. ใ***", "กิตติ": "กิ***",
		"محمد علي":                           "م. ع***",
		"مُحَمَّد":                           "مُ***",
		"e\u0301lodie":                       "e\u0301***",
		"👩\u200d🚀 Ann":                       "👩\u200d🚀. A***",
		"👍🏽":                                 "*",
		"张 Zhang":                            "张. Z***",
		"Nguyễn Văn An":                      "N. A***",
		"  Mary \t Smith ":                   "M. S***",
		strings.Repeat("x", 1000):            "x***",
		"A***z":                              "A***",
		"O'Neil":                             "O***",
		"\U0001F600\U0001F600\U0001F600 Bob": "\U0001F600. B***",
	} {
		if got := privacy.MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskPhone(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " ": "", "0812345678": "***678", "+66 81 234 5678": "***678", "(02) 555-0199": "***199",
		"138 0013 8000": "***000", "๐๘๑๒๓๔๕๖๗๘": "***๖๗๘", "٠١٢٣٤٥٦٧٨٩": "***٧٨٩", "１３８００１３８０００": "***０００",
		"12345": "***", "none": "***", "0️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣": "***345",
	} {
		if got := privacy.MaskPhone(in); got != want {
			t.Errorf("MaskPhone(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskEmail(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "john@example.com": "j***@e***.com", "x@localhost": "x***@***", "张三@例子.中国": "张***@例***.中国",
		"a＠b.cn": "a***@b***.cn", "nobody": "***", "@x.y": "***", "a@": "a***@***", "first.last+tag@mail.example.co.th": "f***@m***.th",
	} {
		if got := privacy.MaskEmail(in); got != want {
			t.Errorf("MaskEmail(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskText(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"two bags, please": "two bags, please",
		"红色的, 不要打电话 13800138000 谢谢":                                            "红色的, 不要打电话 ***000 谢谢",
		"call 081-234-5678 before 14:30":                                       "call ***678 before 14:30",
		"tel +66 (0) 81 234 5678, 2 pcs":                                       "tel +***678, 2 pcs",
		"โทร ๐๘๑-๒๓๔-๕๖๗๘ นะ":                                                  "โทร ***๖๗๘ นะ",
		"اتصل ٠١٢٣٤٥٦٧٨٩ شكرا":                                                 "اتصل ***٧٨٩ شكرا",
		"📞0️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣!":                                              "📞***345!",
		"mail me: john@example.com!":                                           "mail me: j***@e***.com!",
		"邮箱:张三@例子.中国":                                                          "邮箱:张***@例***.中国",
		"08\u200b12\u200b34\u200b56":                                           "***456",
		"order 577000123456":                                                   "order ***456",
		"JT3002232680001":                                                      "JT***001",
		"deliver 2026-11-21 or 2026/11/22":                                     "deliver 2026-11-21 or 2026/11/22",
		"at 2026-11-21 14:30:05 sharp":                                         "at 2026-11-21 14:30:05 sharp",
		"1,000 pieces, 12 x 34 x 56 cm":                                        "1,000 pieces, 12 x 34 x 56 cm",
		"dial tcp 192.168.100.100:9100 refused":                                "dial tcp 192.168.100.100:9100 refused",
		"999.999.999.999":                                                      "***999",
		"sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"id 123e4567-e89b-12d3-a456-426614174000":                              "id 123e4567-e89b-12d3-a456-426614174000",
		"12345678901234567890123456789012":                                     "***012",
		"postcode 518000":                                                      "postcode 518000",
		"2026-11-21 0812345678":                                                "2026-11-21 ***678",
	} {
		if got := privacy.MaskText(in); got != want {
			t.Errorf("MaskText(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

// What comes out holds no phone number any more, and masking it again changes
// nothing.
func FuzzMaskText(f *testing.F) {
	for _, s := range []string{"", "call 081-234-5678", "a@b.cd 13800138000", "๐๘๑๒๓๔๕๖๗๘", "2026-11-21 1234567", "\xff1234567\xfe", "1@2.3 4567890", "0@0.0@0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := privacy.MaskText(in)
		if again := privacy.MaskText(out); again != out {
			t.Fatalf("%q → %q → %q", in, out, again)
		}
		run := 0
		for _, r := range out {
			if unicode.IsDigit(r) {
				run++
			} else {
				run = 0
			}
			if run >= 9 && !strings.ContainsAny(in, "abcdefABCDEF.-/") { // hashes stay
				t.Fatalf("%q → %q", in, out)
			}
		}
		if phone := privacy.MaskPhone(in); strings.Count(phone, "*") != 3 && phone != "" {
			t.Fatalf("phone %q → %q", in, phone)
		}
		if name := privacy.MaskName(in); name != "" && !strings.Contains(name, "*") {
			t.Fatalf("name %q → %q", in, name)
		}
		if mail := privacy.MaskEmail(in); mail != "" && !strings.Contains(mail, "***") {
			t.Fatalf("e-mail %q → %q", in, mail)
		}
	})
}
