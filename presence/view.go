package presence

import (
	"slices"

	"foyer/protocol"
)

// Viewer is how someone stands to the person whose presence they look at.
type Viewer struct {
	Self        bool
	Connected   bool
	SameSession bool // both are members of the session that the person is in
	Blocked     bool // either has blocked the other
}

// may reports whether v sees presence at all.
func (v Viewer) may() bool { return v.Self || (v.Connected || v.SameSession) && !v.Blocked }

// Offline is what anyone sees of a person who isn't there.
func Offline() protocol.Presence {
	return protocol.Presence{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}
}

// View returns what v sees of f, nil for nothing. The value shares f's list of devices: it is not to be changed.
//
// The members of the session that an invisible person is in see them as they are; all others see offline. An
// invisible person's own view is offline too, with their note and the mark that it is their choice.
func View(f Full, v Viewer) *protocol.Presence {
	if !v.may() {
		return nil
	}
	p := Offline()
	switch {
	case f.Offline():
	case f.Invisible && v.Self:
		p.Note, p.Invisible = f.Note, true
	case f.Invisible && !v.SameSession:
	default:
		p.Status, p.Note, p.Devices = f.Status, f.Note, f.Devices
		if s := f.Session; s != nil && (!s.Private || v.SameSession || v.Self) {
			p.Session = &protocol.SessionName{ID: s.ID, Name: s.Name}
		}
		if !f.Since.IsZero() {
			at := protocol.At(f.Since)
			p.Since = &at
		}
	}
	return &p
}

// Delta returns what v is to be told when before became after, nil for nothing. What v can't see the change of,
// v is not told: else the telling itself would show that an invisible person is there.
func Delta(before, after Full, v Viewer) *protocol.Presence {
	old, now := View(before, v), View(after, v)
	if now == nil || Same(old, now) {
		return nil
	}
	return now
}

// Same reports whether a and b look alike on the wire.
func Same(a, b *protocol.Presence) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Status == b.Status && a.Note == b.Note && a.Invisible == b.Invisible &&
		same(a.Session, b.Session) && slices.Equal(a.Devices, b.Devices) &&
		(a.Since == nil) == (b.Since == nil) && (a.Since == nil || a.Since.Equal(b.Since.Time))
}

func same(a, b *protocol.SessionName) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
