package session

import (
	"slices"

	"foyer/protocol"
)

// Device is one of a member's devices in a session. Companions are none: they follow their user.
type Device struct {
	ID   string
	Kind protocol.Kind
	Node string // the node that it hangs on
	// Link names the socket. A device that came back has another one, so that the end of the old socket, when it is
	// noticed late, doesn't take the device away.
	Link       string
	Connected  bool
	DroppedAt  int64 // Unix milliseconds, 0 while connected
	GraceUntil int64 // Unix milliseconds, 0 while connected
}

// Member is a user in a session. Its slices and maps are never changed in place: a change makes a new Member.
type Member struct {
	User   protocol.User
	Number uint16
	Role   protocol.Role
	// Former is the role that an inherited host had before; "" for everybody else, a host who was given the role too.
	Former     protocol.Role
	Attributes protocol.Attributes
	// Muted says that a host or cohost set the attribute muted, which the member then can't take back.
	Muted    bool
	Devices  []Device
	JoinedAt int64 // Unix milliseconds; also the stay's beginning
	// Stamp is higher after each change, over all members of a session. It is compared, never shown.
	Stamp int64
}

// Connected reports whether any of the member's devices is.
func (m *Member) Connected() bool {
	return slices.ContainsFunc(m.Devices, func(d Device) bool { return d.Connected })
}

// Inherited reports whether the member is host only because the host before has gone.
func (m *Member) Inherited() bool { return m.Former != "" }

// Wire returns the member as clients see it.
func (m *Member) Wire() protocol.Member {
	w := protocol.Member{
		User: m.User, Number: m.Number, Role: m.Role, Attributes: m.Attributes,
		Devices: make([]protocol.Kind, len(m.Devices)), Connected: m.Connected(), JoinedAt: protocol.AtMillis(m.JoinedAt),
	}
	if w.Attributes == nil {
		w.Attributes = protocol.Attributes{}
	}
	for i, d := range m.Devices {
		w.Devices[i] = d.Kind
	}
	return w
}

// lastSeen is when the member's last device dropped, or now if one is connected. Unix milliseconds.
func (m *Member) lastSeen(now int64) int64 {
	seen := int64(0)
	for _, d := range m.Devices {
		if d.Connected || d.DroppedAt == 0 {
			return now
		}
		seen = max(seen, d.DroppedAt)
	}
	if seen == 0 {
		return now
	}
	return min(seen, now)
}

// older orders members by when they joined.
func older(a, b *Member) int {
	switch {
	case a.JoinedAt != b.JoinedAt:
		return int(max(-1, min(1, a.JoinedAt-b.JoinedAt)))
	default:
		return int(a.Number) - int(b.Number)
	}
}
