// Package transport opens the wire to a printer from an address, a URI in the
// manner of CUPS:
//
//	socket://192.168.1.50:9100   raw TCP, as network printers take it (port 9100 if none is given)
//	file:/dev/usb/lp0            a device file, or a plain file that collects the bytes
//
// It knows neither languages nor jobs.
package transport

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"packbench/printer"
)

// Address is a parsed printer address.
type Address struct {
	Scheme string // "socket" or "file"
	Host   string // socket: host:port
	Path   string // file: the path
}

// scheme is one kind of wire: how its address is read and opened.
type scheme struct {
	name  string
	usage string
	parse func(u *url.URL) (Address, error)
	dial  func(ctx context.Context, a Address) (printer.Conn, error)
}

// schemes lists every kind of wire; a new one is one entry here.
var schemes = []scheme{
	{"file", "file:/path", parseFile, dialFile},
	{"socket", "socket://host[:9100]", parseSocket, dialSocket},
}

// UnknownSchemeError is returned for an address of a kind that does not exist here.
type UnknownSchemeError struct{ Scheme string }

func (e *UnknownSchemeError) Error() string {
	usages := make([]string, len(schemes))
	for i, s := range schemes {
		usages[i] = s.usage
	}
	return fmt.Sprintf("unknown scheme %q, have %s", e.Scheme, strings.Join(usages, ", "))
}

// Parse reads an address. The error names what is wrong and, for an unknown
// scheme, which ones exist.
func Parse(uri string) (Address, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return Address{}, fmt.Errorf("parse printer address: %w", err)
	}
	i := slices.IndexFunc(schemes, func(s scheme) bool { return s.name == u.Scheme })
	if i < 0 {
		return Address{}, fmt.Errorf("parse printer address %q: %w", uri, &UnknownSchemeError{u.Scheme})
	}
	a, err := schemes[i].parse(u)
	if err != nil {
		return Address{}, fmt.Errorf("parse printer address %q: %w (form: %s)", uri, err, schemes[i].usage)
	}
	return a, nil
}

// String is the address in its usual form; Parse reads it back.
func (a Address) String() string {
	if a.Scheme == "file" {
		if !strings.HasPrefix(a.Path, "/") {
			return "file:" + url.PathEscape(a.Path)
		}
		return (&url.URL{Scheme: a.Scheme, Path: a.Path}).String()
	}
	return (&url.URL{Scheme: a.Scheme, Host: a.Host}).String()
}

// Dial opens the wire. It has its own timeout and ends early with ctx.
func (a Address) Dial(ctx context.Context) (printer.Conn, error) {
	for _, s := range schemes {
		if s.name == a.Scheme {
			return s.dial(ctx, a)
		}
	}
	return nil, fmt.Errorf("open printer: %w", &UnknownSchemeError{a.Scheme})
}

func parseSocket(u *url.URL) (Address, error) {
	if u.Opaque != "" || u.Host == "" {
		return Address{}, fmt.Errorf("the host is missing")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return Address{}, fmt.Errorf("more than a host and a port")
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return Address{}, fmt.Errorf("the host is missing")
	}
	if port == "" {
		port = "9100"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return Address{}, fmt.Errorf("port %q", port)
	}
	return Address{Scheme: "socket", Host: net.JoinHostPort(host, port)}, nil
}

func parseFile(u *url.URL) (Address, error) {
	path := u.Path
	if u.Opaque != "" { // file:relative/path
		var err error
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			return Address{}, fmt.Errorf("path: %w", err)
		}
	}
	switch {
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(u.String(), "#"):
		return Address{}, fmt.Errorf("more than a path (write %%3F for ?, %%23 for #)")
	case u.Host != "" && u.Host != "localhost":
		return Address{}, fmt.Errorf("host %q: a file is on this machine (three slashes?)", u.Host)
	case path == "" || path == "/":
		return Address{}, fmt.Errorf("the path is missing")
	}
	return Address{Scheme: "file", Path: path}, nil
}
