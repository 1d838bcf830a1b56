package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"packbench/bench"
	"packbench/internal/secrets"
)

// typed is a secret from the command line; "-" reads one line of standard input,
// so that it stands neither in the shell's history nor in the list of processes.
func (e *env) typed(value string) (string, error) {
	if value != "-" {
		return value, nil
	}
	line, err := bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return "", wrongUse("standard input is empty")
	}
	return line, nil
}

// checkPINForm refuses a PIN that may not be chosen, in words for people.
func (e *env) checkPINForm(pin string, supervisor bool) error {
	switch err := bench.CheckPINForm(pin, supervisor); {
	case err == nil:
		return nil
	case errors.Is(err, bench.ErrPINShort):
		return usageError{errors.New(e.words.Text("secrets.pin_short", nil))}
	default:
		return usageError{errors.New(e.words.Text("secrets.pin_form", nil))}
	}
}

// hashPIN hashes a PIN with the pepper of a data directory. One that can't be
// read any more is replaced, which is said: every PIN must be set anew. One in a
// keyring that is locked is waited for.
func (e *env) hashPIN(dir, pin string) (string, error) {
	v, err := bench.OpenVault(dir)
	if v == nil {
		return "", err
	}
	if err != nil {
		e.log.Error("open secrets", "error", err)
	}
	pepper, err := bench.LoadPepper(v)
	if errors.Is(err, secrets.ErrUnreadable) {
		e.note("%s", e.words.Text("secrets.new_pepper", nil))
		pepper, err = bench.RenewPepper(v)
	}
	if err := e.secretError(err); err != nil {
		return "", err
	}
	e.sayPlace(v)
	return bench.HashPIN(pin, pepper)
}

// sayPlace says where secrets lie.
func (e *env) sayPlace(v *secrets.Vault) { e.note("%s", e.words.Text(string(v.Where()), nil)) }

// secretError says in words for people what is wrong with a secret.
func (e *env) secretError(err error) error {
	for is, key := range map[error]string{
		secrets.ErrUnreachable: "secrets.unreachable",
		secrets.ErrReadOnly:    "secrets.read_only",
		secrets.ErrUnreadable:  "secrets.unreadable",
	} {
		if errors.Is(err, is) {
			e.note("%s", e.words.Text(key, nil))
			e.note("station: %v", err)
			return errSaid
		}
	}
	return err
}
