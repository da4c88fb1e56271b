package invitation

import "foyer/protocol"

// invite opens By's invitation, or connects if there is one to answer.
func (m *machine) invite(e Event) {
	s, p := e.By, &m.Pair
	if r := p.invitable(s); r != "" {
		m.refuse(r)
		return
	}
	if p.sent(s) >= 0 {
		m.Unchanged = true
		return
	}
	if i := p.answerable(s); i >= 0 {
		m.connect(s, i, protocol.CauseCrossed)
		return
	}
	m.add(Offer{ID: e.ID, From: s, ExpiresAt: e.ExpiresAt}, e.Hide || m.keptFrom(s))
	m.emit(s, e.ID, told{cause: protocol.CauseSent}, told{cause: protocol.CauseReceived, notify: true})
}

// keptFrom reports whether the pair itself keeps what from sends from being shown.
func (m *machine) keptFrom(from Side) bool {
	f := m.Pair.Flags
	return m.Pair.Since != 0 || f[Lo].Blocked != 0 || f[Hi].Blocked != 0 || f[from].Suppressed > m.now
}

// address opens By's invitation to an address, unless it is open already.
func (m *machine) address(e Event) {
	if m.Pair.find(e.ID) >= 0 {
		m.Unchanged = true
		return
	}
	m.add(Offer{ID: e.ID, From: e.By, ByAddress: true, ExpiresAt: e.ExpiresAt}, true)
	m.tellAddress(e.By, e.ID, View{State: protocol.RelationSent, InvitationID: e.ID}, protocol.CauseSent)
}

// claim takes an invitation to By's address into the pair. While By's own invitation is open it is left alone: it
// must not connect, for that would tell its sender whose the address is.
func (m *machine) claim(e Event) {
	from := e.By.Other()
	if m.Pair.sent(e.By) >= 0 || m.Pair.find(e.ID) >= 0 {
		m.Unchanged = true
		return
	}
	m.add(Offer{ID: e.ID, From: from, ByAddress: true, ExpiresAt: e.ExpiresAt}, e.Hide || m.keptFrom(from))
	m.emit(e.By, e.ID, told{cause: protocol.CauseReceived, notify: true}, told{})
}

// withdraw ends By's invitation, for the recipient without a word.
func (m *machine) withdraw(e Event) {
	s := e.By
	i := m.Pair.sent(s)
	if e.ID != "" {
		if i = m.Pair.find(e.ID); i < 0 {
			past, _ := m.past(e)
			switch {
			case past.ByAddress && past.Fate != FateAccepted: // whose the address is, its sender doesn't learn so
				m.Unchanged = true
				return
			case m.Pair.sent(s) >= 0:
				m.refuse(protocol.StaleInvitation)
				return
			}
		}
	}
	switch {
	case i >= 0:
	case m.Pair.Since != 0:
		m.refuse(protocol.InvitationAlreadyAccepted)
		return
	default:
		m.Unchanged = true
		return
	}
	m.takeBack(i)
	m.emit(s, m.takenID(), told{cause: protocol.CauseWithdrawn}, told{})
}

// takeBack ends the i-th invitation as withdrawn.
func (m *machine) takeBack(i int) {
	o := m.Pair.Offers[i]
	m.end(i, FateWithdrawn, m.now)
	if o.ByAddress {
		m.tellAddress(o.From, o.ID, View{State: protocol.RelationNone}, protocol.CauseWithdrawn)
		return
	}
	m.Pair.Flags[o.From].Withdrew = true
}

// takenID returns the id of what was withdrawn in this event.
func (m *machine) takenID() string {
	for _, o := range m.Touched {
		if o.Fate == FateWithdrawn {
			return o.ID
		}
	}
	return ""
}

// accept connects by way of an invitation that By is shown.
func (m *machine) accept(e Event) {
	i := m.Pair.find(e.ID)
	if i < 0 || !m.shownOrWaiting(i) {
		if o, ok := m.past(e); ok && o.Fate == FateAccepted && m.Pair.Since != 0 {
			m.Unchanged = true
			return
		}
		m.refuse(protocol.InvitationNotPending)
		return
	}
	if e.ConnectionsFull {
		m.refuse(protocol.ConnectionLimit)
		return
	}
	m.connect(e.By, i, protocol.CauseAccepted)
}

func (m *machine) shownOrWaiting(i int) bool {
	return m.Pair.Offers[i].Showing == Shown || m.Pair.Offers[i].Showing == Waiting
}

// decline hides the invitation from By and suppresses its sender, who sees no difference.
func (m *machine) decline(e Event) {
	from, declined := e.By.Other(), told{cause: protocol.CauseDeclined}
	i := m.Pair.find(e.ID)
	past, over := m.past(e)
	late, again := false, false
	switch {
	case i >= 0 && m.shownOrWaiting(i):
	case i >= 0 && m.Pair.Offers[i].Showing == Declined, over && past.Showing == Declined:
		again = true
	case over && m.canDeclineLate(past):
		late = true
	default:
		m.refuse(protocol.InvitationNotPending)
		return
	}
	blocks := e.Block && m.Pair.Flags[e.By].Blocked == 0
	switch {
	case again && !blocks:
		m.Unchanged = true
		return
	case again && m.Pair.Since != 0: // connected meanwhile: blocking is an act of its own
		m.refuse(protocol.InvitationNotPending)
		return
	case blocks && e.BlocksFull:
		m.refuse(protocol.TooManyOutstanding)
		return
	}
	if !again {
		m.markDeclined(i, past)
		m.Pair.Flags[from].Suppressed = m.now + m.rules.Suppression
		m.Pair.Flags[from].Declined = e.ID
		m.hide(from)
	}
	if blocks {
		m.setBlock(e.By)
		declined.cause = protocol.CauseBlocked
	}
	if late && !blocks {
		m.tell(e.By, e.ID, declined) // nothing but the list of declined ones changed
		m.before = m.Pair.clone()
		return
	}
	m.emit(e.By, e.ID, declined, told{})
}

// markDeclined puts the i-th invitation, or the past one, among those that the recipient declined.
func (m *machine) markDeclined(i int, past Offer) {
	if i >= 0 {
		m.Pair.Offers[i].DeclinedAt = m.now
		m.show(i, Declined)
		return
	}
	past.Showing, past.DeclinedAt = Declined, m.now
	m.touch(past)
}

// canDeclineLate reports whether an invitation was taken from its recipient's sight so recently that a decline still
// counts: the recipient may have tapped before. It doesn't when there is something newer to answer.
func (m *machine) canDeclineLate(o Offer) bool {
	return o.Showing == Gone && m.now-o.ResolvedAt <= m.rules.LateDecline &&
		m.Pair.Since == 0 && m.Pair.shownTo(o.From.Other()) < 0
}

// undoDecline shows By the declined invitation again, if it is still open.
func (m *machine) undoDecline(e Event) {
	from := e.By.Other()
	if m.Pair.Flags[e.By].Blocked != 0 {
		m.refuse(protocol.UnblockFirst)
		return
	}
	i := m.Pair.find(e.ID)
	switch {
	case i >= 0 && m.shownOrWaiting(i):
		m.Unchanged = true
		return
	case i < 0, m.Pair.Offers[i].Showing != Declined, m.Pair.Since != 0, m.Pair.Flags[from].Blocked != 0, m.Pair.sent(e.By) >= 0:
		m.refuse(protocol.InvitationNotPending)
		return
	}
	m.Pair.Flags[from].Suppressed, m.Pair.Flags[from].Declined = 0, ""
	m.Pair.Offers[i].Seen, m.Pair.Offers[i].DeclinedAt = true, 0
	if m.Pair.shownTo(e.By) >= 0 {
		m.show(i, Waiting)
		m.tell(e.By, e.ID, told{cause: protocol.CauseUndone}) // nothing but the list of declined ones changed
		return
	}
	m.show(i, Shown)
	m.emit(e.By, e.ID, told{cause: protocol.CauseUndone}, told{})
}

// remove ends the connection.
func (m *machine) remove(e Event) {
	if m.Pair.Since == 0 {
		m.Unchanged = true
		return
	}
	m.Pair.Since = 0
	m.emit(e.By, "", told{cause: protocol.CauseRemoved}, told{})
}

// block ends By's connection and invitation, and hides the other's.
func (m *machine) block(e Event) {
	switch {
	case m.Pair.Flags[e.By].Blocked != 0:
		m.Unchanged = true
		return
	case e.BlocksFull:
		m.refuse(protocol.TooManyOutstanding)
		return
	}
	id := m.before.View(e.By).InvitationID
	m.setBlock(e.By)
	m.emit(e.By, id, told{cause: protocol.CauseBlocked}, told{})
}

// setBlock sets the flag and draws the consequences. Invitations by address stay open for their senders, for ending
// one would tell whose the address is.
func (m *machine) setBlock(by Side) {
	m.Pair.Flags[by].Blocked = m.now
	m.Pair.Since = 0
	m.hide(by.Other())
	if i := m.Pair.sent(by); i >= 0 {
		m.takeBack(i)
	}
	m.hide(by)
}

// unblock takes the flag away and brings nothing back.
func (m *machine) unblock(e Event) {
	if m.Pair.Flags[e.By].Blocked == 0 {
		m.Unchanged = true
		return
	}
	m.Pair.Flags[e.By].Blocked = 0
	m.emit(e.By, "", told{cause: protocol.CauseUnblocked}, told{})
}
