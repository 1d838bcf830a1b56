package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/packing"
	"packbench/scanner"
	"packbench/store"
)

// The canaries: a buyer, a secret and a PIN that are found if they are anywhere.
const (
	canaryName    = "Kanarienvogel Zhang"
	canaryPhone   = "081-555-0199"
	canaryStreet  = "77 Vogelgasse"
	canaryNote    = "leave it with Frau Amsel"
	canarySecret  = "whsec_S2FuYXJpZW52b2dlbEthbmFyaWVudm9nZWw="
	canaryPIN     = "135790246802"
	canaryWrong   = "975310864209"
	canaryMailbox = "amsel@vogel.example"
)

// canaryServer refuses everything it can in the buyer's own words, after it has
// offered an order of that buyer.
func canaryServer(t *testing.T) (url string, posts *atomic.Int64) {
	t.Helper()
	words := map[string]any{"error": canaryName + ", " + canaryStreet + ", " + canaryPhone + ", " + canaryMailbox + ": " + canaryNote, "name": canaryName}
	buyer := map[string]any{"name": canaryName, "phone": canaryPhone, "address": canaryStreet, "note": canaryNote}
	changes := []any{
		map[string]any{
			"type": "order", "number": "P2", "order": "5770002", "status": "packable", "buyer": buyer,
			"lines": []any{map[string]any{"listing": "MUG", "name": "mug", "quantity": 1}},
		},
		map[string]any{"type": "order", "number": canaryName, "buyer": buyer, "lines": canaryNote}, // broken
	}
	posts = new(atomic.Int64)
	var pulls atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, answer := http.StatusUnprocessableEntity, words
		switch {
		case r.Method == http.MethodPost:
			posts.Add(1)
		case pulls.Add(1) == 1:
			status = http.StatusInternalServerError
		case r.URL.Query().Get("cursor") == "":
			status, answer = http.StatusOK, map[string]any{"changes": changes, "next": "2"}
		default:
			status, answer = http.StatusOK, map[string]any{"changes": []any{}, "next": "2"}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, posts
}

// Neither a buyer nor a secret nor a PIN gets into anything that the program
// says, at the chattiest level, whatever goes wrong.
func TestCanaries(t *testing.T) {
	t.Setenv("PACKBENCH_LOG", "debug")
	url, posts := canaryServer(t)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	var said strings.Builder
	run := func(stdin string, want int, args ...string) {
		t.Helper()
		var out bytes.Buffer
		got := run(append([]string{"--data", data, "--lang", "en"}, args...), strings.NewReader(stdin), &out, &out)
		if want >= 0 && got != want {
			t.Fatalf("station %s: exit %d\n%s", args[0], got, out.String())
		}
		said.Write(out.Bytes())
	}
	run(canarySecret+"\n", exitDone, "setup", "connection", "erp", "--url", url, "--secret=-")
	run(canaryPIN+"\n", exitDone, "setup", "person", "B9", "Boss", "--supervisor", "--pin=-")
	run("", exitUsage, "setup", "person", "B8", "Boss", "--supervisor", "--pin", canaryPIN+"9")
	run("", exitDone, "setup", "person", "C2", "Chen")

	orders := filepath.Join(dir, "orders.csv")
	columns := "Order ID,Order Status,SKU ID,Seller SKU,Product Name,Quantity,Buyer Message,Recipient,Phone #,Detail Address\n"
	row := ",To ship,1,MUG,mug,1,\"" + canaryNote + "\"," + canaryName + "," + canaryPhone + ",\"" + canaryStreet + "\"\n"
	good := columns + "577000000000000001" + row
	write(t, orders, good+"577000000000000002"+strings.Replace(row, ",1,\"", ",many,\"", 1))
	run("", exitFailed, "import", "--connection", "erp", orders)
	write(t, orders, good)
	run("", exitDone, "import", "--connection", "erp", orders)
	sealOrder(t, data, "577000000000000001")
	run("", -1, "sync", "--once") // the pull fails, the push is refused
	run("", -1, "sync", "--once") // an order comes, and a broken one
	if posts.Load() == 0 {
		t.Fatal("the server was told nothing, so it refused nothing")
	}

	var log bytes.Buffer
	canaryAtTheBench(t, data, &log)
	said.Write(log.Bytes())
	run("", exitDone, "audit")
	all := said.String()
	for _, canary := range []string{"Kanarienvogel", canaryPhone, "555-0199", "Vogelgasse", "Amsel", "amsel", canarySecret, canarySecret[6:], canaryPIN, canaryWrong} {
		if i := strings.Index(all, canary); i >= 0 {
			t.Errorf("%q was said: …%s…", canary, all[max(0, i-200):min(len(all), i+200)])
		}
	}
	for _, heard := range []string{"pull failed", "level=INFO", "secrets lie here", "connection state"} { // the log was on
		if !strings.Contains(all, heard) {
			t.Errorf("nobody said %q:\n%s", heard, all)
		}
	}
	inNoFile(t, data, canarySecret, canarySecret[6:], canaryPIN, canaryWrong)
}

// sealOrder seals the parcel of an order, as the bench would.
func sealOrder(t *testing.T, data, order string) {
	t.Helper()
	st, err := store.Open(data, store.Options{Station: "bench-1"})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := st.Bench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := code.Key(order)
	found, err := st.Facts(t.Context(), []packing.Need{{What: packing.NeedCode, Key: key}}, nil)
	if err != nil || len(found.Codes[key]) != 1 {
		t.Fatal(found.Codes, err)
	}
	sealed := packing.Event{Parcel: found.Codes[key][0].Parcel.ID, AtMs: time.Now().UnixMilli(), Body: packing.Sealed{Tell: true}}
	if _, err := st.Commit(t.Context(), desk, []packing.Event{sealed}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// canaryAtTheBench opens the canary's order at the bench, and types wrong PINs
// until they are locked, and the right one.
func canaryAtTheBench(t *testing.T, data string, log *bytes.Buffer) {
	t.Helper()
	st, err := bench.OpenStation(t.Context(), data, bench.StationOptions{Sync: true, PullEvery: 10 * time.Millisecond, Log: newLog(log, "debug")})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	scan := func(class code.CommandClass, body string) {
		t.Helper()
		raw := body
		if class != 0 {
			if raw, err = code.FormatCommand(class, body); err != nil {
				t.Fatal(err)
			}
		}
		at = at.Add(time.Second)
		if err := st.Bench.Scan(t.Context(), scanner.Scan{Raw: raw, Device: "gun", At: at}); err != nil {
			t.Fatal(err)
		}
		if err := st.Bench.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	scan(code.Badge, "C2")
	scan(code.Command, "PICK")
	scan(0, "5770002")
	scan(code.Badge, "B9")
	scan(0, "5770002")
	if v := st.Bench.View(); v.Parcel == nil {
		t.Fatalf("prompt %+v, alert %+v", v.Prompt, v.Alert)
	}
	scan(0, canaryName) // a code that nobody knows
	scan(code.Command, "ACK")
	scan(code.Command, "HOLD")
	scan(code.Location, "A1")
	scan(0, "5770002")
	scan(code.Command, "RELEASE")
	scan(code.Badge, "B9")
	if v := st.Bench.View(); v.Ask == nil || v.Ask.By == "" {
		t.Fatalf("prompt %+v, alert %+v", v.Prompt, v.Alert)
	}
	for range 5 {
		if err := st.Bench.PIN(t.Context(), canaryWrong); err != nil {
			t.Fatal(err)
		}
	}
	err = st.Bench.PIN(t.Context(), canaryPIN)
	var locked *bench.PINLockedError
	if !errors.As(err, &locked) {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	log.WriteString(locked.Error()) // what a script at the desk is answered
}

// inNoFile fails if one of the words is in a file under a directory.
func inNoFile(t *testing.T, dir string, words ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		for _, w := range words {
			if bytes.Contains(data, []byte(w)) {
				t.Errorf("%s holds %q", path, w)
			}
		}
		return err
	})
	if err != nil || files < 4 {
		t.Fatal(files, err)
	}
}
