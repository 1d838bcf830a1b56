package label

import (
	"image"

	"packbench/raster"
)

// blob is a patch of black dots that touch each other, also at corners.
type blob struct {
	box  image.Rectangle
	dots int
}

// findBlobs gives every patch of black of the page, joining the runs of each
// row with those that they touch in the row above.
func findBlobs(bm *raster.Bitmap) []blob {
	type run struct{ x0, x1, patch int }
	var (
		parent       []int32 // union-find over patches
		patches      []blob
		above, below []run
		l            line
	)
	find := func(i int) int {
		for int(parent[i]) != i {
			parent[i] = parent[parent[i]]
			i = int(parent[i])
		}
		return i
	}
	for y := range bm.H {
		l.readLine(bm, y)
		below = below[:0]
		k := 0
		for i := 0; i < len(l.runs); i += 2 {
			r := run{x0: l.start[i], x1: l.start[i] + l.runs[i], patch: -1}
			for k < len(above) && above[k].x1 < r.x0 {
				k++
			}
			for j := k; j < len(above) && above[j].x0 <= r.x1; j++ {
				p := find(above[j].patch)
				switch {
				case r.patch < 0:
					r.patch = p
				case p != r.patch:
					parent[p] = int32(r.patch)
					patches[r.patch].box = patches[r.patch].box.Union(patches[p].box)
					patches[r.patch].dots += patches[p].dots
				}
			}
			if r.patch < 0 {
				r.patch = len(patches)
				parent = append(parent, int32(r.patch))
				patches = append(patches, blob{})
			}
			p := &patches[r.patch]
			p.box = p.box.Union(image.Rect(r.x0, y, r.x1, y+1))
			p.dots += r.x1 - r.x0
			below = append(below, r)
		}
		above, below = below, above
	}
	out := patches[:0]
	for i := range patches {
		if find(i) == i {
			out = append(out, patches[i])
		}
	}
	return out
}

// eye is the middle of an Aztec code.
type eye struct {
	x, y   int
	module float64 // dots
}

// bullsEyes finds a filled square within a square ring five times as wide.
func bullsEyes(blobs []blob) []eye {
	const grid = 4 // dots; middles are compared on this grid and its neighbours
	type place struct{ x, y int }
	rings := map[place][]blob{}
	for _, b := range blobs {
		w, h := b.box.Dx(), b.box.Dy()
		// A ring of five modules is black on 16 of its 25.
		if w < 8 || 5*w < 4*h || 5*h < 4*w || 10*b.dots < 5*w*h || 10*b.dots > 8*w*h {
			continue
		}
		p := place{(b.box.Min.X + b.box.Max.X) / (2 * grid), (b.box.Min.Y + b.box.Max.Y) / (2 * grid)}
		rings[p] = append(rings[p], b)
	}
	var out []eye
	for _, b := range blobs {
		w, h := b.box.Dx(), b.box.Dy()
		if w < 1 || w > 3*h || h > 3*w || 10*b.dots < 7*w*h {
			continue
		}
		x, y := (b.box.Min.X+b.box.Max.X)/2, (b.box.Min.Y+b.box.Max.Y)/2
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, ring := range rings[place{x/grid + dx, y/grid + dy}] {
					rw := ring.box.Dx()
					if b.box.In(ring.box) && rw >= 3*w && rw <= 8*w {
						out = append(out, eye{(ring.box.Min.X + ring.box.Max.X) / 2, (ring.box.Min.Y + ring.box.Max.Y) / 2, float64(rw) / 5})
					}
				}
			}
		}
	}
	return out
}
