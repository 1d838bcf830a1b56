package label

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	ServeRenderer()
	os.Exit(m.Run())
}

// testCache keeps the compiled engine between test runs.
func testCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "packbench-test-renderer")
}

func newTestRenderer(t testing.TB) *Renderer {
	t.Helper()
	r := NewRenderer(testCache())
	t.Cleanup(r.Close)
	return r
}
