package protocol

import "reflect"

// MethodInfo is a row of the table of methods, from which the server dispatches and the documents are made.
type MethodInfo struct {
	Method  Method
	Summary string
	// Durable methods take an op_id: the same one of the same user is carried out once.
	Durable bool
	// NewParams and NewResult return pointers to zero values of the method's structs.
	NewParams, NewResult func() any
}

// NotificationInfo is a row of the table of notifications.
type NotificationInfo struct {
	Method  Method
	Summary string
	// NewParams returns a pointer to a zero value of the notification's struct.
	NewParams func() any
}

func method[P, R any](m Method, summary string) MethodInfo {
	_, durable := reflect.TypeFor[P]().FieldByName("OpID")
	return MethodInfo{m, summary, durable, func() any { return new(P) }, func() any { return new(R) }}
}

func notification[P any](m Method, summary string) NotificationInfo {
	return NotificationInfo{m, summary, func() any { return new(P) }}
}

// Methods returns the table of all methods, in the order of the documentation.
func Methods() []MethodInfo {
	return []MethodInfo{
		method[HelloParams, HelloResult](MethodHello, "Opens the conversation, and resumes an earlier one."),
		method[TokenRefreshParams, TokenRefreshResult](MethodTokenRefresh, "Replaces the token in place by a newer one of the same user."),

		method[InvitationSendParams, InvitationSendResult](MethodInvitationSend, "Asks a person to connect; connects at once if they asked first."),
		method[InvitationWithdrawParams, RelationResult](MethodInvitationWithdraw, "Takes an open invitation back, silently."),
		method[InvitationWithdrawManyParams, InvitationWithdrawManyResult](MethodInvitationWithdrawMany, "Takes many or all open invitations back."),
		method[InvitationParams, RelationResult](MethodInvitationAccept, "Accepts a received invitation."),
		method[InvitationDeclineParams, RelationResult](MethodInvitationDecline, "Declines a received invitation; its sender is told nothing."),
		method[InvitationParams, RelationOnly](MethodInvitationUndoDecline, "Takes a decline back."),
		method[InvitationListParams, InvitationListResult](MethodInvitationList, "Lists sent or received invitations, newest first."),
		method[InvitationMarkSeenParams, UnseenResult](MethodInvitationMarkSeen, "Marks received invitations as seen."),

		method[ConnectionListParams, ConnectionListResult](MethodConnectionList, "Lists the caller's connections by name."),
		method[UserParams, RelationResult](MethodConnectionRemove, "Ends a connection, silently."),
		method[Page, RelationListResult](MethodRelationList, "Lists every relation that is not none."),
		method[UserParams, RelationResult](MethodUserBlock, "Blocks a person, who is not told."),
		method[UserParams, RelationResult](MethodUserUnblock, "Ends a block; nothing else comes back."),
		method[Empty, SettingsResult](MethodSettingsGet, "Returns the caller's settings."),
		method[SettingsUpdateParams, SettingsResult](MethodSettingsUpdate, "Changes the settings given and leaves the rest."),

		method[PeopleSearchParams, PeopleResult](MethodPeopleSearch, "Finds people by the beginning of a name, or by an exact address."),
		method[PeopleInSessionParams, PeopleInSessionResult](MethodPeopleInSession, "Lists the members of the caller's session."),
		method[Page, PeopleResult](MethodPeopleRecent, "Lists people met in sessions lately."),
		method[FocusParams, Focus](MethodPeopleFocus, "Opens this device's focus panel on a person and keeps it live."),
		method[Empty, Empty](MethodPeopleUnfocus, "Closes this device's focus panel."),
		method[PresenceSetParams, PresenceSetResult](MethodPresenceSet, "Sets this device's status, and the user's note."),

		method[SessionCreateParams, SessionJoinResult](MethodSessionCreate, "Creates a session and joins it as its host."),
		method[SessionListParams, SessionListResult](MethodSessionList, "Lists the sessions that the caller may join."),
		method[SessionJoinParams, SessionJoinResult](MethodSessionJoin, "Joins a session and leaves the one before."),
		method[SessionParams, Empty](MethodSessionLeave, "Leaves a session."),
		method[SessionUpdateParams, SessionResult](MethodSessionUpdate, "Changes what is given of a session; for its host and cohosts."),
		method[SessionSetAttributesParams, MemberResult](MethodSessionSetAttributes, "Merges attributes into one's own, or mutes another."),
		method[SessionSetRoleParams, MemberResult](MethodSessionSetRole, "Gives a member a role; for the host."),
		method[SessionKickParams, Empty](MethodSessionKick, "Removes a member, and with ban keeps them out."),
		method[SessionUserParams, Empty](MethodSessionUnban, "Lifts a ban."),
		method[SessionBansParams, UsersResult](MethodSessionBans, "Lists who is banned; for the host and cohosts."),
		method[SessionSubscribeParams, Empty](MethodSessionSubscribe, "Says whose states this device wants at every tick, and how often the others'."),
		method[SessionSendParams, SeqResult](MethodSessionSend, "Sends a message to the members of a session, at most once."),
		method[SessionCloseParams, Empty](MethodSessionClose, "Ends a session for everybody; for its host."),
	}
}

// Notifications returns the table of all notifications, in the order of the documentation.
func Notifications() []NotificationInfo {
	return []NotificationInfo{
		notification[RelationChanged](NotifyRelationChanged, "A relation changed in the user's view."),
		notification[UnseenResult](NotifyInvitationSeen, "Invitations were marked seen on another device."),
		notification[SettingsChanged](NotifySettingsChanged, "The user's settings changed."),
		notification[Focus](NotifyFocusChanged, "What the open focus panel shows changed."),
		notification[PresenceChanged](NotifyPresenceChanged, "The latest presence of connections."),
		notification[SessionRoster](NotifySessionRoster, "All that happened to a session's members within a tick."),
		notification[SessionJoinResult](NotifySessionResync, "The session from scratch, where something may have been missed."),
		notification[SessionResult](NotifySessionUpdated, "The session's own properties changed."),
		notification[SessionMessage](NotifySessionMessage, "A member's message."),
		notification[SessionEnded](NotifySessionEnded, "The user is no longer in the session."),
		notification[ServerDraining](NotifyServerDraining, "The node is about to stop: come back elsewhere after the wait."),
		notification[TokenExpiring](NotifyTokenExpiring, "The device's token ends soon: refresh it."),
	}
}
