package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"foyer/server/cluster"
)

// Devices knows the devices of all nodes in the process.
type Devices struct {
	mu    sync.Mutex
	users map[string]*cluster.UserDevices // guarded by mu; none without devices
	grace map[string]struct{}             // users who have, or had, a device in grace; guarded by mu
}

var (
	_ cluster.Devices = (*Devices)(nil)
	_ cluster.Upkeep  = (*Devices)(nil)
)

// NewDevices returns a Devices that knows nobody.
func NewDevices() *Devices {
	return &Devices{users: map[string]*cluster.UserDevices{}, grace: map[string]struct{}{}}
}

// update applies fn to what is known of a user.
func (r *Devices) update(userID string, fn func(u *cluster.UserDevices)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[userID]
	if u == nil {
		u = &cluster.UserDevices{}
	}
	if fn(u); len(u.Devices) > 0 {
		r.users[userID] = u
	} else {
		delete(r.users, userID)
	}
}

// Attach registers a device, in the place of another if there is one to take over.
func (r *Devices) Attach(_ context.Context, a cluster.Attach) (out cluster.Attached, err error) {
	r.update(a.UserID, func(u *cluster.UserDevices) { out, err = u.Attach(a) })
	return out, err
}

// Drop starts the grace of d unless its socket was replaced.
func (r *Devices) Drop(_ context.Context, d cluster.Device, until time.Time) (mine bool, _ error) {
	r.update(d.UserID, func(u *cluster.UserDevices) {
		if mine = u.Drop(d, until); mine {
			r.grace[d.UserID] = struct{}{}
		}
	})
	return mine, nil
}

// Remove forgets d unless its socket was replaced.
func (r *Devices) Remove(_ context.Context, d cluster.Device) (mine bool, _ error) {
	r.update(d.UserID, func(u *cluster.UserDevices) { mine = u.Remove(d) })
	return mine, nil
}

// Change applies fn to a device that is still there.
func (r *Devices) Change(_ context.Context, userID, deviceID string, fn func(*cluster.Device)) error {
	r.update(userID, func(u *cluster.UserDevices) {
		if i := u.Find(deviceID); i >= 0 {
			fn(&u.Devices[i])
		}
	})
	return nil
}

// Of returns the devices of users; who has none is not in the map.
func (r *Devices) Of(_ context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]cluster.UserDevices, len(userIDs))
	for _, id := range userIDs {
		if u := r.users[id]; u != nil {
			out[id] = cluster.UserDevices{Profile: u.Profile, Devices: slices.Clone(u.Devices)}
		}
	}
	return out, nil
}

// SetProfile replaces a user's profile, if the user has devices and no newer one is known.
func (r *Devices) SetProfile(_ context.Context, userID string, p cluster.Profile) error {
	r.update(userID, func(u *cluster.UserDevices) { u.Profile = p.Newer(u.Profile) })
	return nil
}

// Reap forgets and returns the devices whose grace is over.
func (r *Devices) Reap(_ context.Context, now time.Time) (gone []cluster.Device, _ error) {
	r.mu.Lock()
	waited := make([]string, 0, len(r.grace))
	for id := range r.grace {
		waited = append(waited, id)
	}
	r.mu.Unlock()
	for _, id := range waited {
		r.update(id, func(u *cluster.UserDevices) {
			gone = append(gone, u.Reap(now)...)
			if !slices.ContainsFunc(u.Devices, func(d cluster.Device) bool { return !d.Connected }) {
				delete(r.grace, id)
			}
		})
	}
	return gone, nil
}

// Restore puts a device of before a restart back, in grace.
func (r *Devices) Restore(_ context.Context, d cluster.Device, p cluster.Profile) error {
	r.update(d.UserID, func(u *cluster.UserDevices) {
		if u.Restore(d, p) {
			r.grace[d.UserID] = struct{}{}
		}
	})
	return nil
}
