// Package testshared finds the folder of shared facts and sample files that
// lies beside the checkout (../shared). Tests that need it skip with a clear
// message where it is not, so that the project's own tests always run; with
// REQUIRE_SHARED=1, as in continuous integration, a missing folder is a failure.
package testshared

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir is the absolute path of ../shared, seen from the module's root.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find ../shared: %v", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("find ../shared: no go.mod above the working directory")
		}
	}
	shared := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(filepath.Join(shared, "DESIGN.md")); err != nil {
		if os.Getenv("REQUIRE_SHARED") == "1" {
			t.Fatalf("needs ../shared: %v", err)
		}
		t.Skip("SKIP needs ../shared")
	}
	return shared
}

// Path is a file below ../shared.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	return filepath.Join(append([]string{Dir(t)}, elem...)...)
}
