package ui

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"packbench/assets"
	"packbench/scanner"
)

// appID names the program to the desktop and to Fyne's own storage.
const appID = "io.packbench.station"

// Run opens the window and blocks until it is closed or ctx ends. It must be
// called on the main goroutine, once a process.
func Run(ctx context.Context, opt Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prepareInput()
	if runtime.GOOS == "windows" {
		opt.Wedge.Layout = scanner.LayoutWindows
	}
	a := app.NewWithID(appID)
	l := darkLook()
	if opt.Light {
		l = lightLook()
	}
	a.Settings().SetTheme(newTheme(l))
	screen, err := NewScreen(ctx, opt, post)
	if err != nil {
		return fmt.Errorf("open window: %w", err)
	}
	if opt.Title == "" {
		opt.Title = "Packbench"
	}
	w := a.NewWindow(opt.Title)
	w.SetIcon(fyne.NewStaticResource("packbench.png", assets.Icon))
	w.SetPadded(false)
	w.SetContent(screen.Object())
	w.Resize(fyne.NewSize(1366, 768))
	w.SetFullScreen(opt.FullScreen)
	w.SetMaster()
	screen.Attach(w.Canvas())
	a.Lifecycle().SetOnStarted(func() {
		withoutInputMethod(w)
		screen.Start(ctx)
	})
	a.Lifecycle().SetOnEnteredForeground(func() { screen.SetForeground(true) })
	a.Lifecycle().SetOnExitedForeground(func() { screen.SetForeground(false) })
	stop := context.AfterFunc(ctx, func() { post(a.Quit) })
	defer stop()
	w.Show()
	a.Run()
	return nil
}

// post is the only way from another goroutine to the screen.
func post(f func()) { fyne.Do(f) }

// prepareInput keeps input methods of X11 away: they swallow the keys that a
// wedge scanner types. It must run before the window exists.
func prepareInput() {
	if runtime.GOOS == "linux" {
		_ = os.Setenv("XMODIFIERS", "@im=none") // without it codes arrive all the same, unless an input method is on
	}
}
