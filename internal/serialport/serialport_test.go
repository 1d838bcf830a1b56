package serialport

import (
	"testing"

	"go.bug.st/serial"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		uri  string
		want Address
	}{
		{"serial:/dev/ttyUSB0", Address{Path: "/dev/ttyUSB0", Mode: serial.Mode{BaudRate: 9600, DataBits: 8}}},
		{"serial:COM3?baud=115200&mode=7e1", Address{Path: "COM3", Mode: serial.Mode{BaudRate: 115200, DataBits: 7, Parity: serial.EvenParity}}},
		{"serial:?usb=05e0:1701:s1", Address{USB: "05E0:1701:S1", Mode: serial.Mode{BaudRate: 9600, DataBits: 8}}},
	} {
		if got, err := Parse(test.uri); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", test.uri, got, err, test.want)
		}
	}
	for _, uri := range []string{
		"", "serial:", "usb://x", "serial:/dev/x?baud=0", "serial:/dev/x?baud=fast", "serial:/dev/x?mode=9N1", "serial:/dev/x?mode=8N3",
		"serial:/dev/x?mode=8X1", "serial:/dev/x?speed=1", "serial:?usb=05e0", "serial:/dev/x?%zz",
	} {
		if got, err := Parse(uri); err == nil {
			t.Errorf("%q: %+v, want an error", uri, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"serial:/dev/ttyUSB0?baud=9600&mode=8N1", "serial:?usb=05e0:1701", "serial:", "serial:COM3?"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		address, err := Parse(uri)
		if err == nil && (address.Path == "" && address.USB == "" || address.Mode.BaudRate <= 0 || address.Mode.DataBits < 5 || address.Mode.DataBits > 8) {
			t.Errorf("%q: %+v", uri, address)
		}
	})
}
