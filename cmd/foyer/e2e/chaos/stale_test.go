package chaos

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// A node is stopped with a request in one of its sockets. The device goes on from another node. When the node wakes up,
// the request must be left lying: its device is elsewhere by now, and has said something newer.
func TestANodeThatWasStoppedCarriesOutNothingOfWhoWentOnElsewhere(t *testing.T) {
	w := newWorld(t, 1, testWriter{t})
	w.house = &house{w: w}
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer leave()
	online := func(user string, node int) *device {
		d := newDevice(w, user, 0, rand.New(rand.NewPCG(1, 1)))
		d.next, d.pinned = node, true
		return d
	}
	ada, ben := online("ada", 0), online("ben", 1)
	heard := make(chan string, 10)
	ben.onNotice = func(_ *device, _ *line, m *protocol.ServerMessage) {
		var n protocol.SessionMessage
		if m.Method == protocol.NotifySessionMessage && json.Unmarshal(m.Params, &n) == nil {
			heard <- n.Kind
		}
	}
	running.Go(func() { ada.run(ctx) })
	running.Go(func() { ben.run(ctx) })
	made, refusal, err := call[protocol.SessionJoinResult](ctx, ada, protocol.MethodSessionCreate, protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	require.Nil(t, refusal)
	join := protocol.SessionJoinParams{SessionID: made.Session.ID}
	_, refusal, err = call[protocol.SessionJoinResult](ctx, ben, protocol.MethodSessionJoin, join)
	require.NoError(t, err)
	require.Nil(t, refusal)
	say := func(kind string) protocol.SessionSendParams {
		return protocol.SessionSendParams{SessionID: made.Session.ID, Kind: kind, Data: json.RawMessage(`{}`)}
	}

	w.nodes[0].pause()
	l := ada.current()
	ada.next = 2 // read again once the socket has broken
	_, err = l.ask(ctx, protocol.MethodSessionSend, say("old"))
	require.ErrorIs(t, err, errLost)
	_, refusal, err = call[protocol.SessionJoinResult](ctx, ada, protocol.MethodSessionJoin, join)
	require.NoError(t, err)
	require.Nil(t, refusal)
	_, refusal, err = call[protocol.SeqResult](ctx, ada, protocol.MethodSessionSend, say("new"))
	require.NoError(t, err)
	require.Nil(t, refusal)
	require.Equal(t, "new", <-heard)
	w.nodes[0].resume()
	select {
	case kind := <-heard:
		require.Fail(t, "said by somebody who is not there any more", kind)
	case <-time.After(2 * time.Second):
	}
	require.Empty(t, w.broken())
}
