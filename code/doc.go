// Package code says what a scanned text is. It knows symbologies and their
// check digits, GS1 element strings, carriers' tracking numbers and the
// bench's own command codes; it knows nothing of parcels.
//
// Words:
//
//   - raw: the text as the scanner gave it, perhaps with an AIM symbology
//     identifier (`]C1`, ISO/IEC 15424) before it.
//   - key: the one form in which codes are compared everywhere ([Key]). Two
//     texts are the same code if and only if their keys are equal.
//   - class: one reading of a text ([Classify]); most digits can be read in
//     several ways, so there is a list, best first. A class never decides
//     anything: who owns a code is looked up by key.
//   - hint: a class that only the form speaks for, without a check digit. It
//     may word a message; it is never a reason to refuse.
//   - command code: `PB` + class + body + check character ([ParseCommand]),
//     printed by the bench itself.
//
// Everything here is a pure function of its arguments.
package code
