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
	// OpenByAddress returns viewer's relation to an address that they have an open invitation to, nil if they have none.
	OpenByAddress(ctx context.Context, viewer, address string) (*protocol.Relation, error)
	// Standing returns all that viewer's panel of other needs, read at once.
	Standing(ctx context.Context, viewer, other string) (Standing, error)
}

// Standing is a pair as its viewer sees it, with what the calls on it would be refused with.
type Standing struct {
	Relation protocol.Relation
	// Declined says that viewer declined other's last invitation and may still take that back.
	Declined bool
	Refused  Refusals
}

// Refusals has the error that a call would get now, for each action that would not succeed.
type Refusals map[protocol.ActionName]*protocol.Error

// Connections has the list of a user's connections.
type Connections interface {
	// Connections returns all connections of viewer whose name has query in it, by name, with the revision of the list.
	Connections(ctx context.Context, viewer, query string) (people []protocol.Person, rev int64, err error)
}

// Sessions has the members.
type Sessions interface {
	// Members returns everyone in a session, in order of joining, and whether viewer is one of them.
	Members(ctx context.Context, viewer, sessionID string) (members []protocol.Member, in bool, err error)
	// Company returns how viewer and other stand in the session that viewer is in.
	Company(ctx context.Context, viewer, other string) (Company, error)
	// JoinRefusal returns what joining would be refused with, apart from a missing password; nil if it would not be.
	JoinRefusal(ctx context.Context, viewer Viewer, sessionID string) (*protocol.Error, error)
}

// Company is two users in the session of the first, who is the viewer.
type Company struct {
	// Role is viewer's own, "" if they are in no session.
	Role protocol.Role
	// Member is the other one, nil if they aren't in the same session.
	Member *protocol.Member
	// LeftAt is when the other one last left that session; zero if they are in it or never were.
	LeftAt time.Time
	// Refused has kick, ban, set_role and mute, as far as viewer may not do them to the other one.
	Refused Refusals
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
