package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"packbench/bench"
	"packbench/internal/demo"
	"packbench/internal/secrets"
	"packbench/ui"
)

type demoCmd struct {
	Headless bool          `help:"A scripted shift without a window."`
	Orders   int           `help:"Orders of the day." default:"32"`
	Seed     uint64        `help:"The same seed makes the same day." default:"1"`
	Out      string        `help:"Folder for labels, documents and summary.json." type:"path" default:"out"`
	ByHand   bool          `help:"In the window: nobody packs, you do (type a code and Enter, as a scanner would)."`
	Pace     time.Duration `help:"In the window: time between two movements of the packer." default:"900ms"`
}

func (c *demoCmd) Run(e *env) error {
	if c.Orders < 1 || c.Orders > 5000 {
		return wrongUse("--orders must be 1 to 5000")
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	opt := demo.Options{
		Exe: exe, Out: c.Out, Orders: c.Orders, Seed: c.Seed, ByHand: c.ByHand,
		Words: e.words, Stderr: e.stderr, Log: e.log, Data: e.cli.Data,
	}
	if opt.Data == "" {
		dir, err := os.MkdirTemp("", "packbench-demo-")
		if err != nil {
			return fmt.Errorf("make data directory: %w", err)
		}
		defer os.RemoveAll(dir)
		// The key beside the data goes with it; nothing stays in the account.
		undo, err := secrets.Isolate(dir)
		if err != nil {
			return fmt.Errorf("prepare demo: %w", err)
		}
		defer func() { _ = undo() }()
		opt.Data = dir
	}
	if err := c.clearOut(); err != nil {
		return err
	}
	if !c.Headless {
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" && os.PathSeparator == '/' {
			return errors.New("there is no display; use --headless")
		}
		opt.Pace = c.Pace
		opt.Window = func(ctx context.Context, st *bench.Station) error { return e.window(ctx, st, false) }
	} else if c.ByHand {
		return wrongUse("--by-hand needs the window")
	}
	sum, err := demo.Run(e.ctx, opt)
	if err != nil {
		return err
	}
	e.say("%s", sum.Table())
	e.note("%s", filepath.Join(c.Out, "summary.json"))
	if len(sum.Problems) > 0 {
		return errSaid
	}
	return nil
}

// clearOut removes what an earlier day left, and nothing else.
func (c *demoCmd) clearOut() error {
	for _, name := range []string{"labels", "documents", "printer.jsonl", "scale.jsonl", "erp.jsonl", "orders.json", "summary.json"} {
		if err := os.RemoveAll(filepath.Join(c.Out, name)); err != nil {
			return fmt.Errorf("clear %s: %w", c.Out, err)
		}
	}
	return nil
}

// window shows the bench until it is closed.
func (e *env) window(ctx context.Context, st *bench.Station, full bool) error {
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	return ui.Run(ctx, ui.Options{
		Bench: st.Bench, LabelPicture: st.Labels.Page, PictureDir: filepath.Join(dir, "pictures"),
		Language: e.words.Language(), FullScreen: full, Title: "Packbench 双检打包台",
	})
}

// deskCmd is the bench without a window, worked from outside: the tests kill
// it. It is no promise of the command line, so it is hidden.
type deskCmd struct {
	Clock time.Duration `help:"How far the day's clock is ahead of the system's." default:"0"`
}

func (c *deskCmd) Run(e *env) error {
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	return demo.RunDesk(e.ctx, demo.DeskOptions{Data: dir, Clock: c.Clock, Log: e.log, In: e.stdin, Out: e.stdout})
}
