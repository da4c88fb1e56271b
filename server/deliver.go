package server

import (
	"context"
	"encoding/json"
	"slices"

	"foyer/directory"
	"foyer/invitation"
	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/ws"
)

// received takes every message that the Bus has for this node and hands it to the devices concerned. It never blocks:
// what needs the store or the Registry goes on in the background.
func (s *Server) received(_ cluster.Topic, m *cluster.Message) {
	defer func() { s.mistake("bus", recover()) }()
	switch m.Kind {
	case cluster.KindChange:
		s.toUser(m.User, outgoing{frame: m.Frame, rev: m.Rev}, "")
		s.relationCame(m.User, m.Other, m.On, m.Rev)
	case cluster.KindPush:
		s.toUser(m.User, outgoing{frame: m.Frame}, m.Except)
	case cluster.KindBlock:
		s.blockCame(invitation.BlockChange{By: m.User, Of: m.Other, Blocked: m.On})
	case cluster.KindClose:
		s.closeDevice(m)
	case cluster.KindEnded:
		s.sessionEnded(m)
	case cluster.KindPlaced:
		s.userPlaced(m)
	case cluster.KindRoster, cluster.KindMessage, cluster.KindUpdated:
		s.toSession(m)
		if m.Kind == cluster.KindUpdated || m.Kind == cluster.KindRoster {
			s.touchPanelsAt(m.Session)
		}
	case cluster.KindPresence:
		var full presence.Full
		if err := json.Unmarshal(m.Presence, &full); err != nil {
			s.metrics.malformed.Inc()
			return
		}
		s.presenceCame(m, full)
		s.touchPanelsOf(m.User)
	case cluster.KindTouched:
		s.touchPanelsOf(m.User)
	case cluster.KindStates, cluster.KindStatesWanted:
		if r := s.rooms.of(m.Session); r != nil && m.Incarnation != s.epoch() {
			r.nodeSays(m)
		}
	default:
		s.metrics.malformed.Inc()
	}
}

// toUser delivers to all of a user's devices on this node, except one.
func (s *Server) toUser(userID string, o outgoing, except string) {
	devices := s.byUser.Of(userID)
	if len(devices) > 1 {
		o.shared = ws.NewText(o.frame)
	}
	for _, d := range devices {
		if except == "" || d.id != except {
			d.deliver(o)
		}
	}
}

// relationCame keeps the watched people in step with the user's connections, and the open panels fresh.
func (s *Server) relationCame(userID, other string, connected bool, rev int64) {
	a := s.account(userID)
	if a == nil {
		return
	}
	a.stirred.Store(true)
	if a.later(func() { s.relationCame(userID, other, connected, rev) }) {
		return
	}
	a.hears(rev)
	for _, d := range s.byUser.Of(userID) {
		s.touchPanel(d)
	}
	if other == "" || !a.connect(other, connected, rev) {
		return
	}
	s.inTurn(&s.watching, userID+" "+other, func(ctx context.Context) error { return s.rewatch(ctx, userID, other) })
}

// rewatch watches a person or no longer, as the user's connections now say. It looks again afterwards, as the account may
// be closed meanwhile, which ends what is watched by then.
func (s *Server) rewatch(ctx context.Context, userID, other string) error {
	a := s.account(userID)
	if a == nil {
		return nil
	}
	if a.connected(other) {
		if err := s.watch(ctx, a, other); err != nil {
			return err
		}
	}
	if !a.connected(other) {
		s.unwatch(a, other)
		return nil
	}
	if p := s.person(other); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock() // after it is told: else something newer could be told before
		if v := presence.View(p.shown, viewerOf(a, p.shown)); v != nil {
			s.toUser(a.id, outgoing{frame: presenceFrame(other, *v)}, "")
		}
	}
	return nil
}

// closeDevice ends a socket whose device another socket has taken over, or whose user may not be here any more.
func (s *Server) closeDevice(m *cluster.Message) {
	for _, d := range s.byUser.Of(m.User) {
		if m.Device == "" || d.id == m.Device && d.incarnation == m.Incarnation {
			d.close(m.Close, closeReasons[m.Close])
		}
	}
}

var closeReasons = map[protocol.CloseCode]string{
	protocol.CloseReplaced:  "replaced by the same device",
	protocol.CloseGoingAway: "come back",
	protocol.CloseSuspended: "suspended",
}

// catchUp reads what the devices of a user missed from the log, or what was missed of the user's connections, in the
// background. It returns at once.
func (s *Server) catchUp(userID string) {
	s.inTurn(&s.catching, userID, func(ctx context.Context) error { return s.catchUpOnce(ctx, userID) })
}

func (s *Server) catchUpOnce(ctx context.Context, userID string) error {
	a := s.account(userID)
	if a == nil || !a.loaded() {
		return nil
	}
	heard := a.heardUpTo() // a device that has come since knows more
	from := heard
	for _, d := range s.byUser.Of(userID) {
		if rev := d.revision(); rev >= 0 {
			from = min(from, rev)
		}
	}
	log, err := s.readLog(ctx, userID, from)
	if err != nil {
		return err // the log's tail names it only once
	}
	if !log.complete {
		for _, d := range s.byUser.Of(userID) {
			if from == heard || from == d.revision() {
				d.close(protocol.CloseSlowReader, "too far behind")
			}
		}
		return nil
	}
	s.metrics.caughtUp.Add(float64(len(log.entries)))
	for _, e := range log.entries {
		s.toUser(userID, e.outgoing, "")
		s.relationCame(userID, e.other, e.connected, e.rev)
	}
	return nil
}

// logged is a stretch of a user's log, ready for the socket.
type logged struct {
	rev      int64 // the user's revision when it was read
	unseen   int   // and the badge
	complete bool  // entries are all up to rev
	entries  []logEntry
}

type logEntry struct {
	outgoing
	other     string
	connected bool
}

// readLog reads what a user's log has after revision after, with today's names and messages.
func (s *Server) readLog(ctx context.Context, userID string, after int64) (logged, error) {
	log, err := s.changes.Log(ctx, userID, after)
	if err != nil || !log.Complete {
		return logged{rev: log.Rev, unseen: log.Unseen}, err
	}
	var pairs []invitation.Logged
	for _, c := range log.Changes {
		if c.Kind == invitation.LogKind {
			pairs = append(pairs, invitation.Logged{Rev: c.Rev, Body: c.Body})
		}
	}
	relations, err := s.invitations.Render(ctx, userID, pairs)
	if err != nil {
		return logged{}, err
	}
	out := logged{rev: log.Rev, unseen: log.Unseen, complete: true, entries: make([]logEntry, 0, len(log.Changes))}
	for _, n := range relations {
		e := logEntry{outgoing: outgoing{frame: encode(protocol.NotifyRelationChanged, n), rev: n.Rev}, connected: n.Relation.State == protocol.RelationConnected}
		if n.User != nil {
			e.other = n.User.ID
		}
		out.entries = append(out.entries, e)
	}
	for _, c := range log.Changes {
		if c.Kind != directory.ChangeSettings {
			continue
		}
		n, err := directory.Render(c.Rev, c.Body)
		if err != nil {
			return logged{}, err
		}
		out.entries = append(out.entries, logEntry{outgoing: outgoing{frame: encode(protocol.NotifySettingsChanged, n), rev: n.Rev}})
	}
	slices.SortFunc(out.entries, func(a, b logEntry) int { return int(a.rev - b.rev) })
	return out, nil
}
