package scale

import "time"

// Defaults of [Settler].
const (
	DefaultZeroBand = 5_000 // mg
	DefaultDivision = 1_000 // mg
	DefaultRest     = 300 * time.Millisecond
	// DefaultRestUnflagged is the rest asked of scales that tell nothing of
	// stability.
	DefaultRestUnflagged = 400 * time.Millisecond
)

// The fewest readings that make a rest.
const (
	leastReadings          = 2
	leastReadingsUnflagged = 3
)

// Settler finds the weight of each load. A weight is settled when readings that
// the scale calls stable stayed within one division for the rest; it is given
// once. The next is given only after the pan was at rest near zero in between, so
// that a parcel never inherits the weight of the one before it. A reading that is
// older than [MaxAge] never counts, and a pause of that length between readings
// begins the rest anew.
//
// A load that is on the pan already when the Settler begins is given too: there
// was none before it that it could be mistaken for. The zero value is ready to
// use.
type Settler struct {
	// ZeroBand is how near zero counts as an empty pan, and below which nothing
	// counts as a load, in mg; 0 means DefaultZeroBand.
	ZeroBand int64
	// Division is the step of the scale's display in mg; 0 means DefaultDivision.
	Division int64
	// Rest is how long the weight must not move; 0 means DefaultRest, or
	// DefaultRestUnflagged.
	Rest time.Duration
	// Unflagged says that the protocol has no flag for stability: three equal
	// readings do instead.
	Unflagged bool

	given bool // a load has its weight and the pan was not empty since

	first    Reading // where the present rest began; no weight if there is none
	low      int64   // the lowest and
	high     int64   // the highest weight since then
	readings int     // how many
	last     time.Time
}

// Push takes the next reading at the time now and returns it if with it a load's
// weight is settled.
func (s *Settler) Push(r Reading, now time.Time) (Reading, bool) {
	if !r.weighs() || !s.Unflagged && !r.Stable || now.Sub(r.At).Abs() > MaxAge {
		s.readings = 0
		return Reading{}, false
	}
	s.add(r)
	if !s.atRest() {
		return Reading{}, false
	}
	if abs(r.Milligrams) <= s.zeroBand() {
		s.given = false
		return Reading{}, false
	}
	if s.given || r.Milligrams < 0 { // below zero a pan or a tare is missing
		return Reading{}, false
	}
	s.given = true
	r.Stable, r.Status = true, OK
	return r, true
}

// NeedsZero reports whether the load on the pan has its weight already, so that
// nothing more is given until the pan comes back near zero.
func (s *Settler) NeedsZero() bool { return s.given }

// add takes the reading into the present rest, or begins a new one with it.
func (s *Settler) add(r Reading) {
	division := s.Division
	if division <= 0 {
		division = DefaultDivision
	}
	pause := r.At.Sub(s.last)
	s.last = r.At
	low, high := min(s.low, r.Milligrams), max(s.high, r.Milligrams)
	if s.readings == 0 || pause < 0 || pause > MaxAge || high-low > division {
		s.first, s.low, s.high, s.readings = r, r.Milligrams, r.Milligrams, 1
		return
	}
	s.low, s.high = low, high
	s.readings++
}

// atRest reports whether the present rest is long enough.
func (s *Settler) atRest() bool {
	rest, least := s.Rest, leastReadings
	if rest <= 0 {
		rest = DefaultRest
		if s.Unflagged {
			rest = DefaultRestUnflagged
		}
	}
	if s.Unflagged {
		least = leastReadingsUnflagged
	}
	return s.readings >= least && s.last.Sub(s.first.At) >= rest
}

func (s *Settler) zeroBand() int64 {
	if s.ZeroBand <= 0 {
		return DefaultZeroBand
	}
	return s.ZeroBand
}

func abs(n int64) int64 { return max(n, -n) }
