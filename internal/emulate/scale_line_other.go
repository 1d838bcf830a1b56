//go:build !linux

package emulate

import "errors"

// scaleLine needs pseudo-terminals as Linux has them; elsewhere there is none.
type scaleLine struct {
	path     string
	received chan string
}

// openScaleLine says that this system can't emulate a serial line.
func openScaleLine() (*scaleLine, error) {
	return nil, errors.New("emulated serial lines need Linux")
}

func (l *scaleLine) write(string) {}

func (l *scaleLine) tend() bool { return false }

func (l *scaleLine) close() {}
