package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"
)

// withoutInputMethod takes the input method off the window: while one is on,
// Windows hands out VK_PROCESSKEY in place of the keys that a scanner types.
func withoutInputMethod(w fyne.Window) {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return
	}
	native.RunNative(func(context any) {
		if c, ok := context.(driver.WindowsWindowContext); ok && c.HWND != 0 {
			associate := windows.NewLazySystemDLL("imm32.dll").NewProc("ImmAssociateContext")
			if associate.Find() == nil {
				// It answers the old context; there is nothing to do with it.
				_, _, _ = associate.Call(c.HWND, 0)
			}
		}
	})
}
