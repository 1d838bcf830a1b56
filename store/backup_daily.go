package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The automatic backups.
const (
	backupEvery  = 20 * time.Hour // a bench that starts at eight makes one a day
	backupsKept  = 7
	backupPrefix = "packbench-"
	backupTime   = "20060102T150405Z"
)

// BackupDaily makes an automatic backup in the data directory if the newest is
// older than 20 hours, and then removes old ones (Rotate). It answers the new
// file's path, "" if none was due.
func (s *Store) BackupDaily(ctx context.Context, now time.Time) (string, error) {
	dir := filepath.Join(s.Dir, backupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", classify(fmt.Errorf("make backups: %w", err), s.Dir, dir)
	}
	all, err := s.automatic(now)
	if err != nil {
		return "", err
	}
	if len(all) > 0 && !all[0].future && now.Sub(all[0].made) < backupEvery {
		return "", nil
	}
	file := filepath.Join(dir, backupPrefix+now.UTC().Format(backupTime)+BackupSuffix)
	if _, err := s.Backup(ctx, file, now); err != nil {
		return "", err
	}
	return file, s.Rotate(ctx, now)
}

// LastBackup is when the newest automatic backup was made; the zero time if
// there is none.
func (s *Store) LastBackup(now time.Time) (time.Time, error) {
	all, err := s.automatic(now)
	if err != nil || len(all) == 0 || all[0].future {
		return time.Time{}, err
	}
	return all[0].made, nil
}

// oldBackup is a file in the backups folder.
type oldBackup struct {
	path   string
	made   time.Time
	future bool // by its name it was made later than now: the clock was wrong then
}

// automatic lists the automatic backups, newest first; those from the future
// come last, since their time says nothing.
func (s *Store) automatic(now time.Time) ([]oldBackup, error) {
	all, err := os.ReadDir(filepath.Join(s.Dir, backupsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var out []oldBackup
	for _, e := range all {
		name, ok := strings.CutSuffix(e.Name(), BackupSuffix)
		if !ok {
			continue
		}
		made, err := time.Parse(backupTime, strings.TrimPrefix(name, backupPrefix))
		if err != nil {
			continue // somebody's own
		}
		out = append(out, oldBackup{path: filepath.Join(s.Dir, backupsName, e.Name()), made: made, future: made.After(now.Add(time.Minute))})
	}
	slices.SortFunc(out, func(a, b oldBackup) int {
		if a.future != b.future {
			if a.future {
				return 1
			}
			return -1
		}
		return b.made.Compare(a.made)
	})
	return out, nil
}

// rotateAtMost is how many backups one Rotate removes: with one a day it always
// catches up, and no mistake, and no clock, takes them all at once.
const rotateAtMost = 2

// Rotate removes automatic backups, the oldest first: all but the seven newest,
// and whatever is older than 52 days (what is erased after 45 days has a week to
// leave the backups too), also a copy from before a migration. The newest is
// never removed, and never more than two at a time; how old one is, is told by
// the clock only as far as the journal bears it out (Believed). Backups that a
// person made elsewhere are that person's.
func (s *Store) Rotate(ctx context.Context, now time.Time) error {
	believed, err := s.Believed(ctx, now)
	if err != nil {
		return err
	}
	all, err := s.automatic(now)
	if err != nil || len(all) == 0 {
		return err
	}
	oldest := believed.Add(-eraseAfter - rotateAfter)
	removed := 0
	for i := len(all) - 1; i > 0 && removed < rotateAtMost; i-- {
		if i < backupsKept && !all[i].made.Before(oldest) {
			continue
		}
		if err := os.Remove(all[i].path); err != nil {
			return fmt.Errorf("rotate backups: %w", err)
		}
		removed++
	}
	copies, err := filepath.Glob(filepath.Join(s.Dir, backupsName, "before-schema-*.db"))
	if err != nil {
		return fmt.Errorf("rotate backups: %w", err)
	}
	for _, path := range copies {
		if info, err := os.Stat(path); err == nil && info.ModTime().Before(oldest) {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("rotate backups: %w", err)
			}
		}
	}
	return nil
}
