package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // goods pictures come in these formats
	_ "image/jpeg"
	_ "image/png"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"packbench/raster"
)

// pictureImage is a loaded picture; a fixed type, so that pictures compare by
// identity.
type pictureImage = image.Image

// pictureState is how far a picture is.
type pictureState int

const (
	pictureLoading pictureState = iota
	pictureReady
	pictureFailed
)

// What a picture may be at most.
const (
	maxPictureDots = 50_000_000 // decoded
	goodsWidth     = 1100       // what is kept of it
	goodsHeight    = 760
	keptPictures   = 48
)

// LabelPicture gives one page of a label file as it will print.
type LabelPicture func(ctx context.Context, hash string, page int) (*raster.Bitmap, error)

// pictures loads pictures in the background, at most two at a time, and keeps
// the newest. It is used on the UI goroutine only; what was loaded comes back
// through post.
type pictures struct {
	ctx   context.Context
	post  func(func())
	dir   string
	page  LabelPicture
	log   *slog.Logger
	ready func() // called when one has come

	height int // of the label preview, in dots of the screen
	kept   map[pictureKey]*picture
	order  []pictureKey
	slots  chan struct{}
}

type pictureKey struct {
	name   string // of goods, or the label's hash
	page   int    // -1 for goods
	height int
}

type picture struct {
	state pictureState
	img   image.Image
}

func newPictures(ctx context.Context, opt Options, post func(func()), ready func()) *pictures {
	return &pictures{
		ctx: ctx, post: post, dir: opt.PictureDir, page: opt.LabelPicture, log: opt.Log, ready: ready,
		height: 700, kept: map[pictureKey]*picture{}, slots: make(chan struct{}, 2),
	}
}

func (p *pictures) goods(name string) (pictureState, pictureImage) {
	if p.dir == "" {
		return pictureFailed, nil
	}
	return p.get(pictureKey{name: name, page: -1}, func() (image.Image, error) { return loadGoods(p.dir, name) })
}

func (p *pictures) label(hash string, page int) (pictureState, pictureImage) {
	if p.page == nil {
		return pictureFailed, nil
	}
	height := p.height
	return p.get(pictureKey{name: hash, page: page, height: height}, func() (image.Image, error) {
		bm, err := p.page(p.ctx, hash, page)
		if err != nil {
			return nil, fmt.Errorf("load label picture: %w", err)
		}
		if bm == nil || bm.W <= 0 || bm.H <= 0 {
			return nil, errors.New("load label picture: it is empty")
		}
		return reduce(bm, height), nil
	})
}

func (p *pictures) get(key pictureKey, load func() (image.Image, error)) (pictureState, pictureImage) {
	if pic, ok := p.kept[key]; ok {
		return pic.state, pic.img
	}
	pic := &picture{}
	p.kept[key] = pic
	p.order = append(p.order, key)
	if len(p.order) > keptPictures {
		delete(p.kept, p.order[0])
		p.order = p.order[1:]
	}
	go func() {
		select {
		case p.slots <- struct{}{}:
		case <-p.ctx.Done():
			return
		}
		img, err := load()
		<-p.slots
		if err != nil && p.ctx.Err() == nil {
			p.log.Warn("picture not shown", "error", err)
		}
		p.post(func() {
			pic.img, pic.state = img, pictureReady
			if err != nil {
				pic.img, pic.state = nil, pictureFailed
			}
			p.ready()
		})
	}()
	return pictureLoading, nil
}

// forgetFailures lets what failed be tried again.
func (p *pictures) forgetFailures() {
	var order []pictureKey
	for _, key := range p.order {
		if p.kept[key].state == pictureFailed {
			delete(p.kept, key)
			continue
		}
		order = append(order, key)
	}
	p.order = order
}

// loadGoods reads a picture of the goods' folder and makes it as small as the
// screen needs. A name that leads out of the folder is refused.
func loadGoods(dir, name string) (image.Image, error) {
	f, err := os.OpenInRoot(dir, filepath.FromSlash(name))
	if err != nil {
		return nil, fmt.Errorf("open goods picture: %w", err)
	}
	defer f.Close()
	config, _, err := image.DecodeConfig(f)
	if err != nil {
		return nil, fmt.Errorf("read goods picture %q: %w", name, err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPictureDots/config.Height {
		return nil, fmt.Errorf("read goods picture %q: %d × %d dots are too many", name, config.Width, config.Height)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read goods picture: %w", err)
	}
	src, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("decode goods picture %q: %w", name, err)
	}
	size := src.Bounds().Size()
	scale := min(1, float64(goodsWidth)/float64(size.X), float64(goodsHeight)/float64(size.Y))
	dst := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(size.X)*scale)), max(1, int(float64(size.Y)*scale))))
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst, nil
}

// reduce makes a picture of a page as tall as height, each of its dots as dark as
// the part of it that is burnt. A page that is smaller stays as it is, dot by dot.
func reduce(bm *raster.Bitmap, height int) *image.RGBA {
	h := min(bm.H, max(1, height))
	w := max(1, (bm.W*h+bm.H/2)/bm.H)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	// Columns and rows of the page that a dot of the picture covers, in 1/16 dots.
	const part = 16
	black := make([]int, w)
	for y := range h {
		clear(black)
		total := 0
		y0, y1 := y*bm.H*part/h, (y+1)*bm.H*part/h
		for sy := y0 / part; sy*part < y1 && sy < bm.H; sy++ {
			weight := min(y1, (sy+1)*part) - max(y0, sy*part)
			total += weight
			addRow(black, bm, sy, weight)
		}
		for x := range w {
			x0, x1 := x*bm.W*part/w, (x+1)*bm.W*part/w
			v := uint8(255 - 255*black[x]/max(1, total*(x1-x0)))
			i := out.PixOffset(x, y)
			out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = v, v, v, 255
		}
	}
	return out
}

// addRow adds the burnt part of one row, by columns of the picture.
func addRow(black []int, bm *raster.Bitmap, sy, weight int) {
	const part = 16
	w := len(black)
	for x := range w {
		x0, x1 := x*bm.W*part/w, (x+1)*bm.W*part/w
		for sx := x0 / part; sx*part < x1 && sx < bm.W; sx++ {
			if bm.Black(sx, sy) {
				black[x] += weight * (min(x1, (sx+1)*part) - max(x0, sx*part))
			}
		}
	}
}
