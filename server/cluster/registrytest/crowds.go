package registrytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

var crowds = map[string]func(*world){
	"three hundred at once for the last place": func(w *world) {
		for i := range 4 {
			j := joinOf("s", fmt.Sprint("early", i), int64(i))
			j.Rules.Capacity = 5
			_, err := w.Join(w.ctx(), j)
			require.NoError(w.t, err)
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		errs := make([]error, 300)
		for i := range errs {
			wg.Go(func() {
				j := joinOf("s", fmt.Sprint("late", i), 10)
				j.Rules.Capacity = 5
				if _, errs[i] = w.Join(w.ctx(), j); errs[i] == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		require.Equal(w.t, int32(1), in.Load())
		full := protocol.Refuse(protocol.SessionFull)
		for _, err := range errs {
			require.True(w.t, err == nil || errors.Is(err, full), "%v", err)
		}
		require.Len(w.t, w.roster("s"), 5)
	},
	"a thousand at once": func(w *world) { crowd(w, 1000) },
	"more than an answer has room for, by one": func(w *world) {
		crowd(w, session.MembersInAnswer)
		late := w.join("s", "one more", 99)
		require.Len(w.t, late.Rest, 1)
		complete(w, late, "one more")
	},
	"whatever happens, nobody is twice anywhere and all are told the truth": func(w *world) { turmoil(w) },
}

// crowd lets n users in at once, and checks that each can tell the whole roster from the answer and what follows it.
func crowd(w *world, n int) {
	answers := make([]session.Joined, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			j := joinOf("s", fmt.Sprint("u", i), int64(i))
			j.Rules.Capacity = n + 1
			var err error
			answers[i], err = w.Join(w.ctx(), j)
			require.NoError(w.t, err)
		})
	}
	wg.Wait()
	for i, a := range answers {
		require.Equal(w.t, fmt.Sprint("u", i), a.Member.User.ID)
		if i%97 == 0 {
			complete(w, a, a.Member.User.ID)
		}
	}
	require.LessOrEqual(w.t, len(w.settled("s")), n)
}

// sent returns members as they come over the wire.
func sent(t require.TestingT, members []protocol.Member) []protocol.Member {
	answer, err := protocol.AppendResult(nil, nil, protocol.SessionJoinResult{Members: members})
	require.NoError(t, err)
	var got struct{ Result protocol.SessionJoinResult }
	require.NoError(t, json.Unmarshal(answer, &got))
	return got.Result.Members
}

// complete checks that a client which has the answer and then applies the rest, and what is published after it, has
// the roster, each version following the one before.
func complete(w *world, a session.Joined, user string) {
	w.t.Helper()
	require.LessOrEqual(w.t, len(a.Members), session.MembersInAnswer)
	require.Contains(w.t, users(a.Members), user)
	client := mirror{version: a.Version, members: map[string]protocol.Member{}}
	for _, m := range sent(w.t, a.Members) {
		client.members[m.User.ID] = m
	}
	take := func(c protocol.SessionRoster) {
		client.fault(c.Version == client.version+1, "version %d follows %d", c.Version, client.version)
		client.version = c.Version
		client.apply(c)
	}
	for _, part := range a.Rest {
		var f struct {
			Method protocol.Method
			Params protocol.SessionRoster
		}
		require.NoError(w.t, json.Unmarshal(part.Text, &f))
		require.Equal(w.t, protocol.NotifySessionRoster, f.Method)
		again, err := protocol.EncodeNotification(f.Method, f.Params)
		require.NoError(w.t, err)
		require.Equal(w.t, string(again), string(part.Text))
		take(f.Params)
	}
	require.Equal(w.t, a.Through, client.version)
	require.Positive(w.t, a.Version)
	require.Len(w.t, client.members, a.Count)
	for _, f := range w.settled("s") {
		if f.Version > a.Through {
			take(f.Change)
		}
	}
	require.Empty(w.t, client.faults)
	truth, err := w.Roster(w.ctx(), "s")
	require.NoError(w.t, err)
	require.Len(w.t, client.members, len(truth.Members))
	for i := range truth.Members {
		require.Equal(w.t, truth.Members[i].Wire(), client.members[truth.Members[i].User.ID])
	}
}

// turmoil has many users do everything at once in a few small sessions.
func turmoil(w *world) {
	sessions := []string{"a", "b", "c"}
	const capacity = 4
	var clock atomic.Int64
	var wg sync.WaitGroup
	for u := range 12 {
		wg.Go(func() {
			user := fmt.Sprint("u", u)
			random := rand.New(rand.NewPCG(uint64(u), 7)) // #nosec G404 -- a test repeats itself
			for range 60 {
				id, now := sessions[random.IntN(len(sessions))], clock.Add(1)
				w.act(random.IntN(6), id, user, now, capacity)
			}
		})
	}
	wg.Wait()
	seen := map[string]string{}
	for _, id := range sessions {
		w.settled(id)
		require.LessOrEqual(w.t, len(w.roster(id)), capacity)
		for user := range w.roster(id) {
			require.Empty(w.t, seen[user], "%s is in two sessions", user)
			seen[user] = id
		}
		if roles := w.roster(id); len(roles) > 0 {
			hosts := slices.DeleteFunc(slices.Collect(maps.Values(roles)), func(role string) bool { return role != "host" && role != "host*" })
			require.Len(w.t, hosts, 1)
		}
	}
	places, err := w.Places(w.ctx(), []string{"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10", "u11"})
	require.NoError(w.t, err)
	require.Equal(w.t, seen, places)
}

// act does one thing. What is refused is refused for a reason that the race explains.
func (w *world) act(what int, id, user string, now int64, capacity int) {
	var err error
	switch what {
	case 0, 1, 2:
		j := joinOf(id, user, now)
		j.Rules.Capacity = capacity
		_, err = w.Join(w.ctx(), j)
		for _, refusal := range []protocol.Reason{protocol.SessionFull, protocol.NotInSession} {
			if errors.Is(err, protocol.Refuse(refusal)) {
				return
			}
		}
	case 3:
		_, err = w.Leave(w.ctx(), session.Leave{UserID: user, Reason: protocol.LeftByChoice, At: start + now})
	case 4:
		err = w.Detach(w.ctx(), user, device(user+"-d"), start+now, start+now+grace)
	case 5:
		_, err = w.Attach(w.ctx(), user, device(user+"-d"))
	}
	require.NoError(w.t, err)
}
