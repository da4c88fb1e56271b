package invitation

import (
	"slices"

	"foyer/protocol"
)

// Side is one of a pair's two users: the one with the smaller id or the other.
type Side int

// The sides.
const (
	Lo Side = iota
	Hi
)

// Other returns the side across.
func (s Side) Other() Side { return 1 - s }

// State is what is truly between the two. Nobody is shown it: each sees a View.
type State int

// The states. Pending and Hidden have a sender, to whom they look the same.
const (
	None State = iota
	Pending
	Hidden
	Connected
)

// Showing says what the recipient of an invitation sees of it.
type Showing int

// The ways an invitation is shown to its recipient. At most one from each sender is Shown; further ones wait behind it.
const (
	NotShown Showing = iota
	Shown
	Waiting
	Declined // in the recipient's list of declined ones
	Accepted
	Gone // was shown until it was withdrawn or expired
)

// Fate is what became of an invitation for its sender. A declined one is still Open.
type Fate int

// The fates.
const (
	Open Fate = iota
	FateAccepted
	FateWithdrawn
	FateExpired
)

// Offer is an invitation as far as the pair's rules need to know it. Times are Unix milliseconds.
type Offer struct {
	ID        string
	From      Side
	ByAddress bool // sent to an address; its sender doesn't know whose
	Showing   Showing
	Seen      bool // counts no longer as unseen
	Fate      Fate
	ExpiresAt int64
	// ResolvedAt is when it ceased to be open, DeclinedAt when its recipient declined it; 0 if not.
	ResolvedAt int64
	DeclinedAt int64
}

// Flags are what stands beside the state for one side. Times are Unix milliseconds.
type Flags struct {
	Blocked    int64  // since when this side blocks the other; 0: it doesn't
	Suppressed int64  // until when this side's invitations are hidden
	Declined   string // this side's invitation that the other one declined last, if any
	Withdrew   bool   // this side took an invitation back since they were last connected
}

// Pair is all that is between two users. The zero value is two users who have nothing to do with each other.
type Pair struct {
	Since  int64   // connected since, Unix milliseconds; 0: not connected
	Offers []Offer // those that are open, oldest first; at most one isn't ByAddress
	Flags  [2]Flags
}

// View is a pair as one of the two sees it.
type View struct {
	State        protocol.RelationState
	InvitationID string
	Since        int64
}

// State returns the true state and, in Pending and Hidden, whose invitation it is.
func (p Pair) State() (State, Side) {
	if p.Since != 0 {
		return Connected, Lo
	}
	i := p.ordinary()
	if i < 0 {
		return None, Lo
	}
	if o := p.Offers[i]; o.Showing == Shown || o.Showing == Waiting {
		return Pending, o.From
	}
	return Hidden, p.Offers[i].From
}

// View returns the pair as s sees it.
func (p Pair) View(s Side) View {
	switch {
	case p.Flags[s].Blocked != 0:
		return View{State: protocol.RelationBlocked, Since: p.Flags[s].Blocked}
	case p.Since != 0:
		return View{State: protocol.RelationConnected, Since: p.Since}
	}
	if i := p.ordinary(); i >= 0 && p.Offers[i].From == s {
		return View{State: protocol.RelationSent, InvitationID: p.Offers[i].ID}
	}
	if i := p.shownTo(s); i >= 0 {
		return View{State: protocol.RelationReceived, InvitationID: p.Offers[i].ID}
	}
	return View{State: protocol.RelationNone}
}

// CanUndo reports whether s may be offered to take a decline back: it stays so whatever the sender does.
func (p Pair) CanUndo(s Side) bool {
	return p.Flags[s.Other()].Declined != "" && p.View(s).State == protocol.RelationNone
}

// Unseen counts the invitations shown to s that s has not seen: 0 or 1.
func (p Pair) Unseen(s Side) int {
	if i := p.shownTo(s); i >= 0 && !p.Offers[i].Seen {
		return 1
	}
	return 0
}

// ordinary returns the index of the open invitation that isn't by address, -1 if there is none.
func (p Pair) ordinary() int {
	for i, o := range p.Offers {
		if !o.ByAddress {
			return i
		}
	}
	return -1
}

// shownTo returns the index of the invitation that s sees, -1 if there is none.
func (p Pair) shownTo(s Side) int {
	for i, o := range p.Offers {
		if o.From != s && o.Showing == Shown {
			return i
		}
	}
	return -1
}

// find returns the index of the open invitation with this id, -1 if there is none.
func (p Pair) find(id string) int {
	for i, o := range p.Offers {
		if o.ID == id {
			return i
		}
	}
	return -1
}

// sent returns the index of the ordinary invitation that s has open, -1 if there is none.
func (p Pair) sent(s Side) int {
	if i := p.ordinary(); i >= 0 && p.Offers[i].From == s {
		return i
	}
	return -1
}

// invitable returns why s can't invite the other one as the pair stands, "" if nothing between them is in the way.
func (p Pair) invitable(s Side) protocol.Reason {
	switch {
	case p.Since != 0:
		return protocol.AlreadyConnected
	case p.Flags[s].Blocked != 0:
		return protocol.UnblockFirst
	}
	return ""
}

// opens reports whether inviting makes a new invitation, for which there are settings and limits, rather than
// repeating s's own or answering the other's.
func (p Pair) opens(s Side) bool { return p.sent(s) < 0 && p.answerable(s) < 0 }

// due reports whether an invitation's time is over at now.
func (p Pair) due(now int64) bool {
	return slices.ContainsFunc(p.Offers, func(o Offer) bool { return o.ExpiresAt <= now })
}

// answerable returns the index of what s would answer by inviting back: the other's ordinary invitation, hidden or
// not, else the oldest by address that s has ever seen; -1 if there is none. Answering one by address tells its sender
// whose the address is, so it must not happen to somebody who doesn't know of it.
func (p Pair) answerable(s Side) int {
	if p.Flags[s.Other()].Blocked != 0 {
		return -1
	}
	first := -1
	for i, o := range p.Offers {
		switch {
		case o.From == s:
		case !o.ByAddress:
			return i
		case first < 0 && o.Showing != NotShown:
			first = i
		}
	}
	return first
}

func (p Pair) clone() Pair {
	p.Offers = append([]Offer(nil), p.Offers...)
	return p
}
