package session

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"foyer/protocol"
)

// Alone is what a node decided by itself about one session while it could not reach the others.
type Alone struct {
	Base *Roster // as the node last knew it from the others
	Mine *Roster // what became of it here
	Node string
	// Reasons are why those left who are missing from Mine.
	Reasons map[string]protocol.LeaveReason
}

// Owns reports whether all devices of a member hang on the node: then it decides alone what becomes of the member.
func (a *Alone) Owns(userID string) bool {
	for _, r := range []*Roster{a.Base, a.Mine} {
		if m := r.members[userID]; m != nil && slices.ContainsFunc(m.Devices, func(d Device) bool { return d.Node != a.Node }) {
			return false
		}
	}
	return true
}

// Follow does to r what the node decided alone. What others decided meanwhile stays, and a stay that is over is not begun
// again. Graces end no sooner than at graceUntil. The version leaves a hole behind that of either side, so that whoever
// was told one of them is shown the whole. It returns who left, or whom the session's end took out. Times are Unix
// milliseconds.
func (r *Roster) Follow(a *Alone, at, graceUntil int64) []Departure {
	r.Version = max(r.Version, a.Mine.Version) + 1
	switch {
	case r.ended:
		return nil
	case a.Mine.ended:
		return r.End(at)
	}
	var out []Departure
	ids := slices.Sorted(maps.Keys(a.Base.members))
	if i := slices.Index(ids, a.Mine.host); i >= 0 { // the last, as the host before has to make room
		ids = append(slices.Delete(ids, i, i+1), a.Mine.host)
	}
	for _, id := range ids {
		was, mine, now := a.Base.members[id], a.Mine.members[id], r.members[id]
		switch {
		case now == nil || now.JoinedAt != was.JoinedAt || now.Number != was.Number: // others decided
		case mine == nil:
			out = append(out, *r.remove(now, a.Reasons[id], at))
		default:
			r.followMember(a, id, graceUntil)
		}
	}
	if r.host == "" {
		r.inherit()
	}
	return out
}

// followMember does to a member who is still in what the node did.
func (r *Roster) followMember(a *Alone, id string, graceUntil int64) {
	was, mine, now := a.Base.members[id], a.Mine.members[id], r.members[id]
	c := *now
	c.Devices = followDevices(was, mine, now, a.Node, graceUntil)
	if a.Owns(id) {
		c.Attributes = followAttributes(was, mine, now)
		if was.User != mine.User {
			c.User = mine.User
		}
		if was.Muted != mine.Muted {
			c.Muted = mine.Muted
		}
		if host := mine.Role == protocol.RoleHost; (was.Role != mine.Role || was.Former != mine.Former) && (!host || r.host == "" || r.host == id) {
			c.Role, c.Former = mine.Role, mine.Former
		}
	}
	if len(c.Devices) > 0 && !reflect.DeepEqual(*now, c) {
		r.put(&c)
	}
}

// followAttributes returns now's attributes with what the node changed. Whom a host of the others muted meanwhile stays muted,
// whatever they themselves said of it.
func followAttributes(was, mine, now *Member) protocol.Attributes {
	change := protocol.Attributes{}
	for key, value := range mine.Attributes {
		if !bytes.Equal(value, was.Attributes[key]) {
			change[key] = value
		}
	}
	for key := range was.Attributes {
		if _, kept := mine.Attributes[key]; !kept {
			change[key] = json.RawMessage("null")
		}
	}
	if now.Muted && was.Muted == mine.Muted && now.Role != protocol.RoleHost {
		delete(change, muted)
	}
	if len(change) == 0 {
		return now.Attributes
	}
	merged, err := mergeAttributes(now.Attributes, change)
	if err != nil { // too much, together
		return now.Attributes
	}
	return merged
}

// followDevices returns now's devices with what the node did to those that hang on it, or came to it.
func followDevices(was, mine, now *Member, node string, graceUntil int64) []Device {
	out := slices.Clone(now.Devices)
	index := func(list []Device, id string) int {
		return slices.IndexFunc(list, func(d Device) bool { return d.ID == id })
	}
	for _, d := range mine.Devices {
		link := "" // that it had before
		if i := index(was.Devices, d.ID); i >= 0 {
			if link = was.Devices[i].Link; was.Devices[i] == d {
				continue
			}
		}
		if d.Node != node {
			continue
		}
		if !d.Connected {
			d.GraceUntil = max(d.GraceUntil, graceUntil)
		}
		switch i := index(out, d.ID); {
		case i < 0:
			out = append(out, d)
		case out[i].Link == link || d.Link != link: // else it has gone to another node, and this one's word is old
			out[i] = d
		}
	}
	return slices.DeleteFunc(out, func(d Device) bool {
		return index(mine.Devices, d.ID) < 0 && index(was.Devices, d.ID) >= 0 && d.Link == was.Devices[index(was.Devices, d.ID)].Link
	})
}
