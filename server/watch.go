package server

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster"
)

// person is somebody whose presence is watched on this node: by connections who are online.
type person struct {
	id   string
	refs int // guarded by persons.mu: accounts that watch

	mu     sync.Mutex // guards what follows
	shown  presence.Full
	known  bool // shown was read, or came
	newest reading
	taken  int64 // when newest was taken, by Server.ticks
	pace   presence.Pace
	timer  *time.Timer // the pace allows what it held back
	ending *time.Timer // the note ends
}

// persons are those who are watched on this node.
type persons struct {
	mu sync.Mutex
	by map[string]*person // guarded by mu
}

// watch makes a's devices learn of the presence of ids from now on.
func (s *Server) watch(ctx context.Context, a *account, ids ...string) error {
	var fresh []string
	for _, id := range ids {
		// First of all, so that whoever takes the watcher away again finds something to unsubscribe from.
		if err := s.bus.Subscribe(ctx, cluster.PersonTopic(id)); err != nil {
			return err
		}
		added, unread := s.addWatcher(a, id)
		if !added {
			s.bus.Unsubscribe(cluster.PersonTopic(id))
		}
		if unread {
			fresh = append(fresh, id)
		}
	}
	began := s.ticks.Add(1)
	read, err := s.fullOf(ctx, fresh)
	if err != nil {
		return err
	}
	for id, r := range read {
		if p := s.person(id); p != nil {
			p.mu.Lock()
			if !p.known {
				p.known, p.shown, p.newest = true, r.Full, r
				s.awaitNoteLocked(p)
			} else if p.taken > began {
				s.lookAgain(id) // at what came meanwhile
			}
			p.mu.Unlock()
		}
	}
	return nil
}

// addWatcher reports whether a did not watch the person yet, and whether their presence was not read yet.
func (s *Server) addWatcher(a *account, id string) (added, unread bool) {
	s.persons.mu.Lock()
	defer s.persons.mu.Unlock()
	added = s.watchers.Add(id, a)
	p := s.persons.by[id]
	if p == nil {
		p = &person{id: id}
		s.persons.by[id] = p
	}
	if added {
		p.refs++
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return added, !p.known
}

// unwatch ends what watch began.
func (s *Server) unwatch(a *account, id string) {
	s.persons.mu.Lock()
	if !s.watchers.Remove(id, a) {
		s.persons.mu.Unlock()
		return
	}
	p := s.persons.by[id]
	p.refs--
	last := p.refs == 0
	if last {
		delete(s.persons.by, id)
	}
	s.persons.mu.Unlock()
	s.bus.Unsubscribe(cluster.PersonTopic(id))
	if !last {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range []*time.Timer{p.timer, p.ending} {
		if t != nil {
			t.Stop()
		}
	}
}

func (s *Server) person(id string) *person {
	s.persons.mu.Lock()
	defer s.persons.mu.Unlock()
	return s.persons.by[id]
}

func (s *Server) presenceDue(p *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	if p.pace.Due(s.now()) {
		s.tellLocked(p)
	}
}

// tellLocked sends each watcher what it may see of p's newest presence, if that is different from before: not to whose
// connection has ended, though it may take until it is no watcher any more.
func (s *Server) tellLocked(p *person) {
	before, after := p.shown, p.newest.Full
	p.shown = after
	var frame []byte
	var of *protocol.Presence
	for _, a := range s.watchers.Of(p.id) {
		if !a.connected(p.id) {
			continue
		}
		now := presence.View(after, viewerOf(a, after))
		if presence.Same(presence.View(before, viewerOf(a, before)), now) {
			continue
		}
		if frame == nil || !presence.Same(of, now) {
			frame, of = presenceFrame(p.id, *now), now
		}
		s.toUser(a.id, outgoing{frame: frame}, "")
	}
}

// viewerOf is how a connection who is online stands to a person's presence.
func viewerOf(a *account, f presence.Full) presence.Viewer {
	return presence.Viewer{Connected: true, SameSession: f.Session != nil && f.Session.ID == a.in()}
}

func presenceFrame(id string, p protocol.Presence) []byte {
	return encode(protocol.NotifyPresenceChanged, protocol.PresenceChanged{People: []protocol.PersonPresence{{UserID: id, Presence: p}}})
}

// moved shows a's devices what they see of the people they watch otherwise than before, now that a is in another session.
func (s *Server) moved(a *account, from, to string) {
	a.mu.Lock()
	ids := make([]string, 0, len(a.connections))
	for id := range a.connections {
		ids = append(ids, id)
	}
	a.mu.Unlock()
	for _, id := range ids {
		if p := s.person(id); p != nil {
			s.tellMoved(a, p, from, to)
		}
	}
}

func (s *Server) tellMoved(a *account, p *person, from, to string) {
	p.mu.Lock()
	defer p.mu.Unlock() // after it is told: else something newer could be told before
	full := p.shown
	if full.Session == nil || full.Session.ID != from && full.Session.ID != to {
		return
	}
	then := presence.View(full, presence.Viewer{Connected: true, SameSession: full.Session.ID == from})
	now := presence.View(full, viewerOf(a, full))
	if !presence.Same(then, now) {
		s.toUser(a.id, outgoing{frame: presenceFrame(p.id, *now)}, "")
	}
}

// fullOf reads the presence of users; who has no devices is offline.
func (s *Server) fullOf(ctx context.Context, ids []string) (map[string]reading, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	began := s.now().UnixMicro()
	users, err := s.devices.Of(ctx, ids...)
	if err != nil {
		return nil, err
	}
	places, err := s.registry.Places(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := s.sessionNames(ctx, places)
	if err != nil {
		return nil, err
	}
	if err := s.nameHidden(ctx, users); err != nil {
		return nil, err
	}
	now := s.now()
	read := make(map[string]reading, len(ids))
	for _, id := range ids {
		u := users[id]
		r := reading{Full: presence.Fold(foldable(u.Devices), accountOf(u.Profile), names[places[id]], now), node: s.epoch(), at: began}
		if u.Alone {
			r.at = 0
		}
		read[id] = r
	}
	return read, nil
}

// nameHidden has those be as the store has them of whom this node knows by itself, or who have a device on a node that may
// be cut off: who hid meanwhile on another node is not shown.
func (s *Server) nameHidden(ctx context.Context, users map[string]cluster.UserDevices) error {
	var ids []string
	for id, u := range users {
		if (u.Alone || u.Unsure) && len(u.Devices) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := s.Profiles(ctx, ids)
	if err != nil {
		return err
	}
	for id, chosen := range known {
		u := users[id]
		u.Profile = chosen.Newer(u.Profile)
		users[id] = u
	}
	return nil
}

// sessionNames returns what presence shows of the sessions that users are in.
func (s *Server) sessionNames(ctx context.Context, places map[string]string) (map[string]*presence.Session, error) {
	ids := slices.Compact(slices.Sorted(maps.Values(places)))
	found, err := s.sessions.Records(ctx, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[string]*presence.Session, len(found))
	for id, v := range found {
		names[id] = &presence.Session{ID: id, Name: v.Name, Private: v.Visibility == protocol.VisibilityPrivate}
	}
	return names, nil
}

func accountOf(p cluster.Profile) presence.Account {
	return presence.Account{Note: p.Note, NoteUntil: p.NoteUntil, Invisible: p.Invisible, VisibleSince: p.VisibleSince}
}

func foldable(devices []cluster.Device) []presence.Device {
	out := make([]presence.Device, len(devices))
	for i, d := range devices {
		out[i] = presence.Device{ID: d.ID, Kind: d.Kind, Companion: d.Companion, Status: d.Status, StatusSet: d.StatusSet, Since: d.Since, GraceUntil: d.GraceUntil}
	}
	return out
}

// presenceChanged has a user's presence shown anew to those who watch, in the background. Where it is known that nobody
// does, there is nothing to do: whoever begins to watch reads it.
func (s *Server) presenceChanged(userID string) {
	if !s.bus.Wanted(cluster.PersonTopic(userID)) {
		return
	}
	s.inTurn(&s.showing, userID, func(ctx context.Context) error { return s.showPresence(ctx, userID) })
}

func (s *Server) showPresence(ctx context.Context, userID string) error {
	read, err := s.presences.of(ctx, userID)
	if err != nil {
		return err
	}
	s.publishPresence(userID, read)
	return nil
}

func (s *Server) publishPresence(userID string, r reading) {
	body, err := json.Marshal(r.Full)
	if err != nil {
		s.log.Error().Err(err).Msg("presence not encoded")
		return
	}
	s.bus.Publish(cluster.PersonTopic(userID), &cluster.Message{Kind: cluster.KindPresence, User: userID, Presence: body, Incarnation: r.node, At: r.at})
}

// showMembers publishes the presence of those in a session who are watched.
func (s *Server) showMembers(ctx context.Context, sessionID string) error {
	roster, err := s.registry.Roster(ctx, sessionID)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range roster.Members {
		if s.bus.Wanted(cluster.PersonTopic(m.User.ID)) {
			ids = append(ids, m.User.ID)
		}
	}
	for chunk := range slices.Chunk(ids, 500) {
		read, err := s.fullOf(ctx, chunk)
		if err != nil {
			return err
		}
		for id, r := range read {
			s.publishPresence(id, r)
		}
	}
	return nil
}
