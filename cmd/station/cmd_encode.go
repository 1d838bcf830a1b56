package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"packbench/bench"
	"packbench/label"
)

type encodeCmd struct {
	paperFlags
	File     string `arg:"" help:"Label file: PDF or PNG." type:"existingfile"`
	Language string `help:"Printer language." required:""`
	Profile  string `help:"Printer profile." placeholder:"NAME"`
	Output   string `short:"o" help:"Where the bytes go." required:"" type:"path"`
}

func (c *encodeCmd) Run(e *env) error {
	t, err := c.target()
	if err != nil {
		return err
	}
	profile, err := languageProfile(c.Language, c.Profile, t)
	if err != nil {
		return err
	}
	data, err := label.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read label file: %w", err)
	}
	bitmaps, err := pages(e.ctx, data, t)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for i, bm := range bitmaps {
		job, err := bench.Language(c.Language).Encode(bm, profile, 1)
		if err != nil {
			return fmt.Errorf("encode page %d: %w", i+1, err)
		}
		out.Write(job)
	}
	if err := os.WriteFile(c.Output, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write printer bytes: %w", err)
	}
	e.say("%s: %d pages, %d bytes", c.Output, len(bitmaps), out.Len())
	return nil
}

type renderCmd struct {
	paperFlags
	File     string `arg:"" help:"Label file, or printer bytes." type:"existingfile"`
	Language string `help:"Language of printer bytes; otherwise it is seen from the file." placeholder:"L"`
	Output   string `short:"o" help:"Where the picture goes; more pages: OUT-2.png …" required:"" type:"path"`
}

func (c *renderCmd) Run(e *env) error {
	t, err := c.target()
	if err != nil {
		return err
	}
	if c.Language != "" && c.Language != "zpl" {
		return wrongUse("there is no renderer for %q", c.Language)
	}
	data, err := label.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read label file: %w", err)
	}
	bitmaps, err := pages(e.ctx, data, t)
	var cannot *cannotDrawError
	if err != nil && !errors.As(err, &cannot) {
		return err
	}
	for i, bm := range bitmaps {
		path := c.Output
		if i > 0 {
			ext := filepath.Ext(path)
			path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), i+1, ext)
		}
		var png bytes.Buffer
		if err := bm.EncodePNG(&png); err != nil {
			return err
		}
		if err := os.WriteFile(path, png.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write picture: %w", err)
		}
		e.say("%s: %d x %d dots", path, bm.W, bm.H)
	}
	if cannot != nil {
		return cannot
	}
	return nil
}
