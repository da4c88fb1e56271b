package invitation

import "foyer/protocol"

// Record is an invitation as it is kept. Times are Unix milliseconds.
type Record struct {
	Offer
	Sender    string
	Recipient string // "" while nobody known owns the address
	Target    string // what limits are counted on and what at most one open invitation of a sender has: see TargetUser
	Address   string // as the sender wrote it, "" for an ordinary one
	Channel   protocol.Channel
	Message   string // erased when it is withdrawn or expired
	SessionID string
	SentAt    int64
	// ReceivedRev is the recipient's revision that showed it, 0 if none did.
	ReceivedRev int64
	// fresh marks a record that is in no store yet.
	fresh bool
}

// Person is what the rules need to know of a user.
type Person struct {
	User        protocol.User
	InvitableBy protocol.InvitableBy
	Reminders   bool // wants to be reminded by mail
	Unseen      int  // received invitations not yet seen
}

// TargetUser returns the target of an ordinary invitation.
func TargetUser(id string) string { return "user:" + id }

// TargetEmail returns the target of an invitation to a folded e-mail address.
func TargetEmail(key string) string { return "email:" + key }

// TargetPhone returns the target of an invitation to a folded phone number.
func TargetPhone(key string) string { return "phone:" + key }

// visibleState returns the invitation's state as viewer may see it and when it came to that, 0 while it is pending.
// ok is false for a recipient who is not to see it at all.
func (r Record) visibleState(viewer string) (state protocol.InvitationState, at int64, ok bool) {
	if viewer == r.Sender {
		switch r.Fate {
		case FateAccepted:
			return protocol.InvitationAccepted, r.ResolvedAt, true
		case FateWithdrawn:
			return protocol.InvitationWithdrawn, r.ResolvedAt, true
		case FateExpired:
			return protocol.InvitationExpired, r.ResolvedAt, true
		}
		return protocol.InvitationPending, 0, true
	}
	switch r.Showing {
	case Shown, Waiting:
		return protocol.InvitationPending, 0, true
	case Declined:
		return protocol.InvitationDeclined, r.DeclinedAt, true
	case Accepted:
		return protocol.InvitationAccepted, r.ResolvedAt, true
	}
	return "", 0, false
}

// messageFor returns the message as far as viewer may read it now.
func (r Record) messageFor(viewer string) string {
	switch {
	case viewer == r.Sender, r.Showing == Shown, r.Showing == Waiting, r.Showing == Accepted:
		return r.Message
	}
	return ""
}

// settle erases what must not outlive the invitation.
func (r *Record) settle() {
	if r.Fate == FateWithdrawn || r.Fate == FateExpired {
		r.Message = ""
	}
}
