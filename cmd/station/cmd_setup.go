package main

import (
	"errors"
	"strings"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/store"
)

// setupCmd changes what the data directory knows, until there are screens for it.
type setupCmd struct {
	Set        setCmd        `cmd:"" help:"Change a setting."`
	Person     personCmd     `cmd:"" help:"Add or change a person."`
	Connection connectionCmd `cmd:"" help:"Add or change the connection to an ERP (signed webhook)."`
}

type setCmd struct {
	Key   string `arg:"" help:"flow, solo, scale, printer, printer.profile, weight.tare_mg, weight.band_mg, weight.band_permil, language, ahead.batch, status.old_minutes."`
	Value string `arg:"" help:"The new value; empty for the default."`
}

// settingKeys are the settings that may be changed from here.
var settingKeys = []string{
	bench.SettingFlow, bench.SettingSolo, bench.SettingScale, bench.SettingPrinter, bench.SettingProfile,
	bench.SettingTare, bench.SettingBand, bench.SettingBandPermille, bench.SettingLanguage, bench.SettingAheadBatch,
	bench.SettingStatusOld,
}

func (c *setCmd) Run(e *env) (err error) {
	known := false
	for _, k := range settingKeys {
		known = known || k == c.Key
	}
	if !known {
		return wrongUse("there is no setting %q; there are %s", c.Key, strings.Join(settingKeys, ", "))
	}
	dir, err := e.dataDir()
	if err != nil {
		return err
	}
	if err := bench.CheckSettings(map[string]string{c.Key: c.Value}, dir); err != nil {
		return usageError{err}
	}
	st, err := e.station(bench.StationOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.Bench.Set(e.ctx, c.Key, c.Value)
}

type personCmd struct {
	ID         string `arg:"" help:"What the badge says: 1 to 10 of 0-9 A-Z."`
	Name       string `arg:"" help:"The person's name."`
	Role       string `help:"packer, supervisor (releases holds, lets weights pass, answers the outbox), owner (everything) or auditor (looks, changes nothing)." enum:"packer,supervisor,owner,auditor" default:"packer"`
	Supervisor bool   `help:"Short for --role supervisor."`
	PIN        string `help:"A PIN, 4 to 12 digits, a supervisor's at least 6; - reads it from standard input." name:"pin"`
}

func (c *personCmd) Run(e *env) (err error) {
	id := strings.ToUpper(c.ID)
	badge, err := code.FormatCommand(code.Badge, id)
	if err != nil {
		return usageError{err}
	}
	p := store.Person{ID: id, Name: c.Name, Role: packing.Role(c.Role)}
	if c.Supervisor {
		p.Role = packing.RoleSupervisor
	}
	decides := p.Role.May(packing.ActRelease)
	pin, err := e.typed(c.PIN)
	if err != nil {
		return err
	}
	if pin == "" && decides {
		return wrongUse("a supervisor needs --pin")
	}
	if pin != "" {
		if err := e.checkPINForm(pin, decides); err != nil {
			return err
		}
	}
	st, err := e.openStore()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if pin != "" {
		if p.PIN, err = e.hashPIN(st.Dir, pin); err != nil {
			return err
		}
	}
	if err := st.SavePerson(e.ctx, p); err != nil {
		return err
	}
	if err := st.SavePINTries(e.ctx, store.PINTries{Person: id}); err != nil { // a new PIN begins with no wrong ones
		return err
	}
	e.say("%s\t%s", badge, c.Name)
	return nil
}

type connectionCmd struct {
	Name   string `arg:"" help:"The connection's name."`
	URL    string `help:"Base address of the server." required:"" name:"url"`
	Secret string `help:"The shared secret, whsec_…; - reads it from standard input." required:""`
	TellAt string `help:"When a parcel counts as shipped." enum:"sealed,never" default:"sealed"`
}

func (c *connectionCmd) Run(e *env) (err error) {
	secret, err := e.typed(c.Secret)
	if err != nil {
		return err
	}
	if secret == "" {
		return wrongUse("a connection needs a secret")
	}
	if err := bench.CheckConnection(c.Name, c.URL, secret); err != nil {
		return usageError{err} // before anything is stored
	}
	st, err := e.station(bench.StationOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := e.secretError(st.SaveSecret(c.Name, secret)); err != nil {
		return err
	}
	e.sayPlace(st.Vault)
	if err := st.Bench.Set(e.ctx, bench.TellSetting(c.Name), c.TellAt); err != nil {
		return err
	}
	return st.Bench.Set(e.ctx, bench.ConnectionURL(c.Name), c.URL)
}
