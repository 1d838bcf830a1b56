package zpl

// crcTable serves CRC-16/XMODEM: polynomial 0x1021, start 0, not reflected.
var crcTable = func() (t [256]uint16) {
	for i := range t {
		v := uint16(i) << 8
		for range 8 {
			if v&0x8000 != 0 {
				v = v<<1 ^ 0x1021
			} else {
				v <<= 1
			}
		}
		t[i] = v
	}
	return t
}()

// crc is the check of a Z64 or B64 graphic, over its base64 text.
func crc(text []byte) uint16 {
	var v uint16
	for _, b := range text {
		v = v<<8 ^ crcTable[byte(v>>8)^b]
	}
	return v
}
