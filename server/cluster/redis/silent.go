package redis

import (
	"sync/atomic"
	"time"

	"foyer/server/cluster"
)

const (
	// unrenewedAfter is how long a node has not renewed its lease when it may be cut off. It is wrong at no more cost than
	// that of a look at the store.
	unrenewedAfter = 2 * time.Second
	// doubtedFor is how long a node is doubted that was found silent last: longer than it takes to clear away after it.
	doubtedFor = 5 * time.Second
)

// silent are other nodes that may be cut off. What users choose there does not come here until they are taken for dead.
type silent struct {
	nodes atomic.Pointer[map[string]time.Time] // until when they are doubted; never changed in place
}

// note takes what renew says of the other nodes, one time after the other.
func (s *silent) note(got []any, now time.Time) {
	doubted := map[string]time.Time{}
	if old := s.nodes.Load(); old != nil {
		for id, until := range *old {
			if now.Before(until) {
				doubted[id] = until
			}
		}
	}
	for id, left := range leasesOf(got) {
		if left < lease-unrenewedAfter {
			doubted[id] = now.Add(doubtedFor)
		}
	}
	s.nodes.Store(&doubted)
}

// any reports whether one of the devices hangs on such a node.
func (s *silent) any(devices []cluster.Device) bool {
	doubted := s.nodes.Load()
	if doubted == nil || len(*doubted) == 0 {
		return false
	}
	for _, d := range devices {
		if _, is := (*doubted)[d.Node]; is {
			return true
		}
	}
	return false
}
