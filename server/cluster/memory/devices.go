package memory

import (
	"context"
	"sync"
	"time"

	"foyer/server/cluster"
)

// Devices knows the devices of all nodes in the process.
type Devices struct {
	mu    sync.Mutex
	users map[string]*userDevices    // guarded by mu
	grace map[string]*cluster.Device // by device id: those not connected; guarded by mu
}

type userDevices struct {
	devices []*cluster.Device // in order of coming
	profile cluster.Profile
}

var (
	_ cluster.Devices = (*Devices)(nil)
	_ cluster.Upkeep  = (*Devices)(nil)
)

// NewDevices returns a Devices that knows nobody.
func NewDevices() *Devices {
	return &Devices{users: map[string]*userDevices{}, grace: map[string]*cluster.Device{}}
}

// Attach registers a device, in the place of another if there is one to take over.
func (r *Devices) Attach(_ context.Context, a cluster.Attach) (cluster.Attached, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[a.UserID]
	if u == nil {
		u = &userDevices{}
		r.users[a.UserID] = u
	}
	u.profile = a.Profile.Newer(u.profile)
	if old := u.heir(a); old != nil {
		return r.takeOver(old, a), nil
	}
	var evicted *cluster.Device
	if a.Max > 0 && len(u.devices) >= a.Max {
		if evicted = u.oldestInGrace(); evicted == nil {
			return cluster.Attached{}, cluster.ErrTooManyDevices
		}
		r.forget(u, evicted)
		r.users[a.UserID] = u
	}
	d := a.Device
	d.Connected, d.Since = true, a.Now
	u.devices = append(u.devices, &d)
	return cluster.Attached{Device: d, Evicted: evicted}, nil
}

// heir returns the device that a continues: the one it names, else the longest dropped one of its kind.
func (u *userDevices) heir(a cluster.Attach) *cluster.Device {
	var heir *cluster.Device
	for _, d := range u.devices {
		switch {
		case a.WantID != "" && d.ID == a.WantID && d.Companion == a.Companion:
			return d
		case a.WantID == "" && heir == nil && !d.Connected && d.Kind == a.Kind && d.Companion == a.Companion && a.Now.Before(d.GraceUntil):
			heir = d
		}
	}
	return heir
}

func (u *userDevices) oldestInGrace() *cluster.Device {
	var oldest *cluster.Device
	for _, d := range u.devices {
		if !d.Connected && (oldest == nil || d.GraceUntil.Before(oldest.GraceUntil)) {
			oldest = d
		}
	}
	return oldest
}

func (r *Devices) takeOver(old *cluster.Device, a cluster.Attach) cluster.Attached {
	out := cluster.Attached{Resumed: true}
	if old.Connected {
		before := *old
		out.Replaced = &before
		old.Seq += cluster.SeqLeap
	}
	old.Kind, old.Node, old.Incarnation = a.Kind, a.Node, a.Incarnation
	old.Connected, old.GraceUntil = true, time.Time{}
	delete(r.grace, old.ID)
	out.Device = *old
	return out
}

// Drop starts the grace of d unless its socket was replaced.
func (r *Devices) Drop(_ context.Context, d cluster.Device, until time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, have := r.find(d.UserID, d.ID)
	if have == nil || have.Incarnation != d.Incarnation {
		return false, nil
	}
	have.Connected, have.GraceUntil = false, until
	have.Seq = max(have.Seq, d.Seq)
	r.grace[have.ID] = have
	return true, nil
}

// Remove forgets d unless its socket was replaced.
func (r *Devices) Remove(_ context.Context, d cluster.Device) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, have := r.find(d.UserID, d.ID)
	if have == nil || have.Incarnation != d.Incarnation {
		return false, nil
	}
	r.forget(u, have)
	return true, nil
}

// Change applies fn to a device that is still there.
func (r *Devices) Change(_ context.Context, userID, deviceID string, fn func(*cluster.Device)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, have := r.find(userID, deviceID); have != nil {
		fn(have)
	}
	return nil
}

// Of returns the devices of users; who has none is not in the map.
func (r *Devices) Of(_ context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]cluster.UserDevices, len(userIDs))
	for _, id := range userIDs {
		u := r.users[id]
		if u == nil {
			continue
		}
		v := cluster.UserDevices{Profile: u.profile, Devices: make([]cluster.Device, len(u.devices))}
		for i, d := range u.devices {
			v.Devices[i] = *d
		}
		out[id] = v
	}
	return out, nil
}

// SetProfile replaces a user's profile, if the user has devices and no newer one is known.
func (r *Devices) SetProfile(_ context.Context, userID string, p cluster.Profile) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u := r.users[userID]; u != nil {
		u.profile = p.Newer(u.profile)
	}
	return nil
}

// Reap forgets and returns the devices whose grace is over.
func (r *Devices) Reap(_ context.Context, now time.Time) ([]cluster.Device, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var gone []cluster.Device
	for _, d := range r.grace {
		if now.Before(d.GraceUntil) {
			continue
		}
		gone = append(gone, *d)
		r.forget(r.users[d.UserID], d)
	}
	return gone, nil
}

// Restore puts a device of before a restart back, in grace.
func (r *Devices) Restore(_ context.Context, d cluster.Device, p cluster.Profile) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, have := r.find(d.UserID, d.ID); have != nil {
		return nil
	}
	u := r.users[d.UserID]
	if u == nil {
		u = &userDevices{profile: p}
		r.users[d.UserID] = u
	}
	d.Connected = false
	u.devices = append(u.devices, &d)
	r.grace[d.ID] = &d
	return nil
}

func (r *Devices) find(userID, deviceID string) (*userDevices, *cluster.Device) {
	u := r.users[userID]
	if u == nil {
		return nil, nil
	}
	for _, d := range u.devices {
		if d.ID == deviceID {
			return u, d
		}
	}
	return u, nil
}

func (r *Devices) forget(u *userDevices, d *cluster.Device) {
	delete(r.grace, d.ID)
	for i, have := range u.devices {
		if have == d {
			u.devices = append(u.devices[:i], u.devices[i+1:]...)
			break
		}
	}
	if len(u.devices) == 0 {
		delete(r.users, d.UserID)
	}
}
