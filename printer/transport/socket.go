package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"packbench/printer"
)

const (
	connectTimeout = 3 * time.Second
	// ackTimeout bounds how long a printer that was switched off can look
	// alive: bytes that nobody acknowledges for this long break the connection.
	ackTimeout = 8 * time.Second
	// lingerTime is given to the last bytes when the connection is closed.
	lingerTime = 300 * time.Millisecond
)

// dialSocket opens raw TCP.
func dialSocket(ctx context.Context, a Address) (printer.Conn, error) {
	d := net.Dialer{
		Timeout: connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3,
		},
		Control: limitUnacknowledged,
	}
	c, err := d.DialContext(ctx, "tcp", a.Host)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a, err)
	}
	return &socket{TCPConn: c.(*net.TCPConn)}, nil
}

// socket is a TCP connection that closes without losing what it wrote.
type socket struct {
	*net.TCPConn
	closed atomic.Bool
}

// Close lets the last bytes arrive: it ends its own side, then takes what the
// printer still says, because closing with unread answers would reset the
// connection and may cost the printer bytes that it has not read yet.
func (s *socket) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if err := s.CloseWrite(); err == nil {
		_ = s.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.Copy(io.Discard, io.LimitReader(s.TCPConn, 1<<20))
	}
	return s.TCPConn.Close()
}

// Abort closes at once; what was not delivered is thrown away.
func (s *socket) Abort() error {
	if s.closed.Swap(true) {
		return nil
	}
	_ = s.SetLinger(0)
	return s.TCPConn.Close()
}
