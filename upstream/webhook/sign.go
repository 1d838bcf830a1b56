package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Tolerance is how far the clocks of sender and receiver may differ.
const Tolerance = 5 * time.Minute

const secretPrefix = "whsec_"

// What Verify answers.
var (
	ErrNoSignature  = errors.New("verify webhook: no signature of a known version")
	ErrBadSignature = errors.New("verify webhook: signature doesn't match")
	ErrBadTimestamp = errors.New("verify webhook: timestamp is no number")
	ErrClock        = errors.New("verify webhook: timestamp is more than 5 minutes off")
)

// Secret is the key that both sides share. It prints as "whsec_…" with the rest
// hidden.
type Secret struct{ key []byte }

// ParseSecret reads "whsec_" + base64 of 24 to 64 bytes, as Standard Webhooks
// asks for.
func ParseSecret(s string) (Secret, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(s), secretPrefix)
	if !ok {
		return Secret{}, errors.New(`parse secret: it must begin with "whsec_"`)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		// The error of base64 would quote from the secret.
		return Secret{}, errors.New(`parse secret: what follows "whsec_" is no base64`)
	}
	if len(key) < 24 || len(key) > 64 {
		return Secret{}, fmt.Errorf("parse secret: %d bytes, want 24 to 64", len(key))
	}
	return Secret{key}, nil
}

// String hides the key.
func (s Secret) String() string { return secretPrefix + "…" }

// GoString hides the key from %#v too.
func (s Secret) GoString() string { return s.String() }

// Sign is the signature header for a body sent at the time at, whole seconds.
func Sign(s Secret, id string, at time.Time, body []byte) string {
	return "v1," + base64.StdEncoding.EncodeToString(s.mac(id, strconv.FormatInt(at.Unix(), 10), body))
}

func (s Secret) mac(id, timestamp string, body []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write([]byte(id + "." + timestamp + ".")) // a MAC never fails
	_, _ = m.Write(body)
	return m.Sum(nil)
}

// Verify checks a received request: timestamp and signature are the headers as
// they came. The signature header may hold several, separated by spaces, and
// several secrets may be valid while a key is being changed.
func Verify(secrets []Secret, id, timestamp, signature string, body []byte, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrBadTimestamp
	}
	if d := now.Unix() - seconds; d > int64(Tolerance/time.Second) || d < -int64(Tolerance/time.Second) {
		return ErrClock
	}
	known := false
	for part := range strings.FieldsSeq(signature) {
		text, ok := strings.CutPrefix(part, "v1,")
		if !ok {
			continue // another version, perhaps a newer one
		}
		known = true
		got, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		for _, s := range secrets {
			if len(s.key) > 0 && hmac.Equal(got, s.mac(id, timestamp, body)) {
				return nil
			}
		}
	}
	if !known {
		return ErrNoSignature
	}
	return ErrBadSignature
}
