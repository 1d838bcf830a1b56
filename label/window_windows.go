package label

import (
	"os/exec"
	"syscall"
)

// hideWindow keeps Windows from flashing a console for the rendering child.
func hideWindow(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }
