package cluster

import (
	"context"
	"time"
)

// Pace counts what a user may do so many times in any minute, on all nodes together.
type Pace interface {
	// Take counts one more of userID's at now and returns 0; or, when there were limit within the minute before, counts
	// nothing and returns how long until there is room. It never fails: while the others can't be asked, a node goes by
	// what it counted itself.
	Take(ctx context.Context, userID string, limit int, now time.Time) time.Duration
}
