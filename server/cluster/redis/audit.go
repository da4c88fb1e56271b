package redis

import (
	"context"
	"maps"
	"slices"
	"time"

	"foyer/server/cluster"
	"foyer/session"
)

// audit begins the grace of what is said to hang on this node, and doesn't, if that is due: not when it is seen first, as
// a device is written down a moment before its socket is known.
func (n *Node) audit(ctx context.Context) {
	n.mu.Lock()
	due := n.away == nil && n.audits > 0 && !time.Now().Before(n.auditAt)
	n.mu.Unlock()
	if !due || n.lookForGhosts(ctx) != nil {
		return // the next beat tries again
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.audits--
	n.auditAt = time.Now().Add(quietTime / 2)
}

// attachOwn has the members of sessions hang on the sockets that the list of devices says. It looks again afterwards, as a
// device may just have gone to another node: the last one to look is right.
func (n *Node) attachOwn(ctx context.Context) error {
	for before := map[string][]cluster.Device(nil); ; {
		now, err := n.devices.connected(ctx)
		if err != nil || before != nil && maps.EqualFunc(before, now, slices.Equal) {
			return err
		}
		if err := n.registry.attachAll(ctx, now); err != nil {
			return err
		}
		before = now
	}
}

func (n *Node) lookForGhosts(ctx context.Context) error {
	if err := n.attachOwn(ctx); err != nil { // others may have put an older socket back
		return err
	}
	id, suspects := n.ID(), map[string]bool{}
	_, err := n.devices.abandon(ctx, id, time.Time{}, nil, func(d cluster.Device) bool {
		suspects[d.Incarnation] = !n.owner.Hangs(d.UserID, d.ID, d.Incarnation)
		return false
	})
	if err != nil {
		return err
	}
	err = n.registry.drop(ctx, id, 0, 0, func(user string, d session.Device) bool {
		suspects[d.Link] = !n.owner.Hangs(user, d.ID, d.Link)
		return false
	})
	if err != nil {
		return err
	}
	if err := pause(ctx, renewEvery); err != nil {
		return err
	}
	now := n.registry.now()
	_, err = n.devices.abandon(ctx, id, now.Add(ghostGrace), nil, func(d cluster.Device) bool {
		return suspects[d.Incarnation] && !n.owner.Hangs(d.UserID, d.ID, d.Incarnation)
	})
	if err != nil {
		return err
	}
	return n.registry.drop(ctx, id, now.UnixMilli(), now.Add(ghostGrace).UnixMilli(), func(user string, d session.Device) bool {
		return suspects[d.Link] && !n.owner.Hangs(user, d.ID, d.Link)
	})
}
