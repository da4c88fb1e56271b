package invitation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// Relation returns the pair as viewer sees it: self for oneself, none for whoever is unknown.
func (s *Service) Relation(ctx context.Context, viewer, other string) (protocol.Relation, error) {
	if viewer == other {
		return protocol.Relation{State: protocol.RelationSelf}, nil
	}
	all, err := s.Relations(ctx, viewer, []string{other})
	if r, ok := all[other]; ok {
		return r, err
	}
	return protocol.Relation{State: protocol.RelationNone}, err
}

// Relations returns the relation to those of others to whom it isn't none, in a fixed number of queries for each 256.
func (s *Service) Relations(ctx context.Context, viewer string, others []string) (map[string]protocol.Relation, error) {
	asked := newSet()
	for _, id := range others {
		asked.add(id)
	}
	relations := map[string]protocol.Relation{}
	err := s.store.View(ctx, func(tx Reader) error {
		rows, err := tx.Relations(viewer, asked.ids)
		if err != nil {
			return err
		}
		relations, err = joinRelations(tx, viewer, rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("relations: %w", err)
	}
	if asked.has[viewer] {
		relations[viewer] = protocol.Relation{State: protocol.RelationSelf}
	}
	return relations, nil
}

// joinRelations returns rows as viewer sees them.
func joinRelations(tx Reader, viewer string, rows []RelationRow) (map[string]protocol.Relation, error) {
	j := newJoiner(tx)
	notes := make([]relationNote, len(rows))
	for i, r := range rows {
		notes[i] = relationNote{Other: r.Other.ID, State: r.View.State, Since: r.View.Since}
		j.users[r.Other.ID] = r.Other
		if r.View.InvitationID != "" {
			notes[i].Invitation = r.Record.note(viewer)
			j.records[r.Record.ID] = r.Record
		}
	}
	if err := j.need(viewer, notes); err != nil {
		return nil, err
	}
	relations := make(map[string]protocol.Relation, len(notes))
	for _, n := range notes {
		relations[n.Other] = j.relation(viewer, n)
	}
	return relations, nil
}

// RelationList returns a page of all viewer's relations that are not none, with the revision that it belongs to.
func (s *Service) RelationList(ctx context.Context, viewer string, p protocol.Page) (protocol.RelationListResult, error) {
	limit, err := pageLimit(p.Limit)
	if err != nil {
		return protocol.RelationListResult{}, err
	}
	cursors := cursorFor("relations", viewer)
	var after string
	if err := cursors.decode(p.Cursor, &after); err != nil {
		return protocol.RelationListResult{}, err
	}
	var out protocol.RelationListResult
	err = s.store.View(ctx, func(tx Reader) error {
		out = protocol.RelationListResult{}
		var err error
		if out.Rev, _, err = tx.Badge(viewer); err != nil {
			return err
		}
		rows, err := tx.RelationPage(viewer, after, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.NextCursor = cursors.encode(rows[limit-1].Other.ID)
		}
		out.Relations, err = joinRelations(tx, viewer, rows)
		return err
	})
	if err != nil {
		return protocol.RelationListResult{}, fmt.Errorf("list relations: %w", err)
	}
	return out, nil
}

// RelationToAddress returns viewer's open invitation to an address as a relation, nil if there is none. It does not
// say whose the address is.
func (s *Service) RelationToAddress(ctx context.Context, viewer, address string) (*protocol.Relation, error) {
	var target string
	if key := fold.Address(address); key != "" {
		target = TargetEmail(key)
	} else if key := fold.Phone(address); key != "" {
		target = TargetPhone(key)
	} else {
		return nil, nil
	}
	var relation *protocol.Relation
	err := s.store.View(ctx, func(tx Reader) error {
		relation = nil
		r, found, err := tx.OpenTo(viewer, target)
		if err != nil || !found {
			return err
		}
		j := newJoiner(tx)
		j.records[r.ID] = r
		shown := j.relation(viewer, addressResult(r, true).Relation)
		relation = &shown
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("relation to an address: %w", err)
	}
	return relation, nil
}

// ConnectionIDs returns the ids of all of userID's connections.
func (s *Service) ConnectionIDs(ctx context.Context, userID string) ([]string, error) {
	c, err := s.Circle(ctx, userID)
	return c.Connections, err
}

// Circle is whom a user is connected with and who does not hear whom, as of the user's revision Rev.
type Circle struct {
	Rev int64
	Blocks
	Connections []string
}

// Circle returns a user's connections and blocks as of one moment. It is for the server alone.
func (s *Service) Circle(ctx context.Context, userID string) (c Circle, err error) {
	err = s.store.View(ctx, func(tx Reader) error {
		c, err = tx.Circle(userID)
		return err
	})
	return c, err
}

// Blocks are the users whom a user blocks, and those who block that user.
type Blocks struct {
	Of []string // blocked by the user
	By []string // who block the user
}

// Blocks returns who does not hear whom, for filtering messages and states. It is for the server alone.
func (s *Service) Blocks(ctx context.Context, userID string) (b Blocks, err error) {
	err = s.store.View(ctx, func(tx Reader) error {
		b, err = tx.Blocks(userID)
		return err
	})
	return b, err
}

// Unseen counts the received invitations that userID has not seen.
func (s *Service) Unseen(ctx context.Context, userID string) (unseen int, err error) {
	err = s.store.View(ctx, func(tx Reader) error {
		_, unseen, err = tx.Badge(userID)
		return err
	})
	return unseen, err
}

// MarkSeen marks as seen what the caller received up to revision rev, or all of it when rev is nil.
func (s *Service) MarkSeen(ctx context.Context, by Call, rev *int64) (protocol.UnseenResult, Effects, error) {
	j, effects, err := s.do(ctx, by, protocol.MethodInvitationMarkSeen, func(a *act) error {
		if _, err := a.tx.People(by.UserID); err != nil {
			return err
		}
		now, _, err := a.tx.Badge(by.UserID)
		if err != nil {
			return err
		}
		if rev != nil {
			now = *rev
		}
		marked, err := a.tx.MarkSeen(by.UserID, now)
		if err != nil {
			return err
		}
		_, unseen, err := a.tx.Badge(by.UserID)
		if marked > 0 {
			a.effects.Seen = append(a.effects.Seen, SeenChange{UserID: by.UserID, Unseen: unseen})
		}
		a.result = result{Unseen: unseen}
		return err
	})
	return protocol.UnseenResult{Unseen: j.Unseen}, effects, err
}

// Standing is what a viewer sees of a person and may do about the pair, from one snapshot.
type Standing struct {
	Relation protocol.Relation
	Actions  []protocol.Action
	// Next is when the actions change by themselves (the end of a cooldown or of a limit); zero if never.
	Next time.Time
}

// Standing returns the relation to other and the pair's part of a focus panel's actions. Whether an action is enabled,
// its reason and its time are decided by the code that decides the call.
func (s *Service) Standing(ctx context.Context, viewer, other string) (Standing, error) {
	if viewer == other {
		return Standing{Relation: protocol.Relation{State: protocol.RelationSelf}, Actions: []protocol.Action{}}, nil
	}
	var st Standing
	err := s.store.View(ctx, func(tx Reader) error {
		rows, err := tx.Relations(viewer, []string{other})
		if err != nil {
			return err
		}
		relations, err := joinRelations(tx, viewer, rows)
		if err != nil {
			return err
		}
		st = Standing{Relation: protocol.Relation{State: protocol.RelationNone}, Actions: []protocol.Action{}}
		if r, ok := relations[other]; ok {
			st.Relation = r
		}
		v := &panel{decider: decider{config: s.config, tx: tx, now: s.now().UnixMilli()}, viewer: viewer, other: other, standing: &st}
		return v.actions()
	})
	if err != nil {
		return Standing{}, fmt.Errorf("standing: %w", err)
	}
	return st, nil
}

// panel lists what viewer may do.
type panel struct {
	decider
	viewer, other string
	standing      *Standing
}

func (v *panel) actions() error {
	switch v.standing.Relation.State {
	case protocol.RelationNone:
		return v.strangers()
	case protocol.RelationSent:
		v.list(protocol.ActionWithdraw)
	case protocol.RelationReceived:
		full, err := v.connectionsFull(v.viewer)
		if err != nil {
			return err
		}
		v.listUnless(protocol.ActionAccept, full, protocol.ConnectionLimit)
		v.list(protocol.ActionDecline)
	case protocol.RelationConnected:
		v.list(protocol.ActionRemoveConnection)
	case protocol.RelationBlocked:
		v.list(protocol.ActionUnblock)
		return nil
	case protocol.RelationSelf:
		return nil
	}
	return v.block()
}

// strangers lists what can be done about somebody to whom there is no relation.
func (v *panel) strangers() error {
	both, err := v.tx.Pair(min(v.viewer, v.other), max(v.viewer, v.other))
	if err != nil {
		return err
	}
	from, ok := both.People[v.viewer]
	to, known := both.People[v.other]
	if !ok || !known {
		return nil
	}
	side := Lo
	if v.viewer > v.other {
		side = Hi
	}
	invite := protocol.Action{Action: protocol.ActionInvite, Enabled: true}
	if _, err := v.maySend(Apply(both.Pair, Event{Kind: Expire}, v.now, Rules{}).Pair, side, from, to); err != nil {
		var e *protocol.Error
		if !errors.As(err, &e) || e.Data == nil || e.Reason() == protocol.Unavailable {
			return err
		}
		invite = protocol.Action{Action: protocol.ActionInvite, Reason: e.Reason(), RetryAt: e.Data.RetryAt}
		if e.Data.RetryAt != nil {
			v.standing.Next = e.Data.RetryAt.Time
		}
	}
	v.standing.Actions = append(v.standing.Actions, invite)
	if both.Pair.CanUndo(side) {
		v.list(protocol.ActionUndoDecline)
	}
	return v.block()
}

func (v *panel) block() error {
	full, err := v.blocksFull(v.viewer)
	v.listUnless(protocol.ActionBlock, full, protocol.TooManyOutstanding)
	return err
}

func (v *panel) list(a protocol.ActionName) { v.listUnless(a, false, "") }

func (v *panel) listUnless(a protocol.ActionName, refused bool, r protocol.Reason) {
	if !refused {
		r = ""
	}
	v.standing.Actions = append(v.standing.Actions, protocol.Action{Action: a, Enabled: !refused, Reason: r})
}
