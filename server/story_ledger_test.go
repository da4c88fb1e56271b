package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing/synctest"

	"foyer/protocol"
	"foyer/protocol/schema"
)

// ledger is what a device makes of the frames that it gets, as a good client would, and what was wrong with them.
type ledger struct {
	checker schema.Checker
	asked   map[string]request // by id
	knowledge
}

// knowledge is what a device knows from what it was told.
type knowledge struct {
	problems  []string
	rev       int64 // -1 until hello was answered
	relations map[string]protocol.Relation
	presences map[string]protocol.Presence
	settings  *protocol.Settings
	unseen    int // -1: not told
	focus     json.RawMessage
	place     *place
}

type request struct {
	method protocol.Method
	params json.RawMessage
}

// place is the session that a device follows.
type place struct {
	id      string
	version int64
	members map[string]protocol.Member
}

func (l *ledger) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

// sent notes what is asked.
func (l *ledger) sent(frame []byte) {
	l.checker.Sent(frame)
	if l.asked == nil {
		l.asked, l.rev, l.unseen = map[string]request{}, -1, -1
		l.relations, l.presences = map[string]protocol.Relation{}, map[string]protocol.Presence{}
	}
	items, _, _ := protocol.ParseFrame(bytes.Clone(frame))
	for _, it := range items {
		l.asked[string(it.ID)] = request{it.Method, it.Params}
	}
}

// received applies a text frame.
func (l *ledger) received(frame []byte) {
	l.check(frame)
	m, err := protocol.ParseServerFrame(frame)
	if err != nil {
		l.problem("%v: %s", err, frame)
		return
	}
	switch {
	case m.Batch != nil:
		for _, part := range m.Batch {
			l.answered(part)
		}
	case m.IsResponse():
		l.answered(m)
	default:
		l.notified(m, frame)
	}
}

// right are notifications that were found to be as the schemas say: what many are told is looked at once.
var right sync.Map

func (l *ledger) check(frame []byte) {
	key := sha256.Sum256(frame)
	if _, known := right.Load(key); known {
		return
	}
	if err := l.checker.Received(frame); err != nil {
		l.problem("%v", err)
	} else if bytes.HasPrefix(frame, []byte(`{"jsonrpc":"2.0","method":`)) {
		right.Store(key, true)
	}
}

// known returns a copy of what d knows by now.
func (d *device) known() knowledge {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.ledger.knowledge
	k.relations, k.presences = maps.Clone(k.relations), maps.Clone(k.presences)
	if k.place != nil {
		k.place = &place{k.place.id, k.place.version, maps.Clone(k.place.members)}
	}
	return k
}

// counts sets the badge to what an answer said.
func (d *device) counts(unseen int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger.unseen = unseen
}

// states checks a binary frame.
func (l *ledger) states(frame []byte) {
	if err := schema.ValidateBinary(frame); err != nil {
		l.problem("%v", err)
	}
}

// into decodes what the schemas have found good.
func into[T any](raw json.RawMessage) T {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		panic(err)
	}
	return v
}

func (l *ledger) answered(m protocol.ServerMessage) {
	if m.Result == nil {
		return
	}
	asked := l.asked[string(m.ID)]
	switch asked.method {
	case protocol.MethodHello:
		r := into[protocol.HelloResult](m.Result)
		p := into[protocol.HelloParams](asked.params)
		l.rev = r.Rev
		if r.Resumed {
			l.rev = p.Resume.Rev
		}
	case protocol.MethodSessionJoin, protocol.MethodSessionCreate:
		l.follow(m.Result)
	case protocol.MethodSessionLeave:
		if p := into[protocol.SessionParams](asked.params); l.place != nil && l.place.id == p.SessionID {
			l.place = nil
		}
	case protocol.MethodPeopleFocus:
		l.focus = m.Result
	case protocol.MethodPeopleUnfocus:
		l.focus = nil
	}
}

func (l *ledger) notified(m protocol.ServerMessage, frame []byte) {
	switch m.Method {
	case protocol.NotifyRelationChanged:
		n := into[protocol.RelationChanged](m.Params)
		l.next(n.Rev, frame)
		l.unseen = n.Unseen
		if n.User != nil {
			l.relations[n.User.ID] = n.Relation
		}
	case protocol.NotifySettingsChanged:
		n := into[protocol.SettingsResult](m.Params)
		l.next(n.Rev, frame)
		l.settings = &n.Settings
	case protocol.NotifyInvitationSeen:
		l.unseen = into[protocol.UnseenResult](m.Params).Unseen
	case protocol.NotifyPresenceChanged:
		for _, p := range into[protocol.PresenceChanged](m.Params).People {
			l.presences[p.UserID] = p.Presence
		}
	case protocol.NotifyFocusChanged:
		if l.focus == nil || bytes.Equal(l.focus, m.Params) {
			l.problem("focus_changed that tells nothing: %s", frame)
		}
		l.focus = m.Params
	case protocol.NotifySessionResync:
		l.follow(m.Params)
	case protocol.NotifySessionRoster:
		l.roster(into[protocol.SessionRoster](m.Params), frame)
	case protocol.NotifySessionEnded:
		if n := into[protocol.SessionEnded](m.Params); l.place != nil && l.place.id == n.SessionID {
			l.place = nil
		}
	case protocol.NotifySessionMessage:
		if n := into[protocol.SessionMessage](m.Params); l.place == nil || l.place.id != n.SessionID {
			l.problem("message in a session that the device does not follow: %s", frame)
		}
	}
}

// next checks that each revision comes once and in order.
func (l *ledger) next(rev int64, frame []byte) {
	if rev != l.rev+1 {
		l.problem("revision %d after %d: %s", rev, l.rev, frame)
	}
	l.rev = rev
}

func (l *ledger) follow(raw json.RawMessage) {
	r := into[protocol.SessionJoinResult](raw)
	l.place = &place{r.Session.ID, r.Version, map[string]protocol.Member{}}
	for _, m := range r.Members {
		l.place.members[m.User.ID] = m
	}
}

func (l *ledger) roster(n protocol.SessionRoster, frame []byte) {
	p := l.place
	if p == nil || p.id != n.SessionID {
		l.problem("roster of a session that the device does not follow: %s", frame)
		return
	}
	if n.Version != p.version+1 {
		l.problem("roster version %d after %d: %s", n.Version, p.version, frame)
	}
	p.version = n.Version
	for _, m := range n.Joined {
		if _, in := p.members[m.User.ID]; in {
			l.problem("joined who was in: %s", frame)
		}
		p.members[m.User.ID] = m
	}
	for _, m := range n.Updated {
		if _, in := p.members[m.User.ID]; !in {
			l.problem("updated who was not in: %s", frame)
		}
		p.members[m.User.ID] = m
	}
	for _, m := range n.Left {
		if p.members[m.UserID].Number != m.Number {
			l.problem("left by another number: %s", frame)
		}
		delete(p.members, m.UserID)
	}
}
