package privacy_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"time"

	"packbench/internal/privacy"
)

// The canaries: none of them may be in a log.
const (
	secret = "whsec_CanaryCanaryCanary+/=="
	phone  = "081-234-5678"
	mail   = "canary@buyers.example"
	person = "Canary Zhang"
)

type secretive struct{ Name string }

type resolves struct{}

func (resolves) LogValue() slog.Value {
	return slog.GroupValue(slog.String("phone", phone), slog.String("at", mail))
}

type broken struct{ err error }

func (b *broken) Error() string { return b.err.Error() }

func TestHandlerHidesWhatIsPrivate(t *testing.T) {
	privacy.Remember(secret)
	logs := map[string]func(*slog.Logger){
		"message": func(l *slog.Logger) { l.Info("call " + phone + " or " + mail + " with " + secret) },
		"key":     func(l *slog.Logger) { l.Info("x", "name", person, "note", person, "words", person, "Payload", person) },
		"parts of a key": func(l *slog.Logger) {
			l.Info("x", "buyer_name", person, "buyerNote", person, "API-Key-Secret", "short")
		},
		"joined key":    func(l *slog.Logger) { l.Info("x", "api_key", "Canary", "apiKeys", "Canary", "pin", 2468) },
		"text":          func(l *slog.Logger) { l.Info("x", "got", "from "+mail+" "+secret) },
		"error":         func(l *slog.Logger) { l.Info("x", "err", fmt.Errorf("send %s: %w", secret, errors.New(phone))) },
		"joined errors": func(l *slog.Logger) { l.Info("x", "err", errors.Join(errors.New(secret), errors.New(mail))) },
		"nil error":     func(l *slog.Logger) { l.Info("x", "err", (*broken)(nil)) },
		"group":         func(l *slog.Logger) { l.Info("x", slog.Group("a", slog.Group("b", "phone", phone, "x", mail))) },
		"private group": func(l *slog.Logger) {
			l.WithGroup("buyer").With("a", person).Info("x", "b", person, slog.Group("c", "d", person))
		},
		"group of a key":  func(l *slog.Logger) { l.Info("x", slog.Group("buyer", "a", person)) },
		"with":            func(l *slog.Logger) { l.With("token", secret, "x", secret).Info("x") },
		"with in a group": func(l *slog.Logger) { l.WithGroup("g").With("password", "Canary").Info("x", "secret", "Canary") },
		"value":           func(l *slog.Logger) { l.Info("x", "v", resolves{}) },
		"struct":          func(l *slog.Logger) { l.Info("x", "v", secretive{person}, "p", &secretive{person}) },
		"map and list": func(l *slog.Logger) {
			l.Info("x", "v", map[string]string{"a": person}, "l", []string{phone, secret}, "b", []byte(person))
		},
		"encoded":         func(l *slog.Logger) { l.Info("x", "url", "http://h/?s=whsec_CanaryCanaryCanary%2B%2F%3D%3D") },
		"without prefix":  func(l *slog.Logger) { l.Info("x", "key", "CanaryCanaryCanary+/==") },
		"no key":          func(l *slog.Logger) { l.Log(t.Context(), slog.LevelInfo, "x", []any{secret}...) },
		"empty attribute": func(l *slog.Logger) { l.Info("x", slog.Attr{}) },
	}
	for name, write := range logs {
		for format, make := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler {
				return slog.NewTextHandler(b, &slog.HandlerOptions{AddSource: true})
			},
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			write(slog.New(privacy.Handler(make(&out))))
			line := out.String()
			if line == "" {
				t.Errorf("%s: nothing was written", name)
			}
			for _, canary := range []string{"Canary", "canary", phone, "234-5678", "=2468", ":2468", "short"} {
				if strings.Contains(strings.ReplaceAll(line, "***678", ""), canary) {
					t.Errorf("%s as %s: %q is in %s", name, format, canary, line)
				}
			}
		}
	}
}

func TestHandlerKeepsWhatHelps(t *testing.T) {
	var out bytes.Buffer
	l := slog.New(privacy.Handler(slog.NewTextHandler(&out, nil)))
	l.With("connection", "erp").WithGroup("g").Info("outbox", "seq", 1234567890, "took", 3*time.Second, "ok", true,
		"err", errors.New("dial tcp 127.0.0.1:9100: refused"), "at", time.UnixMilli(0).UTC(), "none", nil)
	for _, want := range []string{
		"msg=outbox", "connection=erp", "g.seq=1234567890", "g.took=3s", "g.ok=true", `g.err="dial tcp 127.0.0.1:9100: refused"`, "g.at=1970-01-01", "g.none=<nil>",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, out.String())
		}
	}
	if l.Enabled(t.Context(), slog.LevelDebug) {
		t.Error("the level of the wrapped handler is lost")
	}
}

func TestRememberLeavesWordsAlone(t *testing.T) {
	privacy.Remember("")
	privacy.Remember("or")
	privacy.Remember("sk_live")
	if got := privacy.HideSecrets("error or live"); got != "error or live" {
		t.Error(got)
	}
}

func TestWriter(t *testing.T) {
	privacy.Remember(secret)
	var out bytes.Buffer
	log.New(privacy.Writer(&out), "", 0).Printf("panic near %s, call %s", secret, phone)
	if got := out.String(); got != "panic near [hidden], call ***678\n" {
		t.Errorf("%q", got)
	}
}
