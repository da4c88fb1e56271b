package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// stand waits until those are in the session, for both nodes and by the places that are written.
func stand(t *testing.T, one, two *member, users ...string) {
	t.Helper()
	at := map[string]string{}
	for _, user := range users {
		at[user] = "s"
	}
	var is []string
	var places map[string]string
	require.Eventually(t, func() bool {
		is = one.users(t)
		var err error
		places, err = two.r.Places(t.Context(), []string{"ada", "ben", "cem", "dan"})
		return err == nil && one.Err() == nil && two.Err() == nil &&
			fmt.Sprint(is) == fmt.Sprint(users) && fmt.Sprint(two.users(t)) == fmt.Sprint(users) && fmt.Sprint(places) == fmt.Sprint(at)
	}, waitAtMost, waitEvery, "in it are %v, at %v", &is, &places)
}

// TestAServerThatComesBackWithWhatItHadSavedIsFilled loses who came and who left since.
func TestAServerThatComesBackWithWhatItHadSavedIsFilled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	one.bring(t, "cem")
	answer, err := server.Command("SAVE")
	require.NoError(t, err)
	require.Equal(t, "+OK", answer)
	two.bring(t, "dan")
	_, err = one.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "cem", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	_, err = two.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ben", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	two.bring(t, "ben")
	stand(t, one, two, "ada", "dan", "ben")
	server.Kill()
	server.Restart()
	require.Eventually(t, func() bool { return one.Stats.Refill.Load() > 0 && two.Stats.Refill.Load() > 0 }, waitAtMost, waitEvery)
	stand(t, one, two, "ada", "dan", "ben")
	require.Zero(t, one.fences.Load()+two.fences.Load())
}

// newTwice has ben, who is on two, leave and come back, which Redis loses. Neither node does anything by itself any more.
func newTwice(t *testing.T) (one, two *member) {
	server, one, two := newTwo(t)
	answer, err := server.Command("SAVE")
	require.NoError(t, err)
	require.Equal(t, "+OK", answer)
	two.bring(t, "dan")
	one.catchUp(t)
	one.Check(t.Context()) // and knows of two
	one.halt(t)
	_, err = two.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ben", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	two.bring(t, "ben")
	two.halt(t)
	server.Kill()
	server.Restart()
	require.True(t, one.Check(one.ctx))
	require.Equal(t, []string{"ada", "ben", "dan"}, one.users(t), "by the stay before")
	return one, two
}

// TestWhoLeftOnANodeThatDiedIsNotPutBack has Redis come back with what it had saved before, when the place was somebody's who left
// it to another.
func TestWhoLeftOnANodeThatDiedIsNotPutBack(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	answer, err := server.Command("SAVE")
	require.NoError(t, err)
	require.Equal(t, "+OK", answer)
	_, err = two.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ben", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli() + 1})
	require.NoError(t, err)
	one.bring(t, "cem")
	two.halt(t) // for good
	one.halt(t)
	server.Kill()
	server.Restart()
	require.Eventually(t, func() bool { return one.Check(one.ctx) }, waitAtMost, waitEvery)
	require.Equal(t, []string{"ada", "cem"}, one.users(t))
}

// TestANodeWritesBackWhatItKnowsBeforeItDoesAnythingElse, also what others do meanwhile.
func TestANodeWritesBackWhatItKnowsBeforeItDoesAnythingElse(t *testing.T) {
	t.Parallel()
	one, two := newTwice(t)
	two.refilling = func() {
		two.refilling = nil
		_, err := two.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "eve"})
		require.NoError(t, err)
		_, err = two.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Device: cluster.Device{ID: "second", UserID: "dan", Node: two.ID(), Incarnation: "second"}})
		require.NoError(t, err)
	}
	require.True(t, two.Check(two.ctx))
	two.Check(two.ctx) // the device came too late for it
	one.Check(one.ctx) // and knows of it
	stand(t, one, two, "ada", "dan", "ben")
	of, err := one.d.Of(t.Context(), "dan")
	require.NoError(t, err)
	require.Len(t, of["dan"].Devices, 2)
}

// TestTheLaterOfTwoStaysIsPutBack, however much the node that knows of the earlier one alone has done before.
func TestTheLaterOfTwoStaysIsPutBack(t *testing.T) {
	t.Parallel()
	one, two := newTwice(t)
	for range 3 {
		edit := session.MemberEdit{UserID: "ada", Attributes: protocol.Attributes{"hand": []byte(time.Now().Format(`"150405.000000"`))}}
		_, err := one.r.Edit(t.Context(), session.Edit{SessionID: "s", Members: []session.MemberEdit{edit}})
		require.NoError(t, err)
	}
	require.True(t, two.Check(two.ctx))
	one.Check(one.ctx) // and knows of it
	stand(t, one, two, "ada", "dan", "ben")
}

// TestWhoLeftAndCameAgainIsPutBack has the word of the first come late.
func TestWhoLeftAndCameAgainIsPutBack(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	_, err := two.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ben", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	left := two.version(t)
	two.bring(t, "ben")
	two.r.Heard("s", left, "ben")
	two.halt(t)
	one.halt(t)
	flush(t, server)
	require.True(t, two.Check(two.ctx))
	require.True(t, one.Check(one.ctx))
	two.Check(two.ctx) // and knows of it
	stand(t, one, two, "ada", "ben")
}

// TestWhoseJoinWasWrittenAndNotAnsweredStaysWhenAllIsLost has joined again since, which changed nothing.
func TestWhoseJoinWasWrittenAndNotAnsweredStaysWhenAllIsLost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	one.r.kept.clear() // as if the answer had been lost
	one.bring(t, "ada")
	for range 2 {
		before := two.Stats.Refill.Load()
		answer, err := server.Command("SCRIPT FLUSH")
		require.NoError(t, err)
		require.Equal(t, "+OK", answer)
		require.Eventually(t, func() bool { return two.Stats.Refill.Load() > before }, waitAtMost, waitEvery)
		stand(t, one, two, "ada")
		flush(t, server)
	}
	require.Eventually(t, func() bool { return len(one.users(t)) == 1 }, waitAtMost, waitEvery)
	stand(t, one, two, "ada")
}

// TestWhatOthersWroteBackFirstDoesNotReplaceWhatANodeKnows has two know of ben only, and be the first.
func TestWhatOthersWroteBackFirstDoesNotReplaceWhatANodeKnows(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	two.bring(t, "ben")
	two.cancel()
	<-two.done
	one.bring(t, "ada")
	one.cancel()
	<-one.done
	flush(t, server)
	two.ctx, one.ctx = context.Background(), context.Background()
	require.True(t, two.Check(two.ctx))
	one.r.Heard("s", 0) // somebody's flush
	one.r.refresh(one.ctx)
	require.True(t, one.Check(one.ctx))
	require.ElementsMatch(t, []string{"ada", "ben"}, one.users(t))
	require.ElementsMatch(t, []string{"ada", "ben"}, two.users(t))
}

// onMaster returns the master that a key is on.
func onMaster(t *testing.T, servers []*redistest.Server, key string) *redistest.Server {
	t.Helper()
	for _, s := range servers {
		answer, err := s.Command("EXPIRE " + key + " -1 NX GT") // refused, but by the wrong servers first
		require.NoError(t, err)
		if !strings.HasPrefix(answer, "-MOVED") {
			return s
		}
	}
	require.Fail(t, "nobody has "+key)
	return nil
}

func flush(t *testing.T, s *redistest.Server) {
	t.Helper()
	answer, err := s.Command("FLUSHALL")
	require.NoError(t, err)
	require.Equal(t, "+OK", answer)
}

func TestEachMasterOfAClusterCanLoseAll(t *testing.T) {
	t.Parallel()
	servers, url := newCluster(t)
	prefix := "foyer:" + newPrefix()
	one, two := newMember(t, url, prefix, "one"), newMember(t, url, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	two.bring(t, "dan")
	for _, s := range servers {
		before := [2]int64{one.Stats.Refill.Load(), two.Stats.Refill.Load()}
		flush(t, s)
		require.Eventually(t, func() bool { return one.Stats.Refill.Load() > before[0] && two.Stats.Refill.Load() > before[1] }, waitAtMost, waitEvery)
		stand(t, one, two, "ada", "ben", "dan")
		of, err := one.d.Of(t.Context(), "ada", "ben", "dan")
		require.NoError(t, err)
		require.Len(t, of, 3)
	}
	require.Zero(t, one.fences.Load()+two.fences.Load())
}

func TestNobodyNewGetsInWhereARosterWasLost(t *testing.T) {
	t.Parallel()
	servers, url := newCluster(t)
	prefix := "foyer:" + newPrefix()
	one, two := newMember(t, url, prefix, "one"), newMember(t, url, prefix, "two")
	one.bring(t, "ada")
	for _, m := range []*member{one, two} {
		m.cancel()
		<-m.done
	}
	flush(t, onMaster(t, servers, one.r.sessionKey("s")))
	_, err := two.r.Join(t.Context(), two.join("ben"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "nobody has noticed yet")
	for _, m := range []*member{two, one, two} {
		m.ctx = context.Background()
		m.Check(m.ctx)
	}
	require.Equal(t, []string{"ada"}, two.users(t))
	_, err = two.r.Join(t.Context(), two.join("ben"))
	require.NoError(t, err)
}

// TestAReplicaThatTakesAMastersPlaceIsNotTrusted has it copied all, which nobody can know.
func TestAReplicaThatTakesAMastersPlaceIsNotTrusted(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, true)
	prefix := newPrefix()
	one, two := newMember(t, c.URL, prefix, "one"), newMember(t, c.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	master := onMaster(t, c.Masters(), one.r.sessionKey("s"))
	master.Kill()
	require.Eventually(t, func() bool { return one.Stats.Refill.Load() > 0 && two.Stats.Refill.Load() > 0 }, waitAtMost, waitEvery)
	stand(t, one, two, "ada", "ben")
	master.Restart()
	c.Settle()
	two.bring(t, "dan")
	stand(t, one, two, "ada", "ben", "dan")
	require.Zero(t, one.fences.Load()+two.fences.Load())
}

func TestSlotsThatMoveLoseNothing(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, false)
	prefix := newPrefix()
	one, two := newMember(t, c.URL, prefix, "one"), newMember(t, c.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	for _, key := range []string{one.r.sessionKey("s"), one.leases, one.d.key("ada")} {
		slot, err := c.Servers[0].Command("CLUSTER KEYSLOT " + key)
		require.NoError(t, err)
		number := 0
		_, err = fmt.Sscanf(slot, ":%d", &number)
		require.NoError(t, err)
		// Only once: older gossip can have the servers disagree for good about a slot that moves on at once.
		from := slices.Index(c.Servers, onMaster(t, c.Servers, key))
		c.Move(number, c.Servers[(from+1)%3])
	}
	require.Eventually(t, func() bool { // slots that are moving are out of reach for moments
		_, err := two.r.Join(t.Context(), two.join("dan"))
		return err == nil
	}, waitAtMost, waitEvery)
	stand(t, one, two, "ada", "ben", "dan")
	require.Zero(t, one.Stats.Refill.Load()+two.Stats.Refill.Load())
}

// TestAGraceEndsThoughTheListOfThemWasLost has the list and the device on different masters.
func TestAGraceEndsThoughTheListOfThemWasLost(t *testing.T) {
	t.Parallel()
	servers, url := newCluster(t)
	one := newMember(t, url, "foyer:"+newPrefix(), "one")
	list := onMaster(t, servers, one.leases)
	user := ""
	for i := 0; user == "" || onMaster(t, servers, one.d.key(user)) == list || onMaster(t, servers, one.r.sessionKey("s")) == list; i++ {
		require.Less(t, i, 1000)
		user = fmt.Sprint("u", i)
	}
	one.bring(t, user)
	until := time.Now().Add(time.Second)
	mine, err := one.d.Drop(t.Context(), cluster.Device{ID: user + "-d", UserID: user, Node: one.ID(), Incarnation: user}, until)
	require.NoError(t, err)
	require.True(t, mine)
	flush(t, list)
	require.Eventually(t, func() bool { return one.Stats.Refill.Load() == 1 && one.Err() == nil }, waitAtMost, waitEvery)
	var gone []cluster.Device
	require.Eventually(t, func() bool {
		gone, err = one.d.Reap(t.Context(), time.Now().Add(time.Second))
		return err == nil && len(gone) == 1
	}, waitAtMost, waitEvery)
}

// TestWhoStartsWhileRedisIsAwayLetsNobodyInBeforeTheOthersAreBack, who were there before.
func TestWhoStartsWhileRedisIsAwayLetsNobodyInBeforeTheOthersAreBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one := newMember(t, server.URL, prefix, "one")
	one.bring(t, "ada")
	one.cancel()
	<-one.done
	server.Kill()
	c := newClient(t, server.URL, prefix)
	two := &member{d: NewDevices(c), replaced: make(chan cluster.Device, 16), told: make(chan protocol.SessionRoster, 64)}
	two.r = NewRegistry(c, RegistryOptions{Message: message})
	t.Cleanup(two.r.Stop)
	two.Node = NewNode(two.d, two.r, "two", two)
	t.Cleanup(func() { two.cancel(); <-two.done })
	require.Eventually(t, func() bool { two.mu.Lock(); defer two.mu.Unlock(); return !errors.Is(two.away, errNotYet) }, waitAtMost, waitEvery)
	server.Restart()
	require.Eventually(t, func() bool { return two.returned.Load() > 0 }, waitAtMost, waitEvery)
	_, err := two.r.Join(t.Context(), two.join("ben"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "who is in it isn't known")
	one.ctx = context.Background()
	require.True(t, one.Check(one.ctx))
	require.Eventually(t, func() bool { _, err = two.r.Join(t.Context(), two.join("ben")); return err == nil }, waitAtMost, waitEvery)
	require.Equal(t, []string{"ada", "ben"}, two.users(t))
}
