package store_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"packbench/internal/crash"
	"packbench/packing"
	"packbench/store"
)

// A power cut at any point of a shift: the store is worked under strace, its
// files are made again as the cut may have left them, and everything that was
// acknowledged must be in them. With `synchronous` at NORMAL the same trial
// must show losses, else it would prove nothing: a kill -9 alone can't tell the
// two apart. `make crash POINTS=600`.
func TestPowerLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole shift, many times")
	}
	points := 600
	if n, err := strconv.Atoi(os.Getenv("POINTS")); err == nil && n > 0 {
		points = n
	}
	strace := lookStrace(t)
	t.Run("FULL", func(t *testing.T) {
		got := losses(t, record(t, strace, "FULL"), points)
		for _, p := range got.problems[:min(len(got.problems), 10)] {
			t.Error(p)
		}
		if got.lost > 0 || got.acked == 0 || got.labels == 0 {
			t.Errorf("at %d cuts %d events are lost, of up to %d; %d named a label file", got.lostAt, got.lost, got.acked, got.labels)
		}
	})
	t.Run("NORMAL", func(t *testing.T) {
		got := losses(t, record(t, strace, "NORMAL"), max(points/6, 60))
		if got.lostAt == 0 {
			t.Error("nothing is lost without syncs: this trial sees nothing")
		}
		if !slices.ContainsFunc(got.problems, func(p string) bool { return strings.Contains(p, store.ErrNoLabelFile.Error()) }) {
			t.Error("no label's bytes are missing without syncs: this trial sees nothing")
		}
	})
}

// lookStrace finds strace where it may trace.
func lookStrace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		var out []byte
		if out, err = exec.Command(path, "-f", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil && os.Getenv("REQUIRE_STRACE") == "1" {
		t.Fatalf("needs strace, and to be allowed to trace: %v", err)
	}
	if err != nil {
		t.Skipf("SKIP needs strace, and to be allowed to trace: %v", err)
	}
	return path
}

// recorded is what a child did to its data directory.
type recorded struct {
	dir string
	ops []crash.Op
}

// record works a shift in a process of its own under strace.
func record(t *testing.T, strace, synchronous string) recorded {
	t.Helper()
	base := t.TempDir()
	r := recorded{dir: filepath.Join(base, "data")}
	trace := filepath.Join(base, "trace")
	cmd := exec.Command(strace, append(slices.Clone(crash.Flags), "-o", trace, os.Args[0], "-test.run=^TestPowerLossChild$")...)
	cmd.Env = append(os.Environ(), "PACKBENCH_LOSS_DIR="+r.dir, "PACKBENCH_LOSS_SYNC="+synchronous, "GODEBUG=asyncpreemptoff=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if r.ops, err = crash.Parse(f, r.dir, crash.SQLiteFile); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPowerLossChild is the shift, when TestPowerLoss starts this program for
// it; otherwise it is nothing.
func TestPowerLossChild(t *testing.T) {
	dir := os.Getenv("PACKBENCH_LOSS_DIR")
	if dir == "" {
		return
	}
	s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	// Many small checkpoints: each is a chance to go wrong.
	for _, pragma := range []string{"synchronous = " + os.Getenv("PACKBENCH_LOSS_SYNC"), "wal_autocheckpoint = 64"} {
		if err := s.Tune(pragma); err != nil {
			t.Fatal(err)
		}
	}
	w := &shift{rig: newRig(t, s), random: rand.New(rand.NewPCG(1, 2))}
	w.shop(0) // goods and people
	for i := range 30 {
		w.arrive(i)
		if i >= 4 {
			w.pack(i - 4)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// shift is a rig that says what it stored.
type shift struct {
	*rig
	random *rand.Rand
	said   int64 // sequence number of the last event that was acknowledged
}

// do is rig.do, and then the acknowledgement: one write, after Commit returned.
func (w *shift) do(in packing.Input) store.Committed {
	w.t.Helper()
	out := w.rig.do(in)
	var acks bytes.Buffer
	err := w.s.Journal(context.Background(), func(e store.Entry) error {
		if e.Seq > w.said {
			w.said = e.Seq
			fmt.Fprintf(&acks, "ack %d %s\n", e.Seq, e.ULID)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if acks.Len() > 0 {
		if _, err := os.Stdout.Write(acks.Bytes()); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

func (w *shift) scan(class packing.Class, body, key string) {
	w.t.Helper()
	out := w.do(packing.Scan{Key: key, Shown: key, Device: "gun", Class: class, Body: body, AtMs: w.now.UnixMilli()})
	for _, e := range out.Effects {
		if p, ok := e.(packing.Print); ok {
			w.do(packing.PrintReport{Job: p.Job, State: packing.PrintSent})
			w.do(packing.PrintReport{Job: p.Job, State: packing.PrintConfirmed})
		}
	}
}

// arrive brings a parcel and its label: first the bytes, then the event that
// names them.
func (w *shift) arrive(i int) {
	w.t.Helper()
	no := strconv.Itoa(i)
	id := packing.ParcelID("shop/" + no)
	w.do(packing.Arrived{Parcel: packing.Parcel{
		ID: id, Connection: "shop", Number: no, Order: "O" + no, Tote: "T" + no, Waybill: "WB" + no,
		Lines: []packing.Line{{Listing: "MUG", Name: "mug", Quantity: 2}}, Status: packing.StatusPackable, TellAt: "sealed",
	}})
	pdf := make([]byte, 500+w.random.IntN(6000))
	for k := range pdf {
		pdf[k] = byte(w.random.UintN(256))
	}
	hash, err := w.s.SaveLabelFile(context.Background(), "pdf", pdf, w.now.UnixMilli())
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(packing.LabelCame{Parcel: id, File: packing.LabelFile{Hash: hash, Codes: []string{"WB" + no}, Printable: true}})
}

// pack packs a parcel from pick to seal.
func (w *shift) pack(i int) {
	w.t.Helper()
	no := strconv.Itoa(i)
	w.scan(packing.ClassBadge, "W", "badge W")
	w.scan(packing.ClassCommand, string(packing.CmdPick), "command PICK")
	w.scan("", "", "T"+no)
	w.scan(packing.ClassBadge, "C", "badge C")
	for _, key := range []string{"T" + no, mug, mug, "WB" + no} {
		w.scan("", "", key)
	}
	p, err := w.s.Parcel(context.Background(), packing.ParcelID("shop/"+no))
	if err != nil || p.Stage() != packing.StageSealed {
		w.t.Fatalf("parcel %s is %v (%v)", no, p, err)
	}
}

// lost is what cuts cost.
type lost struct {
	points, ops  int
	acked        int // most that were acknowledged before a cut
	lost, lostAt int // events that are gone, over all cuts; cuts that cost something
	unacked      int // most that were stored and not acknowledged
	labels       int // events that name a label's bytes, over all cuts
	refused      int // cuts after which the data directory does not open
	problems     []string
}

// firstOps is about how many operations making the databases takes.
const firstOps = 300

// losses cuts the power at random points and looks at what is left.
func losses(t *testing.T, r recorded, points int) lost {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	random := rand.New(rand.NewPCG(seed, 3))
	at := make([]int, points)
	for i := range at {
		at[i] = random.IntN(len(r.ops) + 1)
		if i%8 == 0 { // the databases are made in the first moment only
			at[i] = random.IntN(min(len(r.ops), firstOps))
		}
	}
	slices.Sort(at)
	base := memory(t)
	t.Setenv("TMPDIR", base) // where an audit rebuilds

	type cut struct {
		n     int
		point int
		files map[string][]byte
		acked []string
	}
	cuts := make(chan cut)
	all := lost{points: points, ops: len(r.ops)}
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for c := range cuts {
				dir := filepath.Join(base, strconv.Itoa(c.n))
				got, err := inspect(r.dir, dir, c.files, c.acked)
				mu.Lock()
				all.add(got)
				for _, p := range got.problems {
					all.problems = append(all.problems, fmt.Sprintf("cut at %d of %d (seed %d): %s", c.point, len(r.ops), seed, p))
				}
				if err != nil {
					all.problems = append(all.problems, err.Error())
				}
				mu.Unlock()
			}
		})
	}
	replay := crash.NewReplay(r.ops)
	for n, point := range at {
		replay.Advance(point)
		var acked []string
		for _, m := range replay.Marks() {
			for line := range strings.Lines(string(m)) {
				if ack, ok := strings.CutPrefix(strings.TrimSpace(line), "ack "); ok {
					acked = append(acked, ack)
				}
			}
		}
		cuts <- cut{n, point, replay.Crash(crash.Choice(random.IntN(int(crash.Choices))), random), acked}
	}
	close(cuts)
	workers.Wait()
	t.Logf("seed %d: %d operations, %d cuts, up to %d events acknowledged; lost %d events at %d cuts; at most %d stored and not acknowledged; %d label files named, %d cuts after which it does not open; problems %d",
		seed, all.ops, all.points, all.acked, all.lost, all.lostAt, all.unacked, all.labels, all.refused, len(all.problems))
	slices.SortFunc(all.problems, cmp.Compare)
	return all
}

func (l *lost) add(o lost) {
	l.acked, l.unacked = max(l.acked, o.acked), max(l.unacked, o.unacked)
	l.lost, l.lostAt, l.labels, l.refused = l.lost+o.lost, l.lostAt+o.lostAt, l.labels+o.labels, l.refused+o.refused
}

// memory is a folder in memory where there is one: thousands of small files.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "packbench-cut-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// inspect opens what a cut left, as the program would the next morning.
func inspect(from, dir string, files map[string][]byte, acked []string) (l lost, err error) {
	defer func() {
		if e := os.RemoveAll(dir); err == nil {
			err = e
		}
	}()
	l.acked = len(acked)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return l, err
	}
	if err := crash.Save(files, from, dir); err != nil {
		return l, err
	}
	gone := func() {
		l.lost += len(acked)
		l.lostAt = min(1, l.lost)
	}
	s, err := store.Open(dir, store.Options{Station: "bench-1", Reserve: -1})
	if err != nil {
		l.refused++
		l.problems = append(l.problems, fmt.Sprintf("open: %v", err))
		gone()
		return l, nil
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	a, err := s.Audit(context.Background())
	if err != nil {
		l.problems = append(l.problems, fmt.Sprintf("audit: %v", err))
		gone()
		return l, nil
	}
	l.problems = append(l.problems, a.Problems...)
	have := map[string]bool{}
	err = s.Journal(context.Background(), func(e store.Entry) error {
		have[fmt.Sprintf("%d %s", e.Seq, e.ULID)] = true
		ev, err := e.Event()
		if err != nil {
			return err
		}
		hash := ""
		switch body := ev.Body.(type) {
		case packing.LabelArrived:
			hash = body.File.Hash
		case packing.LabelRequested:
			hash = body.Label.Hash
		default:
			return nil
		}
		l.labels++
		if _, err := s.LabelFile(context.Background(), hash); err != nil {
			l.problems = append(l.problems, fmt.Sprintf("event %d names a label: %v", e.Seq, err))
		}
		return nil
	})
	if err != nil {
		l.problems = append(l.problems, fmt.Sprintf("read journal: %v", err))
	}
	for _, ack := range acked {
		if !have[ack] {
			l.lost++
		}
	}
	l.lostAt = min(1, l.lost)
	l.unacked = max(0, len(have)-len(acked)+l.lost)
	return l, nil
}
