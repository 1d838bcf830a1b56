package bench

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// The cost of one PIN check: RFC 9106's second recommendation, about an eighth
// of a second.
const (
	pinTime    = 3
	pinMemory  = 64 * 1024 // KiB
	pinThreads = 4
	pinSalt    = 16 // bytes
	pinKeyLen  = 32 // bytes
)

// pinSlot lets one check run at a time: each takes 64 MiB.
var pinSlot = make(chan struct{}, 1)

// pinHashes counts them: a test sees that nobody is spared one.
var pinHashes atomic.Int64

// pepperBytes is the length of a pepper.
const pepperBytes = 32

// Pepper is a key that is mixed into every PIN before it is hashed, and that is
// not in the database: all 10,000 four-digit PINs can be tried on a stolen
// database within minutes, but not without the pepper. The zero Pepper is none.
type Pepper struct{ key []byte }

// NewPepper is a pepper of 32 bytes.
func NewPepper(key []byte) (Pepper, error) {
	if len(key) != pepperBytes {
		return Pepper{}, fmt.Errorf("make pepper: %d bytes, %d are needed", len(key), pepperBytes)
	}
	return Pepper{key: append([]byte(nil), key...)}, nil
}

// String keeps the key out of logs.
func (p Pepper) String() string {
	if p.key == nil {
		return "no pepper"
	}
	return "pepper " + p.id()
}

// GoString keeps the key out of %#v.
func (p Pepper) GoString() string { return p.String() }

// id names a pepper without telling anything of it; "" is none.
func (p Pepper) id() string {
	if p.key == nil {
		return ""
	}
	return hex.EncodeToString(p.hmac("packbench pepper id")[:6])
}

func (p Pepper) hmac(s string) []byte {
	h := hmac.New(sha256.New, p.key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

// mix is what is hashed of a PIN.
func (p Pepper) mix(pin string) []byte {
	if p.key == nil {
		return []byte(pin)
	}
	return p.hmac("packbench PIN " + pin)
}

// phc is a stored PIN, in the form of the password hashing competition:
//
//	$argon2id$v=19$m=65536,t=3,p=4,keyid=0123456789ab$salt$hash
//
// keyid is the pepper's id, and missing where there was none.
type phc struct {
	memory, time uint32 // memory in KiB
	threads      uint8
	pepper       string
	salt, key    []byte
}

// dummy is hashed where there is no PIN to compare with.
var dummy = phc{memory: pinMemory, time: pinTime, threads: pinThreads, salt: make([]byte, pinSalt), key: make([]byte, pinKeyLen)}

// HashPIN is the PHC string of a PIN of 4 to 12 digits. Without a pepper it can
// be checked anywhere, and is hashed anew the first time that it is right.
func HashPIN(pin string, pepper Pepper) (string, error) {
	if err := CheckPINForm(pin, false); err != nil {
		return "", fmt.Errorf("hash PIN: %w", err)
	}
	h := dummy
	h.pepper, h.salt = pepper.id(), make([]byte, pinSalt)
	if _, err := rand.Read(h.salt); err != nil {
		return "", fmt.Errorf("hash PIN: %w", err)
	}
	h.key = h.hash(pin, pepper)
	return h.String(), nil
}

// hash is the key of a PIN with this salt and cost.
func (h phc) hash(pin string, pepper Pepper) []byte {
	secret := []byte(pin)
	if h.pepper != "" {
		secret = pepper.mix(pin)
	}
	pinSlot <- struct{}{}
	defer func() { <-pinSlot }()
	pinHashes.Add(1)
	return argon2.IDKey(secret, h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
}

// matches compares a PIN with the hash; the pepper must be the one of its id.
func (h phc) matches(pin string, pepper Pepper) bool {
	return subtle.ConstantTimeCompare(h.hash(pin, pepper), h.key) == 1
}

// current tells whether the hash is as HashPIN would make it now.
func (h phc) current(pepper Pepper) bool {
	return h.memory == pinMemory && h.time == pinTime && h.threads == pinThreads && h.pepper == pepper.id() &&
		len(h.salt) == pinSalt && len(h.key) == pinKeyLen
}

// String is the stored form.
func (h phc) String() string {
	params := fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.time, h.threads)
	if h.pepper != "" {
		params += ",keyid=" + h.pepper
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, params, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

var errPHC = errors.New("no PHC string of argon2id that this program makes")

// parsePHC reads a stored PIN. Costs that would stop the bench are refused.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errPHC
	}
	var h phc
	params := strings.Split(parts[3], ",")
	if len(params) < 3 || len(params) > 4 {
		return phc{}, errPHC
	}
	var n [3]uint64
	for i, prefix := range []string{"m=", "t=", "p="} {
		value, ok := strings.CutPrefix(params[i], prefix)
		var err error
		if n[i], err = strconv.ParseUint(value, 10, 32); !ok || err != nil {
			return phc{}, errPHC
		}
	}
	if n[0] < 8*n[2] || n[0] > 1<<20 || n[1] < 1 || n[1] > 16 || n[2] < 1 || n[2] > 64 {
		return phc{}, errPHC
	}
	h.memory, h.time, h.threads = uint32(n[0]), uint32(n[1]), uint8(n[2])
	if len(params) == 4 {
		id, ok := strings.CutPrefix(params[3], "keyid=")
		if raw, err := hex.DecodeString(id); !ok || err != nil || len(raw) != 6 {
			return phc{}, errPHC
		}
		h.pepper = id
	}
	for i, to := range []*[]byte{&h.salt, &h.key} {
		raw, err := base64.RawStdEncoding.Strict().DecodeString(parts[4+i])
		if err != nil || len(raw) < 8 || len(raw) > 64 {
			return phc{}, errPHC
		}
		*to = raw
	}
	return h, nil
}
