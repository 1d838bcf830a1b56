package emulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ScaleOptions describe an emulated weighing scale on a serial line.
type ScaleOptions struct {
	Protocol string // "mt-sics", the only one so far; "" = mt-sics
	Ledger   string // path of the ledger, "" = none

	// Link is the path of a symbolic link to the serial line, so that it keeps its
	// name over unplug and plug; "" = none.
	Link string

	Capacity int64 // most that it weighs, mg; 0 = 30 kg
	Division int64 // step of the display, mg; 0 = 1 g

	Now func() time.Time // time.Now if nil; stamps the ledger
}

// ErrProtocol is returned for a scale's protocol that cannot be emulated.
var ErrProtocol = errors.New("no emulator for this scale protocol")

// ScaleReading is the ledger's line for one stable weight that was sent.
type ScaleReading struct {
	N          int    `json:"n"` // 1, 2, … in the order of sending
	Milligrams int64  `json:"milligrams"`
	Raw        string `json:"raw"`
	At         string `json:"at"`
}

// scaleTick is how often a scale does what it does by itself: send the next
// weight of a stream, and see whether anybody reads.
const scaleTick = 100 * time.Millisecond

// RunScale emulates a scale on a pseudo-terminal until ctx ends or "quit" comes
// (nil), or until something breaks that no scale would survive. The end of stdin
// ends nothing. It needs Linux.
//
// Commands:
//
//	load WEIGHT              what lies on the pan now: 1500g, 1.5kg, 250mg, 0g
//	jitter WEIGHT | off      never at rest, up to so much either way
//	overload | underload     what the display shows; both end with the next load
//	silent [DURATION] | off  answer nothing (for a while)
//	unplug | plug            the line is gone; it comes back, and is told anew
//	quit
//
// Each is answered by {"event":"ok","command":…} or {"event":"error",…}; each
// line that it listens on is told by {"event":"listening","uri":…}.
//
// After each change of load the next three weights are in motion, the fourth is
// stable.
func RunScale(ctx context.Context, opt ScaleOptions, stdin io.Reader, stdout io.Writer) error {
	switch opt.Protocol {
	case "", "mt-sics":
	default:
		return fmt.Errorf("emulate scale: %q: %w (have mt-sics)", opt.Protocol, ErrProtocol)
	}
	if opt.Capacity <= 0 {
		opt.Capacity = 30_000_000
	}
	if opt.Division <= 0 {
		opt.Division = 1_000
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Ledger != "" {
		if err := os.MkdirAll(filepath.Dir(opt.Ledger), 0o755); err != nil {
			return fmt.Errorf("emulate scale: %w", err)
		}
	}
	led, err := openLedger(opt.Ledger)
	if err != nil {
		return fmt.Errorf("emulate scale: %w", err)
	}
	defer led.Close()

	s := &scaleDevice{opt: opt, out: &jsonLines{w: stdout}, ledger: led, model: newScaleModel(opt.Capacity, opt.Division)}
	defer s.unplug()
	if err := s.plug(); err != nil {
		return fmt.Errorf("emulate scale: %w", err)
	}
	stop := make(chan struct{})
	defer close(stop)
	lines := commandLines(stdin, stop)
	tick := time.NewTicker(scaleTick)
	defer tick.Stop()
	for {
		var received <-chan string // stays nil while unplugged
		if s.line != nil {
			received = s.line.received
		}
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			if line == "quit" {
				s.out.answer(line, nil)
				return nil
			}
			s.out.answer(line, s.obey(line))
		case request := <-received:
			err = s.send(s.model.answer(request))
		case <-tick.C:
			if s.line.tend() {
				err = s.send(s.model.streamed())
			} else {
				s.model.streaming = false // whoever asked for the stream has gone
			}
		}
		if err != nil {
			return fmt.Errorf("emulate scale: %w", err)
		}
	}
}

// scaleDevice is a scale with its line. One goroutine uses it.
type scaleDevice struct {
	opt    ScaleOptions
	out    *jsonLines
	ledger *ledger
	model  *scaleModel

	line        *scaleLine // nil while unplugged
	silentUntil time.Time  // answers nothing until then
	readings    int
}

// scaleForEver is how long "silent" without a duration lasts.
const scaleForEver = 100 * 365 * 24 * time.Hour

// obey carries out one command line.
func (s *scaleDevice) obey(line string) error {
	verb, argument, _ := strings.Cut(line, " ")
	argument = strings.TrimSpace(argument)
	switch {
	case verb == "load":
		mg, err := scaleWeight(argument)
		if err != nil {
			return err
		}
		s.model.put(mg)
	case verb == "jitter" && argument == "off":
		s.model.shake(0)
	case verb == "jitter":
		mg, err := scaleWeight(argument)
		if err != nil {
			return err
		}
		s.model.shake(max(mg, -mg))
	case line == "overload", line == "underload":
		s.model.display = line
	case line == "silent":
		s.silentUntil = time.Now().Add(scaleForEver)
	case line == "silent off":
		s.silentUntil = time.Time{}
	case verb == "silent":
		d, err := time.ParseDuration(argument)
		if err != nil {
			return err
		}
		s.silentUntil = time.Now().Add(d)
	case line == "unplug":
		s.unplug()
	case line == "plug":
		return s.plug()
	default:
		return errors.New("unknown command")
	}
	return nil
}

// send puts each stable weight into the ledger and then all answers on the line.
func (s *scaleDevice) send(answers []scaleAnswer) error {
	if s.line == nil || time.Now().Before(s.silentUntil) {
		return nil
	}
	for _, a := range answers {
		if a.stable {
			s.readings++
			entry := ScaleReading{N: s.readings, Milligrams: a.milligrams, Raw: a.text, At: stamp(s.opt.Now())}
			if err := s.ledger.add(entry); err != nil {
				return err
			}
		}
		s.line.write(a.text + "\r\n")
	}
	return nil
}

// plug makes a line and tells where it is. A scale that is plugged in stays so.
func (s *scaleDevice) plug() error {
	if s.line != nil {
		return nil
	}
	line, err := openScaleLine()
	if err != nil {
		return err
	}
	path := line.path
	if s.opt.Link != "" {
		path = s.opt.Link
		if err := scaleLink(line.path, path); err != nil {
			line.close()
			return err
		}
	}
	s.line = line
	s.model.streaming = false
	s.out.emit(listening{"listening", "serial:" + path})
	return nil
}

// unplug ends the line: whoever has it open sees it vanish.
func (s *scaleDevice) unplug() {
	if s.line == nil {
		return
	}
	if s.opt.Link != "" {
		_ = os.Remove(s.opt.Link)
	}
	s.line.close()
	s.line = nil
}

// scaleLink makes link point to target, replacing what was a link before.
func scaleLink(target, link string) error {
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("make link: %s exists and is no link", link)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	fresh := link + ".new"
	_ = os.Remove(fresh)
	if err := os.Symlink(target, fresh); err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	if err := os.Rename(fresh, link); err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	return nil
}

// scaleWeight reads a weight such as 1500g, 1.5kg or 250mg, in milligrams.
func scaleWeight(text string) (int64, error) {
	for _, unit := range []struct {
		name string
		mg   int64
	}{{"kg", 1_000_000}, {"mg", 1}, {"g", 1_000}} {
		number, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		number = strings.TrimSpace(number)
		if len(number) > 20 || strings.Trim(number, "-.0123456789") != "" {
			break // big.Rat takes fractions and exponents too
		}
		value, ok := new(big.Rat).SetString(number)
		if !ok {
			break
		}
		value.Mul(value, new(big.Rat).SetInt64(unit.mg))
		if !value.IsInt() || !value.Num().IsInt64() {
			return 0, fmt.Errorf("%q is no whole number of milligrams", text)
		}
		return value.Num().Int64(), nil
	}
	return 0, fmt.Errorf("%q is no weight such as 1500g", text)
}
