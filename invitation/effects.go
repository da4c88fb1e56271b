package invitation

import "foyer/protocol"

// Effects are what a committed change means for others. They are valid beside a refusal too: publish them whenever
// they are not empty.
type Effects struct {
	// Changes are in the order of their commits, and of revisions for each user.
	Changes []Change
	Blocks  []BlockChange
	Seen    []SeenChange
	// Addressed are keys of addresses that were invited just now. Pass each to ClaimAddress once the answer is on its
	// way: that is when an owner who is known sees the invitation, and the sender can't tell by the wait.
	Addressed []string
}

// Change is what one user's devices are told of a pair.
type Change struct {
	UserID string
	// OtherID is the other user of the pair, "" for an invitation to an address whose owner UserID must not learn.
	OtherID string
	// Notification has the revision, and names and message joined in.
	Notification protocol.RelationChanged
}

// BlockChange says who no longer hears whom, or does again. It is for the server alone: nobody is ever shown it.
type BlockChange struct {
	By, Of  string
	Blocked bool
}

// SeenChange tells a user's other devices that the badge changed without a revision.
type SeenChange struct {
	UserID string
	Unseen int
}

func (e *Effects) add(more Effects) {
	e.Changes = append(e.Changes, more.Changes...)
	e.Blocks = append(e.Blocks, more.Blocks...)
	e.Seen = append(e.Seen, more.Seen...)
	e.Addressed = append(e.Addressed, more.Addressed...)
}
