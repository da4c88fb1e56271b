package session

import (
	"context"
	"errors"

	"foyer/protocol"
)

// MembersInAnswer is how many members the answer to a join has at most; the rest follow as rosters.
const MembersInAnswer = 200

// RecentFor is how long somebody who left can still be kicked or banned, in milliseconds.
const RecentFor = 10 * 60 * 1000

// ErrRulesChanged says that a join was decided on settings, or on a membership, that no longer hold: read again.
var ErrRulesChanged = errors.New("session's rules changed")

// ErrMemberChanged says that a member is no longer as it was when the change was decided: read again.
var ErrMemberChanged = errors.New("member changed")

// Registry knows who is in which session now, for all nodes. Each method is one atomic step. It is safe for concurrent
// use; out of reach, its methods return protocol.Unavailable and have changed nothing.
//
// Joins, leaves and changes are collected for each session: the first after a quiet time is published at once, then at
// most one Flush in 50 ms, each with a version 1 higher.
type Registry interface {
	Members
	Devices
	Rosters
	Upkeep
}

// Members decides who is in.
type Members interface {
	// Join adds the user, or only the device if the user is a member already, and returns after the flush that has it.
	// It refuses with session_not_found (ended), session_locked, session_full, ErrRulesChanged, and not_in_session if
	// another request took the user out again before anybody could see them. The place left behind is given up after the new one is
	// taken, with the reason moved.
	Join(ctx context.Context, j Join) (Joined, error)
	// Leave takes a device, or with no DeviceID the user, out of the session. Leaving where one isn't changes nothing.
	Leave(ctx context.Context, l Leave) (Left, error)
	// Edit changes members, all or none; ErrMemberChanged if one of them isn't as Holds says, or has gone.
	Edit(ctx context.Context, e Edit) ([]Member, error)
	// SetRules makes r hold for the session, unless newer ones do. An unknown session is from then on known, and empty.
	SetRules(ctx context.Context, sessionID string, r Rules) error
	// End takes everybody out and lets nobody in any more. No roster tells of it.
	End(ctx context.Context, sessionID string, at int64) ([]Departure, error)
}

// Devices follows sockets as they drop and come back.
type Devices interface {
	// Attach says that a device with d.ID is there again, by whatever socket, and returns its session; "" if it has none.
	Attach(ctx context.Context, userID string, d Device) (sessionID string, err error)
	// Detach says that a device's socket dropped: it is waited for until graceUntil (Unix milliseconds). It changes
	// nothing if the device has another socket by now.
	Detach(ctx context.Context, userID string, d Device, at, graceUntil int64) error
}

// Rosters is read by whoever shows who is in.
type Rosters interface {
	// Standings returns how the given users stand to a session. An unknown session has no members.
	Standings(ctx context.Context, sessionID string, userIDs ...string) (Standings, error)
	// Roster returns a session's members in the order of joining, and the version at which they are so or, while
	// changes wait for the next flush, newer.
	Roster(ctx context.Context, sessionID string) (Snapshot, error)
	// Resync returns what a join would answer a member, after the flush that is due; not_in_session if the user is none.
	Resync(ctx context.Context, sessionID, userID string) (Joined, error)
	// Summaries counts the members of each session that is known.
	Summaries(ctx context.Context, sessionIDs []string) (map[string]Summary, error)
	// Places returns in which session each of the users is; those in none are missing.
	Places(ctx context.Context, userIDs []string) (map[string]string, error)
}

// Upkeep is done by the server itself.
type Upkeep interface {
	// Sweep takes out whose grace is over, and ends the sessions that were empty for too long and aren't persistent.
	Sweep(ctx context.Context, now int64) (Swept, error)
	// Restore puts members of before a restart back, in grace. Those who are in some session already stay there.
	Restore(ctx context.Context, sessionID string, r Rules, members []Member) error
	// All returns every session that has members.
	All(ctx context.Context) ([]Snapshot, error)
}

// Join asks for a place.
type Join struct {
	SessionID string
	User      protocol.User
	Device    Device
	Rules     Rules // as read before
	Returning bool  // nothing but a standing membership was checked
	At        int64 // Unix milliseconds
}

// Joined is a place, and the roster that has it.
type Joined struct {
	Member  Member
	Arrived bool // the user was no member before
	Count   int  // of members, those in grace too
	// Members are at most MembersInAnswer, Member among them. With Rest, the frames (session.roster) that have the
	// others, the versions count on: Version, then those of Rest up to Through, then what is published. Whatever is
	// published with a version up to Through is in here already.
	Members []protocol.Member
	Version int64
	Rest    []*Part
	Through int64
	Moved   *Departure // the place left behind
}

// Leave gives a place up.
type Leave struct {
	SessionID string // "" is wherever the user is
	UserID    string
	DeviceID  string // "" is all devices
	Reason    protocol.LeaveReason
	Holds     []Stamp // ErrMemberChanged if one of these is not so any more
	At        int64   // Unix milliseconds
}

// Left is what giving up a place did.
type Left struct {
	Departure *Departure // nil if the user is still in, or was not
	Device    *Device    // the device that left a member who stays
	SessionID string     // where; "" if nowhere
}

// Departure is a member who is gone.
type Departure struct {
	SessionID string
	Member    Member
	Reason    protocol.LeaveReason
	At        int64 // Unix milliseconds
	SeenAt    int64 // when the last device dropped, or At
}

// Stamp is a member as it was read.
type Stamp struct {
	UserID string
	Stamp  int64
}

// Edit changes members of one session.
type Edit struct {
	SessionID string
	Holds     []Stamp
	Members   []MemberEdit
}

// MemberEdit changes what is given and leaves the rest.
type MemberEdit struct {
	UserID     string
	User       *protocol.User
	Rank       *Rank
	Attributes protocol.Attributes // all of them, not merged
	Muted      *bool
}

// Rank is a role and, for an inherited host, the role before.
type Rank struct {
	Role   protocol.Role
	Former protocol.Role
}

// Standing is how a user stands to a session.
type Standing struct {
	Member *Member              // nil if the user is not in it
	LeftAt int64                // when they left, if that was within RecentFor; else 0
	Left   protocol.LeaveReason // why they left then
	Role   protocol.Role        // that they have, or had when they left
}

// Standings are several users' standing to one session.
type Standings struct {
	Summary
	Creator string
	By      map[string]Standing
}

// Snapshot is a roster as it was read.
type Snapshot struct {
	SessionID string
	Version   int64
	Members   []Member
	Alone     bool // as this node knows them by itself: what the others did may be missing
}

// Summary is a session in a list.
type Summary struct {
	Count     int    // of members, those in grace too
	Host      string // user id, "" if there is none
	Inherited bool   // the host is one only because the host before has gone
}

// Swept is what time did.
type Swept struct {
	Departed []Departure
	Closed   []Departure // whom the end of a session took out that this node had to decide on alone
	Ended    []string    // sessions that were empty for too long: nobody gets in any more
}

// Flush is what is published of a roster within a tick. Frame is the session.roster notification, the same bytes for
// all; Change is what is in it. Neither may be changed.
type Flush struct {
	SessionID string
	Version   int64
	Frame     []byte
	Change    protocol.SessionRoster
}

// Publish hands a Flush to whoever delivers it. It is called once for each version and in their order; it must not
// block and must not call the Registry.
type Publish func(Flush)
