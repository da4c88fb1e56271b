package cluster

import (
	"context"
	"errors"
	"time"

	"foyer/protocol"
)

// ErrTooManyDevices says that a user has as many devices as allowed, none of them in grace.
var ErrTooManyDevices = errors.New("too many devices of one user")

// Device is one of a user's devices as the cluster knows it.
type Device struct {
	ID          string
	UserID      string
	Kind        protocol.Kind
	Companion   bool
	Node        string
	Incarnation string          // which socket it is: new each time the device comes back
	Status      protocol.Status // online, away or busy
	StatusSet   bool            // the device said so itself
	Connected   bool
	Since       time.Time // when it came, or when its status last changed
	GraceUntil  time.Time // while it is not connected
	Seq         int64     // of the last session message that it sent
	Visit       int64     // greater with each socket that it hangs on
}

// SeqLeap is how far the sequence of a device goes on when it is taken over from a socket that has not ended yet: how far
// that one got is not known, only that it sent fewer.
const SeqLeap = 1 << 24

// Profile is what presence needs of a user beside the devices: durable, and read from the store at hello.
type Profile struct {
	Note      string
	NoteUntil time.Time
	Invisible bool
	// VisibleSince is when the user last stopped being invisible; zero if they never were.
	VisibleSince time.Time
	// Rev is greater with each change of the profile. Nodes may come to know of changes in any order.
	Rev int64
}

// Newer returns p, unless other is newer.
func (p Profile) Newer(other Profile) Profile {
	if other.Rev > p.Rev {
		return other
	}
	return p
}

// Attach asks to register a device. WantID names the one to replace, if any.
type Attach struct {
	Device
	WantID  string
	Max     int // devices of one user; 0 = no limit
	Profile Profile
	Now     time.Time
}

// Attached tells what became of it. Replaced is the socket that the device hung on until now and that must be closed;
// Evicted is a device in grace that had to make room.
type Attached struct {
	Device   Device
	Resumed  bool
	Replaced *Device
	Evicted  *Device
}

// Devices knows each user's devices on all nodes. Devices in grace count. All methods may be called concurrently.
type Devices interface {
	// Attach registers a device. It keeps the id, place, status and sequence of the one that it replaces: the one
	// named by WantID, else a dropped one of the same kind. ErrTooManyDevices when there is no room.
	Attach(ctx context.Context, a Attach) (Attached, error)
	// Drop starts the grace of a device that is gone without a word, unless another socket has taken it over.
	// It reports whether it did.
	Drop(ctx context.Context, d Device, until time.Time) (bool, error)
	// Remove forgets a device, unless another socket has taken it over. It reports whether it did.
	Remove(ctx context.Context, d Device) (bool, error)
	// Change applies fn to a device that is still there.
	Change(ctx context.Context, userID, deviceID string, fn func(*Device)) error
	// Of returns the devices and profile of each of the users, in order of coming.
	Of(ctx context.Context, userIDs ...string) (map[string]UserDevices, error)
	// SetProfile replaces a user's profile, if the user has devices and no newer one is known.
	SetProfile(ctx context.Context, userID string, p Profile) error
}

// Upkeep is the part of Devices that a node does by itself.
type Upkeep interface {
	// Reap forgets and returns the devices whose grace is over.
	Reap(ctx context.Context, now time.Time) ([]Device, error)
	// Restore puts a device of before a restart back, in grace, and says what its user chose.
	Restore(ctx context.Context, d Device, p Profile) error
}

// UserDevices is what the cluster knows of one user.
type UserDevices struct {
	Devices []Device
	Profile Profile
	Alone   bool `json:"-"` // as this node last saw them: the others were out of reach
	Unsure  bool `json:"-"` // a node that a device hangs on is silent: what the user chose there may be known in the store alone
}
