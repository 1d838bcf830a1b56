package emulate

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"packbench/label/zpl"
)

// printerWire is the printer's TCP side.
type printerWire struct {
	dev *printerDevice
	out *jsonLines
	wg  sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while unplugged
	addr     string       // with its real port, once listening
	conns    map[*net.TCPConn]bool
	free     []*zpl.Scanner // parsers of ended connections, with half formats in them
	quietTo  time.Time      // answer nothing before; zero = answer
	quiet    bool           // answer nothing until told otherwise
	delay    time.Duration  // answers come this much later
	drop     int            // bytes until the connection breaks; -1 = it does not
	swallow  bool           // those bytes reach nobody
}

func newPrinterWire(dev *printerDevice, out *jsonLines) *printerWire {
	return &printerWire{dev: dev, out: out, conns: map[*net.TCPConn]bool{}, drop: -1}
}

func (w *printerWire) uri() string { return "socket://" + w.addr }

func (w *printerWire) listen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	w.mu.Lock()
	w.listener, w.addr = l, l.Addr().String()
	w.mu.Unlock()
	w.wg.Go(func() { w.accept(l) })
	return nil
}

func (w *printerWire) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		conn := c.(*net.TCPConn)
		w.mu.Lock()
		if w.listener != l {
			w.mu.Unlock()
			_ = conn.Close()
			return
		}
		w.conns[conn] = true
		// A printer's parser goes on where the last connection left it: half a
		// format stays there until ~JA, and spoils what follows without one.
		var s *zpl.Scanner
		if n := len(w.free); n > 0 {
			s, w.free = w.free[n-1], w.free[:n-1]
		} else {
			s = w.dev.reader()
		}
		w.mu.Unlock()
		w.wg.Go(func() { w.serve(conn, s) })
	}
}

// serve reads one connection to its end.
func (w *printerWire) serve(conn *net.TCPConn, s *zpl.Scanner) {
	w.out.emit(simple{Event: "connected"})
	replies := make(chan reply, 64)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		answer(conn, replies)
	}()
	dropped := false
	buf := make([]byte, 32<<10)
	for !dropped {
		n, err := conn.Read(buf)
		data := buf[:n]
		if data, dropped = w.take(data); dropped {
			_ = conn.SetLinger(0) // as a cable pulled out: no polite end
		}
		s.Feed(data, func(e zpl.Event) { w.act(e, s, replies) })
		if err != nil {
			break
		}
	}
	close(replies)
	w.mu.Lock()
	plugged := w.conns[conn]
	delete(w.conns, conn)
	if plugged {
		w.free = append(w.free, s)
	}
	w.mu.Unlock()
	_ = conn.Close()
	<-finished
	if dropped {
		w.out.emit(simple{Event: "dropped"})
	}
	w.out.emit(simple{Event: "disconnected"})
}

// act does what one event in the stream asks for.
func (w *printerWire) act(e zpl.Event, s *zpl.Scanner, replies chan<- reply) {
	switch {
	case e.Page != nil:
		w.dev.add(*e.Page)
	case e.Command == "~JA":
		w.dev.cancel()
	case e.Command == "~HS":
		text, ok := w.dev.hostStatus(s.InFormat())
		w.mu.Lock()
		mute := w.quiet || time.Now().Before(w.quietTo)
		at := time.Now().Add(w.delay)
		w.mu.Unlock()
		if !ok || mute {
			return
		}
		select {
		case replies <- reply{text, at}:
		default: // nobody reads: a printer loses them too
		}
	}
}

// reply is an answer and when it is to go out.
type reply struct {
	text []byte
	at   time.Time
}

// answer sends replies in order until there are no more.
func answer(conn net.Conn, replies <-chan reply) {
	for r := range replies {
		time.Sleep(time.Until(r.at))
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := conn.Write(r.text); err != nil {
			_ = conn.SetReadDeadline(time.Now())
			for range replies { // the reader must not find the channel full for ever
			}
			return
		}
	}
}

// take tells how much of data the printer still gets to read, and whether the
// connection breaks after that.
func (w *printerWire) take(data []byte) (rest []byte, broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.drop < 0 || (len(data) == 0 && w.drop > 0) {
		return data, false
	}
	n := min(len(data), w.drop)
	w.drop -= n
	if w.swallow {
		n = 0
	}
	if w.drop > 0 {
		return data[:n], false
	}
	w.drop = -1
	return data[:n], true
}

func (w *printerWire) breakAfter(n int, swallow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop, w.swallow = n, swallow
}

// silence mutes the printer for d; below 0 for ever, 0 ends it.
func (w *printerWire) silence(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet, w.quietTo = d < 0, time.Time{}
	if d > 0 {
		w.quietTo = time.Now().Add(d)
	}
}

func (w *printerWire) late(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = d
}

// unplug breaks every connection and stops listening. Half a format is lost.
func (w *printerWire) unplug() {
	w.mu.Lock()
	l, conns := w.listener, w.conns
	w.listener, w.conns, w.free = nil, map[*net.TCPConn]bool{}, nil
	w.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	for c := range conns {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	w.wg.Wait()
}

// plug listens again on the same port.
func (w *printerWire) plug() error {
	w.mu.Lock()
	on := w.listener != nil
	w.mu.Unlock()
	if on {
		return errors.New("already plugged in")
	}
	return w.listen(w.addr)
}

func (w *printerWire) close() { w.unplug() }
