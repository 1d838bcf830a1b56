package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"packbench/bench"
	"packbench/label"
	"packbench/printer"
)

type printCmd struct {
	paperFlags
	Files    []string      `arg:"" name:"file" help:"Label files." type:"existingfile"`
	To       string        `help:"Address of the printer: socket://host:9100." required:"" placeholder:"URI"`
	Language string        `help:"Printer language." default:"zpl"`
	Profile  string        `help:"Printer profile." placeholder:"NAME"`
	Wait     string        `help:"How far a job must come." enum:"sent,confirmed" default:"sent"`
	Timeout  time.Duration `help:"How long to wait for it." default:"30s"`
}

func (c *printCmd) Run(e *env) error {
	t, err := c.target()
	if err != nil {
		return err
	}
	profile, err := languageProfile(c.Language, c.Profile, t)
	if err != nil {
		return err
	}
	p, err := bench.NewPrinter(c.To, profile, false, e.log)
	if err != nil {
		return usageError{err}
	}
	ctx, cancel := context.WithCancel(e.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	defer func() { cancel(); <-done }()
	for _, path := range c.Files {
		if err := c.file(ctx, e, p, path, t); err != nil {
			return err
		}
	}
	return nil
}

func (c *printCmd) file(ctx context.Context, e *env, p *printer.Printer, path string, t label.Target) error {
	data, err := label.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read label file: %w", err)
	}
	bitmaps, err := pages(ctx, data, t)
	if err != nil {
		return err
	}
	for i, bm := range bitmaps {
		id := fmt.Sprintf("%s#%d", filepath.Base(path), i+1)
		p.Submit(printer.Job{ID: id, Page: bm, Copies: 1})
		r, err := c.await(ctx, p, id)
		if err != nil {
			return err
		}
		e.say("%s\t%s\t%s", id, r.State, e.words.Text(r.Reason, nil))
		if r.State == printer.Unknown || r.State == printer.Failed {
			return errSaid
		}
	}
	return nil
}

// await waits until the job came as far as was asked, or can't.
func (c *printCmd) await(ctx context.Context, p *printer.Printer, id string) (printer.Report, error) {
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	for {
		select {
		case r := <-p.Reports():
			if r.ID != id {
				continue
			}
			switch r.State {
			case printer.Sent:
				if c.Wait == "sent" || r.Reason == printer.ReasonSilent {
					return r, nil
				}
			case printer.Confirmed, printer.Failed, printer.Unknown:
				return r, nil
			}
		case <-timeout.C:
			return printer.Report{}, errors.New("the printer did not answer in time; whether the label came out is unknown")
		case <-ctx.Done():
			return printer.Report{}, ctx.Err()
		}
	}
}
