package demo_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foyer/client"
	"foyer/cmd/foyer/app"
	"foyer/cmd/foyer/demo"
	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/ws/wstest"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

const secret = "what the people of this lobby sign with"

// house is the demo on a real server, in memory and with a clock of its own.
type house struct {
	t       *testing.T
	network *wstest.Network
	out     text
}

// text is what was written so far.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// visit opens the demo and lets visit look at it.
func visit(t *testing.T, visit func(h *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, network: wstest.NewNetwork()}
		s, err := config.Defaults()
		require.NoError(t, err)
		s.Node, s.Store, s.Auth.Secret, s.DrainTime = "demo", "sqlite::memory:", secret, time.Second
		node, err := app.New(t.Context(), s, zerolog.Nop())
		require.NoError(t, err)
		ctx, stop := context.WithCancel(context.Background())
		served, played := make(chan error, 1), make(chan error, 1)
		go func() { served <- node.Run(ctx, h.network, nil) }()
		ready := make(chan struct{})
		go func() {
			played <- demo.Run(ctx, demo.Options{
				URL: "http://demo", Token: h.tokens, Out: &h.out, NetDial: h.network.DialContext,
				Ready: func() { close(ready) },
			})
		}()
		<-ready
		visit(h)
		stop()
		require.NoError(t, <-played)
		require.NoError(t, <-served)
	})
}

func (h *house) tokens(name string) client.TokenSource {
	id := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	return func(context.Context) (string, error) {
		return auth.Sign(auth.Options{Secret: []byte(secret)}, auth.Claims{Subject: id, Name: name}, 24*time.Hour)
	}
}

// enter brings a visitor into the lobby; what they are told about relations comes by the channel.
func (h *house) enter(name string) (*client.Client, <-chan *protocol.RelationChanged) {
	told := make(chan *protocol.RelationChanged, 100)
	c, err := client.Dial(h.t.Context(), client.Options{
		URL: "http://demo", Token: h.tokens(name), NetDial: h.network.DialContext,
		OnEvent: func(_ *client.Client, e client.Event) {
			if changed, ok := e.(*protocol.RelationChanged); ok {
				told <- changed
			}
		},
	})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { c.Close(); <-c.Done() })
	list, err := c.Sessions(h.t.Context(), protocol.SessionListParams{})
	require.NoError(h.t, err)
	require.Len(h.t, list.Sessions, 1)
	require.Equal(h.t, 12, list.Sessions[0].MemberCount)
	_, err = c.JoinSession(h.t.Context(), protocol.SessionJoinParams{SessionID: list.Sessions[0].ID})
	require.NoError(h.t, err)
	return c, told
}

// person returns the user id of one of the cast.
func (h *house) person(c *client.Client, name string) string {
	found, err := c.Search(h.t.Context(), protocol.PeopleSearchParams{Query: name})
	require.NoError(h.t, err)
	require.Len(h.t, found.People, 1)
	return found.People[0].User.ID
}

func TestAVisitorIsInvitedTwiceAndOneInvitationGoesAgain(t *testing.T) {
	visit(t, func(h *house) {
		_, told := h.enter("Ada")
		seen := map[string][]protocol.RelationState{}
		for end := time.After(time.Minute); ; {
			select {
			case e := <-told:
				seen[e.User.Name] = append(seen[e.User.Name], e.Relation.State)
				continue
			case <-end:
			}
			break
		}
		require.Equal(h.t, []protocol.RelationState{protocol.RelationReceived}, seen["Amara Okafor"])
		require.Equal(h.t, []protocol.RelationState{protocol.RelationReceived, protocol.RelationNone}, seen["Luis Ortega"])
	})
}

func TestSomebodyAcceptsAndSomebodyNeverAnswers(t *testing.T) {
	visit(t, func(h *house) {
		c, told := h.enter("Ben")
		for _, name := range []string{"Mira Sato", "Jonas Weber"} {
			_, err := c.SendInvitation(h.t.Context(), protocol.InvitationSendParams{To: protocol.To{UserID: h.person(c, name)}})
			require.NoError(h.t, err)
		}
		time.Sleep(3 * time.Minute) //nolint:forbidigo // of the bubble's clock
		last := map[string]protocol.RelationState{}
		for len(told) > 0 {
			e := <-told
			last[e.User.Name] = e.Relation.State
		}
		require.Equal(h.t, protocol.RelationConnected, last["Mira Sato"])
		require.Equal(h.t, protocol.RelationSent, last["Jonas Weber"])
		r, err := c.Withdraw(h.t.Context(), protocol.InvitationWithdrawParams{UserID: h.person(c, "Jonas Weber")})
		require.NoError(h.t, err)
		require.Equal(h.t, protocol.RelationNone, r.Relation.State)
	})
}

func TestALongEveningInTheLobbyHasNoTrouble(t *testing.T) {
	visit(t, func(h *house) {
		time.Sleep(8 * time.Minute) //nolint:forbidigo // of the bubble's clock
		require.NotContains(h.t, h.out.String(), "trouble")
		for _, what := range []string{"invites", "accepts", "takes back", "raises a hand", "steps out", "is back", "is away"} {
			require.Contains(h.t, h.out.String(), what)
		}
	})
}

func TestTheBannerNamesBothLinks(t *testing.T) {
	var out bytes.Buffer
	demo.Banner(&out, "http://127.0.0.1:8080", false)
	require.Contains(t, out.String(), "http://127.0.0.1:8080/tablet/#as=Ada")
	require.Contains(t, out.String(), "http://127.0.0.1:8080/tablet/#as=Ben")
	require.NotContains(t, out.String(), "{")
	require.NotContains(t, out.String(), "\x1b")
}
