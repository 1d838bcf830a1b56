// Package serialport names and opens serial ports: `serial:/dev/ttyUSB0?baud=9600`,
// or by the USB device behind them, so that a device keeps its name wherever it
// is plugged in. Scanners, scales and printers share it.
package serialport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.bug.st/serial"
	"go.bug.st/serial/enumerator"
)

// ErrAbsent says that a serial port doesn't exist at the moment: the cable is
// out, or the device is off.
var ErrAbsent = errors.New("serial port absent")

// Address is a serial port as an address names it:
// `serial:/dev/ttyUSB0?baud=9600&mode=8N1`, `serial:COM3`, or, so that a port
// keeps its name wherever it is plugged in, `serial:?usb=05E0:1701:S123` with
// vendor, product and, where the device has one, serial number.
type Address struct {
	Path string
	USB  string // VID:PID or VID:PID:serial, upper case; used if Path is empty
	Mode serial.Mode
}

// Parse reads an address of the scheme `serial`. Without options
// the port runs at 9600 Bd, 8 data bits, no parity, one stop bit.
func Parse(uri string) (Address, error) {
	rest, found := strings.CutPrefix(uri, "serial:")
	if !found {
		return Address{}, fmt.Errorf("parse address %q: not of the form serial:PORT", uri)
	}
	path, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return Address{}, fmt.Errorf("parse address %q: %w", uri, err)
	}
	address := Address{Path: path, Mode: serial.Mode{BaudRate: 9600, DataBits: 8}}
	for name := range options {
		value := options.Get(name)
		switch name {
		case "baud":
			address.Mode.BaudRate, err = strconv.Atoi(value)
			if err == nil && address.Mode.BaudRate <= 0 {
				err = errors.New("must be above 0")
			}
		case "mode":
			err = parseMode(value, &address.Mode)
		case "usb":
			address.USB = strings.ToUpper(value)
			if strings.Count(value, ":") < 1 {
				err = errors.New("must be VID:PID or VID:PID:SERIAL")
			}
		default:
			err = errors.New("unknown option")
		}
		if err != nil {
			return Address{}, fmt.Errorf("parse address %q: option %s: %w", uri, name, err)
		}
	}
	if address.Path == "" && address.USB == "" {
		return Address{}, fmt.Errorf("parse address %q: names no port", uri)
	}
	return address, nil
}

// parseMode reads data bits, parity and stop bits, as in 8N1 or 7E1.
func parseMode(text string, mode *serial.Mode) error {
	if len(text) != 3 || text[0] < '5' || text[0] > '8' {
		return fmt.Errorf("%q is no mode such as 8N1", text)
	}
	parity, ok := map[byte]serial.Parity{
		'N': serial.NoParity, 'O': serial.OddParity, 'E': serial.EvenParity, 'M': serial.MarkParity, 'S': serial.SpaceParity,
	}[text[1]&^0x20]
	if !ok {
		return fmt.Errorf("%q is no mode such as 8N1", text)
	}
	switch text[2] {
	case '1':
		mode.StopBits = serial.OneStopBit
	case '2':
		mode.StopBits = serial.TwoStopBits
	default:
		return fmt.Errorf("%q is no mode such as 8N1", text)
	}
	mode.DataBits, mode.Parity = int(text[0]-'0'), parity
	return nil
}

// Open opens the port. It may block and is meant for a source's own goroutine.
// A port that isn't there gives an error that wraps [ErrAbsent].
func (a Address) Open(ctx context.Context) (io.ReadWriteCloser, error) {
	path := a.Path
	if path == "" {
		var err error
		if path, err = findUSBPort(ctx, a.USB); err != nil {
			return nil, err
		}
	}
	mode := a.Mode
	port, err := serial.Open(path, &mode)
	if err != nil {
		var portError *serial.PortError
		if errors.Is(err, fs.ErrNotExist) || errors.As(err, &portError) && portError.Code() == serial.PortNotFound {
			return nil, fmt.Errorf("open %s: %w", path, ErrAbsent)
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return port, nil
}

// enumerateTimeout bounds the search for a port: on some machines opening each
// built-in port in turn takes half a minute.
const enumerateTimeout = 5 * time.Second

// findUSBPort finds the serial port of a USB device.
func findUSBPort(ctx context.Context, id string) (string, error) {
	type listing struct {
		ports []*enumerator.PortDetails
		err   error
	}
	found := make(chan listing, 1)
	go func() {
		ports, err := enumerator.GetDetailedPortsList()
		found <- listing{ports, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, enumerateTimeout)
	defer cancel()
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("list serial ports: %w", ctx.Err())
	case list := <-found:
		if list.err != nil {
			return "", fmt.Errorf("list serial ports: %w", list.err)
		}
		for _, port := range list.ports {
			name := strings.ToUpper(port.VID + ":" + port.PID + ":" + port.SerialNumber)
			if port.IsUSB && (name == id || strings.Count(id, ":") == 1 && strings.HasPrefix(name, id+":")) {
				return port.Name, nil
			}
		}
		return "", fmt.Errorf("find USB device %s: %w", id, ErrAbsent)
	}
}
