package session

import "foyer/protocol"

// applicant is who wants to enter, as far as the rules look at it.
type applicant struct {
	userID  string
	member  bool // or in grace
	visible bool // may know of the session
	banned  bool
	// passwordRight is asked last, since it takes long.
	passwordRight func() bool
}

// admission says whether a may enter the session, as far as its record decides: room for one more is the Registry's to
// know. It returns the first refusal of not found, banned, locked, wrong password. A member needs nothing; the creator
// passes the lock and the password.
func admission(r *Record, a applicant) *protocol.Error {
	creator := r.Creator != "" && r.Creator == a.userID
	switch {
	case a.member:
		return nil
	case !a.visible && !creator:
		return protocol.Refuse(protocol.SessionNotFound)
	case a.banned && !creator:
		return protocol.Refuse(protocol.Banned)
	case r.Locked && !creator:
		return protocol.Refuse(protocol.SessionLocked)
	case r.PasswordHash != "" && !creator && !a.passwordRight():
		return protocol.Refuse(protocol.WrongPassword)
	}
	return nil
}

// open reports whether the asker needs nothing to enter, whoever is in and whoever is the host.
func (l *Lookup) open() bool {
	return l.Unblocked && !l.Banned && !l.Locked && l.PasswordHash == "" && l.Visibility != protocol.VisibilityConnections
}

// visible reports whether a session may be known to someone who stands so to its host. With no host it is the
// creator's; one of the server API that asks for connections has nobody's.
func visible(v protocol.Visibility, host string, connected, blocked bool) bool {
	switch {
	case host == "":
		return v != protocol.VisibilityConnections
	case blocked:
		return false
	}
	return v != protocol.VisibilityConnections || connected
}
