package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"packbench/bench"
	"packbench/label"
	"packbench/packing"
	"packbench/printer"
)

// set makes folders, processes, catalogue, people, orders, labels and sheets.
func (d *day) set(ctx context.Context) error {
	for _, dir := range []string{d.opt.Data, d.dir("labels"), d.dir("documents")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	d.renderer = label.NewRenderer(bench.CacheDir(d.opt.Data))
	d.renderer.Warm()
	settings, err := d.startDevices(ctx)
	if err != nil {
		return err
	}
	secret := "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // the demo's own; no server knows it
	url, err := d.startERP(ctx, secret)
	if err != nil {
		return err
	}
	settings[bench.ConnectionURL("erp")] = url
	settings[bench.TellSetting("erp")] = "sealed"
	if err := d.prepareData(ctx, settings, secret); err != nil {
		return err
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	if err := d.writeDocuments(); err != nil {
		return err
	}
	d.target = d.station.Labels.Target
	if err := d.takeOrders(ctx); err != nil {
		return err
	}
	if d.opt.Desk == nil {
		d.desk = localDesk{d.station.Bench, d.station}
		return nil
	}
	st := d.station
	d.station = nil
	if err := st.Close(); err != nil {
		return err
	}
	return d.openDesk(ctx)
}

func (d *day) dir(name string) string { return filepath.Join(d.opt.Out, name) }

func (d *day) startDevices(ctx context.Context) (map[string]string, error) {
	settings := map[string]string{bench.SettingProfile: bench.DefaultProfile, bench.SettingFlow: string(packing.VerifyFirst), bench.SettingTare: "0"}
	profile, err := printer.LoadProfile(bench.DefaultProfile, "")
	if err != nil {
		return nil, fmt.Errorf("load printer profile: %w", err)
	}
	d.printer, settings[bench.SettingPrinter], err = startProcess(ctx, d.opt.Exe, d.opt.Stderr, "emulate", "printer",
		"--width", strconv.Itoa(profile.WidthDots), "--length", strconv.Itoa(profile.LengthDots),
		"--out", d.dir("labels"), "--ledger", filepath.Join(d.opt.Out, "printer.jsonl"))
	if err != nil {
		return nil, err
	}
	d.scale, settings[bench.SettingScale], err = startProcess(ctx, d.opt.Exe, d.opt.Stderr, "emulate", "scale",
		"--ledger", filepath.Join(d.opt.Out, "scale.jsonl"))
	if err != nil { // no PTY here: the day goes on without a scale, as a shop would
		d.opt.Log.Warn("no emulated scale, so no weight gate", "error", err)
		d.scale, settings[bench.SettingScale] = nil, ""
	}
	return settings, nil
}

func (d *day) startERP(ctx context.Context, secret string) (string, error) {
	var changes []map[string]any
	for i, p := range d.parcels {
		changes = append(changes, p.change(time.Now(), i))
	}
	data, err := json.Marshal(map[string]any{"changes": changes})
	if err != nil {
		return "", fmt.Errorf("make orders: %w", err)
	}
	path := filepath.Join(d.opt.Out, "orders.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return "", fmt.Errorf("write orders: %w", err)
	}
	var url string
	d.erp, url, err = startProcess(ctx, d.opt.Exe, d.opt.Stderr, "fake", "erp",
		"--secret", secret, "--ledger", d.ledgerPath(), "--changes", path)
	return url, err
}

func (d *day) ledgerPath() string { return filepath.Join(d.opt.Out, "erp.jsonl") }

// prepareData writes what somebody would set up once.
func (d *day) prepareData(ctx context.Context, settings map[string]string, secret string) (err error) {
	if err := bench.SaveSecret(d.opt.Data, "erp", secret); err != nil {
		return err
	}
	st, err := bench.OpenStation(ctx, d.opt.Data, bench.StationOptions{Log: d.opt.Log, Renderer: d.renderer, Now: d.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for key, value := range settings {
		if err := st.Bench.Set(ctx, key, value); err != nil {
			return err
		}
	}
	for _, p := range people {
		if p.Role.May(packing.ActRelease) {
			if p.PIN, err = bench.HashPIN(bossPIN, st.Pepper); err != nil {
				return err
			}
		}
		if err := st.Store.SavePerson(ctx, p); err != nil {
			return err
		}
	}
	_, err = st.Store.SaveGoods(ctx, goods)
	return err
}

func (d *day) open(ctx context.Context) (err error) {
	d.station, err = bench.OpenStation(ctx, d.opt.Data, bench.StationOptions{
		Devices: true, Sync: true, PullEvery: time.Second, Log: d.opt.Log, Renderer: d.renderer, Now: d.now,
	})
	return err
}
