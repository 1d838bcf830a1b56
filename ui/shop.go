package ui

import (
	"hash/fnv"
	"image/color"
)

// shopGrounds are well apart for most eyes; all take white text.
var shopGrounds = []uint32{0x00517A, 0x7A1F5C, 0x17563B, 0x70400B, 0x4B3A8F, 0x86202B, 0x35505C, 0x4F5410}

// shopColour is the colour of a shop: always the same for the same name, on every
// bench.
func shopColour(name string) (ground, on color.NRGBA) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	return rgb(shopGrounds[h.Sum32()%uint32(len(shopGrounds))]), rgb(0xFFFFFF)
}
