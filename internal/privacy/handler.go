package privacy

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// private are the words that make an attribute's key one whose value is
// dropped, whatever it is: "buyer_name", "accessToken", "Authorization".
var private = map[string]bool{
	"secret": true, "secrets": true, "token": true, "pin": true, "pins": true, "pepper": true,
	"password": true, "passwd": true, "pwd": true, "passphrase": true, "credential": true, "credentials": true,
	"authorization": true, "auth": true, "cookie": true, "signature": true, "apikey": true,
	"name": true, "phone": true, "mobile": true, "tel": true, "email": true, "mail": true,
	"address": true, "street": true, "buyer": true, "recipient": true, "receiver": true, "note": true, "remark": true, "remarks": true,
	"words": true, "payload": true, "raw": true, "body": true, "header": true, "headers": true,
}

// Handler wraps the handler of a logger, so that neither a secret nor a buyer
// gets into the log:
//
//   - attributes whose key says that they hold something private are replaced by
//     "[hidden]", groups of such a name with all that is in them;
//   - messages, texts and errors are scrubbed ([Scrub]);
//   - values that are neither text, number, time, error nor Stringer are
//     replaced by their type: nobody knows what is in them.
//
// It holds for attributes of With and for groups too.
func Handler(next slog.Handler) slog.Handler { return &handler{next: next} }

type handler struct {
	next slog.Handler
	drop bool // inside a private group
}

// Enabled asks the wrapped handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle passes a cleaned copy of the record on.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Scrub(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.clean(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs cleans attributes that every later line carries.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.clean(a)
	}
	return &handler{next: h.next.WithAttrs(clean), drop: h.drop}
}

// WithGroup opens a group; one of a private name hides all that comes into it.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{next: h.next.WithGroup(Scrub(name)), drop: h.drop || isPrivate(name)}
}

func (h *handler) clean(a slog.Attr) slog.Attr {
	if a.Equal(slog.Attr{}) {
		return a
	}
	key := Scrub(a.Key)
	if h.drop || isPrivate(a.Key) {
		return slog.String(key, hidden)
	}
	return slog.Attr{Key: key, Value: h.value(a.Value.Resolve())}
}

func (h *handler) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindGroup:
		var clean []slog.Attr
		for _, a := range v.Group() {
			clean = append(clean, h.clean(a))
		}
		return slog.GroupValue(clean...)
	case slog.KindString:
		return slog.StringValue(Scrub(v.String()))
	case slog.KindAny:
		return slog.StringValue(text(v.Any()))
	}
	return v // a number, a truth, a time
}

// text is what may be written of a value that is none of slog's own kinds.
func text(v any) (out string) {
	defer func() {
		if recover() != nil { // a nil pointer that is an error or a Stringer
			out = fmt.Sprintf("[%T]", v)
		}
	}()
	switch v := v.(type) {
	case nil:
		return "<nil>"
	case error:
		return Scrub(v.Error())
	case fmt.Stringer:
		return Scrub(v.String())
	case []string:
		return Scrub(strings.Join(v, " "))
	}
	return fmt.Sprintf("[%T]", v)
}

// isPrivate tells whether one of the words of a key is private. Words end at
// signs, at spaces and at a capital letter.
func isPrivate(key string) bool {
	joined := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, key))
	if private[joined] || private[strings.TrimSuffix(joined, "s")] {
		return true
	}
	var word []rune
	private := func() bool { w := string(word); word = word[:0]; return private[strings.ToLower(w)] }
	var last rune
	for _, r := range key {
		cut := !unicode.IsLetter(r) && !unicode.IsDigit(r)
		if (cut || unicode.IsUpper(r) && unicode.IsLower(last)) && private() {
			return true
		}
		if !cut {
			word = append(word, r)
		}
		last = r
	}
	return private()
}

// Writer scrubs what is written to w, line by line: for libraries that log by
// package log. Each Write must hold whole lines, as package log makes them.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ next io.Writer }

func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.next, Scrub(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
