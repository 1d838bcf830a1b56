package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kilograms writes a weight in milligrams as kilograms with three decimals, the
// division of common parcel scales, rounded half away from zero: 741500 mg is
// "0.742".
func Kilograms(mg int64) string {
	sign := ""
	if mg < 0 {
		sign, mg = "-", -mg
	}
	g := (mg + 500) / 1000
	if g == 0 {
		sign = ""
	}
	return fmt.Sprintf("%s%d.%03d", sign, g/1000, g%1000)
}

// Grams writes a weight in milligrams as grams, with as many decimals as it has:
// "4", "0.5".
func Grams(mg int64) string {
	sign := ""
	if mg < 0 {
		sign, mg = "-", -mg
	}
	s := sign + strconv.FormatInt(mg/1000, 10)
	if rest := mg % 1000; rest != 0 {
		s += strings.TrimRight(fmt.Sprintf(".%03d", rest), "0")
	}
	return s
}

// Clock writes a moment (ms UTC) as the bench's clock shows it: hours and minutes
// in its own zone, with the date when it is another day than now.
func Clock(ms int64, now time.Time) string {
	t := time.UnixMilli(ms).In(now.Location())
	if y, m, d := t.Date(); y == now.Year() && m == now.Month() && d == now.Day() {
		return t.Format("15:04")
	}
	return t.Format("01-02 15:04")
}

// Span writes how long something takes or has taken, in the two largest units.
func (c *Catalogue) Span(d time.Duration) string {
	d = d.Abs()
	minutes := int(d / time.Minute)
	n := strconv.Itoa
	switch {
	case minutes < 60:
		return c.Text("age.minutes", map[string]string{"n": n(minutes)})
	case minutes < 48*60:
		return c.Text("age.hours", map[string]string{"h": n(minutes / 60), "m": n(minutes % 60)})
	default:
		return c.Text("age.days", map[string]string{"d": n(minutes / 60 / 24), "h": n(minutes / 60 % 24)})
	}
}
