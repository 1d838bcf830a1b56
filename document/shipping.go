package document

import (
	"fmt"
	"io"
	"strings"
)

// ShippingLabelData is what stands on a marketplace's shipping label. The first
// lines of To and From are the names.
type ShippingLabelData struct {
	Carrier, Service string
	Waybill          string
	SortCode         string // routing, printed huge
	To, From         []string
	OrderNumber      string
	Contents         []string // one line of goods each
	Remark           string
	Weight           string // as it is to be printed, such as "0.82 kg"
	Pieces           string // such as "1/2"
	Amount           string // cash to collect, empty for prepaid
	Date             string
}

// ShippingLabel writes one label of 100 × 150 mm in the manner of a marketplace:
// the waybill as a large Code 128 across and a second one along the side, a QR
// code of the order number, and the routing code huge.
func ShippingLabel(w io.Writer, data ShippingLabelData) error {
	return ShippingLabels(w, []ShippingLabelData{data})
}

// ShippingLabels writes one file with a label on each page, as a marketplace's
// seller centre gives them.
func ShippingLabels(w io.Writer, data []ShippingLabelData) error {
	if len(data) == 0 {
		return fmt.Errorf("make shipping labels: no labels")
	}
	s, err := newSheet(Label100x150, "zh", "Shipping labels")
	if err != nil {
		return err
	}
	for i := range data {
		s.addPage()
		if err := s.shippingLabel(&data[i]); err != nil {
			return fmt.Errorf("make shipping label %d: %w", i+1, err)
		}
	}
	return s.write(w)
}

// The label's bands, millimetres from its top left; thickness of its rules.
const (
	edge      = 2.5
	thick     = 0.375
	innerW    = 100 - 2*edge
	sideW     = 14.0 // column of the second waybill code
	headY     = edge
	sortY     = 16.0
	codeY     = 33.0
	toY       = 62.0
	fromY     = 88.0
	goodsY    = 103.0
	footY     = 133.0
	bottomY   = 150 - edge
	qrMM      = 25.0
	columnW   = innerW - sideW
	moduleMin = 0.25
)

func (s *sheet) shippingLabel(d *ShippingLabelData) error {
	bars, err := encode128(d.Waybill)
	if err != nil {
		return err
	}
	inQR := d.OrderNumber // so that a page finds its order before anybody knows the waybill
	if inQR == "" {
		inQR = d.Waybill
	}
	square, err := encodeQR(inQR)
	if err != nil {
		return err
	}
	s.frame(edge, edge, innerW, bottomY-edge, thick)
	for _, y := range []float64{sortY, codeY, toY} {
		s.rule(edge, y, innerW, thick)
	}
	for _, y := range []float64{fromY, goodsY, footY} {
		s.rule(edge, y, columnW, thick)
	}
	s.rule(edge+columnW, toY, thick, bottomY-toY)

	s.head(d)
	s.lineIn(d.SortCode, edge+2, sortY, innerW-4, codeY-sortY, 40, 14, centre)

	m := bars.module(innerW-1, 0.5, moduleMin)
	if m == 0 {
		return fmt.Errorf("draw waybill %q: %d modules do not fit", d.Waybill, bars.w)
	}
	s.bars(bars, edge, codeY+2.5, innerW, 19, m)
	s.oneLine(d.Waybill, edge+2, codeY+22.2, innerW-4, 14, 8, centre)

	// The second code is a help for hands, not a must: left out where it is too long.
	if m := bars.module(bottomY-toY-1, 0.375, moduleMin); m > 0 {
		s.ladder(bars, edge+columnW+2.5, toY, sideW-5, bottomY-toY, m)
	}

	s.party("收", d.To, toY, fromY, 15, 11.5)
	s.party("寄", d.From, fromY, goodsY, 9, 8)
	s.goods(d, square)
	s.foot(d)
	return nil
}

// head has the carrier on the left and the service in a box on the right.
func (s *sheet) head(d *ShippingLabelData) {
	const boxW = 30.0
	w := innerW - 6.0
	if d.Service != "" {
		w -= boxW
		s.frame(edge+innerW-boxW-2, headY+2.5, boxW, 8.75, thick)
		s.lineIn(d.Service, edge+innerW-boxW-1, headY+2.5, boxW-2, 8.75, 15, 7, centre)
	}
	s.lineIn(d.Carrier, edge+3, headY, w, sortY-headY, 24, 10, left)
}

// party writes a name and address between two rules, behind a mark that says
// whose it is.
func (s *sheet) party(mark string, lines []string, top, bottom, namePt, textPt float64) {
	const markW = 8.0
	x, w := edge+markW+1.5, columnW-markW-3
	s.rule(edge+markW, top, thick, bottom-top)
	s.lineIn(mark, edge, top, markW, bottom-top, 16, 10, centre)
	if len(lines) == 0 {
		return
	}
	y := top + 1.4
	y += s.oneLine(lines[0], x, y, w, namePt, namePt*0.6, left)
	s.block(strings.Join(lines[1:], "\n"), x, y, w, bottom-y-0.6, textPt, 6, left)
}

// goods lists the contents beside the QR code.
func (s *sheet) goods(d *ShippingLabelData, square symbol) {
	m := gridMM
	for next := m + gridMM; float64(square.w)*next <= qrMM; next += gridMM {
		m = next
	}
	size := float64(square.w) * m
	x := edge + columnW - size - 2
	s.squares(square, x, goodsY+(footY-goodsY-size)/2, m)
	s.block(strings.Join(d.Contents, "\n"), edge+2, goodsY+1.6, x-edge-5, footY-goodsY-2.4, 9.5, 5.5, left)
}

// foot has the order, what is to be collected, the remark and the small facts.
func (s *sheet) foot(d *ShippingLabelData) {
	x, w := edge+2.0, columnW-4.0
	y := footY + 1.2
	y += s.oneLine(joined(" ", "#", d.OrderNumber), x, y, w*0.62, 9, 6, left)
	if d.Amount != "" {
		s.oneLine("COD "+d.Amount, x+w*0.62, footY+1, w*0.38, 11, 6, right)
		y = max(y, footY+6)
	}
	s.oneLine(joined("   ", d.Weight, d.Pieces, d.Date), x, bottomY-4.4, w, 8, 5.5, left)
	s.block(d.Remark, x, y, w, bottomY-4.6-y, 8.5, 5.5, left)
}

// joined is the parts that are not empty; a lone "#" says nothing.
func joined(by string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	if len(out) == 1 && out[0] == "#" {
		return ""
	}
	return strings.Join(out, by)
}
