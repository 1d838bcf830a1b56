package bench_test

import (
	"testing"

	"packbench/bench"
)

func TestSettingsThatWouldStopTheBenchAreRefused(t *testing.T) {
	for key, values := range map[string][]string{
		bench.SettingPrinter:      {"printer", "socket://", "usb//x"},
		bench.SettingScale:        {"COM?", "socket://scale:1", "serial:"},
		bench.SettingProfile:      {"../../etc/passwd", "no-such-profile"},
		bench.SettingLanguage:     {"de"},
		bench.SettingStatusOld:    {"0", "a while", "9223372036854775807"},
		bench.TellSetting("shop"): {"seald", "SEALED"},
		bench.ConnectionURL("erp"): {
			"erp.example", "ftp://erp.example", "https://", "https://user:secret@erp.example",
		},
	} {
		for _, v := range values {
			if err := bench.CheckSettings(map[string]string{key: v}, t.TempDir()); err == nil {
				t.Errorf("%s=%s is taken", key, v)
			}
		}
	}
	good := map[string]string{
		bench.SettingPrinter: "socket://192.0.2.7:9100", bench.SettingScale: "serial:/dev/ttyUSB0?baud=9600", bench.SettingProfile: "zpl-203",
		bench.SettingLanguage: "zh", bench.TellSetting("店"): "never", bench.ConnectionURL("店"): "https://erp.example/base", "something": "else",
	}
	if err := bench.CheckSettings(good, t.TempDir()); err != nil {
		t.Error(err)
	}
}

// FuzzSettings: whatever stands in the settings, a bench gets a policy that
// makes sense, or an error.
func FuzzSettings(f *testing.F) {
	for _, key := range []string{
		bench.SettingFlow, bench.SettingSolo, bench.SettingScale, bench.SettingPrinter, bench.SettingTare, bench.SettingBand,
		bench.SettingBandPermille, bench.SettingAheadBatch, bench.SettingStatusOld, bench.TellSetting("x"), bench.ConnectionURL("x"),
	} {
		for _, value := range []string{"", "1", "-1", "true", "label-first", "9223372036854775808", "serial:COM3", "socket://h:1", "https://h"} {
			f.Add(key, value)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, key, value string) {
		settings := map[string]string{key: value}
		if bench.CheckSettings(settings, dir) != nil {
			return
		}
		p, err := bench.PolicyFrom(settings)
		if err != nil {
			t.Fatalf("%q=%q: checked, and then %v", key, value, err)
		}
		if p.TareMg < 0 || p.BandMg < 0 || p.BandPermille < 0 || p.AheadBatch < 1 || p.StatusOldMs < 1 || p.Flow == "" {
			t.Fatalf("%q=%q makes %+v", key, value, p)
		}
	})
}
