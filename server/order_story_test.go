package server_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// thinks is what a device believes of somebody's note.
func (d *device) thinks(of string) string { return d.known().presences[of].Note }

// TestOfTwoNodesThatTellAPresenceTheNewestIsShown has one node tell what it read after the other one has told what it
// read later.
func TestOfTwoNodesThatTellAPresenceTheNewestIsShown(t *testing.T) {
	for name, by := range map[string]time.Duration{"by little": second, "by much": 5 * second} {
		t.Run(name, func(t *testing.T) {
			cast(t, 2, free, func(w *world) {
				slow := w.nodes[1].app.Server().PresencesLate()
				ada, ben := w.arrives("ada"), w.arrives("ben")
				connect(ada, ben)
				desk := w.arrives("ben", kind("desktop"))
				pass(10 * second) // nothing was told lately
				slow.Set(by)
				ben.sets("busy", obj{"note": "old"})
				pass(second / 2)
				desk.sets("busy", obj{"note": "new"})
				pass(8 * second)
				require.Equal(t, "new", ada.thinks("ben"))
				slow.Set(0)
				pass(second)
			})
		})
	}
}

// TestAPresenceThatIsReadAnewIsNotOlderThanWhatWasToldMeanwhile has a node read, then hear, and then use what it read.
func TestAPresenceThatIsReadAnewIsNotOlderThanWhatWasToldMeanwhile(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		one := w.nodes[0].app.Server()
		slow := one.DevicesLate()
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ben.sets("busy", obj{"note": "old"})
		pass(10 * second)
		slow.Set(2 * second)
		one.Resubscribed()
		pass(second)
		ben.sets("busy", obj{"note": "new"})
		slow.Set(0)
		pass(4 * second)
		require.Equal(t, "new", ada.thinks("ben"))
	})
}

// TestWhoseConnectionEndedIsNotShownThoughTheirPresenceIsStillBeingRead has a connection end while a node is slow to watch
// for it.
func TestWhoseConnectionEndedIsNotShownThoughTheirPresenceIsStillBeingRead(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		slow := w.nodes[0].app.Server().DevicesLate()
		ada, ben := w.arrives("ada"), w.arrives("ben")
		pass(second)
		slow.Set(5 * second)
		connect(ada, ben)
		ada.does("connection.remove", userID("ben"))
		pass(second)
		ada.told()
		ben.sets("busy", obj{"note": "after"})
		pass(second)
		ada.silent()
		slow.Set(0)
		pass(10 * second)
		ada.silent()
	})
}

// TestABlockIsAsItStandsWhicheverWordComesLast has the nodes hear of a block and its end in the wrong order.
func TestABlockIsAsItStandsWhicheverWordComesLast(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		late := func(on bool) {
			for _, user := range []string{"ada", "ben"} {
				w.cluster.Hub.Bus().Publish(cluster.UserTopic(user), &cluster.Message{Kind: cluster.KindBlock, User: "ada", Other: "ben", On: on})
			}
			pass(second)
			forget(ada, ben)
			ben.ok("session.send", obj{"session_id": session, "kind": "k", "data": 1}, nil)
		}
		ada.does("user.block", userID("ben"))
		late(false)
		ada.silent()
		ada.does("user.unblock", userID("ben"))
		late(true)
		require.Len(t, ada.told(), 1)
	})
}

// TestStatesOfWhoIsNotSeenStayAwayThoughThatCameWhileItWasRead has whom a device doesn't see be read, then change, and
// then be used.
func TestStatesOfWhoIsNotSeenStayAwayThoughThatCameWhileItWasRead(t *testing.T) {
	for name, first := range map[string]bool{"who joins": false, "who blocks": true} {
		t.Run(name, func(t *testing.T) {
			cast(t, 1, free, func(w *world) {
				slow := w.nodes[0].app.Server().StandingsLate()
				host, ada, ben, dan := w.arrives("host"), w.arrives("ada"), w.arrives("ben"), w.arrives("dan")
				session := lobby(host, ada)
				ada.does("user.block", userID("dan"))
				if first {
					ben.joins(session)
				} else {
					ada.does("user.block", userID("ben"))
				}
				pass(second)
				slow.Set(second)
				ada.ok("session.subscribe", at(session), nil)
				slow.Set(0)
				if first {
					ben.does("user.block", userID("ada"))
				} else {
					ben.joins(session)
				}
				pass(2 * second)
				forget(host, ada, ben, dan)
				ada.seen()
				ben.writes("b")
				pass(second)
				require.Empty(t, ada.others())
				require.Equal(t, []string{"ben=b"}, host.others())
			})
		})
	}
}

// TestPresenceShowsASessionAsItIsCalledNow: nothing else about its members has changed.
func TestPresenceShowsASessionAsItIsCalledNow(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		session := ben.creates()
		pass(2 * second)
		forget(ada)
		ben.ok("session.update", at(session, obj{"name": "Attic"}), nil)
		pass(second)
		ada.hears("presence ben=online@Attic")
		ben.ok("session.update", at(session, obj{"visibility": "private"}), nil)
		pass(second)
		ada.hears("presence ben=online")
	})
}

// TestWhoHidElsewhereIsNotShownByANodeThatIsCutOff has the answer come of a node that knows Ben's devices of before.
func TestWhoHidElsewhereIsNotShownByANodeThatIsCutOff(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ben.sets("busy", obj{"note": "here"})
		pass(5 * second)
		w.nodes[0].app.Server().DevicesFrozen("ada", "ben")
		ben.sets("invisible", obj{})
		pass(5 * second)
		var list protocol.ConnectionListResult
		ada.ok("connection.list", obj{}, &list)
		require.Equal(t, protocol.StatusOffline, list.People[0].Presence.Status)
	})
}

// TestWhatAStoppedNodeFindsInItsSocketsIsNotShown has a node wake up that does not know yet that its device went on from
// another one, and has said something newer there.
func TestWhatAStoppedNodeFindsInItsSocketsIsNotShown(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		synctest.Wait() // it runs
		wakes := w.nodes[0].app.Server().WasStopped(20)
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindClose {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		w.turn++
		again := w.arrives("ada", resuming(ada, 0))
		again.joins(session)
		again.writes("new")
		pass(second)
		require.Contains(t, ben.others(), "ada=new")
		wakes()
		ada.writes("old")
		pass(5 * second)
		require.Empty(t, ben.others())
	})
}

// TestNothingMoreIsCarriedOutOfDevicesThatWereTakenOut, as their node was taken for dead.
func TestNothingMoreIsCarriedOutOfDevicesThatWereTakenOut(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada := w.arrives("ada")
		require.Equal(t, 1, w.nodes[0].app.Server().FencedAndStale())
		require.Equal(t, int(protocol.CloseGoingAway), ada.closeCode())
	})
}

// TestWhoseDeviceHasTwoSocketsMayComeBack: nodes that were cut off can't be sure which of them is the later.
func TestWhoseDeviceHasTwoSocketsMayComeBack(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada := w.arrives("ada")
		w.nodes[0].app.Server().ReplacedAll()
		require.Equal(t, int(protocol.CloseGoingAway), ada.closeCode())
		require.Equal(t, ada.hello.DeviceID, w.arrives("ada", resuming(ada, 0)).hello.DeviceID)
	})
}

// TestANodeThatWasStoppedAndIsCutOffGoesOnAlone: it waits for the others once.
func TestANodeThatWasStoppedAndIsCutOffGoesOnAlone(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		synctest.Wait() // it runs
		wakes := w.nodes[0].app.Server().WasStopped(1 << 40)
		ada := w.arrives("ada")
		wakes()
		began := time.Now()
		for range 9 {
			ada.ok("session.list", obj{}, nil)
		}
		require.Less(t, time.Since(began), 2*second)
	})
}
