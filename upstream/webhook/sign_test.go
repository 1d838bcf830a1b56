package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"packbench/internal/testshared"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestSignMatchesTheReferenceVectors(t *testing.T) {
	data, err := os.ReadFile(testshared.Path(t, "data", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Secret    string `json:"secret"`
			ID        string `json:"id"`
			Timestamp int64  `json:"timestamp"`
			Body      string `json:"body"`
			Signature string `json:"signature"`
		} `json:"standard_webhooks"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Vectors {
		s, err := ParseSecret(v.Secret)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(v.Timestamp, 999)
		if got := Sign(s, v.ID, at, []byte(v.Body)); got != v.Signature {
			t.Errorf("signature %s, want %s", got, v.Signature)
		}
		if err := Verify([]Secret{s}, v.ID, fmt.Sprint(v.Timestamp), v.Signature, []byte(v.Body), at); err != nil {
			t.Errorf("verify: %v", err)
		}
	}
}

func TestVerify(t *testing.T) {
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" // the published vector
	secret, err := ParseSecret(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParseSecret("whsec_" + strings.Repeat("QUJD", 8))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1614265330, 0)
	for _, c := range []struct {
		name                      string
		secrets                   []Secret
		id, stamp, signature, txt string
		now                       time.Time
		want                      error
	}{
		{"good", []Secret{secret}, id, "1614265330", good, body, at, nil},
		{"second of several signatures", []Secret{secret}, id, "1614265330", "v1,AAAA v2,x " + good, body, at, nil},
		{"second of several secrets", []Secret{other, secret}, id, "1614265330", good, body, at, nil},
		{"five minutes late", []Secret{secret}, id, "1614265330", good, body, at.Add(Tolerance), nil},
		{"later", []Secret{secret}, id, "1614265330", good, body, at.Add(Tolerance + time.Second), ErrClock},
		{"from the future", []Secret{secret}, id, "1614265330", good, body, at.Add(-Tolerance - time.Second), ErrClock},
		{"far off", []Secret{secret}, id, "-9223372036854775808", good, body, at, ErrClock},
		{"other body", []Secret{secret}, id, "1614265330", good, body + " ", at, ErrBadSignature},
		{"other id", []Secret{secret}, id + "x", "1614265330", good, body, at, ErrBadSignature},
		{"moved time", []Secret{secret}, id, "1614265331", good, body, at, ErrBadSignature},
		{"other secret", []Secret{other}, id, "1614265330", good, body, at, ErrBadSignature},
		{"empty secret", []Secret{{}}, id, "1614265330", good, body, at, ErrBadSignature},
		{"no secret", nil, id, "1614265330", good, body, at, ErrBadSignature},
		{"no signature", []Secret{secret}, id, "1614265330", "", body, at, ErrNoSignature},
		{"other version", []Secret{secret}, id, "1614265330", "v1a,abc", body, at, ErrNoSignature},
		{"no base64", []Secret{secret}, id, "1614265330", "v1,***", body, at, ErrBadSignature},
		{"no time", []Secret{secret}, id, "", good, body, at, ErrBadTimestamp},
	} {
		if err := Verify(c.secrets, c.id, c.stamp, c.signature, []byte(c.txt), c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestParseSecretRefusesAndHides(t *testing.T) {
	for _, bad := range []string{"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "whsec_" + strings.Repeat("QUJD", 40)} {
		_, err := ParseSecret(bad)
		if err == nil {
			t.Errorf("%q was taken", bad)
		} else if len(bad) > 12 && strings.Contains(err.Error(), bad[6:]) {
			t.Errorf("the error quotes the secret: %v", err)
		}
	}
	s, err := ParseSecret(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"%v", "%s", "%+v", "%#v"} {
		if got := fmt.Sprintf(form, s); strings.Contains(got, "Mf") || got != "whsec_…" {
			t.Errorf("%s prints %s", form, got)
		}
	}
}

func FuzzVerify(f *testing.F) {
	secret, err := ParseSecret(testSecret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("msg", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte(`{}`))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		now := time.Unix(1614265330, 0)
		if Verify([]Secret{secret}, id, stamp, signature, body, now) != nil {
			return
		}
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			t.Fatal("took a timestamp that is no number")
		}
		if want := Sign(secret, id, time.Unix(seconds, 0), body); stamp == strconv.FormatInt(seconds, 10) && !strings.Contains(signature, want[:20]) {
			t.Fatalf("took %q, want %q", signature, want)
		}
	})
}
