package redis

import (
	"context"
	"slices"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// RegistryOptions tune a Registry.
type RegistryOptions struct {
	// Message makes of a flush what is published, and says where.
	Message func(session.Flush) (cluster.Topic, *cluster.Message)
	// Tell hands a message to this node alone, while the others can't be reached.
	Tell func(cluster.Topic, *cluster.Message)
	// RosterTick is the least time between two flushes of one session, by whichever node; 50 ms when 0.
	RosterTick time.Duration
	// EmptyAfter is how long a session may be empty before it ends; 60 s when 0.
	EmptyAfter time.Duration
	// Now dates what the Registry itself begins; time.Now when nil.
	Now func() time.Time
}

// Registry knows who is in which session, for all nodes that share a Redis. It implements session.Registry.
//
// A session is one value: its roster, encoded whole. What is asked of a session on one node is collected, decided on
// together by session.Roster, and written back by one script, which refuses if another node wrote meanwhile (then all of
// it is decided anew) and publishes the flush in the same step. So whatever was answered is in a flush, flushes come in
// the order of their versions whichever node makes them, and a storm of joins costs one write a tick.
//
// Where a user is stands at a key of its own, written after the session that was joined, and before the one left behind.
type Registry struct {
	c          *Client
	message    func(session.Flush) (cluster.Topic, *cluster.Message)
	tick       time.Duration
	emptyAfter time.Duration
	now        func() time.Time
	due        *due   // sessions that Sweep has something to do for
	index      string // the set of all sessions that have a value, and some that had one
	rosters    rosters
	self       func() string
	kept       kept[*keptRoster]
	hung       *hung           // sessions that somebody of a node is in, and some that somebody was in
	heard      map[string]bool // sessions that other nodes may have written since; guarded by mu
	seen       seen[string]    // places
	tell       func(cluster.Topic, *cluster.Message)
	admitting  func(context.Context) error // why nobody new can be let in; nil without nodes
	unmarked   func(context.Context) bool  // whether the mark is another than is known, or can't be read; nil without nodes
	lost       func(error)                 // Redis did not answer; nil: nobody would say when it is back

	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	desks  map[string]*desk    // by session; guarded by mu
	closed []session.Departure // whom the end of a session took out that was decided alone; guarded by mu
}

var _ session.Registry = (*Registry)(nil)

// NewRegistry returns the Registry of a Client. Stop it when done.
func NewRegistry(c *Client, o RegistryOptions) *Registry {
	if o.RosterTick == 0 {
		o.RosterTick = 50 * time.Millisecond
	}
	if o.EmptyAfter == 0 {
		o.EmptyAfter = 60 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tell == nil {
		o.Tell = func(cluster.Topic, *cluster.Message) {}
	}
	r := &Registry{
		c: c, message: o.Message, tell: o.Tell, tick: o.RosterTick, emptyAfter: o.EmptyAfter, now: o.Now,
		due: newDue(c, c.tagged(0, "due:sessions")), index: c.tagged(0, "sessions"), desks: map[string]*desk{},
		hung: newHung(c, "in:"), heard: map[string]bool{},
		self: nobody, rosters: rosters{c: c, by: map[string]*known{}},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Stop lets nothing be written from now on; who waits is refused.
func (r *Registry) Stop() { r.cancel() }

// sessionKey is where a session's roster stands: beside its topic, so that one script can write it and publish.
func (r *Registry) sessionKey(id string) string { return r.c.key("r", cluster.SessionTopic(id)) }

// Join implements session.Members.
func (r *Registry) Join(ctx context.Context, j session.Join) (session.Joined, error) {
	var arrived bool
	got, err := r.ask(ctx, j.SessionID, &task{
		make: func() *session.Roster { return session.NewRoster(j.SessionID, j.Rules, j.At) },
		user: j.User.ID,
		do: func(v *session.Roster) (touched []string, err error) {
			_, arrived, err = v.Join(j)
			return []string{j.User.ID}, err
		},
		answer: true,
		alone:  func(a *session.Alone) bool { return a.Mine.Member(j.User.ID) != nil },
	})
	if err != nil {
		return session.Joined{}, err
	}
	moved, err := r.leaveBehind(ctx, j, got.was)
	if err != nil {
		return session.Joined{}, err
	}
	out, err := got.view.Joined(j.User.ID)
	out.Arrived, out.Moved = arrived, moved
	return out, err
}

// leaveBehind takes the user out of where they were, if they are still there by the same stay.
func (r *Registry) leaveBehind(ctx context.Context, j session.Join, was string) (*session.Departure, error) {
	id, stay := cutPlace(was)
	if id == "" || id == j.SessionID {
		return nil, nil
	}
	var left session.Left
	_, err := r.ask(ctx, id, &task{do: func(v *session.Roster) (touched []string, err error) {
		left = session.Left{}
		if v == nil || stayOf(v, j.User.ID) != stay {
			return nil, nil
		}
		left, err = v.Leave(session.Leave{UserID: j.User.ID, Reason: protocol.LeftMoved, At: j.At})
		return []string{j.User.ID}, err
	}})
	return left.Departure, err
}

// Leave implements session.Members.
func (r *Registry) Leave(ctx context.Context, l session.Leave) (session.Left, error) {
	if l.SessionID == "" {
		place, err := r.place(ctx, l.UserID)
		if err != nil || place == "" {
			return session.Left{}, err
		}
		l.SessionID = place
	}
	var left session.Left
	_, err := r.ask(ctx, l.SessionID, &task{
		do: func(v *session.Roster) (touched []string, err error) {
			if left = (session.Left{}); v != nil {
				left, err = v.Leave(l)
			}
			return []string{l.UserID}, err
		},
		alone: func(a *session.Alone) bool {
			m := a.Mine.Member(l.UserID)
			return m == nil || l.DeviceID != "" && len(m.Devices) > 1 || a.Owns(l.UserID)
		},
	})
	if err != nil {
		return session.Left{}, err
	}
	return left, nil
}

// Edit implements session.Members.
func (r *Registry) Edit(ctx context.Context, e session.Edit) (members []session.Member, err error) {
	_, err = r.ask(ctx, e.SessionID, &task{
		do: func(v *session.Roster) (touched []string, err error) {
			if v == nil {
				return nil, session.ErrMemberChanged
			}
			members, err = v.Edit(e)
			return nil, err
		},
		alone: func(a *session.Alone) bool {
			return !slices.ContainsFunc(e.Members, func(m session.MemberEdit) bool { return !a.Owns(m.UserID) })
		},
	})
	if err != nil {
		return nil, err
	}
	return members, nil
}

// SetRules implements session.Members. With Redis out of reach it does nothing: the next to join brings the rules along.
func (r *Registry) SetRules(ctx context.Context, sessionID string, rules session.Rules) error {
	at := r.now().UnixMilli()
	_, err := r.ask(ctx, sessionID, &task{
		make: func() *session.Roster { return session.NewRoster(sessionID, rules, at) },
		do:   func(v *session.Roster) ([]string, error) { v.SetRules(rules); return nil, nil },
	})
	if away(err) {
		return nil
	}
	return err
}

// End implements session.Members.
func (r *Registry) End(ctx context.Context, sessionID string, at int64) (gone []session.Departure, err error) {
	_, err = r.ask(ctx, sessionID, &task{
		make: func() *session.Roster { return session.NewRoster(sessionID, session.Rules{}, at) },
		do: func(v *session.Roster) (touched []string, err error) {
			if gone = nil; !v.Ended() || v.Len() > 0 {
				gone = v.End(at)
			}
			return usersOf(gone), nil
		},
		alone: always,
	})
	if err != nil {
		return nil, err
	}
	return gone, nil
}

func usersOf(gone []session.Departure) []string {
	ids := make([]string, len(gone))
	for i := range gone {
		ids[i] = gone[i].Member.User.ID
	}
	return ids
}

// Attach implements session.Devices. With Redis out of reach the device has the place that its user was last seen in.
func (r *Registry) Attach(ctx context.Context, userID string, d session.Device) (string, error) {
	id, err := r.place(ctx, userID)
	if err != nil || id == "" {
		return "", err
	}
	in := false
	_, err = r.ask(ctx, id, &task{
		do: func(v *session.Roster) ([]string, error) {
			in = v != nil && v.Attach(userID, d)
			return nil, nil
		},
		alone: always,
	})
	switch {
	case away(err):
		return id, nil // nobody of this node is in it, so that it knows no more
	case err != nil || !in:
		return "", err
	}
	return id, nil
}

// Detach implements session.Devices.
func (r *Registry) Detach(ctx context.Context, userID string, d session.Device, at, graceUntil int64) error {
	id, err := r.place(ctx, userID)
	if err != nil || id == "" {
		return err
	}
	_, err = r.ask(ctx, id, &task{
		do: func(v *session.Roster) ([]string, error) {
			if v != nil {
				v.Detach(userID, d, at, graceUntil)
			}
			return nil, nil
		},
		alone: always,
	})
	return err
}

// Abandon has all devices of a node that is no more dropped, their graces over. What is due then is done by Sweep.
func (r *Registry) Abandon(ctx context.Context, node string, at int64) error {
	return r.drop(ctx, node, at, at, func(string, session.Device) bool { return true })
}

// drop begins the graces of those devices of a node that are picked.
func (r *Registry) drop(ctx context.Context, node string, at, until int64, picked func(user string, d session.Device) bool) error {
	ids, err := r.hung.of(ctx, node)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, err := r.ask(ctx, id, &task{do: func(v *session.Roster) ([]string, error) {
			if v != nil {
				dropFrom(v, node, at, until, picked)
			}
			return nil, nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func dropFrom(v *session.Roster, node string, at, until int64, picked func(user string, d session.Device) bool) {
	for _, m := range v.Snapshot().Members {
		for _, d := range m.Devices {
			if d.Connected && d.Node == node && picked(m.User.ID, d) {
				v.Detach(m.User.ID, d, at, until)
			}
		}
	}
}
