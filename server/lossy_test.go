package server

import (
	"sync"

	"foyer/server/cluster"
)

// Receives makes the node take each message of the Bus as often as times says. It belongs before the node's first device.
func (s *Server) Receives(times func(*cluster.Message) int) {
	var mu sync.Mutex
	s.bus.Receive(func(t cluster.Topic, m *cluster.Message) {
		mu.Lock()
		n := times(m)
		mu.Unlock()
		for range n {
			s.received(t, m)
		}
	})
}
