package upstream

import (
	"time"

	"packbench/store"
)

// Back-off: equal jitter, half of the wait is fixed and half is chance, so that
// twenty benches that lost the same network don't come back in the same second.
const (
	backoffBase = time.Second
	backoffCap  = store.OutboxCap * time.Millisecond // 5 min
)

// QuietCap is the longest pause that a connection may ask for.
const QuietCap = time.Hour

// backoff is the wait before the n-th retry (n ≥ 1); chance is in [0,1).
func backoff(n int, chance float64) time.Duration {
	d := backoffBase
	for ; n > 1 && d < backoffCap; n-- {
		d *= 2
	}
	d = min(d, backoffCap)
	return d/2 + time.Duration(chance*float64(d/2))
}
