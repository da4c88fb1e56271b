package load

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"foyer/client/wire"
	"foyer/cmd/foyer-bots/scenario"
	"foyer/protocol"
	"foyer/server/ws/wstest"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// mute is a server that answers nothing and tells what it was asked.
type mute struct {
	network *wstest.Network
	asked   chan asked
}

type asked struct {
	ID     int64           `json:"id"`
	Method protocol.Method `json:"method"`
}

// newMute starts one, for the length of a bubble.
func newMute(t *testing.T) *mute {
	m := &mute{wstest.NewNetwork(), make(chan asked, 8)}
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	s := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			var one asked
			if c.ReadJSON(&one) != nil {
				return
			}
			m.asked <- one
		}
	})}
	go func() { _ = s.Serve(m.network) }()
	t.Cleanup(func() { _ = s.Close() })
	return m
}

// connect gives a person's device a socket to the server, on which hello is not answered yet.
func (m *mute) connect(t *testing.T, d *device) {
	socket, err := wire.Dial(t.Context(), "ws://memory/", wire.Options{NetDial: m.network.DialContext})
	require.NoError(t, err)
	t.Cleanup(socket.Drop)
	d.mu.Lock()
	d.socket, d.ready = socket, make(chan struct{})
	d.mu.Unlock()
}

// someone returns a person of a small load, whose seat is in a session.
func someone(t *testing.T) *person {
	f := &field{s: &scenario.Scenario{DevicesEach: 1, Sessions: &scenario.Sessions{Size: 1, TickHz: 20}}, rec: newRecorder(time.Second), epoch: time.Now()}
	f.o.Targets = []*Target{{}}
	f.ctx, f.cancel = context.WithCancel(t.Context())
	p := newPerson(f, 0, 0)
	p.place, p.here = newPlace(f, 0), true
	p.place.people, f.people = []*person{p}, []*person{p}
	return p
}

func greeting(t *testing.T) []byte {
	frame, err := protocol.AppendResult(nil, json.RawMessage("1"), protocol.HelloResult{User: protocol.User{ID: "a"}, DeviceID: "d", Epoch: "e", Rev: 1})
	require.NoError(t, err)
	return frame
}

// A server may take a request that comes twice for two, and answer both: the second answer to a join stands for rosters
// that are told to nobody any more.
func TestWhatIsAskedAsHelloIsAnsweredIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := newMute(t), someone(t)
		d := p.devices[0]
		m.connect(t, d)
		d.start(protocol.MethodSettingsGet, protocol.Empty{}, func(answer) {}) // on no socket yet

		p.mu.Lock() // holds up who takes in hello's answer, in the midst of it
		hello := wire.Frame{Data: greeting(t)}
		go d.take(hello)
		<-d.ready
		d.start(protocol.MethodSessionJoin, protocol.SessionJoinParams{SessionID: "s"}, func(answer) {})
		require.Equal(t, asked{2, protocol.MethodSessionJoin}, <-m.asked)
		p.mu.Unlock()
		require.Equal(t, asked{1, protocol.MethodSettingsGet}, <-m.asked)
		synctest.Wait()
		require.Empty(t, m.asked)
	})
}

// What nobody knows the outcome of is asked again: were something newer set meanwhile, it would be undone.
func TestOnePresenceIsSetAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := newMute(t), someone(t)
		m.connect(t, p.devices[0])
		p.devices[0].take(wire.Frame{Data: greeting(t)})
		for range 2 {
			go p.setPresence(time.Now())
		}
		require.Equal(t, asked{1, protocol.MethodPresenceSet}, <-m.asked)
		synctest.Wait()
		require.Empty(t, m.asked)
		p.devices[0].take(wire.Frame{Data: []byte(`{"jsonrpc":"2.0","id":1,"result":{"presence":{}}}`)})
		require.Equal(t, asked{2, protocol.MethodPresenceSet}, <-m.asked)
		p.f.cancel()
	})
}

// Who was never answered may be in the session or not: nobody's roster is held to either.
func TestASeatThatNobodyKnowsOfIsNotJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := newMute(t), someone(t)
		d := p.devices[0]
		m.connect(t, d)
		d.take(wire.Frame{Data: greeting(t)})
		p.place.open("s")
		settled := func() bool {
			until(t.Context(), time.Now().Add(time.Second))
			_, _, settled := p.place.members(time.Now(), 0)
			return settled
		}
		require.True(t, settled())
		require.False(t, p.take(t.Context(), time.Now()))
		require.Equal(t, asked{1, protocol.MethodSessionJoin}, <-m.asked)
		require.False(t, settled(), "the join may have been carried out")

		result, err := protocol.AppendResult(nil, json.RawMessage("1"), protocol.SessionJoinResult{
			Session: protocol.Session{ID: "s"}, Number: 1, Version: 7, Members: []protocol.Member{{User: protocol.User{ID: "a"}, Number: 1}},
		})
		require.NoError(t, err)
		d.take(wire.Frame{Data: result})
		require.EqualValues(t, 7, d.room.version, "an answer that comes late is one all the same")
		require.Empty(t, p.f.rec.violations.Sample)
		d.take(wire.Frame{Data: result})
		require.EqualValues(t, 1, p.f.rec.violations.Kinds["protocol"], "a second answer")
	})
}
