package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"packbench/internal/secrets"
	"packbench/label"
)

// TestMain makes the test binary the program itself when it is started as one:
// for emulators and fakes in processes of their own, and for the renderer.
func TestMain(m *testing.M) {
	label.ServeRenderer()
	if os.Getenv("PACKBENCH_TEST_MAIN") == "1" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if err := os.Setenv("PACKBENCH_TEST_MAIN", "1"); err != nil {
		panic(err)
	}
	os.Exit(secrets.Isolated(m.Run))
}

// station runs a command and answers exit code, standard output and error.
func station(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// must is a command that has to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, err := station(t, args...)
	if code != exitDone {
		t.Fatalf("station %s: exit %d\n%s%s", strings.Join(args, " "), code, out, err)
	}
	return out
}
