package label

import (
	"fmt"
	"time"
)

// Limits bound what one label file may cost. A label comes from outside (a
// platform, a carrier, a folder), so it is not trusted: a 40 kB PDF can hold
// work for minutes.
type Limits struct {
	FileBytes   int           // largest file, bytes
	Pages       int           // most pages in a file
	PageDots    int           // most dots in one rendered page, width × height
	PageTime    time.Duration // longest rendering of one page, and longest opening
	FileTime    time.Duration // longest rendering of all pages of a file together
	MemoryPages uint32        // memory of the PDF engine, in WebAssembly pages of 64 KiB
}

// DefaultLimits leave room for an A3 sheet at 300 dpi and a bulk file of a
// sale evening, and stop what is no label.
var DefaultLimits = Limits{
	FileBytes:   20 << 20,
	Pages:       500,
	PageDots:    16_000_000,
	PageTime:    15 * time.Second,
	FileTime:    10 * time.Minute,
	MemoryPages: 4096, // 256 MB
}

// ArchiveLimits bound a ZIP archive of label files.
type ArchiveLimits struct {
	Bytes     int64 // largest archive, packed
	Entries   int   // most entries
	Unpacked  int64 // all entries together, bytes, counted while unpacking
	Ratio     int64 // how many times larger than packed an entry may become
	RatioFrom int64 // from this unpacked size on
}

// DefaultArchiveLimits leave room for the labels of a sale evening, one file
// each; a single entry has the limits of a label file.
var DefaultArchiveLimits = ArchiveLimits{
	Bytes:     200 << 20,
	Entries:   5_000,
	Unpacked:  500 << 20,
	Ratio:     100,
	RatioFrom: 1 << 20,
}

// LimitRow is one limit, for the page that lists them.
type LimitRow struct{ What, Limit, Why string }

// LimitTable lists the limits with their reasons, in English.
func LimitTable() []LimitRow {
	l, a := DefaultLimits, DefaultArchiveLimits
	mib := func(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
	return []LimitRow{
		{"label file", mib(int64(l.FileBytes)), "labels have 5 to 500 KB, a bulk PDF of 500 pages a few MB"},
		{"pages of a PDF", fmt.Sprint(l.Pages), "platforms give at most a few hundred labels in one file"},
		{"page or picture", fmt.Sprintf("%d million dots", l.PageDots/1_000_000), "an A3 sheet at 300 dpi has 17, at 203 dpi 8; asked before anything is drawn"},
		{"one page, and opening", l.PageTime.String(), "labels take 10 to 50 ms; then the renderer is killed and started anew"},
		{"all pages of a file", l.FileTime.String(), "else 500 slow pages would hold the bench for two hours"},
		{"memory of the PDF engine", fmt.Sprintf("%d MiB", l.MemoryPages/16), "A4 and 4x6 inch labels need less than 64"},
		{"ZIP archive", mib(a.Bytes), "ten times a label file"},
		{"entries of a ZIP archive", fmt.Sprint(a.Entries), "one label each, a sale evening"},
		{"ZIP unpacked, all entries", mib(a.Unpacked), "counted while unpacking, so a false size in the file doesn't help"},
		{"ZIP entry, unpacked to packed", fmt.Sprintf("%d : 1 above %s", a.Ratio, mib(a.RatioFrom)), "PDF and PNG are packed already, ZPL packs 10 : 1, bombs 1000 : 1"},
		{"archives within archives", "none", "no platform makes them, and each level multiplies a bomb"},
	}
}
