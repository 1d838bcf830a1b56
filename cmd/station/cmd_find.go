package main

import (
	"strings"
	"time"

	"packbench/packing"
)

type findCmd struct {
	Text  string `arg:"" help:"Order, parcel number, waybill, tote, or the order's last four characters." placeholder:"TEXT"`
	Limit int    `help:"At most so many." default:"20"`
	JSON  bool   `help:"As one JSON document." name:"json"`
}

// found is one parcel and where it is, for people who look for it.
type found struct {
	Parcel  string   `json:"parcel"`
	Order   string   `json:"order"`
	Stage   string   `json:"stage"`
	Tote    string   `json:"tote,omitempty"`
	Waybill string   `json:"waybill,omitempty"`
	Holds   []string `json:"holds,omitempty"`
	Shelf   string   `json:"shelf,omitempty"`
	Bench   string   `json:"bench,omitempty"` // that opened or sealed it last
	By      string   `json:"by,omitempty"`
	AtMs    int64    `json:"at_ms,omitempty"` // when, ms UTC
	// StatusOld: it was sealed on old knowledge.
	StatusOld bool `json:"status_old,omitempty"`
}

func (c *findCmd) Run(e *env) error {
	s, err := e.openBeside()
	if err != nil {
		return err
	}
	defer s.Close()
	parcels, err := s.Search(e.ctx, c.Text, c.Limit)
	if err != nil {
		return err
	}
	people, err := s.People(e.ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	out := []found{}
	for _, p := range parcels {
		out = append(out, place(p, names))
	}
	if c.JSON {
		return e.printJSON(out)
	}
	if len(out) == 0 {
		e.note("%s", e.words.Text("cli.find_nothing", nil))
		return errSaid
	}
	for _, f := range out {
		e.say("%s", c.line(e, f))
	}
	return nil
}

// place is where a parcel is, as far as the bench knows.
func place(p *packing.Parcel, names map[string]string) found {
	f := found{
		Parcel: string(p.ID), Order: p.Order, Stage: string(p.Stage()), Tote: p.Tote, Waybill: p.Waybill,
		StatusOld: p.StatusOld && p.SealedMs > 0,
	}
	for _, h := range p.Holds {
		f.Holds = append(f.Holds, string(h.Reason))
	}
	var by packing.PersonID
	f.Shelf, f.Bench, by, f.AtMs = p.Place()
	if f.By = names[string(by)]; f.By == "" {
		f.By = string(by)
	}
	return f
}

// line says it in one sentence.
func (c *findCmd) line(e *env, f found) string {
	parts := []string{f.Parcel, e.words.Text("stage."+f.Stage, nil)}
	if f.StatusOld {
		parts = append(parts, e.words.Text("cli.find_status_old", nil))
	}
	for _, h := range f.Holds {
		key := "hold." + h
		if !e.words.Has(key) {
			key = "hold.other"
		}
		parts = append(parts, e.words.Text(key, nil))
	}
	if f.Shelf != "" {
		parts = append(parts, e.words.Text("cli.find_shelf", map[string]string{"shelf": f.Shelf}))
	}
	if f.AtMs > 0 {
		parts = append(parts, e.words.Text("cli.find_last", map[string]string{
			"bench": f.Bench, "by": f.By, "time": time.UnixMilli(f.AtMs).Format("2006-01-02 15:04"),
		}))
	}
	if f.Tote != "" && f.AtMs == 0 {
		parts = append(parts, e.words.Text("cli.find_tote", map[string]string{"tote": f.Tote}))
	}
	return strings.Join(parts, " · ")
}
