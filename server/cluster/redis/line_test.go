package redis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

const (
	midFrame = `{"name":"mid","type":"limit_data","stream":"downstream","attributes":{"bytes":%d}}`
	reset    = `{"name":"reset","type":"reset_peer","stream":"downstream","attributes":{"timeout":%d}}`
	stall    = `{"name":"stall","type":"latency","stream":"downstream","attributes":{"latency":3000}}`
)

func TestAConnectionThatBreaksMidFrameIsMadeAnew(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, fault := range []string{fmt.Sprintf(midFrame, 700), fmt.Sprintf(midFrame, 1501), fmt.Sprintf(reset, 50)} {
		w := newWire(t, server.Addr)
		p := newPair(t, server.URL, w.url)
		w.fault(fault)
		before := p.renewed.Load()
		broken := func() bool {
			p.passes()
			return p.far.Stats.Subscriptions.Load() > 1
		}
		require.Eventually(t, broken, waitAtMost, waitEvery)
		w.heal()
		p.healed(before)
		require.Zero(t, p.far.Stats.Malformed.Load(), "half a message is none")
	}
}

// farAndNear returns two nodes with one Redis, and the wire by which the far one reaches it.
func farAndNear(t *testing.T) (w *wire, far, near *member) {
	t.Helper()
	server := redistest.Start(t)
	w = newWire(t, server.Addr)
	prefix := newPrefix()
	return w, newMember(t, w.url, prefix, "far"), newMember(t, server.URL, prefix, "near")
}

// TestWhatWasAnsweredHoldsOnALineThatBreaks has users come and go on two nodes while the way of one to Redis is cut in all
// manners. Afterwards both nodes agree, and each user is where the last answer said.
func TestWhatWasAnsweredHoldsOnALineThatBreaks(t *testing.T) {
	t.Parallel()
	w, far, near := farAndNear(t)
	for _, m := range []*member{far, near} {
		go func() { // nobody looks at what those on the node are told
			for {
				select {
				case <-m.told:
				case <-t.Context().Done():
					return
				}
			}
		}()
	}
	far.bring(t, "a")
	near.bring(t, "b")
	stop := make(chan struct{})
	want := make([]string, 10) // "in", "out", or "" where nothing was answered last
	var users sync.WaitGroup
	for u := range want {
		users.Go(func() {
			m := []*member{far, near}[u%2]
			random := rand.New(rand.NewPCG(uint64(u), 1)) // #nosec G404 -- a test repeats itself
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(20+random.IntN(60)) * time.Millisecond):
				}
				want[u] = m.comeOrGo(t, fmt.Sprint("u", u), random.IntN(2) == 0)
			}
		})
	}
	faults := []string{deafen, mute, slow, crumbs, stall, fmt.Sprintf(midFrame, 3000), fmt.Sprintf(reset, 0)}
	random := rand.New(rand.NewPCG(7, 7)) // #nosec G404 -- as above
	for range 8 {
		w.fault(faults[random.IntN(len(faults))])
		<-time.After(time.Duration(300+random.IntN(1500)) * time.Millisecond)
		w.heal()
		<-time.After(time.Duration(random.IntN(1500)) * time.Millisecond)
	}
	close(stop)
	users.Wait()
	agreed := func() bool {
		return far.Err() == nil && far.version(t) == near.version(t) && far.owesNothing()
	}
	require.Eventually(t, agreed, waitAtMost, 20*waitEvery)
	in := near.users(t)
	require.Equal(t, in, far.users(t))
	places, err := near.r.Places(t.Context(), []string{"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"})
	require.NoError(t, err)
	for u, said := range want {
		user := fmt.Sprint("u", u)
		is := slices.Contains(in, user)
		require.True(t, said == "" || (said == "in") == is, "%s was told %q, and is in: %t", user, said, is)
		require.Equal(t, is, places[user] == "s", user)
	}
}

// comeOrGo has a user join or leave, and says what the answer was.
func (m *member) comeOrGo(t *testing.T, user string, come bool) string {
	if come {
		j := m.join(user)
		j.Rules = session.Rules{Rev: 2, Capacity: 50, Heir: true}
		_, err := m.r.Join(t.Context(), j)
		switch {
		case errors.Is(err, protocol.Refuse(protocol.Unavailable)):
			return ""
		case err != nil:
			t.Errorf("%s does not get in: %v", user, err)
		}
		return "in"
	}
	_, err := m.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: user, Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	if err != nil && !errors.Is(err, protocol.Refuse(protocol.Unavailable)) {
		t.Errorf("%s does not get out: %v", user, err)
	}
	if err != nil {
		return ""
	}
	return "out"
}

func (m *member) owesNothing() bool {
	m.r.mu.Lock()
	defer m.r.mu.Unlock()
	for _, k := range m.r.desks {
		if k.owing {
			return false
		}
	}
	return true
}

// TestWhatMayHaveBeenWrittenIsNotCalledUntouched has the answers to what a node writes be lost.
func TestWhatMayHaveBeenWrittenIsNotCalledUntouched(t *testing.T) {
	t.Parallel()
	w, far, near := farAndNear(t)
	near.bring(t, "ben")
	far.bring(t, "ada")
	far.halt(t)
	kick := func() *protocol.Error {
		_, err := far.r.Leave(t.Context(), session.Leave{SessionID: "s", UserID: "ben", Reason: protocol.LeftKicked, At: time.Now().UnixMilli()})
		var refused *protocol.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, protocol.Unavailable, refused.Reason())
		return refused
	}
	w.fault(stall)
	require.True(t, kick().Data.Unknown)
	require.Eventually(t, func() bool { return !slices.Contains(near.users(t), "ben") }, waitAtMost, waitEvery, "it had been written")
	require.False(t, kick().Data.Unknown, "Redis was not asked any more")
}
