package main

import (
	"errors"

	"packbench/bench"
)

type guiCmd struct {
	FullScreen bool `help:"Fill the screen, as at a warehouse bench."`
}

// Run opens the bench's window on the data directory.
func (c *guiCmd) Run(e *env) (err error) {
	st, err := e.station(bench.StationOptions{Devices: true, Sync: true, Backup: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return e.window(e.ctx, st, c.FullScreen)
}
