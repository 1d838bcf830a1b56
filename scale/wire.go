package scale

import (
	"errors"
	"io"
	"time"
)

// errWriteStuck says that the driver did not take what was written: the device
// hangs, or the cable is out and the driver hasn't noticed.
var errWriteStuck = errors.New("write to scale: the port takes no bytes")

// portion is bytes that came together.
type portion struct {
	data []byte
	at   time.Time
}

// wire reads and writes a port on goroutines of its own, because either may block
// for ever; closing the port ends them.
type wire struct {
	port     io.ReadWriteCloser
	portions chan portion
	failed   chan error // holds one error of each goroutine
	outgoing chan []byte
	written  chan struct{} // closed when the writer has ended
	stop     chan struct{}
	stuck    time.Time // since when the writer takes nothing; zero if it does
}

func newWire(port io.ReadWriteCloser) *wire {
	w := &wire{
		port: port, portions: make(chan portion), failed: make(chan error, 2),
		outgoing: make(chan []byte, 1), written: make(chan struct{}), stop: make(chan struct{}),
	}
	go w.read()
	go w.write()
	return w
}

func (w *wire) read() {
	for {
		buffer := make([]byte, 512)
		n, err := w.port.Read(buffer)
		if n > 0 {
			select {
			case w.portions <- portion{buffer[:n], time.Now()}:
			case <-w.stop:
				return
			}
		}
		if err != nil {
			w.failed <- err
			return
		}
	}
}

func (w *wire) write() {
	defer close(w.written)
	for data := range w.outgoing {
		for len(data) > 0 { // a driver may take a part only
			n, err := w.port.Write(data)
			if err == nil && n == 0 {
				err = io.ErrShortWrite
			}
			if err != nil {
				w.failed <- err
				return
			}
			data = data[n:]
		}
	}
}

// send hands data to the writer without waiting for it. What doesn't fit because
// the writer is busy is dropped: the next poll asks again. It returns false when
// the writer has been busy for too long.
func (w *wire) send(data []byte) bool {
	if len(data) == 0 {
		return true
	}
	select {
	case w.outgoing <- data:
		w.stuck = time.Time{}
		return true
	default:
	}
	if w.stuck.IsZero() {
		w.stuck = time.Now()
	}
	return time.Since(w.stuck) < writeTimeout
}

// close says farewell, if there is something to say and the port takes it at
// once, and closes the port.
func (w *wire) close(farewell []byte) {
	close(w.stop)
	if len(farewell) > 0 {
		w.send(farewell)
	}
	close(w.outgoing)
	select {
	case <-w.written:
	case <-time.After(firstRetry):
	}
	_ = w.port.Close()
}
