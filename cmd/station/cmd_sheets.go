package main

import (
	"fmt"
	"os"
	"path/filepath"

	"packbench/internal/demo"
)

type sheetsCmd struct {
	Out   string `help:"Folder for the PDFs." default:"." type:"path"`
	Paper string `help:"Paper." enum:"a4,100x150" default:"a4"`
}

func (c *sheetsCmd) Run(e *env) (err error) {
	st, err := e.openStore()
	if err != nil {
		return err
	}
	people, err := st.People(e.ctx)
	if closeErr := st.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	files, err := demo.WriteSheets(c.Out, e.words, c.Paper, people)
	for _, f := range files {
		e.say("%s", filepath.Join(c.Out, f))
	}
	return err
}
