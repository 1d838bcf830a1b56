package store

import (
	"context"
	"fmt"
	"time"
)

// How far a clock is believed when it is to decide what is deleted for good.
const (
	// believedAhead is how far ahead of the journal the clock is believed.
	believedAhead = 7 * 24 * time.Hour
	// believedJump is how long a bench must have worked after a jump of more than
	// believedAhead until the jump is believed.
	believedJump = 48 * time.Hour
)

// Believed is now as far as the journal bears it out: at most a week after the
// newest event. Where the journal itself jumps by more than a week, as it does
// after a long holiday, and when somebody sets the year wrong, what follows
// counts only once it spans two days; until then the time before the jump does.
//
// What can't be undone goes by it: erasing, and removing old backups. A clock
// that is a year ahead would otherwise erase each label and then, one by one,
// the backups that still hold them. The price is small: a shop that was closed
// for weeks erases on the third day that it works again. A clock that stays
// wrong for longer, with no server to contradict it, is believed.
func (s *Store) Believed(ctx context.Context, now time.Time) (time.Time, error) {
	newest, err := s.LastEventMs(ctx)
	if err != nil {
		return time.Time{}, err
	}
	// The newest event that is two days older; 0 = the journal is younger than that.
	var settled int64
	err = s.read.QueryRowContext(ctx, "SELECT coalesce((SELECT at_ms FROM journal WHERE at_ms < ? ORDER BY seq DESC LIMIT 1), 0)",
		newest-believedJump.Milliseconds()).Scan(&settled)
	if err != nil {
		return time.Time{}, fmt.Errorf("read journal: %w", err)
	}
	if settled > 0 && newest-settled > (believedAhead+believedJump).Milliseconds() {
		newest = settled
	}
	if limit := time.UnixMilli(newest).Add(believedAhead); now.After(limit) {
		return limit, nil
	}
	return now, nil
}
