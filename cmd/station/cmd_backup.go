package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"packbench/store"
)

type backupCmd struct {
	File string `arg:"" help:"The file to write; one of that name is replaced when the new one is whole." type:"path"`
	JSON bool   `help:"As one JSON document." name:"json"`
}

// Run copies the data directory into one file, beside a running bench.
func (c *backupCmd) Run(e *env) (err error) {
	s, err := e.openBeside()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	info, err := s.Backup(e.ctx, c.File, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(info)
	}
	e.say("%s", e.words.Text("cli.backup_made", map[string]string{
		"file": c.File, "parcels": fmt.Sprint(info.Parcels), "events": fmt.Sprint(info.Events),
	}))
	e.sayOdd(info)
	return nil
}

// sayOdd says which files a backup holds under another name, or not at all.
func (e *env) sayOdd(info store.BackupInfo) {
	for _, r := range info.Renamed {
		e.note("%s", e.words.Text("cli.backup_renamed", map[string]string{"was": r.Was, "name": r.Name}))
	}
	for _, name := range info.LeftOut {
		e.note("%s", e.words.Text("cli.backup_left_out", map[string]string{"name": name}))
	}
}

type restoreCmd struct {
	File    string `arg:"" help:"A file that station backup made." type:"path"`
	Replace bool   `help:"Move what is in the data directory aside (nothing is deleted)."`
	JSON    bool   `help:"As one JSON document." name:"json"`
}

// Run makes the data directory from a backup.
func (c *restoreCmd) Run(e *env) error {
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	done, err := store.Restore(e.ctx, c.File, dir, c.Replace, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(done)
	}
	e.say("%s", e.words.Text("cli.restored", map[string]string{
		"dir": dir, "parcels": fmt.Sprint(done.Parcels), "events": fmt.Sprint(done.Events),
		"made": time.UnixMilli(done.MadeMs).Format(time.DateTime),
	}))
	if done.Aside != "" {
		e.note("%s", e.words.Text("cli.restored_aside", map[string]string{"dir": filepath.Base(done.Aside)}))
	}
	for _, dir := range done.Older {
		e.note("%s", e.words.Text("cli.restored_older", map[string]string{"dir": filepath.Base(dir)}))
	}
	e.sayOdd(done.BackupInfo)
	e.note("%s", e.words.Text("cli.restored_secrets", nil))
	return nil
}
