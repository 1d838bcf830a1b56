package printer

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"packbench/raster"
)

func TestJobIsConfirmed(t *testing.T) {
	run(t, &toyPrinter{}, nil, func(r *rig) {
		r.after(time.Second)
		r.health(Ready, "", true)
		r.submit("a", 5)
		r.p.Submit(Job{ID: "b", Native: []byte("native"), NativeFor: "toy", Copies: 2})
		r.after(time.Second, "a queued 0 ", "b queued 0 ", "a sending 0 ", "a sent 5 ", "b sending 0 ", "b sent 12 ",
			"a confirmed 5 ", "b confirmed 12 ")
		if got := strings.ReplaceAll(r.wire.read(), "?", ""); got != "|jjjj.nativenative" {
			t.Errorf("the printer got %q", got)
		}
	})
}

func TestNothingIsSent(t *testing.T) {
	t.Run("known fault", func(t *testing.T) {
		run(t, &toyPrinter{answer: "0 printer.paper_out"}, nil, func(r *rig) {
			r.after(time.Second)
			r.health(Error, ReasonPaperOut, true)
			r.submit("a", 5)
			r.after(0, "a queued 0 ", "a failed 0 printer.paper_out")
			r.wire.set(func() { r.wire.answer = "0" })
			r.after(time.Second)
			r.health(Ready, "", true)
			r.submit("a", 5)
			r.after(time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ", "a confirmed 5 ")
		})
	})
	t.Run("unreachable", func(t *testing.T) {
		run(t, &toyPrinter{refuse: true}, nil, func(r *rig) {
			r.after(time.Second)
			r.health(Absent, ReasonUnreachable, false)
			r.submit("a", 5)
			r.after(0, "a queued 0 ", "a failed 0 printer.unreachable")
			// A job is worth a try of its own, at once.
			r.wire.set(func() { r.wire.refuse = false })
			r.submit("b", 5)
			r.after(0, "b queued 0 ", "b sending 0 ", "b sent 5 ", "b confirmed 5 ")
		})
	})
	t.Run("not printable", func(t *testing.T) {
		run(t, &toyPrinter{}, nil, func(r *rig) {
			r.submit("a", 0)
			r.p.Submit(Job{ID: "b", Native: []byte("x"), NativeFor: "other"})
			r.after(time.Second, "a queued 0 ", "b queued 0 ", "a failed 0 printer.unprintable", "b failed 0 printer.wrong_language")
		})
	})
	t.Run("stopped", func(t *testing.T) {
		run(t, &toyPrinter{refuse: true}, nil, func(r *rig) {
			r.after(time.Second)
			r.stop()
			r.submit("a", 5)
			r.after(0, "a queued 0 ", "a failed 0 printer.stopped")
		})
	})
	t.Run("takes no byte", func(t *testing.T) {
		run(t, &toyPrinter{deaf: true}, func(o *Options) { o.Profile.Status = false }, func(r *rig) {
			r.submit("a", 5)
			r.after(11*time.Second, "a queued 0 ", "a sending 0 ", "a failed 0 printer.stalled")
		})
	})
}

func TestBreakInTheMiddle(t *testing.T) {
	run(t, &toyPrinter{}, nil, func(r *rig) {
		r.after(time.Second)
		r.wire.set(func() { r.wire.breakAt = 4 })
		r.submit("a", 9)
		r.submit("b", 5)
		// a is not repeated; b, of which nothing had left, goes after a Cancel.
		r.after(time.Second, "a queued 0 ", "b queued 0 ", "a sending 0 ", "a unknown 3 printer.connection_lost",
			"b sending 0 ", "b sent 5 ", "b confirmed 5 ")
		if got := strings.ReplaceAll(r.wire.read(), "?", ""); got != "|jjj|!jjjj." {
			t.Errorf("the printer got %q", got)
		}
		// Cancel is sent once: it was answered after.
		r.wire.hangUp()
		r.after(time.Second)
		if got := strings.ReplaceAll(r.wire.read(), "?", ""); got != "|jjj|!jjjj.|" {
			t.Errorf("the printer got %q", got)
		}
	})
}

func TestBreakBeforeTheFirstByte(t *testing.T) {
	run(t, &toyPrinter{}, nil, func(r *rig) {
		r.after(time.Second)
		r.wire.set(func() { r.wire.breakAt = 1 })
		r.submit("a", 5)
		r.after(0, "a queued 0 ", "a sending 0 ", "a sending 0 ", "a sent 5 ", "a confirmed 5 ")
		if got := strings.ReplaceAll(r.wire.read(), "?", ""); got != "||jjjj." {
			t.Errorf("the printer got %q", got)
		}
	})
}

func TestCancelFirst(t *testing.T) {
	run(t, &toyPrinter{silent: true}, func(o *Options) { o.CancelFirst = true }, func(r *rig) {
		r.after(time.Second)
		r.wire.hangUp() // before it can be known that Cancel arrived
		r.after(20 * time.Second)
		r.wire.hangUp()
		r.after(time.Second)
		if got := strings.ReplaceAll(r.wire.read(), "?", ""); got != "|!|!|" {
			t.Errorf("the printer got %q", got)
		}
	})
}

func TestSentThenLost(t *testing.T) {
	t.Run("at work", func(t *testing.T) {
		run(t, &toyPrinter{answer: "1"}, nil, func(r *rig) {
			r.submit("a", 5)
			r.after(time.Minute, "a queued 0 ", "a sending 0 ", "a sent 5 ")
			r.wire.hangUp()
			r.after(0, "a unknown 5 printer.connection_lost")
		})
	})
	t.Run("silent, at once", func(t *testing.T) {
		run(t, &toyPrinter{silent: true}, nil, func(r *rig) {
			r.submit("a", 5)
			r.after(5*time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ", "a sent 5 printer.silent")
			r.wire.hangUp()
			r.after(0, "a unknown 5 printer.connection_lost")
		})
	})
	t.Run("silent, much later", func(t *testing.T) {
		run(t, &toyPrinter{silent: true}, nil, func(r *rig) {
			r.submit("a", 5)
			r.after(20*time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ", "a sent 5 printer.silent")
			r.wire.hangUp()
			r.after(time.Second)
		})
	})
}

func TestPaperEndsUnderway(t *testing.T) {
	run(t, &toyPrinter{answer: "2"}, nil, func(r *rig) {
		r.submit("a", 5)
		r.submit("b", 5)
		r.after(time.Second, "a queued 0 ", "b queued 0 ", "a sending 0 ", "a sent 5 ", "b sending 0 ", "b sent 5 ")
		r.wire.set(func() { r.wire.answer = "1 printer.paper_out" })
		r.after(time.Second, "a unknown 5 printer.paper_out", "b unknown 5 printer.paper_out")
		// Refilled, it prints them, but what is unknown stays so.
		r.wire.set(func() { r.wire.answer = "0" })
		r.after(time.Second)
		r.health(Ready, "", true)
	})
}

func TestFaultAfterTheLastLabel(t *testing.T) {
	run(t, &toyPrinter{answer: "0 printer.paper_out", late: 100 * time.Millisecond}, nil, func(r *rig) {
		r.submit("a", 5) // before the fault is known
		r.after(time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ")
		r.wire.set(func() { r.wire.answer = "0" })
		r.after(time.Second, "a confirmed 5 ")
	})
}

func TestSilentPrinter(t *testing.T) {
	wire := &toyPrinter{silent: true}
	run(t, wire, nil, func(r *rig) {
		r.submit("a", 5)
		r.after(4*time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ", "a sent 5 printer.silent")
		r.health(Ready, "", false)
		if n := len(wire.asked); n != strikes {
			t.Errorf("asked %d times before giving up, want %d", n, strikes)
		}
		// The breaker is open: jobs go out, nobody is asked.
		r.submit("b", 5)
		r.after(20*time.Second, "b queued 0 ", "b sending 0 ", "b sent 5 printer.silent")
		if n := len(wire.asked); n != strikes {
			t.Errorf("asked %d times with the breaker open", n)
		}
		// It finds its voice: the next probe brings the news. Three answers are
		// missing, so that confirmation takes some more questions, never fewer.
		wire.set(func() { wire.silent = false })
		r.after(40*time.Second, "a confirmed 5 ", "b confirmed 5 ")
		r.health(Ready, "", true)
	})
	for i, at := range wire.asked[1:strikes] {
		if d := at.Sub(wire.asked[i]); d != answerWithin {
			t.Errorf("question %d came %v after the last", i+1, d)
		}
	}
}

// TestLateAnswers: an answer to a question from before the job, which comes
// after it, must not confirm it.
func TestLateAnswers(t *testing.T) {
	wire := &toyPrinter{late: 600 * time.Millisecond}
	run(t, wire, nil, func(r *rig) {
		synctest.Wait() // the first question is out
		r.submit("a", 5)
		r.after(0, "a queued 0 ", "a sending 0 ", "a sent 5 ")
		wire.set(func() { wire.answer = "1" })
		r.after(700 * time.Millisecond) // "0" to the old question has come
		wire.set(func() { wire.answer = "0" })
		r.after(5*time.Second, "a confirmed 5 ")
	})
}

func TestLostAnswersNeverConfirmEarly(t *testing.T) {
	wire := &toyPrinter{silent: true}
	run(t, wire, nil, func(r *rig) {
		r.after(1500 * time.Millisecond) // one question missed, a second open
		r.submit("a", 5)
		wire.set(func() { wire.silent, wire.answer = false, "0" })
		r.after(3*time.Second, "a queued 0 ", "a sending 0 ", "a sent 5 ", "a confirmed 5 ")
		n := len(wire.asked)
		if n < 4 {
			t.Errorf("confirmed after %d questions; two were lost, so that the fourth at the earliest can count", n)
		}
		// Out of step and idle, it takes a new connection to get back in step.
		r.after(time.Second)
		if got := strings.Count(wire.read(), "|"); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
	})
}

func TestBackoff(t *testing.T) {
	wire := &toyPrinter{refuse: true}
	run(t, wire, nil, func(r *rig) { r.after(30 * time.Second) })
	var gaps []string
	for i := 1; i < len(wire.dialled); i++ {
		gaps = append(gaps, wire.dialled[i].Sub(wire.dialled[i-1]).String())
	}
	if got, want := strings.Join(gaps[:7], " "), "300ms 600ms 1.2s 2.4s 4.8s 5s 5s"; got != want {
		t.Errorf("pauses %s, want %s", got, want)
	}
}

// TestNobodyListens: a bench that does not read reports is never held up, and
// finds all of them later.
func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Language: toy{}})
		for i := range 1000 {
			p.Submit(Job{ID: fmt.Sprint(i), Page: raster.New(1, 1)})
		}
		for i := range 1000 {
			if r := <-p.Reports(); r.ID != fmt.Sprint(i) || r.State != Queued {
				t.Fatalf("report %d is %+v", i, r)
			}
		}
		synctest.Wait()
	})
}

func TestStopFinishesTheJob(t *testing.T) {
	run(t, &toyPrinter{}, func(o *Options) { o.Profile.Status = false }, func(r *rig) {
		r.submit("a", 5)
		r.after(0, "a queued 0 ", "a sending 0 ", "a sent 5 printer.silent")
		r.stop()
		r.after(0)
	})
}

func TestHealthChanges(t *testing.T) {
	var seen []string
	wire := &toyPrinter{refuse: true}
	run(t, wire, func(o *Options) {
		o.OnHealth = func(h Health) { seen = append(seen, fmt.Sprint(h.State, " ", h.Fault, " ", h.Known)) }
	}, func(r *rig) {
		r.after(100 * time.Millisecond)
		wire.set(func() { wire.refuse, wire.answer = false, "0 printer.head_open" })
		r.after(time.Second)
		select {
		case <-r.p.Changed():
		default:
			t.Error("Changed did not tell")
		}
	})
	want := "[opening  false absent printer.unreachable false opening  false ready  false error printer.head_open true]"
	if fmt.Sprint(seen) != want {
		t.Errorf("health went %v\nwant %s", seen, want)
	}
}
