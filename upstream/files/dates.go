package files

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // Windows has no time zones of its own
)

var (
	slashDate = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})(?: +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])[Mm])?)?$`)
	isoDate   = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?(?:(Z|UTC)|([+-])(\d{2}):?(\d{2})))?)?$`)
)

// date is a time as it was written, before it is known which number is the month.
// Small, because files have three of them an order.
type date struct {
	year         int16
	a, b         int8 // a/b/year; in ISO form a is the month
	hour, minute int8
	second       int8
	ampm, iso    bool
	zoned        bool  // offset holds
	offset       int16 // minutes east of UTC
}

func parseDate(s string) (d date, ok bool) {
	// At most four digits; 0 for an absent group.
	num := func(t string) (n int16) {
		for _, r := range t {
			n = n*10 + int16(r-'0')
		}
		return n
	}
	two := func(t string) int8 { return int8(num(t)) } //nolint:gosec // at most two digits
	if m := slashDate.FindStringSubmatch(s); m != nil {
		d = date{a: two(m[1]), b: two(m[2]), year: num(m[3]), hour: two(m[4]), minute: two(m[5]), second: two(m[6])}
		if m[7] != "" {
			d.ampm = true
			if d.hour < 1 || d.hour > 12 {
				return d, false
			}
			d.hour %= 12
			if m[7] == "P" || m[7] == "p" {
				d.hour += 12
			}
		}
	} else if m := isoDate.FindStringSubmatch(s); m != nil {
		d = date{year: num(m[1]), a: two(m[2]), b: two(m[3]), hour: two(m[4]), minute: two(m[5]), second: two(m[6]), iso: true}
		if m[7] != "" || m[8] != "" {
			d.zoned, d.offset = true, num(m[9])*60+num(m[10])
			if d.offset > 14*60 || num(m[10]) > 59 {
				return d, false
			}
			if m[8] == "-" {
				d.offset = -d.offset
			}
		}
	} else {
		return d, false
	}
	return d, d.a > 0 && d.b > 0 && d.hour < 24 && d.minute < 60 && d.second < 60 && d.year >= 2000
}

// serialDate reads a date that a spreadsheet keeps as a number: days since
// 1899-12-30, or since 1904-01-01 in files from old Macs.
func serialDate(s string, from1904 bool) (d date, ok bool) {
	days, err := strconv.ParseFloat(s, 64)
	if err != nil || !(days > 0 && days < 100_000) { // up to 2173
		return d, false
	}
	begin := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		begin = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	at := begin.Add(time.Duration(math.Round(days*24*60*60)) * time.Second)
	d = date{
		year: int16(at.Year()), a: int8(at.Month()), b: int8(at.Day()), //nolint:gosec // parts of a date
		hour: int8(at.Hour()), minute: int8(at.Minute()), second: int8(at.Second()), iso: true, //nolint:gosec // parts of a time
	}
	return d, d.year >= 2000
}

// String is the day roughly as it was written, for messages.
func (d date) String() string {
	if d.iso {
		return fmt.Sprintf("%04d-%02d-%02d", d.year, d.a, d.b)
	}
	return fmt.Sprintf("%02d/%02d/%04d", d.a, d.b, d.year)
}

// evidence is what a file's dates say about their own order.
type evidence struct{ monthFirst, dayFirst bool }

func (e *evidence) add(d date) {
	switch {
	case d.iso:
	case d.a > 12:
		e.dayFirst = true
	case d.b > 12, d.ampm:
		e.monthFirst = true
	}
	if d.ampm && !d.iso {
		e.monthFirst = true
	}
}

// ms is the time in ms UTC, for the order and zone that were decided; false if
// there is no such day.
func (d date) ms(monthFirst bool, zone *time.Location) (int64, bool) {
	month, day := int(d.a), int(d.b)
	if !monthFirst && !d.iso {
		month, day = day, month
	}
	if d.zoned {
		zone = time.FixedZone("", int(d.offset)*60)
	}
	at := time.Date(int(d.year), time.Month(month), day, int(d.hour), int(d.minute), int(d.second), 0, zone)
	if month > 12 || at.Day() != day {
		return 0, false
	}
	return at.UnixMilli(), true
}

var zones sync.Map // name → *time.Location; loading one reads the whole data

// location is a time zone by its IANA name, "" is UTC.
func location(name string) (*time.Location, error) {
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location), nil
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller names the zone
	}
	zones.Store(name, l)
	return l, nil
}
