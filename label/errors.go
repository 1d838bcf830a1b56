package label

import (
	"context"
	"errors"
)

// The kinds of failure that a person can be told one sentence about. Every
// error of this package that has such a kind wraps one of these.
var (
	// ErrUnknownKind: the bytes are no PDF, no PNG and no printer language we know.
	ErrUnknownKind = errors.New("not a label file")
	// ErrPrinterLanguage: the bytes are ZPL; they are not rendered here (Kind says which).
	ErrPrinterLanguage = errors.New("printer language, not a page")
	// ErrEncrypted: the file asks for a password.
	ErrEncrypted = errors.New("file is encrypted")
	// ErrDamaged: cut off, not what it claims to be, or an impossible structure.
	ErrDamaged = errors.New("file is damaged")
	// ErrTooLarge: more bytes, pages or dots than the limits allow.
	ErrTooLarge = errors.New("file is too large")
	// ErrNoPage: the file has no page of that number.
	ErrNoPage = errors.New("no such page")
	// ErrNoPaper: the target has no width or no resolution.
	ErrNoPaper = errors.New("no paper size")
	// ErrTimedOut: a page, or a file, took longer than the limit; the renderer was stopped and starts anew.
	ErrTimedOut = errors.New("page took too long")
	// ErrRenderer: the PDF engine could not start or broke down on this file.
	ErrRenderer = errors.New("renderer failed")
	// ErrClosed: the document or renderer was closed before the call.
	ErrClosed = errors.New("already closed")
	// ErrEmpty: the file has no bytes.
	ErrEmpty = errors.New("file is empty")
	// ErrArchive: a ZIP archive where one label file is wanted, or within an archive.
	ErrArchive = errors.New("an archive, not a label file")
	// ErrBomb: an archive unpacks to far more than it should.
	ErrBomb = errors.New("archive unpacks to too much")
	// ErrName: an entry of an archive has a name that leads elsewhere or can't be a file's.
	ErrName = errors.New("entry has a dangerous name")
	// ErrFolder and ErrNotPlain: the path is a folder, or a pipe or device.
	ErrFolder   = errors.New("a folder, not a file")
	ErrNotPlain = errors.New("not a plain file")
	// ErrChanged: the file changed while it was read.
	ErrChanged = errors.New("file changed while it was read")
)

// problems gives each kind its sentence, the more telling kinds first.
var problems = []struct {
	kind error
	key  string
}{
	{ErrEncrypted, "label.problem_encrypted"},
	{ErrBomb, "label.problem_bomb"},
	{ErrName, "label.problem_name"},
	{ErrArchive, "label.problem_archive"},
	{ErrEmpty, "label.problem_empty"},
	{ErrFolder, "label.problem_folder"},
	{ErrNotPlain, "label.problem_special"},
	{ErrChanged, "label.problem_changed"},
	{ErrTooLarge, "label.problem_large"},
	{ErrTimedOut, "label.problem_slow"},
	{ErrNoPage, "label.problem_no_page"},
	{ErrPrinterLanguage, "label.problem_language"},
	{ErrUnknownKind, "label.problem_kind"},
	{ErrDamaged, "label.problem_damaged"},
	{ErrRenderer, "label.problem_renderer"},
}

// Problem is the key of a sentence that says what is wrong with a label file
// and what to do; "" if the error is of another kind.
func Problem(err error) string {
	if err == nil || errors.Is(err, context.Canceled) {
		return ""
	}
	for _, p := range problems {
		if errors.Is(err, p.kind) {
			return p.key
		}
	}
	return ""
}
