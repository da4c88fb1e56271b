package server_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/store"
)

// stall keeps the database busy until release is called: whoever asks it for something waits in line.
func (w *world) stall() (release func()) {
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = w.store.Update(w.t.Context(), func(*store.Tx) error { close(held); <-let; return nil })
	}()
	<-held
	return func() { close(let); <-done }
}

// answered returns the reason of request id's refusal, "ok" if it succeeded, and "" if it was not answered yet.
func (d *device) answered(id string) string {
	f, came := d.answer(id)
	switch {
	case !came:
		return ""
	case f.Error == nil:
		return "ok"
	}
	require.Positive(d.w.t, f.Error.Data.RetryAfterMS)
	require.False(d.w.t, f.Error.Data.Unknown, "it is known that nothing was changed")
	return string(f.Error.Reason())
}

// TestSearchesAreRefusedFirstAndWithdrawingNever asks for everything while the database is stuck: what can wait is
// refused soon, what people do to each other later, and what takes back or protects never.
func TestSearchesAreRefusedFirstAndWithdrawingNever(t *testing.T) {
	story(t, append(free, "--store-calls=1", "--limits.sessions-per-user=0"), func(w *world) {
		people := map[string]*device{}
		for _, user := range []string{"search", "list", "panel", "join", "send", "withdraw", "decline", "block"} {
			people[user] = w.arrives(user)
		}
		w.arrives("ben")
		session := lobby(people["list"])
		mine := people["withdraw"].invites("ben")
		theirs := people["send"].invites("decline")
		for _, d := range people {
			forget(d)
		}
		before := people["withdraw"].lists("sent", "")
		require.Len(t, before.Invitations, 1)

		release := w.stall()
		asked := map[string]string{}
		ask := func(user, method string, params obj) { asked[user] = people[user].ask(method, params) }
		ask("search", "people.search", obj{"query": "be"})
		ask("list", "invitation.list", obj{"box": "sent"})
		ask("panel", "people.focus", userID("ben"))
		ask("join", "session.join", obj{"session_id": session})
		ask("send", "invitation.send", to("ben"))
		ask("withdraw", "invitation.withdraw", id(mine))
		ask("decline", "invitation.decline", id(theirs))
		ask("block", "user.block", userID("ben"))
		refused := map[string]time.Duration{}
		for began := time.Now(); time.Since(began) < 10*second; pass(10 * time.Millisecond) {
			for user, request := range asked {
				if reason := people[user].answered(request); reason != "" {
					require.Equal(t, "unavailable", reason, user)
					refused[user] = time.Since(began).Round(50 * time.Millisecond)
					delete(asked, user)
				}
			}
		}
		require.Equal(t, map[string]time.Duration{
			"search": second / 2, "list": second, "panel": second, "join": 6 * second, "send": 8 * second,
		}, refused)
		release()
		pass(second)
		for _, user := range []string{"withdraw", "decline", "block"} {
			require.Equal(t, "ok", people[user].answered(asked[user]), user)
		}
		require.Empty(t, people["withdraw"].lists("sent", "").Invitations)
		require.Empty(t, people["send"].lists("sent", "history").Invitations, "what was refused has changed nothing")
		require.Equal(t, protocol.RelationBlocked, people["block"].relation("ben").State)
		people["search"].ok("people.search", obj{"query": "be"}, nil)
	})
}

// TestWhoComesBackIsLetInBeforeWhoIsNew has two devices say hello while the database is stuck.
func TestWhoComesBackIsLetInBeforeWhoIsNew(t *testing.T) {
	story(t, append(free, "--store-calls=1"), func(w *world) {
		ada := w.arrives("ada")
		session := lobby(ada)
		ada.drop()
		release := w.stall()
		fresh, back := w.dial(), w.dial()
		fresh.user, back.user = "ben", "ada"
		first := fresh.ask("hello", fresh.greeting("ben"))
		pass(second / 10)
		later := back.ask("hello", back.greeting("ada", resuming(ada, ada.known().rev)))
		pass(6 * time.Second)
		require.Equal(t, "unavailable", fresh.answered(first))
		require.Equal(t, 1013, fresh.closeCode(), "come back later")
		require.Empty(t, back.answered(later))
		release()
		f := back.wait(later)
		require.Nil(t, f.Error)
		back.hello = into[protocol.HelloResult](f.Result)
		require.True(t, back.hello.Resumed)
		require.Equal(t, session, back.hello.SessionID)
	})
}

// TestWhileManySayHelloOthersAreToldToComeLater fills the places of those whose hello is being carried out.
func TestWhileManySayHelloOthersAreToldToComeLater(t *testing.T) {
	story(t, append(free, "--store-calls=1", "--limits.hellos=2"), func(w *world) {
		ada := w.arrives("ada")
		waiting := []*device{w.dial(), w.dial()}
		release := w.stall()
		asked := make([]string, len(waiting))
		for i, d := range waiting {
			d.user = "u" + itoa(i)
			asked[i] = d.ask("hello", d.greeting(d.user))
		}
		pass(second / 10)
		_, err := w.dialWith(http.Header{})
		require.Equal(t, refusedUpgrade(503), err)
		release()
		for i, d := range waiting {
			require.Nil(t, d.wait(asked[i]).Error)
		}
		forget(waiting...)
		w.arrives("late")
		forget(ada)
		w.unaudited = true // those two were not greeted by the story's own verb
	})
}

// TestAHerdIsLetInAtItsPace has a crowd come at once and come back when told to.
func TestAHerdIsLetInAtItsPace(t *testing.T) {
	story(t, append(free, "--limits.upgrades-per-second=10"), func(w *world) {
		w.unaudited = true
		pass(2 * second)
		at := map[time.Duration][]int{0: make([]int, 100)} // who tries when
		began := time.Now()
		in, tries := 0, 0
		for tick := time.Duration(0); in < 100; tick += second / 10 {
			require.Less(t, tick, 30*second, "all are in soon")
			for range at[tick] {
				tries++
				wait, status := w.knock()
				if status == http.StatusSwitchingProtocols {
					in++
					continue
				}
				require.Equal(t, http.StatusServiceUnavailable, status)
				require.GreaterOrEqual(t, wait, second)
				at[tick+wait] = append(at[tick+wait], 0)
			}
			pass(time.Until(began.Add(tick + second/10)))
		}
		require.Less(t, tries, 400, "nobody is sent away again and again")
	})
}

// knock asks for a socket and returns the status and how long to stay away.
func (w *world) knock() (wait time.Duration, status int) {
	d, err := w.dialWith(http.Header{})
	if err == nil {
		d.drop()
		return 0, http.StatusSwitchingProtocols
	}
	refused, _ := err.(refusedUpgrade) //nolint:errorlint // made right above
	return w.retryAfter, int(refused)
}

// TestAllQueuesTogetherAreBounded has many devices stop reading while much is said: none is kept that holds too much, and
// who reads hears everything.
func TestAllQueuesTogetherAreBounded(t *testing.T) {
	const total = 256 << 10
	story(t, append(free, "--transport.queue-total="+itoa(total), "--transport.stall=1h", "--transport.ping=2h", "--transport.pong=1h"), func(w *world) {
		talker, reader := w.arrives("talker"), w.arrives("reader")
		session := lobby(talker, reader)
		var asleep []*device
		for i := range 20 {
			d := w.arrives("s" + itoa(i))
			d.joins(session)
			asleep = append(asleep, d)
		}
		pass(second)
		forget(talker, reader)
		for _, d := range asleep {
			d.sleep()
		}
		said := 0
		for range 300 {
			talker.ok("session.send", obj{"session_id": session, "kind": "chat", "data": strings.Repeat("x", 4000)}, nil)
			said++
			require.LessOrEqual(t, w.metric("foyer_queued_bytes"), float64(total))
		}
		heard := 0
		for _, f := range reader.told() {
			if f.Method == "session.message" {
				heard++
			}
		}
		require.Equal(t, said, heard)
		require.Positive(t, w.metric("foyer_queues_full_total"))
		for _, d := range asleep {
			d.wake()
		}
		pass(second)
		require.Zero(t, w.metric("foyer_queued_bytes"), "nothing is counted that is not there")
		require.EqualValues(t, 20, w.metric("foyer_devices_ended_total", "4000"))
	})
}

// TestWhatWaitsBehindARequestIsBoundedToo has much be said while a request of the listener's is stuck: what is held back
// until its answer counts like what waits in the queue.
func TestWhatWaitsBehindARequestIsBoundedToo(t *testing.T) {
	story(t, append(free, "--store-calls=1", "--transport.queue-bytes=40000"), func(w *world) {
		w.unaudited = true
		talker, listener := w.arrives("talker"), w.arrives("listener")
		session := lobby(talker, listener)
		release := w.stall()
		listener.ask("user.block", userID("talker"))
		synctest.Wait()
		for i := range 12 {
			talker.ok("session.send", obj{"session_id": session, "kind": "chat", "data": strings.Repeat("x", 4000)}, nil)
			synctest.Wait()
			if i == 4 {
				require.InDelta(t, 5*4100, w.metric("foyer_queued_bytes"), 1000)
			}
		}
		require.EqualValues(t, 3, w.metric("foyer_held_full_total"))
		release()
		pass(5 * second)
		require.Equal(t, 4000, listener.closeCode())
		require.Zero(t, w.metric("foyer_queued_bytes"))
	})
}

// metric adds up what all nodes show under a name, with a label's value if one is given.
func (w *world) metric(name string, label ...string) float64 {
	w.t.Helper()
	sum := 0.0
	for _, n := range w.nodes {
		shown := prometheus.NewRegistry()
		shown.MustRegister(n.app.Server().Metrics()...)
		families, err := shown.Gather()
		require.NoError(w.t, err)
		for _, f := range families {
			if f.GetName() != name {
				continue
			}
			for _, m := range f.GetMetric() {
				wanted := len(label) == 0
				for _, l := range m.GetLabel() {
					wanted = wanted || l.GetValue() == label[0]
				}
				if wanted {
					sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
				}
			}
		}
	}
	return sum
}
