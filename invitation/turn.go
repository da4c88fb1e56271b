package invitation

import (
	"encoding/json"
	"fmt"
	"slices"

	"foyer/protocol"
)

// turn is one pair inside a transaction, locked, with both of its users.
type turn struct {
	*act
	// ids are the users of Lo and Hi. While nobody known owns an invited address, Lo is the sender and Hi is "".
	ids    [2]string
	people [2]Person
	pair   Pair
	unseen [2]int
	tally  *Tally // of the caller's invitations to the other one, nil if not read or not so any more
}

// turn returns a turn of two users, of whom nothing is read yet.
func (a *act) turn(one, other string) *turn {
	return &turn{act: a, ids: [2]string{min(one, other), max(one, other)}}
}

// open locks two users and reads what is between them. It refuses with user_not_found if either isn't known.
func (a *act) open(one, other string) (*turn, error) {
	t := a.turn(one, other)
	both, err := a.tx.Pair(t.ids[Lo], t.ids[Hi])
	if err != nil {
		return nil, err
	}
	return t, t.begin(both)
}

// openToInvite is open for the caller, who invites another one. It also reads what limits depend on.
func (a *act) openToInvite(other string) (*turn, error) {
	q := tallyOf(a.by.UserID, other)
	if !a.config.counts(q) {
		return a.open(a.by.UserID, other)
	}
	t := a.turn(a.by.UserID, other)
	both, tally, err := a.tx.PairAndTally(t.ids[Lo], t.ids[Hi], a.config.ranked(q))
	if err != nil {
		return nil, err
	}
	t.tally = &tally
	return t, t.begin(both)
}

// begin takes what was read of the two. It refuses with user_not_found if either isn't known.
func (t *turn) begin(both Both) error {
	for s, id := range t.ids {
		p, ok := both.People[id]
		if !ok {
			return protocol.Refuse(protocol.UserNotFound)
		}
		t.meet(Side(s), p)
	}
	t.pair = both.Pair
	for _, r := range both.Open {
		t.records[r.ID] = r
	}
	return nil
}

// openUnclaimed locks the sender of an invitation to an address that belongs to nobody known.
func (a *act) openUnclaimed(r Record) (*turn, error) {
	t := &turn{act: a, ids: [2]string{r.Sender, ""}}
	people, err := a.tx.People(r.Sender)
	if err != nil {
		return nil, err
	}
	p, ok := people[r.Sender]
	if !ok {
		return nil, protocol.Refuse(protocol.UserNotFound)
	}
	t.meet(Lo, p)
	if r.ID != "" && r.Fate == Open {
		t.pair.Offers = []Offer{r.Offer}
		a.records[r.ID] = r
	}
	return t, nil
}

// openFor locks the users whom an invitation concerns and returns it as it stands under the locks.
func (a *act) openFor(r Record) (*turn, Record, error) {
	for {
		t, err := a.openEnds(r)
		if err != nil {
			return nil, r, err
		}
		if known, ok := a.records[r.ID]; ok && r.Recipient != "" {
			return t, known, nil
		}
		now, found, err := a.tx.Invitation(r.ID)
		switch {
		case err != nil:
			return nil, r, err
		case !found:
			return nil, r, protocol.Refuse(protocol.InvitationNotFound)
		case now.Recipient == r.Recipient:
			a.records[r.ID] = now
			return t, now, nil
		}
		r = now // claimed before the lock was had
	}
}

// openWith is openFor for an invitation that was read with its pair, if that is not nil.
func (a *act) openWith(r Record, both *Both) (*turn, Record, error) {
	if both == nil {
		return a.openFor(r)
	}
	a.records[r.ID] = r
	t := a.turn(r.Sender, r.Recipient)
	return t, r, t.begin(*both)
}

func (a *act) openEnds(r Record) (*turn, error) {
	if r.Recipient == "" {
		return a.openUnclaimed(r)
	}
	return a.open(r.Sender, r.Recipient)
}

func (t *turn) meet(s Side, p Person) {
	t.people[s], t.unseen[s] = p, p.Unseen
	t.users[p.User.ID] = p.User
}

// side returns which of the two a user is.
func (t *turn) side(id string) Side {
	if t.ids[Hi] == id {
		return Hi
	}
	return Lo
}

// apply lets e happen: it keeps what changed, logs what each of the two is told, and adds it to the effects.
// For a new invitation, its record is known to the act already.
func (t *turn) apply(e Event) (Outcome, error) {
	if r, ok := t.records[e.ID]; ok && r.Fate != Open {
		e.Past = &r.Offer
	}
	was := t.pair
	out := Apply(was, e, t.now, t.rules)
	t.pair = out.Pair
	t.update(out.Touched)
	for _, c := range out.Changes {
		if err := t.publish(c); err != nil {
			return out, err
		}
	}
	if err := t.keep(was, out.Touched); err != nil {
		return out, err
	}
	for s := range t.unseen {
		t.unseen[s] += out.Pair.Unseen(Side(s)) - was.Unseen(Side(s))
		if before, after := was.Flags[s].Blocked != 0, out.Pair.Flags[s].Blocked != 0; before != after {
			t.effects.Blocks = append(t.effects.Blocks, BlockChange{By: t.ids[s], Of: t.ids[1-s], Blocked: after})
		}
	}
	return out, nil
}

// update brings the records up to date.
func (t *turn) update(touched []Offer) {
	for _, o := range touched {
		r := t.records[o.ID]
		r.Offer, r.Recipient = o, t.ids[o.From.Other()]
		r.settle()
		t.records[o.ID] = r
	}
}

// publish logs a change of one side's view and adds it to the effects.
func (t *turn) publish(c ViewChange) error {
	viewer, other := t.ids[c.Side], t.ids[c.Side.Other()]
	if c.ByAddress {
		other = ""
	}
	n := changeNote{
		Relation: t.note(c.View, viewer, other), InvitationID: c.InvitationID,
		Cause: c.Cause, Notify: c.Notify, Unseen: t.unseen[c.Side] + c.Unseen,
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode change: %w", err)
	}
	rev, err := t.tx.AppendChange(viewer, LogKind, body, t.now)
	if err != nil {
		return err
	}
	if r := t.records[c.View.InvitationID]; c.View.State == protocol.RelationReceived && r.ReceivedRev == 0 {
		r.ReceivedRev = rev
		t.records[r.ID] = r
	}
	if err := t.need(viewer, []relationNote{n.Relation}); err != nil {
		return err
	}
	t.effects.Changes = append(t.effects.Changes, Change{UserID: viewer, OtherID: other, Notification: t.changed(viewer, n, rev)})
	return nil
}

// keep writes what changed.
func (t *turn) keep(was Pair, touched []Offer) error {
	for _, o := range touched {
		r := t.records[o.ID]
		write := t.tx.Save
		if r.fresh {
			write = t.tx.Insert
		}
		if err := write(r); err != nil {
			return err
		}
		r.fresh = false
		t.records[o.ID] = r
	}
	if t.ids[Hi] == "" || was.Since == t.pair.Since && was.Flags == t.pair.Flags && slices.Equal(was.Offers, t.pair.Offers) {
		return nil
	}
	return t.tx.SavePair(t.ids[Lo], t.ids[Hi], t.pair)
}

// note returns a view without names and messages.
func (t *turn) note(v View, viewer, other string) relationNote {
	n := relationNote{Other: other, State: v.State, Since: v.Since}
	if v.InvitationID != "" {
		n.Invitation = t.records[v.InvitationID].note(viewer)
	}
	return n
}

// standing returns the relation as a user now sees it.
func (t *turn) standing(viewer string) relationNote {
	s := t.side(viewer)
	return t.note(t.pair.View(s), viewer, t.ids[s.Other()])
}

// refuse returns the refusal for a reason, with the relation as it stands for the caller if it is a conflict.
func (t *turn) refuse(r protocol.Reason) error { return t.withRelation(protocol.Refuse(r)) }
