//go:build !windows

package label

import "os/exec"

// hideWindow is for Windows only: elsewhere a child process has no window.
func hideWindow(*exec.Cmd) {}
