package assets

import _ "embed"

// PackFont is the one typeface of screens and sheets, a TrueType file: Noto
// Sans SC cut to GB2312 with Latin, Vietnamese, Chinese punctuation and
// full-width forms, merged with Noto Sans Thai. One file, because a Fyne theme
// takes one resource a style; glyf outlines, because gofpdf reads nothing else.
// SIL Open Font License 1.1, see FontLicence.
//
//go:embed fonts/pack-gb-thai.ttf
var PackFont []byte

// FontLicence is the text of the licence of PackFont, which must go with it.
//
//go:embed fonts/OFL.txt
var FontLicence string
