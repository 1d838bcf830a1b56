package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"packbench/bench"
)

type syncCmd struct {
	Once       bool   `help:"Pull and push once, then end."`
	Connection string `help:"Only this connection." placeholder:"NAME"`
	JSON       bool   `help:"As one JSON document (with --once)." name:"json"`
}

func (c *syncCmd) Run(e *env) (err error) {
	st, err := e.station(bench.StationOptions{Sync: !c.Once})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if !c.Once {
		return c.keepOn(e, st)
	}
	sums, err := st.SyncOnce(e.ctx, c.Connection)
	if c.JSON {
		err = errors.Join(err, e.printJSON(sums))
	} else {
		for _, name := range slices.Sorted(maps.Keys(sums)) {
			sum := sums[name]
			e.say("%s", e.words.Text("cli.sync_once", map[string]string{
				"name": name, "parcels": fmt.Sprint(sum.Parcels), "cancels": fmt.Sprint(sum.Cancels), "done": fmt.Sprint(sum.Done),
				"parked": fmt.Sprint(sum.Parked), "withdrawn": fmt.Sprint(sum.Withdrawn), "later": fmt.Sprint(sum.Later),
			}))
		}
	}
	if errors.Is(err, bench.ErrNoConnection) {
		return usageError{err}
	}
	return err
}

// keepOn serves the connections until it is interrupted.
func (c *syncCmd) keepOn(e *env, st *bench.Station) error {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-tick.C:
			v := st.Bench.View()
			for _, conn := range v.Connections {
				e.note("%s", e.words.Text("cli.sync_connection", map[string]string{
					"name": conn.Name, "state": e.words.Text("cli.sync_"+conn.State, nil), "waiting": fmt.Sprint(v.Waiting), "parked": fmt.Sprint(v.Parked),
				}))
			}
		}
	}
}
