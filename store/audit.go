package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
)

// Audit is what a check of the whole data directory found.
//
// What the chain shows: any event that was changed, removed or put in before
// the newest one. What it can't show by itself: that the end was cut off, or
// that everything after some event was written anew by somebody who has the
// file and this program. Against both stand, as far as they go, the tables
// (they know later events), the outbox (its rows carry events' ids) and the
// automatic backups (each holds the number and hash of its newest event).
// Somebody who changes all of them in step leaves no trace in this directory;
// only a copy elsewhere does.
type Audit struct {
	Events   int64     `json:"events"`
	Head     string    `json:"head"` // hash of the newest event, hex
	Parcels  int64     `json:"parcels"`
	Outbox   int64     `json:"outbox"`
	Labels   int64     `json:"labels"`   // label files and rendered pages
	Anchors  int       `json:"anchors"`  // backups that agree with the journal
	Problems []string  `json:"problems"` // the findings in words for technicians; empty = everything agrees
	Findings []Finding `json:"findings"` // the worst, the first bad event, first
}

// Finding is one thing that does not agree.
type Finding struct {
	Kind   FindingKind `json:"kind"`
	Seq    int64       `json:"seq,omitempty"`   // the event; 0 = no event's
	Table  string      `json:"table,omitempty"` // of a projection
	Key    string      `json:"key,omitempty"`   // the row in it, the label's hash, the backup's name
	Detail string      `json:"detail,omitempty"`
}

// FindingKind says what is wrong; the command line has a text for each.
type FindingKind string

// The kinds of findings.
const (
	FoundDamage     FindingKind = "damage"     // SQLite's own structures
	FoundChanged    FindingKind = "changed"    // the event's content is not what was written
	FoundMissing    FindingKind = "missing"    // the event was removed
	FoundInserted   FindingKind = "inserted"   // the event was put in
	FoundUnlinked   FindingKind = "unlinked"   // the event does not continue the one before it
	FoundUnreadable FindingKind = "unreadable" // the event is whole, and this program can't read it
	FoundCut        FindingKind = "cut"        // there were later events
	FoundAnchor     FindingKind = "anchor"     // a backup knows the event otherwise
	FoundProjection FindingKind = "projection" // a table is not what the journal says
	FoundOutbox     FindingKind = "outbox"     // a frozen payload was changed
	FoundLabel      FindingKind = "label"      // a label's bytes were changed
)

// String is the finding for technicians.
func (f Finding) String() string {
	switch f.Kind {
	case FoundDamage:
		return "database: " + f.Detail
	case FoundChanged:
		return fmt.Sprintf("journal broken at event %d: its content was changed", f.Seq)
	case FoundMissing:
		return fmt.Sprintf("journal broken at event %d: it was removed", f.Seq)
	case FoundInserted:
		return fmt.Sprintf("journal broken at event %d: it was put in", f.Seq)
	case FoundUnlinked:
		return fmt.Sprintf("journal broken at event %d: it does not continue the event before it", f.Seq)
	case FoundUnreadable:
		return fmt.Sprintf("event %d can't be read: %s", f.Seq, f.Detail)
	case FoundCut:
		return fmt.Sprintf("journal broken at event %d: it and what followed were cut off (%s)", f.Seq, f.Detail)
	case FoundAnchor:
		return fmt.Sprintf("journal broken at or before event %d: backup %s knows another", f.Seq, f.Key)
	case FoundProjection:
		return fmt.Sprintf("projection %s is not what the journal says, first at %s", f.Table, f.Key)
	case FoundOutbox:
		return "outbox row " + f.Key + " was changed"
	case FoundLabel:
		return "label " + f.Key + " was changed: " + f.Detail
	}
	return string(f.Kind)
}

func (a *Audit) found(f Finding) {
	a.Findings = append(a.Findings, f)
	a.Problems = append(a.Problems, f.String())
}

// Audit checks SQLite's own structures, the hash chain, the outbox's frozen
// payloads, the labels' bytes, and that the projections are what the journal
// says, value by value. A bench may be writing meanwhile: it all happens on one
// snapshot. Memory is bounded; a second database lies in the system's
// temporary directory while it runs.
func (s *Store) Audit(ctx context.Context) (Audit, error) {
	a := Audit{Problems: []string{}, Findings: []Finding{}}
	// A handle of its own: one in use knows the schema by heart, and would not
	// see that it is damaged in the file.
	db, err := openRO(filepath.Join(s.Dir, databaseName))
	if err != nil {
		return a, err
	}
	err = s.auditDatabase(ctx, db, &a)
	if damaged := classify(err, s.Dir, databaseName); errors.Is(damaged, ErrDamaged) {
		a.found(Finding{Kind: FoundDamage, Detail: err.Error()})
		err = nil
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return a, err
	}
	return a, s.auditLabels(ctx, &a)
}

func (s *Store) auditDatabase(ctx context.Context, db *sql.DB, a *Audit) error {
	anchors, err := s.anchors() // before the snapshot, which must hold what they know
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin audit: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	var quick string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&quick); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if quick != "ok" {
		a.found(Finding{Kind: FoundDamage, Detail: quick})
	}
	again, chain, err := rebuild(ctx, tx, anchors)
	a.Events, a.Head = chain.Events, hex.EncodeToString(chain.Head)
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM parcels").Scan(&a.Parcels); err != nil {
		return fmt.Errorf("count parcels: %w", err)
	}
	var broken *ChainError
	if errors.As(err, &broken) {
		a.found(Finding{Kind: broken.Kind, Seq: broken.Seq, Detail: broken.Detail})
		return checkOutbox(ctx, tx, a) // the tables can't be compared with a journal that is broken
	}
	if err != nil {
		return err
	}
	defer again.remove()
	if err := checkEnd(ctx, tx, chain, anchors, a); err != nil {
		return err
	}
	for _, t := range projections {
		different, key, err := compareTables(ctx, tx, again.db, t)
		if err != nil {
			return err
		}
		if different {
			a.found(Finding{Kind: FoundProjection, Table: t.name, Key: key})
		}
	}
	return checkOutbox(ctx, tx, a)
}

// checkEnd tells what speaks of events behind the journal's last, or of others
// in their place.
func checkEnd(ctx context.Context, tx *sql.Tx, chain Chain, anchors map[int64]*anchor, a *Audit) error {
	for _, seq := range sortedSeqs(anchors) {
		switch at := anchors[seq]; {
		case at.agrees:
			a.Anchors++
		case at.differs:
			a.found(Finding{Kind: FoundAnchor, Seq: seq, Key: at.backup})
		default:
			a.found(Finding{Kind: FoundCut, Seq: chain.Events + 1, Key: at.backup, Detail: fmt.Sprintf("backup %s has %d events", at.backup, seq)})
		}
	}
	var later string
	err := tx.QueryRowContext(ctx, "SELECT coalesce(min(id), '') FROM outbox WHERE id > ?", chain.LastID).Scan(&later)
	if err != nil {
		return fmt.Errorf("check outbox: %w", err)
	}
	if later != "" {
		a.found(Finding{Kind: FoundCut, Seq: chain.Events + 1, Detail: "outbox row " + later + " came of a later event"})
	}
	return nil
}
