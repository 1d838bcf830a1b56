package label

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"

	"packbench/raster"
)

// maxShear moves the drawing sideways by 0.0002 dot for each dot of height.
// pdfium snaps upright filled rectangles to whole pixels and rounds their width
// up, so every bar prints a dot too fat; a rectangle that is ever so slightly
// slanted takes the ordinary exact-area fill instead. Much less and the corners
// are equal again in float32.
const maxShear = 2e-4

// maxDrift keeps the whole shear of a page below half a dot, above which
// pdfium no longer takes its sharp path for upright images.
const maxDrift = 0.4

// engine is a started pdfium in its WebAssembly sandbox: no file system, no
// clock worth naming, bounded memory.
type engine struct {
	pool  pdfium.Pool
	cache wazero.CompilationCache
	next  pdfium.Pdfium // an instance made ahead of the next document, or nil
}

// startEngine compiles pdfium, or loads it from cacheDir (empty = no cache;
// 3 s and 280 MB without, 0.1 s with). A stoppable engine can be interrupted
// inside a call, at a fifth of the speed.
func startEngine(cacheDir string, limits Limits, stoppable bool) (e *engine, err error) {
	defer recoverAs("start renderer", &err)
	e = &engine{}
	rc := wazero.NewRuntimeConfig().WithMemoryLimitPages(limits.MemoryPages).WithCloseOnContextDone(stoppable)
	if cacheDir != "" {
		e.cache, err = wazero.NewCompilationCacheWithDir(cacheDir)
		if err != nil {
			return nil, fmt.Errorf("open compilation cache: %w: %w", ErrRenderer, err)
		}
		rc = rc.WithCompilationCache(e.cache)
	}
	e.pool, err = webassembly.Init(webassembly.Config{
		MinIdle: 0, MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // nil would mount the whole disk
		RuntimeConfig: rc,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start renderer: %w: %w", ErrRenderer, err)
	}
	return e, nil
}

func (e *engine) close() {
	_ = e.pool.Close()
	if e.cache != nil {
		_ = e.cache.Close(context.Background())
	}
}

// session is one open file in an instance of its own: WebAssembly memory never
// shrinks, so the instance is dropped with the file.
type session struct {
	inst   pdfium.Pdfium
	doc    references.FPDF_DOCUMENT
	limits Limits
	pages  []PageSize
}

// open reads the structure of a PDF. kill, if not nil, is told how to stop the
// instance from another goroutine while open runs.
func (e *engine) open(pdf []byte, limits Limits, started func(kill func())) (s *session, err error) {
	defer recoverAs("open document", &err)
	if len(pdf) > limits.FileBytes {
		return nil, fmt.Errorf("open document of %d bytes: %w", len(pdf), ErrTooLarge)
	}
	inst := e.next
	e.next = nil
	if inst == nil {
		if inst, err = e.pool.GetInstance(limits.PageTime); err != nil {
			return nil, fmt.Errorf("start renderer instance: %w: %w", ErrRenderer, err)
		}
	}
	s = &session{inst: inst, limits: limits}
	if started != nil {
		started(s.kill)
	}
	if err := s.load(pdf); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// warmUp makes the next document's instance while nothing else is to do, and
// lets it draw a few letters: a third of a small label's time is an instance's
// first work (tables, fonts, growing memory). Its failure shows at the next open.
func (e *engine) warmUp(limits Limits) {
	if e.next != nil {
		return
	}
	s, err := e.open([]byte(warmUpPDF), limits, nil)
	if err != nil {
		return
	}
	_, _ = s.render(0, warmUpDPI)
	if _, err := s.inst.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: s.doc}); err != nil {
		s.close()
		return
	}
	e.next = s.inst
}

// warmUpPDF is a label's page with some text and a bar; readers of PDF find the
// objects without a table of their places.
const (
	warmUpDPI = 203.2
	warmUpPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" +
		"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 288 432]/Contents 4 0 R/Resources<</Font<<" +
		"/A<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>/B<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>>>>>>>endobj\n" +
		"4 0 obj<</Length 92>>stream\n" +
		"BT /A 12 Tf 20 400 Td (Packbench 0123456789) Tj /B 24 Tf 0 -40 Td (WAYBILL) Tj ET 9 9 9 9 re f\n" +
		"endstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)

func (s *session) load(pdf []byte) error {
	opened, err := s.inst.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		return fmt.Errorf("open document: %w", pdfiumKind(err))
	}
	s.doc = opened.Document
	count, err := s.inst.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: s.doc})
	if err != nil {
		return fmt.Errorf("count pages: %w", pdfiumKind(err))
	}
	if count.PageCount > s.limits.Pages {
		return fmt.Errorf("open document of %d pages: %w", count.PageCount, ErrTooLarge)
	}
	if count.PageCount <= 0 {
		return fmt.Errorf("open document without pages: %w", ErrDamaged)
	}
	for i := range count.PageCount {
		size, err := s.inst.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: s.doc, Index: i})
		if err != nil {
			return fmt.Errorf("measure page %d: %w", i+1, pdfiumKind(err))
		}
		if !(size.Width > 0 && size.Height > 0) || math.IsInf(size.Width*size.Height, 0) {
			return fmt.Errorf("measure page %d: %g x %g points: %w", i+1, size.Width, size.Height, ErrDamaged)
		}
		s.pages = append(s.pages, PageSize{WidthPt: size.Width, HeightPt: size.Height})
	}
	return nil
}

// render draws one page once, at the printer's own resolution, and thresholds it.
func (s *session) render(page int, dpi float64) (bm *raster.Bitmap, err error) {
	defer recoverAs("render page", &err)
	if page < 0 || page >= len(s.pages) {
		return nil, fmt.Errorf("render page %d of %d: %w", page+1, len(s.pages), ErrNoPage)
	}
	size := s.pages[page]
	w, h, err := size.dots(dpi, s.limits)
	if err != nil {
		return nil, fmt.Errorf("render page %d: %w", page+1, err)
	}

	loaded, err := s.inst.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: s.doc, Index: page})
	if err != nil {
		return nil, fmt.Errorf("load page %d: %w", page+1, pdfiumKind(err))
	}
	defer s.inst.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})

	created, err := s.inst.FPDFBitmap_CreateEx(&requests.FPDFBitmap_CreateEx{
		Width: w, Height: h, Format: enums.FPDF_BITMAP_FORMAT_GRAY, Pointer: uint64(0), Stride: 0,
	})
	if err != nil {
		return nil, fmt.Errorf("create page of %d x %d dots: %w", w, h, pdfiumKind(err))
	}
	paper := created.Bitmap
	defer s.inst.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: paper})
	if _, err := s.inst.FPDFBitmap_FillRect(&requests.FPDFBitmap_FillRect{
		Bitmap: paper, Left: 0, Top: 0, Width: w, Height: h, Color: 0xffffffff,
	}); err != nil {
		return nil, fmt.Errorf("clear page: %w", pdfiumKind(err))
	}

	scale := dpi / 72 // never from w or h: rounding there would move every dot
	shear := math.Min(maxShear, maxDrift/float64(h)) * scale
	if _, err := s.inst.FPDF_RenderPageBitmapWithMatrix(&requests.FPDF_RenderPageBitmapWithMatrix{
		Bitmap: paper,
		Page:   requests.Page{ByReference: &loaded.Page},
		Matrix: structs.FPDF_FS_MATRIX{
			A: float32(scale), B: 0, C: float32(shear), D: float32(scale),
			E: float32(-shear * size.HeightPt / 2), F: 0,
		},
		Clipping: structs.FPDF_FS_RECTF{Left: 0, Top: 0, Right: float32(w), Bottom: float32(h)},
		Flags:    enums.FPDF_RENDER_FLAG_ANNOT, // stamps and typed fields are part of what a person sees
	}); err != nil {
		return nil, fmt.Errorf("draw page %d: %w", page+1, pdfiumKind(err))
	}

	stride, err := s.inst.FPDFBitmap_GetStride(&requests.FPDFBitmap_GetStride{Bitmap: paper})
	if err != nil {
		return nil, fmt.Errorf("read page: %w", pdfiumKind(err))
	}
	buffer, err := s.inst.FPDFBitmap_GetBuffer(&requests.FPDFBitmap_GetBuffer{Bitmap: paper})
	if err != nil {
		return nil, fmt.Errorf("read page: %w", pdfiumKind(err))
	}
	// The buffer is a view of the sandbox's memory, gone with the next call.
	return raster.Threshold(buffer.Buffer, stride.Stride, w, h, lastBlackGray), nil
}

// lastBlackGray is the lightest gray that is burnt: at least half covered.
const lastBlackGray = 127

// kill stops a call that runs in a stoppable engine; the session is dead then.
func (s *session) kill() { _ = s.inst.Kill() }

func (s *session) close() {
	var ignored error
	defer recoverAs("close document", &ignored)
	_ = s.inst.Close() // closes the document with it
}

// pdfiumKind wraps an error of the library in the kind that we can explain.
func pdfiumKind(err error) error {
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return fmt.Errorf("%w: %w", ErrEncrypted, err)
	case errors.Is(err, pdfiumerrors.ErrFormat), errors.Is(err, pdfiumerrors.ErrPage), errors.Is(err, pdfiumerrors.ErrFile):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case strings.Contains(err.Error(), "module closed"):
		return fmt.Errorf("%w: %w", ErrTimedOut, err)
	default: // "wasm error: …": out of memory or a fault inside the sandbox
		return fmt.Errorf("%w: %w", ErrRenderer, err)
	}
}

// recoverAs turns a panic of a library into an error.
func recoverAs(doing string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %w: %v", doing, ErrRenderer, p)
	}
}

// dots is the size of the page in dots, refused where it is beyond the limits.
func (p PageSize) dots(dpi float64, limits Limits) (w, h int, err error) {
	fw, fh := math.Round(p.WidthPt*dpi/72), math.Round(p.HeightPt*dpi/72)
	if !(dpi > 0) || !(fw >= 1 && fh >= 1) {
		return 0, 0, fmt.Errorf("page of %g x %g points at %g dpi: %w", p.WidthPt, p.HeightPt, dpi, ErrDamaged)
	}
	if fw*fh > float64(limits.PageDots) {
		return 0, 0, fmt.Errorf("page of %.0f x %.0f dots: %w", fw, fh, ErrTooLarge)
	}
	return int(fw), int(fh), nil
}
