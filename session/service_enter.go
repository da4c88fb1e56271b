package session

import (
	"context"
	"encoding/json"
	"errors"

	"foyer/protocol"
)

// Create makes a session, whose host the actor is, and moves the actor there. It refuses with invalid params (capacity),
// session_limit and op_id_conflict. With an op that made a session before, it enters that one.
func (s *Service) Create(ctx context.Context, a Actor, p protocol.SessionCreateParams, op Operation) (Entry, Effects, error) {
	rec, err := s.newRecord(a.UserID, p)
	if err != nil {
		return Entry{}, Effects{}, err
	}
	id, err := s.store.Create(ctx, rec, op, s.config.SessionsPerUser)
	if err != nil {
		return Entry{}, Effects{}, err
	}
	return s.enter(ctx, a, id, nil)
}

// newRecord returns the session that p describes.
func (s *Service) newRecord(creator string, p protocol.SessionCreateParams) (Record, error) {
	rec := Record{
		ID: s.newID(), Name: p.Name, Visibility: p.Visibility, Capacity: min(DefaultCapacity, s.config.capacityLimit()),
		Persistent: p.Persistent, Metadata: p.Metadata, TickHz: DefaultTickHz,
		CreatedAt: s.millis(), Creator: creator, Heir: true, RulesRev: 1,
	}
	if rec.Visibility == "" {
		rec.Visibility = protocol.VisibilityPublic
	}
	if len(rec.Metadata) == 0 {
		rec.Metadata = json.RawMessage(`{}`)
	}
	if p.TickHz != nil {
		rec.TickHz = *p.TickHz
	}
	if p.Capacity != nil {
		rec.Capacity = *p.Capacity
		if err := s.checkCapacity(rec.Capacity); err != nil {
			return rec, err
		}
	}
	if p.Password != nil {
		hash, err := s.passwords.hash(*p.Password)
		if err != nil {
			return rec, err
		}
		rec.PasswordHash = hash
	}
	return rec, nil
}

// Join moves the actor into a session. A member who joins again needs nothing and is told the same. The refusals, in
// their order: session_not_found, user_not_found, banned, session_locked, wrong_password, session_full.
func (s *Service) Join(ctx context.Context, a Actor, p protocol.SessionJoinParams) (Entry, Effects, error) {
	return s.enter(ctx, a, p.SessionID, p.Password)
}

func (s *Service) enter(ctx context.Context, a Actor, id string, password *string) (Entry, Effects, error) {
	checked := "" // the hash that the password was found right for: it is not computed again for each attempt
	for range attempts {
		rec, err := s.lookup(ctx, a.UserID, id)
		if err != nil {
			return Entry{}, Effects{}, err
		}
		returning := false
		if !rec.open() {
			returning, _, err = s.admit(ctx, a.UserID, rec, func(hash string) bool {
				if hash != checked && password != nil && s.passwords.right(hash, *password) {
					checked = hash
				}
				return hash == checked
			})
			if err != nil {
				return Entry{}, Effects{}, err
			}
		}
		j := Join{SessionID: id, User: rec.User, Device: a.Device, Rules: rec.Rules(), Returning: returning, At: s.millis()}
		if a.Enters != nil {
			a.Enters()
		}
		joined, err := s.registry.Join(ctx, j)
		if retried(err) {
			continue
		}
		if err != nil {
			return Entry{}, Effects{}, err
		}
		return s.entered(ctx, a, &rec.Record, joined)
	}
	return Entry{}, Effects{}, busy()
}

// lookup reads what the database knows of a session and of who asks to enter it.
func (s *Service) lookup(ctx context.Context, userID, id string) (*Lookup, error) {
	l, found, err := s.store.Lookup(ctx, id, userID)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, protocol.Refuse(protocol.SessionNotFound)
	case l.User.ID == "":
		return nil, protocol.Refuse(protocol.UserNotFound)
	}
	return &l, nil
}

// admit decides on what the database knows, and on a standing membership: with that, nothing else is needed. It returns how
// many members there are, too.
func (s *Service) admit(ctx context.Context, userID string, l *Lookup, right func(hash string) bool) (returning bool, count int, err error) {
	standings, err := s.registry.Standings(ctx, l.ID, userID)
	if err != nil {
		return false, 0, err
	}
	a := applicant{userID: userID, banned: l.Banned, member: standings.By[userID].Member != nil}
	if !a.member {
		if a.visible, err = s.visibleTo(ctx, l, userID, standings.Summary); err != nil {
			return false, 0, err
		}
	}
	a.passwordRight = func() bool { return right(l.PasswordHash) }
	if refusal := admission(&l.Record, a); refusal != nil {
		return false, 0, refusal
	}
	return a.member, standings.Count, nil
}

// entered notes the stay and makes the answer. A stay that can't be noted is no stay: the place is given up again.
func (s *Service) entered(ctx context.Context, a Actor, rec *Record, j Joined) (Entry, Effects, error) {
	effects := s.moved(j.Moved)
	if j.Arrived {
		effects.Placed = []Placed{{UserID: a.UserID, SessionID: rec.ID}}
		stay := Stay{SessionID: rec.ID, UserID: a.UserID, From: j.Member.JoinedAt}
		if err := s.store.OpenStay(ctx, stay); err != nil {
			l := Leave{SessionID: rec.ID, UserID: a.UserID, Reason: protocol.LeftByChoice, At: s.millis()}
			_, leaveErr := s.registry.Leave(ctx, l)
			effects.Placed = []Placed{{UserID: a.UserID}}
			return Entry{}, effects, errors.Join(err, leaveErr)
		}
	}
	return entryOf(rec, j), effects, nil
}

func entryOf(rec *Record, j Joined) Entry {
	return Entry{
		Result:  protocol.SessionJoinResult{Session: rec.Session(j.Count), Number: j.Member.Number, Members: j.Members, Version: j.Version},
		Rest:    j.Rest,
		Through: j.Through,
		Stamp:   j.Member.Stamp,
	}
}

// moved ends the stay in the place left behind and tells the devices there.
func (s *Service) moved(d *Departure) Effects {
	if d == nil {
		return Effects{}
	}
	s.endStay(d)
	e := departed(d, protocol.EndedMoved)
	e.Placed = nil
	e.Ended[0].Companions = false // they follow, by session.resync
	return e
}

// Resync returns what a join would answer userID in the session they are in, for session.resync; ok is false if they
// are in none.
func (s *Service) Resync(ctx context.Context, userID string) (entry Entry, ok bool, err error) {
	places, err := s.registry.Places(ctx, []string{userID})
	id := places[userID]
	if err != nil || id == "" {
		return Entry{}, false, err
	}
	l, found, err := s.store.Lookup(ctx, id, userID)
	if err != nil || !found {
		return Entry{}, false, err
	}
	j, err := s.registry.Resync(ctx, id, userID)
	var refusal *protocol.Error
	if errors.As(err, &refusal) && (refusal.Reason() == protocol.NotInSession || refusal.Reason() == protocol.SessionNotFound) {
		return Entry{}, false, nil
	}
	return entryOf(&l.Record, j), err == nil, err
}

// Leave takes the actor's device out of the session, or with no device the actor with all of them. Leaving where one
// isn't changes nothing.
func (s *Service) Leave(ctx context.Context, actor, deviceID string, p protocol.SessionParams) (Effects, error) {
	return s.leave(ctx, Leave{SessionID: p.SessionID, UserID: actor, DeviceID: deviceID, Reason: protocol.LeftByChoice, At: s.millis()})
}

// Gone takes a device that won't come back out of wherever it is: closed cleanly (left), or dropped for too long.
func (s *Service) Gone(ctx context.Context, userID, deviceID string, reason protocol.LeaveReason) (Effects, error) {
	return s.leave(ctx, Leave{UserID: userID, DeviceID: deviceID, Reason: reason, At: s.millis()})
}

func (s *Service) leave(ctx context.Context, l Leave) (Effects, error) {
	left, err := s.registry.Leave(ctx, l)
	if err != nil || left.Departure == nil {
		return Effects{}, err
	}
	s.endStay(left.Departure)
	e := departed(left.Departure, protocol.EndedMoved)
	if l.DeviceID != "" {
		e.Ended[0].Devices = nil // it was the only one, and knows
	}
	return e, nil
}
