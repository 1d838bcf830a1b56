package bench

import (
	"context"
	"slices"
	"strings"
	"time"

	"packbench/packing"
	"packbench/store"
)

// What a station does beside packing: it erases what is old, backs up once a
// day, checks its database, and keeps how each connection stands.

// The rhythm of the house.
const (
	eraseEvery  = 6 * time.Hour
	backupEvery = time.Hour // looks whether the newest backup is of today
	filesEvery  = 10 * time.Second
)

// keepHouse works until ctx ends. What fails is logged and tried again; none of
// it may keep a bench from packing.
func (s *Station) keepHouse(ctx context.Context, opt StationOptions) {
	failed := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			opt.Log.Error(what, "error", err)
		}
	}
	erase := func() {
		// The store believes the clock only as far as the journal bears it out; a
		// clock that a server or the journal contradicts erases nothing at all.
		if v := s.Bench.View(); v != nil && packing.ClockState(v.Clock.State) == packing.ClockWrong {
			opt.Log.Warn("nothing was erased: the clock is wrong")
			return
		}
		failed("erase what is old", s.Store.EraseOld(ctx, s.now().UnixMilli()))
	}
	backup := func() {
		if !opt.Backup {
			return
		}
		file, err := s.Store.BackupDaily(ctx, s.now())
		if failed("back up", err); file == "" {
			return
		}
		info, err := store.ReadManifest(file)
		failed("read backup", err)
		opt.Log.Info("backed up", "file", file, "renamed", len(info.Renamed), "left_out", len(info.LeftOut))
	}
	erase()
	backup()
	if err := s.Store.Check(ctx); err != nil && ctx.Err() == nil {
		failed("check database", err)
		s.Bench.damaged(ctx, err)
	}
	erasing, backing, files := time.NewTicker(eraseEvery), time.NewTicker(backupEvery), time.NewTicker(filesEvery)
	defer erasing.Stop()
	defer backing.Stop()
	defer files.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-erasing.C:
			erase()
		case <-backing.C:
			backup()
		case <-files.C:
			failed("read connections", s.readFiles(ctx))
		}
	}
}

// readFiles reads what is known of the connections that speak by files only.
func (s *Station) readFiles(ctx context.Context) error {
	all, err := s.Store.Connections(ctx)
	if err != nil {
		return err
	}
	files := []ConnectionView{}
	for _, c := range all {
		if !c.Live && s.workers[c.Name] == nil {
			files = append(files, ConnectionView{Name: c.Name, State: StateFiles, AgeMs: -1, KnownMs: c.KnownMs})
		}
	}
	s.files.Store(&files)
	return nil
}

// connections is how each connection stands, for the health strip and for the
// rules' question how old their knowledge is.
func (s *Station) connections() []ConnectionView {
	out := slices.Clone(s.locked)
	for name, w := range s.workers {
		h := w.Health()
		v := ConnectionView{Name: name, State: string(h.State), AgeMs: -1, KnownMs: h.KnownMs, SkewMs: h.SkewMs}
		if age, ok := h.Age(time.Now()); ok { // the worker's clock, which is not the bench's in a demo
			v.AgeMs = age.Milliseconds()
		}
		out = append(out, v)
	}
	if files := s.files.Load(); files != nil {
		for _, f := range *files {
			if f.KnownMs > 0 {
				f.AgeMs = max(0, s.now().UnixMilli()-f.KnownMs)
			}
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b ConnectionView) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// damaged says on the screen, until the program ends, that the data can't be
// trusted any more.
func (b *Bench) damaged(ctx context.Context, err error) {
	_ = b.do(ctx, func(ctx context.Context) error { // fails only when the bench ends
		b.damage = faultMsg(err, "fault.db_damaged")
		b.publish(ctx)
		return nil
	})
}
