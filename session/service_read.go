package session

import (
	"context"
	"errors"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// listBatch is how many records are read at once to find those that the viewer may see.
const listBatch = 200

// List returns the sessions that the viewer may join, newest first: neither private nor locked for them, nor their
// host's connections' without being one. Full ones and ones with a password are among them.
func (s *Service) List(ctx context.Context, viewer string, p protocol.SessionListParams) (protocol.SessionListResult, error) {
	out := protocol.SessionListResult{Sessions: []protocol.Session{}}
	after, limit, refusal := readPage(cursorSessions, p.Page)
	if refusal != nil {
		return out, refusal
	}
	places, err := s.registry.Places(ctx, []string{viewer})
	if err != nil {
		return out, err
	}
	q := ListQuery{Viewer: viewer, Name: fold.Name(p.Query), After: after, Limit: listBatch}
	var found []Record
	counts := map[string]int{}
	for len(found) <= limit {
		batch, err := s.store.List(ctx, q)
		if err != nil {
			return out, err
		}
		ids := make([]string, len(batch))
		for i, r := range batch {
			ids[i] = r.ID
		}
		summaries, err := s.registry.Summaries(ctx, ids)
		if err != nil {
			return out, err
		}
		shown, err := s.shown(ctx, viewer, batch, summaries, false)
		if err != nil {
			return out, err
		}
		for _, r := range shown {
			if !r.Locked || r.Creator == viewer || places[viewer] == r.ID {
				found = append(found, r)
				counts[r.ID] = summaries[r.ID].Count
			}
		}
		if len(batch) < q.Limit {
			break
		}
		last := batch[len(batch)-1]
		q.After = Position{At: last.CreatedAt, ID: last.ID}
	}
	if len(found) > limit {
		found = found[:limit]
		out.NextCursor = encodeCursor(cursorSessions, Position{At: found[limit-1].CreatedAt, ID: found[limit-1].ID})
	}
	for _, r := range found {
		out.Sessions = append(out.Sessions, r.Session(counts[r.ID]))
	}
	return out, nil
}

// Records returns those of the sessions that exist, by id, whoever may see them.
func (s *Service) Records(ctx context.Context, ids []string) (map[string]Record, error) {
	if len(ids) == 0 {
		return map[string]Record{}, nil
	}
	records, err := s.store.Find(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Record, len(records))
	for _, r := range records {
		out[r.ID] = r
	}
	return out, nil
}

// Places returns in which session each of the users is; those in none are missing.
func (s *Service) Places(ctx context.Context, userIDs []string) (map[string]string, error) {
	return s.registry.Places(ctx, userIDs)
}

// Members returns a session's members in the order of joining, to one of them; not_in_session to others.
func (s *Service) Members(ctx context.Context, viewer, sessionID string) ([]protocol.Member, error) {
	snapshot, err := s.registry.Roster(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	out := make([]protocol.Member, len(snapshot.Members))
	in := false
	for i := range snapshot.Members {
		out[i] = snapshot.Members[i].Wire()
		in = in || out[i].User.ID == viewer
	}
	if !in {
		return nil, s.outsider(ctx, viewer, sessionID)
	}
	return out, nil
}

// SharedMember returns the session that both are in, and target's member in it; ok is false if there is none.
func (s *Service) SharedMember(ctx context.Context, viewer, target string) (sessionID string, m protocol.Member, ok bool, err error) {
	places, err := s.registry.Places(ctx, []string{viewer, target})
	if err != nil || places[viewer] == "" || places[viewer] != places[target] {
		return "", m, false, err
	}
	st, err := s.registry.Standings(ctx, places[viewer], target)
	if err != nil || st.By[target].Member == nil {
		return "", m, false, err
	}
	return places[viewer], st.By[target].Member.Wire(), true, nil
}

// CheckSend says whether the actor may send a message in a session.
func (s *Service) CheckSend(ctx context.Context, actor string, p *protocol.SessionSendParams) error {
	if len(p.Data) > dataBytes {
		return protocol.InvalidParams("data", "must have at most 4096 bytes as JSON")
	}
	st, err := s.registry.Standings(ctx, p.SessionID, actor)
	if err != nil || st.By[actor].Member != nil {
		return err
	}
	return s.outsider(ctx, actor, p.SessionID)
}

// Permission is something that a viewer could do to a member. Refusal is what the call would be answered with now; nil
// if it would succeed.
type Permission struct {
	Action  protocol.ActionName
	Refusal *protocol.Error
}

// Permissions returns what the viewer could do to target in the session that the viewer is in, always in the same order:
// nothing unless the viewer is its host or a cohost, and target is in it or left it within the last ten minutes.
// RecentUntil is when that ends (Unix milliseconds; 0 while target is in it).
func (s *Service) Permissions(ctx context.Context, viewer, target string) (list []Permission, recentUntil int64, err error) {
	places, err := s.registry.Places(ctx, []string{viewer})
	if err != nil || places[viewer] == "" || viewer == target {
		return nil, 0, err
	}
	st, err := s.registry.Standings(ctx, places[viewer], viewer, target)
	if err != nil {
		return nil, 0, err
	}
	st.forget(s.millis())
	who, whom := st.standing(viewer), st.standing(target)
	if !who.present() || !who.helps() || !whom.present() && !whom.recent {
		return nil, 0, nil
	}
	list = []Permission{{protocol.ActionKick, who.mayKick(whom)}, {protocol.ActionBan, who.mayBan(whom)}}
	if whom.recent {
		return list, st.By[target].LeftAt + RecentFor, nil
	}
	return append(list,
		Permission{protocol.ActionSetRole, who.maySetRole(whom)},
		Permission{protocol.ActionMute, who.mayMute(whom)}), 0, nil
}

// MayJoin returns what a join by the viewer, with the right password, would be refused with; nil if it would succeed.
func (s *Service) MayJoin(ctx context.Context, viewer, sessionID string) (*protocol.Error, error) {
	err := s.mayJoin(ctx, viewer, sessionID)
	var refusal *protocol.Error
	if errors.As(err, &refusal) && refusal.Code != protocol.CodeUnavailable {
		return refusal, nil
	}
	return nil, err
}

func (s *Service) mayJoin(ctx context.Context, viewer, sessionID string) error {
	rec, err := s.lookup(ctx, viewer, sessionID)
	if err != nil {
		return err
	}
	returning, count, err := s.admit(ctx, viewer, rec, func(string) bool { return true })
	if err == nil && !returning && count >= rec.Capacity {
		return protocol.Refuse(protocol.SessionFull)
	}
	return err
}
