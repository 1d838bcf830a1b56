package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"packbench/bench"
	"packbench/internal/demo"
	"packbench/packing"
	"packbench/store"
)

// killer starts the bench as a process of its own, kills it at a moment that
// nobody chose, and compares what it had acknowledged with what is there.
type killer struct {
	data   string
	random *rand.Rand
	gap    int    // most acknowledged scans that a life may have
	plant  string // a bug that the bench is started with; see TestPlantedDesk
	hasty  bool   // kill at once, where the planted bug would show
	found  func() // called at each problem; nil = go on

	mu    sync.Mutex
	left  int // kills still to come
	spare int // of them, kept for the label-first part of the day
	shown *bench.View
	acked []int64         // times of the scans that this life acknowledged, in ms
	loose map[string]bool // labels that were on the screen as loose
	due   func()          // counts down to the kill; nil = this life may live
	kill  func()

	sum  killed
	seen int64          // the journal was read so far
	held map[int64]bool // times of the scans in it
}

// killed is what came of it.
type killed struct {
	Kills, VerifyFirst, LabelFirst, InParcel int
	AtStart, AtPrint                         int // of the kills: before the first view; while a label printed
	Acked, Lost                              int // scans
	Unacked, UnackedMost                     int // stored, and not acknowledged: in all, and in one life
	Compared, Changed                        int // screens before and after; that differ
	Audits                                   int
	Problems                                 []string
}

func newKiller(data string, kills, gap int, seed uint64) *killer {
	return &killer{
		data: data, left: kills, spare: (kills + 3) / 4, gap: gap, random: rand.New(rand.NewPCG(seed, 9)),
		loose: map[string]bool{}, held: map[int64]bool{},
	}
}

// life is one process of the bench.
type life struct {
	*demo.Remote
	k *killer
}

// Close ends it in order; it is not killed on its way out.
func (l life) Close() error {
	l.k.mu.Lock()
	l.k.due, l.k.kill = nil, nil
	l.k.mu.Unlock()
	return l.Remote.Close()
}

// start is demo.Options.Desk.
func (k *killer) start(ctx context.Context, clock func() time.Duration) (demo.Desk, error) {
	if k.sum.Kills%10 == 9 {
		k.audit(ctx) // before the bench itself can mend anything
	}
	for {
		k.mu.Lock()
		before, acked := k.shown, k.acked
		k.acked, k.kill = nil, nil
		k.plan()
		k.mu.Unlock()
		remote, err := demo.StartRemote(ctx, k.command(ctx, clock()), clock, demo.Hooks{Started: k.started, Stored: k.stored, Seen: k.viewed})
		if errors.Is(err, demo.ErrGone) && ctx.Err() == nil && k.tookIt() {
			k.mu.Lock()
			k.acked = acked // still to be compared
			k.mu.Unlock()
			continue
		}
		if err != nil {
			return nil, err
		}
		return life{remote, k}, k.compare(ctx, before, acked, remote.First())
	}
}

func (k *killer) command(ctx context.Context, clock time.Duration) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "--data", k.data, "--lang", "en", "desk", "--clock", clock.String())
	if k.plant != "" {
		cmd = exec.CommandContext(ctx, os.Args[0], "-test.run=^TestPlantedDesk$")
		cmd.Env = append(os.Environ(), "PACKBENCH_TEST_MAIN=0", "PACKBENCH_TEST_PLANT="+k.plant, "PACKBENCH_TEST_CLOCK="+clock.String(),
			"PACKBENCH_DATA="+k.data, "PACKBENCH_TEST_KEYS="+os.Getenv("PACKBENCH_KEYS"), "TMPDIR="+filepath.Dir(k.data))
	}
	return cmd
}

// plan chooses how this life ends: while it starts, while a label is on its way
// to the printer, or after some scans.
func (k *killer) plan() {
	k.due = nil
	if k.left == 0 {
		return
	}
	scans := 1 + k.random.IntN(k.gap)
	delay := time.Duration(k.random.Int64N(int64(40 * time.Millisecond)))
	if k.hasty || k.random.IntN(4) == 0 {
		delay = 0 // while the next movement is on its way, or before it
	}
	k.due = func() {
		if k.saving() {
			return
		}
		if k.shown.Flow == string(packing.LabelFirst) {
			scans = min(scans, 1+k.random.IntN(3)) // the day is short; use what was spared
		}
		if scans--; scans == 0 {
			k.strike(delay, nil)
		}
	}
}

// saving tells whether the kills that are left are for later in the day.
func (k *killer) saving() bool {
	return k.left <= k.spare && (k.shown == nil || k.shown.Flow != string(packing.LabelFirst))
}

// strike kills the present life after a delay. The caller holds mu.
func (k *killer) strike(delay time.Duration, count *int) {
	k.due = nil
	kill := k.kill
	if kill == nil || k.left == 0 || k.saving() {
		return
	}
	hit := func() {
		k.left--
		k.sum.Kills++
		if count != nil {
			*count++
		}
		if v := k.shown; v != nil {
			if v.Flow == string(packing.LabelFirst) {
				k.sum.LabelFirst++
			} else {
				k.sum.VerifyFirst++
			}
			if v.Parcel != nil {
				k.sum.InParcel++
			}
		}
		k.kill = nil
		kill()
	}
	if delay == 0 {
		hit()
		return
	}
	time.AfterFunc(delay, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.kill != nil {
			hit()
		}
	})
}

// started hears that the process runs. One life in eight ends before it has
// shown anything, or soon after.
func (k *killer) started(kill func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kill = kill
	if k.due != nil && !k.saving() && !k.hasty && k.random.IntN(8) == 0 {
		k.strike(1+time.Duration(k.random.Int64N(int64(80*time.Millisecond))), &k.sum.AtStart)
	}
}

// tookIt tells whether the life that ended was ended by us.
func (k *killer) tookIt() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kill == nil
}

// stored hears that a scan was acknowledged.
func (k *killer) stored(atMs int64, v *bench.View) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acked = append(k.acked, atMs)
	k.sum.Acked++
	k.shown = v
	if k.due != nil && k.plant != plantReprint {
		k.due()
	}
}

// viewed hears what is on the screen. A label that has just become loose is on
// its way to the printer: every third time that is the moment. Where the planted
// bug prints labels again, the moment is when this one has gone out.
func (k *killer) viewed(v *bench.View) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range v.Loose {
		if k.loose[l.Parcel] || (l.State == string(packing.LabelStateRequested)) == (k.plant == plantReprint) {
			continue
		}
		k.loose[l.Parcel] = true
		switch {
		case k.due == nil || k.saving() || k.plant == plantEarly:
		case k.hasty:
			k.strike(0, &k.sum.AtPrint)
		case k.random.IntN(3) == 0:
			k.strike(time.Duration(k.random.Int64N(int64(15*time.Millisecond))), &k.sum.AtPrint)
		}
	}
}

// compare looks, beside the new process, whether all is there that the dead
// one acknowledged, and whether the screen shows what it showed.
func (k *killer) compare(ctx context.Context, before *bench.View, acked []int64, after *bench.View) error {
	st, err := store.Open(k.data, store.Options{Shared: true})
	if err != nil {
		return err
	}
	defer st.Close()
	known := map[int64]bool{}
	for _, at := range acked {
		known[at] = true
	}
	unacked, moved := 0, false
	counts := map[int]int{} // line → units verified after the last acknowledged scan
	var last int64
	if len(acked) > 0 {
		last = acked[len(acked)-1]
	}
	passed := len(acked) == 0
	err = st.Journal(ctx, func(e store.Entry) error {
		if e.Seq <= k.seen {
			return nil
		}
		k.seen = e.Seq
		ev, err := e.Event()
		if err != nil {
			return err
		}
		if ev.Scan != nil {
			k.held[ev.Scan.AtMs] = true
			passed = passed || ev.Scan.AtMs == last
			if !known[ev.Scan.AtMs] {
				unacked++
			}
			if ev.Scan.AtMs == last {
				return nil // the rest of its commit follows, and was on the screen
			}
		}
		if !passed {
			return nil
		}
		switch body := ev.Body.(type) {
		case packing.UnitVerified:
			if !known[scanOf(ev)] {
				counts[body.Line]++
			}
		case packing.Opened, packing.Closed, packing.Sealed, packing.CountsCleared, packing.Held, packing.ParcelArrived:
			moved = true
		default:
			// Stored, but not acknowledged, and no item: it may show anything.
			moved = moved || ev.Scan != nil
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, at := range acked {
		if !k.held[at] {
			k.sum.Lost++
			k.problem("the scan of %d was acknowledged and is lost", at)
		}
	}
	k.sum.Unacked += unacked
	k.sum.UnackedMost = max(k.sum.UnackedMost, unacked)
	if before != nil && len(acked) > 0 && !moved {
		k.sum.Compared++
		if why := differ(before, after, counts); why != "" {
			k.sum.Changed++
			k.problem("after kill %d: %s", k.sum.Kills, why)
		}
	}
	return nil
}

func scanOf(e packing.Event) int64 {
	if e.Scan == nil {
		return -1
	}
	return e.Scan.AtMs
}

// differ says in what two screens differ that should show the same parcel.
func differ(before, after *bench.View, more map[int]int) string {
	switch {
	case (before.Parcel == nil) != (after.Parcel == nil):
		return fmt.Sprintf("a parcel was open: %v, and is now: %v", before.Parcel != nil, after.Parcel != nil)
	case before.Parcel != nil && before.Parcel.ID != after.Parcel.ID:
		return fmt.Sprintf("%s was open, and now %s", before.Parcel.ID, after.Parcel.ID)
	case before.Person != after.Person:
		return fmt.Sprintf("%q worked here, and now %q", before.Person, after.Person)
	}
	if before.Parcel != nil {
		for i, l := range before.Parcel.Lines {
			if got := after.Parcel.Lines[i].Verified; got != l.Verified+more[i] {
				return fmt.Sprintf("line %d counted %d and %d more, and now %d", i, l.Verified, more[i], got)
			}
		}
	}
	if a := before.Alert; a != nil && a.Severity != string(packing.Amber) && len(more) == 0 &&
		(after.Alert == nil || after.Alert.Kind != a.Kind) && after.LastMs == before.LastMs {
		return fmt.Sprintf("%s was open, and is gone", a.Kind)
	}
	return ""
}

func (k *killer) problem(format string, args ...any) {
	k.sum.Problems = append(k.sum.Problems, fmt.Sprintf(format, args...))
	if k.found != nil {
		k.found()
	}
}

// audit is `station audit` in a process of its own.
func (k *killer) audit(ctx context.Context) {
	k.sum.Audits++
	out, err := exec.CommandContext(ctx, os.Args[0], "--data", k.data, "--lang", "en", "audit").CombinedOutput()
	if err != nil {
		k.problem("audit after kill %d: %v\n%s", k.sum.Kills, err, out)
	}
}
