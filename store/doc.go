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
//
// Words of what goes wrong, and what stands against it:
//
//   - Fault: an error with a sentence for people. A database that is damaged,
//     gone, foreign or newer is refused by one, and never replaced by an empty one.
//   - lane: the way to the writer connection. A Commit goes first; Background
//     works in chunks of at most 200 rows or 5 ms between commits.
//   - reserve: 64 MiB on the disk that a Commit may use up when the disk is full,
//     so that the parcel in work can be finished (see Disk).
//   - backup: one file that holds everything but secrets, sealed by a hash over
//     all of its bytes (see Backup, Restore, BackupDaily).
//   - audit: the journal's chain, the tables made from it, the outbox's payloads
//     and the labels' bytes, compared with each other. What a chain alone can't
//     show stands at Audit.
//   - erasing: personal data after 45 days, labels after 14, without a byte left
//     in the files; backups follow within seven days of use, 52 at the latest. A
//     clock is believed only as far as the journal bears it out (see Believed),
//     and what killed backups, restores and audits left goes too.
//   - projection version: when the rules come to other rows for old events, the
//     projections are made anew from the journal at the next start.
package store
