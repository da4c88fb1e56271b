package session

import (
	"context"

	"foyer/protocol"
)

// Store keeps what outlives the process. Each method is one transaction. Out of reach, its methods return
// protocol.Unavailable.
type Store interface {
	Records
	Bans
	Stays
	SavedMembers
}

// Records keeps the sessions themselves.
type Records interface {
	// Create keeps r and returns its id, or that of the session which op made before. It refuses with session_limit if
	// r.Creator has limit sessions already (0: any number), and with op_id_conflict.
	Create(ctx context.Context, r Record, op Operation, limit int) (id string, err error)
	// Lookup returns a session, and what userID is to it; found is false if there is no such session.
	Lookup(ctx context.Context, id, userID string) (l Lookup, found bool, err error)
	// Change applies change to the record and keeps the result, unless change returns an error or false. It raises
	// RulesRev if the rules differ. change may run more than once. It refuses with session_not_found.
	Change(ctx context.Context, id string, change func(*Record) (bool, error)) (Record, error)
	// Delete forgets a session and its bans. Deleting what isn't there changes nothing.
	Delete(ctx context.Context, id string) error
	// List returns sessions newest first that are listed for anybody, without those that the viewer is banned from.
	List(ctx context.Context, q ListQuery) ([]Record, error)
	// Find returns those of the sessions that exist; with no ids, all that are not persistent.
	Find(ctx context.Context, ids []string) ([]Record, error)
}

// Bans keeps who is kept out.
type Bans interface {
	// Ban keeps b and raises RulesRev; a ban that stands already stays as it is. It refuses with session_not_found, and
	// with too_many_outstanding if the session has limit bans already.
	Ban(ctx context.Context, b Ban, limit int) (Record, error)
	// Unban lifts a ban and raises RulesRev; lifting none changes nothing. It refuses with session_not_found.
	Unban(ctx context.Context, sessionID, userID string) (Record, error)
	// Banned returns who is banned, the newest ban first, after the given position.
	Banned(ctx context.Context, sessionID string, after Position, limit int) ([]BannedUser, error)
}

// Stays keeps who was where and when.
type Stays interface {
	OpenStay(ctx context.Context, s Stay) error
	// EndStays sets To of the stays that began as given.
	EndStays(ctx context.Context, stays []Stay) error
	// RecoverStays ends the stays that a crash left open, at the last moment before it that the store knows of, save
	// those that go on.
	RecoverStays(ctx context.Context, goOn []Stay) error
	// OpenStays returns up to limit stays that last and began before a time (Unix milliseconds), in the order of their
	// beginning, after the one given.
	OpenStays(ctx context.Context, before int64, after Stay, limit int) ([]Stay, error)
	// Attendance returns the stays in a session in the order of their beginning.
	Attendance(ctx context.Context, sessionID string) ([]Stay, error)
	// PurgeStays forgets stays that ended before the given time (Unix milliseconds).
	PurgeStays(ctx context.Context, before int64) error
}

// SavedMembers carries members over a restart.
type SavedMembers interface {
	// SaveMembers replaces what was saved before.
	SaveMembers(ctx context.Context, rosters []Snapshot, at int64) error
	// TakeMembers returns what was saved, with today's names, and forgets it.
	TakeMembers(ctx context.Context) ([]Snapshot, error)
}

// Operation is the client's own name for a durable change. An empty OpID names none.
type Operation struct {
	UserID string
	OpID   string
	Method protocol.Method
	Digest string // of the decoded params
}

// Lookup is a session and someone who asks for it, as of one moment.
type Lookup struct {
	Record
	Banned bool
	// Unblocked says that nobody at all has blocked them, nor they anybody: so nobody has to be asked.
	Unblocked bool
	User      protocol.User // as others see them; zero for a user who is not known
}

// Position is a place in a list that is ordered by time, the newest first, then by id.
type Position struct {
	At int64 // Unix milliseconds; 0 is before the first
	ID string
}

// ListQuery selects listed sessions. Name is folded: the beginning of the name or of a word of it.
type ListQuery struct {
	Viewer string
	Name   string
	After  Position
	Limit  int
}

// BannedUser is a banned user as they are shown.
type BannedUser struct {
	User protocol.User
	At   int64 // Unix milliseconds
}

// Relations tells what stands between two people, as far as it decides who may enter.
type Relations interface {
	// ConnectedWith returns which of the others are connected with the user.
	ConnectedWith(ctx context.Context, userID string, others []string) (map[string]bool, error)
	// BlockedBy returns which of the others have blocked the user.
	BlockedBy(ctx context.Context, userID string, others []string) (map[string]bool, error)
}
