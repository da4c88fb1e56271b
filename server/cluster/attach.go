package cluster

import (
	"slices"
	"time"
)

// Attach registers a device, in the place of another if there is one to take over.
func (u *UserDevices) Attach(a Attach) (Attached, error) {
	u.Profile = a.Profile.Newer(u.Profile)
	if i := u.Heir(a); i >= 0 {
		return u.Devices[i].takeOver(a), nil
	}
	var out Attached
	if a.Max > 0 && len(u.Devices) >= a.Max {
		oldest := u.oldestInGrace()
		if oldest < 0 {
			return out, ErrTooManyDevices
		}
		evicted := u.Devices[oldest]
		out.Evicted = &evicted
		u.Forget(oldest)
	}
	out.Device = a.Device
	out.Device.Connected, out.Device.Since = true, a.Now
	u.Devices = append(u.Devices, out.Device)
	return out, nil
}

// Heir returns where the device is that a continues: the one it names, else the longest dropped one of its kind; -1 if there
// is none.
func (u *UserDevices) Heir(a Attach) int {
	return slices.IndexFunc(u.Devices, func(d Device) bool {
		switch {
		case d.Companion != a.Companion:
			return false
		case a.WantID != "":
			return d.ID == a.WantID
		default:
			return !d.Connected && d.Kind == a.Kind && a.Now.Before(d.GraceUntil)
		}
	})
}

func (d *Device) takeOver(a Attach) Attached {
	out := Attached{Resumed: true}
	if d.Connected {
		before := *d
		out.Replaced = &before
		d.Seq += SeqLeap
	}
	d.Kind, d.Node, d.Incarnation, d.Visit = a.Kind, a.Node, a.Incarnation, d.Visit+1
	d.Connected, d.GraceUntil = true, time.Time{}
	out.Device = *d
	return out
}

func (u *UserDevices) oldestInGrace() int {
	oldest := -1
	for i, d := range u.Devices {
		if !d.Connected && (oldest < 0 || d.GraceUntil.Before(u.Devices[oldest].GraceUntil)) {
			oldest = i
		}
	}
	return oldest
}

// Find returns where a device is, -1 if it is not there.
func (u *UserDevices) Find(id string) int {
	return slices.IndexFunc(u.Devices, func(d Device) bool { return d.ID == id })
}

// FindSocket returns where d is, -1 if it is not there, or hangs on another socket by now.
func (u *UserDevices) FindSocket(d Device) int {
	i := u.Find(d.ID)
	if i >= 0 && u.Devices[i].Incarnation != d.Incarnation {
		return -1
	}
	return i
}

// Forget removes the device at i.
func (u *UserDevices) Forget(i int) { u.Devices = slices.Delete(u.Devices, i, i+1) }

// Drop begins the grace of d unless its socket was replaced, and reports whether it did.
func (u *UserDevices) Drop(d Device, until time.Time) bool {
	i := u.FindSocket(d)
	if i < 0 {
		return false
	}
	have := &u.Devices[i]
	have.Connected, have.GraceUntil, have.Seq = false, until, max(have.Seq, d.Seq)
	return true
}

// Remove forgets d unless its socket was replaced, and reports whether it did.
func (u *UserDevices) Remove(d Device) bool {
	i := u.FindSocket(d)
	if i >= 0 {
		u.Forget(i)
	}
	return i >= 0
}

// Reap forgets and returns the devices whose grace is over.
func (u *UserDevices) Reap(now time.Time) (gone []Device) {
	u.Devices = slices.DeleteFunc(u.Devices, func(d Device) bool {
		over := !d.Connected && !now.Before(d.GraceUntil)
		if over {
			gone = append(gone, d)
		}
		return over
	})
	return gone
}

// Restore puts a device of before a restart back, in grace, and reports whether it was missing. What its user chose is taken
// if they have no other.
func (u *UserDevices) Restore(d Device, p Profile) bool {
	if u.Find(d.ID) >= 0 {
		return false
	}
	if len(u.Devices) == 0 {
		u.Profile = p
	}
	d.Connected = false
	u.Devices = append(u.Devices, d)
	return true
}
