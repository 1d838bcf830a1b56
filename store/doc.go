// Package store keeps everything that a bench must not lose, in one SQLite
// file: the journal, its projections, the outbox, the catalogue, and personal
// data apart from all of them. Label files and rendered pages lie in a second
// file, labels.db, because they are large and go after 14 days.
//
// The journal is append-only and hash-chained, and it is the truth: Commit
// writes events, applies them with packing.Apply, saves the states that follow
// and adds outbox rows, all in one transaction that is on the disk before
// Commit returns. Rebuild does the same from the journal alone; the two must
// agree byte for byte.
//
// SQLite runs in WAL mode with synchronous=FULL. Most programs take NORMAL,
// because their user can press the button again; a packer can't scan a sealed
// box again. There is one writer connection (BEGIN IMMEDIATE) and a pool of
// readers that cannot write.
package store
