// Package packing is the rules of the bench: what may happen to a parcel and
// what may not. It is pure: no clock, no file, no device, nothing of ours is
// imported, so every rule can be tested as a table and every history replayed.
//
// A scan takes four steps, each a plain function:
//
//	Needs    which facts the input asks for: at most 8, each one indexed lookup
//	Decide   the events that follow; a refusal is an event too
//	Apply    the state after an event, from nothing but the state before and the event
//	Effects  what must then happen outside: print, beep, tell
//
// Whatever Apply needs from facts, policy, catalogue or clock, Decide copies
// into the event; therefore the journal alone rebuilds every state, however
// settings and catalogue have changed since.
//
// A Parcel is facts (who picked it, which units were verified by whom, what it
// weighed, which labels were printed, when it was sealed) overlaid by holds;
// Stage derives the one word that people use. The Bench is who works, which
// parcel is in focus, which alerts wait and which labels are loose. An event
// names at most one parcel; what touches two is two events of one commit.
package packing
