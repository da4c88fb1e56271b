package server

import (
	"foyer/protocol"
	"foyer/server/store"
)

// urgency says whose requests come first, and whose are refused first, when the database has more to do than it can:
// searches, then lists and panels, then whoever comes into a session, then what people do to each other. What takes
// something back, ends something or protects somebody is never refused for load.
func urgency(m protocol.Method) store.Urgency {
	switch m {
	case protocol.MethodPeopleSearch:
		return store.Search
	case protocol.MethodInvitationList, protocol.MethodConnectionList, protocol.MethodRelationList, protocol.MethodSettingsGet,
		protocol.MethodPeopleInSession, protocol.MethodPeopleRecent, protocol.MethodPeopleFocus,
		protocol.MethodSessionList, protocol.MethodSessionBans:
		return store.Look
	case protocol.MethodSessionCreate, protocol.MethodSessionJoin:
		return store.Enter
	case protocol.MethodInvitationWithdraw, protocol.MethodInvitationWithdrawMany, protocol.MethodInvitationDecline,
		protocol.MethodConnectionRemove, protocol.MethodUserBlock,
		protocol.MethodSessionLeave, protocol.MethodSessionKick, protocol.MethodSessionClose,
		protocol.MethodPeopleUnfocus, protocol.MethodTokenRefresh:
		return store.Urgent
	}
	return store.Act
}

// urgency is that of a request of the device's: who came back goes on to the session before those who are new.
func (d *Device) urgency(m protocol.Method) store.Urgency {
	if m == protocol.MethodSessionJoin && d.resumed {
		return store.Return
	}
	return urgency(m)
}

// helloUrgency is that of a hello: whoever was here a moment ago comes before those who are new.
func helloUrgency(p *protocol.HelloParams) store.Urgency {
	if p.Resume != nil {
		return store.Return
	}
	return store.Enter
}
