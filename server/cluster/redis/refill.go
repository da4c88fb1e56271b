package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// ghostGrace is how long a device is waited for whose socket ended while Redis was away.
const ghostGrace = 10 * time.Second

// away reports whether an error says that Redis is out of reach.
func away(err error) bool { return errors.Is(err, protocol.Refuse(protocol.Unavailable)) }

// nobody is the ID of no node.
func nobody() string { return "" }

// ours reports whether one of a user's devices hangs on this node.
func (r *Devices) ours(u *roll) bool {
	self := r.self()
	return self != "" && slices.ContainsFunc(u.Devices, func(d cluster.Device) bool { return d.Connected && d.Node == self })
}

// alone decides on a user's devices without Redis, by what this node knows of them.
func (r *Devices) alone(userID string, fn func(u *roll) (bool, error)) error {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	u, err := readRoll(r.kept.of(userID))
	if err != nil {
		return err
	}
	if !r.kept.has(userID) {
		if last, ok := r.seen.of([]string{userID})[userID]; ok {
			*u = roll{cluster.UserDevices{Devices: slices.Clone(last.Devices), Profile: last.Profile}}
		}
	}
	changed, err := fn(u)
	if err != nil || !changed {
		return err
	}
	r.kept.put(userID, u.text(), true)
	r.seen.put(userID, u.UserDevices)
	r.owed[userID] = true
	return nil
}

// owes reports whether the others have yet to learn what this node decided on a user alone.
func (r *Devices) owes(userID string) bool {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	return r.owed[userID]
}

// split tells users of whom it owes something from the others.
func (r *Devices) split(userIDs []string) (owed, others []string) {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	if len(r.owed) == 0 {
		return nil, userIDs
	}
	for _, id := range userIDs {
		if r.owed[id] {
			owed = append(owed, id)
		} else {
			others = append(others, id)
		}
	}
	return owed, others
}

// refill writes back what this node knows of the devices that hang on it, and what became of them while Redis was away.
// It returns the sockets, of whichever node, that others have taken the place of.
// What they chose is read anew, if that is possible: it may have been told to another node, and nobody who hid is shown again.
func (r *Devices) refill(ctx context.Context, owner asked) (replaced []cluster.Device, err error) {
	short, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	for users := range slices.Chunk(slices.Collect(maps.Keys(r.kept.all())), readAtOnce) {
		chosen, _ := owner.Profiles(short, users) // else what is known here, unless Redis has something newer
		for _, user := range users {
			old, err := r.refillOne(ctx, user, chosen[user], owner)
			if err != nil {
				return replaced, err
			}
			replaced = append(replaced, old...)
		}
	}
	return replaced, nil
}

func (r *Devices) refillOne(ctx context.Context, user string, chosen cluster.Profile, owner asked) (replaced []cluster.Device, err error) {
	leave := r.hung.hold(user)
	defer leave()
	self, text := r.self(), r.kept.of(user)
	owed := r.owes(user)
	mine, err := readRoll(text)
	if err != nil {
		return nil, err
	}
	mine.Profile = chosen.Newer(mine.Profile)
	if err := r.hung.add(ctx, self, user); err != nil {
		return nil, err
	}
	soonest := r.now().Add(ghostGrace)
	hangs := func(d cluster.Device) bool { return owner.Hangs(d.UserID, d.ID, d.Incarnation) }
	err = r.write(ctx, user, func(u *roll) (changed bool, _ error) {
		replaced, changed = u.follow(mine, self, owed, soonest, hangs)
		return changed, nil
	})
	if err != nil {
		return nil, err
	}
	r.deciding.Lock()
	delete(r.owed, user)
	r.deciding.Unlock()
	if !r.ours(mine) {
		r.kept.drop(user, text)
	}
	return replaced, nil
}

// follow does to u what became of the devices of a node, and returns the sockets that lost their device by it. owed says
// that something did; else what is missing comes back, and what hangs here since a later visit than the one written there:
// a node that a device has left may have written it back first. A node that is alone tells visits apart by its clock, which
// may be wrong: what is here counts more than what is waited for, and which of two sockets is still used is found out by
// closing the one that seems to be the earlier. No grace ends before soonest.
func (u *roll) follow(mine *roll, node string, owed bool, soonest time.Time, hangs func(cluster.Device) bool) (replaced []cluster.Device, changed bool) {
	for _, d := range mine.Devices {
		if d.Node != node {
			continue
		}
		if !d.Connected && d.GraceUntil.Before(soonest) {
			d.GraceUntil = soonest
		}
		switch i := u.Find(d.ID); {
		case i < 0 && (d.Connected || owed):
			u.Devices, changed = append(u.Devices, d), true
		case i < 0:
		case u.Devices[i].Incarnation == d.Incarnation:
			if owed {
				d.Seq = max(d.Seq, u.Devices[i].Seq)
				changed = changed || u.Devices[i] != d
				u.Devices[i] = d
			}
		case d.Connected && (d.Visit > u.Devices[i].Visit || !u.Devices[i].Connected && hangs(d)):
			if u.Devices[i].Connected {
				replaced = append(replaced, u.Devices[i])
			}
			d.Seq, d.Visit = max(d.Seq, u.Devices[i].Seq), max(d.Visit, u.Devices[i].Visit+1)
			u.Devices[i], changed = d, true
		case d.Connected && hangs(d):
			replaced = append(replaced, d)
		}
	}
	if p := mine.Profile.Newer(u.Profile); len(u.Devices) > 0 && p != u.Profile {
		u.Profile, changed = p, true
	}
	if !owed {
		return replaced, changed
	}
	for i := len(u.Devices) - 1; i >= 0; i-- {
		if d := u.Devices[i]; d.Node == node && mine.Find(d.ID) < 0 {
			u.Forget(i)
			changed = true
		}
	}
	return replaced, changed
}

func (r *Registry) ours(v *session.Roster) bool {
	self := r.self()
	if self == "" || v == nil {
		return false
	}
	for _, m := range v.Snapshot().Members {
		for _, d := range m.Devices {
			if d.Connected && d.Node == self {
				return true
			}
		}
	}
	return false
}

// connected returns the connected devices of those who are on this node, as far as they may be in sessions. They are as
// they are written down, and hang on whichever node: one that this node remembers may have gone to another while this one
// was stopped.
func (r *Devices) connected(ctx context.Context) (map[string][]cluster.Device, error) {
	out := map[string][]cluster.Device{}
	for users := range slices.Chunk(slices.Collect(maps.Keys(r.kept.all())), readAtOnce) {
		keys := make([]string, len(users))
		for i, user := range users {
			keys[i] = r.key(user)
		}
		values, err := r.c.loadAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			u, err := readRoll(v.body)
			if err != nil {
				return nil, err
			}
			for _, d := range u.Devices {
				if d.Connected && !d.Companion {
					out[users[i]] = append(out[users[i]], d) // #nosec G602 -- one value for each user that was asked for
				}
			}
		}
	}
	return out, nil
}

// attachAll has the members of sessions hang on the sockets that their devices have by now.
func (r *Registry) attachAll(ctx context.Context, devices map[string][]cluster.Device) error {
	places, err := r.Places(ctx, slices.Collect(maps.Keys(devices)))
	if err != nil {
		return err
	}
	sessions := map[string][]string{}
	for user, id := range places {
		sessions[id] = append(sessions[id], user)
	}
	for id, users := range sessions {
		_, err := r.ask(ctx, id, &task{do: func(v *session.Roster) ([]string, error) {
			for _, user := range users {
				for _, d := range devices[user] {
					if v != nil {
						v.Attach(user, session.Device{ID: d.ID, Kind: d.Kind, Node: d.Node, Link: d.Incarnation, Connected: true})
					}
				}
			}
			return nil, nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
