package files

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Is it Chinese? Nearly every sequence of bytes is allowed in GB18030: Thai, Korean
// and Japanese of the old code pages come out as Chinese characters without sense.
// What tells them apart is which characters: in real text most are of a small set
// that everybody uses, in a mistaken one they are spread over all. So the text is
// scored as Chinese, and as each language that could be mistaken for it, and is
// taken only if it is good Chinese and no other reading is better. A refusal costs
// a "save as CSV UTF-8", a mistake somebody's address.

// maxSample is how many bytes beyond ASCII are looked at.
const maxSample = 64 << 10

const (
	// basicHan is the share, in percent, of Chinese characters that must be of GB
	// 2312's first level or otherwise common: three quarters of the names of people
	// are, with nearly all of the rest.
	basicHan = 60
	// usualHan is the share that must be among the common ones: real text has 65 or
	// more, bytes of something else about 30.
	usualHan = 50
	// likelyThai is the share of bytes that must be where Thai has them.
	likelyThai = 95
)

// chineseText reports whether the bytes beyond ASCII are Chinese in GB18030.
func chineseText(in *input) (bool, error) {
	sample, err := beyondASCII(in.all())
	if err != nil {
		return false, err
	}
	return isChinese(sample), nil
}

// beyondASCII collects the parts of a text that are not ASCII, each followed by a
// blank: runs of high bytes, with the byte behind an odd one, which belongs to it.
func beyondASCII(r io.Reader) ([]byte, error) {
	var out []byte
	buf := make([]byte, 32<<10)
	run := 0 // high bytes in a row
	for len(out) < maxSample {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			switch {
			case b >= 0x80:
				out = append(out, b)
				run++
			case run > 0:
				if run%2 == 1 && b >= 0x30 {
					out = append(out, b) // the second half of a character
				}
				out = append(out, ' ')
				run = 0
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
	}
	return out, nil
}

func isChinese(sample []byte) bool {
	text, ok := decoded(sample, simplifiedchinese.GB18030)
	if !ok {
		return false
	}
	han, kana, basic, usual := 0, 0, 0, 0
	encoder := simplifiedchinese.GBK.NewEncoder()
	known := map[rune]bool{} // is it basic
	for _, r := range text {
		switch {
		case r >= 0x3041 && r <= 0x30FE:
			kana++
		case r >= 0x3400 && r != utf8.RuneError && (r < 0xFF00 || r > 0xFFEF): // beyond symbols and wide forms
			han++
			if commonHan[r] {
				usual++
			}
			is, seen := known[r]
			if !seen {
				b, err := encoder.Bytes([]byte(string(r)))
				is = commonHan[r] || (err == nil && len(b) == 2 && b[0] >= 0xB0 && b[0] <= 0xD7 && b[1] >= 0xA1)
				known[r] = is
			}
			if is {
				basic++
			}
		}
	}
	if han+kana == 0 {
		return true // a sign here and there
	}
	if han == 0 || basic*100 < han*basicHan || usual*100 < han*usualHan {
		return false
	}
	score := usual * 100 / (han + kana)
	return koreanScore(sample) <= score && japaneseScore(sample) <= score && (score >= 80 || !isThai(sample)) && !isCyrillic(sample)
}

// decoded is the sample in an encoding; ok is false if a byte is none of it.
func decoded(sample []byte, e encoding.Encoding) (text string, ok bool) {
	b, err := e.NewDecoder().Bytes(sample)
	text = string(b)
	for _, r := range text {
		if r == utf8.RuneError {
			return text, false
		}
	}
	return text, err == nil
}

// koreanScore is the share, in percent, of common syllables where the whole sample
// is Hangul in EUC-KR, else 0.
func koreanScore(sample []byte) int {
	text, ok := decoded(sample, korean.EUCKR)
	letters, hangul, usual := 0, 0, 0
	for _, r := range text {
		if r < 0x3130 || r > 0xFF00 {
			continue
		}
		letters++
		if r >= 0xAC00 && r <= 0xD7A3 {
			hangul++
		}
		if commonHangul[r] {
			usual++
		}
	}
	if !ok || letters == 0 || hangul*100 < letters*90 {
		return 0
	}
	return usual * 100 / letters
}

// japaneseScore is the share, in percent, of kana and common characters where the
// sample is EUC-JP, else 0.
func japaneseScore(sample []byte) int {
	text, ok := decoded(sample, japanese.EUCJP)
	letters, usual := 0, 0
	for _, r := range text {
		if r < 0x3041 || r > 0xFF9F {
			continue
		}
		letters++
		if r <= 0x30FE || r >= 0xFF66 || commonHan[r] || commonKanji[r] {
			usual++
		}
	}
	if !ok || letters == 0 {
		return 0
	}
	return usual * 100 / letters
}

// isThai reports whether the bytes are written as Thai is in Windows-874: marks
// above and below stand behind a consonant, leading vowels before one, and there
// are enough of both.
func isThai(sample []byte) bool {
	letters, marks, good := 0, 0, 0
	for i, b := range sample {
		if b < 0x80 {
			continue
		}
		before, after := byte(' '), byte(' ')
		if i > 0 {
			before = sample[i-1]
		}
		if i+1 < len(sample) {
			after = sample[i+1]
		}
		letters++
		switch {
		case thaiConsonant(b):
			good++
		case thaiMark(b), b == 0xD0, b == 0xD2, b == 0xD3: // a, aa, am stand behind as well
			marks++
			if thaiConsonant(before) || thaiMark(before) {
				good++
			}
		case b >= 0xE0 && b <= 0xE4:
			marks++
			if thaiConsonant(after) {
				good++
			}
		}
	}
	return letters > 0 && good*100 >= letters*likelyThai && marks*100 >= letters*20
}

// isCyrillic reports whether the bytes are all capital letters in Windows-1251.
func isCyrillic(sample []byte) bool {
	letters := 0
	for _, b := range sample {
		if b >= 0x80 && (b < 0xC0 || b > 0xDF) {
			return false
		}
		if b >= 0x80 {
			letters++
		}
	}
	return letters >= 6 // fewer may well be Chinese
}

func thaiConsonant(b byte) bool { return b >= 0xA1 && b <= 0xCE }

func thaiMark(b byte) bool {
	return b == 0xD1 || (b >= 0xD4 && b <= 0xDA) || (b >= 0xE7 && b <= 0xED)
}
