package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"packbench/assets"
)

// look is the palette. Text on its ground has a contrast of at least 7:1, which
// a test measures.
type look struct {
	ground, surface, deep, line color.NRGBA
	text, quiet                 color.NRGBA
	green, amber, blue          color.NRGBA // as text, ring or mark on ground and surface
	mark                        color.NRGBA // what is drawn upon green
	redGround, onRed            color.NRGBA
	purpleGround, onPurple      color.NRGBA
	amberGround, onAmber        color.NRGBA
	chosen                      color.NRGBA // ground of what is due now
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// darkLook is the shipped one.
func darkLook() *look {
	return &look{
		ground: rgb(0x10151B), surface: rgb(0x1A222C), deep: rgb(0x0B0F14), line: rgb(0x2B3643),
		text: rgb(0xF4F7FA), quiet: rgb(0xB8C4D0),
		green: rgb(0x3DDC84), amber: rgb(0xFFB020), blue: rgb(0x5AB0FF), mark: rgb(0x0B0F14),
		redGround: rgb(0x8E1118), onRed: rgb(0xFFFFFF),
		purpleGround: rgb(0x5A2A9C), onPurple: rgb(0xFFFFFF),
		amberGround: rgb(0xFFB020), onAmber: rgb(0x10151B),
		chosen: rgb(0x17304A),
	}
}

// lightLook mirrors it, for benches in bright halls.
func lightLook() *look {
	return &look{
		ground: rgb(0xF2F5F8), surface: rgb(0xFFFFFF), deep: rgb(0xFFFFFF), line: rgb(0xBCC7D2),
		text: rgb(0x10151B), quiet: rgb(0x3A4654),
		green: rgb(0x00562B), amber: rgb(0x6B4300), blue: rgb(0x004A91), mark: rgb(0xFFFFFF),
		redGround: rgb(0x8E1118), onRed: rgb(0xFFFFFF),
		purpleGround: rgb(0x5A2A9C), onPurple: rgb(0xFFFFFF),
		amberGround: rgb(0xFFB020), onAmber: rgb(0x10151B),
		chosen: rgb(0xDCEBFA),
	}
}

// packFont is the bundled typeface: what it lacks comes from the system, if
// that has it.
var packFont = fyne.NewStaticResource("pack-gb-thai.ttf", assets.PackFont)

// benchTheme gives Fyne our font and grounds. Sizes are the pen's business.
type benchTheme struct {
	fyne.Theme
	look *look
}

// newTheme makes the theme of a look.
func newTheme(l *look) fyne.Theme { return benchTheme{Theme: theme.DefaultTheme(), look: l} }

// Font is the bundled font in every style: emphasis is size and colour here.
func (t benchTheme) Font(fyne.TextStyle) fyne.Resource { return packFont }

// Color gives the window its ground, so that nothing flashes while it starts.
func (t benchTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch name {
	case theme.ColorNameBackground:
		return t.look.ground
	case theme.ColorNameForeground:
		return t.look.text
	}
	return t.Theme.Color(name, variant)
}
