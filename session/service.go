package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"foyer/protocol"
)

// Options are what a Service stands on. Now and NewID are time.Now and a source of UUIDs in production.
type Options struct {
	Store     Store
	Registry  Registry
	Relations Relations
	Config    Config
	Now       func() time.Time
	NewID     func() string
	// PasswordCost is bcrypt's; its default when 0.
	PasswordCost int
}

// Service carries out the session methods. It is safe for concurrent use. Refusals are *protocol.Error; any other
// error is internal. The caller delivers the Effects it returns.
type Service struct {
	store     Store
	registry  Registry
	relations Relations
	config    Config
	now       func() time.Time
	newID     func() string
	passwords *passwords

	mu      sync.Mutex
	stays   []Stay         // ended, not yet stored; guarded by mu
	closed  []string       // sessions that have ended, not yet deleted; guarded by mu
	deleted []string       // sessions that have no record any more, whose members may be there still; guarded by mu
	missing map[Stay]int64 // stays that the Registry did not have when EndLost last looked, and when; never changed in place; guarded by mu
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{
		store: o.Store, registry: o.Registry, relations: o.Relations, config: o.Config,
		now: o.Now, newID: o.NewID, passwords: newPasswords(o.PasswordCost),
	}
}

// Actor is who enters, and with which device. For a companion it is the device that moves.
type Actor struct {
	UserID string
	Device Device
	// Enters, unless it is nil, is called when it is about to be told to others that the actor enters; maybe more than once.
	Enters func()
}

// Entry is the answer to a join, and for one into a large session the frames that follow it: Rest counts its versions
// on from Result's, up to Through. A roster that is published with a version up to Through is in here already.
type Entry struct {
	Result  protocol.SessionJoinResult
	Rest    []*Part
	Through int64
	Stamp   int64 // the member's, to tell this stay from an earlier one
}

// attempts is how often a change is decided anew when what it was decided on moved meanwhile.
const attempts = 16

// busy is the answer when it moved each time.
func busy() error { return protocol.Refuse(protocol.Unavailable).WithRetryAfter(100) }

func (s *Service) millis() int64 { return s.now().UnixMilli() }

// retried reports whether err says that a decision has to be taken again.
func retried(err error) bool {
	return errors.Is(err, ErrRulesChanged) || errors.Is(err, ErrMemberChanged)
}

// outsider is the answer to someone who asks as a member and is none: whether the session is there is told only to
// whom it may be shown.
func (s *Service) outsider(ctx context.Context, actor, sessionID string) error {
	l, found, err := s.store.Lookup(ctx, sessionID, actor)
	if err != nil {
		return err
	}
	if !found {
		return protocol.Refuse(protocol.SessionNotFound)
	}
	summaries, err := s.registry.Summaries(ctx, []string{sessionID})
	if err != nil {
		return err
	}
	ok, err := s.visibleTo(ctx, &l, actor, summaries[sessionID])
	switch {
	case err != nil:
		return err
	case !ok:
		return protocol.Refuse(protocol.SessionNotFound)
	}
	return protocol.Refuse(protocol.NotInSession)
}

// visibleTo reports whether userID may know of a session.
func (s *Service) visibleTo(ctx context.Context, l *Lookup, userID string, now Summary) (bool, error) {
	shown, err := s.shown(ctx, userID, []Record{l.Record}, map[string]Summary{l.ID: now}, l.Unblocked)
	return len(shown) == 1, err
}

// shown returns those of the sessions that userID may know of: not those whose host has blocked them, nor those for the
// host's connections if they are none. With nobody in, the creator counts as the host. Of somebody unblocked it is known
// that nobody has blocked them.
func (s *Service) shown(ctx context.Context, userID string, records []Record, summaries map[string]Summary, unblocked bool) ([]Record, error) {
	hosts := make([]string, len(records))
	var all, friends []string // whose block, and whose connection matters
	for i, r := range records {
		if hosts[i] = summaries[r.ID].Host; hosts[i] == "" {
			hosts[i] = r.Creator
		}
		if hosts[i] == "" || hosts[i] == userID || r.Creator == userID {
			continue
		}
		all = append(all, hosts[i])
		if r.Visibility == protocol.VisibilityConnections {
			friends = append(friends, hosts[i])
		}
	}
	var err error
	blocked, connected := map[string]bool{}, map[string]bool{}
	if len(all) > 0 && !unblocked {
		if blocked, err = s.relations.BlockedBy(ctx, userID, all); err != nil {
			return nil, err
		}
	}
	if len(friends) > 0 {
		if connected, err = s.relations.ConnectedWith(ctx, userID, friends); err != nil {
			return nil, err
		}
	}
	var out []Record
	for i, r := range records {
		own := hosts[i] == userID || r.Creator == userID && userID != ""
		if own || visible(r.Visibility, hosts[i], connected[hosts[i]], blocked[hosts[i]]) {
			out = append(out, r)
		}
	}
	return out, nil
}
