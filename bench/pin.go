package bench

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"packbench/packing"
)

// The cost of one PIN check: RFC 9106's second recommendation, about an eighth
// of a second.
const (
	pinTime    = 3
	pinMemory  = 64 * 1024 // KiB
	pinThreads = 4
)

// pinSlot lets one check run at a time: each takes 64 MiB.
var pinSlot = make(chan struct{}, 1)

// HashPIN is the PHC string of a PIN of 4 to 12 digits.
func HashPIN(pin string) (string, error) {
	if len(pin) < 4 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" {
		return "", errors.New("hash PIN: it must be 4 to 12 digits")
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("hash PIN: %w", err)
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, pinMemory, pinTime, pinThreads,
		b64.EncodeToString(salt), b64.EncodeToString(pinKey(pin, salt, pinTime, pinMemory, pinThreads))), nil
}

func pinKey(pin string, salt []byte, time, memory uint32, threads uint8) []byte {
	pinSlot <- struct{}{}
	defer func() { <-pinSlot }()
	return argon2.IDKey([]byte(pin), salt, time, memory, threads, 32)
}

// pinMatches compares a PIN with a PHC string; anything malformed is no match.
func pinMatches(pin, phc string) bool {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil || memory > 1<<20 || time > 16 || threads == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare(pinKey(pin, salt, time, memory, threads), want) == 1
}

// PIN answers the open question for a supervisor's PIN. The check runs on the
// caller's goroutine, so that the bench goes on meanwhile; the PIN is kept nowhere.
func (b *Bench) PIN(ctx context.Context, pin string) error {
	ask := b.View().Ask
	if ask == nil || ask.By == "" {
		return nil
	}
	people, err := b.opt.Store.People(ctx)
	if err != nil {
		return fmt.Errorf("check PIN: %w", err)
	}
	ok := false
	for _, p := range people {
		if p.ID == string(ask.By) && p.PIN != "" {
			ok = pinMatches(pin, p.PIN)
		}
	}
	return b.Submit(ctx, packing.PINChecked{Person: ask.By, OK: ok})
}
