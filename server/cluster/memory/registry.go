// Package memory is the cluster of one process: its Bus and its Registry.
package memory

import (
	"context"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/session"
)

// RegistryOptions tune a Registry. The zero value is what production uses.
type RegistryOptions struct {
	// RosterTick is the least time between two flushes of one session; 50 ms when 0.
	RosterTick time.Duration
	// EmptyAfter is how long a session may be empty before it ends; 60 s when 0.
	EmptyAfter time.Duration
	// Now dates what the Registry itself begins; time.Now when nil.
	Now func() time.Time
}

// Registry knows who is in which session of this process. It implements session.Registry.
type Registry struct {
	publish    session.Publish
	tick       time.Duration
	emptyAfter time.Duration
	now        func() time.Time

	mu       sync.Mutex
	stopped  bool
	sessions map[string]*place // guarded by mu, as everything below
	users    map[string]string // session by user
}

// place is a session with what is under way for it. Guarded by Registry.mu.
type place struct {
	roster  *session.Roster
	busy    bool // a flush runs or is waited for
	flushed time.Time
	waiting []chan *session.View // answered by the next flush
}

var _ session.Registry = (*Registry)(nil)

// NewRegistry returns a Registry that hands each flush to publish. Stop it when done.
func NewRegistry(publish session.Publish, o RegistryOptions) *Registry {
	if o.RosterTick == 0 {
		o.RosterTick = 50 * time.Millisecond
	}
	if o.EmptyAfter == 0 {
		o.EmptyAfter = 60 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Registry{
		publish: publish, tick: o.RosterTick, emptyAfter: o.EmptyAfter, now: o.Now,
		sessions: map[string]*place{}, users: map[string]string{},
	}
}

// Stop publishes nothing from now on; who waits for a flush is answered.
func (r *Registry) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	for _, p := range r.sessions {
		p.answer(p.roster.View())
	}
}

// Join implements session.Members.
func (r *Registry) Join(_ context.Context, j session.Join) (session.Joined, error) {
	r.mu.Lock()
	p := r.placeLocked(j.SessionID, j.Rules, j.At)
	_, arrived, err := p.roster.Join(j)
	if err != nil {
		r.mu.Unlock()
		return session.Joined{}, err
	}
	moved := r.moveLocked(j)
	out, err := r.viewAndUnlock(p, j.User.ID)
	out.Arrived, out.Moved = arrived, moved
	return out, err
}

// moveLocked notes where the user is now and takes them out of where they were.
func (r *Registry) moveLocked(j session.Join) *session.Departure {
	old := r.users[j.User.ID]
	r.users[j.User.ID] = j.SessionID
	if old == "" || old == j.SessionID {
		return nil
	}
	p := r.sessions[old]
	left, err := p.roster.Leave(session.Leave{UserID: j.User.ID, Reason: protocol.LeftMoved, At: j.At})
	if err != nil || left.Departure == nil {
		return nil
	}
	r.laterLocked(p)
	return left.Departure
}

// viewAndUnlock returns what userID is answered with, after the flush that is due, if one is. It releases mu.
func (r *Registry) viewAndUnlock(p *place, userID string) (session.Joined, error) {
	if !p.roster.Pending() || r.stopped {
		v := p.roster.View()
		r.mu.Unlock()
		return v.Joined(userID)
	}
	wait := make(chan *session.View, 1)
	p.waiting = append(p.waiting, wait)
	r.flushAndUnlock(p)
	return (<-wait).Joined(userID)
}

// Leave implements session.Members.
func (r *Registry) Leave(_ context.Context, l session.Leave) (session.Left, error) {
	r.mu.Lock()
	if l.SessionID == "" {
		l.SessionID = r.users[l.UserID]
	}
	p := r.sessions[l.SessionID]
	if p == nil {
		r.mu.Unlock()
		return session.Left{}, nil
	}
	left, err := p.roster.Leave(l)
	if left.Departure != nil {
		r.forgetLocked(*left.Departure)
	}
	r.flushAndUnlock(p)
	return left, err
}

// Edit implements session.Members.
func (r *Registry) Edit(_ context.Context, e session.Edit) ([]session.Member, error) {
	r.mu.Lock()
	p := r.sessions[e.SessionID]
	if p == nil {
		r.mu.Unlock()
		return nil, session.ErrMemberChanged
	}
	members, err := p.roster.Edit(e)
	r.flushAndUnlock(p)
	return members, err
}

// SetRules implements session.Members.
func (r *Registry) SetRules(_ context.Context, sessionID string, rules session.Rules) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.placeLocked(sessionID, rules, r.now().UnixMilli()).roster.SetRules(rules)
	return nil
}

// End implements session.Members.
func (r *Registry) End(_ context.Context, sessionID string, at int64) ([]session.Departure, error) {
	r.mu.Lock()
	p := r.placeLocked(sessionID, session.Rules{}, at)
	gone := p.roster.End(at)
	for _, d := range gone {
		r.forgetLocked(d)
	}
	p.answer(p.roster.View())
	r.mu.Unlock()
	return gone, nil
}

// Attach implements session.Devices.
func (r *Registry) Attach(_ context.Context, userID string, d session.Device) (string, error) {
	r.mu.Lock()
	id := r.users[userID]
	p := r.sessions[id]
	if p == nil || !p.roster.Attach(userID, d) {
		r.mu.Unlock()
		return "", nil
	}
	r.flushAndUnlock(p)
	return id, nil
}

// Detach implements session.Devices.
func (r *Registry) Detach(_ context.Context, userID string, d session.Device, at, graceUntil int64) error {
	r.mu.Lock()
	p := r.sessions[r.users[userID]]
	if p == nil {
		r.mu.Unlock()
		return nil
	}
	p.roster.Detach(userID, d, at, graceUntil)
	r.flushAndUnlock(p)
	return nil
}

// placeLocked returns the session, from now on known.
func (r *Registry) placeLocked(id string, rules session.Rules, at int64) *place {
	p := r.sessions[id]
	if p == nil {
		p = &place{roster: session.NewRoster(id, rules, at)}
		r.sessions[id] = p
	}
	return p
}

// forgetLocked notes that a user has gone.
func (r *Registry) forgetLocked(d session.Departure) {
	if id := d.Member.User.ID; r.users[id] == d.SessionID {
		delete(r.users, id)
	}
}
