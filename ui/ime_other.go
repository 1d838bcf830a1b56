//go:build !windows

package ui

import "fyne.io/fyne/v2"

// withoutInputMethod is for Windows; elsewhere prepareInput does it.
func withoutInputMethod(fyne.Window) {}
