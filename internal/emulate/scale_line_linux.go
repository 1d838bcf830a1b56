package emulate

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// scaleUnread is how long an answer may lie unread before nobody counts as
// listening.
const scaleUnread = 500 * time.Millisecond

// scaleLine is a pseudo-terminal: to the program that opens path it is a serial
// port.
type scaleLine struct {
	master *os.File
	// keeper holds the far end open too. A real port loses what nobody reads and
	// is free again when its user dies; a pseudo-terminal needs help with both.
	keeper   *os.File
	path     string
	received chan string   // commands without terminators
	closed   chan struct{} // ends the reader
	written  time.Time     // when the last answer went out
}

// openScaleLine makes a line in raw mode.
func openScaleLine() (*scaleLine, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	number := 0
	err = scaleControl(master, func(fd int) (err error) {
		if number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); err != nil {
			return err
		}
		return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	})
	if err != nil {
		_ = master.Close()
		return nil, fmt.Errorf("unlock pseudo-terminal: %w", err)
	}
	path := fmt.Sprintf("/dev/pts/%d", number)
	keeper, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		_ = master.Close()
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	if err := scaleControl(keeper, scaleRaw); err != nil {
		_ = keeper.Close()
		_ = master.Close()
		return nil, fmt.Errorf("set raw mode: %w", err)
	}
	l := &scaleLine{master: master, keeper: keeper, path: path, received: make(chan string), closed: make(chan struct{})}
	go l.read()
	return l, nil
}

// scaleControl runs an ioctl on a file without taking it from Go's poller.
func scaleControl(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// scaleRaw switches off echo, line editing and translation of CR and LF.
func scaleRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// read passes on the commands that come in.
func (l *scaleLine) read() {
	var line []byte
	buffer := make([]byte, 256)
	for {
		n, err := l.master.Read(buffer)
		for _, b := range buffer[:n] {
			switch {
			case b == '\r' || b == '\n':
				select {
				case l.received <- string(bytes.TrimSpace(line)):
				case <-l.closed:
					return
				}
				line = line[:0]
			case len(line) < 80:
				line = append(line, b)
			}
		}
		if err != nil {
			return
		}
	}
}

// write sends an answer. What a full line doesn't take is lost, as on a wire.
func (l *scaleLine) write(text string) {
	_ = l.master.SetWriteDeadline(time.Now().Add(scaleTick))
	_, _ = l.master.WriteString(text)
	l.written = time.Now()
}

// tend makes the pseudo-terminal behave like a port: a program that was killed
// while it had the port for itself doesn't keep it, and answers that nobody reads
// are lost rather than served to the next reader as if they were new. It reports
// whether somebody reads.
func (l *scaleLine) tend() bool {
	if l == nil {
		return false
	}
	unread := 0
	_ = scaleControl(l.keeper, func(fd int) (err error) {
		_ = unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
		unread, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
		return err
	})
	if unread == 0 || time.Since(l.written) < scaleUnread {
		return true
	}
	_ = scaleControl(l.keeper, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
	return false
}

// close ends the line for everybody.
func (l *scaleLine) close() {
	close(l.closed)
	_ = l.master.Close()
	_ = l.keeper.Close()
}
