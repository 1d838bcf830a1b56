package bench

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"packbench/internal/serialport"
	"packbench/packing"
	"packbench/printer"
	"packbench/printer/transport"
	"packbench/upstream/webhook"
)

// The settings that a bench reads; each is changed only by the event
// SettingChanged. What is not set has the default of packing.DefaultPolicy.
const (
	SettingFlow         = "flow"               // verify-first or label-first
	SettingSolo         = "solo"               // true: one person may pick and verify, marked
	SettingScale        = "scale"              // URI of the scale; "" = none, no weight gate
	SettingPrinter      = "printer"            // URI of the label printer
	SettingProfile      = "printer.profile"    // id of its profile
	SettingTare         = "weight.tare_mg"     // packaging, milligrams
	SettingBand         = "weight.band_mg"     // allowed difference, milligrams
	SettingBandPermille = "weight.band_permil" // and per mille of the expected weight
	SettingLanguage     = "language"           // zh or en
	SettingAheadBatch   = "ahead.batch"        // label-first: labels of one batch
	SettingStatusOld    = "status.old_minutes" // a live connection's word older than this is old
	// settingConnection + name + ".tell_at": sealed, or never.
	settingConnection = "connection."
)

// Set changes a setting, by an event of the journal.
func (b *Bench) Set(ctx context.Context, key, value string) error {
	return b.do(ctx, func(ctx context.Context) error {
		next := maps.Clone(b.settings)
		next[key] = value
		if err := CheckSettings(next, b.opt.Store.Dir); err != nil {
			return err // before it is stored: the bench must open tomorrow
		}
		events := []packing.Event{{
			Person: b.state.Bench.Person, AtMs: b.opt.Now().UnixMilli(),
			Body: packing.SettingChanged{Key: key, Value: value},
		}}
		if err := b.commit(ctx, events); err != nil {
			return err
		}
		if err := b.reload(ctx); err != nil {
			return err
		}
		b.publish(ctx)
		return b.handle(ctx, packing.Tick{}) // a gate may be gone
	})
}

// The moments at which a connection is told that a parcel is shipped.
const (
	TellSealed = "sealed"
	TellNever  = "never"
)

// CheckSettings refuses settings with which a station would not start, or would
// keep quiet where somebody waits for its word. dir is the data directory.
func CheckSettings(settings map[string]string, dir string) error {
	if _, err := PolicyFrom(settings); err != nil {
		return err
	}
	if v := settings[SettingPrinter]; v != "" {
		if _, err := transport.Parse(v); err != nil {
			return fmt.Errorf("read setting %s: %w", SettingPrinter, err)
		}
	}
	if v := settings[SettingScale]; v != "" {
		if _, err := serialport.Parse(v); err != nil {
			return fmt.Errorf("read setting %s: %w", SettingScale, err)
		}
	}
	if v := settings[SettingProfile]; v != "" {
		if _, err := printer.LoadProfile(v, filepath.Join(dir, "profiles")); err != nil {
			return fmt.Errorf("read setting %s: %w", SettingProfile, err)
		}
	}
	if v := settings[SettingLanguage]; v != "" && v != "zh" && v != "en" {
		return fmt.Errorf("read setting %s: %q is neither zh nor en", SettingLanguage, v)
	}
	for key, v := range settings {
		rest, ok := strings.CutPrefix(key, settingConnection)
		if !ok {
			continue
		}
		switch {
		case strings.HasSuffix(rest, ".tell_at"):
			if v != "" && v != TellSealed && v != TellNever {
				return fmt.Errorf("read setting %s: %q is neither %s nor %s", key, v, TellSealed, TellNever)
			}
		case strings.HasSuffix(rest, ".url"):
			if v == "" {
				continue
			}
			// No password in it either: settings are in the journal, and in every backup.
			if err := CheckConnection("x", v, ""); err != nil {
				return fmt.Errorf("read setting %s: %w", key, err)
			}
		}
	}
	return nil
}

// anySecret has the form of one: 24 bytes in base64.
const anySecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// CheckConnection refuses an address or a secret of which no connection can be
// made. An empty secret is not looked at.
func CheckConnection(name, base, secret string) error {
	if secret == "" {
		secret = anySecret
	}
	_, err := webhook.New(webhook.Config{Connection: name, Base: base, Secret: secret})
	return err
}

// PolicyFrom reads the rules' settings; what does not parse is an error, never
// a silent default.
func PolicyFrom(settings map[string]string) (packing.Policy, error) {
	p := packing.DefaultPolicy()
	if v := settings[SettingFlow]; v != "" {
		p.Flow = packing.Flow(v)
		if p.Flow != packing.VerifyFirst && p.Flow != packing.LabelFirst {
			return p, fmt.Errorf("read setting %s: %q is no flow", SettingFlow, v)
		}
	}
	if v := settings[SettingSolo]; v != "" {
		solo, err := strconv.ParseBool(v)
		if err != nil {
			return p, fmt.Errorf("read setting %s: %w", SettingSolo, err)
		}
		p.Solo = solo
	}
	p.WeighGate = settings[SettingScale] != ""
	for key, target := range map[string]*int64{
		SettingTare: &p.TareMg, SettingBand: &p.BandMg, SettingBandPermille: &p.BandPermille,
	} {
		if v := settings[key]; v != "" {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < 0 {
				return p, fmt.Errorf("read setting %s: %q is no number", key, v)
			}
			*target = n
		}
	}
	if v := settings[SettingStatusOld]; v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1 || n > 7*24*60 {
			return p, fmt.Errorf("read setting %s: %q is no number of minutes from 1 to a week's", SettingStatusOld, v)
		}
		p.StatusOldMs = n * 60_000
	}
	if v := settings[SettingAheadBatch]; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return p, fmt.Errorf("read setting %s: %q is no number", SettingAheadBatch, v)
		}
		p.AheadBatch = n
	}
	return p, nil
}

// TellSetting is the key of a connection's tell_at.
func TellSetting(connection string) string { return settingConnection + connection + ".tell_at" }

func tellAt(settings map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range settings {
		if name, ok := strings.CutPrefix(k, settingConnection); ok {
			if name, ok := strings.CutSuffix(name, ".tell_at"); ok {
				out[name] = v
			}
		}
	}
	return out
}
