package invitation

import (
	"context"
	"fmt"

	"foyer/protocol"
)

// letterLease is how long a letter that was handed out is not handed out again, in milliseconds: a sender that died
// meanwhile is made good for, at the price of a second mail in the worst case.
const letterLease = 5 * 60 * 1000

// Letter is a message to an address that is still to be sent. It is kept in the transaction that makes the invitation.
type Letter struct {
	InvitationID string
	Step         int   // how many have been sent: 0 for the first mail, then reminders
	DueAt        int64 // Unix milliseconds
}

// LetterWriter keeps what is still to be sent.
type LetterWriter interface {
	// PutLetter keeps l, in the place of the one about the same invitation.
	PutLetter(l Letter) error
	DropLetter(invitationID string) error
}

// Mail is what is to be sent to an invitation's address, as the invitation stood when it was handed out.
type Mail struct {
	InvitationID string
	Channel      protocol.Channel
	Address      string
	From         protocol.User
	// Message is the sender's, only where the address's owner is known and has verified it.
	Message string
	Step    int // 0 for the first one, then reminders
}

// Mails hands out up to limit messages that are due. Each invitation is looked at anew: one that is over, hidden, or
// seen in the app by now is never mailed, nor reminded of where the owner wants no reminders. Call Mailed for what was sent; what
// was not is handed out again some minutes later.
func (s *Service) Mails(ctx context.Context, limit int) ([]Mail, error) {
	now := s.now().UnixMilli()
	var due []Letter
	err := s.store.View(ctx, func(tx Reader) error {
		var err error
		due, err = tx.DueLetters(now, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	var mails []Mail
	for _, l := range due {
		m, send, err := s.mail(ctx, l.InvitationID, now)
		if err != nil {
			return mails, fmt.Errorf("letter to an address: %w", err)
		}
		if send {
			mails = append(mails, m)
		}
	}
	return mails, nil
}

// mail decides on one letter that was due at now, and keeps others from getting it too.
func (s *Service) mail(ctx context.Context, id string, now int64) (m Mail, send bool, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		m, send = Mail{}, false
		r, found, err := tx.Invitation(id)
		if err != nil {
			return err
		}
		people, err := tx.People(peopleOf(r)...) // locks them, as whoever changes the invitation does
		if err != nil {
			return err
		}
		if found { // as it stands under the locks
			if r, found, err = tx.Invitation(id); err != nil {
				return err
			}
		}
		l, kept, err := tx.Letter(id)
		if err != nil || !kept || l.DueAt > now {
			return err // somebody else has it
		}
		if !found || !r.mailable(people[r.Recipient], l.Step, now) {
			return tx.DropLetter(id)
		}
		m = Mail{InvitationID: id, Channel: r.Channel, Address: r.Address, From: people[r.Sender].User, Step: l.Step}
		if r.Recipient != "" {
			m.Message = r.Message
		}
		send = true
		l.DueAt = now + letterLease
		return tx.PutLetter(l)
	})
	return m, send, err
}

// Mailed notes that the message of a step was sent: the next reminder is due after a while, if there is one.
func (s *Service) Mailed(ctx context.Context, m Mail) error {
	return s.store.Update(ctx, func(tx Tx) error {
		l, found, err := tx.Letter(m.InvitationID)
		if err != nil || !found || l.Step != m.Step {
			return err
		}
		if l.Step++; l.Step > s.config.Reminders {
			return tx.DropLetter(m.InvitationID)
		}
		l.DueAt = s.now().Add(s.config.ReminderAfter).UnixMilli()
		return tx.PutLetter(l)
	})
}

// mailable reports whether a message about r may go out: it is open, and its recipient, if known, is shown it and has
// not seen it.
func (r *Record) mailable(owner Person, step int, now int64) bool {
	if r.Fate != Open || r.ExpiresAt <= now {
		return false
	}
	if r.Recipient == "" {
		return true
	}
	return (r.Showing == Shown || r.Showing == Waiting) && !r.Seen && (step == 0 || owner.Reminders)
}

func peopleOf(r Record) []string {
	if r.Recipient == "" {
		return []string{r.Sender}
	}
	return []string{r.Sender, r.Recipient}
}
