package label

import "time"

// Limits bound what one label file may cost. A label comes from outside (a
// platform, a carrier, a folder), so it is not trusted: a 40 kB PDF can hold
// work for minutes.
type Limits struct {
	FileBytes   int           // largest file, bytes
	Pages       int           // most pages in a file
	PageDots    int           // most dots in one rendered page, width × height
	PageTime    time.Duration // longest rendering of one page, and longest opening
	MemoryPages uint32        // memory of the PDF engine, in WebAssembly pages of 64 KiB
}

// DefaultLimits leave room for an A3 sheet at 300 dpi and a bulk file of a
// sale evening, and stop what is no label.
var DefaultLimits = Limits{
	FileBytes:   20 << 20,
	Pages:       500,
	PageDots:    16_000_000,
	PageTime:    15 * time.Second,
	MemoryPages: 4096, // 256 MB
}
