package session

import (
	"maps"
	"reflect"
	"slices"

	"foyer/protocol"
)

// Pending reports whether anything happened since the last Take.
func (r *Roster) Pending() bool { return len(r.before) > 0 }

// Take returns all that happened since the last Take as one change, and raises the version, or returns false if it came
// to nothing. Only what is there afterwards counts: who joined and left meanwhile is not in it, who left and joined
// again is updated, so that the order of its parts doesn't matter.
func (r *Roster) Take() (protocol.SessionRoster, bool) {
	c := protocol.SessionRoster{SessionID: r.ID, Joined: []protocol.Member{}, Updated: []protocol.Member{}, Left: []protocol.Left{}}
	var joined []*Member
	for id, was := range r.before {
		now := r.members[id]
		switch {
		case was == nil && now == nil:
		case was == nil:
			joined = append(joined, now)
		case now == nil:
			c.Left = append(c.Left, protocol.Left{UserID: id, Number: was.Number, Reason: r.reasons[id]})
		default:
			if w := now.Wire(); !reflect.DeepEqual(w, was.Wire()) {
				c.Updated = append(c.Updated, w)
			}
		}
	}
	clear(r.before)
	clear(r.reasons)
	if len(joined)+len(c.Updated)+len(c.Left) == 0 {
		return c, false
	}
	slices.SortFunc(joined, older)
	for _, m := range joined {
		c.Joined = append(c.Joined, m.Wire())
	}
	slices.SortFunc(c.Updated, func(a, b protocol.Member) int { return int(a.Number) - int(b.Number) })
	slices.SortFunc(c.Left, func(a, b protocol.Left) int { return int(a.Number) - int(b.Number) })
	r.Version++
	c.Version = r.Version
	return c, true
}

// Snapshot returns the members in the order of joining.
func (r *Roster) Snapshot() Snapshot {
	s := Snapshot{SessionID: r.ID, Version: r.Version, Members: make([]Member, 0, len(r.members))}
	for _, m := range r.sorted() {
		s.Members = append(s.Members, *m)
	}
	return s
}

// Standings returns how the users stand to the session.
func (r *Roster) Standings(userIDs []string) Standings {
	s := Standings{Summary: r.Summary(), Creator: r.rules.Creator, By: make(map[string]Standing, len(userIDs))}
	for _, id := range userIDs {
		if m := r.members[id]; m != nil {
			s.By[id] = Standing{Member: m, Role: m.Role}
		} else if g, ok := r.gone[id]; ok {
			s.By[id] = Standing{LeftAt: g.at, Left: g.reason, Role: g.role}
		}
	}
	return s
}

// Summary returns what a list shows.
func (r *Roster) Summary() Summary {
	h := r.members[r.host]
	return Summary{Count: len(r.members), Host: r.host, Inherited: h != nil && h.Inherited()}
}

// Sweep takes out whose grace is over at now, and forgets who left long ago.
func (r *Roster) Sweep(now int64) []Departure {
	maps.DeleteFunc(r.gone, func(_ string, g gone) bool { return g.at+RecentFor <= now })
	if r.dropped == 0 {
		return nil
	}
	over := func(d Device) bool { return !d.Connected && d.GraceUntil <= now }
	var due []*Member
	for _, m := range r.members {
		if slices.ContainsFunc(m.Devices, over) {
			due = append(due, m)
		}
	}
	slices.SortFunc(due, older)
	var out []Departure
	for _, m := range due {
		c := *r.members[m.User.ID] // as it is by now: it may have become the host
		c.Devices = slices.DeleteFunc(slices.Clone(c.Devices), over)
		if len(c.Devices) > 0 {
			r.put(&c)
		} else {
			out = append(out, *r.remove(r.members[m.User.ID], protocol.LeftDropped, now))
		}
	}
	return out
}

// Idle reports whether the session has been empty for the given time, and isn't meant to stay.
func (r *Roster) Idle(now, emptyAfter int64) bool {
	return !r.ended && len(r.members) == 0 && !r.rules.Persistent && r.emptySince+emptyAfter <= now
}

// Forgettable reports whether nothing would be lost with the roster: nobody is in it, nobody left it lately, and what
// it knows of the rules was read long ago by whoever still decides on older ones.
func (r *Roster) Forgettable(now int64) bool {
	return len(r.members) == 0 && len(r.before) == 0 && r.emptySince+RecentFor <= now && (r.ended || r.rules.Persistent)
}
