package label

import "errors"

// The kinds of failure that a person can be told one sentence about. Every
// error of this package that has such a kind wraps one of these.
var (
	// ErrUnknownKind: the bytes are no PDF, no PNG and no printer language we know.
	ErrUnknownKind = errors.New("not a label file")
	// ErrPrinterLanguage: the bytes are ZPL; they are not rendered here (Kind says which).
	ErrPrinterLanguage = errors.New("printer language, not a page")
	// ErrEncrypted: the PDF asks for a password.
	ErrEncrypted = errors.New("file is encrypted")
	// ErrDamaged: cut off, not what it claims to be, or an impossible structure.
	ErrDamaged = errors.New("file is damaged")
	// ErrTooLarge: more bytes, pages or dots than the limits allow.
	ErrTooLarge = errors.New("file is too large")
	// ErrNoPage: the file has no page of that number.
	ErrNoPage = errors.New("no such page")
	// ErrNoPaper: the target has no width or no resolution.
	ErrNoPaper = errors.New("no paper size")
	// ErrTimedOut: a page took longer than the limit; the renderer was stopped and starts anew.
	ErrTimedOut = errors.New("page took too long")
	// ErrRenderer: the PDF engine could not start or broke down on this file.
	ErrRenderer = errors.New("renderer failed")
	// ErrClosed: the document or renderer was closed before the call.
	ErrClosed = errors.New("already closed")
)
