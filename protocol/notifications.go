package protocol

import "encoding/json"

// The notifications of version 1.
const (
	NotifyRelationChanged Method = "relation.changed"
	NotifyInvitationSeen  Method = "invitation.seen"
	NotifySettingsChanged Method = "settings.changed"
	NotifyFocusChanged    Method = "people.focus_changed"
	NotifyPresenceChanged Method = "presence.changed"
	NotifySessionRoster   Method = "session.roster"
	NotifySessionResync   Method = "session.resync"
	NotifySessionUpdated  Method = "session.updated"
	NotifySessionMessage  Method = "session.message"
	NotifySessionEnded    Method = "session.ended"
	NotifyServerDraining  Method = "server.draining"
	NotifyTokenExpiring   Method = "token.expiring" // #nosec G101 -- a name, not a token
)

// Cause says why a relation changed, where the viewer did it or may know it.
type Cause string

// The causes.
const (
	CauseSent      Cause = "sent"
	CauseReceived  Cause = "received"
	CauseAccepted  Cause = "accepted"
	CauseCrossed   Cause = "crossed"
	CauseWithdrawn Cause = "withdrawn"
	CauseExpired   Cause = "expired"
	CauseRemoved   Cause = "removed"
	CauseBlocked   Cause = "blocked"
	CauseUnblocked Cause = "unblocked"
	CauseDeclined  Cause = "declined"
	CauseUndone    Cause = "undone"
)

// RelationChanged tells every device of a user that the relation to User is now Relation. User is missing only for
// an invitation to an address whose owner the viewer does not know.
type RelationChanged struct {
	Rev          int64    `json:"rev"`
	User         *User    `json:"user,omitempty"`
	Relation     Relation `json:"relation"`
	InvitationID string   `json:"invitation_id,omitempty"`
	Cause        Cause    `json:"cause,omitempty"`
	Notify       bool     `json:"notify"`
	Unseen       int      `json:"unseen"`
}

// SettingsChanged tells a user's devices their settings.
type SettingsChanged struct {
	Rev      int64    `json:"rev"`
	Settings Settings `json:"settings"`
}

// PersonPresence is one person's presence.
type PersonPresence struct {
	UserID   string   `json:"user_id"`
	Presence Presence `json:"presence"`
}

// PresenceChanged has the latest presence of people the viewer is connected with.
type PresenceChanged struct {
	People []PersonPresence `json:"people"`
}

// LeaveReason says how a member left.
type LeaveReason string

// The reasons.
const (
	LeftByChoice LeaveReason = "left"
	LeftDropped  LeaveReason = "dropped"
	LeftMoved    LeaveReason = "moved"
	LeftKicked   LeaveReason = "kicked"
	LeftBanned   LeaveReason = "banned"
	LeftNodeLost LeaveReason = "node_lost"
)

// Left is a member who is gone.
type Left struct {
	UserID string      `json:"user_id"`
	Number uint16      `json:"number"`
	Reason LeaveReason `json:"reason"`
}

// SessionRoster is all that happened to a session's members within a tick; Version is the one before plus 1.
type SessionRoster struct {
	SessionID string   `json:"session_id"`
	Version   int64    `json:"version"`
	Joined    []Member `json:"joined"`
	Updated   []Member `json:"updated"`
	Left      []Left   `json:"left"`
}

// SessionMessage is a member's message to others; From is the sender's user id.
type SessionMessage struct {
	SessionID string          `json:"session_id"`
	From      string          `json:"from"`
	Seq       int64           `json:"seq"`
	Kind      string          `json:"kind"`
	Data      json.RawMessage `json:"data"`
}

// EndReason says why a session is over for the device that is told.
type EndReason string

// The reasons.
const (
	EndedClosed EndReason = "closed"
	EndedKicked EndReason = "kicked"
	EndedBanned EndReason = "banned"
	EndedMoved  EndReason = "moved"
)

// SessionEnded tells a device that it is no longer in a session.
type SessionEnded struct {
	SessionID string    `json:"session_id"`
	Reason    EndReason `json:"reason"`
}

// ServerDraining asks a device to come back after its own random wait, in milliseconds.
type ServerDraining struct {
	ReconnectAfterMS int64 `json:"reconnect_after_ms"`
}

// TokenExpiring comes 60 s before the device's token ends.
type TokenExpiring struct {
	ExpiresAt Time `json:"expires_at"`
}
