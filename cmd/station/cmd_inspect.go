package main

import (
	"fmt"
	"os"

	"packbench/bench"
	"packbench/label"
)

type inspectCmd struct {
	Files []string `arg:"" name:"file" help:"Label files." type:"existingfile"`
	DPI   float64  `help:"Resolution of the printer they are meant for." name:"dpi" default:"203.2"`
	JSON  bool     `help:"As one JSON document: an array." name:"json"`
}

// inspected is one file with what it holds.
type inspected struct {
	File string `json:"file"`
	label.Report
	Error string `json:"error,omitempty"`
}

func (c *inspectCmd) Run(e *env) error {
	r := label.NewRenderer(bench.CacheDir(os.TempDir()))
	defer r.Close()
	out := []inspected{}
	failed := false
	for _, path := range c.Files {
		x := inspected{File: path}
		data, err := label.ReadFile(path)
		if err == nil {
			x.Report, err = label.Inspect(e.ctx, r, data, c.DPI)
		}
		if err != nil {
			x.Error, failed = e.sentence(err), true
		}
		out = append(out, x)
	}
	if c.JSON {
		if err := e.printJSON(out); err != nil {
			return err
		}
	} else {
		for _, x := range out {
			x.say(e)
		}
	}
	if failed {
		return errSaid
	}
	return nil
}

func (x inspected) say(e *env) {
	if x.Error != "" {
		e.note("%s: %s", x.File, x.Error)
		return
	}
	e.say("%s: %s, %d pages, sha256 %s", x.File, x.Kind, x.Pages, x.SHA256)
	for i, s := range x.Sizes {
		e.say("  page %d: %.1f x %.1f mm", i+1, s.WidthMM, s.HeightMM)
		for _, c := range x.Codes {
			if c.Page == i {
				e.say("    %s %q at %s", c.Symbology, c.Text, fmt.Sprint(c.Box))
			}
		}
	}
}
