// Package memory has the Bus, the Devices and the Registry of sessions for nodes that live in one process.
// A single server uses it with one node; stories use it with several.
package memory

import (
	"context"
	"sync"

	"foyer/server/cluster"
)

// Hub connects the Buses of the nodes in one process.
type Hub struct {
	mu     sync.RWMutex
	topics map[cluster.Topic][]*interest // guarded by mu; slices are never changed in place
}

// interest is one node's in one topic.
type interest struct {
	bus   *Bus
	count int // guarded by Hub.mu
}

// NewHub returns a Hub without nodes.
func NewHub() *Hub { return &Hub{topics: map[cluster.Topic][]*interest{}} }

// Bus is one node's end. It delivers on the publisher's goroutine.
type Bus struct {
	hub     *Hub
	receive func(cluster.Topic, *cluster.Message)
}

var _ cluster.Bus = (*Bus)(nil)

// Bus returns a new node's end.
func (h *Hub) Bus() *Bus { return &Bus{hub: h} }

// Receive sets who gets the messages.
func (b *Bus) Receive(fn func(cluster.Topic, *cluster.Message)) { b.receive = fn }

// Publish calls the receiver of each node that subscribes to t, outside any lock.
func (b *Bus) Publish(t cluster.Topic, m *cluster.Message) {
	b.hub.mu.RLock()
	to := b.hub.topics[t]
	b.hub.mu.RUnlock()
	for _, i := range to {
		i.bus.receive(t, m)
	}
}

// Wanted reports whether any node subscribes to t now.
func (b *Bus) Wanted(t cluster.Topic) bool {
	b.hub.mu.RLock()
	defer b.hub.mu.RUnlock()
	return len(b.hub.topics[t]) > 0
}

// Subscribe counts one more interest in t.
func (b *Bus) Subscribe(_ context.Context, t cluster.Topic) error {
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	old := b.hub.topics[t]
	for _, i := range old {
		if i.bus == b {
			i.count++
			return nil
		}
	}
	b.hub.topics[t] = append(old[:len(old):len(old)], &interest{bus: b, count: 1})
	return nil
}

// Unsubscribe counts one interest less in t.
func (b *Bus) Unsubscribe(t cluster.Topic) {
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	old := b.hub.topics[t]
	for n, i := range old {
		if i.bus != b {
			continue
		}
		if i.count--; i.count > 0 {
			return
		}
		if len(old) == 1 {
			delete(b.hub.topics, t)
			return
		}
		b.hub.topics[t] = append(append(make([]*interest, 0, len(old)-1), old[:n]...), old[n+1:]...)
		return
	}
}
