package session

import (
	"encoding/json"
	"time"

	"foyer/protocol"
)

// The bounds of a session's settings that no configuration changes.
const (
	DefaultCapacity = 50
	DefaultTickHz   = 20
	MaxTickHz       = 60
	MaxMembers      = 65535 // as many as there are numbers
	attributesBytes = 1024
	dataBytes       = 4096
	maxBans         = 10_000 // of one session
)

// Config are the limits that an operator can change. Counts of 0 mean no limit.
type Config struct {
	MaxCapacity     int           // of one session
	SessionsPerUser int           // made by one user and not yet ended
	RestoreGrace    time.Duration // how long after a start the members of before the drain are waited for
	Shared          bool          // the Registry is other nodes' too, and outlives this one
}

// DefaultConfig returns the limits of a server that is told nothing else.
func DefaultConfig() Config {
	return Config{MaxCapacity: 1000, SessionsPerUser: 5, RestoreGrace: 60 * time.Second}
}

// capacityLimit is the most members that a session can be made for.
func (c Config) capacityLimit() int {
	if c.MaxCapacity <= 0 || c.MaxCapacity > MaxMembers {
		return MaxMembers
	}
	return c.MaxCapacity
}

// Record is what is kept of a session. Times are Unix milliseconds.
type Record struct {
	ID           string
	Name         string
	Visibility   protocol.Visibility
	Capacity     int
	Locked       bool
	PasswordHash string // "" without a password
	Persistent   bool
	Metadata     json.RawMessage
	TickHz       int
	CreatedAt    int64
	Creator      string // "" for one made by the server API
	Heir         bool   // a member takes over when the host has gone for good
	RulesRev     int64  // up by 1 with each change of what a join depends on, bans included
}

// Rules are the part of a record that the Registry decides by. They are compared by Rev.
type Rules struct {
	Rev        int64
	Capacity   int
	Locked     bool
	Creator    string
	Heir       bool
	Persistent bool
}

// Rules returns what the Registry has to know of r.
func (r *Record) Rules() Rules {
	return Rules{Rev: r.RulesRev, Capacity: r.Capacity, Locked: r.Locked, Creator: r.Creator, Heir: r.Heir, Persistent: r.Persistent}
}

// Session returns r as clients see it, with members counting those in grace too.
func (r *Record) Session(members int) protocol.Session {
	metadata := r.Metadata
	if len(metadata) == 0 {
		metadata = json.RawMessage(`{}`)
	}
	return protocol.Session{
		ID: r.ID, Name: r.Name, Visibility: r.Visibility, Capacity: r.Capacity, Locked: r.Locked,
		HasPassword: r.PasswordHash != "", Persistent: r.Persistent, MemberCount: members,
		Metadata: metadata, TickHz: r.TickHz, CreatedAt: protocol.AtMillis(r.CreatedAt),
	}
}

// Ban keeps a user out of a session until it is lifted.
type Ban struct {
	SessionID string
	UserID    string
	By        string
	Reason    string // as given, "" if none; kept for operators, shown to nobody
	At        int64
}

// Stay is the time that a user spent in a session; To is 0 while it lasts. Times are Unix milliseconds.
type Stay struct {
	SessionID string
	UserID    string
	From, To  int64
}
