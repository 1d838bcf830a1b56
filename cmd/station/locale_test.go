package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// A command says nothing on standard error that it doesn't mean, in whatever
// language the machine is set up.
func TestNoNoiseInAnyLocale(t *testing.T) {
	for _, lang := range []string{"", "C", "C.UTF-8", "POSIX", "zh_CN.UTF-8", "en_US.UTF-8"} {
		cmd := exec.Command(os.Args[0], "version")
		cmd.Env = append(os.Environ(), "PACKBENCH_TEST_MAIN=1", "LC_ALL=", "LC_MESSAGES=", "LANG="+lang)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("LANG=%q: %v, %s", lang, err, stderr.Bytes())
		}
	}
}
