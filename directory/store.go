package directory

import (
	"context"
	"time"

	"foyer/protocol"
)

// Store keeps users. What Update's function does is committed as a whole or not at all; it may run more than once.
type Store interface {
	Update(ctx context.Context, fn func(Tx) error) error
	View(ctx context.Context, fn func(Tx) error) error
	Finder
}

// Tx is one transaction.
type Tx interface {
	UserTx
	LogTx
}

// UserTx reads and writes single users.
type UserTx interface {
	// User returns the user, locked until the end of a transaction that writes.
	User(id string) (User, bool, error)
	// Add writes a user who is not known, and what they are found by. It answers false, and writes nothing, if they are.
	// Alone says that there is nothing between them and anybody.
	Add(u User) (added, alone bool, err error)
	// Save writes all of u but Rev, and what u is found by.
	Save(u User) error
	// Delete removes the user, what they are found by, their log and their operations.
	Delete(id string) error
	// UsernameHolder returns who username addresses, "" for nobody. It compares without case.
	UsernameHolder(username string) (id string, err error)
	// ReleaseUsername makes username address nobody.
	ReleaseUsername(username string) error
}

// LogTx is the log of what a user was told, and what clients named with op_id.
type LogTx interface {
	AppendChange(userID, kind string, body []byte, at int64) (rev int64, err error)
	Operation(userID, opID string, now int64) (Operation, bool, error)
	SaveOperation(Operation) error
}

// Operation is a change that a client may have named with an op_id; OpID is "" if it hasn't.
type Operation struct {
	UserID string
	OpID   string
	Method protocol.Method
	Digest string // of the decoded params
	Result []byte
	At     int64 // Unix milliseconds
}

// Finder reads many users at once. Each method is one or two statements, whatever the number of users.
type Finder interface {
	// Users returns those of ids that are known.
	Users(ctx context.Context, ids []string) (map[string]User, error)
	// UserByUsername returns the one whom username addresses.
	UserByUsername(ctx context.Context, username string) (User, bool, error)
	// UsersByAddress returns those who have verified an e-mail address or phone number, the last seen first.
	UsersByAddress(ctx context.Context, address string) ([]User, error)
	// FindByAddress and FindByWord return at most n hits after a place, in order of place.
	FindByAddress(ctx context.Context, q Query, after Place, n int) ([]Hit, error)
	FindByWord(ctx context.Context, q Query, after Place, n int) ([]Hit, error)
	// Met returns at most n people met after cutoff, the last met first, from after on.
	Met(ctx context.Context, viewer string, cutoff time.Time, after Meeting, n int) ([]Meeting, error)
}

// Query is a search made ready by Service.Search.
type Query struct {
	Viewer  string
	Prefix  string // a folded name's beginning, "" for none
	Address string // an e-mail address without case, "" for none
}

// Place is where in the order of hits one stands. The zero Place is before all.
type Place struct {
	// ByWord is false for those found by their address, who come first.
	ByWord bool
	Word   string
	UserID string
}

// Hit is one user found.
type Hit struct {
	User  protocol.User
	Place Place
}

// Meeting is when a viewer and a user were last together in a session: the start of their last common stay.
type Meeting struct {
	User protocol.User
	At   time.Time
}
