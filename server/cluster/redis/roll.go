package redis

import (
	"encoding/json"
	"fmt"
	"time"

	"foyer/server/cluster"
)

// roll is one user's value.
type roll cluster.UserDevices

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

func (u *roll) text() string {
	text, err := json.Marshal(u)
	if err != nil {
		panic("redis: " + err.Error()) // a Device is made of what always encodes
	}
	return string(text)
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

func (u *roll) attach(a cluster.Attach) (cluster.Attached, error) {
	u.Profile = a.Profile.Newer(u.Profile)
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
