package invitation

import (
	"context"

	"foyer/protocol"
)

// Store is where pairs and invitations are kept.
type Store interface {
	// View runs fn on one snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in one transaction and returns after its commit. fn may run more than once.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads one snapshot, or inside a transaction what it has written.
type Reader interface {
	UserReader
	SessionReader
	PairReader
	InvitationReader
	LimitReader
	ListReader
}

// Tx is one transaction.
type Tx interface {
	Reader
	Writer
	LetterWriter
	Log
}

// UserReader knows who there is.
type UserReader interface {
	// People returns those of ids that are known. Inside a transaction it locks them, in the order of their ids, until
	// its end; whoever changes a pair locks both of its users first.
	People(ids ...string) (map[string]Person, error)
	// UserByUsername returns who has a username, compared without case; "" if nobody has.
	UserByUsername(username string) (id string, err error)
	// Owner returns who has verified the address that target names; "" if nobody has.
	Owner(target string) (id string, err error)
	// Targets returns the targets that name userID's addresses; only the verified ones on demand.
	Targets(userID string, verified bool) ([]string, error)
	// Badge returns the user's revision and how many received invitations that user has not seen.
	Badge(userID string) (rev int64, unseen int, err error)
}

// SessionReader knows who was where.
type SessionReader interface {
	// SharedSession reports whether two users are in a session together, or were at any time since the given one.
	SharedSession(a, b string, since int64) (bool, error)
	// SessionExists reports whether there is such a session.
	SessionExists(id string) (bool, error)
	// ShowableSessions returns those of ids that viewer may see: of private ones those that viewer is in.
	ShowableSessions(viewer string, ids []string) (map[string]bool, error)
}

// PairOpener reads pairs as a whole.
type PairOpener interface {
	// Pair returns two users, lo being the smaller id, with all that is between them. Inside a transaction it locks first
	// the users in the order of their ids, as People does, then the pair.
	Pair(lo, hi string) (Both, error)
	// PairAndTally returns what Pair and, read right afterwards, Tally return, for one wait instead of two.
	PairAndTally(lo, hi string, q TallyQuery) (Both, Tally, error)
	// PairOf returns an invitation and what Pair returns for the two whom it concerns, for one wait instead of two. The
	// pair is nil if nobody known has received the invitation, and may be for one that somebody is only just given.
	PairOf(invitationID string) (r Record, found bool, both *Both, err error)
}

// PairReader reads pairs as a whole and as their viewers see them.
type PairReader interface {
	PairOpener
	// Relations returns viewer's relations to others that are not none.
	Relations(viewer string, others []string) ([]RelationRow, error)
	// RelationPage returns up to limit of viewer's relations that are not none, by user id, after the id given.
	RelationPage(viewer, after string, limit int) ([]RelationRow, error)
	// Connections calls visit for viewer's connections in order until visit returns false.
	Connections(viewer string, after NamePlace, limit int, visit func(ConnectionRow) bool) error
	// Circle returns all of a user's connections, and what Blocks returns.
	Circle(userID string) (Circle, error)
	// Blocks returns whom a user blocks and who blocks that user.
	Blocks(userID string) (Blocks, error)
}

// InvitationReader reads invitations.
type InvitationReader interface {
	Invitation(id string) (r Record, found bool, err error)
	// Records returns those of ids that there are.
	Records(ids []string) (map[string]Record, error)
	// OpenTo returns sender's open invitation to a target.
	OpenTo(sender, target string) (r Record, found bool, err error)
	// OpenBy returns the ids of what sender has open and sent no later than the time given, oldest first.
	OpenBy(sender string, until int64) ([]string, error)
	// Unclaimed returns the ids of open invitations to targets that belong to nobody yet, oldest first.
	Unclaimed(targets []string) ([]string, error)
	DueReader
}

// DueReader knows what time will bring.
type DueReader interface {
	// Due returns up to limit ids of open invitations whose time is over at now, and when the next one's is, 0 if none is open.
	Due(now int64, limit int) (ids []string, next int64, err error)
	// DueLetters returns up to limit letters that are due at now, the longest due first.
	DueLetters(now int64, limit int) ([]Letter, error)
	Letter(invitationID string) (l Letter, found bool, err error)
}

// LimitReader counts. Inside a transaction the users whom it counts for are locked.
type LimitReader interface {
	// Tally returns what is known of sender's earlier invitations.
	Tally(q TallyQuery) (Tally, error)
	// Connected, Blocked and Received count a user's connections, blocks and invitations shown to the user.
	Connected(userID string) (int, error)
	Blocked(userID string) (int, error)
	Received(userID string) (int, error)
}

// TallyQuery asks when a sender sent certain earlier invitations. Ranks count from 1, the latest one.
type TallyQuery struct {
	Sender, Target string
	Recipient      string // whose received invitations are to be counted, "" for nobody's
	RankMinute     int    // among all of the sender's
	RankDay        int
	RankPair       int // among those to the target
}

// Tally is when those were sent, 0 for one that never was, and how many are open now.
type Tally struct {
	Minute, Day int64
	Last, Pair  int64 // the latest to the target, and the one of RankPair
	Outstanding int   // of the sender
	Received    int   // shown to the recipient
}

// Both are two users and what is between them.
type Both struct {
	People map[string]Person // those of the two who are known
	Pair   Pair
	Open   []Record // the pair's open invitations
}

// ListReader reads lists of invitations.
type ListReader interface {
	// Invitations calls visit for what q selects, newest first, from after on, until visit returns false. other is the
	// user across, empty while that is nobody or not to be known.
	Invitations(q BoxQuery, after Place, limit int, visit func(r Record, other protocol.User) bool) error
	// CountInvitations counts what q selects.
	CountInvitations(q BoxQuery) (int, error)
}

// BoxQuery selects a viewer's invitations.
type BoxQuery struct {
	Viewer string
	Box    protocol.Direction
	State  protocol.ListState
}

// Place is where in a list of invitations one stands. The zero Place is before the newest.
type Place struct {
	SentAt int64
	ID     string
}

// NamePlace is where in a list by name one stands. The zero NamePlace is before the first.
type NamePlace struct {
	NameKey string
	UserID  string
}

// RelationRow is a relation with what it shows.
type RelationRow struct {
	Other  protocol.User
	View   View
	Record Record // of View.InvitationID
}

// ConnectionRow is a connection.
type ConnectionRow struct {
	Place NamePlace
	User  protocol.User
	Since int64
}

// Writer changes pairs and invitations.
type Writer interface {
	SavePair(lo, hi string, p Pair) error
	Insert(r Record) error
	// Save writes what can change of an invitation.
	Save(r Record) error
	// MarkSeen marks what userID was shown up to a revision as seen and returns how many it marked.
	MarkSeen(userID string, rev int64) (int, error)
	// Purge removes up to limit invitations that were over before one time and sent before another.
	Purge(overBefore, sentBefore int64, limit int) (int, error)
	Audit(a AuditEntry) error
}

// AuditEntry records what staff did to a user.
type AuditEntry struct {
	ID      string
	At      int64 // Unix milliseconds
	By      string
	Action  string
	Subject string
	Why     string
	Count   int
}

// Log is what users were told and what clients named.
type Log interface {
	// AppendChange raises the user's revision by 1 and logs body for it.
	AppendChange(userID, kind string, body []byte, at int64) (rev int64, err error)
	Operation(userID, opID string, now int64) (o Operation, found bool, err error)
	SaveOperation(o Operation) error
}

// Operation is a durable change that a client named, and its stripped result.
type Operation struct {
	UserID string
	OpID   string
	Method protocol.Method
	Digest string
	Result []byte
	At     int64 // Unix milliseconds
}
