package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"packbench/packing"
	"packbench/store"
)

// Digits of a PIN. A supervisor's is longer, because it opens what rules have
// closed.
const (
	pinDigits           = 4
	pinDigitsSupervisor = 6
	pinDigitsMost       = 12
)

// What may be wrong with a PIN that somebody chooses, for errors.Is.
var (
	ErrPINForm  = errors.New("a PIN has 4 to 12 digits")
	ErrPINShort = errors.New("a supervisor's PIN has at least 6 digits")
)

// CheckPINForm says whether a PIN may be chosen.
func CheckPINForm(pin string, supervisor bool) error {
	if len(pin) < pinDigits || len(pin) > pinDigitsMost || strings.Trim(pin, "0123456789") != "" {
		return ErrPINForm
	}
	if supervisor && len(pin) < pinDigitsSupervisor {
		return ErrPINShort
	}
	return nil
}

// PINLockedError says that no PIN of a person is checked for a while, because
// too many were wrong.
type PINLockedError struct{ Wait time.Duration }

// Error is the technical form; people read [PINLockedError.Message].
func (e *PINLockedError) Error() string {
	return fmt.Sprintf("check PIN: too many were wrong, the next one in %s", e.Wait)
}

// Message is the sentence for the screen. The wait is in minutes and seconds.
func (e *PINLockedError) Message() Msg {
	s := int((e.Wait + time.Second - 1) / time.Second)
	return Msg{Key: "fault.pin_locked", Args: map[string]string{"wait": fmt.Sprintf("%d:%02d", s/60, s%60)}}
}

// PINPepperError says that a stored PIN can't be checked: it was made with a
// pepper that is not here. After a restore on another computer PINs are set anew;
// a keyring that is locked gives the pepper back when it is opened.
type PINPepperError struct{ Person string }

// Error is the technical form; people read [PINPepperError.Message].
func (e *PINPepperError) Error() string {
	return fmt.Sprintf("check PIN of %s: the pepper that it was made with is not here", e.Person)
}

// Message is the sentence for the screen.
func (e *PINPepperError) Message() Msg { return Msg{Key: "fault.pin_pepper"} }

// PIN answers the open question for a supervisor's PIN. The check runs on the
// caller's goroutine, so that the bench goes on meanwhile; the PIN is kept
// nowhere. An error that has a Message (PINLockedError, PINPepperError) says that
// nothing was checked, and why.
func (b *Bench) PIN(ctx context.Context, pin string) error {
	ask := b.View().Ask
	if ask == nil || ask.By == "" {
		return nil
	}
	ok, err := b.checkPIN(ctx, string(ask.By), pin)
	var locked *PINLockedError
	if err != nil && !errors.As(err, &locked) {
		return err
	}
	return errors.Join(err, b.Submit(ctx, packing.PINChecked{Person: ask.By, Asked: *ask, OK: ok}))
}

// checkPIN checks one PIN. The try is counted, durably, before it is looked at:
// pulling the plug in between gains nobody another one.
func (b *Bench) checkPIN(ctx context.Context, id, pin string) (bool, error) {
	b.pins.mu.Lock()
	defer b.pins.mu.Unlock()
	people, err := b.opt.Store.People(ctx)
	if err != nil {
		return false, fmt.Errorf("check PIN: %w", err)
	}
	var person store.Person
	for _, p := range people {
		if p.ID == id {
			person = p
		}
	}
	hash, err := parsePHC(person.PIN)
	if err == nil && hash.pepper != "" && hash.pepper != b.opt.Pepper.id() {
		return false, &PINPepperError{Person: id}
	}
	known := err == nil
	if !known {
		hash = dummy // who has no PIN takes as long as who has one
	}
	if wait := b.pins.wait(id); wait > 0 {
		return false, &PINLockedError{Wait: wait}
	}
	if err := b.pins.charge(ctx, id); err != nil {
		return false, fmt.Errorf("check PIN: %w", err)
	}
	if right := hash.matches(pin, b.opt.Pepper); !right || !known {
		return false, nil
	}
	if err := b.pins.forgive(ctx, id); err != nil {
		return false, fmt.Errorf("check PIN: %w", err)
	}
	b.renewPIN(ctx, person, hash, pin)
	return true, nil
}

// renewPIN stores a right PIN anew where its hash is of an older make. It stays
// as it was if that fails: it still opens.
func (b *Bench) renewPIN(ctx context.Context, person store.Person, hash phc, pin string) {
	if hash.current(b.opt.Pepper) {
		return
	}
	fresh, err := HashPIN(pin, b.opt.Pepper)
	if err == nil {
		err = b.opt.Store.ReplacePIN(ctx, person.ID, person.PIN, fresh)
	}
	if err != nil {
		b.opt.Log.Error("renew hash", "person", person.ID, "error", err)
	}
}
