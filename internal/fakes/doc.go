// Package fakes holds upstream servers to test against, as processes of their
// own: they print where they listen, take orders for trouble on stdin, and write
// what took effect to a ledger that is on disk before they answer, so that it
// survives whoever is killed. They import nothing of ours: what they check (a
// signature, say) is their own reading of the protocol, a second opinion.
//
// [ERP] is the other side of the generic webhook connector.
package fakes
