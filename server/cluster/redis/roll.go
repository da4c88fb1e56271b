package redis

import (
	"encoding/json"
	"fmt"
	"time"

	"foyer/server/cluster"
)

// roll is one user's value.
type roll struct{ cluster.UserDevices }

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

// abandon begins the graces of those devices of a node that are picked, and reports whether there were any.
func (u *roll) abandon(node string, until time.Time, picked func(cluster.Device) bool) (changed bool) {
	for i := range u.Devices {
		if d := &u.Devices[i]; d.Node == node && d.Connected && picked(*d) {
			// How far its messages got is not known, only that it sent fewer.
			d.Connected, d.GraceUntil, d.Seq, changed = false, until, d.Seq+cluster.SeqLeap, true
		}
	}
	return changed
}
