package label

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// encrypted asks for a password: its verifier matches no empty one.
var encryptedPDF = testPDF("/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<"+
	strings.Repeat("5a", 32)+">/U<"+strings.Repeat("a5", 32)+">>>", labelPage("ENCRYPTED1"))

func TestBadFiles(t *testing.T) {
	r := newTestRenderer(t)
	good := testPDF("", labelPage("GOOD12345"))
	large := append([]byte("%PDF-1.4\n"), make([]byte, DefaultLimits.FileBytes)...)
	many := make([]testPage, DefaultLimits.Pages+1)
	for i := range many {
		many[i] = testPage{w: 100, h: 100}
	}
	for _, tc := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, ErrEmpty},
		{"junk", []byte("no label at all"), ErrUnknownKind},
		{"archive", []byte("PK\x03\x04"), ErrArchive},
		{"printer language", []byte("^XA^XZ"), ErrPrinterLanguage},
		{"header only", []byte("%PDF-1.7\n"), ErrDamaged},
		{"half", good[:len(good)/4], ErrDamaged},
		{"encrypted", encryptedPDF, ErrEncrypted},
		{"bytes", large, ErrTooLarge},
		{"pages", testPDF("", many...), ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := r.Open(context.Background(), tc.data)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if Problem(err) == "" {
				t.Errorf("no sentence for %v", err)
			}
			if doc != nil {
				doc.Close()
			}
		})
	}
	t.Run("after all that", func(t *testing.T) { mustRender(t, r, good) })
	t.Run("huge page", func(t *testing.T) {
		doc, err := r.Open(context.Background(), testPDF("", testPage{w: 14400, h: 14400}))
		if err != nil {
			t.Fatal(err)
		}
		defer doc.Close()
		if _, err := doc.Render(context.Background(), 0, 203.2); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
		for _, page := range []int{-1, 1} {
			if _, err := doc.Render(context.Background(), page, 203.2); !errors.Is(err, ErrNoPage) {
				t.Errorf("page %d: %v", page, err)
			}
		}
		if _, err := doc.Render(context.Background(), 0, 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("0 dpi: %v", err)
		}
	})
}

func mustRender(t testing.TB, r *Renderer, pdf []byte) {
	t.Helper()
	doc, err := r.Open(context.Background(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	bm, err := doc.Render(context.Background(), 0, 203.2)
	if err != nil {
		t.Fatal(err)
	}
	if bm.Ink().Empty() {
		t.Fatal("rendered page is blank")
	}
}

// pathBomb is a small file with far more drawing than a second holds.
func pathBomb() []byte {
	return testPDF("", testPage{w: 288, h: 432, content: strings.Repeat("0 0 m 288 432 l 0 432 l 288 0 l h W n 0 0 288 432 re f\n", 400_000)})
}

// TestTimeOut: a page that takes too long is stopped, and the renderer serves
// the next file, both with the engine in a child process and in our own.
func TestTimeOut(t *testing.T) {
	bomb, good := pathBomb(), testPDF("", labelPage("GOOD12345"))
	limits := DefaultLimits
	limits.PageTime = 300 * time.Millisecond
	for _, tc := range []struct {
		name  string
		local bool
	}{{"child", false}, {"local", true}} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.local && raceEnabled {
				t.Skip("the PDF library's Kill writes without a lock")
			}
			serves.Store(!tc.local)
			defer serves.Store(true)
			r := NewRendererWithLimits(testCache(), limits)
			defer r.Close()
			mustRender(t, r, good)
			doc, err := r.Open(context.Background(), bomb)
			if err == nil {
				_, err = doc.Render(context.Background(), 0, 203.2)
				if _, again := doc.Render(context.Background(), 0, 203.2); again == nil {
					t.Error("a document renders after its engine was stopped")
				}
				doc.Close()
			}
			if !errors.Is(err, ErrTimedOut) {
				t.Fatalf("got %v, want ErrTimedOut", err)
			}
			r.limits = DefaultLimits // the next start may be slow on a busy machine
			mustRender(t, r, good)
		})
	}
}

func TestCancel(t *testing.T) {
	r := newTestRenderer(t)
	good := testPDF("", labelPage("GOOD12345"))
	doc, err := r.Open(context.Background(), good)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	waited := make(chan error, 1)
	go func() {
		_, err := r.Open(ctx, good) // waits for its turn
		waited <- err
	}()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting Open: %v", err)
	}
	if _, err := doc.Render(ctx, 0, 203.2); !errors.Is(err, context.Canceled) {
		t.Errorf("Render with a cancelled context: %v", err)
	}
	if _, err := doc.Render(context.Background(), 0, 203.2); err != nil {
		t.Errorf("a cancelled call before it began must not spoil the document: %v", err)
	}
	doc.Close()
	doc.Close()
	if _, err := doc.Render(context.Background(), 0, 203.2); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestCloseWithOpenDocument: closing the renderer never waits, and the engine is
// gone when the document is.
func TestCloseWithOpenDocument(t *testing.T) {
	r := NewRenderer(testCache())
	doc, err := r.Open(context.Background(), testPDF("", labelPage("GOOD12345")))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	r.Close()
	if _, err := doc.Render(context.Background(), 0, 203.2); err == nil {
		t.Error("renders after the renderer was closed")
	}
	doc.Close()
	if r.running() != nil {
		t.Error("the engine outlives its last document")
	}
	if _, err := r.Open(context.Background(), testPDF("", labelPage("GOOD12345"))); !errors.Is(err, ErrClosed) {
		t.Errorf("Open after Close: %v", err)
	}
}

// TestKilledChild: a child that dies between jobs is replaced after one failure.
func TestKilledChild(t *testing.T) {
	r := newTestRenderer(t)
	good := testPDF("", labelPage("GOOD12345"))
	mustRender(t, r, good)
	c, ok := r.running().(*child)
	if !ok {
		t.Fatal("no child process in a binary that serves")
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(context.Background(), good); !errors.Is(err, ErrRenderer) {
		t.Errorf("first Open after the kill: %v", err)
	}
	mustRender(t, r, good)
}

func TestConcurrentCallers(t *testing.T) {
	r := newTestRenderer(t)
	r.Warm()
	good := testPDF("", labelPage("GOOD12345"), labelPage("SECOND789"))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for page, want := range []string{"GOOD12345", "SECOND789"} {
				p, err := Prepare(context.Background(), r, good, page, Target{DPI: 203.2, WidthDots: 812, LengthDots: 1218})
				if err != nil || len(p.Codes) != 1 || p.Codes[0].Text != want {
					t.Errorf("page %d: %v %+v", page, err, p.Codes)
				}
			}
		})
	}
	wg.Wait()
}

// TestNoDisk: the sandbox has no file system to read from or write to.
func TestNoDisk(t *testing.T) {
	before, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	r := newTestRenderer(t)
	embedded := testPDF("", testPage{w: 288, h: 432, content: "/X Do", extra: "/AF[<</Type/Filespec/F(/etc/passwd)>>]"})
	doc, err := r.Open(context.Background(), embedded)
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	if _, err := doc.Render(context.Background(), 0, 203.2); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadDir("."); len(after) != len(before) {
		t.Errorf("rendering left files: %d before, %d after", len(before), len(after))
	}
}
