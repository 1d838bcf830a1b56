package ui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"packbench/bench"
	"packbench/packing"
	"packbench/scanner"
	"packbench/text"
)

// Bench is what the screen needs of a running bench.
type Bench interface {
	// View is the latest view, never nil.
	View() *bench.View
	// Watch answers a channel that gets a value after the view has changed.
	Watch() (<-chan struct{}, func())
	// Scan queues a scan, Command a command given by key or button.
	Scan(ctx context.Context, s scanner.Scan) error
	Command(ctx context.Context, cmd packing.Command) error
	// PIN answers the open question for a supervisor's PIN.
	PIN(ctx context.Context, pin string) error
}

// Options says what a screen shows and how.
type Options struct {
	Bench Bench
	// LabelPicture gives a label as it will print; nil shows none.
	LabelPicture LabelPicture
	// PictureDir holds the goods' pictures; "" shows none.
	PictureDir string
	// Language is zh or en; "" is zh.
	Language string
	// Light chooses the light palette.
	Light bool
	// FullScreen and Title are the window's.
	FullScreen bool
	Title      string
	// Sound repeats the sound of an alert every two seconds until it is cleared;
	// nil is silence. It is not called on the UI goroutine.
	Sound func(packing.Sound)
	// Wedge says how a keyboard-wedge scanner is set up. Its layout is the
	// machine's own.
	Wedge scanner.WedgeConfig
	// Now is the clock, in the bench's time zone; nil is the machine's.
	Now func() time.Time
	Log *slog.Logger
}

// alertSoundEvery is how often the sound of a red or purple alert comes back.
const alertSoundEvery = 2 * time.Second

// Screen is the bench's screen. Its methods but Start must be called on Fyne's
// goroutine.
type Screen struct {
	opt      Options
	look     *look
	words    *text.Catalogue
	post     func(func())
	view     *bench.View
	keys     *keyboard
	pics     *pictures
	courier  *courier
	canvas   fyne.Canvas
	checking bool // a PIN is being checked
	// unchecked says why the last PIN was not checked; Key "" = it was.
	unchecked bench.Msg
	away      bool // another window has the keyboard
	queued    atomic.Bool
	// repaint asks for a new frame. Fyne knows an object's window only once it has
	// drawn it there; the refresh of an overlay that was hidden goes nowhere, and
	// an alert over an unchanged screen would not be seen. The ground always is.
	repaint func()

	ground                     *canvas.Rectangle
	strip, body, foot, upfront *sheet
	sink                       *keySink
	root                       *fyne.Container
}

// NewScreen makes the screen. post runs a function on Fyne's goroutine (fyne.Do);
// ctx ends its loading of pictures.
func NewScreen(ctx context.Context, opt Options, post func(func())) (*Screen, error) {
	if opt.Bench == nil {
		return nil, errors.New("make screen: no bench")
	}
	if opt.Language == "" {
		opt.Language = text.Languages()[0]
	}
	words, err := text.Load(opt.Language)
	if err != nil {
		return nil, fmt.Errorf("make screen: %w", err)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Wedge.Device == "" {
		opt.Wedge.Device = "wedge:"
	}
	s := &Screen{opt: opt, words: words, post: post, courier: newCourier(), look: darkLook()}
	if opt.Light {
		s.look = lightLook()
	}
	arm := func(d time.Duration, f func()) { time.AfterFunc(d, func() { post(f) }) }
	// Keys are timed by the machine's monotonic clock, whatever Now shows.
	s.keys = newKeyboard(opt.Wedge, time.Now, arm, s)
	s.pics = newPictures(ctx, opt, post, s.redraw)

	s.ground = canvas.NewRectangle(s.look.ground)
	s.repaint = func() { canvas.Refresh(s.ground) }
	s.strip, s.body, s.foot, s.upfront = newSheet(s), newSheet(s), newSheet(s), newSheet(s)
	s.sink = newKeySink(s.keys.key)
	s.root = container.New(&frameLayout{s}, s.ground, s.strip, s.body, s.foot, s.upfront, s.sink)
	s.Show(opt.Bench.View())
	return s, nil
}

// Object is what goes into the window.
func (s *Screen) Object() fyne.CanvasObject { return s.root }

// Attach makes the canvas bring its keys here: by its own handlers while nothing
// has the focus, and by the sink, which gets it.
func (s *Screen) Attach(c fyne.Canvas) {
	s.canvas = c
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(e *fyne.KeyEvent) { s.keys.key(e, true) })
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { s.keys.key(e, false) })
	}
	c.Focus(s.sink)
	s.root.Refresh()
}

// Start follows the bench and the clock until ctx ends.
func (s *Screen) Start(ctx context.Context) {
	go s.courier.run(ctx)
	go s.follow(ctx)
}

func (s *Screen) follow(ctx context.Context) {
	changed, stop := s.opt.Bench.Watch()
	defer stop()
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	alarm := time.NewTicker(alertSoundEvery)
	defer alarm.Stop()
	s.update()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			s.update()
		case <-clock.C:
			s.update() // times move on without the bench
		case <-alarm.C:
			s.repeatSound()
		}
	}
}

// update draws the latest view. However many changes come while the screen is
// busy, one drawing waits for it.
func (s *Screen) update() {
	if s.queued.Swap(true) {
		return
	}
	s.post(func() {
		s.queued.Store(false)
		s.Show(s.opt.Bench.View())
	})
}

// repeatSound is heard until somebody clears the alert.
func (s *Screen) repeatSound() {
	a := s.opt.Bench.View().Alert
	if s.opt.Sound == nil || a == nil {
		return
	}
	switch {
	case a.Severity == string(packing.Purple):
		s.opt.Sound(packing.SoundCancelled)
	case a.Severity == string(packing.Red) && a.Kind == string(packing.OverScan):
		s.opt.Sound(packing.SoundOver)
	case a.Severity == string(packing.Red):
		s.opt.Sound(packing.SoundWrong)
	}
}

// Show draws a view.
func (s *Screen) Show(v *bench.View) {
	if parcelOf(s.view) != parcelOf(v) {
		s.pics.forgetFailures()
	}
	s.view = v
	asked := v.Ask != nil && v.Ask.By != ""
	s.keys.ask(asked)
	if !asked {
		s.unchecked = bench.Msg{}
	}
	s.redraw()
}

func parcelOf(v *bench.View) string {
	if v == nil || v.Parcel == nil {
		return ""
	}
	return v.Parcel.ID
}

// redraw composes the drawings anew; sheets paint only what differs.
func (s *Screen) redraw() {
	c := &composer{v: s.view, words: s.words, now: s.opt.Now(), pics: s.pics, typed: len(s.keys.pin), busy: s.checking, unchecked: s.unchecked}
	changed := s.strip.show(c.strip())
	changed = s.body.show(c.body()) || changed
	changed = s.foot.show(c.foot()) || changed
	front := drawing(nil)
	if a := c.alert(); a != nil {
		front = *a
	}
	if s.away && (s.view.Alert == nil || s.view.Alert.Severity == string(packing.Amber)) {
		front = AlertScreen{Severity: packing.Red, Head: s.words.Text("screen.lost_head", nil), Do: s.words.Text("screen.lost_do", nil)}
	}
	full := s.covers(s.upfront.drawing)
	changed = s.upfront.show(front) || changed
	if s.covers(front) != full || (front != nil) != s.upfront.Visible() {
		s.root.Layout.Layout(s.root.Objects, s.root.Size())
		changed = true
	}
	if changed {
		s.repaint()
	}
}

// covers tells whether a drawing takes the whole screen.
func (s *Screen) covers(d drawing) bool {
	a, ok := d.(AlertScreen)
	return ok && a.Severity != packing.Amber
}

// do follows a touch.
func (s *Screen) do(a action) {
	switch {
	case a.pin != 0:
		s.keys.pinKey(a.pin)
	case a.command != "":
		s.command(a.command)
	}
	if s.canvas != nil {
		s.canvas.Focus(s.sink)
	}
}

func (s *Screen) scanned(scan scanner.Scan) {
	s.courier.send(func(ctx context.Context) {
		if err := s.opt.Bench.Scan(ctx, scan); err != nil && ctx.Err() == nil {
			s.opt.Log.Error("scan not taken", "error", err)
		}
	})
}

func (s *Screen) command(cmd packing.Command) {
	s.courier.send(func(ctx context.Context) {
		if err := s.opt.Bench.Command(ctx, cmd); err != nil && ctx.Err() == nil {
			s.opt.Log.Error("command not taken", "command", cmd, "error", err)
		}
	})
}

func (s *Screen) typedPIN() { s.redraw() }

// enterPIN has the PIN checked. It is on its way only, and kept nowhere.
func (s *Screen) enterPIN(pin string) {
	if s.checking {
		return
	}
	s.checking, s.unchecked = true, bench.Msg{}
	s.redraw()
	s.courier.send(func(ctx context.Context) {
		err := s.opt.Bench.PIN(ctx, pin)
		var why bench.Msg
		var says interface{ Message() bench.Msg }
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.As(err, &says):
			why = says.Message()
		default:
			why = bench.Msg{Key: "fault.pin_failed"}
			s.opt.Log.Error("PIN not checked", "error", err)
		}
		s.post(func() {
			s.checking, s.unchecked = false, why
			s.redraw()
		})
	})
}

func (s *Screen) switchLanguage() {
	all := text.Languages()
	next := all[(slices.Index(all, s.words.Language())+1)%len(all)]
	if err := s.SetLanguage(next); err != nil {
		s.opt.Log.Error("language not switched", "error", err)
	}
}

// SetLanguage shows everything in another language from now on.
func (s *Screen) SetLanguage(language string) error {
	words, err := text.Load(language)
	if err != nil {
		return fmt.Errorf("switch language: %w", err)
	}
	s.words = words
	s.redraw()
	return nil
}

// SetForeground tells whether the window has the keyboard. Without it a wedge
// scanner types into another program, and nobody must go on packing.
func (s *Screen) SetForeground(has bool) {
	s.away = !has
	s.keys.reset()
	s.redraw()
}

// frameLayout places the sheets and scales the pen to the window.
type frameLayout struct{ s *Screen }

// Heights of strip and foot, in design pixels.
const (
	stripHeight = 84
	footHeight  = 222
)

// MinSize lets the window be small; what is drawn scales with it.
func (l *frameLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(640, 360) }

// Layout is Fyne's.
func (l *frameLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s := l.s
	k := max(0.1, min(size.Width/designWidth, size.Height/designHeight))
	s.pics.height = int((size.Height/k - stripHeight - footHeight - 100) * k * l.dots())
	place := func(o fyne.CanvasObject, y, h float32) {
		if sh, ok := o.(*sheet); ok && sh.scale != k {
			sh.scale = k
			if sh.Size() == fyne.NewSize(size.Width, h) {
				sh.Refresh()
			}
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
	}
	strip, foot := stripHeight*k, footHeight*k
	place(s.ground, 0, size.Height)
	place(s.strip, 0, strip)
	place(s.body, strip, size.Height-strip-foot)
	place(s.foot, size.Height-foot, foot)
	switch {
	case s.upfront.drawing == nil:
		s.upfront.Hide()
	case s.covers(s.upfront.drawing):
		s.upfront.Show()
		place(s.upfront, 0, size.Height)
	default:
		s.upfront.Show()
		place(s.upfront, strip, size.Height-strip-foot)
	}
	s.sink.Resize(fyne.NewSize(1, 1))
}

// dots is how many dots of the screen a canvas unit has.
func (l *frameLayout) dots() float32 {
	if l.s.canvas == nil {
		return 1
	}
	return l.s.canvas.Scale()
}
