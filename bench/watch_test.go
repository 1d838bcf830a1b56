package bench

import (
	"testing"
	"time"

	"packbench/packing"
)

func TestClockIsJudged(t *testing.T) {
	for _, c := range []struct {
		name   string
		behind time.Duration // the newest event is that far in the future
		passed time.Duration
		set    time.Duration // by how much the calendar was set forward meanwhile
		skews  []time.Duration
		want   packing.ClockState
	}{
		{"right", -time.Hour, time.Minute, 0, []time.Duration{time.Second}, packing.ClockRight},
		{"nobody to ask", -time.Hour, time.Minute, 0, nil, packing.ClockRight},
		{"a server three minutes ahead", 0, 0, 0, []time.Duration{3 * time.Minute}, packing.ClockSkewed},
		{"one of two servers is wrong itself", 0, 0, 0, []time.Duration{9 * time.Hour, -time.Second}, packing.ClockRight},
		{"a day off", 0, 0, 0, []time.Duration{-24 * time.Hour}, packing.ClockWrong},
		{"events of tomorrow", 24 * time.Hour, time.Minute, 0, nil, packing.ClockWrong},
		{"events of a minute ahead", time.Minute, 0, 0, nil, packing.ClockRight},
		{"it has caught up", time.Hour, 59 * time.Minute, 0, nil, packing.ClockRight},
		{"set back in the middle", -time.Hour, time.Minute, -time.Hour, nil, packing.ClockWrong},
		{"set forward, nobody to ask", -time.Hour, time.Minute, time.Hour, nil, packing.ClockSkewed},
		{"set right, a server agrees", -time.Hour, time.Minute, time.Hour, []time.Duration{time.Second}, packing.ClockRight},
		{"a correction of a second", -time.Hour, time.Minute, -time.Second, nil, packing.ClockRight},
	} {
		w := clockWatch{behind: c.behind}
		if got, _ := w.judge(c.passed+c.set, c.passed, c.skews); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
