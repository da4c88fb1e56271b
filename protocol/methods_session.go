package protocol

import "encoding/json"

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

// SessionSubscribeParams says whose states a device wants, and how often. Numbers are the members it gets at every tick;
// nil for everybody, or for nobody if OthersHz is given. The others come OthersHz times a second, 0 and nil for never.
type SessionSubscribeParams struct {
	SessionID string   `json:"session_id" rule:"bytes=1-255"`
	Numbers   []uint16 `json:"numbers,omitzero" rule:"max=1000"`
	OthersHz  *int     `json:"others_hz,omitempty" rule:"min=0,max=60"`
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
