package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestWhoMayOpenASocket(t *testing.T) {
	story(t, []string{"--allowed-origins=https://play.example"}, func(w *world) {
		good := "Bearer " + token(t, claims("ada"))
		for _, c := range []struct {
			name   string
			header http.Header
			status int
		}{
			{"no subprotocol is fine", http.Header{}, 0},
			{"ours is fine", http.Header{"Sec-WebSocket-Protocol": {"foyer.v1"}}, 0},
			{"ours among others is fine", http.Header{"Sec-WebSocket-Protocol": {"mqtt, foyer.v1"}}, 0},
			{"only others is not", http.Header{"Sec-WebSocket-Protocol": {"mqtt"}}, 400},
			{"a good token", http.Header{"Authorization": {good}}, 0},
			{"a bad token", http.Header{"Authorization": {"Bearer nonsense"}}, 401},
			{"the allowed origin", http.Header{"Origin": {"https://play.example"}}, 0},
			{"another origin", http.Header{"Origin": {"https://evil.example"}}, 403},
			{"another port", http.Header{"Origin": {"https://play.example:8443"}}, 403},
			{"no origin at all that is", http.Header{"Origin": {"null"}}, 403},
		} {
			_, err := w.dialWith(c.header)
			if c.status == 0 {
				require.NoError(t, err, c.name)
			} else {
				require.Equal(t, refusedUpgrade(c.status), err, c.name)
			}
		}
	})
}

func TestHelloComesFirst(t *testing.T) {
	story(t, nil, func(w *world) {
		d := w.dial()
		for _, method := range []string{"settings.get", "no.such"} {
			d.refused(protocol.Unauthenticated, method, obj{})
		}
		d.refused(protocol.Unauthenticated, "hello", obj{})
		d.wrong("client.kind", "hello", d.greeting("ada", kind("toaster")))
		d.send(`[{"jsonrpc":"2.0","id":"b","method":"hello","params":{}}]`)
		require.Contains(t, string(d.raw()[0]), "-32600")
		d.sayHello("ada")
		require.Equal(t, protocol.CodeInvalidRequest, d.call("hello", d.greeting("ada")).Error.Code)
		d.ok("settings.get", obj{}, nil)

		bad := w.dial()
		bad.refused(protocol.TokenInvalid, "hello", bad.greeting("ada", with("nonsense")))
		require.Equal(t, 4401, bad.closeCode())
		late := w.dial()
		pass(9 * second)
		require.Zero(t, late.closeCode())
		pass(2 * second)
		require.Equal(t, 4408, late.closeCode())
	})
}

func TestTokensInHeaderAndHelloAreOfOneUser(t *testing.T) {
	story(t, nil, func(w *world) {
		header := http.Header{"Authorization": {"Bearer " + token(t, claims("ada"))}}
		d, err := w.dialWith(header)
		require.NoError(t, err)
		d.user = "ada"
		d.ok("hello", obj{}, &d.hello)
		require.Equal(t, "ada", d.hello.User.ID)
		require.Equal(t, "ada@example.org", d.hello.User.Email)
		other, err := w.dialWith(header)
		require.NoError(t, err)
		other.refused(protocol.TokenInvalid, "hello", other.greeting("ben"))
		require.Equal(t, 4401, other.closeCode())
	})
}

func TestWhatIsNoRequestIsNamed(t *testing.T) {
	story(t, nil, func(w *world) {
		d := w.arrives("ada")
		for _, c := range []struct{ frame, code string }{
			{`{`, "-32700"},
			{`"text"`, "-32600"},
			{`{}`, "-32600"},
			{`{"jsonrpc":"1.0","id":1,"method":"settings.get"}`, "-32600"},
			{`{"jsonrpc":"2.0","id":1,"id":2,"method":"settings.get"}`, "-32600"},
			{`{"jsonrpc":"2.0","id":1,"method":"settings.get","extra":1}`, "-32600"},
			{`{"jsonrpc":"2.0","id":1.5,"method":"settings.get"}`, "-32600"},
			{`{"jsonrpc":"2.0","id":1,"Method":"settings.get"}`, "-32600"},
			{`{"jsonrpc":"2.0","id":"x","method":"no.such"}`, "-32601"},
			{`{"jsonrpc":"2.0","id":"x","method":"settings.get","params":[]}`, "-32602"},
			{`{"jsonrpc":"2.0","id":"x","method":"settings.get","params":null}`, "-32602"},
			{`[]`, "-32600"},
			{"[" + strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"settings.get"},`, 50) + `{"jsonrpc":"2.0","id":1,"method":"settings.get"}]`, "-32600"},
		} {
			d.send(c.frame)
			answers := d.raw()
			require.Len(t, answers, 1, c.frame)
			require.Contains(t, string(answers[0]), c.code, c.frame)
		}
		d.wrong("to.foo", "invitation.send", obj{"to": obj{"foo": "bar"}})
		d.wrong("foo", "settings.get", obj{"foo": 1})
		d.wrong("To", "invitation.send", obj{"To": obj{"user_id": "ben"}})
		d.wrong("to", "invitation.send", obj{"to": obj{"user_id": "ben", "username": "ben"}})
		d.wrong("op_id", "invitation.send", obj{"to": obj{"user_id": "ben"}, "op_id": strings.Repeat("x", 65)})
		d.wrong("message", "invitation.send", obj{"to": obj{"user_id": "ben"}, "message": "a\nb"})
		d.wrong("message", "invitation.send", obj{"to": obj{"user_id": "ada"}, "message": strings.Repeat("x", 301)})
		d.send(`{"jsonrpc":"2.0","id":"s","method":"settings.get"}`)
		require.Contains(t, string(d.raw()[0]), `"id":"s","result"`)
		d.send(`{"jsonrpc":"2.0","method":"settings.update","params":{"findable_by_name":false}}`)
		require.Len(t, d.summary(), 1, "carried out and not answered")
	})
}

func TestABatchIsAnsweredByOneFrameInItsOrder(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.send(`[{"jsonrpc":"2.0","id":1,"method":"invitation.send","params":{"to":{"user_id":"ben"}}},` +
			`{"jsonrpc":"2.0","method":"settings.update","params":{"findable_by_email":true}},` +
			`{"jsonrpc":"2.0","id":2,"method":"no.such"},7,` +
			`{"jsonrpc":"2.0","id":3,"method":"invitation.withdraw","params":{"user_id":"ben"}}]`)
		frames := ada.raw()
		require.Len(t, frames, 4, "the answer, then what was told")
		answers := into[[]frame](frames[0])
		require.Len(t, answers, 4)
		for i, id := range []string{"1", "2", "null", "3"} {
			require.Equal(t, id, string(answers[i].ID))
		}
		require.Len(t, ben.summary(), 2)
		ada.send(`[{"jsonrpc":"2.0","method":"settings.get"}]`)
		require.Empty(t, ada.raw(), "nothing to answer")
	})
}

func TestFramesThatEndTheSocket(t *testing.T) {
	story(t, nil, func(w *world) {
		for name, c := range map[string]struct {
			payload []byte
			code    int
		}{
			"not UTF-8": {[]byte("\"\xff\""), 1007},
			"too long":  {[]byte(`"` + strings.Repeat("x", 32768) + `"`), 1009},
		} {
			d := w.arrives("ada")
			require.NoError(t, d.conn.WriteMessage(websocket.TextMessage, c.payload))
			pass(second)
			require.Equal(t, c.code, d.closeCode(), name)
		}
	})
}

func TestTooManyRequestsAreRefusedThenTheSocketEnds(t *testing.T) {
	story(t, []string{"--limits.requests-per-second=20", "--limits.requests-burst=60"}, func(w *world) {
		w.unaudited = true
		d := w.arrives("ada")
		refused := 0
		for range 100 {
			if f := d.call("settings.get", obj{}); f.Error != nil {
				require.Equal(t, protocol.RateLimited, f.Error.Reason())
				require.Positive(t, f.Error.Data.RetryAfterMS)
				refused++
			}
		}
		require.InDelta(t, 41, refused, 1)
		pass(second)
		d.ok("settings.get", obj{}, nil)
		pass(10 * second)
		batch := "[" + strings.TrimSuffix(strings.Repeat(`{"jsonrpc":"2.0","id":"b","method":"settings.get"},`, 50), ",") + "]"
		for range 2 {
			d.send(batch)
		}
		frames := d.raw()
		require.Equal(t, 40, strings.Count(string(frames[1]), "rate_limited"), "each of a batch counts")
		for range 20 {
			if d.closeCode() == 0 {
				d.mu.Lock()
				_ = d.conn.WriteMessage(websocket.TextMessage, []byte(batch))
				d.mu.Unlock()
			}
		}
		require.Equal(t, 4429, d.closeCode())
	})
}

func TestSearchesAreCounted(t *testing.T) {
	everywhere(t, []string{"--limits.searches-per-minute=3"}, func(w *world) {
		d, other := w.arrives("ada"), w.arrives("ada")
		d.ok("people.search", obj{"query": "be"}, nil)
		other.ok("people.search", obj{"query": "be"}, nil)
		d.ok("people.search", obj{"query": "be"}, nil)
		require.Positive(t, other.refused(protocol.RateLimited, "people.search", obj{"query": "be"}).Data.RetryAfterMS)
		require.Positive(t, d.refused(protocol.RateLimited, "people.search", obj{"query": "be"}).Data.RetryAfterMS)
		pass(time.Minute)
		d.ok("people.search", obj{"query": "be"}, nil)
	})
}

func TestADeviceThatTakesNothingIsClosedAndComesBackWhole(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.sleep()
		for range 20 {
			ben.invites("ada")
			ben.does("invitation.withdraw", userID("ada"))
		}
		pass(12 * second)
		ada.wake()
		pass(second)
		require.NotZero(t, ada.closeCode())
		again := w.arrives("ada", resuming(ada, ada.known().rev))
		require.True(t, again.hello.Resumed)
		pass(second)
		require.EqualValues(t, 40, again.known().rev)
	})
}

func TestADeviceThatAnswersNoPingIsClosed(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.pongless.Store(true)
		pass(36 * second)
		require.Equal(t, 4001, ada.closeCode())
		require.Zero(t, ben.closeCode())
	})
}
