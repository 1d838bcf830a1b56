package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"packbench/bench"
	"packbench/label"
	"packbench/text"
	"packbench/upstream"
	"packbench/upstream/files"
)

type importCmd struct {
	File       string `arg:"" help:"Order file (CSV or XLSX): an export of TikTok Shop, Shopify or ShipStation, a shipment import, or a layout of your own in DATA/columns." type:"path"`
	Connection string `help:"The shop that the file comes from." default:"files"`
	DryRun     bool   `help:"Say what would happen, change nothing."`
	Partial    bool   `help:"Take the good orders of a file that has bad ones."`
	JSON       bool   `help:"As one JSON document." name:"json"`
}

// refused is one reason against a file, where a spreadsheet shows it.
type refused struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

type importResult struct {
	bench.Intake
	Refused []refused `json:"refused"`
}

func (e *env) refusals(in []files.Refusal) []refused {
	out := []refused{}
	for _, r := range in {
		out = append(out, refused{Row: r.Row, Column: r.Column, Reason: e.words.Text(r.Reason.Key, r.Reason.Args)})
	}
	return out
}

// importing is one import of an order file under way.
type importing struct {
	e     *env
	c     *importCmd
	st    *bench.Station // opened with the first parcels
	older bool           // than what is known of the connection
	sum   bench.Intake
	taken int
	bar   progressBar
}

func (c *importCmd) Run(e *env) (err error) {
	// Memory matters more than time here: scans wait for no import.
	defer debug.SetGCPercent(debug.SetGCPercent(40))
	im := &importing{e: e, c: c, bar: newProgressBar(e), sum: bench.Intake{Stopped: []bench.Stopped{}}}
	opt := files.Options{Connection: c.Connection, Partial: c.Partial, Progress: im.progress, Each: im.take}
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	if opt.Columns, opt.More, err = files.OwnColumns(filepath.Join(dir, "columns"), c.Connection); err != nil {
		return err
	}
	defer func() {
		if im.st != nil {
			err = errors.Join(err, im.st.Close())
		}
	}()
	read, err := files.ReadOrdersFile(c.File, opt)
	im.bar.clear()
	interrupted := err != nil && e.ctx.Err() != nil
	if err != nil && !interrupted {
		if im.taken > 0 {
			e.note("%s", e.words.Text("cli.interrupted", map[string]string{"taken": fmt.Sprint(im.taken)}))
		}
		return err
	}
	result := importResult{Intake: im.sum, Refused: e.refusals(read.Refused)}
	for _, n := range e.refusals(read.Notes) {
		e.note("%s", e.place(n))
	}
	if c.DryRun {
		result.New = read.Count
	}
	if err := e.reportImport(result, c.JSON); err != nil {
		return err
	}
	switch {
	case interrupted:
		e.note("%s", e.words.Text("cli.interrupted", map[string]string{"taken": fmt.Sprint(im.taken)}))
		return err
	case c.DryRun || im.st == nil:
	default: // what was left out of a partial import is named; the rest is known
		err = im.known(read.ModTime)
	}
	if len(result.Refused) > 0 {
		return errors.Join(errSaid, err)
	}
	return err
}

// progress is told by the reader now and then; ending it is how Ctrl-C works.
func (im *importing) progress(p files.Progress) error {
	im.bar.show(p, im.taken)
	return context.Cause(im.e.ctx)
}

// take stores a portion. Each batch of it is one transaction, and a portion is
// finished even if the person ends the program meanwhile, so that what is said
// to be stored is what is stored.
func (im *importing) take(parcels []upstream.Parcel) error {
	if err := im.e.ctx.Err(); err != nil {
		return err
	}
	if im.c.DryRun {
		return nil
	}
	whole := context.WithoutCancel(im.e.ctx)
	if im.st == nil {
		dir, err := im.e.dataDir()
		if err != nil {
			return err
		}
		if im.st, err = bench.OpenStation(whole, dir, bench.StationOptions{Log: im.e.log}); err != nil {
			return err
		}
		if err := im.isOlder(); err != nil {
			return err
		}
	}
	taking := im.st.Bench.TakeParcels
	if im.older {
		taking = im.st.Bench.TakeOlderParcels
	}
	sum, err := taking(whole, parcels)
	im.sum.New += sum.New
	im.sum.Updated += sum.Updated
	im.sum.Unchanged += sum.Unchanged
	im.sum.Kept += sum.Kept
	im.sum.Stopped = append(im.sum.Stopped, sum.Stopped...)
	im.taken += sum.New + sum.Updated + sum.Unchanged + sum.Kept + len(sum.Stopped)
	if err != nil {
		return err
	}
	im.bar.show(files.Progress{}, im.taken)
	return nil
}

// known remembers how old the knowledge of this connection's orders is: as old
// as the file.
func (im *importing) known(modTime time.Time) error {
	ctx, store := im.e.ctx, im.st.Store
	now := time.Now()
	at := now
	if !modTime.IsZero() && modTime.Before(now) {
		at = modTime
	}
	if im.older {
		before, err := store.LoadConnection(ctx, im.c.Connection)
		if err != nil {
			return err
		}
		im.e.note("%s", im.e.words.Text("cli.known_older", map[string]string{"time": text.Clock(before.KnownMs, now)}))
		return nil
	}
	settings, err := store.Settings(ctx)
	if err != nil {
		return err
	}
	if settings[bench.ConnectionURL(im.c.Connection)] != "" {
		return nil // a connection that answers by itself knows better
	}
	if err := store.SetKnown(ctx, im.c.Connection, false, at.UnixMilli()); err != nil {
		return err
	}
	im.e.note("%s", im.e.words.Text("cli.known", map[string]string{"connection": im.c.Connection, "time": text.Clock(at.UnixMilli(), now)}))
	return nil
}

// isOlder finds out whether the file was written before what is known already.
func (im *importing) isOlder() error {
	info, err := os.Stat(im.c.File)
	if err != nil {
		return err
	}
	before, err := im.st.Store.LoadConnection(im.e.ctx, im.c.Connection)
	if err != nil {
		return err
	}
	im.older = info.ModTime().UnixMilli() < before.KnownMs
	return nil
}

// reportImport says what became of a file of orders or goods.
func (e *env) reportImport(r importResult, asJSON bool) error {
	if r.Stopped == nil {
		r.Stopped = []bench.Stopped{}
	}
	if asJSON {
		return e.printJSON(r)
	}
	e.say("%s", e.words.Text("cli.imported", map[string]string{
		"new": fmt.Sprint(r.New), "updated": fmt.Sprint(r.Updated), "unchanged": fmt.Sprint(r.Unchanged), "refused": fmt.Sprint(len(r.Refused)),
	}))
	for _, s := range r.Stopped {
		e.say("%s", e.stopped(s, time.Now()))
	}
	if r.Kept > 0 {
		e.say("%s", e.words.Text("cli.kept", map[string]string{"n": fmt.Sprint(r.Kept)}))
	}
	for _, x := range r.Refused {
		e.note("%s", e.place(x))
	}
	return nil
}

// stopped says which parcel must not leave, and where it is to be found.
func (e *env) stopped(s bench.Stopped, now time.Time) string {
	why := e.words.Text("cli.why_"+s.Why, nil)
	if !e.words.Has("cli.why_" + s.Why) {
		why = s.Why
	}
	key := "cli.stopped"
	args := map[string]string{
		"why": why, "order": s.Order, "stage": e.words.Text("stage."+s.Stage, nil),
		"bench": s.Bench, "shelf": s.Shelf, "tote": s.Tote, "time": text.Clock(s.AtMs, now),
	}
	switch {
	case s.Shelf != "":
		key = "cli.stopped_shelf"
	case s.Bench != "" && s.AtMs > 0:
		key = "cli.stopped_at"
	case s.Tote != "":
		key = "cli.stopped_tote"
	}
	return e.words.Text(key, args)
}

// place says where in a file something is, and what.
func (e *env) place(r refused) string {
	args := map[string]string{"row": fmt.Sprint(r.Row), "column": label.Visible(r.Column), "reason": r.Reason}
	switch {
	case r.Row == 0: // the reason names the column, if there is one
		return r.Reason
	case r.Column == "":
		return e.words.Text("cli.place_row", args)
	}
	return e.words.Text("cli.place_cell", args)
}

// progressBar is one line on a terminal that says how far a big file has come.
type progressBar struct {
	e       *env
	out     io.Writer // nil: no terminal, nothing is shown
	now     func() time.Time
	shown   time.Time
	rows    int
	percent int
	drawn   bool
}

func newProgressBar(e *env) progressBar {
	b := progressBar{e: e, now: time.Now}
	if f, ok := e.stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.out = f
		}
	}
	return b
}

// show draws the line, at most once a second or each 5,000 rows or parcels.
func (b *progressBar) show(p files.Progress, taken int) {
	if p.Rows > 0 {
		b.rows = p.Rows
		if p.Total > 0 {
			b.percent = int(min(100, p.Done*100/p.Total))
		}
	}
	now := b.now()
	if b.shown.IsZero() {
		b.shown = now // short files draw nothing
	}
	due := now.Sub(b.shown) >= time.Second || (b.rows+taken)%5000 == 0
	if b.out == nil || !due {
		return
	}
	b.shown, b.drawn = now, true
	fmt.Fprintf(b.out, "\r%s\x1b[K", b.e.words.Text("cli.import_progress", map[string]string{
		"rows": fmt.Sprint(b.rows), "percent": fmt.Sprint(b.percent), "taken": fmt.Sprint(taken),
	}))
}

// clear takes the line away again.
func (b *progressBar) clear() {
	if b.drawn {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
