// Package ui is the one screen of a packing bench, drawn with Fyne. It shows
// what package bench publishes and sends what the person does; it decides
// nothing, and it touches no device, no socket and no database.
//
// Words:
//
//   - view: the bench.View that is on the screen. Show takes a new one; the
//     latest wins.
//   - drawing: a part of the screen as plain data (a StepBar, an AlertScreen). It
//     is made anew from every view and compared with the one that is shown: only
//     what differs is painted again.
//   - sheet: the Fyne widget that shows one drawing. The screen has four, one
//     upon the other: strip, body, foot, and the overlay for refusals.
//   - pen: what a drawing paints with. It counts in design pixels, those of a
//     1920 × 1080 screen, and scales them to the window; so every size in this
//     package is the size that the packer sees there, and nothing is cut off on
//     a smaller screen.
//   - action: what a touch on a button or a function key means.
//
// Keys are read as physical scan codes by a scanner.Decoder, fed from the canvas
// and from a focusable sink, whichever has the keyboard; buttons here never take
// the focus. While a PIN is asked for, what is typed goes to the PIN and is kept
// nowhere.
//
// Everything here runs on Fyne's goroutine, apart from the few goroutines that
// wait for the bench, the clock and files; those come back through Screen.post,
// the only way in.
package ui
