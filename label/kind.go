package label

import "bytes"

// Kind is what a label file is, told from its first bytes and never from its name.
type Kind string

// The kinds of label files. ZPL is recognised so that the caller can send it to
// a ZPL printer as it came, or hand it to the ZPL reader.
const (
	Unknown Kind = ""
	PDF     Kind = "pdf"
	PNG     Kind = "png"
	ZPL     Kind = "zpl"
	ZIP     Kind = "zip" // an archive of label files, see ReadArchive
)

// headBytes is how far into a file its signature may lie. Readers of PDF accept
// leading junk of this length, and some carriers' files have it.
const headBytes = 1024

var byteOrderMark = []byte("\xef\xbb\xbf")

// Sniff tells the kind of a label file.
func Sniff(data []byte) Kind {
	head := data[:min(len(data), headBytes)]
	switch {
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return ZIP // whatever is in it: a stored PDF's mark may lie within the head
	case bytes.Contains(head, []byte("%PDF-")):
		return PDF
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n\x00")
	if len(text) > 0 && (text[0] == '^' || text[0] == '~' || text[0] == 'C') &&
		bytes.Contains(bytes.ToUpper(data), []byte("^XA")) {
		return ZPL // starts with ^XA, with ~ or ^ commands before it, or with CT~~CD,~CC^~CT~
	}
	return Unknown
}
