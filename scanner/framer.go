package scanner

import "time"

// The control characters that frame codes on a serial line.
const (
	stx = 0x02
	etx = 0x03
	lf  = 0x0A
	cr  = 0x0D
)

// DefaultIdleGap is how long a serial line must be silent before what came so
// far is a code without terminator. A character takes 1 ms at 9600 Bd.
const DefaultIdleGap = 50 * time.Millisecond

// maxFrame is the longest code kept, in bytes; the largest Data Matrix holds
// 2335 characters. What is longer is noise, such as a wrong baud rate makes.
const maxFrame = 4096

// Frame is what stood between two terminators.
type Frame struct {
	Data string
	At   time.Time // when its last byte came
}

// Framer cuts the bytes of a serial scanner into codes. A code ends at CR, LF or
// CRLF, at ETX where STX began it (then CR and LF belong to it), and where the
// line was silent for IdleGap. Bytes may come in any portions. NUL is dropped;
// GS, RS and EOT belong to the code. The zero value is ready to use.
//
// A code that is cut or joined by a bad line comes out as it is, once: it must be
// refused as unknown rather than be mended into another one.
type Framer struct {
	// IdleGap ends a code without terminator; 0 means DefaultIdleGap.
	IdleGap time.Duration

	buffer  []byte
	last    time.Time // when the last byte came
	inside  bool      // between STX and ETX
	tooLong bool      // the buffer is full: what follows is dropped up to the next end
}

// Push takes the bytes that came at time at and returns the codes that they end.
func (f *Framer) Push(data []byte, at time.Time) []Frame {
	frames := f.Flush(at)
	for _, b := range data {
		switch {
		case b == stx:
			frames = f.end(frames)
			f.inside = true
		case b == etx && f.inside, (b == cr || b == lf) && !f.inside:
			frames = f.end(frames)
		case b == 0:
		case len(f.buffer) == maxFrame:
			f.tooLong = true
		default:
			f.buffer = append(f.buffer, b)
			f.last = at
		}
		if f.inside {
			f.last = at
		}
	}
	return frames
}

// Flush returns the code that silence has ended by the time now, if there is
// one. It is for a timer set to [Framer.Deadline].
func (f *Framer) Flush(now time.Time) []Frame {
	deadline, open := f.Deadline()
	if !open || now.Before(deadline) {
		return nil
	}
	return f.end(nil)
}

// Deadline is when silence will end the code that has begun; false if none has.
func (f *Framer) Deadline() (time.Time, bool) {
	if len(f.buffer) == 0 && !f.inside {
		return time.Time{}, false
	}
	gap := f.IdleGap
	if gap <= 0 {
		gap = DefaultIdleGap
	}
	return f.last.Add(gap), true
}

// end adds the code in the buffer to frames and begins anew.
func (f *Framer) end(frames []Frame) []Frame {
	data := f.buffer
	// A scanner set to STX as prefix and CR as suffix sends no ETX.
	for f.inside && len(data) > 0 && (data[len(data)-1] == cr || data[len(data)-1] == lf) {
		data = data[:len(data)-1]
	}
	if len(data) > 0 {
		frames = append(frames, Frame{Data: string(data), At: f.last})
	}
	f.buffer, f.inside, f.tooLong = f.buffer[:0], false, false
	return frames
}
