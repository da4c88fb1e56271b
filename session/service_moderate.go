package session

import (
	"context"

	"foyer/protocol"
)

// Kick removes a member with all devices, and with ban keeps the user out until the ban is lifted. Both also work on
// someone who left within the last ten minutes.
func (s *Service) Kick(ctx context.Context, actor string, p protocol.SessionKickParams) (Effects, error) {
	for range attempts {
		st, err := s.standings(ctx, p.SessionID, actor, p.UserID)
		if err != nil {
			return Effects{}, err
		}
		reason := protocol.LeftKicked
		who, whom := st.standing(actor), st.standing(p.UserID)
		refusal := who.mayKick(whom)
		if p.Ban {
			reason = protocol.LeftBanned
			refusal = who.mayBan(whom)
		}
		if refusal != nil {
			return Effects{}, refusal
		}
		holds := st.stamps(actor, p.UserID)
		if p.Ban {
			rec, err := s.store.Ban(ctx, Ban{SessionID: p.SessionID, UserID: p.UserID, By: actor, Reason: p.Reason, At: s.millis()}, maxBans)
			if err != nil {
				return Effects{}, err
			}
			if err := s.registry.SetRules(ctx, rec.ID, rec.Rules()); err != nil {
				return Effects{}, protocol.InPart(err)
			}
			holds = nil // who is banned goes, whatever became of them meanwhile
		}
		left, err := s.registry.Leave(ctx, Leave{SessionID: p.SessionID, UserID: p.UserID, Reason: reason, Holds: holds, At: s.millis()})
		if retried(err) {
			continue
		}
		if err != nil && p.Ban { // that stands
			err = protocol.InPart(err)
		}
		if err != nil || left.Departure == nil {
			return Effects{}, err
		}
		s.endStay(left.Departure)
		return departed(left.Departure, protocol.EndReason(reason)), nil
	}
	return Effects{}, busy()
}

// Unban lets a user in again, as host or cohost. Lifting no ban changes nothing.
func (s *Service) Unban(ctx context.Context, actor string, p protocol.SessionUserParams) error {
	st, err := s.standings(ctx, p.SessionID, actor)
	if err != nil {
		return err
	}
	if refusal := st.standing(actor).mayDecide(); refusal != nil {
		return refusal
	}
	rec, err := s.store.Unban(ctx, p.SessionID, p.UserID)
	if err != nil {
		return err
	}
	return protocol.InPart(s.registry.SetRules(ctx, rec.ID, rec.Rules()))
}

// Bans lists who is banned, the newest ban first, for host and cohost.
func (s *Service) Bans(ctx context.Context, actor string, p protocol.SessionBansParams) (protocol.UsersResult, error) {
	out := protocol.UsersResult{Users: []protocol.User{}}
	after, limit, refusal := readPage(cursorBans, p.Page)
	if refusal != nil {
		return out, refusal
	}
	st, err := s.standings(ctx, p.SessionID, actor)
	if err != nil {
		return out, err
	}
	if refusal := st.standing(actor).mayManage(); refusal != nil {
		return out, refusal
	}
	banned, err := s.store.Banned(ctx, p.SessionID, after, limit+1)
	if err != nil {
		return out, err
	}
	for i, b := range banned {
		if i == limit {
			last := banned[i-1]
			out.NextCursor = encodeCursor(cursorBans, Position{At: last.At, ID: last.User.ID})
			break
		}
		out.Users = append(out.Users, b.User)
	}
	return out, nil
}

// Close ends a session for everybody, as its host; not as one who only inherited it.
func (s *Service) Close(ctx context.Context, actor string, p protocol.SessionCloseParams) (Effects, error) {
	st, err := s.standings(ctx, p.SessionID, actor)
	if err != nil {
		return Effects{}, err
	}
	if refusal := st.standing(actor).mayClose(); refusal != nil {
		return Effects{}, refusal
	}
	if err := s.store.Delete(ctx, p.SessionID); err != nil {
		return Effects{}, err
	}
	effects, err := s.end(ctx, p.SessionID)
	return effects, protocol.InPart(err)
}

// end takes everybody out of a session whose record is gone. What can't be done now Sweep tries again.
func (s *Service) end(ctx context.Context, id string) (effects Effects, err error) {
	gone, err := s.registry.End(ctx, id, s.millis())
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.deleted = append(s.deleted, id)
		return effects, err
	}
	for i := range gone {
		s.endStay(&gone[i])
		effects.merge(departed(&gone[i], protocol.EndedClosed))
	}
	return effects, nil
}
