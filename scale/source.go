package scale

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	"packbench/internal/serialport"

	"go.bug.st/serial"
)

// State is what a device is doing.
type State string

// The states of a device.
const (
	StateAbsent  State = "absent"  // not plugged in, or off
	StateOpening State = "opening" // being opened, or open and not heard of yet
	StateReady   State = "ready"   // answering
	StateError   State = "error"   // there, and can't be used: see the reason
)

// Reason says why a device can't be used, so that a screen can say what to do.
type Reason string

// The reasons.
const (
	ReasonNone       Reason = ""
	ReasonBusy       Reason = "busy"       // another program holds the port
	ReasonPermission Reason = "permission" // the user may not open the port
	ReasonSilent     Reason = "silent"     // open, and no answer for three seconds
	ReasonLost       Reason = "lost"       // unplugged while in use
	ReasonOther      Reason = "other"      // see Err
)

// DeviceStatus is a device's state with its reason.
type DeviceStatus struct {
	State  State
	Reason Reason
	Err    error // nil unless State is error or absent
	At     time.Time
}

// Times of a source. The waits before a scale is opened again double from the
// first to the last.
const (
	DefaultInterval = 200 * time.Millisecond // between polls
	firstRetry      = 300 * time.Millisecond
	lastRetry       = 5 * time.Second
	silence         = 3 * time.Second // after which a scale counts as silent
	writeTimeout    = 2 * time.Second // drivers have none of their own
)

// Opener opens the wire of a scale; see [serialport.Address.Open]. It may block; it
// should give up when ctx ends. An error that wraps [serialport.ErrAbsent] or
// fs.ErrNotExist says that the scale isn't there.
type Opener func(ctx context.Context) (io.ReadWriteCloser, error)

// Source owns a scale: it opens the wire, asks for weights, reads on and on, so
// that no driver serves old ones, and keeps only the latest. After a loss it
// opens the wire again by itself, first after 0.3 s and then ever later up to
// 5 s. Set the exported fields before Run.
type Source struct {
	Open Opener
	// Protocol makes the protocol for one connection; see [NewProtocol].
	Protocol func() Protocol
	// Interval is the time between polls; 0 means DefaultInterval.
	Interval time.Duration
	// Deliver takes every reading and Notify every change of state; either may be
	// nil. Both are called on the source's goroutine and must not block.
	Deliver func(Reading)
	Notify  func(DeviceStatus)

	mu     sync.Mutex
	latest Reading
	told   DeviceStatus
}

// Latest is the newest reading of the present connection; false if there is none.
// Ask [Reading.StableAt] before using its weight.
func (s *Source) Latest() (Reading, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.latest.Status != ""
}

// Status is the present state.
func (s *Source) Status() DeviceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// Run works until ctx ends. It returns ctx's error.
func (s *Source) Run(ctx context.Context) error {
	retry := firstRetry
	s.tell(StateOpening, ReasonNone, nil)
	for ctx.Err() == nil {
		port, err := s.open(ctx)
		if err == nil {
			since := time.Now()
			err = s.serve(ctx, port)
			s.keep(Reading{})
			if ctx.Err() == nil {
				s.tell(StateError, ReasonLost, err)
			}
			if time.Since(since) > lastRetry { // not one that opens and fails at once
				retry = firstRetry
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

// keep makes a reading the latest.
func (s *Source) keep(r Reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = r
}

// tell notifies of a state unless it was told last.
func (s *Source) tell(state State, reason Reason, err error) {
	s.mu.Lock()
	same := s.told.State == state && s.told.Reason == reason
	if !same {
		s.told = DeviceStatus{State: state, Reason: reason, Err: err, At: time.Now()}
	}
	status := s.told
	s.mu.Unlock()
	if !same && s.Notify != nil {
		s.Notify(status)
	}
}

// open opens the port on another goroutine, because drivers are known to hang; a
// port that opens after ctx has ended is closed.
func (s *Source) open(ctx context.Context) (io.ReadWriteCloser, error) {
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

// serve talks to the scale until the wire fails or ctx ends, and closes the wire:
// an unplugged port that stays open comes back under another name.
func (s *Source) serve(ctx context.Context, port io.ReadWriteCloser) error {
	wire := newWire(port)
	protocol := s.Protocol()
	wire.send(protocol.Start()) // the writer is idle: this can't fail
	interval := s.Interval
	if interval <= 0 {
		interval = DefaultInterval
	}
	poll := time.NewTicker(interval)
	defer poll.Stop()
	heard := time.Now()
	for {
		select {
		case <-ctx.Done():
			wire.close(protocol.Stop())
			return ctx.Err()
		case err := <-wire.failed:
			wire.close(nil)
			return err
		case p := <-wire.portions:
			for _, reading := range protocol.Push(p.data, p.at) {
				heard = reading.At
				s.keep(reading)
				s.tell(StateReady, ReasonNone, nil)
				if s.Deliver != nil {
					s.Deliver(reading)
				}
			}
		case now := <-poll.C:
			if now.Sub(heard) >= silence {
				s.tell(StateError, ReasonSilent, nil)
			}
			if !wire.send(protocol.Poll()) {
				wire.close(nil)
				return errWriteStuck
			}
		}
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
