package label

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
)

// The symbologies without a check character of their own, or with a weak one,
// are read by gozxing, and only where a barcode must be: text changes from line
// to line, bars stay. A band is a stretch between two white gaps that begins and
// ends at the same dots on several scan lines.

const (
	bandRuns     = 25 // fewest bars and spaces of a code worth reading
	bandLines    = 3  // lines that a stretch must stay before it is tried
	bandTries    = 10 // lines of one band that are tried
	bandWidthMM  = 8.0
	votesChecked = 3 // EAN and UPC: one digit is a check digit
	votesBare    = 4 // Code 39, ITF, Codabar: nothing is checked
	bareShortest = 6 // characters; shorter bare texts turn up in patterns that are no codes
)

// bandGapsMM are the white gaps that may part a code from its neighbours. A
// code's own widest space is 4 modules, 3 mm in the largest print, its quiet
// zone may be as little as 1.5 mm in the smallest; so all are tried.
var bandGapsMM = [...]float64{1.5, 2.5, 4.5}

type bandKey struct{ left, right int } // in steps of bandGrid dots

const bandGrid = 4

type bandState struct{ lines, tries int }

// bandScan follows the bands of one view from line to line.
type bandScan struct {
	gaps    [len(bandGapsMM)]int // dots
	width   int                  // dots
	current map[bandKey]bandState
	next    map[bandKey]bandState
	readers []rowReader
}

type rowReader struct {
	decoder oned.RowDecoder
	needs   int
}

func (b *bandScan) init(dpi float64) {
	for i, mm := range bandGapsMM {
		b.gaps[i] = int(mm * dpi / 25.4)
	}
	b.width = int(bandWidthMM * dpi / 25.4)
	b.current, b.next = map[bandKey]bandState{}, map[bandKey]bandState{}
	for _, r := range []struct {
		reader gozxing.Reader
		needs  int
	}{
		{oned.NewCode39Reader(), votesBare},
		{oned.NewITFReader(), votesBare},
		{oned.NewMultiFormatUPCEANReader(nil), votesChecked},
		{oned.NewCodaBarReader(), votesBare},
	} {
		if d, ok := r.reader.(oned.RowDecoder); ok {
			b.readers = append(b.readers, rowReader{d, r.needs})
		}
	}
}

// blank is a line without anything like a code.
func (b *bandScan) blank() { clear(b.current) }

// line looks at the stretches of a line and reads those that have stayed.
func (b *bandScan) line(l *line, s *linearScan) {
	clear(b.next)
	for _, gap := range b.gaps {
		from := 0
		for i := 0; i < len(l.runs); i += 2 {
			if i+1 < len(l.runs) && l.runs[i+1] < gap {
				continue
			}
			b.stretch(l, from, i, s)
			from = i + 2
		}
	}
	b.current, b.next = b.next, b.current
}

// stretch is what lies between runs first and last.
func (b *bandScan) stretch(l *line, first, last int, s *linearScan) {
	x0, x1 := l.start[first], l.start[last]+l.runs[last]
	if last-first+1 < bandRuns || x1-x0 < b.width {
		return
	}
	key := bandKey{x0 / bandGrid, x1 / bandGrid}
	if _, done := b.next[key]; done {
		return // the same stretch under another gap
	}
	state := b.current[key]
	state.lines++
	if state.lines >= bandLines && state.tries < bandTries && !s.covered(x0, x1, l.y) {
		state.tries++
		b.read(l, first, last, s)
	}
	b.next[key] = state
}

// quietDots of white are put around a stretch, as readers ask for a quiet zone
// in proportion to modules that they do not know yet.
const quietDots = 96

func (b *bandScan) read(l *line, first, last int, s *linearScan) {
	x0, x1 := l.start[first], l.start[last]+l.runs[last]
	row := gozxing.NewBitArray(x1 - x0 + 2*quietDots)
	for i := first; i <= last; i += 2 {
		from := l.start[i] - x0 + quietDots
		_ = row.SetRange(from, from+l.runs[i])
	}
	for range 2 {
		for _, r := range b.readers {
			if symbology, text, ok := decodeRow(r.decoder, row); ok {
				s.hit(symbology, text, x0, x1, l.y, r.needs, 0)
				return
			}
		}
		row.Reverse()
	}
}

// decodeRow asks one gozxing reader; a panic in it means that nothing was read.
func decodeRow(d oned.RowDecoder, row *gozxing.BitArray) (symbology, text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	result, err := d.DecodeRow(0, row, nil)
	if err != nil || result == nil {
		return "", "", false
	}
	text = result.GetText()
	switch result.GetBarcodeFormat() {
	case gozxing.BarcodeFormat_CODE_39:
		symbology, ok = Code39, len(text) >= bareShortest
	case gozxing.BarcodeFormat_ITF:
		symbology, ok = ITF, len(text) >= bareShortest
	case gozxing.BarcodeFormat_CODABAR:
		symbology, ok = Codabar, len(text) >= bareShortest
	case gozxing.BarcodeFormat_EAN_13:
		symbology, ok = EAN13, true
	case gozxing.BarcodeFormat_EAN_8:
		symbology, ok = EAN8, true
	case gozxing.BarcodeFormat_UPC_A:
		symbology, ok = UPCA, true
	case gozxing.BarcodeFormat_UPC_E:
		symbology, ok = UPCE, true
	}
	return symbology, text, ok
}
