package main

import (
	"errors"
	"fmt"

	"packbench/store"
)

type auditCmd struct {
	JSON bool `help:"As one JSON document." name:"json"`
}

// Run checks the data directory, beside a running bench or not.
func (c *auditCmd) Run(e *env) (err error) {
	s, err := e.openBeside()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a, err := s.Audit(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := e.printJSON(a); err != nil {
			return err
		}
	} else {
		e.sayAudit(a)
	}
	if len(a.Findings) > 0 {
		return errSaid
	}
	return nil
}

// sayAudit tells people what was found, the first bad event first.
func (e *env) sayAudit(a store.Audit) {
	e.say("%s", e.words.Text("cli.audit_checked", map[string]string{
		"events": fmt.Sprint(a.Events), "parcels": fmt.Sprint(a.Parcels), "outbox": fmt.Sprint(a.Outbox),
		"labels": fmt.Sprint(a.Labels), "head": fmt.Sprintf("%.16s", a.Head),
	}))
	for _, f := range a.Findings {
		e.say("%s", e.words.Text("cli.audit_"+string(f.Kind), map[string]string{
			"seq": fmt.Sprint(f.Seq), "table": f.Table, "key": f.Key, "detail": f.Detail,
		}))
	}
	if len(a.Findings) > 0 {
		e.note("%s", e.words.Text("cli.audit_advice", nil))
	} else {
		e.say("%s", e.words.Text("cli.audit_clean", nil))
	}
}
