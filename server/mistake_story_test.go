package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server"
	"foyer/server/cluster"
)

func TestAMistakeInHelloEndsThatDeviceAlone(t *testing.T) {
	for _, where := range []string{server.InVerifying, server.InLoading, server.InPublishing} {
		t.Run(where, func(t *testing.T) {
			story(t, free, func(w *world) {
				ada := w.arrives("ada")
				mend := w.nodes[0].app.Server().Mistaken(where)
				for _, user := range []string{"ben", "cem"} {
					d := w.dial()
					d.ask("hello", d.greeting(user))
					pass(second)
					if where == server.InLoading {
						answers := d.raw()
						require.Len(t, answers, 1)
						require.Contains(t, string(answers[0]), "trace_id")
						require.Zero(t, d.closeCode(), "it may say hello again")
						d.hangUp()
					} else {
						require.EqualValues(t, protocol.CloseOverload, d.closeCode())
					}
				}
				mend()
				require.Zero(t, ada.closeCode())
				connect(ada, w.arrives("ben"))
				connect(ada, w.arrives("cem"))
			})
		})
	}
}

// TestAMistakeInATickEndsThatSessionAlone, wherever in the tick: its devices come back, and states go on.
func TestAMistakeInATickEndsThatSessionAlone(t *testing.T) {
	mistakes := map[string]func(s *server.Server, session string) (mend func()){
		"telling other nodes": func(s *server.Server, _ string) func() { return s.Mistaken(server.InTicks) },
		"making":              func(s *server.Server, session string) func() { s.TickUnmade(session); return func() {} },
		"sending":             func(s *server.Server, session string) func() { s.TickUnsent(session); return func() {} },
	}
	for name, happens := range mistakes {
		t.Run(name, func(t *testing.T) {
			cast(t, 2, free, func(w *world) {
				one := w.nodes[0].app.Server()
				arrives := func(user string, edit ...func(map[string]any)) *device { w.turn = 0; return w.arrives(user, edit...) }
				ada, ben, cem, dan := arrives("ada"), arrives("ben"), arrives("cem"), arrives("dan")
				session := lobby(ada, ben)
				lobby(cem, dan)
				mend := happens(one, session)
				ada.writes("a")
				pass(second)
				require.EqualValues(t, protocol.CloseOverload, ada.closeCode())
				require.EqualValues(t, protocol.CloseOverload, ben.closeCode())
				mend()
				cem.writes("c")
				pass(second)
				require.Equal(t, []string{"cem=c"}, dan.others())
				ada, ben = arrives("ada", resuming(ada, 0)), arrives("ben", resuming(ben, 0))
				ada.joins(session)
				ben.joins(session)
				ada.writes("again")
				pass(second)
				require.Contains(t, ben.others(), "ada=again")
				require.NotZero(t, w.metric("foyer_mistakes_total", "tick"))
			})
		})
	}
}

// TestAMessageOfTheBusThatMakesNoSenseHarmsNobody: somebody left, and nobody says which number.
func TestAMessageOfTheBusThatMakesNoSenseHarmsNobody(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		w.cluster.Hub.Bus().Publish(cluster.SessionTopic(session), &cluster.Message{Kind: cluster.KindRoster, Session: session, Version: 1, Left: []uint16{1}})
		require.EqualValues(t, 2, w.metric("foyer_mistakes_total", "bus"))
		cem := w.arrives("cem")
		cem.joins(session)
		pass(second)
		ada.hears("roster v3 +cem")
		ben.hears("roster v3 +cem")
	})
}

func TestAMistakeAfterAWhileHarmsNobody(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		w.nodes[0].app.Server().MistakenLater("ben", second)
		pass(2 * second)
		require.EqualValues(t, protocol.CloseOverload, ben.closeCode())
		require.EqualValues(t, 1, w.metric("foyer_mistakes_total", "timer"))
		require.EqualValues(t, 1, w.metric("foyer_mistakes_total", "device"))
		ada.ok("session.list", obj{}, nil)
	})
}
