package invitation

import (
	"fmt"
	"maps"

	"foyer/protocol"
)

// What is logged and remembered has ids, states and times only. Names, messages and addresses are joined in when it is
// sent, from what is known and not erased by then.

// invitationNote is an Invitation without user, message and address.
type invitationNote struct {
	ID         string                   `json:"id"`
	Direction  protocol.Direction       `json:"dir"`
	Channel    protocol.Channel         `json:"ch"`
	SessionID  string                   `json:"session,omitempty"`
	SentAt     int64                    `json:"sent"`
	ExpiresAt  int64                    `json:"expires"`
	State      protocol.InvitationState `json:"state"`
	ResolvedAt int64                    `json:"resolved,omitempty"`
}

// relationNote is a Relation. Other is the user across, "" for an address whose owner isn't to be known.
type relationNote struct {
	Other      string                 `json:"other,omitempty"`
	State      protocol.RelationState `json:"state"`
	Since      int64                  `json:"since,omitempty"`
	Invitation *invitationNote        `json:"invitation,omitempty"`
}

// changeNote is a RelationChanged without its revision: the body of a log entry.
type changeNote struct {
	Relation     relationNote   `json:"relation"`
	InvitationID string         `json:"invitation_id,omitempty"`
	Cause        protocol.Cause `json:"cause,omitempty"`
	Notify       bool           `json:"notify,omitempty"`
	Unseen       int            `json:"unseen,omitempty"`
}

// failure is one id that withdraw_many could not withdraw.
type failure struct {
	ID       string          `json:"id"`
	Reason   protocol.Reason `json:"reason"`
	Relation *relationNote   `json:"relation,omitempty"`
}

// result is what a call led to, as it is remembered for its op_id.
type result struct {
	Relation   relationNote    `json:"relation"`
	Invitation *invitationNote `json:"invitation,omitempty"`
	Unchanged  bool            `json:"unchanged,omitempty"`
	Unseen     int             `json:"unseen,omitempty"`
	// Asked are the ids that withdraw_many set out to withdraw, Over those of them that had been withdrawn before; Done says
	// that the other two lists are complete.
	Asked     []string  `json:"asked,omitempty"`
	Over      []string  `json:"over,omitempty"`
	Withdrawn []string  `json:"withdrawn,omitempty"`
	Failed    []failure `json:"failed,omitempty"`
	Done      bool      `json:"done,omitempty"`
}

// joined is a result with names and messages.
type joined struct {
	result
	relation   protocol.Relation
	invitation *protocol.Invitation
	failed     []protocol.WithdrawFailed
}

// note returns r as viewer may see it now.
func (r Record) note(viewer string) *invitationNote {
	state, at, _ := r.visibleState(viewer)
	n := &invitationNote{
		ID: r.ID, Direction: protocol.Sent, Channel: r.Channel, SessionID: r.SessionID,
		SentAt: r.SentAt, ExpiresAt: r.ExpiresAt, State: state, ResolvedAt: at,
	}
	if viewer != r.Sender {
		n.Direction = protocol.Received
	}
	return n
}

// joiner turns notes into what viewers are sent. It reads what it doesn't know yet, and remembers it.
type joiner struct {
	tx      Reader
	users   map[string]protocol.User
	records map[string]Record
	// sessions are those that a viewer may see as a recipient.
	sessions map[[2]string]bool
}

func newJoiner(tx Reader) *joiner {
	return &joiner{tx: tx, users: map[string]protocol.User{}, records: map[string]Record{}, sessions: map[[2]string]bool{}}
}

func (j *joiner) relation(viewer string, n relationNote) protocol.Relation {
	r := protocol.Relation{State: n.State, Since: protocol.OptionalAtMillis(n.Since)}
	if n.Invitation != nil {
		r.Invitation = j.invitation(viewer, *n.Invitation, n.Other)
	}
	return r
}

func (j *joiner) invitation(viewer string, n invitationNote, other string) *protocol.Invitation {
	i := &protocol.Invitation{
		ID: n.ID, Direction: n.Direction, User: j.user(other), Channel: n.Channel,
		SentAt: protocol.AtMillis(n.SentAt), ExpiresAt: protocol.AtMillis(n.ExpiresAt),
		State: n.State, ResolvedAt: protocol.OptionalAtMillis(n.ResolvedAt),
	}
	if r, ok := j.records[n.ID]; ok {
		i.Message = r.messageFor(viewer)
		if n.Direction == protocol.Sent {
			i.Address = r.Address
		}
	}
	if n.Direction == protocol.Sent || j.sessions[[2]string{viewer, n.SessionID}] {
		i.SessionID = n.SessionID
	}
	return i
}

// user returns the user across; of one who is known no longer, the id alone.
func (j *joiner) user(id string) *protocol.User {
	if id == "" {
		return nil
	}
	if u, ok := j.users[id]; ok {
		return &u
	}
	return &protocol.User{ID: id}
}

func (j *joiner) changed(viewer string, n changeNote, rev int64) protocol.RelationChanged {
	return protocol.RelationChanged{
		Rev: rev, User: j.user(n.Relation.Other), Relation: j.relation(viewer, n.Relation),
		InvitationID: n.InvitationID, Cause: n.Cause, Notify: n.Notify, Unseen: n.Unseen,
	}
}

// need reads what is missing to join notes for viewer.
func (j *joiner) need(viewer string, relations []relationNote, invitations ...*invitationNote) error {
	users, records, sessions := newSet(), newSet(), newSet()
	for _, r := range relations {
		if _, ok := j.users[r.Other]; !ok {
			users.add(r.Other)
		}
		invitations = append(invitations, r.Invitation)
	}
	for _, n := range invitations {
		if n == nil {
			continue
		}
		if _, ok := j.records[n.ID]; !ok {
			records.add(n.ID)
		}
		if n.Direction == protocol.Received && !j.sessions[[2]string{viewer, n.SessionID}] {
			sessions.add(n.SessionID)
		}
	}
	if len(users.ids) > 0 {
		people, err := j.tx.People(users.ids...)
		if err != nil {
			return fmt.Errorf("join names: %w", err)
		}
		for id, p := range people {
			j.users[id] = p.User
		}
	}
	if len(records.ids) > 0 {
		found, err := j.tx.Records(records.ids)
		if err != nil {
			return fmt.Errorf("join messages: %w", err)
		}
		maps.Copy(j.records, found)
	}
	return j.needSessions(viewer, sessions.ids)
}

// needSessions reads which of ids viewer may see.
func (j *joiner) needSessions(viewer string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	showable, err := j.tx.ShowableSessions(viewer, ids)
	if err != nil {
		return fmt.Errorf("join sessions: %w", err)
	}
	for id := range showable {
		j.sessions[[2]string{viewer, id}] = true
	}
	return nil
}

// join returns r with names and messages.
func (j *joiner) join(viewer string, r result) (joined, error) {
	notes := []relationNote{r.Relation}
	for _, f := range r.Failed {
		if f.Relation != nil {
			notes = append(notes, *f.Relation)
		}
	}
	if err := j.need(viewer, notes, r.Invitation); err != nil {
		return joined{}, err
	}
	out := joined{result: r, relation: j.relation(viewer, r.Relation)}
	if r.Invitation != nil {
		out.invitation = j.invitation(viewer, *r.Invitation, r.Relation.Other)
	}
	for _, f := range r.Failed {
		e := protocol.Refuse(f.Reason)
		if f.Relation != nil {
			e = e.WithRelation(j.relation(viewer, *f.Relation))
		}
		out.failed = append(out.failed, protocol.WithdrawFailed{InvitationID: f.ID, Error: e})
	}
	return out, nil
}

// set collects ids once each, in order, and leaves "" out.
type set struct {
	has map[string]bool
	ids []string
}

func newSet() *set { return &set{has: map[string]bool{}} }

func (s *set) add(id string) {
	if id != "" && !s.has[id] {
		s.has[id] = true
		s.ids = append(s.ids, id)
	}
}
