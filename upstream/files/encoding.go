package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// charset is how a text file's bytes are letters. UTF-8 has no decoder.
type charset struct {
	name    string
	decoder func() *encoding.Decoder
	bom     int // bytes to skip
}

var (
	utf8Text = charset{name: "UTF-8"}
	utf8BOM  = charset{name: "UTF-8", bom: 3}
	utf16LE  = charset{name: "UTF-16 LE", bom: 2, decoder: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder}
	utf16BE  = charset{name: "UTF-16 BE", bom: 2, decoder: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder}
	gb18030  = charset{name: "GB18030", decoder: simplifiedchinese.GB18030.NewDecoder}
)

// foreign recognises by its first bytes what is no table at all.
func foreign(head []byte) *fault {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return faultAt(0, "", "import.spreadsheet_old")
	case bytes.HasPrefix(head, []byte("%PDF-")), bytes.HasPrefix(head, []byte("\x89PNG")):
		return faultAt(0, "", "import.is_label")
	case bytes.HasPrefix(head, []byte("\x1F\x8B")), bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte("7z\xBC\xAF")):
		return faultAt(0, "", "import.archive")
	case bytes.HasPrefix(text, []byte("<")):
		return faultAt(0, "", "import.markup")
	}
	return nil
}

// detect finds the charset by the byte order mark, else UTF-8 where all bytes
// are, else GB18030 where the text is plausibly that. It reads the whole input.
func detect(in *input, head []byte) (charset, error) {
	candidates := []charset{utf8Text, gb18030}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		candidates = []charset{utf8BOM}
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		candidates = []charset{utf16LE}
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		candidates = []charset{utf16BE}
	}
	var first error // of the likeliest charset
	for _, c := range candidates {
		err := c.validate(in)
		if err == nil {
			return c, nil
		}
		if f, ok := errors.AsType[*fault](err); !ok || f.Reason.Key == "import.nul" {
			return c, err
		}
		if first == nil {
			first = err
		}
	}
	return charset{}, first
}

// text is the decoded input from its beginning, as UTF-8 without a mark.
func (c charset) text(in *input) (io.Reader, error) {
	r := in.all()
	if _, err := io.CopyN(io.Discard, r, int64(c.bom)); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if c.decoder == nil {
		return r, nil
	}
	return c.decoder().Reader(r), nil
}

// validate reads the input once and finds the first place that isn't text.
func (c charset) validate(in *input) error {
	r, err := c.text(in)
	if err != nil {
		return err
	}
	br := bufio.NewReaderSize(r, 64<<10)
	line := 1
	for {
		ru, n, err := br.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read file: %w", err)
		}
		switch {
		case ru == '\n':
			line++
		case ru == 0:
			return faultAt(0, "", "import.nul", "line", strconv.Itoa(line))
		case ru == utf8.RuneError && (n == 1 || c.decoder != nil):
			return faultAt(0, "", "import.not_text", "line", strconv.Itoa(line))
		}
	}
	if c.name != gb18030.name {
		return nil
	}
	switch ok, err := chineseText(in); {
	case err != nil:
		return err
	case !ok:
		return faultAt(0, "", "import.not_text", "line", "1")
	}
	return nil
}
