package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Choice is what becomes of writes that no sync had made durable.
type Choice int

// The choices.
const (
	Nothing Choice = iota // none of them came to the disk
	Some                  // each by the toss of a coin, and some first part of the metadata
	Torn                  // as Some, and of each write any of its sectors
	Choices               // how many there are
)

// Sector is what a disk writes whole, in bytes.
const Sector = 512

// Replay is a disk while a program writes to it.
type Replay struct {
	ops     []Op
	next    int
	durable map[string][]byte // path → content: what a crash leaves for certain
	pending []pending         // what it may leave, in order
}

type pending struct {
	Op
	at int // its place in ops
}

// NewReplay begins with an empty folder.
func NewReplay(ops []Op) *Replay {
	return &Replay{ops: ops, durable: map[string][]byte{}}
}

// Advance lets the operations up to, and without, the point happen. Points
// never go back.
func (r *Replay) Advance(point int) {
	for ; r.next < min(point, len(r.ops)); r.next++ {
		switch op := r.ops[r.next]; op.Kind {
		case Mark:
		case Sync:
			r.sync(op)
		default:
			r.pending = append(r.pending, pending{op, r.next})
		}
	}
}

// Marks are the marks before the point that was reached, in order.
func (r *Replay) Marks() [][]byte {
	var out [][]byte
	for _, op := range r.ops[:r.next] {
		if op.Kind == Mark {
			out = append(out, op.Data)
		}
	}
	return out
}

// sync makes durable what was done to a file before the sync began: its data,
// and if its own metadata changed, the metadata of others up to there, because
// a journal keeps its order. The sync of a folder does so for all metadata.
func (r *Replay) sync(op Op) {
	last := -1 // place in pending of the last metadata to keep
	_, isFile := r.durable[op.Path]
	for i, p := range r.pending {
		if p.at >= op.Before || p.Kind == Write {
			continue
		}
		if p.Path == op.Path || p.To == op.Path || !isFile && filepath.Dir(p.Path) == op.Path {
			last = i
		}
	}
	for i := 0; i < len(r.pending); {
		p := r.pending[i]
		mine := p.Kind == Write && p.Path == op.Path && p.at < op.Before
		if !mine && (p.Kind == Write || i > last) {
			i++
			continue
		}
		r.pending = slices.Delete(r.pending, i, i+1)
		if i <= last {
			last--
		}
		apply(r.durable, p.Op)
		if p.Kind != Write {
			gone := r.overtake(p.Op, i)
			i, last = i-gone, last-gone
		}
	}
}

// overtake corrects the writes before place n of pending, which metadata
// that came after them has overtaken on its way to the disk. It answers how
// many of them are gone.
func (r *Replay) overtake(meta Op, n int) int {
	had := len(r.pending)
	kept := r.pending[:0]
	for i, p := range r.pending {
		if i < n && p.Kind == Write && p.Path == meta.Path {
			switch meta.Kind {
			case Unlink:
				continue // of a file that is gone
			case Rename:
				p.Path = meta.To
			case Truncate:
				if p.Off >= meta.Off {
					continue
				}
				p.Data = p.Data[:min(int64(len(p.Data)), meta.Off-p.Off)]
			}
		}
		kept = append(kept, p)
	}
	r.pending = kept
	return had - len(kept)
}

// Crash is what a power cut at this point leaves: the files by their paths.
func (r *Replay) Crash(choice Choice, random *rand.Rand) map[string][]byte {
	left := make(map[string][]byte, len(r.durable))
	for path, data := range r.durable {
		left[path] = slices.Clone(data)
	}
	if choice == Nothing {
		return left
	}
	metas := 0
	for _, p := range r.pending {
		if p.Kind != Write {
			metas++
		}
	}
	metas = random.IntN(metas + 1)
	for _, p := range r.pending {
		switch {
		case p.Kind != Write:
			if metas--; metas >= 0 {
				apply(left, p.Op)
			}
		case random.IntN(2) == 0:
		case choice == Torn:
			for _, piece := range sectors(p.Op) {
				if random.IntN(2) == 0 {
					apply(left, piece)
				}
			}
		default:
			apply(left, p.Op)
		}
	}
	return left
}

// sectors cuts a write where the disk's sectors end.
func sectors(op Op) []Op {
	var out []Op
	for len(op.Data) > 0 {
		n := min(int64(len(op.Data)), Sector-op.Off%Sector)
		out = append(out, Op{Kind: Write, Path: op.Path, Off: op.Off, Data: op.Data[:n]})
		op.Off, op.Data = op.Off+n, op.Data[n:]
	}
	return out
}

// apply does an operation to files. What is done to a file that is not there
// is lost with it.
func apply(files map[string][]byte, op Op) {
	data, ok := files[op.Path]
	switch {
	case op.Kind == Create:
		if !ok {
			files[op.Path] = []byte{}
		}
	case !ok:
	case op.Kind == Write:
		files[op.Path] = put(data, op.Off, op.Data)
	case op.Kind == Truncate:
		if int64(len(data)) > op.Off {
			files[op.Path] = data[:op.Off]
		} else {
			files[op.Path] = put(data, op.Off, nil)
		}
	case op.Kind == Unlink:
		delete(files, op.Path)
	case op.Kind == Rename:
		files[op.To] = data
		delete(files, op.Path)
	}
}

// put writes bytes at a place; a hole before it reads as zeros.
func put(data []byte, off int64, more []byte) []byte {
	end := off + int64(len(more))
	if n := int64(len(data)); end > n {
		data = append(data, make([]byte, end-n)...)
	}
	copy(data[off:], more)
	return data
}

// Save writes files that lay in from into the folder to.
func Save(files map[string][]byte, from, to string) error {
	for path, data := range files {
		name, err := filepath.Rel(from, path)
		if err != nil || !filepath.IsLocal(name) {
			return fmt.Errorf("save %s: it is not in %s", path, from)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700); err != nil {
			return fmt.Errorf("save files: %w", err)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
			return fmt.Errorf("save files: %w", err)
		}
	}
	return nil
}
