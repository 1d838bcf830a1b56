package zpl

import (
	"bytes"
	"fmt"
	"strconv"

	"packbench/printer"
)

// A ~HS answer is three blocks, each between these two, each followed by CR LF:
//
//	aaa,b,c,dddd,eee,f,g,h,iii,j,k,l   b paper out, c pause, eee formats in the
//	                                   buffer, f buffer full, h half a format,
//	                                   j memory damaged, k too cold, l too hot
//	mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www   o head open, p ribbon out, t label waits
//	                                   to be taken, u labels still to print
//	xxxx,y                             password, static memory
//
// (ZPL II Programming Guide, host status return.)
const (
	stx = 0x02
	etx = 0x03
)

// blockFields is how many fields the three blocks have at least.
var blockFields = [3]int{12, 11, 2}

// ParseStatus reads the first ~HS answer in buf. Blocks are counted, never timed:
// an answer may come in pieces, after noise, after the answer to something
// else, or with its beginning lost.
func (Language) ParseStatus(buf []byte) (st printer.Status, used int, done bool) {
	for {
		var blocks [3][][]byte
		end, next, found := used, -1, 0
		for found < 3 {
			from, to, state := nextBlock(buf, end)
			if state != whole {
				if found == 0 {
					used = from // nothing before here can be of use
				}
				return printer.Status{}, used, false
			}
			fields := bytes.Split(buf[from+1:to], []byte{','})
			if found == 0 {
				used = from
			}
			if found == 1 {
				next = from
			}
			end = to + 1
			if len(fields) < blockFields[found] || (found == 0) != isHead(fields) {
				break
			}
			blocks[found] = fields
			found++
		}
		if found == 3 {
			return readStatus(buf[used:end], blocks), end, true
		}
		// Not an answer: try again from its second block, or after its first.
		if next < 0 {
			next = end
		}
		used = next
	}
}

// isHead tells the first block from the second, which has nearly as many fields:
// its fourth field is a length of four digits.
func isHead(fields [][]byte) bool {
	return len(fields) >= blockFields[0] && len(fields[3]) >= 4
}

type blockState int

const (
	none  blockState = iota // no block begins here
	begun                   // one begins but does not end yet
	whole
)

// nextBlock finds STX at from and its ETX at to, at or after i. A block that is
// begun anew lost its end and is passed over.
func nextBlock(buf []byte, i int) (from, to int, _ blockState) {
	from = -1
	for ; i < len(buf); i++ {
		switch buf[i] {
		case stx:
			from = i
		case etx:
			if from >= 0 {
				return from, i, whole
			}
		}
	}
	if from < 0 {
		return len(buf), 0, none
	}
	return from, 0, begun
}

// readStatus judges a whole answer. Where several things are wrong at once the
// cause comes first: an open head also reads as paper out, and both as paused.
func readStatus(raw []byte, blocks [3][][]byte) printer.Status {
	a, b := blocks[0], blocks[1]
	st := printer.Status{Known: true, Detail: strconv.QuoteToASCII(string(raw))}
	formats, err1 := strconv.Atoi(string(a[4]))
	labels, err2 := strconv.Atoi(string(b[8]))
	if err1 != nil || err2 != nil || formats < 0 || labels < 0 {
		return printer.Status{Pending: -1, Detail: fmt.Sprintf("counts unreadable in %s", st.Detail)}
	}
	st.Pending = formats + labels
	if set(a[7]) {
		st.Pending++
	}
	for _, f := range []struct {
		on    bool
		fault string
	}{
		{set(b[2]), printer.ReasonHeadOpen},
		{set(a[1]), printer.ReasonPaperOut},
		{set(b[3]), printer.ReasonRibbonOut},
		{set(a[9]), printer.ReasonMemory},
		{set(a[11]), printer.ReasonOverheated},
		{set(a[2]), printer.ReasonPaused},
	} {
		if f.on {
			st.Fault = f.fault
			break
		}
	}
	return st
}

func set(field []byte) bool { return len(field) == 1 && field[0] == '1' }
