package label

import (
	"image"
	"math"
	"math/bits"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/aztec"
	"github.com/makiuchi-d/gozxing/datamatrix"
	multiqr "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"

	"packbench/raster"
)

// readMatrix reads QR codes anywhere, and Data Matrix and Aztec codes where
// their fixed patterns stand: a page of a label is full of other black, and
// gozxing's finders for these two expect the code in the middle of a picture.
func readMatrix(bm *raster.Bitmap, dpi float64) []Code {
	codes := readQR(bm)
	blobs := findBlobs(bm)
	codes = append(codes, readDataMatrix(bm, dpi, blobs)...)
	return append(codes, readAztec(bm, blobs)...)
}

// dots is a page as gozxing takes it: already black and white, so that none of
// its binarizers, made for photographs, touches it.
type dots struct{ m *gozxing.BitMatrix }

func (d dots) GetLuminanceSource() gozxing.LuminanceSource { return nil }
func (d dots) GetBlackRow(y int, row *gozxing.BitArray) (*gozxing.BitArray, error) {
	return d.m.GetRow(y, row), nil
}
func (d dots) GetBlackMatrix() (*gozxing.BitMatrix, error)               { return d.m, nil }
func (d dots) CreateBinarizer(gozxing.LuminanceSource) gozxing.Binarizer { return d }
func (d dots) GetWidth() int                                             { return d.m.GetWidth() }
func (d dots) GetHeight() int                                            { return d.m.GetHeight() }

// bitmapOf gives the page to gozxing.
func bitmapOf(bm *raster.Bitmap) (*gozxing.BinaryBitmap, error) {
	m, err := gozxing.NewBitMatrix(bm.W, bm.H)
	if err != nil {
		return nil, err
	}
	row := gozxing.NewBitArray(bm.W)
	for y := range bm.H {
		src := bm.Row(y)
		for i := 0; i < len(src); i += 4 {
			var word uint32 // dot i*8 is the lowest bit there, the highest here
			for k, v := range src[i:min(i+4, len(src))] {
				word |= uint32(bits.Reverse8(v)) << (8 * k)
			}
			row.SetBulk(i*8, word)
		}
		m.SetRow(y, row)
	}
	return gozxing.NewBinaryBitmap(dots{m})
}

// quietly runs a reader; a panic in it means that it read nothing.
func quietly(read func()) {
	defer func() { _ = recover() }()
	read()
}

func readQR(bm *raster.Bitmap) (codes []Code) {
	quietly(func() {
		page, err := bitmapOf(bm)
		if err != nil {
			return
		}
		results, _ := multiqr.NewQRCodeMultiReader().DecodeMultipleWithoutHint(page)
		if len(results) == 0 {
			if one, err := qrcode.NewQRCodeReader().DecodeWithoutHints(page); err == nil {
				results = append(results, one)
			}
		}
		for _, r := range results {
			if r.GetText() != "" {
				codes = append(codes, Code{Symbology: QRCode, Text: r.GetText(), Box: boxOfQR(r.GetResultPoints(), bm.Bounds())})
			}
		}
	})
	return codes
}

// boxOfQR is roughly the code's place: the points are the middles of its finder
// patterns, three and a half modules inside.
func boxOfQR(points []gozxing.ResultPoint, page image.Rectangle) image.Rectangle {
	if len(points) < 3 {
		return image.Rectangle{}
	}
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range points[:3] {
		x0, x1 = min(x0, p.GetX()), max(x1, p.GetX())
		y0, y1 = min(y0, p.GetY()), max(y1, p.GetY())
	}
	grow := max(x1-x0, y1-y0) * 0.2
	return image.Rect(int(x0-grow), int(y0-grow), int(x1+grow)+1, int(y1+grow)+1).Intersect(page)
}

const (
	dataMatrixMinMM = 4.0
	dataMatrixMaxMM = 60.0
	matrixQuiet     = 8 // dots of white put around a piece that is cut out
)

// readDataMatrix tries each blob that has two solid sides in a corner: the L of
// a Data Matrix runs along its whole width and height.
func readDataMatrix(bm *raster.Bitmap, dpi float64, blobs []blob) (codes []Code) {
	lo, hi := int(dataMatrixMinMM*dpi/25.4), int(dataMatrixMaxMM*dpi/25.4)
	for _, b := range blobs {
		w, h := b.box.Dx(), b.box.Dy()
		if min(w, h) < lo || max(w, h) > hi || max(w, h) > 4*min(w, h) || !hasCorner(bm, b.box) {
			continue
		}
		quietly(func() {
			piece, err := bitmapOf(bm.Crop(b.box.Inset(-matrixQuiet)))
			if err != nil {
				return
			}
			r, err := datamatrix.NewDataMatrixReader().DecodeWithoutHints(piece)
			if err != nil {
				r, err = datamatrix.NewDataMatrixReader().Decode(piece, map[gozxing.DecodeHintType]interface{}{gozxing.DecodeHintType_PURE_BARCODE: true})
			}
			if err == nil && r.GetText() != "" {
				codes = append(codes, Code{Symbology: DataMatrix, Text: trimGS(r.GetText()), Box: b.box})
			}
		})
	}
	return codes
}

// trimGS drops the FNC1 that marks a GS1 code, as scanners do.
func trimGS(text string) string {
	for len(text) > 1 && text[0] == 0x1d {
		text = text[1:]
	}
	return text
}

// hasCorner tells whether two neighbouring sides of box are solid black.
func hasCorner(bm *raster.Bitmap, box image.Rectangle) bool {
	left, right := solidColumn(bm, box, box.Min.X+1), solidColumn(bm, box, box.Max.X-2)
	if !left && !right {
		return false
	}
	return solidRow(bm, box, box.Min.Y+1) || solidRow(bm, box, box.Max.Y-2)
}

const solidShare = 0.93

func solidColumn(bm *raster.Bitmap, box image.Rectangle, x int) bool {
	n := 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		if bm.Black(x, y) {
			n++
		}
	}
	return float64(n) >= solidShare*float64(box.Dy())
}

func solidRow(bm *raster.Bitmap, box image.Rectangle, y int) bool {
	n := 0
	for x := box.Min.X; x < box.Max.X; x++ {
		if bm.Black(x, y) {
			n++
		}
	}
	return float64(n) >= solidShare*float64(box.Dx())
}

// aztecHalves are the half widths of the pieces that are tried around a
// bull's-eye, in modules: from the compact to the largest usual codes.
var aztecHalves = [...]float64{9, 11, 13, 15, 18, 22, 26, 32, 40, 52, 68}

// readAztec tries each bull's-eye: a dot of one module in a ring of five.
func readAztec(bm *raster.Bitmap, blobs []blob) (codes []Code) {
	for _, eye := range bullsEyes(blobs) {
		for _, half := range aztecHalves {
			reach := int(half*eye.module + 0.5)
			box := image.Rect(eye.x-reach, eye.y-reach, eye.x+reach+1, eye.y+reach+1)
			if !box.In(bm.Bounds().Inset(-2 * reach / 3)) {
				break
			}
			found := false
			quietly(func() {
				piece, err := bitmapOf(bm.Crop(box.Inset(-matrixQuiet)))
				if err != nil {
					return
				}
				r, err := aztec.NewAztecReader().DecodeWithoutHints(piece)
				if err == nil && r.GetText() != "" {
					codes = append(codes, Code{Symbology: Aztec, Text: trimGS(r.GetText()), Box: box.Intersect(bm.Bounds())})
					found = true
				}
			})
			if found {
				break
			}
		}
	}
	return codes
}
