package redis

import (
	"context"
	"sync"
)

// hung is, for each node, the set of what has to be looked at when the node is no more: the users with devices on it, or
// the sessions that these are in. A name is added before what it stands for is written, and taken out some time after.
type hung struct {
	c      *Client
	prefix string

	mu    sync.Mutex
	added map[string]string        // by name: the node that it was added for; guarded by mu
	held  map[string]chan struct{} // names that something is being written for, or that are being taken out; guarded by mu
}

func newHung(c *Client, prefix string) *hung {
	return &hung{c: c, prefix: prefix, added: map[string]string{}, held: map[string]chan struct{}{}}
}

func (h *hung) key(node string) string { return h.c.tagged(0, h.prefix+node) }

// hold has what this node writes of a name, and remembers of it, be one after the other until leave is called; nor is the
// name taken out meanwhile.
func (h *hung) hold(name string) (leave func()) {
	done := make(chan struct{})
	for {
		h.mu.Lock()
		wait := h.held[name]
		if wait == nil {
			h.held[name] = done
			h.mu.Unlock()
			break
		}
		h.mu.Unlock()
		<-wait // some calls to Redis long
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, name)
		close(done)
	}
}

// add puts a name into a node's set.
func (h *hung) add(ctx context.Context, node, name string) error {
	h.mu.Lock()
	there := h.added[name] == node
	h.mu.Unlock()
	if there {
		return nil
	}
	if err := h.c.rdb.SAdd(ctx, h.key(node), name).Err(); err != nil {
		return unreachable(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.added[name] = node
	return nil
}

// vouch puts a name into another node's set.
func (h *hung) vouch(ctx context.Context, node, name string) error {
	return unreachable(h.c.rdb.SAdd(ctx, h.key(node), name).Err())
}

// of returns a node's set.
func (h *hung) of(ctx context.Context, node string) ([]string, error) {
	names, err := h.c.rdb.SMembers(ctx, h.key(node)).Result()
	return names, unreachable(err)
}

// end forgets a node's set.
func (h *hung) end(ctx context.Context, node string) error {
	return unreachable(h.c.rdb.Del(ctx, h.key(node)).Err())
}

// lose takes note that Redis may have lost the sets.
func (h *hung) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.added)
}

// takenOutAtOnce is how many names one call takes out.
const takenOutAtOnce = 1000

// tidy takes out what this node has added and isn't so any more.
func (h *hung) tidy(ctx context.Context, node string, still func(name string) bool) error {
	h.mu.Lock()
	var over []any
	done := make(chan struct{})
	for name, of := range h.added {
		if of == node && h.held[name] == nil && !still(name) {
			over = append(over, name)
			h.held[name] = done
			delete(h.added, name)
			if len(over) == takenOutAtOnce {
				break
			}
		}
	}
	h.mu.Unlock()
	if len(over) == 0 {
		return nil
	}
	err := h.c.rdb.SRem(ctx, h.key(node), over...).Err()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range over {
		delete(h.held, name.(string)) //nolint:forcetypeassert // put there above
	}
	close(done)
	return unreachable(err)
}
