package protocol

// Method names a request.
type Method string

// The methods of version 1.
const (
	MethodHello                  Method = "hello"
	MethodTokenRefresh           Method = "token.refresh"
	MethodInvitationSend         Method = "invitation.send"
	MethodInvitationWithdraw     Method = "invitation.withdraw"
	MethodInvitationWithdrawMany Method = "invitation.withdraw_many"
	MethodInvitationAccept       Method = "invitation.accept"
	MethodInvitationDecline      Method = "invitation.decline"
	MethodInvitationUndoDecline  Method = "invitation.undo_decline"
	MethodInvitationList         Method = "invitation.list"
	MethodInvitationMarkSeen     Method = "invitation.mark_seen"
	MethodConnectionList         Method = "connection.list"
	MethodConnectionRemove       Method = "connection.remove"
	MethodRelationList           Method = "relation.list"
	MethodUserBlock              Method = "user.block"
	MethodUserUnblock            Method = "user.unblock"
	MethodSettingsGet            Method = "settings.get"
	MethodSettingsUpdate         Method = "settings.update"
	MethodPeopleSearch           Method = "people.search"
	MethodPeopleInSession        Method = "people.in_session"
	MethodPeopleRecent           Method = "people.recent"
	MethodPeopleFocus            Method = "people.focus"
	MethodPeopleUnfocus          Method = "people.unfocus"
	MethodPresenceSet            Method = "presence.set"
	MethodSessionCreate          Method = "session.create"
	MethodSessionList            Method = "session.list"
	MethodSessionJoin            Method = "session.join"
	MethodSessionLeave           Method = "session.leave"
	MethodSessionUpdate          Method = "session.update"
	MethodSessionSetAttributes   Method = "session.set_attributes"
	MethodSessionSetRole         Method = "session.set_role"
	MethodSessionKick            Method = "session.kick"
	MethodSessionUnban           Method = "session.unban"
	MethodSessionBans            Method = "session.bans"
	MethodSessionSend            Method = "session.send"
	MethodSessionSubscribe       Method = "session.subscribe"
	MethodSessionClose           Method = "session.close"
)

// Page asks for part of a list. Limit is 50 unless given, at most 200; Cursor is the NextCursor of the page before.
type Page struct {
	Cursor string `json:"cursor,omitempty" rule:"bytes=0-512"`
	Limit  *int   `json:"limit,omitempty" rule:"min=1,max=200"`
}

// Op is the client's own name for a durable change, at most 64 characters: the same one within 24 h is carried out once.
type Op struct {
	OpID string `json:"op_id,omitempty" rule:"chars=0-64"`
}

// OperationID is the client's name for the change; empty for none.
func (o Op) OperationID() string { return o.OpID }

// Empty is a request or a result without members.
type Empty struct{}

// Client describes the program that says hello.
type Client struct {
	Name      string `json:"name" rule:"chars=0-64"`
	Version   string `json:"version" rule:"chars=0-64"`
	Kind      Kind   `json:"kind"`
	Companion bool   `json:"companion,omitempty"`
}

// Resume asks for every notification after Rev. DeviceID names the device of the same user that this one replaces.
type Resume struct {
	Epoch    string `json:"epoch" rule:"bytes=0-255"`
	Rev      int64  `json:"rev" rule:"min=0"`
	DeviceID string `json:"device_id,omitempty" rule:"bytes=0-255"`
}

// HelloParams opens the conversation.
type HelloParams struct {
	Token  string       `json:"token,omitempty"`
	Client *HelloClient `json:"client,omitempty"`
	Resume *Resume      `json:"resume,omitempty"`
}

// HelloClient is Client with what only hello says: States lets a companion receive the state lane too.
type HelloClient struct {
	Client
	States bool `json:"states,omitempty"`
}

// HelloResult answers hello. Rev is the user's revision at which this answer was read; with Resumed, the replay follows.
type HelloResult struct {
	User      User       `json:"user"`
	DeviceID  string     `json:"device_id"`
	Epoch     string     `json:"epoch"`
	Rev       int64      `json:"rev"`
	Resumed   bool       `json:"resumed"`
	Unseen    int        `json:"unseen"`
	SessionID string     `json:"session_id,omitempty"`
	Features  []string   `json:"features"`
	Time      Time       `json:"time"`
	Server    ServerInfo `json:"server"`
	Limits    Limits     `json:"limits"`
}

// ServerInfo names the server's version and the node that the device hangs on.
type ServerInfo struct {
	Version string `json:"version"`
	Node    string `json:"node"`
}

// Limits are those that a client must know.
type Limits struct {
	MessageBytes      int   `json:"message_bytes"`
	StateBytes        int   `json:"state_bytes"`
	RequestsPerSecond int   `json:"requests_per_second"`
	PingMS            int64 `json:"ping_ms"`
	GraceMS           int64 `json:"grace_ms"`
}

// TokenRefreshParams carries a new token of the same user.
type TokenRefreshParams struct {
	Token string `json:"token"`
}

// TokenRefreshResult says when the device will now end unless refreshed again.
type TokenRefreshResult struct {
	ExpiresAt Time `json:"expires_at"`
}
