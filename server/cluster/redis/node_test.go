package redis

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// member is one node with all that it has of the cluster.
type member struct {
	*Node
	d      *Devices
	r      *Registry
	fences atomic.Int64
	ended  atomic.Bool // no socket is there any more
	over   atomic.Bool // the sessions have ended, as far as the records go

	parted   atomic.Int64
	reached  atomic.Int64
	returned atomic.Int64
	anew     atomic.Bool
	replaced chan cluster.Device
	told     chan protocol.SessionRoster // what the node told only those who are on it

	refilling func()                        // called as what the node knows is written back; set before Check, may be nil
	hangs     func(incarnation string) bool // whether a socket is there; nil: all are until ended
}

func (m *member) Fenced()    { m.fences.Add(1) }
func (m *member) Away(error) { m.parted.Add(1) }

// Reached counts the times, if others have to wait meanwhile.
func (m *member) Reached(ctx context.Context) {
	if c := m.d.c; c.breaker.refuses(context.Background()) && c.Ping(ctx) == nil {
		m.reached.Add(1)
	}
}

func (m *member) Hangs(_, _, incarnation string) bool {
	return !m.ended.Load() && (m.hangs == nil || m.hangs(incarnation))
}

func (m *member) Returned(anew bool) {
	if anew {
		m.anew.Store(true)
	}
	m.returned.Add(1)
}

func (m *member) Replaced(d cluster.Device) { m.replaced <- d }

func (m *member) Lasting(_ context.Context, ids []string) (map[string]bool, error) {
	lasting := map[string]bool{}
	for _, id := range ids {
		lasting[id] = !m.over.Load()
	}
	return lasting, nil
}

func (m *member) Profiles(context.Context, []string) (map[string]cluster.Profile, error) {
	if m.refilling != nil {
		m.refilling()
	}
	return map[string]cluster.Profile{"hid": {Invisible: true, Rev: 9}}, nil
}

func newMember(t *testing.T, url, prefix, name string) *member {
	t.Helper()
	c := newClient(t, url, prefix)
	m := &member{d: NewDevices(c), replaced: make(chan cluster.Device, 16), told: make(chan protocol.SessionRoster, 64)}
	m.r = NewRegistry(c, RegistryOptions{Message: message, Tell: func(_ cluster.Topic, r *cluster.Message) {
		var frame struct{ Params protocol.SessionRoster }
		if err := json.Unmarshal(r.Frame, &frame); err != nil {
			t.Errorf("frame %s: %v", r.Frame, err)
		}
		m.told <- frame.Params
	}})
	t.Cleanup(m.r.Stop)
	m.Node = NewNode(m.d, m.r, name, m)
	t.Cleanup(func() { m.cancel(); <-m.done })
	require.Eventually(t, func() bool { return m.returned.Swap(0) > 0 }, waitAtMost, waitEvery)
	m.anew.Store(false)
	return m
}

// newTwo starts two nodes over a Redis of their own, ada on the first and ben on the second.
func newTwo(t *testing.T) (server *redistest.Server, one, two *member) {
	server = redistest.Start(t)
	prefix := newPrefix()
	one, two = newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	return server, one, two
}

// halt has a node do nothing more by itself, as if it were stopped: it checks when it is told to.
func (m *member) halt(t *testing.T) {
	m.cancel()
	<-m.done
	m.ctx = t.Context()
}

// goesAway kills Redis and waits until the node has noticed.
func (m *member) goesAway(t *testing.T, server *redistest.Server) {
	server.Kill()
	require.Eventually(t, func() bool { return m.Err() != nil }, waitAtMost, waitEvery)
}

// comesBackEmpty starts Redis again and waits until the node has written into it what it knows.
func (m *member) comesBackEmpty(t *testing.T, server *redistest.Server) {
	server.Restart()
	require.Eventually(t, func() bool { return m.returned.Load() > 0 }, waitAtMost, waitEvery)
}

// bring has a user come with a device, and into the session.
func (m *member) bring(t *testing.T, user string) session.Joined {
	t.Helper()
	got := patiently(t, func() (cluster.Attached, error) {
		return m.d.Attach(t.Context(), cluster.Attach{
			Now: time.Now(), Device: cluster.Device{ID: user + "-d", UserID: user, Kind: protocol.KindBot, Node: m.ID(), Incarnation: user},
		})
	})
	require.Equal(t, user+"-d", got.Device.ID)
	return patiently(t, func() (session.Joined, error) { return m.r.Join(t.Context(), m.join(user)) })
}

// patiently asks again as clients do while Redis is out of reach, which on a busy machine it may be for a moment at any time.
func patiently[T any](t *testing.T, ask func() (T, error)) T {
	t.Helper()
	for until := time.Now().Add(waitAtMost); ; <-time.After(waitEvery) {
		got, err := ask()
		if errors.Is(err, protocol.Refuse(protocol.Unavailable)) && time.Now().Before(until) {
			continue
		}
		require.NoError(t, err)
		return got
	}
}

// join asks for a user's place.
func (m *member) join(user string) session.Join {
	return session.Join{
		SessionID: "s", User: protocol.User{ID: user}, Rules: session.Rules{Rev: 1, Capacity: 9, Heir: true}, At: time.Now().UnixMilli(),
		Device: session.Device{ID: user + "-d", Kind: protocol.KindBot, Node: m.ID(), Link: user, Connected: true},
	}
}

func (m *member) version(t *testing.T) int64 {
	return m.roster(t).Version
}

// expire has a node's lease run out.
func (m *member) expire(t *testing.T, node string) {
	require.NoError(t, m.c.rdb.ZAdd(t.Context(), m.leases, zeroScore(node)).Err())
}

// hurry ends the quiet time.
func (m *member) hurry() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.quietUntil = time.Time{}
}

func (m *member) roster(t *testing.T) session.Snapshot {
	t.Helper()
	return patiently(t, func() (session.Snapshot, error) { return m.r.Roster(t.Context(), "s") })
}

func (m *member) users(t *testing.T) []string {
	t.Helper()
	ids := []string{}
	for _, v := range m.roster(t).Members {
		ids = append(ids, v.User.ID)
	}
	return ids
}

func TestWhatHungOnADeadNodeIsClearedAway(t *testing.T) {
	t.Parallel()
	_, one, two := newTwo(t)
	two.halt(t) // as if killed
	one.expire(t, two.ID())
	one.bury(t.Context())
	require.Zero(t, one.Stats.Buried.Load(), "nobody is taken for dead so soon after a start")
	require.Equal(t, []string{"ada", "ben"}, one.users(t))
	one.hurry()
	var departed []session.Departure
	var gone []cluster.Device
	require.Eventually(t, func() bool {
		swept := patiently(t, func() (session.Swept, error) { return one.r.Sweep(t.Context(), time.Now().UnixMilli()) })
		reaped := patiently(t, func() ([]cluster.Device, error) { return one.d.Reap(t.Context(), time.Now()) })
		departed, gone = append(departed, swept.Departed...), append(gone, reaped...)
		return len(departed) > 0 && len(gone) > 0
	}, waitAtMost, waitEvery)
	require.Len(t, departed, 1)
	require.Equal(t, "ben", departed[0].Member.User.ID)
	require.Equal(t, protocol.LeftDropped, departed[0].Reason)
	require.Len(t, gone, 1)
	require.Equal(t, "ben", gone[0].UserID)
	require.Equal(t, []string{"ada"}, one.users(t))
}

func TestANodeThatWasTakenForDeadFindsOut(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	before := one.ID()
	_, err := one.giveUp(t.Context(), before)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return one.fences.Load() == 1 }, waitAtMost, waitEvery)
	require.NotEqual(t, before, one.ID())
	one.Check(context.Background())
	require.Never(t, func() bool { one.Check(context.Background()); return one.fences.Load() > 1 }, time.Second, 100*time.Millisecond)
}

func TestRedisThatCameBackEmptyIsFilled(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	last := two.version(t)
	one.goesAway(t, server)
	require.Eventually(t, func() bool { return two.Err() != nil }, waitAtMost, waitEvery)
	require.Contains(t, one.users(t), "ada", "as this node knows it")
	_, err := one.r.Roster(t.Context(), "t")
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "nobody of this node is in it")
	server.Restart()
	require.Eventually(t, func() bool { return one.Stats.Refill.Load() == 1 && two.Stats.Refill.Load() == 1 }, waitAtMost, waitEvery)
	require.Eventually(t, func() bool { return len(one.users(t)) == 2 }, waitAtMost, waitEvery)
	s, err := two.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.Equal(t, last, s.Version)
	require.Eventually(t, func() bool {
		of, err := one.d.Of(t.Context(), "ada", "ben")
		places, failed := one.r.Places(t.Context(), []string{"ada", "ben"})
		return err == nil && failed == nil && len(of) == 2 && len(places) == 2
	}, waitAtMost, waitEvery)
	swept, err := one.r.Sweep(t.Context(), time.Now().UnixMilli())
	require.NoError(t, err)
	require.Empty(t, swept.Departed)
	require.Zero(t, one.fences.Load()+two.fences.Load())
	require.Eventually(t, one.anew.Load, waitAtMost, waitEvery, "what is to be told anew is told when all has been written")
}

func TestWhoseSocketEndedWhileRedisWasAwayIsWaitedForAndGone(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	server.Pause()
	require.Eventually(t, func() bool { return one.Err() != nil }, waitAtMost, waitEvery)
	one.ended.Store(true)
	server.Resume()
	require.Eventually(t, func() bool { return one.Err() == nil }, waitAtMost, waitEvery)
	connected := func() bool {
		of := patiently(t, func() (map[string]cluster.UserDevices, error) { return one.d.Of(t.Context(), "ada") })
		return of["ada"].Devices[0].Connected || one.roster(t).Members[0].Connected()
	}
	require.Eventually(t, func() bool { return !connected() }, waitAtMost, waitEvery)
	var swept session.Swept
	require.Eventually(t, func() bool { // when they are due is noted after the roster
		swept = patiently(t, func() (session.Swept, error) { return one.r.Sweep(t.Context(), time.Now().Add(ghostGrace).UnixMilli()) })
		return len(swept.Departed) > 0
	}, waitAtMost, waitEvery)
	require.Len(t, swept.Departed, 1)
}

func TestWhoComesBackAsRedisGoesAwayIsWhereTheyWere(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	server.Kill() // nobody has asked where ada is since she came
	id, err := one.r.Attach(t.Context(), "ada", session.Device{ID: "ada-d", Kind: protocol.KindBot, Node: one.ID(), Link: "again", Connected: true})
	require.NoError(t, err)
	require.Equal(t, "s", id)
	one.r.seen.pruned = time.Time{} // a long time passes in which nobody asks
	one.r.seen.by["ada"] = sight[string]{v: "s", last: time.Now().Add(-2 * seenFor)}
	one.r.seen.note(nil, nil, time.Now())
	places, err := one.r.Places(t.Context(), []string{"ada"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ada": "s"}, places)
}

func zeroScore(node string) redis.Z { return redis.Z{Score: 1, Member: node} }
