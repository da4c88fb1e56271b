package protocol

import "encoding/json"

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

// To addresses an invitation; exactly one member is set.
type To struct {
	UserID   string `json:"user_id,omitempty" rule:"bytes=1-255"`
	Username string `json:"username,omitempty" rule:"bytes=1-255"`
	Email    string `json:"email,omitempty" rule:"bytes=1-254"`
	Phone    string `json:"phone,omitempty" rule:"bytes=1-64"`
}

// InvitationSendParams asks to connect. Message has at most 300 characters.
type InvitationSendParams struct {
	To        To     `json:"to"`
	Message   string `json:"message,omitempty" rule:"plain"`
	SessionID string `json:"session_id,omitempty" rule:"bytes=1-255"`
	Op
}

// RelationResult is how every change of one relation is answered. Unchanged is true when it already stood so.
type RelationResult struct {
	Relation  Relation `json:"relation"`
	Unchanged bool     `json:"unchanged"`
}

// InvitationSendResult is RelationResult with the invitation itself, which for an address is not in any relation.
type InvitationSendResult struct {
	Relation   Relation    `json:"relation"`
	Invitation *Invitation `json:"invitation,omitempty"`
	Unchanged  bool        `json:"unchanged"`
}

// InvitationWithdrawParams names what to take back: exactly one member besides OpID.
type InvitationWithdrawParams struct {
	InvitationID string `json:"invitation_id,omitempty" rule:"bytes=1-255"`
	UserID       string `json:"user_id,omitempty" rule:"bytes=1-255"`
	Op
}

// InvitationWithdrawManyParams names either up to 500 ids, or all (older than a duration).
type InvitationWithdrawManyParams struct {
	InvitationIDs []string `json:"invitation_ids,omitzero" rule:"max=500,bytes=1-255"`
	All           bool     `json:"all,omitempty"`
	OlderThanMS   *int64   `json:"older_than_ms,omitempty" rule:"min=0"`
	Op
}

// InvitationWithdrawManyResult has each id in exactly one of its lists.
type InvitationWithdrawManyResult struct {
	Withdrawn []string         `json:"withdrawn"`
	Failed    []WithdrawFailed `json:"failed"`
}

// WithdrawFailed is one invitation that could not be withdrawn, and why.
type WithdrawFailed struct {
	InvitationID string `json:"invitation_id"`
	Error        *Error `json:"error"`
}

// InvitationParams names one invitation.
type InvitationParams struct {
	InvitationID string `json:"invitation_id" rule:"bytes=1-255"`
	Op
}

// InvitationDeclineParams declines, and with Block blocks the sender in the same change.
type InvitationDeclineParams struct {
	InvitationID string `json:"invitation_id" rule:"bytes=1-255"`
	Block        bool   `json:"block,omitempty"`
	Op
}

// RelationOnly is the result of undo_decline.
type RelationOnly struct {
	Relation Relation `json:"relation"`
}

// ListState selects invitations in a list.
type ListState string

// The selections; pending when left out.
const (
	ListPending  ListState = "pending"
	ListDeclined ListState = "declined"
	ListHistory  ListState = "history"
)

// InvitationListParams selects from one box.
type InvitationListParams struct {
	Box   Direction `json:"box"`
	State ListState `json:"state,omitempty"`
	Query string    `json:"query,omitempty" rule:"chars=0-256"`
	Page
}

// InvitationListResult is newest first; Total counts what the filter finds.
type InvitationListResult struct {
	Invitations []Invitation `json:"invitations"`
	Total       int          `json:"total"`
	Unseen      int          `json:"unseen"`
	Rev         int64        `json:"rev"`
	NextCursor  string       `json:"next_cursor,omitempty"`
}

// InvitationMarkSeenParams marks what was received up to Rev as seen; all of it when left out.
type InvitationMarkSeenParams struct {
	Rev *int64 `json:"rev,omitempty" rule:"min=0"`
	Op
}

// UnseenResult counts the received pending invitations not yet marked seen.
type UnseenResult struct {
	Unseen int `json:"unseen"`
}

// ConnectionListParams filters one's connections.
type ConnectionListParams struct {
	Query  string `json:"query,omitempty" rule:"chars=0-256"`
	Status Status `json:"status,omitempty" rule:"oneof=online|away|busy|offline"`
	Page
}

// ConnectionListResult lists one's connections by name.
type ConnectionListResult struct {
	People     []Person `json:"people"`
	Total      int      `json:"total"`
	Rev        int64    `json:"rev"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// UserParams names one user in a durable change.
type UserParams struct {
	UserID string `json:"user_id" rule:"bytes=1-255"`
	Op
}

// RelationListResult has every relation that is not none, by user id.
type RelationListResult struct {
	Relations  map[string]Relation `json:"relations"`
	Rev        int64               `json:"rev"`
	NextCursor string              `json:"next_cursor,omitempty"`
}

// SettingsUpdateParams changes what is given and leaves the rest.
type SettingsUpdateParams struct {
	InvitableBy     *InvitableBy `json:"invitable_by,omitempty"`
	FindableByName  *bool        `json:"findable_by_name,omitempty"`
	FindableByEmail *bool        `json:"findable_by_email,omitempty"`
	EmailReminders  *bool        `json:"email_reminders,omitempty"`
	RecentPeople    *bool        `json:"recent_people,omitempty"`
	Op
}

// SettingsResult is one's settings as of Rev.
type SettingsResult struct {
	Settings Settings `json:"settings"`
	Rev      int64    `json:"rev"`
}

// PeopleSearchParams looks people up by the beginning of a name or by an exact e-mail address; at least 2 characters.
type PeopleSearchParams struct {
	Query string `json:"query" rule:"chars=2-256"`
	Page
}

// PeopleResult is a page of people.
type PeopleResult struct {
	People     []Person `json:"people"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// MemberSort orders the people of a session.
type MemberSort string

// The orders; joined when left out.
const (
	SortJoined MemberSort = "joined"
	SortName   MemberSort = "name"
	SortRole   MemberSort = "role"
	SortDevice MemberSort = "device"
)

// PeopleInSessionParams lists the members of the session that the caller is in.
type PeopleInSessionParams struct {
	SessionID string     `json:"session_id" rule:"bytes=1-255"`
	Query     string     `json:"query,omitempty" rule:"chars=0-256"`
	Sort      MemberSort `json:"sort,omitempty"`
	Page
}

// PeopleInSessionResult is a page of people with the total that the filter finds.
type PeopleInSessionResult struct {
	People     []Person `json:"people"`
	Total      int      `json:"total"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// FocusParams names the person whose panel opens.
type FocusParams struct {
	UserID string `json:"user_id" rule:"bytes=1-255"`
}

// PresenceSetParams sets this device's status, and the user's note and invisibility. A note given as "" is removed.
type PresenceSetParams struct {
	Status    Status  `json:"status" rule:"oneof=online|away|busy|invisible"`
	Note      *string `json:"note,omitempty" rule:"chars=0-128,plain"`
	NoteUntil *Time   `json:"note_until,omitempty"`
}

// PresenceSetResult is one's presence as others now see it.
type PresenceSetResult struct {
	Presence Presence `json:"presence"`
}

// SessionCreateParams describes a new session; its creator is its host.
type SessionCreateParams struct {
	Name       string          `json:"name" rule:"chars=1-80,plain"`
	Visibility Visibility      `json:"visibility,omitempty"`
	Capacity   *int            `json:"capacity,omitempty" rule:"min=1"`
	Password   *string         `json:"password,omitempty" rule:"chars=0-128"`
	Persistent bool            `json:"persistent,omitempty"`
	Metadata   json.RawMessage `json:"metadata,omitempty" rule:"object,bytes=0-4096"`
	TickHz     *int            `json:"tick_hz,omitempty" rule:"min=1,max=60"`
	Op
}

// SessionJoinParams names the session to be in.
type SessionJoinParams struct {
	SessionID string  `json:"session_id" rule:"bytes=1-255"`
	Password  *string `json:"password,omitempty" rule:"chars=0-128"`
}

// SessionJoinResult is the session as the joiner finds it at roster Version: at most 200 members, the rest by session.roster.
// Missed is true when session messages may have been lost since this user was last told.
type SessionJoinResult struct {
	Session Session  `json:"session"`
	Number  uint16   `json:"number"`
	Members []Member `json:"members"`
	Version int64    `json:"version"`
	Missed  bool     `json:"missed,omitempty"`
}

// SessionParams names a session.
type SessionParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
}

// SessionListParams filters the sessions that this user may join.
type SessionListParams struct {
	Query string `json:"query,omitempty" rule:"chars=0-256"`
	Page
}

// SessionListResult is a page of sessions.
type SessionListResult struct {
	Sessions   []Session `json:"sessions"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

// SessionUpdateParams changes what is given and leaves the rest. Password "" removes it.
type SessionUpdateParams struct {
	SessionID  string          `json:"session_id" rule:"bytes=1-255"`
	Name       *string         `json:"name,omitempty" rule:"chars=1-80,plain"`
	Capacity   *int            `json:"capacity,omitempty" rule:"min=1"`
	Locked     *bool           `json:"locked,omitempty"`
	Password   *string         `json:"password,omitempty" rule:"chars=0-128"`
	Visibility *Visibility     `json:"visibility,omitempty"`
	Metadata   json.RawMessage `json:"metadata,omitempty" rule:"object,bytes=0-4096"`
}

// SessionResult is a session as it now stands.
type SessionResult struct {
	Session Session `json:"session"`
}

// SessionSetAttributesParams merges attributes into a member's; one's own when UserID is left out.
type SessionSetAttributesParams struct {
	SessionID  string     `json:"session_id" rule:"bytes=1-255"`
	UserID     string     `json:"user_id,omitempty" rule:"bytes=1-255"`
	Attributes Attributes `json:"attributes" rule:"bytes=0-1024"`
}

// MemberResult is a member as it now stands.
type MemberResult struct {
	Member Member `json:"member"`
}

// SessionSetRoleParams gives a member a role; host hands the session over.
type SessionSetRoleParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
	UserID    string `json:"user_id" rule:"bytes=1-255"`
	Role      Role   `json:"role"`
}

// SessionKickParams removes a member with all devices, and with Ban for good.
type SessionKickParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
	UserID    string `json:"user_id" rule:"bytes=1-255"`
	Ban       bool   `json:"ban,omitempty"`
	Reason    string `json:"reason,omitempty" rule:"chars=0-128,plain"`
}

// SessionUserParams names a user in a session.
type SessionUserParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
	UserID    string `json:"user_id" rule:"bytes=1-255"`
}

// SessionBansParams lists who is banned.
type SessionBansParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
	Page
}

// UsersResult is a page of users.
type UsersResult struct {
	Users      []User `json:"users"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// SessionSendParams sends Data (at most 4 KiB) to all members, or to those named.
type SessionSendParams struct {
	SessionID string          `json:"session_id" rule:"bytes=1-255"`
	To        []string        `json:"to,omitzero" rule:"bytes=1-255"`
	Kind      string          `json:"kind" rule:"chars=1-64"`
	Data      json.RawMessage `json:"data" rule:"bytes=0-4096"`
}

// SeqResult numbers a sent message; it grows with each message of the sending device.
type SeqResult struct {
	Seq int64 `json:"seq"`
}

// SessionCloseParams ends a session for everybody.
type SessionCloseParams struct {
	SessionID string `json:"session_id" rule:"bytes=1-255"`
	Reason    string `json:"reason,omitempty" rule:"chars=0-128,plain"`
}
