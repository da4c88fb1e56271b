package server

import (
	"context"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// effects collects what requests changed for others. They are published once the answer is on its way.
type effects struct {
	pairs    []invitation.Effects
	settings []directory.Effects
	sessions []session.Effects
	present  []string          // users whose presence may look different now
	touched  []string          // users of whom a panel may show something different now
	placed   map[string]string // by user: the device that was put into a session without having asked
	trail    []outgoing        // frames that belong right behind the answer
	after    []func()
	placing  bool // see Device.placing
	settling bool // the news of a session waits for the answer
}

func (fx *effects) pair(e invitation.Effects)   { fx.pairs = append(fx.pairs, e) }
func (fx *effects) setting(e directory.Effects) { fx.settings = append(fx.settings, e) }
func (fx *effects) session(e session.Effects)   { fx.sessions = append(fx.sessions, e) }
func (fx *effects) presence(userID string)      { fx.present = append(fx.present, userID) }

func (fx *effects) touch(userID string) { fx.touched = append(fx.touched, userID) }
func (fx *effects) then(fn func())      { fx.after = append(fx.after, fn) }

// publish hands everything in fx to the Bus. asker is the device whose request it was, nil for none.
func (s *Server) publish(asker *Device, fx *effects) {
	for _, fn := range fx.after {
		fn()
	}
	for _, e := range fx.pairs {
		s.publishPairs(asker, e)
	}
	for _, e := range fx.settings {
		for _, c := range e.Settings {
			s.bus.Publish(cluster.UserTopic(c.UserID), &cluster.Message{
				Kind: cluster.KindChange, User: c.UserID, Rev: c.Notification.Rev, Frame: encode(protocol.NotifySettingsChanged, c.Notification),
			})
			fx.touch(c.UserID)
		}
	}
	for _, e := range fx.sessions {
		s.publishSessions(e, fx)
	}
	for _, id := range fx.present {
		s.presenceChanged(id)
	}
	for _, id := range fx.touched {
		if t := cluster.PersonTopic(id); s.bus.Wanted(t) {
			s.bus.Publish(t, &cluster.Message{Kind: cluster.KindTouched, User: id})
		}
	}
}

func (s *Server) publishPairs(asker *Device, e invitation.Effects) {
	for _, c := range e.Changes {
		s.bus.Publish(cluster.UserTopic(c.UserID), changeMessage(c))
	}
	for _, b := range e.Blocks {
		m := &cluster.Message{Kind: cluster.KindBlock, User: b.By, Other: b.Of, On: b.Blocked}
		s.bus.Publish(cluster.UserTopic(b.By), m)
		s.bus.Publish(cluster.UserTopic(b.Of), m)
	}
	for _, c := range e.Seen {
		m := &cluster.Message{Kind: cluster.KindPush, User: c.UserID, Frame: encode(protocol.NotifyInvitationSeen, protocol.UnseenResult{Unseen: c.Unseen})}
		if asker != nil && asker.userID == c.UserID {
			m.Except = asker.id
		}
		s.bus.Publish(cluster.UserTopic(c.UserID), m)
	}
	for _, key := range e.Addressed {
		s.inTurn(&s.claiming, key, func(ctx context.Context) error {
			more, err := s.invitations.ClaimAddress(ctx, key)
			s.publishPairs(nil, more)
			return err
		})
	}
}

func changeMessage(c invitation.Change) *cluster.Message {
	return &cluster.Message{
		Kind: cluster.KindChange, User: c.UserID, Other: c.OtherID, On: c.Notification.Relation.State == protocol.RelationConnected,
		Rev: c.Notification.Rev, Frame: encode(protocol.NotifyRelationChanged, c.Notification),
	}
}

func (s *Server) publishSessions(e session.Effects, fx *effects) {
	for _, end := range e.Ended {
		ids := make([]string, len(end.Devices))
		for i, d := range end.Devices {
			ids[i] = d.ID
		}
		s.bus.Publish(cluster.UserTopic(end.UserID), &cluster.Message{
			Kind: cluster.KindEnded, User: end.UserID, Session: end.SessionID, Devices: ids, On: end.Companions, Reason: end.Reason, Stamp: end.Stamp,
		})
	}
	for _, p := range e.Placed {
		s.bus.Publish(cluster.UserTopic(p.UserID), &cluster.Message{Kind: cluster.KindPlaced, User: p.UserID, Session: p.SessionID, Device: fx.placed[p.UserID]})
		fx.presence(p.UserID)
	}
	for _, v := range e.Updated {
		s.bus.Publish(cluster.SessionTopic(v.ID), &cluster.Message{
			Kind: cluster.KindUpdated, Session: v.ID, Frame: encode(protocol.NotifySessionUpdated, protocol.SessionResult{Session: v}),
		})
	}
	for _, id := range e.Renamed {
		s.inTurn(&s.rereading, "presence in "+id, func(ctx context.Context) error { return s.showMembers(ctx, id) })
	}
}
