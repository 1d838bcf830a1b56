package zpl

import "strings"

// Event is something that a printer would act upon.
type Event struct {
	Page    *Page  // a finished format, or
	Command string // a command that acts at once: "~HS", "~JA"
}

// Scanner takes ZPL as it comes off a wire. Settings that outlast a format
// (^LH, ^PO, ^PW, ^LL) outlast it here too.
type Scanner struct {
	tok  Tokenizer
	draw renderer
}

// NewScanner starts as a printer does after it was switched on.
func NewScanner(opt Options) *Scanner {
	s := &Scanner{draw: renderer{opt: opt}}
	return s
}

// Feed takes the next bytes and calls emit for each event in them, in order. It
// never fails: what is broken is named on its page.
func (s *Scanner) Feed(p []byte, emit func(Event)) {
	// Small pieces, so that one answer to ~HS never waits for a mountain of
	// tokens and memory stays bounded whatever is in p.
	for len(p) > 0 {
		n := min(len(p), 4<<10)
		for _, t := range s.tok.Feed(p[:n]) {
			switch {
			case t.Name == "~JA":
				s.draw.abandon()
				emit(Event{Command: t.Name})
			case strings.HasPrefix(t.Name, "~") && !s.draw.settings(t):
				emit(Event{Command: t.Name})
			default:
				if page := s.draw.command(t); page != nil {
					emit(Event{Page: page})
				}
			}
		}
		p = p[n:]
	}
}

// InFormat tells whether a format has begun and not ended.
func (s *Scanner) InFormat() bool { return s.draw.in }
