package invitation

import (
	"cmp"
	"slices"

	"foyer/protocol"
)

// Kind is something that one of a pair does, or that time does to it.
type Kind int

// The kinds of event.
const (
	Invite  Kind = iota
	Address      // By invites an address that belongs to nobody known yet
	Claim        // an invitation to By's address becomes known as one to By
	Withdraw
	Accept
	Decline
	UndoDecline
	Remove
	Block
	Unblock
	Expire // nothing but what is due
)

// Event is what happens to a pair.
type Event struct {
	Kind Kind
	By   Side
	// ID is the new invitation's for Invite, Address and Claim; else the one concerned, "" for whichever By has sent.
	ID string
	// Past is the invitation with that ID if it is no longer open.
	Past *Offer
	// ExpiresAt is the new invitation's.
	ExpiresAt int64
	// Hide is set for Invite and Claim when something beside the pair keeps the invitation from being shown.
	Hide bool
	// Block is set for Decline when the sender is blocked in the same change.
	Block bool
	// ConnectionsFull and BlocksFull say that By has as many as allowed.
	ConnectionsFull, BlocksFull bool
}

// Rules are the machine's own numbers, in milliseconds.
type Rules struct {
	Suppression int64
	LateDecline int64 // how long after its end an invitation can still be declined
}

// ViewChange is the new view of one side. Exactly when a view changes there is one.
type ViewChange struct {
	Side Side
	View View
	// ByAddress says that it concerns the sender's invitation to an address, not the relation to a user.
	ByAddress    bool
	InvitationID string
	Cause        protocol.Cause
	Notify       bool
	// Unseen is how many more invitations than before Apply the side has not seen.
	Unseen int
}

// Outcome is what an event led to.
type Outcome struct {
	Pair    Pair
	Changes []ViewChange
	// Touched are the invitations that are new or changed, as they are now.
	Touched []Offer
	// Unchanged says that it stood so already.
	Unchanged bool
	// Refusal is the reason why the event did nothing, "" if it did. What was due has expired all the same.
	Refusal protocol.Reason
}

// Apply returns what e makes of p at the time now (Unix milliseconds). Invitations whose time is over expire first.
// It changes nothing in p.
func Apply(p Pair, e Event, now int64, r Rules) Outcome {
	m := &machine{Outcome: Outcome{Pair: p.clone()}, start: p, now: now, rules: r}
	m.expire()
	m.before = m.Pair.clone()
	switch e.Kind {
	case Invite:
		m.invite(e)
	case Address:
		m.address(e)
	case Claim:
		m.claim(e)
	case Withdraw:
		m.withdraw(e)
	case Accept:
		m.accept(e)
	case Decline:
		m.decline(e)
	case UndoDecline:
		m.undoDecline(e)
	case Remove:
		m.remove(e)
	case Block:
		m.block(e)
	case Unblock:
		m.unblock(e)
	case Expire:
		m.Unchanged = len(m.Changes) == 0
	}
	return m.Outcome
}

// machine is one event on its way.
type machine struct {
	Outcome
	start  Pair // as given
	before Pair // as the event finds it
	now    int64
	rules  Rules
}

func (m *machine) refuse(r protocol.Reason) { m.Refusal = r }

// told is what one side may know of a change.
type told struct {
	cause  protocol.Cause
	notify bool
}

// emit tells both sides what changed for them since the event began, the acting side first. The acting side is named
// the invitation with this id; the other one, unless they are connected now, the one that it no longer sees or now does.
func (m *machine) emit(by Side, id string, actor, other told) {
	if m.Pair.View(by) != m.before.View(by) {
		m.tell(by, id, actor)
	}
	o := by.Other()
	if was, is := m.before.View(o), m.Pair.View(o); is != was {
		if m.Pair.Since == 0 {
			id = cmp.Or(was.InvitationID, is.InvitationID)
		}
		m.tell(o, id, other)
	}
	m.before = m.Pair.clone()
}

// tell adds a change of s's view.
func (m *machine) tell(s Side, id string, t told) {
	m.Changes = append(m.Changes, ViewChange{
		Side: s, View: m.Pair.View(s), InvitationID: id, Cause: t.cause, Notify: t.notify,
		Unseen: m.Pair.Unseen(s) - m.start.Unseen(s),
	})
}

// tellAddress tells s about the invitation that s sent to an address.
func (m *machine) tellAddress(s Side, id string, v View, cause protocol.Cause) {
	m.Changes = append(m.Changes, ViewChange{
		Side: s, View: v, ByAddress: true, InvitationID: id, Cause: cause,
		Unseen: m.Pair.Unseen(s) - m.start.Unseen(s),
	})
}

// touch records o as it is now.
func (m *machine) touch(o Offer) {
	if i := slices.IndexFunc(m.Touched, func(t Offer) bool { return t.ID == o.ID }); i >= 0 {
		m.Touched[i] = o
		return
	}
	m.Touched = append(m.Touched, o)
}

// show sets how an open invitation is shown.
func (m *machine) show(i int, s Showing) {
	if m.Pair.Offers[i].Showing != s {
		m.Pair.Offers[i].Showing = s
		m.touch(m.Pair.Offers[i])
	}
}

// add opens an invitation. Behind one that is shown already, it waits.
func (m *machine) add(o Offer, hide bool) {
	switch {
	case hide:
		o.Showing = NotShown
	case m.Pair.shownTo(o.From.Other()) >= 0:
		o.Showing = Waiting
	default:
		o.Showing = Shown
	}
	m.Pair.Offers = append(m.Pair.Offers, o)
	m.touch(o)
}

// end closes an open invitation. One that waited behind it comes forward.
func (m *machine) end(i int, f Fate, at int64) {
	o := m.Pair.Offers[i]
	o.Fate, o.ResolvedAt = f, at
	switch {
	case f == FateAccepted:
		o.Showing = Accepted
	case o.Showing == Shown:
		o.Showing = Gone
	case o.Showing == Waiting:
		o.Showing = NotShown
	}
	m.touch(o)
	m.Pair.Offers = slices.Delete(m.Pair.Offers, i, i+1)
	if m.Pair.shownTo(o.From.Other()) >= 0 {
		return
	}
	for j, w := range m.Pair.Offers {
		if w.From == o.From && w.Showing == Waiting {
			m.show(j, Shown)
			return
		}
	}
}

// hide takes from the recipient's sight whatever from has sent.
func (m *machine) hide(from Side) {
	for i, o := range m.Pair.Offers {
		if o.From == from && (o.Showing == Shown || o.Showing == Waiting) {
			m.show(i, NotShown)
		}
	}
}

// expire ends what is due, in the order in which it became so.
func (m *machine) expire() {
	m.before = m.Pair.clone()
	due := slices.DeleteFunc(slices.Clone(m.Pair.Offers), func(o Offer) bool { return o.ExpiresAt > m.now })
	slices.SortStableFunc(due, func(a, b Offer) int { return cmp.Compare(a.ExpiresAt, b.ExpiresAt) })
	for _, o := range due {
		m.end(m.Pair.find(o.ID), FateExpired, o.ExpiresAt)
		if o.ByAddress {
			m.tellAddress(o.From, o.ID, View{State: protocol.RelationNone}, protocol.CauseExpired)
		}
		m.emit(o.From, o.ID, told{cause: protocol.CauseExpired}, told{})
	}
}

// connect makes the pair connected by way of the i-th invitation. The ordinary one is settled with it; those by
// address that it did not go by stay open for their sender.
func (m *machine) connect(by Side, i int, cause protocol.Cause) {
	id := m.Pair.Offers[i].ID
	m.end(i, FateAccepted, m.now)
	if i := m.Pair.ordinary(); i >= 0 {
		m.end(i, FateAccepted, m.now)
	}
	m.hide(Lo)
	m.hide(Hi)
	m.Pair.Since = m.now
	for s := range m.Pair.Flags {
		f := &m.Pair.Flags[s]
		f.Suppressed, f.Declined, f.Withdrew = 0, "", false
	}
	m.emit(by, id, told{cause: cause}, told{cause: cause, notify: true})
}

// past returns the invitation that the event names if it is over, also if it expired just now.
func (m *machine) past(e Event) (Offer, bool) {
	if i := slices.IndexFunc(m.Touched, func(o Offer) bool { return o.ID == e.ID && o.Fate != Open }); i >= 0 {
		return m.Touched[i], true
	}
	if e.Past != nil {
		return *e.Past, true
	}
	return Offer{}, false
}
