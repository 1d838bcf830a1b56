package files

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// An XLSX file is a ZIP archive of XML parts: the workbook names its sheets, the
// relations say in which part each lies, texts are kept in a table of shared
// texts. We read it ourselves, part by part as a stream, because a library that
// hands out rows of text can't tell a text from a number that has lost its
// digits, and unpacks a whole workbook into memory or temporary files, where
// buyers' names would be left behind. The tests hold our reading against
// excelize's.

type workbook struct {
	in      *input
	zip     *zip.Reader
	left    int64 // bytes that may still be unpacked
	sheets  []sheetRef
	strings []string
	from    bool // dates count from 1904
}

type sheetRef struct{ name, part string }

var errDamaged = errors.New("not as an XLSX file should be")

// openWorkbook reads all but the sheets. The error is a *fault if the content is
// the reason.
func openWorkbook(in *input) (*workbook, error) {
	if in.size > maxWorkbook {
		return nil, faultAt(0, "", "import.file_large", "limit", strconv.Itoa(maxWorkbook>>20))
	}
	parts, err := countParts(in)
	if err != nil {
		return nil, err
	}
	if parts > maxParts {
		return nil, bomb()
	}
	z, err := zip.NewReader(in, in.size)
	if err != nil {
		return nil, damaged()
	}
	w := &workbook{in: in, zip: z, left: maxUnpacked}
	if w.find("xl/workbook.xml") == nil {
		return nil, faultAt(0, "", "import.archive")
	}
	if err := w.readSheets(); err != nil {
		return nil, w.fault(err)
	}
	if err := w.readStrings(); err != nil {
		return nil, w.fault(err)
	}
	return w, nil
}

func damaged() *fault { return faultAt(0, "", "import.xlsx_damaged") }
func bomb() *fault    { return faultAt(0, "", "import.xlsx_bomb") }

// fault makes a sentence of an error of reading a part; reading errors of the
// disk stay what they are.
func (w *workbook) fault(err error) error {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*diskError](err); ok {
		return e
	}
	return damaged() // an XML, flate, checksum or ZIP error
}

// diskError tells a disk that fails from a file that is wrong.
type diskError struct{ err error }

func (e *diskError) Error() string { return "read file: " + e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// countParts counts the entries of an archive without making anything of them:
// its own count may be false.
func countParts(in *input) (int, error) {
	mark := []byte("PK\x01\x02")
	r := in.all()
	buf := make([]byte, 256<<10)
	n, kept := 0, 0
	for {
		m, err := r.Read(buf[kept:])
		window := buf[:kept+m]
		n += bytes.Count(window, mark)
		kept = copy(buf, window[max(0, len(window)-len(mark)+1):])
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, &diskError{err}
		}
	}
}

func (w *workbook) find(name string) *zip.File {
	for _, f := range w.zip.File {
		if strings.EqualFold(strings.TrimPrefix(f.Name, "/"), name) {
			return f
		}
	}
	return nil
}

// part opens a part for reading within what is left.
func (w *workbook) part(name string) (*part, error) {
	f := w.find(name)
	if f == nil || f.Flags&1 != 0 || f.FileInfo().IsDir() {
		return nil, fmt.Errorf("find part %s: %w", name, errDamaged)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open part %s: %w", name, err)
	}
	p := &part{w: w, r: r, packed: int64(f.CompressedSize64)} //nolint:gosec // compared only, a negative one refuses sooner
	p.xml = xml.NewDecoder(p)
	p.xml.Entity = map[string]string{} // none but XML's own five
	return p, nil
}

// part is the XML of a part, read token by token.
type part struct {
	w        *workbook
	r        io.ReadCloser
	packed   int64
	unpacked int64
	begun    int64 // where the token under way began
	xml      *xml.Decoder
}

func (p *part) Read(b []byte) (int, error) {
	// What a token may take: the decoder keeps it whole in memory.
	if p.unpacked-p.begun > maxRecord+64<<10 {
		return 0, bomb()
	}
	n, err := p.r.Read(b)
	p.unpacked += int64(n)
	p.w.left -= int64(n)
	if p.w.left < 0 || (p.unpacked > ratioFrom && p.unpacked > p.packed*maxRatio) {
		return 0, bomb()
	}
	return n, err //nolint:wrapcheck // a reader in the middle
}

func (p *part) Close() { _ = p.r.Close() } // it was only read

// token is the next one; names without their prefix, which differs by program.
func (p *part) token() (xml.Token, error) {
	p.begun = p.xml.InputOffset()
	t, err := p.xml.RawToken()
	if err != nil {
		return nil, err //nolint:wrapcheck // judged by workbook.fault
	}
	if d, ok := t.(xml.Directive); ok && bytes.Contains(bytes.ToUpper(d), []byte("ENTITY")) {
		return nil, fmt.Errorf("own entities: %w", errDamaged)
	}
	return t, nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// each calls f for every start of an element.
func (w *workbook) each(name string, f func(xml.StartElement) error) error {
	p, err := w.part(name)
	if err != nil {
		return err
	}
	defer p.Close()
	for {
		t, err := p.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

// readSheets finds the sheets and the parts in which they lie.
func (w *workbook) readSheets() error {
	targets := map[string]string{}
	err := w.each("xl/_rels/workbook.xml.rels", func(e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		if len(targets) > 10*maxSheets {
			return bomb()
		}
		target := attr(e, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(path.Clean(target), "/")
		} else {
			target = path.Join("xl", target) // may lead out of xl, never out of the archive
		}
		targets[attr(e, "Id")] = target
		return nil
	})
	if err != nil {
		return err
	}
	return w.each("xl/workbook.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			w.from = v == "1" || v == "true"
		case "sheet":
			if len(w.sheets) >= maxSheets {
				return bomb()
			}
			if part := targets[attr(e, "id")]; w.find(part) != nil && strings.Contains(part, "worksheets/") {
				w.sheets = append(w.sheets, sheetRef{name: attr(e, "name"), part: part})
			}
		}
		return nil
	})
}

// readStrings reads the table of shared texts.
func (w *workbook) readStrings() error {
	const name = "xl/sharedStrings.xml"
	if w.find(name) == nil {
		return nil
	}
	p, err := w.part(name)
	if err != nil {
		return err
	}
	defer p.Close()
	var b strings.Builder
	inText, phonetic, total := false, false, 0
	for {
		t, err := p.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				b.Reset()
			case "rPh": // how it is pronounced, not what it says
				phonetic = true
			case "t":
				inText = !phonetic
			}
		case xml.CharData:
			if inText {
				if b.Len()+len(t) > maxRecord {
					return bomb()
				}
				b.Write(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			case "si":
				if total += b.Len(); total > maxStringText || len(w.strings) >= maxStrings {
					return bomb()
				}
				w.strings = append(w.strings, strings.Clone(b.String()))
			}
		}
	}
}
