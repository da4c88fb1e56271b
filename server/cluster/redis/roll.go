package redis

import (
	"encoding/json"
	"fmt"

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
