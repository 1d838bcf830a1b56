package code

// chinaForms reads numbers of Chinese carriers. No check digit of theirs is
// public, prefixes change and overlap: everything here is a hint.
func chinaForms(f form) []Class {
	if f.digits {
		return chinaDigits(f.bare)
	}
	s := f.bare
	for _, known := range []struct {
		prefix, carrier, name string
		lengths               []int
	}{
		{"SF", "sf", "顺丰 SF Express", []int{12, 13}},
		{"YT", "yunexpress", "YunExpress 云途", []int{16}},
		{"YT", "yto", "圆通 YTO", []int{13}},
		{"JT", "jt", "极兔 J&T", []int{12, 13}},
		{"JDX", "jd", "京东 JD", []int{12}},
		{"JDK", "jd", "京东 JD", []int{12}},
		{"DPK", "deppon", "德邦 Deppon", []int{11, 12, 13, 14}},
		{"LP", "cainiao", "菜鸟 Cainiao", []int{14}},
		{"ZTO", "zto", "中通 ZTO", []int{12}},
	} {
		if _, ok := digitsAfter(s, known.prefix, known.lengths...); ok {
			return []Class{unchecked(known.carrier, known.name, rankPrefix)}
		}
	}
	if len(s) == 15 && s[:3] == "JDV" && isLetters(s[3:4]) && isDigits(s[4:]) {
		return []Class{unchecked("jd", "京东 JD", rankPrefix)}
	}
	return nil
}

// chinaDigits reads the numbers that are digits only.
func chinaDigits(s string) []Class {
	var classes []Class
	add := func(carrier, name string) {
		classes = append(classes, unchecked(carrier, name, rankLoose))
	}
	switch len(s) {
	case 12:
		if startsWithAny(s, "268 368 468 568 668 868 888 968") {
			add("sto", "申通 STO")
		}
		add("sf", "顺丰 SF Express (12)")
	case 13:
		if startsWithAny(s, "10 11 12 50 51 52 95 96 97 98 99") {
			add("china_post", "中国邮政 China Post")
		}
		add("yunda", "韵达 Yunda")
	case 14:
		if startsWithAny(s, "73 75 76 78") {
			add("zto", "中通 ZTO")
		}
	case 15:
		if startsWithAny(s, "77 88 99") {
			add("sto", "申通 STO")
		}
		add("yunda", "韵达 Yunda")
	}
	return classes
}
