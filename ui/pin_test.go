package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"packbench/bench"
	"packbench/packing"
)

// A PIN that was not checked says why in place of "wrong PIN", until the next
// one is typed.
func TestPINNotChecked(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.Join(&bench.PINLockedError{Wait: 90 * time.Second}), "1:30"},
		{&bench.PINPepperError{Person: "S1"}, "station setup person"},
		{errors.New("disk full"), "密码没核对成"},
	} {
		r, _ := clockRig(t, wrongPIN())
		r.wantWords("before", "密码不对")
		r.bench.pinErr = c.err
		r.scan("482600")
		r.sent(1)
		r.pump(func() bool { return !r.checking })
		r.wantWords("not checked", c.want)
		if all := r.words(); strings.Contains(all, "密码不对") {
			t.Errorf("it says that the PIN was wrong:\n%s", all)
		}
		r.bench.pinErr = nil
		r.scan("482600")
		r.sent(1)
		r.pump(func() bool { return !r.checking })
		r.wantWords("checked", "密码不对")
	}
	r, _ := clockRig(t, asksPIN())
	r.bench.pinErr = &bench.PINLockedError{Wait: time.Second}
	r.scan("482600")
	r.sent(1)
	r.pump(func() bool { return !r.checking })
	r.Show(verifying())
	again := asksPIN()
	again.Ask = &packing.Ask{Kind: packing.AskRelease, By: "S1"}
	r.Show(again)
	if all := r.words(); strings.Contains(all, "0:01") {
		t.Errorf("the words of an earlier question stay:\n%s", all)
	}
}
