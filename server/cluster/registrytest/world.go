// Package registrytest is what every Registry has to do, whatever it is made of. Each implementation's test calls Run.
package registrytest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

// Open returns an empty Registry that hands its flushes to publish. The Registry ends sessions that were empty for 60 s.
type Open func(t *testing.T, publish session.Publish) session.Registry

// Run checks a Registry. In runs each test: directly, or within testing/synctest.
func Run(t *testing.T, open Open, in func(t *testing.T, test func(t *testing.T))) {
	for _, group := range []map[string]func(*world){joining, leaving, deviceTests, hosting, editing, ending, crowds} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			t.Run(name, func(t *testing.T) {
				in(t, func(t *testing.T) {
					w := &world{t: t, seen: map[string]*mirror{}}
					w.Registry = open(t, w.publish)
					group[name](w)
				})
			})
		}
	}
}

// start is when each test begins, in Unix milliseconds.
const start = 1_800_000_000_000

const grace = 10_000

// world is a Registry with a client in each session who was there from the first flush on.
type world struct {
	session.Registry
	t *testing.T

	mu   sync.Mutex
	seen map[string]*mirror // guarded by mu
}

// mirror is what applying each published change in order leaves a client with.
type mirror struct {
	version int64
	members map[string]protocol.Member
	flushes []session.Flush
	faults  []string
}

// publish applies a flush the way a client does that was written by the rules: joined are new, updated are known, left
// are known.
func (w *world) publish(f session.Flush) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.seen[f.SessionID]
	if m == nil {
		m = &mirror{members: map[string]protocol.Member{}, version: f.Version - 1}
		w.seen[f.SessionID] = m
	}
	m.flushes = append(m.flushes, f)
	m.fault(f.Version == m.version+1, "version %d follows %d", f.Version, m.version)
	m.version = f.Version
	sent, err := protocol.EncodeNotification(protocol.NotifySessionRoster, f.Change)
	m.fault(err == nil && string(sent) == string(f.Frame), "frame %s is not the change", f.Frame)
	m.apply(f.Change)
}

func (m *mirror) fault(ok bool, format string, args ...any) {
	if !ok {
		m.faults = append(m.faults, fmt.Sprintf(format, args...))
	}
}

func (m *mirror) apply(c protocol.SessionRoster) {
	m.fault(c.Joined != nil && c.Updated != nil && c.Left != nil, "a list is missing")
	m.fault(len(c.Joined)+len(c.Updated)+len(c.Left) > 0, "nothing happened in version %d", c.Version)
	named := map[string]bool{}
	name := func(id string) {
		m.fault(!named[id], "%s is in version %d twice", id, c.Version)
		named[id] = true
	}
	for _, x := range c.Joined {
		name(x.User.ID)
		_, known := m.members[x.User.ID]
		m.fault(!known, "%s joined twice", x.User.ID)
		m.members[x.User.ID] = x
	}
	for _, x := range c.Updated {
		name(x.User.ID)
		_, known := m.members[x.User.ID]
		m.fault(known, "%s was updated without being there", x.User.ID)
		m.members[x.User.ID] = x
	}
	for _, x := range c.Left {
		name(x.UserID)
		was, known := m.members[x.UserID]
		m.fault(known && was.Number == x.Number, "%s left without being there as %d", x.UserID, x.Number)
		delete(m.members, x.UserID)
	}
	numbers := map[uint16]string{}
	for id, x := range m.members {
		m.fault(numbers[x.Number] == "", "%s and %s have the number %d", id, numbers[x.Number], x.Number)
		numbers[x.Number] = id
	}
}

// settled waits until everything has been published, and checks that the published is the truth. It returns the flushes.
func (w *world) settled(sessionID string) []session.Flush {
	w.t.Helper()
	var flushes []session.Flush
	var truth, seen []protocol.Member
	for range 500 {
		snapshot, err := w.Roster(w.ctx(), sessionID)
		require.NoError(w.t, err)
		truth = nil
		for i := range snapshot.Members {
			truth = append(truth, snapshot.Members[i].Wire())
		}
		w.mu.Lock()
		seen = nil
		if m := w.seen[sessionID]; m != nil {
			require.Empty(w.t, m.faults)
			flushes = slices.Clone(m.flushes)
			seen = slices.Collect(maps.Values(m.members))
		}
		w.mu.Unlock()
		if same(truth, seen) {
			return flushes
		}
		<-time.After(10 * time.Millisecond)
	}
	require.ElementsMatch(w.t, truth, seen)
	return flushes
}

func same(a, b []protocol.Member) bool {
	if len(a) != len(b) {
		return false
	}
	key := func(list []protocol.Member) []string {
		out := make([]string, len(list))
		for i, m := range list {
			raw, err := json.Marshal(m)
			if err != nil {
				return nil
			}
			out[i] = string(raw)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(key(a), key(b))
}

func (w *world) ctx() context.Context { return w.t.Context() }

// rules are those of a session that ada made.
func rules(capacity int) session.Rules {
	return session.Rules{Rev: 1, Capacity: capacity, Creator: "ada", Heir: true}
}

func device(id string) session.Device {
	return session.Device{ID: id, Kind: protocol.KindHeadset, Node: "n1", Link: id + "-1", Connected: true}
}

func joinOf(sessionID, user string, at int64) session.Join {
	return session.Join{
		SessionID: sessionID, User: protocol.User{ID: user, Name: "Name of " + user, Email: user + "@example.com"},
		Device: device(user + "-d"), Rules: rules(50), At: start + at,
	}
}

// join lets a user in at some milliseconds after the start.
func (w *world) join(sessionID, user string, at int64) session.Joined {
	w.t.Helper()
	j, err := w.Join(w.ctx(), joinOf(sessionID, user, at))
	require.NoError(w.t, err)
	return j
}

func (w *world) refused(j session.Join, want error) {
	w.t.Helper()
	before, err := w.Roster(w.ctx(), j.SessionID)
	require.NoError(w.t, err)
	_, err = w.Join(w.ctx(), j)
	require.ErrorIs(w.t, err, want)
	after, err := w.Roster(w.ctx(), j.SessionID)
	require.NoError(w.t, err)
	require.ElementsMatch(w.t, before.Members, after.Members)
}

func (w *world) leave(l session.Leave) session.Left {
	w.t.Helper()
	if l.Reason == "" {
		l.Reason = protocol.LeftByChoice
	}
	left, err := w.Leave(w.ctx(), l)
	require.NoError(w.t, err)
	return left
}

// roster returns each member's role by user, host* for one who inherited it.
func (w *world) roster(sessionID string) map[string]string {
	w.t.Helper()
	s, err := w.Roster(w.ctx(), sessionID)
	require.NoError(w.t, err)
	out := map[string]string{}
	hosts := 0
	for _, m := range s.Members {
		out[m.User.ID] = string(m.Role)
		if m.Role == protocol.RoleHost {
			hosts++
		}
		if m.Inherited() {
			out[m.User.ID] += "*"
		}
	}
	require.LessOrEqual(w.t, hosts, 1)
	return out
}

// member returns a member of s.
func (w *world) member(user string) session.Member {
	w.t.Helper()
	st, err := w.Standings(w.ctx(), "s", user)
	require.NoError(w.t, err)
	require.NotNil(w.t, st.By[user].Member, user)
	return *st.By[user].Member
}

// last returns the newest flush once all is published.
func (w *world) last(sessionID string) protocol.SessionRoster {
	w.t.Helper()
	flushes := w.settled(sessionID)
	require.NotEmpty(w.t, flushes)
	return flushes[len(flushes)-1].Change
}

func users(members []protocol.Member) []string {
	out := []string{}
	for _, m := range members {
		out = append(out, m.User.ID)
	}
	return out
}
