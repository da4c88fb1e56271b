package server_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// races is how often each race is run.
const races = 300

// TestAcceptAndWithdrawAtOnceHaveOneWinner runs both at the same moment, many times: whoever comes second is told why,
// and how things stand.
func TestAcceptAndWithdrawAtOnceHaveOneWinner(t *testing.T) {
	for n, name := range []string{"one node", "two nodes"} {
		t.Run(name, func(t *testing.T) {
			cast(t, n+1, free, func(w *world) {
				ada, ben := w.arrives("ada"), w.arrives("ben")
				won := map[string]int{}
				for range races / 2 {
					inv := ada.invites("ben")
					forget(ada, ben)
					a, b := atOnce(ask{ada, "invitation.withdraw", id(inv)}, ask{ben, "invitation.accept", id(inv)})
					if a.Error == nil {
						won["withdraw"]++
						require.Equal(t, protocol.InvitationNotPending, b.Error.Reason())
						require.Equal(t, protocol.RelationNone, b.Error.Data.Relation.State)
						ben.does("invitation.send", to("ada"))
						ada.ok("invitation.send", to("ben"), nil)
					} else {
						won["accept"]++
						require.Nil(t, b.Error)
						require.Equal(t, protocol.InvitationAlreadyAccepted, a.Error.Reason())
						require.Equal(t, protocol.RelationConnected, a.Error.Data.Relation.State)
					}
					require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
					require.Equal(t, protocol.RelationConnected, ben.relation("ada").State)
					ada.does("connection.remove", userID("ben"))
				}
				t.Log(won)
			})
		})
	}
}

// ask is a call that somebody is about to make.
type ask struct {
	by     *device
	method string
	params obj
}

// atOnce has both asked before either is answered, in either order.
func atOnce(one, other ask) (a, b frame) {
	asks := []ask{one, other}
	ids := make([]string, 2)
	for _, i := range rand.Perm(2) {
		ids[i] = asks[i].by.ask(asks[i].method, asks[i].params)
	}
	return one.by.wait(ids[0]), other.by.wait(ids[1])
}

func TestInvitationsThatCrossAtOnceAlwaysConnect(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		for range races / 2 {
			a, b := atOnce(ask{ada, "invitation.send", to("ben")}, ask{ben, "invitation.send", to("ada")})
			require.Nil(t, a.Error)
			require.Nil(t, b.Error)
			require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
			require.Equal(t, protocol.RelationConnected, ben.relation("ada").State)
			ben.does("connection.remove", userID("ada"))
			forget(ada, ben)
		}
	})
}

func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		host := w.arrives("host")
		people := []*device{w.arrives("p0"), w.arrives("p1"), w.arrives("p2"), w.arrives("p3")}
		session := host.creates(obj{"capacity": 3})
		for range 40 {
			ids := make([]string, len(people))
			for i, d := range people {
				ids[i] = d.ask("session.join", obj{"session_id": session})
			}
			in := 0
			for i, d := range people {
				f := d.wait(ids[i])
				if f.Error == nil {
					in++
					continue
				}
				require.Equal(t, protocol.SessionFull, f.Error.Reason())
			}
			require.Equal(t, 2, in)
			for _, d := range people {
				d.ok("session.leave", obj{"session_id": session}, nil)
			}
			forget(people...)
		}
	})
}

// TestWhoIsKickedAndComesBackAtOnceIsEitherInOrOut: what the device believes is what the server does.
func TestWhoIsKickedAndComesBackAtOnceIsEitherInOrOut(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		host, guest := w.arrives("host"), w.arrives("guest")
		tablet := w.arrives("guest", companion)
		session := lobby(host, guest)
		for range 100 {
			kicked, joined := atOnce(
				ask{host, "session.kick", obj{"session_id": session, "user_id": "guest"}},
				ask{guest, "session.join", obj{"session_id": session}})
			require.Nil(t, kicked.Error)
			require.Nil(t, joined.Error)
			pass(100 * 1e6)
			standing, err := w.cluster.Registry.Standings(w.t.Context(), session, "guest")
			require.NoError(t, err)
			in := standing.By["guest"].Member != nil
			for _, d := range []*device{guest, tablet} {
				require.Equal(t, in, d.known().place != nil, "what the %s believes", map[bool]string{false: "headset", true: "tablet"}[d.companion])
			}
			forget(host, guest, tablet)
			host.ok("session.send", obj{"session_id": session, "kind": "k", "data": 1}, nil)
			require.Len(t, guest.summary(), map[bool]int{true: 1, false: 0}[in], "a message reaches who is in")
			if !in {
				guest.joins(session)
			}
			synctest.Wait()
		}
	})
}
