package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"packbench/bench"
	"packbench/code"
	"packbench/scanner"
)

// lookTool finds a program that we did not write; scripts/deps.sh installs them.
func lookTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("REQUIRE_SHARED") == "1" {
			t.Fatalf("needs %s: %v", name, err)
		}
		t.Skipf("SKIP needs %s", name)
	}
	return path
}

// zbar is what zbarimg reads from a picture, a line each.
func zbar(t *testing.T, zbarimg, png string) string {
	t.Helper()
	out, err := exec.Command(zbarimg, "-q", "--raw", png).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}

// startChild starts this program in a process of its own and answers the
// address that it listens on.
func startChild(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = stdin.Write([]byte("quit\n")) // it may be gone already
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatalf("%v says nothing", args)
	}
	var first struct{ Event, URI, URL string }
	if err := json.Unmarshal(lines.Bytes(), &first); err != nil || first.Event != "listening" {
		t.Fatalf("%v says %s", args, lines.Bytes())
	}
	go func() {
		for lines.Scan() {
			continue // so that it never waits for us
		}
	}()
	if first.URI != "" {
		return first.URI
	}
	return first.URL
}

// packByScans packs the one parcel of an order, by scans alone.
func packByScans(t *testing.T, data, order, waybill string) {
	t.Helper()
	ctx := t.Context()
	at := time.Now()
	st, err := bench.OpenStation(ctx, data, bench.StationOptions{Devices: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	own := func(class code.CommandClass, body string) string {
		raw, err := code.FormatCommand(class, body)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	scan := func(device string, codes ...string) *bench.View {
		for _, raw := range codes {
			if err := st.Bench.Scan(ctx, scanner.Scan{Raw: raw, Device: device, At: at}); err != nil {
				t.Fatal(err)
			}
			if err := st.Bench.Settle(ctx); err != nil {
				t.Fatal(err)
			}
		}
		return st.Bench.View()
	}
	scan("gun", own(code.Badge, "W1"), own(code.Command, "PICK"), order, own(code.Badge, "C2"))
	// The second mug follows within the stutter window: by another scanner.
	scan("gun", order, "6901234500011")
	v := scan("second gun", "6901234500011", "96385074")
	if v.Prompt.Key != "prompt.prove" {
		t.Fatalf("prompt %+v, alert %+v", v.Prompt, v.Alert)
	}
	deadline := time.After(20 * time.Second)
	for st.Bench.View().Parcel.Label.State != "sent" {
		select {
		case <-deadline:
			t.Fatalf("label %+v", st.Bench.View().Parcel.Label)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if v = scan("gun", waybill); v.Sealed != 1 {
		t.Fatalf("view %+v, alert %+v", v, v.Alert)
	}
}
