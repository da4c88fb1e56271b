package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"foyer/server/cluster"
)

// reapBatch is how many users one look at those in grace has.
const reapBatch = 200

// Devices knows the devices of all nodes that share a Redis: one value for each user, decided on in Go.
type Devices struct {
	c     *Client
	grace *due // users with a device in grace
	self  func() string
	now   func() time.Time // the nodes' common clock
	lost  func(error)      // Redis did not answer; nil: nobody would say when it is back
	kept  kept[string]
	seen  seen[cluster.UserDevices]
	hung  *hung // users who have a device on a node, and some who had one
	quiet silent

	deciding sync.Mutex      // held while this node decides without Redis
	owed     map[string]bool // users of whom it did; guarded by deciding
}

var (
	_ cluster.Devices = (*Devices)(nil)
	_ cluster.Upkeep  = (*Devices)(nil)
)

// NewDevices returns the Devices of a Client.
func NewDevices(c *Client) *Devices {
	return &Devices{c: c, grace: newDue(c, c.tagged(0, "due:devices")), self: nobody, now: time.Now, hung: newHung(c, "hung:"), owed: map[string]bool{}}
}

func (r *Devices) key(userID string) string { return r.c.key("d", cluster.UserTopic(userID)) }

// update applies fn to what is known of a user, again if somebody wrote meanwhile. fn answers whether it changed anything.
// With Redis out of reach it is applied to what this node knows of the user, which is written down when Redis is back.
func (r *Devices) update(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
	leave := r.hung.hold(userID)
	defer leave()
	err := r.written(ctx, userID, fn)
	if !away(err) || errors.Is(err, errBusy) || r.lost == nil {
		return err
	}
	defer r.lost(err) // afterwards, so that the check that finds Redis back also finds what it is owed
	return r.alone(userID, fn)
}

// written is update with Redis alone: not before what was decided without it stands there. The caller holds the user, so
// that what is remembered is what was written last.
func (r *Devices) written(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
	if r.owes(userID) {
		return unreachable(errAway)
	}
	return r.write(ctx, userID, fn)
}

func (r *Devices) write(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
	graceUntil := int64(0)
	var last *roll
	err := r.c.update(ctx, r.key(userID), 0, func(body string) (string, bool, error) {
		u, err := readRoll(body)
		if err != nil {
			return "", false, err
		}
		changed, err := fn(u)
		if err != nil || !changed {
			return "", false, err
		}
		last, graceUntil = u, u.graceUntil()
		if len(u.Devices) == 0 {
			return "", true, nil
		}
		return u.text(), true, nil
	})
	if err != nil {
		return err
	}
	if last != nil {
		r.kept.put(userID, last.text(), r.ours(last))
		r.seen.put(userID, last.UserDevices)
	}
	return r.grace.at(ctx, userID, graceUntil)
}

// rewritten is update that fails with Redis out of reach.
func (r *Devices) rewritten(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
	leave := r.hung.hold(userID)
	defer leave()
	return r.written(ctx, userID, fn)
}

// Attach registers a device, in the place of another if there is one to take over. With Redis out of reach a device that
// names itself is believed: it is one of its own user's.
func (r *Devices) Attach(ctx context.Context, a cluster.Attach) (cluster.Attached, error) {
	leave := r.hung.hold(a.UserID)
	defer leave()
	var out cluster.Attached
	err := r.hung.add(ctx, a.Node, a.UserID)
	attach := func(u *roll) (bool, error) {
		var err error
		out, err = u.Attach(a)
		return err == nil, err
	}
	if err == nil {
		err = r.written(ctx, a.UserID, attach)
	}
	if !away(err) || errors.Is(err, errBusy) || r.lost == nil {
		return out, err
	}
	defer r.lost(err) // as in update
	return out, r.alone(a.UserID, func(u *roll) (bool, error) {
		if u.Heir(a) < 0 && uuid.Validate(a.WantID) == nil {
			known := a.Device
			known.ID, known.Since = a.WantID, a.Now
			u.Devices = append(u.Devices, known)
		}
		changed, err := attach(u)
		if i := u.Find(out.Device.ID); err == nil && out.Resumed && i >= 0 {
			// What other nodes know of its messages is not known here: it goes on from where no count comes to.
			u.Devices[i].Seq = max(u.Devices[i].Seq, a.Now.UnixMicro())
			u.Devices[i].Visit = max(u.Devices[i].Visit, a.Now.UnixMicro()) // as how often it went elsewhere isn't
			out.Device = u.Devices[i]
		}
		return changed, err
	})
}

// Drop starts the grace of d unless its socket was replaced.
func (r *Devices) Drop(ctx context.Context, d cluster.Device, until time.Time) (mine bool, err error) {
	return r.leave(ctx, d, func(u *roll) bool { return u.Drop(d, until) })
}

// Remove forgets d unless its socket was replaced.
func (r *Devices) Remove(ctx context.Context, d cluster.Device) (mine bool, err error) {
	return r.leave(ctx, d, func(u *roll) bool { return u.Remove(d) })
}

// leave does to a device what its socket's end brings, unless that was replaced. Then nothing is written, and this node has
// to be told that the device isn't here any more: it would put it back when Redis has been away.
func (r *Devices) leave(ctx context.Context, d cluster.Device, fn func(u *roll) bool) (mine bool, err error) {
	replaced := false
	err = r.update(ctx, d.UserID, func(u *roll) (bool, error) {
		mine = fn(u)
		replaced = !mine && u.Find(d.ID) >= 0
		return mine, nil
	})
	if err == nil && replaced {
		err = r.forget(d)
	}
	return mine && err == nil, err
}

// forget has this node know nothing of a socket any more.
func (r *Devices) forget(d cluster.Device) error {
	leave := r.hung.hold(d.UserID)
	defer leave()
	r.deciding.Lock()
	defer r.deciding.Unlock()
	u, err := readRoll(r.kept.of(d.UserID))
	if err != nil {
		return err
	}
	if u.Remove(d) {
		r.kept.put(d.UserID, u.text(), r.ours(u))
	}
	return nil
}

// Change applies fn to a device that is still there; more than once if others write meanwhile.
func (r *Devices) Change(ctx context.Context, userID, deviceID string, fn func(*cluster.Device)) error {
	return r.update(ctx, userID, func(u *roll) (bool, error) {
		i := u.Find(deviceID)
		if i >= 0 {
			fn(&u.Devices[i])
		}
		return i >= 0, nil
	})
}

// Of returns the devices of users; who has none is not in the map. With Redis out of reach they are as this node last saw
// them, as are those of whom the others have yet to learn what it decided.
func (r *Devices) Of(ctx context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	if mine, others := r.split(userIDs); len(mine) > 0 {
		out, err := r.Of(ctx, others...)
		if err == nil {
			maps.Copy(out, r.lastSeen(mine))
		}
		return out, err
	}
	keys := make([]string, len(userIDs))
	for i, id := range userIDs {
		keys[i] = r.key(id)
	}
	began := time.Now()
	values, err := r.c.loadAll(ctx, keys)
	if away(err) {
		return r.lastSeen(userIDs), nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]cluster.UserDevices, len(userIDs))
	for i, v := range values {
		u, err := readRoll(v.body)
		if err != nil {
			return nil, err
		}
		if len(u.Devices) > 0 {
			u.Unsure = r.quiet.any(u.Devices)
			out[userIDs[i]] = u.UserDevices // #nosec G602 -- one value for each id that was asked for
		}
	}
	r.seen.note(userIDs, out, began)
	return out, nil
}

// lastSeen is what this node knows of users by itself.
func (r *Devices) lastSeen(userIDs []string) map[string]cluster.UserDevices {
	known := r.seen.of(userIDs)
	out := make(map[string]cluster.UserDevices, len(userIDs))
	for _, id := range userIDs {
		u := known[id]
		u.Alone = true
		out[id] = u
	}
	return out
}

// SetProfile replaces a user's profile, if the user has devices and no newer one is known.
func (r *Devices) SetProfile(ctx context.Context, userID string, p cluster.Profile) error {
	return r.update(ctx, userID, func(u *roll) (bool, error) {
		u.Profile = p.Newer(u.Profile)
		return len(u.Devices) > 0, nil
	})
}

// Reap forgets and returns the devices whose grace is over. Of several nodes that look at the same time, one gets each.
func (r *Devices) Reap(ctx context.Context, now time.Time) ([]cluster.Device, error) {
	users, err := r.grace.until(ctx, now.UnixMilli(), reapBatch)
	if err != nil {
		return nil, err
	}
	var gone []cluster.Device
	for _, id := range users {
		if r.owes(id) {
			continue // who is gone by what Redis has may have come here
		}
		var over []cluster.Device
		err := r.rewritten(ctx, id, func(u *roll) (bool, error) {
			over = u.Reap(now)
			return len(over) > 0, nil
		})
		if err != nil {
			return gone, err
		}
		gone = append(gone, over...)
		if err := r.grace.done(ctx, id, func() (int64, error) { return r.nextGrace(ctx, id) }); err != nil {
			return gone, err
		}
	}
	return gone, nil
}

func (r *Devices) nextGrace(ctx context.Context, userID string) (int64, error) {
	v, err := r.c.load(ctx, r.key(userID))
	if err != nil {
		return 0, err
	}
	u, err := readRoll(v.body)
	if err != nil {
		return 0, err
	}
	return u.graceUntil(), nil
}

// Restore puts a device of before a restart back, in grace.
func (r *Devices) Restore(ctx context.Context, d cluster.Device, p cluster.Profile) error {
	return r.update(ctx, d.UserID, func(u *roll) (bool, error) {
		return u.Restore(d, p), nil
	})
}

// Abandon ends the graces of the devices of a node that is no more, and returns their users. What is due then is done by
// Reap. What users chose is read anew, if that is possible: the node may have been cut off when they did.
func (r *Devices) Abandon(ctx context.Context, node string, now time.Time, profiles profilesOf) ([]string, error) {
	return r.abandon(ctx, node, now, profiles, func(cluster.Device) bool { return true })
}

// profilesOf returns users' profiles as they now are.
type profilesOf func(ctx context.Context, users []string) (map[string]cluster.Profile, error)

// abandon begins, until the given time, the graces of those devices of a node that are picked. profiles may be nil.
func (r *Devices) abandon(ctx context.Context, node string, until time.Time, profiles profilesOf, picked func(cluster.Device) bool) ([]string, error) {
	users, err := r.hung.of(ctx, node)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(users, readAtOnce) {
		var chosen map[string]cluster.Profile
		if profiles != nil {
			chosen, _ = profiles(ctx, part) // else what Redis has
		}
		for _, id := range part {
			err := r.rewritten(ctx, id, func(u *roll) (bool, error) {
				u.Profile = chosen[id].Newer(u.Profile)
				return u.abandon(node, until, picked), nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return users, nil
}

// desert forgets what this node knows of its own devices: others have taken it for dead.
func (r *Devices) desert() {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	r.kept.clear()
	r.seen.clear()
	r.hung.lose()
	clear(r.owed)
}
