package redis

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// parted are two nodes that knew each other until Redis went away: ada is on one, ben and cem are on two.
type parted struct {
	t        *testing.T
	server   *redistest.Server
	one, two *member
}

func part(t *testing.T) *parted {
	server, one, two := newTwo(t)
	p := &parted{t: t, server: server, one: one, two: two}
	p.two.bring(t, "cem")
	p.one.catchUp(t)
	server.Pause()
	require.Eventually(t, func() bool { return p.one.Err() != nil && p.two.Err() != nil }, waitAtMost, waitEvery)
	return p
}

// catchUp has a node read what others wrote.
func (m *member) catchUp(t *testing.T) {
	m.r.Heard("s", 0)
	m.r.refresh(t.Context())
}

// meet has Redis come back, and waits until both nodes have told the other.
func (p *parted) meet() {
	p.t.Helper()
	p.server.Resume()
	require.Eventually(p.t, func() bool { return p.one.returned.Load() > 0 && p.two.returned.Load() > 0 }, waitAtMost, waitEvery)
}

func TestEachCheckSaysThatRedisIsAway(t *testing.T) {
	p := part(t)
	before := p.one.parted.Load()
	require.Positive(t, before)
	p.one.Check(t.Context())
	require.Greater(t, p.one.parted.Load(), before)
	require.Zero(t, p.one.returned.Load())
	require.Zero(t, p.one.reached.Load())
	p.meet()
	require.Positive(t, p.one.reached.Load())
	after := p.one.parted.Load()
	p.one.Check(t.Context())
	require.Equal(t, after, p.one.parted.Load())
}

func TestWhoLeavesWhileRedisIsAwayHasLeft(t *testing.T) {
	t.Parallel()
	p := part(t)
	before := p.two.version(t)
	left, err := p.two.r.Leave(t.Context(), session.Leave{UserID: "cem", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	require.NotNil(t, left.Departure)
	require.Equal(t, []string{"ada", "ben"}, p.two.users(t))
	told := <-p.two.told
	require.Equal(t, "cem", told.Left[0].UserID, "who is on the node is told at once")
	require.Equal(t, before+1, told.Version)
	require.Equal(t, []string{"ada", "ben", "cem"}, p.one.users(t), "elsewhere they are shown as they were")
	s, err := p.one.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.True(t, s.Alone, "and that is said")
	p.meet()
	s, err = p.one.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.False(t, s.Alone)
	require.Equal(t, []string{"ada", "ben"}, p.one.users(t))
	require.Equal(t, []string{"ada", "ben"}, p.two.users(t))
	require.Greater(t, p.one.version(t), told.Version+1, "a hole behind what anybody was told")
	places, err := p.one.r.Places(t.Context(), []string{"ada", "ben", "cem"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ada": "s", "ben": "s"}, places)
}

func TestWhatANodeDecidesWithoutTheOthers(t *testing.T) {
	t.Parallel()
	p := part(t)
	two, away := p.two.r, protocol.Refuse(protocol.Unavailable)
	edit := func(user string) error {
		_, err := two.Edit(t.Context(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: user, Attributes: protocol.Attributes{"hand": []byte("true")}}}})
		return err
	}
	require.NoError(t, edit("ben"))
	require.ErrorIs(t, edit("ada"), away, "ada is another node's")
	_, err := two.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ada", Reason: protocol.LeftKicked})
	require.ErrorIs(t, err, away)
	_, err = two.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "cem", Reason: protocol.LeftKicked})
	require.NoError(t, err)
	_, err = two.Join(t.Context(), p.two.join("dan"))
	require.ErrorIs(t, err, away, "nobody new gets in")
	back, err := two.Join(t.Context(), p.two.join("ben"))
	require.NoError(t, err, "who is in stays, and may ask for the roster")
	require.Len(t, back.Members, 2)
	p.meet()
	s, err := p.one.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.Len(t, s.Members, 2)
	require.Equal(t, "ben", s.Members[1].User.ID)
	require.JSONEq(t, "true", string(s.Members[1].Attributes["hand"]))
	_, err = p.two.r.Join(t.Context(), p.two.join("dan"))
	require.NoError(t, err)
}

func TestASessionThatIsClosedWhileRedisIsAwayIsClosedForAll(t *testing.T) {
	t.Parallel()
	p := part(t)
	gone, err := p.two.r.End(t.Context(), "s", time.Now().UnixMilli())
	require.NoError(t, err)
	require.Len(t, gone, 3)
	p.meet()
	require.Empty(t, p.one.users(t))
	swept, err := p.two.r.Sweep(t.Context(), time.Now().UnixMilli())
	require.NoError(t, err)
	require.Len(t, swept.Closed, 3, "so that the others' devices are told")
	_, err = p.one.r.Join(t.Context(), p.one.join("dan"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.SessionNotFound))
}

func TestADeviceThatGoesToAnotherNodeWhileRedisIsAwayIsClosedOnTheOld(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	p := &parted{t: t, server: server, one: newMember(t, server.URL, prefix, "one"), two: newMember(t, server.URL, prefix, "two")}
	id := uuid.NewString()
	come := func(m *member, want, incarnation string) cluster.Attached {
		got, err := m.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), WantID: want, Device: cluster.Device{ID: id, UserID: "ada", Kind: protocol.KindBot, Node: m.ID(), Incarnation: incarnation}})
		require.NoError(t, err)
		return got
	}
	come(p.one, "", "old")
	j := p.one.join("ada")
	j.Device.ID, j.Device.Link = id, "old"
	joined, err := p.one.r.Join(t.Context(), j)
	require.NoError(t, err)
	server.Pause()
	require.Eventually(t, func() bool { return p.one.Err() != nil && p.two.Err() != nil }, waitAtMost, waitEvery)
	require.Equal(t, id, come(p.two, id, "new").Device.ID)
	p.meet()
	require.Eventually(t, func() bool { return len(p.two.replaced) == 1 }, waitAtMost, waitEvery)
	require.Equal(t, "old", (<-p.two.replaced).Incarnation)
	of, err := p.one.d.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.Len(t, of["ada"].Devices, 1)
	require.Equal(t, "new", of["ada"].Devices[0].Incarnation)
	s, err := p.one.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.Equal(t, joined.Member.Number, s.Members[0].Number)
	require.Equal(t, "new", s.Members[0].Devices[0].Link, "the place is the device's, wherever it hangs")
	for len(p.one.replaced) > 0 { // the node that wrote back last saw it, too
		require.Equal(t, "old", (<-p.one.replaced).Incarnation)
	}
}

func TestADeviceThatEndsWhileRedisIsAwayIsGone(t *testing.T) {
	t.Parallel()
	p := part(t)
	for _, user := range []string{"ben", "cem"} {
		d := cluster.Device{ID: user + "-d", UserID: user, Incarnation: user}
		if user == "ben" {
			mine, err := p.two.d.Drop(t.Context(), d, time.Now().Add(-time.Minute))
			require.NoError(t, err)
			require.True(t, mine)
			continue
		}
		mine, err := p.two.d.Remove(t.Context(), d)
		require.NoError(t, err)
		require.True(t, mine)
	}
	p.meet()
	of, err := p.one.d.Of(t.Context(), "ben", "cem")
	require.NoError(t, err)
	require.Len(t, of, 1)
	require.False(t, of["ben"].Devices[0].Connected)
	require.Greater(t, time.Until(of["ben"].Devices[0].GraceUntil), ghostGrace/2, "who may have come back elsewhere has time to be found")
}

// broken fails writes of places while it is on.
type broken struct{ on atomic.Bool }

func (b *broken) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (b *broken) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (b *broken) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if name := cmds[0].Name(); b.on.Load() && (name == "set" || name == "eval") {
			err := errors.New("cut")
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		return next(ctx, cmds)
	}
}

func TestAPlaceThatCouldNotBeWrittenIsPutRight(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	one.bring(t, "ben")
	b := &broken{}
	one.c.rdb.AddHook(b)
	b.on.Store(true)
	_, err := one.r.Join(t.Context(), one.join("cem"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	b.on.Store(false)
	require.Eventually(t, func() bool { return one.returned.Load() > 0 }, waitAtMost, waitEvery)
	require.Equal(t, []string{"ada", "ben"}, one.users(t), "told that it was not possible: not in")

	b.on.Store(true)
	before := one.returned.Load()
	_, err = one.r.Leave(t.Context(), session.Leave{UserID: "ben", Reason: protocol.LeftByChoice})
	require.NoError(t, err)
	b.on.Store(false)
	require.Eventually(t, func() bool { return one.returned.Load() > before }, waitAtMost, waitEvery)
	places, err := one.r.Places(t.Context(), []string{"ada", "ben", "cem"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ada": "s"}, places)
}

func TestANodeWhoseLeaseMayBeOutWritesNothing(t *testing.T) {
	t.Parallel()
	_, one, two := newTwo(t)
	two.halt(t) // it is stopped …
	two.c.breaker.hold(time.Now().Add(-lease), lease)
	one.expire(t, two.ID())
	one.hurry()
	require.Eventually(t, func() bool { return one.Stats.Buried.Load() == 1 }, waitAtMost, waitEvery)
	require.Eventually(t, func() bool {
		_, err := one.r.Sweep(t.Context(), time.Now().UnixMilli())
		return err == nil && len(one.users(t)) == 1
	}, waitAtMost, waitEvery)
	// … and goes on without knowing.
	old := two.ID()
	_, err := two.r.Join(t.Context(), two.join("dan"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	_, err = two.r.Edit(t.Context(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: "ben", Attributes: protocol.Attributes{}}}})
	require.NoError(t, err, "by itself")
	require.Equal(t, []string{"ada"}, one.users(t))
	two.Check(t.Context())
	require.EqualValues(t, 1, two.Stats.Fenced.Load())
	two.Check(t.Context())
	require.NotEqual(t, old, two.ID())
	require.NoError(t, two.Err())
	require.Equal(t, []string{"ada"}, one.users(t), "nothing of what it decided then")
	require.Equal(t, []string{"ada"}, two.users(t))
}

func TestWhatANodeWroteTooLateIsClearedAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	two.halt(t)
	_, err := one.giveUp(t.Context(), two.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return one.c.rdb.SCard(t.Context(), one.dying).Val() == 0 }, waitAtMost, waitEvery)
	two.bring(t, "ben") // stopped between looking at its lease and writing
	two.Check(t.Context())
	require.EqualValues(t, 1, two.Stats.Fenced.Load())
	require.Eventually(t, func() bool {
		_, err := one.r.Sweep(t.Context(), time.Now().UnixMilli())
		return err == nil && len(one.users(t)) == 1
	}, waitAtMost, waitEvery)
}

func TestASessionThatEndedIsNotPutBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	one.over.Store(true) // on another node, a moment before
	one.goesAway(t, server)
	one.comesBackEmpty(t, server)
	require.EqualValues(t, 1, one.Stats.Refill.Load())
	require.Empty(t, one.users(t))
	places, err := one.r.Places(t.Context(), []string{"ada"})
	require.NoError(t, err)
	require.Empty(t, places)
}

func TestWhoWasOnANodeThatDiedWithRedisIsGone(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	one.catchUp(t)
	two.halt(t) // as if killed
	one.goesAway(t, server)
	one.comesBackEmpty(t, server)
	require.Equal(t, []string{"ada", "ben"}, one.users(t), "ben's node has time to come")
	require.Positive(t, one.c.rdb.ZScore(t.Context(), one.leases, two.ID()).Val())
	one.expire(t, two.ID())
	one.hurry()
	require.Eventually(t, func() bool {
		_, err := one.r.Sweep(t.Context(), time.Now().UnixMilli())
		return err == nil && len(one.users(t)) == 1
	}, waitAtMost, waitEvery)
}

func TestWhatHangsOnANodeIsForgottenWhenItDoesNot(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	one.bring(t, "ben")
	mine, err := one.d.Remove(t.Context(), cluster.Device{ID: "ben-d", UserID: "ben", Incarnation: "ben"})
	require.NoError(t, err)
	require.True(t, mine)
	users := func() []string {
		require.NoError(t, one.d.hung.tidy(t.Context(), one.ID(), one.d.kept.has))
		names, err := one.d.hung.of(t.Context(), one.ID())
		require.NoError(t, err)
		return names
	}
	leave := one.d.hung.hold("ben")
	require.ElementsMatch(t, []string{"ada", "ben"}, users(), "one of ben's may just be coming")
	leave()
	require.Equal(t, []string{"ada"}, users())
	one.bring(t, "ben")
	require.ElementsMatch(t, []string{"ada", "ben"}, users())
}

func TestAStoppedNodeDoesNotTakeBackWhatWentToAnother(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	one.halt(t) // stopped, for less than its lease
	got, err := two.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), WantID: "ada-d", Device: cluster.Device{ID: "x", UserID: "ada", Kind: protocol.KindBot, Node: two.ID(), Incarnation: "new"}})
	require.NoError(t, err)
	require.True(t, got.Resumed)
	_, err = two.r.Attach(t.Context(), "ada", session.Device{ID: "ada-d", Kind: protocol.KindBot, Node: two.ID(), Link: "new", Connected: true})
	require.NoError(t, err)
	one.lost(errAway) // what it was calling when it was stopped has failed
	require.True(t, one.Check(t.Context()))
	one.audit(t.Context())
	of, err := one.d.Of(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, "new", of["ada"].Devices[0].Incarnation)
	s, err := one.r.Roster(t.Context(), "s")
	require.NoError(t, err)
	require.Equal(t, "new", s.Members[0].Devices[0].Link)
	require.True(t, s.Members[0].Connected())
}
