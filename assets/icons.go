package assets

import _ "embed"

// Icon is the program's icon, a PNG of 512 × 512 made from icons/packbench.svg.
//
//go:embed icons/packbench.png
var Icon []byte
