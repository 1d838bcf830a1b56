package printer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// errResync ends a connection in which answers were lost, at a moment when
// nothing depends on it, so that the next answers belong to their questions.
var errResync = errors.New("status answers out of step")

const (
	chunkSize   = 16 << 10
	mostReply   = 64 << 10 // bytes kept of an answer that never becomes one
	mostTracked = 64       // jobs remembered for a late confirmation
)

// session is one connection.
type session struct {
	p       *Printer
	conn    Conn
	ask     asker
	buf     []byte // received, not yet understood
	tracked []*trackedJob

	fault   string    // last known, "" if none
	faultAt time.Time // when it was heard

	cancelAt time.Time // when Cancel went out on this connection, before anything else
}

// trackedJob is a job all of whose bytes went out and that is not final yet.
type trackedJob struct {
	id     string
	sent   int64
	at     time.Time
	after  int  // questions asked before its last byte: their answers say nothing of it
	silent bool // the caller was told not to wait
}

// serve owns the wire until the connection breaks (an error) or ctx ends (nil).
// resumed: the connection takes the place of one that was given up on purpose.
func (p *Printer) serve(ctx context.Context, conn Conn, resumed bool) error {
	oneWay := false
	if o, ok := conn.(interface{ OneWay() bool }); ok {
		oneWay = o.OneWay()
	}
	s := &session{p: p, conn: conn}
	s.ask.able = p.opt.Profile.Status && !oneWay && len(p.opt.Language.StatusQuery()) > 0

	done := make(chan struct{})
	in := make(chan []byte, 16)
	lost := make(chan error, 1)
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		lost <- readInto(conn, in, done)
	}()
	if !resumed {
		p.setHealth(Ready, "", false)
	}
	err := s.loop(ctx, in, lost)
	close(done)
	broken := err != nil && !errors.Is(err, errResync)
	if a, ok := conn.(interface{ Abort() error }); ok && broken {
		_ = a.Abort() // what was not delivered must not trickle in later
	}
	_ = conn.Close()
	<-reader
	if broken {
		s.lose(err)
	}
	return err
}

// readInto passes on what the printer says until the connection ends.
func readInto(conn Conn, in chan<- []byte, done <-chan struct{}) error {
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			select {
			case in <- append([]byte(nil), buf[:n]...):
			case <-done:
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("read from printer: %w", err)
		}
	}
}

func (s *session) loop(ctx context.Context, in <-chan []byte, lost <-chan error) error {
	if err := s.cancelLeftovers(); err != nil {
		return err
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		// What the printer said comes first: it decides whether a job may go.
		select {
		case b := <-in:
			s.received(b)
			continue
		case err := <-lost:
			return s.drain(in, err)
		default:
		}
		if ctx.Err() != nil {
			return nil
		}
		s.checkCancelled()
		if j := s.p.next(); j != nil {
			if err := s.send(ctx, j); err != nil {
				return err
			}
			continue
		}
		now := time.Now()
		if s.ask.expire(now) {
			s.wentSilent()
		}
		if s.ask.due(now) {
			if err := s.query(now); err != nil {
				return err
			}
			continue
		}
		if s.ask.lag() > 1 && !s.ask.open && !s.ask.silent() && len(s.tracked) == 0 && !s.p.dirty {
			return errResync
		}
		if d, ok := s.ask.wait(now); ok {
			timer.Reset(d)
		} else {
			timer.Reset(time.Hour)
		}
		select {
		case <-ctx.Done():
		case <-s.p.wake:
		case <-timer.C:
		case b := <-in:
			s.received(b)
		case err := <-lost:
			return s.drain(in, err)
		}
	}
}

// drain uses what the printer said before the connection ended.
func (s *session) drain(in <-chan []byte, err error) error {
	for {
		select {
		case b := <-in:
			s.received(b)
		default:
			return err
		}
	}
}

// cancelLeftovers makes the printer forget half a job of an earlier connection.
func (s *session) cancelLeftovers() error {
	if !s.p.dirty {
		return nil
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(stallTimeout))
	if _, err := s.conn.Write(s.p.opt.Language.Cancel()); err != nil {
		return fmt.Errorf("cancel half a job: %w", err)
	}
	s.cancelAt = time.Now()
	return nil
}

// checkCancelled notes that Cancel has surely arrived: a question that went out
// after it was answered, or the wire has held for long enough. Until then a
// broken connection means that it is sent again.
func (s *session) checkCancelled() {
	if s.p.dirty && !s.cancelAt.IsZero() &&
		(s.ask.answered > 0 || time.Since(s.cancelAt) > settleTime) {
		s.p.dirty = false
	}
}

// send puts one job on the wire. An error means that the connection is dead.
func (s *session) send(ctx context.Context, j *queuedJob) error {
	if s.fault != "" && time.Since(s.faultAt) <= faultFresh {
		s.p.report(j.ID, Failed, 0, s.fault, nil)
		return nil
	}
	data, reason, err := s.p.payload(j.Job)
	if err != nil {
		s.p.report(j.ID, Failed, 0, reason, err)
		return nil
	}
	s.p.report(j.ID, Sending, 0, "", nil)
	n, err := s.write(ctx, data)
	switch {
	case n == len(data): // an error after the last byte shows itself on the wire anyway
		reason := ""
		silent := !s.ask.able || s.ask.silent()
		if silent {
			reason = ReasonSilent
		}
		s.p.report(j.ID, Sent, int64(n), reason, nil)
		s.track(&trackedJob{id: j.ID, sent: int64(n), at: time.Now(), after: s.ask.asked, silent: silent})
		s.ask.soon(time.Now())
		return nil
	case n == 0 && errors.Is(err, os.ErrDeadlineExceeded):
		s.p.report(j.ID, Failed, 0, ReasonStalled, err)
		return nil
	case n == 0 && !j.retried && ctx.Err() == nil:
		j.retried = true
		s.p.putBack(j)
		return err
	case n == 0:
		s.p.report(j.ID, Failed, 0, ReasonConnectionLost, err)
		return err
	}
	reason = ReasonConnectionLost
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason = ReasonStalled
	}
	s.p.dirty = true
	s.p.report(j.ID, Unknown, int64(n), reason, err)
	return err
}

// write sends data piece by piece and returns how many bytes left. It fails
// when nothing was taken for stallTimeout, however slow the wire is otherwise.
func (s *session) write(ctx context.Context, data []byte) (int, error) {
	total := 0
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetWriteDeadline(time.Now().Add(stopGrace)) })
	defer stop()
	var end time.Time // set once ctx has ended
	for total < len(data) {
		limit := time.Now().Add(stallTimeout)
		if ctx.Err() != nil {
			if end.IsZero() {
				end = time.Now().Add(stopGrace)
			}
			limit = end
		}
		_ = s.conn.SetWriteDeadline(limit)
		n, err := s.conn.Write(data[total:min(total+chunkSize, len(data))])
		total += n
		slow := n > 0 && errors.Is(err, os.ErrDeadlineExceeded) && end.IsZero()
		if err != nil && !slow {
			return total, fmt.Errorf("write to printer: %w", err)
		}
	}
	return total, nil
}

func (s *session) track(j *trackedJob) {
	if len(s.tracked) == mostTracked {
		s.tracked = s.tracked[1:]
	}
	s.tracked = append(s.tracked, j)
}

// query asks for status. A printer that does not even take the question misses
// it; half a question would spoil the next job, so it ends the connection.
func (s *session) query(now time.Time) error {
	q := s.p.opt.Language.StatusQuery()
	_ = s.conn.SetWriteDeadline(now.Add(queryWrite))
	n, err := s.conn.Write(q)
	switch {
	case n == len(q):
		s.ask.wrote(now)
		return nil
	case n == 0 && errors.Is(err, os.ErrDeadlineExceeded):
		if s.ask.miss(time.Now()) {
			s.wentSilent()
		}
		return nil
	}
	return fmt.Errorf("ask for status: %w", err)
}

// received takes bytes from the printer and uses every whole answer in them.
func (s *session) received(b []byte) {
	s.buf = append(s.buf, b...)
	for len(s.buf) > 0 {
		st, used, done := s.p.opt.Language.ParseStatus(s.buf)
		s.buf = s.buf[min(used, len(s.buf)):]
		if !done {
			break
		}
		s.answer(st)
	}
	if len(s.buf) > mostReply {
		s.buf = nil
	}
}

// answer uses one status answer.
func (s *session) answer(st Status) {
	s.p.answered = true
	now := time.Now()
	again := askIdle
	switch {
	case st.Fault != "":
		again = askFault
	case len(s.tracked) > 0:
		again = askBusy
	}
	question := s.ask.heard(now, again)
	if n := len(s.tracked); n > 0 && s.tracked[n-1].after == s.ask.asked {
		s.ask.soon(now) // nothing was asked since the newest job went out
	}
	if !st.Known {
		return
	}
	s.fault, s.faultAt = st.Fault, now
	if st.Fault != "" {
		s.p.setHealth(Error, st.Fault, true)
	} else {
		s.p.setHealth(Ready, "", true)
	}
	keep := s.tracked[:0]
	for _, j := range s.tracked {
		switch {
		case question <= j.after:
			keep = append(keep, j) // an answer to an older question says nothing
		case st.Fault == "" && st.Pending == 0:
			s.p.report(j.id, Confirmed, j.sent, "", nil)
		case st.Fault != "" && st.Pending != 0:
			s.p.report(j.id, Unknown, j.sent, st.Fault, errors.New(st.Detail))
		default:
			keep = append(keep, j)
		}
	}
	clear(s.tracked[len(keep):])
	s.tracked = keep
}

// wentSilent tells that no answer can be expected: a caller that waits for a
// confirmation should stop, and a known fault is no longer known.
func (s *session) wentSilent() {
	s.fault = ""
	s.p.setHealth(Ready, "", false)
	for _, j := range s.tracked {
		if !j.silent {
			j.silent = true
			s.p.report(j.id, Sent, j.sent, ReasonSilent, nil)
		}
	}
}

// lose ends the jobs whose arrival a broken connection puts in doubt. Bytes
// handed to the operating system are not bytes that arrived.
func (s *session) lose(err error) {
	s.checkCancelled()
	for _, j := range s.tracked {
		if j.silent && time.Since(j.at) > settleTime {
			continue // it stays sent: nothing better will ever be known
		}
		s.p.report(j.id, Unknown, j.sent, ReasonConnectionLost, err)
		s.p.dirty = true
	}
	s.tracked = nil
}
