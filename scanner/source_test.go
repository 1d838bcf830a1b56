package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"packbench/internal/serialport"

	"go.bug.st/serial"
)

// TestSerialSource plays a scanner that is absent, comes, is pulled out and
// comes back.
func TestSerialSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex // guards what both sides touch
		plugged := false
		var wire net.Conn // the scanner's end
		var opens []time.Duration
		start := time.Now()
		var scans []string
		var states []string
		source := &SerialSource{
			Device: "door",
			Open: func(context.Context) (io.ReadWriteCloser, error) {
				mu.Lock()
				defer mu.Unlock()
				opens = append(opens, time.Since(start))
				if !plugged {
					return nil, fmt.Errorf("open /dev/x: %w", serialport.ErrAbsent)
				}
				var near net.Conn
				near, wire = net.Pipe()
				return near, nil
			},
			Deliver: func(s Scan) { scans = append(scans, fmt.Sprintf("%s %s %s", s.Device, s.Symbology, s.Raw)) },
			Notify:  func(s Status) { states = append(states, string(s.State)+string(s.Reason)) },
		}
		done := make(chan error)
		go func() { done <- source.Run(ctx) }()

		time.Sleep(20 * time.Second)
		want := []time.Duration{0, 300, 900, 2100, 4500, 9300, 14300, 19300}
		for i := range want {
			want[i] *= time.Millisecond
		}
		mu.Lock()
		if !slices.Equal(opens, want) {
			t.Errorf("tried to open at %v, want %v", opens, want)
		}
		plugged = true
		mu.Unlock()
		time.Sleep(5 * time.Second)
		write := func(text string) {
			mu.Lock()
			defer mu.Unlock()
			if _, err := wire.Write([]byte(text)); err != nil {
				t.Error(err)
			}
		}
		write("]E04006381333931\r\nA")
		time.Sleep(20 * time.Millisecond)
		write("BC")
		time.Sleep(60 * time.Millisecond) // ended by silence
		write("half")
		mu.Lock()
		_ = wire.Close()
		mu.Unlock()
		time.Sleep(6 * time.Second)
		write("back\r")
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		if want := []string{"door ]E0 ]E04006381333931", "door  ABC", "door  back"}; !slices.Equal(scans, want) {
			t.Errorf("scans %q, want %q", scans, want)
		}
		if want := []string{"opening", "absent", "ready", "errorlost", "ready"}; !slices.Equal(states, want) {
			t.Errorf("states %q, want %q", states, want)
		}
	})
}

// TestSerialSourceHangingOpen: a driver that hangs doesn't keep Run from ending,
// and a port that opens too late is closed.
func TestSerialSourceHangingOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		near, far := net.Pipe()
		source := &SerialSource{Open: func(context.Context) (io.ReadWriteCloser, error) {
			<-release
			return near, nil
		}}
		done := make(chan error)
		go func() { done <- source.Run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		<-done
		close(release)
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the port was left open: %v", err)
		}
	})
}

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		err    error
		state  State
		reason Reason
	}{
		{serialport.ErrAbsent, StateAbsent, ReasonNone},
		{fmt.Errorf("open: %w", fs.ErrNotExist), StateAbsent, ReasonNone},
		{fs.ErrPermission, StateError, ReasonPermission},
		{&serial.PortError{}, StateError, ReasonBusy}, // the zero code is PortBusy
		{errors.New("x"), StateError, ReasonOther},
	} {
		if state, reason := classify(test.err); state != test.state || reason != test.reason {
			t.Errorf("classify(%v) = %s %s", test.err, state, reason)
		}
	}
}

func TestOpenAbsentPort(t *testing.T) {
	address := serialport.Address{Path: "/nonexistent/tty", Mode: serial.Mode{BaudRate: 9600, DataBits: 8}}
	if _, err := address.Open(t.Context()); !errors.Is(err, serialport.ErrAbsent) {
		t.Errorf("open: %v, want %v", err, serialport.ErrAbsent)
	}
}
