package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{"socket://10.0.0.5", "socket://10.0.0.5:9100", ""},
		{"socket://printer.local:6101/", "socket://printer.local:6101", ""},
		{"socket://[fe80::1]:9100", "socket://[fe80::1]:9100", ""},
		{"file:/dev/usb/lp0", "file:///dev/usb/lp0", ""},
		{"file:///tmp/a%20b", "file:///tmp/a%20b", ""},
		{"socket:10.0.0.5", "", "host is missing"},
		{"socket://", "", "host is missing"},
		{"socket://h:0", "", `port "0"`},
		{"socket://h:70000", "", `port "70000"`},
		{"socket://h:9100/queue", "", "more than a host"},
		{"file:", "", "path is missing"},
		{"file://host/x", "", "on this machine"},
		{"lpd://h", "", `unknown scheme "lpd", have file:/path, socket://host[:9100]`},
		{"", "", `unknown scheme ""`},
		{"socket://h:x", "", "invalid port"},
	} {
		a, err := Parse(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("Parse(%q): error %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || a.String() != c.want {
			t.Errorf("Parse(%q) = %s, %v, want %s", c.in, a, err, c.want)
			continue
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Errorf("Parse(%q) = %v, %v, want %v again", a, again, err, a)
		}
	}
	var unknown *UnknownSchemeError
	if _, err := Parse("usb://x"); !errors.As(err, &unknown) || unknown.Scheme != "usb" {
		t.Errorf("an unknown scheme cannot be told from other errors: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("socket://h:9100")
	f.Add("file:/dev/usb/lp0")
	f.Add("file:a?b")
	f.Fuzz(func(t *testing.T, uri string) {
		a, err := Parse(uri)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Errorf("%q → %+v → %q → %+v, %v", uri, a, a, again, err)
		}
	})
}

// TestSocketDeliversBeforeClosing writes and closes at once while the printer
// has answers on the way: every byte must still arrive.
func TestSocketDeliversBeforeClosing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan int, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			got <- -1
			return
		}
		defer c.Close()
		_, _ = c.Write(make([]byte, 4096)) // answers that nobody reads
		b, _ := io.ReadAll(c)
		got <- len(b)
	}()
	a, err := Parse("socket://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(make([]byte, 200_000)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != 200_000 {
		t.Errorf("%d bytes arrived, want 200000", n)
	}
}

func TestSocketRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	a, err := Parse("socket://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Dial(context.Background()); err == nil || !strings.Contains(err.Error(), "open socket://"+addr) {
		t.Errorf("error %v does not name the address", err)
	}
}

func TestFileCollects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.zpl")
	a, err := Parse("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := a.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if o, ok := c.(interface{ OneWay() bool }); !ok || !o.OneWay() {
			t.Error("a plain file must say that nothing comes back")
		}
		read := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			read <- err
		}()
		if _, err := c.Write([]byte("^XA^XZ")); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-read; err == nil {
			t.Error("Read returned bytes")
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "^XA^XZ^XA^XZ" {
		t.Errorf("file holds %q, %v", b, err)
	}
	if _, err := (Address{Scheme: "file", Path: t.TempDir()}).Dial(context.Background()); err == nil {
		t.Error("a directory was opened as a printer")
	}
}

func TestDeviceWithoutVoice(t *testing.T) {
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Skip("no character device to try")
	}
	c, err := (Address{Scheme: "file", Path: "/dev/null"}).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	if n, err := c.Write([]byte("^XA^XZ")); n != 6 || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	select {
	case err := <-read:
		t.Fatalf("a silent device ended the connection: %v", err)
	default:
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
}
