// Package label turns label files into what a print head burns, and reads them.
//
// A label file is what a platform or carrier gives: a PDF, a picture, or printer
// language. The platform's labels print as they are, at 100 % and at the
// printer's own resolution, since their bars decide whether a parcel arrives.
// The words:
//
//   - A Renderer draws PDF pages with pdfium, sandboxed in WebAssembly and, where
//     main calls ServeRenderer, in a child process. A Document is one open file.
//     Each page is drawn once, at the true resolution of the head, into gray
//     with a tiny shear that keeps pdfium from fattening bars, and is black
//     where at least half of a dot is covered. Nothing is dithered.
//   - Prepare places a page on the paper of a Target: as it lies, turned, or, if
//     it is too large, drawn smaller, and says what it did in Notes.
//   - ReadCodes finds the barcodes of a page. Code 128 has a reader of our own,
//     made for 1-bit pages; the rest is gozxing's.
//   - Inspect makes the Fingerprint that is kept when a label arrives: hash,
//     pages and codes. Survives tells which codes can't be read back from the
//     very dots that will print.
//
// Lengths are dots of the named resolution (dots an inch), millimetres where a
// name says MM, points of 1/72 inch where it says Pt. Pages count from 0.
//
// A file is never trusted: Limits bound bytes, pages, dots, time and memory, and
// every failure that a person should hear of wraps one of the Err values. This
// package knows nothing of parcels or printers.
package label
