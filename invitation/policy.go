package invitation

import (
	"time"

	"foyer/protocol"
)

// decider decides whether an invitation may be sent: for the call inside its transaction, and for a focus panel on a
// snapshot. It refuses with a *protocol.Error without relation; any other error is the store's.
type decider struct {
	config Config
	tx     Reader
	now    int64
	tally  *Tally // what Tally would return for the pair at hand; nil if that is not known
}

// minute is the span of Config.PerMinute; the span of PerDay is day.
const minute = time.Minute

// sharedWithin is how long after a common session it still counts as shared.
const sharedWithin = day

// maySend decides for an ordinary invitation from side s of a pair that has no invitation due. full reports whether the
// recipient is shown as many invitations as may be: it would be hidden.
func (d decider) maySend(p Pair, s Side, sender, recipient Person) (full bool, err error) {
	if r := p.invitable(s); r != "" {
		return false, protocol.Refuse(r)
	}
	if !p.opens(s) {
		return false, nil
	}
	if err := d.welcome(p.Flags[s], sender, recipient); err != nil {
		return false, err
	}
	return d.withinLimits(tallyOf(sender.User.ID, recipient.User.ID))
}

// tallyOf asks for what counts when a sender invites a recipient.
func tallyOf(sender, recipient string) TallyQuery {
	return TallyQuery{Sender: sender, Target: TargetUser(recipient), Recipient: recipient}
}

// welcome decides by the recipient's setting, and by what a withdrawal asks for.
func (d decider) welcome(f Flags, sender, recipient Person) error {
	switch recipient.InvitableBy {
	case protocol.InvitableByNobody:
		return protocol.Refuse(protocol.NotAcceptingInvitations)
	case protocol.InvitableBySharedSession:
		shared, err := d.shared(sender, recipient)
		if err != nil {
			return err
		}
		if !shared {
			return protocol.Refuse(protocol.SharedSessionRequired)
		}
	case protocol.InvitableByEmail:
		return protocol.Refuse(protocol.EmailRequired)
	case protocol.InvitableByEveryone:
	}
	if f.Withdrew && d.config.ReinviteAfterWithdrawal == ReinviteEmail {
		return protocol.Refuse(protocol.EmailRequired)
	}
	return nil
}

func (d decider) shared(one, other Person) (bool, error) {
	return d.tx.SharedSession(one.User.ID, other.User.ID, d.now-sharedWithin.Milliseconds())
}

// turnsAway reports whether the setting of an address's owner stands against an invitation that knows the address.
// Unlike with an ordinary one, the sender isn't told: the invitation is hidden.
func (d decider) turnsAway(sender, owner Person) (bool, error) {
	switch owner.InvitableBy {
	case protocol.InvitableByNobody:
		return true, nil
	case protocol.InvitableBySharedSession:
		shared, err := d.shared(sender, owner)
		return !shared, err
	case protocol.InvitableByEveryone, protocol.InvitableByEmail:
	}
	return false, nil
}

// full reports whether the recipient is shown as many invitations as may be; further ones are hidden.
func (d decider) full(recipient string) (bool, error) {
	if d.config.Received == 0 {
		return false, nil
	}
	n, err := d.tx.Received(recipient)
	return n >= d.config.Received, err
}

// withinLimits decides by what the sender has sent before, to the target and at all. full is as with maySend.
func (d decider) withinLimits(q TallyQuery) (full bool, err error) {
	c := d.config
	if !c.counts(q) {
		return false, nil
	}
	t, err := d.tallied(q)
	if err != nil {
		return false, err
	}
	if at := max(d.until(t.Last, c.PairGap, c.PairGap > 0), d.until(t.Pair, c.PairWindow, c.PairMax > 0)); at != 0 {
		return false, protocol.Refuse(protocol.ReinviteCooldown).WithRetryAt(protocol.AtMillis(at))
	}
	if at := max(d.until(t.Minute, minute, c.PerMinute > 0), d.until(t.Day, day, c.PerDay > 0)); at != 0 {
		return false, protocol.Refuse(protocol.InvitationLimit).WithRetryAt(protocol.AtMillis(at))
	}
	if c.Outstanding > 0 && t.Outstanding >= c.Outstanding {
		return false, protocol.Refuse(protocol.TooManyOutstanding).WithLimit(c.Outstanding)
	}
	return c.Received > 0 && t.Received >= c.Received, nil
}

// counts reports whether a limit depends on what was sent before.
func (c Config) counts(q TallyQuery) bool {
	return c.PairGap > 0 || c.PairMax > 0 || c.PerMinute > 0 || c.PerDay > 0 || c.Outstanding != 0 || c.Received != 0 && q.Recipient != ""
}

// ranked returns q with the ranks that the limits ask for.
func (c Config) ranked(q TallyQuery) TallyQuery {
	q.RankMinute, q.RankDay, q.RankPair = c.PerMinute, c.PerDay, c.PairMax
	return q
}

func (d decider) tallied(q TallyQuery) (Tally, error) {
	if d.tally != nil {
		return *d.tally, nil
	}
	return d.tx.Tally(d.config.ranked(q))
}

// until returns the end of a span that began at sent, 0 if there is no limit, nothing was sent, or it is over.
func (d decider) until(sent int64, span time.Duration, limited bool) int64 {
	if !limited || sent == 0 || sent+span.Milliseconds() <= d.now {
		return 0
	}
	return sent + span.Milliseconds()
}

// connectionsFull reports whether userID has as many connections as may be.
func (d decider) connectionsFull(userID string) (bool, error) {
	if d.config.Connections == 0 {
		return false, nil
	}
	n, err := d.tx.Connected(userID)
	return n >= d.config.Connections, err
}

// blocksFull reports whether userID blocks as many as may be.
func (d decider) blocksFull(userID string) (bool, error) {
	if d.config.Blocks == 0 {
		return false, nil
	}
	n, err := d.tx.Blocked(userID)
	return n >= d.config.Blocks, err
}
