package server_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// talkers are people with devices in one session, each with a state.
func talkers(w *world, names ...string) (session string, by map[string]*device) {
	by = map[string]*device{}
	all := []*device{}
	for _, name := range names {
		by[name] = w.arrives(name)
		all = append(all, by[name])
	}
	session = lobby(all[0], all[1:]...)
	for _, d := range all {
		d.writes(d.user + "0")
	}
	pass(second)
	forget(all...)
	return session, by
}

// everybodyMoves has each of them write so often, every other tick, so that none falls into one with the next; then a
// second passes.
func everybodyMoves(by map[string]*device, times int) {
	for i := range times {
		for _, d := range by {
			d.writes(fmt.Sprintf("%s%d", d.user, i+1))
		}
		pass(second / 10)
	}
	pass(second)
}

// counted is how often each member's state came anew, and the last one. At the others' turn what moved since the one
// before comes with it, also of those named, who had it already.
func counted(d *device) (times map[string]int, last map[string]string) {
	times, last = map[string]int{}, map[string]string{}
	for _, f := range d.states() {
		for number, state := range f.All() {
			user := d.owner(number)
			if had, known := last[user]; !known || had != string(state) {
				times[user]++
			}
			last[user] = string(state)
		}
	}
	return times, last
}

func (d *device) number(user string) uint16 { return d.known().place.members[user].Number }

func (d *device) subscribes(session string, more ...obj) {
	d.ok("session.subscribe", at(session, more...), nil)
	pass(0)
}

func TestADeviceGetsThoseItNamesAndTheOthersAsOftenAsItSays(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		session, by := talkers(w, "ada", "ben", "cem", "dua")
		ada := by["ada"]
		ada.subscribes(session, obj{"numbers": []uint16{ada.number("ben")}, "others_hz": 2})
		require.Equal(t, []string{"key ada=ada0 ben=ben0 cem=cem0 dua=dua0"}, ada.seen(), "a key frame follows the answer")
		everybodyMoves(by, 40)
		times, last := counted(ada)
		require.Equal(t, 40, times["ben"])
		require.InDelta(t, 9, times["cem"], 1)
		require.Equal(t, map[string]string{"ada": "ada40", "ben": "ben40", "cem": "cem40", "dua": "dua40"}, last, "the last ones come, though nobody writes any more")
		times, _ = counted(by["ben"])
		require.Equal(t, 40, times["cem"], "others get what they always got")

		ada.subscribes(session, obj{"numbers": []uint16{ada.number("cem")}})
		require.Equal(t, []string{"key cem=cem40"}, ada.seen(), "of the others nothing any more")
		everybodyMoves(by, 3)
		times, _ = counted(ada)
		require.Equal(t, map[string]int{"cem": 3}, times)

		ada.subscribes(session, obj{"others_hz": 1})
		require.Len(t, ada.seen(), 1)
		everybodyMoves(by, 20)
		times, last = counted(ada)
		require.InDelta(t, 3, times["ben"], 1)
		require.Equal(t, "ben20", last["ben"])

		ada.subscribes(session)
		require.Len(t, ada.seen(), 1)
		everybodyMoves(by, 3)
		times, _ = counted(ada)
		require.Equal(t, map[string]int{"ada": 3, "ben": 3, "cem": 3, "dua": 3}, times)
	})
}

func TestASubscriptionNeverShowsWhoIsBlocked(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		session, by := talkers(w, "ada", "ben", "cem")
		ada := by["ada"]
		for _, wish := range []obj{{"numbers": []uint16{ada.number("ben")}}, {"numbers": []uint16{ada.number("ben")}, "others_hz": 5}, {"others_hz": 5}} {
			ada.subscribes(session, wish)
			ada.does("user.block", userID("ben"))
			pass(second)
			forget(ada)
			everybodyMoves(by, 10)
			times, _ := counted(ada)
			require.Zero(t, times["ben"], "%v", wish)
			ada.subscribes(session, wish)
			times, _ = counted(ada)
			require.Zero(t, times["ben"], "%v: in its key frame", wish)
			ada.does("user.unblock", userID("ben"))
			pass(second)
			times, _ = counted(ada)
			require.NotZero(t, times["ben"], "%v", wish)
		}
	})
}

func TestASubscriptionLastsForTheStayOfASocket(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		session, by := talkers(w, "ada", "ben", "cem")
		ada := by["ada"]
		ada.subscribes(session, obj{"numbers": []uint16{ada.number("ben")}})
		forget(ada)
		ada.joins(session)
		require.Equal(t, []string{"key ben=ben0"}, ada.seen(), "joining again gives the roster anew, and changes nothing else")
		ada.ok("session.leave", at(session), nil)
		ada.joins(session)
		require.Equal(t, []string{"key ben=ben0 cem=cem0"}, ada.seen(), "a new stay begins with everything")
		ada.subscribes(session, obj{"numbers": []uint16{ada.number("ben")}})
		ada.drop()
		again := w.arrives("ada", resuming(ada, 0))
		again.joins(session)
		require.Equal(t, []string{"key ben=ben0 cem=cem0"}, again.seen(), "so does a new socket")
	})
}

func TestWhoGetsTheNumberOfSomebodyNamedIsNotNamed(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		session, by := talkers(w, "ada", "ben", "cem")
		ada := by["ada"]
		number := ada.number("ben")
		ada.subscribes(session, obj{"numbers": []uint16{number, ada.number("cem")}})
		by["ben"].ok("session.leave", at(session), nil)
		pass(20 * second) // numbers rest for a while
		dua := w.arrives("dua")
		require.Equal(t, number, dua.joins(session).Number)
		pass(second)
		forget(ada)
		dua.writes("dua")
		by["cem"].writes("cem")
		pass(second)
		require.Equal(t, []string{"tick cem=cem"}, ada.seen())
	})
}

func TestACompanionSubscribesForItself(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		session, by := talkers(w, "ada", "ben")
		tablet := w.arrives("ada", companion)
		pass(second)
		require.Empty(t, tablet.states(), "it did not ask for states")
		tablet.subscribes(session, obj{"numbers": []uint16{by["ada"].number("ben")}})
		require.Equal(t, []string{"key ben=ben0"}, tablet.seen())
		everybodyMoves(by, 2)
		times, _ := counted(tablet)
		require.Equal(t, map[string]int{"ben": 2}, times)
		times, _ = counted(by["ada"])
		require.Equal(t, map[string]int{"ada": 2, "ben": 2}, times, "the headset gets what it did")
		tablet.subscribes(session)
		require.Equal(t, []string{"key ada=ada2 ben=ben2"}, tablet.seen())
	})
}

func TestWhoMaySubscribeToWhat(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := ada.creates()
		ben.refused(protocol.NotInSession, "session.subscribe", at(session))
		ada.refused(protocol.NotInSession, "session.subscribe", at("nowhere"))
		ada.wrong("others_hz", "session.subscribe", at(session, obj{"others_hz": 61}))
		ada.wrong("numbers.1", "session.subscribe", at(session, obj{"numbers": []int{1, 65536}}))
		ada.wrong("numbers", "session.subscribe", at(session, obj{"numbers": make([]uint16, 1001)}))
		ada.subscribes(session, obj{"numbers": []uint16{1, 1, 999}, "others_hz": 60})
	})
}
