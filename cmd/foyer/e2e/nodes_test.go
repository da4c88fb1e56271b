package e2e_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/client"
	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/store/testservice"
)

// pair are two nodes of one cluster: real processes on one PostgreSQL and one Redis.
type pair struct {
	one, two *server
	redis    *redistest.Server
}

func newNodes(t *testing.T) *pair {
	t.Helper()
	p := &pair{redis: redistest.Start(t)}
	store := testservice.PostgreSQL(t)
	p.one = newNode(t, store, "one", p.redis.URL)
	p.two = newNode(t, store, "two", p.redis.URL)
	return p
}

// newNode starts a node. Flags that come later count.
func newNode(t *testing.T, store, name, redis string) *server {
	return newServer(t, "--store", store, "--redis", redis, "--node", name)
}

// guest is a client that keeps all that it was told.
type guest struct {
	*client.Client
	t      *testing.T
	events chan client.Event
	roster map[string]bool // of its session, as shown reads it
}

func (s *server) guest(user string, edit func(*client.Options)) *guest {
	s.t.Helper()
	g := &guest{t: s.t, events: make(chan client.Event, 4096)}
	o := client.Options{
		URL: s.url(), Token: tokens(user), CallTimeout: 20 * time.Second,
		OnEvent: func(_ *client.Client, e client.Event) { g.events <- e },
	}
	if edit != nil {
		edit(&o)
	}
	var err error
	g.Client, err = client.Dial(s.t.Context(), o)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { g.Close(); <-g.Done() })
	return g
}

// await returns the first event that fits.
func await[E client.Event](g *guest, what string, fits func(E) bool) E {
	g.t.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case e := <-g.events:
			if v, ok := e.(E); ok && fits(v) {
				return v
			}
		case <-late:
			require.Fail(g.t, "not told", what)
		}
	}
}

func (g *guest) told(t *testing.T, state protocol.RelationState, of string) *protocol.RelationChanged {
	t.Helper()
	return await(g, string(state), func(e *protocol.RelationChanged) bool {
		return e.User != nil && e.User.ID == of && e.Relation.State == state
	})
}

func TestAnInvitationAndItsWithdrawalAcrossNodes(t *testing.T) {
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	sent, err := ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "come"})
	require.NoError(t, err)
	require.NotNil(t, sent)
	ben.told(t, protocol.RelationReceived, "ada")
	_, err = ada.Withdraw(t.Context(), protocol.InvitationWithdrawParams{UserID: "ben"})
	require.NoError(t, err)
	ben.told(t, protocol.RelationNone, "ada")
}

func TestASessionAcrossNodes(t *testing.T) {
	p := newNodes(t)
	states := make(chan []byte, 1024)
	ada := p.one.guest("ada", nil)
	ben := p.two.guest("ben", func(o *client.Options) {
		o.OnStates = func(frame []byte) { states <- append([]byte(nil), frame...) }
	})
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	in, err := ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, in.Members, 2)
	came := await(ada, "ben's coming", func(e *protocol.SessionRoster) bool { return len(e.Joined) == 1 })
	require.Equal(t, "ben", came.Joined[0].User.ID)
	require.Equal(t, in.Version, came.Version)

	// The state lane.
	require.True(t, ada.WriteState([]byte("here I am")))
	seen(t, states, made.Number, "here I am")

	// A companion hangs on another node than its headset, and is where its user is.
	tablet := p.two.guest("ada", func(o *client.Options) { o.Client = protocol.Client{Kind: protocol.KindTablet, Companion: true} })
	await(tablet, "where ada is", func(e *protocol.SessionJoinResult) bool { return e.Session.ID == made.Session.ID })

	// Ben's node is killed; he comes back on the other one and never left.
	resume := ben.Resume()
	p.two.end(syscall.SIGKILL)
	again := p.one.guest("ben", func(o *client.Options) { o.Resume = &resume })
	require.True(t, again.Hello().Resumed)
	require.Equal(t, made.Session.ID, again.Hello().SessionID)
	back, err := again.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Equal(t, in.Number, back.Number)
}

// seen waits for a frame with a member's state.
func seen(t *testing.T, states <-chan []byte, number uint16, want string) {
	t.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case raw := <-states:
			frame, err := protocol.ParseStates(raw)
			require.NoError(t, err)
			for n, state := range frame.All() {
				if n == number && string(state) == want {
					return
				}
			}
		case <-late:
			require.Fail(t, "no such state", "%d: %s", number, want)
		}
	}
}

func TestWhoHungOnADeadNodeIsGone(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	_, err = ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	quiet := time.After(20 * time.Second)
	<-quiet // a node takes nobody for dead so soon after its start
	ben.Close()
	p.two.end(syscall.SIGKILL)
	killed := time.Now()
	left := await(ada, "ben's leaving", func(e *protocol.SessionRoster) bool { return len(e.Left) == 1 })
	require.Equal(t, "ben", left.Left[0].UserID)
	require.Less(t, time.Since(killed), 20*time.Second)
}

func TestRedisAwayDoesNotTakeANodeDown(t *testing.T) {
	t.Parallel()
	p := newNodes(t)
	ada, ben := p.one.guest("ada", nil), p.two.guest("ben", nil)
	made, err := ada.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	_, err = ben.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	ada.roster = map[string]bool{"ada": true}
	p.redis.Kill()
	p.one.await("/livez", 200)
	p.one.awaitState("degraded")

	began := time.Now()
	_, err = ada.SendInvitation(t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}})
	require.NoError(t, err)
	ben.told(t, protocol.RelationReceived, "ada")
	require.Less(t, time.Since(began), 2*time.Second, "by the log's tail")

	// Who comes meanwhile is let in, and who comes back is where they were.
	p.one.guest("dan", nil)
	resume := ben.Resume()
	back := p.two.guest("ben", func(o *client.Options) { o.Resume = &resume })
	require.Equal(t, made.Session.ID, back.Hello().SessionID)

	p.redis.Restart()
	began = time.Now()
	p.one.awaitState("ok")
	p.two.awaitState("ok")
	require.Less(t, time.Since(began), 5*time.Second)
	cem := p.two.guest("cem", nil)
	joined, err := cem.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
	require.NoError(t, err)
	require.Len(t, joined.Members, 3, "nobody left")
	ada.shown(t, "ada", "ben", "cem")
}

// shown waits until the roster, as the client was told it, has these members. Nobody may leave meanwhile.
func (g *guest) shown(t *testing.T, want ...string) {
	t.Helper()
	await(g, "the roster", func(e client.Event) bool {
		switch v := e.(type) {
		case *protocol.SessionJoinResult: // the whole, as messages may have been lost
			g.roster = map[string]bool{}
			for _, m := range v.Members {
				g.roster[m.User.ID] = true
			}
		case *protocol.SessionRoster:
			require.Empty(t, v.Left)
			for _, m := range v.Joined {
				g.roster[m.User.ID] = true
			}
		}
		return slices.Equal(want, slices.Sorted(maps.Keys(g.roster)))
	})
}

// awaitState waits until /readyz answers with the state.
func (s *server) awaitState(state string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		response, err := http.Get("http://" + s.admin + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		var body struct{ Status string }
		return json.NewDecoder(response.Body).Decode(&body) == nil && body.Status == state
	}, 20*time.Second, 20*time.Millisecond, state)
}
