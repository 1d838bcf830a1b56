package demo

import (
	"bytes"
	"os"

	"packbench/label"
	"packbench/raster"
)

// sheet is a label that came out of the printer, as eyes and scanners see it.
type sheet struct {
	png   string
	codes []label.Code
}

// waybill is the large barcode on it.
func (s *sheet) waybill() string {
	for _, c := range s.codes {
		if c.Symbology == label.Code128 {
			return c.Text
		}
	}
	return ""
}

// nextSheet takes the oldest label that came out and was not taken; nil if
// there is none. What is on it is read from its picture, as a scanner would.
func (d *day) nextSheet() *sheet {
	for more := true; more; {
		select {
		case e, ok := <-d.printer.events:
			more = ok
			if ok && e.Event == "printed" {
				d.sheets = append(d.sheets, sheet{png: e.PNG})
			}
		default:
			more = false
		}
	}
	if d.taken >= len(d.sheets) {
		return nil
	}
	s := &d.sheets[d.taken]
	if s.codes == nil {
		data, err := os.ReadFile(s.png)
		if err != nil {
			d.opt.Log.Error("look at label", "error", err)
			return nil
		}
		bm, err := raster.DecodePNG(bytes.NewReader(data))
		if err != nil {
			d.opt.Log.Error("look at label", "error", err)
			return nil
		}
		s.codes = label.ReadCodes(bm, 203.2)
	}
	d.taken++
	return s
}
