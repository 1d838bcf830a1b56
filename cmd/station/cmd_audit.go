package main

import (
	"packbench/store"
)

type auditCmd struct {
	JSON bool `help:"As one JSON document." name:"json"`
}

func (c *auditCmd) Run(e *env) error {
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	s, err := store.Open(dir, store.Options{Shared: true})
	if err != nil {
		return err
	}
	defer s.Close()
	a, err := s.Audit(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := e.printJSON(a); err != nil {
			return err
		}
	} else {
		e.say("%d events, %d parcels, %d outbox rows, head %.16s", a.Events, a.Parcels, a.Outbox, a.Head)
		for _, p := range a.Problems {
			e.say("PROBLEM %s", p)
		}
	}
	if len(a.Problems) > 0 {
		return errSaid
	}
	return nil
}
