package label

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"packbench/raster"
)

// Renderer turns PDF pages into 1-bit pages. It serves one document at a time;
// callers on other goroutines wait for their turn. The engine behind it starts
// with the first document (or by Warm), and starts anew after a time-out or a
// fault, so that one bad file never spoils the next.
//
// Where the program's main calls ServeRenderer first, the engine runs in a
// child process of the same executable: five times faster than an engine that
// can be stopped inside our own process, killable at any moment, its memory
// given back, and its long native calls can't hold up our garbage collector.
// Else the stoppable engine in our own process does the same work.
type Renderer struct {
	cacheDir string
	limits   Limits
	turn     chan struct{} // holds one token; who has it may use the backend

	mu      sync.Mutex
	closed  bool
	backend backend // nil: not started
}

// backend is a started engine that serves one document at a time. An error of
// open or render that says broken() true means that it must be stopped.
type backend interface {
	open(ctx context.Context, pdf []byte) ([]PageSize, error)
	render(ctx context.Context, page int, dpi float64) (*raster.Bitmap, error)
	closeDocument()
	interrupt() // from any goroutine: fail the running call soon, if that can be done
	stop()
}

// startLimit bounds the start of an engine; compiling it takes 3–5 s on a slow
// bench without a cache, once for each version of the program.
const startLimit = 90 * time.Second

// NewRenderer makes a renderer that keeps its compiled engine in cacheDir, a
// folder of its own for this version of the program (empty: compile at each
// start). Nothing is started yet.
func NewRenderer(cacheDir string) *Renderer { return NewRendererWithLimits(cacheDir, DefaultLimits) }

// NewRendererWithLimits is NewRenderer with other limits than the default.
func NewRendererWithLimits(cacheDir string, limits Limits) *Renderer {
	return &Renderer{cacheDir: cacheDir, limits: limits, turn: make(chan struct{}, 1)}
}

// Warm starts the engine in the background, so that the first label need not
// wait for it. A failure shows at the first Open.
func (r *Renderer) Warm() {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		if r.enter(ctx) != nil {
			return
		}
		defer r.leave()
		_, _ = r.started(ctx)
	}()
}

// Close ends the engine at once and never waits: a page that is being rendered
// in the child process fails, one in our own process is finished first. Later
// calls of Open answer ErrClosed.
func (r *Renderer) Close() {
	r.mu.Lock()
	r.closed = true
	b := r.backend
	r.mu.Unlock()
	if b != nil {
		b.interrupt()
	}
	select {
	case r.turn <- struct{}{}:
		r.leave()
	default: // who has the turn drops the engine when it leaves
	}
}

// bounds are the limits; pictures need no renderer, so a nil one has the default.
func (r *Renderer) bounds() Limits {
	if r == nil {
		return DefaultLimits
	}
	return r.limits
}

func (r *Renderer) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

func (r *Renderer) enter(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for renderer: %w", context.Cause(ctx))
	}
}

// leave gives the turn back, and ends the engine if the renderer was closed meanwhile.
func (r *Renderer) leave() {
	if r.isClosed() {
		r.drop()
	}
	<-r.turn
}

// started gives the running engine, or starts one. Only who has the turn calls it.
func (r *Renderer) started(ctx context.Context) (backend, error) {
	if r.isClosed() {
		return nil, fmt.Errorf("open document: renderer %w", ErrClosed)
	}
	if b := r.running(); b != nil {
		return b, nil
	}
	b, err := r.start(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.backend = b
	r.mu.Unlock()
	return b, nil
}

func (r *Renderer) start(ctx context.Context) (backend, error) {
	if canServe() {
		if b, err := startChild(ctx, r.cacheDir, r.limits); err == nil {
			return b, nil
		} else if ctx.Err() != nil {
			return nil, err
		}
		// The executable may have been replaced or may not be started again
		// under the system's policy: our own process can do it, slower.
	}
	return startLocal(r.cacheDir, r.limits)
}

// drop stops the engine; the next document starts a new one.
func (r *Renderer) drop() {
	r.mu.Lock()
	b := r.backend
	r.backend = nil
	r.mu.Unlock()
	if b != nil {
		b.stop()
	}
}

func (r *Renderer) running() backend {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.backend
}

// PageSize is a page as it is displayed: after /Rotate and CropBox, in points of 1/72 inch.
type PageSize struct {
	WidthPt, HeightPt float64
}

// MM is the size in millimetres.
func (p PageSize) MM() (width, height float64) { return p.WidthPt * 25.4 / 72, p.HeightPt * 25.4 / 72 }

// Document is an open PDF, or a picture, which is a document of one page. A PDF
// holds the renderer's turn until Close, so a goroutine that opens a second one
// before it closes the first waits for itself.
type Document struct {
	r       *Renderer
	pages   []PageSize
	picture *picture // needs no engine; nil for a PDF

	mu     sync.Mutex
	b      backend
	broken error // why the engine was dropped; every later call answers it
	closed bool
	spent  time.Duration // on rendering
}

// Open reads the structure of a PDF, or a picture. It waits until the documents
// that others have open are closed. Errors: ErrEncrypted, ErrDamaged,
// ErrTooLarge, ErrTimedOut, ErrRenderer, ErrClosed, ErrEmpty, ErrArchive,
// ErrUnknownKind, or the context's own.
func (r *Renderer) Open(ctx context.Context, pdf []byte) (*Document, error) {
	if r == nil {
		return nil, fmt.Errorf("open document without a renderer: %w", ErrRenderer)
	}
	if len(pdf) > r.limits.FileBytes {
		return nil, fmt.Errorf("open document of %d bytes: %w", len(pdf), ErrTooLarge)
	}
	switch Sniff(pdf) { // saves starting anything for junk
	case PDF:
	case PNG:
		return r.openPicture(pdf)
	case ZPL:
		return nil, fmt.Errorf("open document: %w", ErrPrinterLanguage)
	default:
		return nil, fmt.Errorf("open document: no PDF header: %w", unusable(pdf))
	}
	if err := r.enter(ctx); err != nil {
		return nil, err
	}
	b, err := r.started(ctx)
	if err == nil && ctx.Err() != nil { // else the engine would be killed for nothing
		err = fmt.Errorf("open document: %w", context.Cause(ctx))
	}
	if err != nil {
		r.leave()
		return nil, err
	}
	pages, err := b.open(ctx, pdf)
	if err != nil {
		if isBroken(ctx, err) {
			r.drop()
		} else {
			b.closeDocument()
		}
		r.leave()
		return nil, err
	}
	return &Document{r: r, pages: pages, b: b}, nil
}

// openPicture is Open for a picture. A size is told where the file does.
func (r *Renderer) openPicture(data []byte) (*Document, error) {
	p, err := decodePicture(data, r.limits)
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	size := PageSize{}
	if p.dpi > 0 {
		b := p.gray.Rect
		size = PageSize{WidthPt: float64(b.Dx()) * 72 / p.dpi, HeightPt: float64(b.Dy()) * 72 / p.dpi}
	}
	return &Document{r: r, pages: []PageSize{size}, picture: &p}, nil
}

// Pages are the sizes of all pages, in order.
func (d *Document) Pages() []PageSize { return d.pages }

// Render draws page (from 0) at dpi, the true resolution of the print head
// (203.2, 299.7, …), black and white.
func (d *Document) Render(ctx context.Context, page int, dpi float64) (*raster.Bitmap, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return nil, fmt.Errorf("render page %d: document %w", page+1, ErrClosed)
	case d.broken != nil:
		return nil, d.broken
	case page < 0 || page >= len(d.pages):
		return nil, fmt.Errorf("render page %d of %d: %w", page+1, len(d.pages), ErrNoPage)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("render page %d: %w", page+1, context.Cause(ctx))
	}
	if d.picture != nil {
		bm, _, err := d.picture.render(dpi)(1)
		return bm, err
	}
	if _, _, err := d.pages[page].dots(dpi, d.r.limits); err != nil {
		return nil, fmt.Errorf("render page %d: %w", page+1, err)
	}
	if limit := d.r.limits.FileTime; limit > 0 && d.spent > limit {
		return nil, fmt.Errorf("render page %d: the pages before took %v: %w", page+1, d.spent.Round(time.Millisecond), ErrTimedOut)
	}
	start := time.Now()
	bm, err := d.b.render(ctx, page, dpi)
	d.spent += time.Since(start)
	if err != nil && isBroken(ctx, err) {
		d.broken = err
		d.r.drop()
	}
	return bm, err
}

// Close ends the document and lets the next one in. It may be called twice.
func (d *Document) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	if d.picture != nil {
		return
	}
	if d.broken == nil {
		d.b.closeDocument()
	}
	d.r.leave()
}

// isBroken tells whether the engine behind an error is not to be used again.
func isBroken(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, ErrTimedOut) || errors.Is(err, ErrRenderer)
}
