package fakes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// erpFault is what befalls one request.
type erpFault struct {
	kind   string // a word of faultArgs, "" = none
	status int    // of fail and fail-after
	after  int    // seconds of Retry-After
}

// faultArgs is the commands that befall requests, and how many numbers each takes
// besides the count.
var faultArgs = map[string]int{
	"lose-request": 0, "lose-answer": 0, "cut-body": 0, "nonsense": 0, "portal": 0,
	"fail": 1, "fail-after": 1,
	"429": 1, "429-date": 1, "503": 1, "503-date": 1,
}

// prevent does what befalls a request before it takes effect; done means that it
// never does.
func (f erpFault) prevent(w http.ResponseWriter, now time.Time) (done bool) {
	switch f.kind {
	case "lose-request":
		panic(http.ErrAbortHandler) // cuts the connection
	case "fail":
		reply(w, f.status, map[string]any{"error": "ordered to fail"})
	case "portal":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>Wi-Fi</title>Please sign in</html>")
	case "429", "429-date", "503", "503-date":
		if strings.HasSuffix(f.kind, "-date") {
			w.Header().Set("Retry-After", now.Add(time.Duration(f.after)*time.Second).UTC().Format(http.TimeFormat))
		} else {
			w.Header().Set("Retry-After", strconv.Itoa(f.after))
		}
		status, _ := strconv.Atoi(f.kind[:3])
		reply(w, status, map[string]any{"error": "ordered to be busy"})
	default:
		return false
	}
	return true
}

// spoil does what befalls the answer to a request that took effect.
func (f erpFault) spoil(w http.ResponseWriter, status int, answer any) {
	switch f.kind {
	case "lose-answer":
		panic(http.ErrAbortHandler)
	case "fail-after":
		reply(w, f.status, map[string]any{"error": "ordered to fail after the effect"})
	case "nonsense":
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "\x00\x9f{\"id\":")
	case "cut-body":
		data, _ := json.Marshal(answer) // plain maps and structs
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.WriteHeader(status)
		_, _ = w.Write(data[:len(data)/2])
		_ = http.NewResponseController(w).Flush() // what can't be flushed is cut all the same
		panic(http.ErrAbortHandler)
	default:
		reply(w, status, answer)
	}
}

// Order makes the next requests suffer, as the command of that name would; see
// [RunERP].
func (e *ERP) Order(command string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
	return e.addFaults(word, strings.Fields(rest))
}

// addFaults reads the numbers of a fault command.
func (e *ERP) addFaults(word string, args []string) error {
	method := http.MethodPost
	if n := len(args); n > 0 && strings.EqualFold(args[n-1], http.MethodGet) {
		method, args = http.MethodGet, args[:n-1]
	}
	more, ok := faultArgs[word]
	if !ok {
		return fmt.Errorf("unknown command %q", word)
	}
	if len(args) != 1+more {
		return fmt.Errorf("want %d numbers", 1+more)
	}
	var n [2]int
	for i, a := range args {
		v, err := strconv.Atoi(strings.TrimSuffix(a, "s"))
		if err != nil || v < 0 || v > 1_000_000 {
			return fmt.Errorf("%q is no number from 0 to 1000000", a)
		}
		n[i] = v
	}
	fault, count := erpFault{kind: word}, n[0]
	switch word {
	case "fail", "fail-after":
		fault.status, count = n[0], n[1]
		if fault.status < 200 || fault.status > 599 {
			return errors.New("want a status from 200 to 599")
		}
	default:
		fault.after = n[1]
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for range count {
		e.faults[method] = append(e.faults[method], fault)
	}
	return nil
}

// nextFault is what was ordered for this request, else what chance brings.
func (e *ERP) nextFault(method string) erpFault {
	e.mu.Lock()
	defer e.mu.Unlock()
	if q := e.faults[method]; len(q) > 0 {
		e.faults[method] = q[1:]
		return q[0]
	}
	if e.chance == nil {
		return erpFault{}
	}
	return e.randomFault()
}

// ByChance makes the server misbehave by chance from now on: about every third
// request suffers, now and then it goes away for some seconds, and orders are
// cancelled meanwhile. The same seed and the same requests bring the same faults.
func (e *ERP) ByChance(seed uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.chance = rand.New(rand.NewPCG(seed, 0x5eed)) // #nosec G404 -- faults to repeat, no secret
}

// randomFault draws one fault. The caller holds mu.
func (e *ERP) randomFault() erpFault {
	if e.chance.IntN(50) == 0 {
		e.cancelOne()
	}
	if e.chance.IntN(100) == 0 && e.away != nil {
		e.away(time.Duration(1+e.chance.IntN(5)) * time.Second)
	}
	if e.chance.IntN(3) > 0 {
		return erpFault{}
	}
	kinds := []string{
		"lose-request", "lose-answer", "cut-body", "nonsense", "portal", "fail", "fail", "fail-after", "fail-after",
		"429", "429-date", "503", "503-date",
	}
	f := erpFault{kind: kinds[e.chance.IntN(len(kinds))], after: 1 + e.chance.IntN(3)}
	switch f.kind {
	case "fail":
		f.status = []int{401, 408, 425, 500, 502, 503, 504}[e.chance.IntN(7)]
	case "fail-after":
		f.status = []int{408, 500, 502, 504}[e.chance.IntN(4)]
	}
	return f
}

// cancelOne cancels one order of the feed, or says that its buyer asks for it.
// The caller holds mu.
func (e *ERP) cancelOne() {
	if len(e.orders) == 0 {
		return
	}
	i := e.chance.IntN(len(e.orders))
	o := e.orders[i]
	e.orders = slices.Delete(e.orders, i, i+1)
	data, err := json.Marshal(map[string]any{
		"type": "cancel", "number": o.Number, "order": o.Order, "asked": e.chance.IntN(2) == 0, "at": e.clock().UnixMilli(),
	})
	if err == nil { // strings and numbers
		e.changes = append(e.changes, data)
	}
}
