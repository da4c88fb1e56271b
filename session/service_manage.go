package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"foyer/protocol"
)

func (s *Service) checkCapacity(n int) error {
	if limit := s.config.capacityLimit(); n < 1 || n > limit {
		return protocol.InvalidParams("capacity", "must be 1 to "+strconv.Itoa(limit))
	}
	return nil
}

// standings returns how the actor and others stand to a session. It refuses who may not know of the session, and who
// is neither member nor creator.
func (s *Service) standings(ctx context.Context, sessionID, actor string, others ...string) (Standings, error) {
	st, err := s.registry.Standings(ctx, sessionID, append(others, actor)...)
	st.forget(s.millis())
	if err != nil || st.By[actor].Member != nil {
		return st, err
	}
	l, found, err := s.store.Lookup(ctx, sessionID, actor)
	switch {
	case err != nil:
		return st, err
	case found && l.Creator == actor && actor != "":
		st.Creator = actor // the Registry may not know of an empty session
		return st, nil
	}
	return st, s.outsider(ctx, actor, sessionID)
}

// Update changes settings, as host or cohost; password and visibility not under a host who only inherited the session.
func (s *Service) Update(ctx context.Context, actor string, p protocol.SessionUpdateParams) (protocol.SessionResult, Effects, error) {
	var none protocol.SessionResult
	st, err := s.standings(ctx, p.SessionID, actor)
	if err != nil {
		return none, Effects{}, err
	}
	if refusal := st.standing(actor).mayUpdate(&p); refusal != nil {
		return none, Effects{}, refusal
	}
	if p.Capacity != nil {
		if err := s.checkCapacity(*p.Capacity); err != nil {
			return none, Effects{}, err
		}
	}
	hash := ""
	if p.Password != nil {
		if hash, err = s.passwords.hash(*p.Password); err != nil {
			return none, Effects{}, err
		}
	}
	changed, renamed := false, false
	rec, err := s.store.Change(ctx, p.SessionID, func(r *Record) (bool, error) {
		name, visibility := r.Name, r.Visibility
		changed = applyUpdate(r, &p, hash)
		renamed = r.Name != name || r.Visibility != visibility
		return changed, nil
	})
	if err != nil {
		return none, Effects{}, err
	}
	if err := s.registry.SetRules(ctx, rec.ID, rec.Rules()); err != nil {
		return none, Effects{}, protocol.InPart(err)
	}
	out := rec.Session(st.Count)
	if !changed {
		return protocol.SessionResult{Session: out}, Effects{}, nil
	}
	e := Effects{Updated: []protocol.Session{out}}
	if renamed {
		e.Renamed = []string{out.ID}
	}
	return protocol.SessionResult{Session: out}, e, nil
}

// applyUpdate changes what u gives and reports whether anything is other than before. A password that is set again
// counts as another.
func applyUpdate(r *Record, u *protocol.SessionUpdateParams, hash string) bool {
	before := *r
	if u.Name != nil {
		r.Name = *u.Name
	}
	if u.Capacity != nil {
		r.Capacity = *u.Capacity
	}
	if u.Locked != nil {
		r.Locked = *u.Locked
	}
	if u.Password != nil {
		r.PasswordHash = hash
	}
	if u.Visibility != nil {
		r.Visibility = *u.Visibility
	}
	if len(u.Metadata) > 0 {
		r.Metadata = compact(u.Metadata)
	}
	return r.Name != before.Name || r.Capacity != before.Capacity || r.Locked != before.Locked ||
		r.PasswordHash != before.PasswordHash || r.Visibility != before.Visibility || !bytes.Equal(r.Metadata, before.Metadata)
}

// compact returns JSON without spaces.
func compact(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}

// SetAttributes merges attributes into the actor's own, or sets muted of another as host or cohost.
func (s *Service) SetAttributes(ctx context.Context, actor string, p protocol.SessionSetAttributesParams) (protocol.MemberResult, error) {
	target := p.UserID
	if target == "" {
		target = actor
	}
	for range attempts {
		st, err := s.standings(ctx, p.SessionID, actor, target)
		if err != nil {
			return protocol.MemberResult{}, err
		}
		who, whom := st.standing(actor), st.standing(target)
		if !who.present() {
			return protocol.MemberResult{}, protocol.Refuse(protocol.NotInSession)
		}
		t := st.By[target].Member
		if t == nil {
			return protocol.MemberResult{}, who.mayMute(whom)
		}
		edit, refusal := attributesEdit(who, whom, t, p.Attributes)
		if refusal != nil {
			return protocol.MemberResult{}, refusal
		}
		members, err := s.registry.Edit(ctx, Edit{SessionID: p.SessionID, Holds: st.stamps(actor, target), Members: []MemberEdit{edit}})
		if retried(err) {
			continue
		}
		if err != nil {
			return protocol.MemberResult{}, err
		}
		return protocol.MemberResult{Member: members[0].Wire()}, nil
	}
	return protocol.MemberResult{}, busy()
}

// stamps returns the members among the users as they were read.
func (s *Standings) stamps(userIDs ...string) []Stamp {
	var out []Stamp
	for _, id := range userIDs {
		if m := s.By[id].Member; m != nil {
			out = append(out, Stamp{UserID: id, Stamp: m.Stamp})
		}
	}
	return out
}

// SetRole gives a member a role, as host. Giving host hands the session over: the actor is then a cohost. A host can't
// step down otherwise.
func (s *Service) SetRole(ctx context.Context, actor string, p protocol.SessionSetRoleParams) (protocol.MemberResult, error) {
	for range attempts {
		st, err := s.standings(ctx, p.SessionID, actor, p.UserID)
		if err != nil {
			return protocol.MemberResult{}, err
		}
		if refusal := st.standing(actor).maySetRole(st.standing(p.UserID)); refusal != nil {
			return protocol.MemberResult{}, refusal
		}
		t := st.By[p.UserID].Member
		if t.Role == p.Role {
			return protocol.MemberResult{Member: t.Wire()}, nil
		}
		if p.UserID == actor {
			return protocol.MemberResult{}, protocol.Refuse(protocol.Forbidden)
		}
		edit := Edit{SessionID: p.SessionID, Holds: st.stamps(actor, p.UserID), Members: roleEdits(&st, actor, t, p.Role)}
		members, err := s.registry.Edit(ctx, edit)
		if retried(err) {
			continue
		}
		if err != nil {
			return protocol.MemberResult{}, err
		}
		return protocol.MemberResult{Member: members[len(members)-1].Wire()}, nil
	}
	return protocol.MemberResult{}, busy()
}

// roleEdits are the changes that giving t a role takes; t's own is the last. What a host inherited is handed over as
// inherited, unless it comes to the creator.
func roleEdits(st *Standings, actor string, t *Member, role protocol.Role) []MemberEdit {
	if role != protocol.RoleHost {
		return []MemberEdit{{UserID: t.User.ID, Rank: &Rank{Role: role}}}
	}
	former := protocol.Role("")
	if st.Inherited && t.User.ID != st.Creator {
		former = t.Role
	}
	return []MemberEdit{
		{UserID: actor, Rank: &Rank{Role: protocol.RoleCohost}},
		{UserID: t.User.ID, Rank: &Rank{Role: protocol.RoleHost, Former: former}},
	}
}

// UserChanged shows a user's new name or picture in the session that they are in.
func (s *Service) UserChanged(ctx context.Context, u protocol.User) error {
	places, err := s.registry.Places(ctx, []string{u.ID})
	if err != nil || places[u.ID] == "" {
		return err
	}
	_, err = s.registry.Edit(ctx, Edit{SessionID: places[u.ID], Members: []MemberEdit{{UserID: u.ID, User: &u}}})
	if retried(err) || errors.Is(err, protocol.Refuse(protocol.Unavailable)) {
		return nil // gone meanwhile, or shown when the user joins next
	}
	return err
}
