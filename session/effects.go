package session

import "foyer/protocol"

// Effects are what others must learn of a change. Rosters are not among them: the Registry publishes those.
type Effects struct {
	Ended   []Ended            // session.ended, to the devices named and the user's companions
	Updated []protocol.Session // session.updated, to the session's members
	Placed  []Placed           // what it changed of presence
	Renamed []string           // sessions that presence shows otherwise now: their name or visibility is another
}

// Ended tells a user's devices that they are no longer in a session. A user who left by choice is told of nothing; for
// the companions of such a user Ended comes with Companions and no Devices.
type Ended struct {
	SessionID  string
	UserID     string
	Reason     protocol.EndReason
	Devices    []Device
	Companions bool  // the user's companions have to be told too
	Stamp      int64 // the member's last: whoever entered with a higher one is in by a later stay
}

// Placed says in which session a user now is; "" is none.
type Placed struct {
	UserID    string
	SessionID string
}

func (e *Effects) merge(o Effects) {
	e.Ended = append(e.Ended, o.Ended...)
	e.Updated = append(e.Updated, o.Updated...)
	e.Placed = append(e.Placed, o.Placed...)
	e.Renamed = append(e.Renamed, o.Renamed...)
}

// departed are the effects of a member's end in one session, if the user went nowhere else.
func departed(d *Departure, reason protocol.EndReason) Effects {
	ended := Ended{SessionID: d.SessionID, UserID: d.Member.User.ID, Reason: reason, Devices: d.Member.Devices, Companions: true, Stamp: d.Member.Stamp}
	return Effects{Ended: []Ended{ended}, Placed: []Placed{{UserID: d.Member.User.ID}}}
}
