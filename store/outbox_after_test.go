package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestResultAfter: what a try came to meets what was done to the row meanwhile.
func TestResultAfter(t *testing.T) {
	done := OutboxResult{State: OutboxDone}
	later := OutboxResult{State: OutboxPending}
	doubt := OutboxResult{State: OutboxPending, Unknown: true}
	refused := OutboxResult{State: OutboxParked}
	stuck := OutboxResult{State: OutboxParked, Unknown: true}
	for _, c := range []struct {
		name     string
		result   OutboxResult
		state    OutboxState
		recalled bool
		want     OutboxState
	}{
		{"told", done, OutboxPending, false, OutboxDone},
		{"told although recalled", done, OutboxPending, true, OutboxDone},
		{"told although done by hand", done, OutboxByHand, false, OutboxDone},
		{"told although corrected", done, OutboxReplaced, false, OutboxDone},
		{"told although withdrawn", done, OutboxWithdrawn, true, OutboxDone},
		{"told stays told", later, OutboxDone, false, OutboxDone},
		{"later", later, OutboxPending, false, OutboxPending},
		{"in doubt", doubt, OutboxPending, false, OutboxPending},
		{"refused", refused, OutboxPending, false, OutboxParked},
		{"not sent and recalled", later, OutboxPending, true, OutboxWithdrawn},
		{"refused and recalled", refused, OutboxPending, true, OutboxWithdrawn},
		{"in doubt and recalled", doubt, OutboxPending, true, OutboxPending},
		{"parked in doubt and recalled", stuck, OutboxPending, true, OutboxParked},
		{"by hand is not undone", later, OutboxByHand, false, OutboxByHand},
		{"by hand is not parked", refused, OutboxByHand, false, OutboxByHand},
		{"corrected is not undone", doubt, OutboxReplaced, false, OutboxReplaced},
		{"withdrawn is not undone", later, OutboxWithdrawn, true, OutboxWithdrawn},
	} {
		if got := c.result.after(c.state, c.recalled); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestHeadsDontLookAtWhatIsDone: with a million rows told, the next one must be
// found as fast as on the first day.
func TestHeadsDontLookAtWhatIsDone(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "data"), Options{Station: "bench-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.read.Query("EXPLAIN QUERY PLAN "+headsQuery, "shop", 1, 1, OutboxCap)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	text := strings.Join(plan, "\n")
	if !strings.Contains(text, "SEARCH o USING INDEX outbox_open") && !strings.Contains(text, "SEARCH o USING INDEX outbox_state") || !strings.Contains(text, "SEARCH e USING") || strings.Contains(text, "SCAN") {
		t.Errorf("plan:\n%s", text)
	}
}
