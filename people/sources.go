package people

import (
	"context"
	"time"

	"foyer/protocol"
)

// Directory has the profiles. Places are the directory's own; "" is before all, and after the last none follows.
type Directory interface {
	// Profiles returns those of ids that are known.
	Profiles(ctx context.Context, ids ...string) (map[string]protocol.User, error)
	// Search returns at most n users whom query finds for viewer from a place on, and the place after them, "" at the end.
	Search(ctx context.Context, viewer, query, place string, n int) (users []protocol.User, next string, err error)
	// Recent returns at most n of those whom viewer met lately from a place on, and the place after them, "" at the end.
	Recent(ctx context.Context, viewer, place string, n int) (users []protocol.User, next string, err error)
}

// Pairs has the relations.
type Pairs interface {
	// Relations returns viewer's relation to each of others; one that is left out is none.
	Relations(ctx context.Context, viewer string, others []string) (map[string]protocol.Relation, error)
	// RelationToAddress returns viewer's relation to an address that they have an open invitation to, nil if they have none.
	RelationToAddress(ctx context.Context, viewer, address string) (*protocol.Relation, error)
	// Standing returns what viewer's panel of other shows of the pair.
	Standing(ctx context.Context, viewer, other string) (Standing, error)
}

// Standing is a pair as its viewer sees it and may change it, from one snapshot. Actions are decided by what decides
// the calls; Next is when they change by themselves, zero for never.
type Standing struct {
	Relation protocol.Relation
	Actions  []protocol.Action
	Next     time.Time
}

// Connections has the list of a user's connections.
type Connections interface {
	// ConnectionIDs returns all connections of a user.
	ConnectionIDs(ctx context.Context, userID string) ([]string, error)
	// Connections returns a page of viewer's connections by name, without presence.
	Connections(ctx context.Context, viewer string, q ConnectionQuery) (ConnectionPage, error)
}

// ConnectionQuery selects and pages connections.
type ConnectionQuery struct {
	Query  string // the beginning of a name, a word of it or a username
	Cursor string
	Limit  int                      // 50 when 0
	Only   func(userID string) bool // keeps those for which it is true; nil keeps all
}

// ConnectionPage is a page of connections and the revision at which it was read.
type ConnectionPage struct {
	People     []protocol.Person
	Total      int
	Rev        int64
	NextCursor string
}

// Sessions has the members.
type Sessions interface {
	// Members returns everyone in a session, in the order of joining, to one of them; it refuses others.
	Members(ctx context.Context, viewer, sessionID string) ([]protocol.Member, error)
	// SharedMember returns the session that both are in, and target's member in it; ok is false if there is none.
	SharedMember(ctx context.Context, viewer, target string) (sessionID string, m protocol.Member, ok bool, err error)
	// Permissions returns what viewer could do to target in the session that viewer is in, always in the same order:
	// nothing unless viewer is its host or a cohost, and target a member or one who left shortly before. recentUntil
	// is when that ends, Unix milliseconds; 0 for a member.
	Permissions(ctx context.Context, viewer, target string) (list []Permission, recentUntil int64, err error)
	// MayJoin returns what joining from the viewer's device, with the right password, would be refused with; nil if it
	// would succeed.
	MayJoin(ctx context.Context, viewer Viewer, sessionID string) (*protocol.Error, error)
}

// Permission is something that a viewer could do to a member. Refusal is what the call would be answered with now, nil
// if it would succeed.
type Permission struct {
	Action  protocol.ActionName
	Refusal *protocol.Error
}

// Presences has what is seen of people.
type Presences interface {
	// Presences returns what viewer sees of others, whose relations to viewer are given; who is left out shows nothing.
	Presences(ctx context.Context, viewer string, others map[string]protocol.RelationState) (map[string]Seen, error)
}

// Seen is a presence and when it will look different by itself; zero: never.
type Seen struct {
	Presence protocol.Presence
	Next     time.Time
}

// Viewer is who looks, and from which device.
type Viewer struct {
	UserID   string
	DeviceID string
}
