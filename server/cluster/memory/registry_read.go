package memory

import (
	"cmp"
	"context"
	"slices"

	"foyer/protocol"
	"foyer/session"
)

// Standings implements session.Rosters.
func (r *Registry) Standings(_ context.Context, sessionID string, userIDs ...string) (session.Standings, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.sessions[sessionID]
	if p == nil {
		return session.Standings{By: map[string]session.Standing{}}, nil
	}
	return p.roster.Standings(userIDs), nil
}

// Roster implements session.Rosters.
func (r *Registry) Roster(_ context.Context, sessionID string) (session.Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.sessions[sessionID]
	if p == nil {
		return session.Snapshot{SessionID: sessionID}, nil
	}
	return p.roster.Snapshot(), nil
}

// Resync implements session.Rosters.
func (r *Registry) Resync(_ context.Context, sessionID, userID string) (session.Joined, error) {
	r.mu.Lock()
	p := r.sessions[sessionID]
	if p == nil {
		r.mu.Unlock()
		return session.Joined{}, protocol.Refuse(protocol.NotInSession)
	}
	return r.viewAndUnlock(p, userID)
}

// Summaries implements session.Rosters.
func (r *Registry) Summaries(_ context.Context, sessionIDs []string) (map[string]session.Summary, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]session.Summary, len(sessionIDs))
	for _, id := range sessionIDs {
		if p := r.sessions[id]; p != nil {
			out[id] = p.roster.Summary()
		}
	}
	return out, nil
}

// Places implements session.Rosters.
func (r *Registry) Places(_ context.Context, userIDs []string) (map[string]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out map[string]string // whoever signs in is nowhere yet, as a rule
	for _, id := range userIDs {
		if s := r.users[id]; s != "" {
			if out == nil {
				out = make(map[string]string, len(userIDs))
			}
			out[id] = s
		}
	}
	return out, nil
}

// Sweep implements session.Upkeep.
func (r *Registry) Sweep(_ context.Context, now int64) (session.Swept, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out session.Swept
	for id, p := range r.sessions {
		for _, d := range p.roster.Sweep(now) {
			r.forgetLocked(d)
			out.Departed = append(out.Departed, d)
		}
		if p.roster.Idle(now, r.emptyAfter.Milliseconds()) {
			p.roster.End(now)
			out.Ended = append(out.Ended, id)
		}
		r.laterLocked(p)
		if !p.busy && p.roster.Forgettable(now) {
			delete(r.sessions, id)
		}
	}
	slices.SortFunc(out.Departed, func(a, b session.Departure) int {
		return cmp.Or(cmp.Compare(a.SessionID, b.SessionID), cmp.Compare(a.Member.Number, b.Member.Number))
	})
	slices.Sort(out.Ended)
	return out, nil
}

// Restore implements session.Upkeep.
func (r *Registry) Restore(_ context.Context, sessionID string, rules session.Rules, members []session.Member) error {
	r.mu.Lock()
	p := r.placeLocked(sessionID, rules, r.now().UnixMilli())
	p.roster.SetRules(rules)
	free := slices.DeleteFunc(slices.Clone(members), func(m session.Member) bool { return r.users[m.User.ID] != "" })
	for _, m := range p.roster.Restore(free) {
		r.users[m.User.ID] = sessionID
	}
	r.flushAndUnlock(p)
	return nil
}

// All implements session.Upkeep.
func (r *Registry) All(context.Context) ([]session.Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []session.Snapshot
	for _, p := range r.sessions {
		if p.roster.Len() > 0 {
			out = append(out, p.roster.Snapshot())
		}
	}
	slices.SortFunc(out, func(a, b session.Snapshot) int { return cmp.Compare(a.SessionID, b.SessionID) })
	return out, nil
}
