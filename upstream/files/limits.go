package files

import "fmt"

// Limits of a file. Order files come from outside; none of these is near what a
// shop exports, and each keeps one file from taking the bench with it.
// docs/limits.md shows them with their reasons; a test compares the two.
const (
	maxFile       = 256 << 20 // bytes of a text file, as it lies on the disk
	maxWorkbook   = 64 << 20  // bytes of an XLSX file, packed
	maxUnpacked   = 1 << 30   // bytes of all parts of an XLSX file together, counted while they are unpacked
	maxRatio      = 250       // how many times larger than packed a part may become, once it is above ratioFrom
	ratioFrom     = 4 << 20   // bytes; small parts may be anything
	maxParts      = 10_000    // files within an XLSX file
	maxSheets     = 100       // sheets that are looked at
	maxStringText = 192 << 20 // bytes of texts in an XLSX file's table of shared texts
	maxStrings    = 5_000_000 // texts in it
	maxRows       = 200_000   // rows of data; TikTok's own limit of one export
	maxColumns    = 512       // columns; the widest known export has 79
	maxField      = 64 << 10  // bytes of one field; Shopify's notes have up to 5,000 characters
	maxRecord     = 4 << 20   // bytes of one row or one piece of XML
	maxRefused    = 1_000     // refusals that are listed
	maxHeaderRow  = 10        // rows of a sheet in which its header is looked for
	maxColumnFile = 1 << 20   // bytes of a column file
)

// LimitRow is one limit, for the page that lists them.
type LimitRow struct{ What, Limit, Why string }

// LimitTable lists the limits with their reasons, in English.
func LimitTable() []LimitRow {
	mib := func(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
	return []LimitRow{
		{"order or goods file, text", mib(maxFile), "200,000 rows of the widest export are 150 MiB; the size is asked before anything is read"},
		{"order or goods file, XLSX", mib(maxWorkbook), "the same rows packed"},
		{"XLSX unpacked, all parts", mib(maxUnpacked), "counted while unpacking, so a false size in the file doesn't help"},
		{"XLSX part, unpacked to packed", fmt.Sprintf("%d : 1 above %s", maxRatio, mib(ratioFrom)), "tables pack 10 to 60 : 1, bombs 1000 : 1"},
		{"XLSX parts, sheets", fmt.Sprintf("%d, %d", maxParts, maxSheets), "a workbook has a dozen parts"},
		{"XLSX shared texts", fmt.Sprintf("%d, %s", maxStrings, mib(maxStringText)), "they are kept in memory while the file is read"},
		{"rows of data", fmt.Sprint(maxRows), "TikTok's limit of one export"},
		{"columns", fmt.Sprint(maxColumns), "the widest known export has 79"},
		{"one field", fmt.Sprintf("%d KiB", maxField>>10), "a buyer's note has at most 5,000 characters"},
		{"one row", mib(maxRecord), "a quote that is never closed would swallow the rest of the file"},
		{"refusals listed", fmt.Sprint(maxRefused), "the rest is counted"},
		{"header of a sheet", fmt.Sprintf("row 1 to %d", maxHeaderRow), "titles may stand above it"},
		{"column file", mib(maxColumnFile), "ours have a few KiB"},
	}
}
