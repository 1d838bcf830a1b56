package scanner

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"packbench/internal/serialport"

	"go.bug.st/serial"
)

// State is what a device is doing.
type State string

// The states of a device.
const (
	StateAbsent  State = "absent"  // not plugged in, or off
	StateOpening State = "opening" // being opened
	StateReady   State = "ready"   // open
	StateError   State = "error"   // there, and can't be used: see the reason
)

// Reason says why a device can't be used, so that a screen can say what to do.
type Reason string

// The reasons.
const (
	ReasonNone       Reason = ""
	ReasonBusy       Reason = "busy"       // another program holds the port
	ReasonPermission Reason = "permission" // the user may not open the port
	ReasonLost       Reason = "lost"       // unplugged while in use
	ReasonOther      Reason = "other"      // see Err
)

// Status is a device's state with its reason.
type Status struct {
	State  State
	Reason Reason
	Err    error // nil unless State is error or absent
	At     time.Time
}

// The waits before a device is opened again double from the first to the last.
const (
	firstRetry = 300 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Opener opens the wire of a device. It may block; it should give up when ctx
// ends. An error that wraps [serialport.ErrAbsent] or fs.ErrNotExist says that the device
// isn't there.
type Opener func(ctx context.Context) (io.ReadWriteCloser, error)

// SerialSource owns a scanner on a serial line (RS-232, USB-COM or a TCP serial
// server): it opens it, reads it, frames what comes, and after a loss opens it
// again by itself, first after 0.3 s and then ever later up to 5 s.
type SerialSource struct {
	// Device names the scanner in its scans.
	Device string
	// Open opens the wire; see [serialport.Address.Open].
	Open Opener
	// Deliver takes the scans, in order, and Notify the changes of state. Both are
	// called on the source's goroutine and must not block.
	Deliver func(Scan)
	Notify  func(Status)
	// IdleGap ends a code without terminator; 0 means DefaultIdleGap.
	IdleGap time.Duration

	told Status
}

// Run works until ctx ends. It returns ctx's error.
func (s *SerialSource) Run(ctx context.Context) error {
	retry := firstRetry
	for ctx.Err() == nil {
		if s.told.State == "" {
			s.tell(StateOpening, ReasonNone, nil)
		}
		port, err := s.open(ctx)
		if err == nil {
			s.tell(StateReady, ReasonNone, nil)
			since := time.Now()
			err = s.read(ctx, port)
			if time.Since(since) > lastRetry { // not one that opens and fails at once
				retry = firstRetry
			}
			if ctx.Err() == nil {
				s.tell(StateError, ReasonLost, err)
			}
		} else if ctx.Err() == nil {
			state, reason := classify(err)
			s.tell(state, reason, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		retry = min(2*retry, lastRetry)
	}
	return ctx.Err()
}

// tell notifies of a state unless it was told last.
func (s *SerialSource) tell(state State, reason Reason, err error) {
	if s.told.State == state && s.told.Reason == reason {
		return
	}
	s.told = Status{State: state, Reason: reason, Err: err, At: time.Now()}
	if s.Notify != nil {
		s.Notify(s.told)
	}
}

// open opens the port on another goroutine, because drivers are known to hang; a
// port that opens after ctx has ended is closed.
func (s *SerialSource) open(ctx context.Context) (io.ReadWriteCloser, error) {
	type opened struct {
		port io.ReadWriteCloser
		err  error
	}
	done := make(chan opened)
	go func() {
		port, err := s.Open(ctx)
		select {
		case done <- opened{port, err}:
		case <-ctx.Done():
			if err == nil {
				_ = port.Close()
			}
		}
	}()
	select {
	case o := <-done:
		return o.port, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read delivers scans until the port fails or ctx ends, and closes the port: an
// unplugged port that stays open comes back under another name.
func (s *SerialSource) read(ctx context.Context, port io.ReadWriteCloser) error {
	type portion struct {
		data []byte
		at   time.Time
		err  error
	}
	portions := make(chan portion)
	stop := make(chan struct{})
	go func() {
		for {
			buffer := make([]byte, 512)
			n, err := port.Read(buffer)
			if n == 0 && err == nil {
				continue // a read timeout
			}
			select {
			case portions <- portion{buffer[:n], time.Now(), err}:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	defer func() {
		close(stop)
		_ = port.Close() // wakes the reader
	}()

	framer := Framer{IdleGap: s.IdleGap}
	for {
		var silence <-chan time.Time
		if deadline, open := framer.Deadline(); open {
			silence = time.After(time.Until(deadline))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-silence:
			s.deliver(framer.Flush(now))
		case p := <-portions:
			s.deliver(framer.Push(p.data, p.at))
			if p.err != nil {
				return p.err
			}
		}
	}
}

func (s *SerialSource) deliver(frames []Frame) {
	for _, frame := range frames {
		s.Deliver(NewScan(frame.Data, s.Device, frame.At))
	}
}

// classify says what an error of opening means.
func classify(err error) (State, Reason) {
	var portError *serial.PortError
	if errors.As(err, &portError) {
		switch portError.Code() {
		case serial.PortBusy:
			return StateError, ReasonBusy
		case serial.PermissionDenied:
			return StateError, ReasonPermission
		}
	}
	switch {
	case errors.Is(err, serialport.ErrAbsent), errors.Is(err, fs.ErrNotExist):
		return StateAbsent, ReasonNone
	case errors.Is(err, fs.ErrPermission):
		return StateError, ReasonPermission
	}
	return StateError, ReasonOther
}
