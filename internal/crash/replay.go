package crash

import (
	"fmt"
	"maps"
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
	names   map[string]int // path → file, as the program sees it
	files   int            // how many there ever were
	durable disk           // what a crash leaves for certain
	pending []pending      // what it may leave, in order
}

// disk is names of files, and their content.
type disk struct {
	names map[string]int
	data  map[int][]byte
}

// pending is a change that is not durable yet.
type pending struct {
	Op
	at   int // its place in ops
	file int // that it is about: a file keeps its number when its name changes
}

// NewReplay begins with an empty folder.
func NewReplay(ops []Op) *Replay {
	return &Replay{ops: ops, names: map[string]int{}, durable: disk{map[string]int{}, map[int][]byte{}}}
}

// Advance lets the operations up to, and without, the point happen. Points
// never go back.
func (r *Replay) Advance(point int) {
	for ; r.next < min(point, len(r.ops)); r.next++ {
		op := r.ops[r.next]
		file, there := r.names[op.Path]
		switch {
		case op.Kind == Mark:
			continue
		case op.Kind == Sync:
			r.sync(op, file, there)
			continue
		case op.Kind == Create && there, op.Kind != Create && !there:
			continue // it was there already; or it was opened before the record began
		case op.Kind == Create:
			r.files++
			file = r.files
			r.names[op.Path] = file
		case op.Kind == Unlink:
			delete(r.names, op.Path)
		case op.Kind == Rename:
			delete(r.names, op.Path)
			r.names[op.To] = file
		}
		r.pending = append(r.pending, pending{op, r.next, file})
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
func (r *Replay) sync(op Op, file int, isFile bool) {
	last := -1 // place in pending of the last metadata to keep
	for i, p := range r.pending {
		if p.at < op.Before && p.Kind != Write && (isFile && p.file == file || !isFile && filepath.Dir(p.Path) == op.Path) {
			last = i
		}
	}
	var left []pending
	for i, p := range r.pending {
		switch {
		case p.Kind == Write && isFile && p.file == file && p.at < op.Before:
			r.durable.apply(p)
		case p.Kind != Write && i <= last:
			r.durable.apply(p)
			if p.Kind == Truncate {
				left = overtaken(left, p)
			}
		default:
			left = append(left, p)
		}
	}
	r.pending = left
}

// overtaken cuts what was written before a file was cut, where the cut has come
// to the disk first.
func overtaken(writes []pending, meta pending) []pending {
	var left []pending
	for _, p := range writes {
		if p.Kind == Write && p.file == meta.file {
			if p.Off >= meta.Off {
				continue
			}
			p.Data = p.Data[:min(int64(len(p.Data)), meta.Off-p.Off)]
		}
		left = append(left, p)
	}
	return left
}

// Crash is what a power cut at this point leaves: the files by their paths.
func (r *Replay) Crash(choice Choice, random *rand.Rand) map[string][]byte {
	left := r.durable.clone()
	if choice != Nothing {
		r.some(left, choice, random)
	}
	out := map[string][]byte{}
	for path, file := range left.names {
		out[path] = left.data[file]
	}
	return out
}

// some lets a part of what is pending come to the disk too.
func (r *Replay) some(left disk, choice Choice, random *rand.Rand) {
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
				left.apply(p)
			}
		case random.IntN(2) == 0:
		case choice == Torn:
			for _, piece := range sectors(p) {
				if random.IntN(2) == 0 {
					left.apply(piece)
				}
			}
		default:
			left.apply(p)
		}
	}
}

// sectors cuts a write where the disk's sectors end.
func sectors(p pending) []pending {
	var out []pending
	for len(p.Data) > 0 {
		n := min(int64(len(p.Data)), Sector-p.Off%Sector)
		piece := p
		piece.Data = p.Data[:n]
		out = append(out, piece)
		p.Off, p.Data = p.Off+n, p.Data[n:]
	}
	return out
}

func (d disk) clone() disk {
	out := disk{maps.Clone(d.names), map[int][]byte{}}
	for file, data := range d.data {
		out.data[file] = slices.Clone(data)
	}
	return out
}

func (d disk) apply(p pending) {
	data := d.data[p.file]
	switch p.Kind {
	case Create:
		d.names[p.Path] = p.file
	case Unlink:
		delete(d.names, p.Path)
	case Rename:
		delete(d.names, p.Path)
		d.names[p.To] = p.file
	case Write:
		d.data[p.file] = put(data, p.Off, p.Data)
	case Truncate:
		if int64(len(data)) > p.Off {
			d.data[p.file] = data[:p.Off]
		} else {
			d.data[p.file] = put(data, p.Off, nil)
		}
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
