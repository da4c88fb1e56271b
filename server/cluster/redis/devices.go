package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	grace due // users with a device in grace
	self  func() string
	lost  func(error) // Redis did not answer; nil: nobody would say when it is back
	kept  kept[string]
	seen  seen[cluster.UserDevices]
	hung  *hung // users who have a device on a node, and some who had one

	deciding sync.Mutex      // held while this node decides without Redis
	owed     map[string]bool // users of whom it did; guarded by deciding
}

var (
	_ cluster.Devices = (*Devices)(nil)
	_ cluster.Upkeep  = (*Devices)(nil)
)

// NewDevices returns the Devices of a Client.
func NewDevices(c *Client) *Devices {
	return &Devices{c: c, grace: due{c, c.tagged(0, "due:devices")}, self: nobody, hung: newHung(c, "hung:"), owed: map[string]bool{}}
}

func (r *Devices) key(userID string) string { return r.c.key("d", cluster.UserTopic(userID)) }

// roll is one user's value.
type roll cluster.UserDevices

// update applies fn to what is known of a user, again if somebody wrote meanwhile. fn answers whether it changed anything.
// With Redis out of reach it is applied to what this node knows of the user, which is written down when Redis is back.
func (r *Devices) update(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
	err := r.written(ctx, userID, fn)
	if !away(err) || errors.Is(err, errBusy) || r.lost == nil {
		return err
	}
	r.lost(err)
	return r.alone(userID, fn)
}

// written is update with Redis alone.
func (r *Devices) written(ctx context.Context, userID string, fn func(u *roll) (bool, error)) error {
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
		r.seen.put(userID, cluster.UserDevices(*last))
	}
	return r.grace.at(ctx, userID, graceUntil)
}

func readRoll(body string) (*roll, error) {
	u := &roll{}
	if body == "" {
		return u, nil
	}
	if err := json.Unmarshal([]byte(body), u); err != nil {
		return nil, fmt.Errorf("devices of a user: %w", err)
	}
	return u, nil
}

// graceUntil is when the first grace ends, 0 if there is none. Unix milliseconds, rounded up.
func (u *roll) graceUntil() int64 {
	first := int64(0)
	for _, d := range u.Devices {
		if ms := (d.GraceUntil.UnixMicro() + 999) / 1000; !d.Connected && (first == 0 || ms < first) {
			first = max(ms, 1)
		}
	}
	return first
}

// Attach registers a device, in the place of another if there is one to take over. With Redis out of reach a device that
// names itself is believed: it is one of its own user's.
func (r *Devices) Attach(ctx context.Context, a cluster.Attach) (cluster.Attached, error) {
	leave := r.hung.enter(a.UserID)
	defer leave()
	var out cluster.Attached
	err := r.hung.add(ctx, a.Node, a.UserID)
	attach := func(u *roll) (bool, error) {
		var err error
		out, err = u.attach(a)
		return err == nil, err
	}
	if err == nil {
		err = r.written(ctx, a.UserID, attach)
	}
	if !away(err) || errors.Is(err, errBusy) || r.lost == nil {
		return out, err
	}
	r.lost(err)
	return out, r.alone(a.UserID, func(u *roll) (bool, error) {
		if u.heir(a) == nil && uuid.Validate(a.WantID) == nil {
			known := a.Device
			known.ID, known.Since = a.WantID, a.Now
			u.Devices = append(u.Devices, known)
		}
		changed, err := attach(u)
		if i := u.find(out.Device.ID, anySocket); err == nil && out.Resumed && i >= 0 {
			// What other nodes know of its messages is not known here: it goes on from where no count comes to.
			u.Devices[i].Seq = max(u.Devices[i].Seq, a.Now.UnixMicro())
			u.Devices[i].Visit = max(u.Devices[i].Visit, a.Now.UnixMicro()) // as how often it went elsewhere isn't
			out.Device = u.Devices[i]
		}
		return changed, err
	})
}

func (u *roll) attach(a cluster.Attach) (cluster.Attached, error) {
	u.Profile = a.Profile
	if heir := u.heir(a); heir != nil {
		return heir.takeOver(a), nil
	}
	var out cluster.Attached
	if a.Max > 0 && len(u.Devices) >= a.Max {
		oldest := u.oldestInGrace()
		if oldest < 0 {
			return out, cluster.ErrTooManyDevices
		}
		evicted := u.Devices[oldest]
		out.Evicted = &evicted
		u.forget(oldest)
	}
	out.Device = a.Device
	out.Device.Connected, out.Device.Since = true, a.Now
	u.Devices = append(u.Devices, out.Device)
	return out, nil
}

// device is one of a roll.
type device cluster.Device

// heir returns the device that a continues: the one it names, else the longest dropped one of its kind.
func (u *roll) heir(a cluster.Attach) *device {
	var heir *device
	for i := range u.Devices {
		d := (*device)(&u.Devices[i])
		switch {
		case a.WantID != "" && d.ID == a.WantID && d.Companion == a.Companion:
			return d
		case a.WantID == "" && heir == nil && !d.Connected && d.Kind == a.Kind && d.Companion == a.Companion && a.Now.Before(d.GraceUntil):
			heir = d
		}
	}
	return heir
}

func (d *device) takeOver(a cluster.Attach) cluster.Attached {
	out := cluster.Attached{Resumed: true}
	if d.Connected {
		before := cluster.Device(*d)
		out.Replaced = &before
		d.Seq += cluster.SeqLeap
	}
	d.Kind, d.Node, d.Incarnation, d.Visit = a.Kind, a.Node, a.Incarnation, d.Visit+1
	d.Connected, d.GraceUntil = true, time.Time{}
	out.Device = cluster.Device(*d)
	return out
}

func (u *roll) oldestInGrace() int {
	oldest := -1
	for i, d := range u.Devices {
		if !d.Connected && (oldest < 0 || d.GraceUntil.Before(u.Devices[oldest].GraceUntil)) {
			oldest = i
		}
	}
	return oldest
}

func (u *roll) forget(i int) { u.Devices = append(u.Devices[:i], u.Devices[i+1:]...) }

// find returns where a device is, -1 if it is not there, or hangs on another socket by now.
func (u *roll) find(id string, ofSocket func(incarnation string) bool) int {
	for i, d := range u.Devices {
		if d.ID == id && ofSocket(d.Incarnation) {
			return i
		}
	}
	return -1
}

func anySocket(string) bool { return true }

func socketOf(d cluster.Device) func(string) bool {
	return func(incarnation string) bool { return incarnation == d.Incarnation }
}

// Drop starts the grace of d unless its socket was replaced.
func (r *Devices) Drop(ctx context.Context, d cluster.Device, until time.Time) (mine bool, err error) {
	err = r.update(ctx, d.UserID, func(u *roll) (bool, error) {
		i := u.find(d.ID, socketOf(d))
		if mine = i >= 0; !mine {
			return false, nil
		}
		have := &u.Devices[i]
		have.Connected, have.GraceUntil, have.Seq = false, until, max(have.Seq, d.Seq)
		return true, nil
	})
	return mine && err == nil, err
}

// Remove forgets d unless its socket was replaced.
func (r *Devices) Remove(ctx context.Context, d cluster.Device) (mine bool, err error) {
	err = r.update(ctx, d.UserID, func(u *roll) (bool, error) {
		i := u.find(d.ID, socketOf(d))
		if mine = i >= 0; mine {
			u.forget(i)
		}
		return mine, nil
	})
	return mine && err == nil, err
}

// Change applies fn to a device that is still there; more than once if others write meanwhile.
func (r *Devices) Change(ctx context.Context, userID, deviceID string, fn func(*cluster.Device)) error {
	return r.update(ctx, userID, func(u *roll) (bool, error) {
		i := u.find(deviceID, anySocket)
		if i >= 0 {
			fn(&u.Devices[i])
		}
		return i >= 0, nil
	})
}

// Of returns the devices of users; who has none is not in the map. With Redis out of reach they are as this node last saw
// them.
func (r *Devices) Of(ctx context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	keys := make([]string, len(userIDs))
	for i, id := range userIDs {
		keys[i] = r.key(id)
	}
	began := time.Now()
	values, err := r.c.loadAll(ctx, keys)
	if away(err) {
		return r.seen.of(userIDs), nil
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
			out[userIDs[i]] = cluster.UserDevices(*u) // #nosec G602 -- one value for each id that was asked for
		}
	}
	r.seen.note(userIDs, out, began)
	return out, nil
}

// SetProfile replaces a user's profile, if the user has devices.
func (r *Devices) SetProfile(ctx context.Context, userID string, p cluster.Profile) error {
	return r.update(ctx, userID, func(u *roll) (bool, error) {
		u.Profile = p
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
		var over []cluster.Device
		err := r.written(ctx, id, func(u *roll) (bool, error) {
			over = over[:0]
			for i := 0; i < len(u.Devices); i++ {
				if d := u.Devices[i]; !d.Connected && !now.Before(d.GraceUntil) {
					over = append(over, d)
					u.forget(i)
					i--
				}
			}
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
		if u.find(d.ID, anySocket) >= 0 {
			return false, nil
		}
		if len(u.Devices) == 0 {
			u.Profile = p
		}
		d.Connected = false
		u.Devices = append(u.Devices, d)
		return true, nil
	})
}

// Abandon ends the graces of the devices of a node that is no more, and returns their users. What is due then is done by
// Reap.
func (r *Devices) Abandon(ctx context.Context, node string, now time.Time) ([]string, error) {
	return r.abandon(ctx, node, now, func(cluster.Device) bool { return true })
}

// abandon begins, until the given time, the graces of those devices of a node that are picked.
func (r *Devices) abandon(ctx context.Context, node string, until time.Time, picked func(cluster.Device) bool) ([]string, error) {
	users, err := r.hung.of(ctx, node)
	if err != nil {
		return nil, err
	}
	for _, id := range users {
		err := r.written(ctx, id, func(u *roll) (bool, error) {
			changed := false
			for i := range u.Devices {
				if d := &u.Devices[i]; d.Node == node && d.Connected && picked(*d) {
					// How far its messages got is not known, only that it sent fewer.
					d.Connected, d.GraceUntil, d.Seq, changed = false, until, d.Seq+cluster.SeqLeap, true
				}
			}
			return changed, nil
		})
		if err != nil {
			return nil, err
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
