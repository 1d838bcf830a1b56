package zpl

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"packbench/internal/testshared"
)

// TestCRCOfRealPayloads pins the check against graphics that carriers send. The
// Z64 or B64 text is followed by its CRC in four hex digits.
func TestCRCOfRealPayloads(t *testing.T) {
	files, err := filepath.Glob(testshared.Path(t, "data", "labels", "zpl", "*.zpl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sample labels: %v", err)
	}
	payload := regexp.MustCompile(`:[ZB]64:([A-Za-z0-9+/=\r\n]+):([0-9A-Fa-f]{4})`)
	seen := map[string]bool{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range payload.FindAllSubmatch(data, -1) {
			seen[string(m[1])] = true
			want, _ := strconv.ParseUint(string(m[2]), 16, 16)
			// Line ends inside the text do not count.
			text := strings.NewReplacer("\r", "", "\n", "").Replace(string(m[1]))
			if got := crc([]byte(text)); got != uint16(want) {
				t.Errorf("%s: %04X, the label says %s", filepath.Base(f), got, m[2])
			}
			if string(m[2]) != strings.ToUpper(string(m[2])) {
				t.Errorf("%s: %s is not upper case, as we write it", filepath.Base(f), m[2])
			}
		}
	}
	t.Logf("%d distinct payloads agree", len(seen))
	if len(seen) < 4 {
		t.Errorf("only %d payloads found", len(seen))
	}
}

func TestCRCKnownValue(t *testing.T) {
	if got := crc([]byte("123456789")); got != 0x31C3 {
		t.Errorf("CRC-16/XMODEM of 123456789 is 31C3, got %04X", got)
	}
}

func TestRunLengths(t *testing.T) {
	for n, want := range map[int]string{
		1: "0", 2: "00", 3: "I0", 19: "Y0", 20: "g0", 21: "gG0", 327: "vM0", 400: "z0", 419: "zY0", 420: "z0g0", 1000: "z0z0p0",
	} {
		if got := string(appendRun(nil, '0', n)); got != want {
			t.Errorf("run of %d: %q, want %q", n, got, want)
		}
	}
}
