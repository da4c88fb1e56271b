package server_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// knocks opens a connection that speaks no WebSocket yet.
func (w *world) knocks() net.Conn {
	c, err := w.nodes[0].network.DialContext(w.t.Context(), "", "")
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// answerTo returns the status of what comes by c, 0 if it is closed without a word.
func answerTo(c net.Conn) int {
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_ = r.Body.Close()
	return r.StatusCode
}

func TestASlowHandshakeIsCutOff(t *testing.T) {
	story(t, nil, func(w *world) {
		for name, say := range map[string]func(c net.Conn) error{
			"nothing": func(net.Conn) error { return nil },
			"a byte a second": func(c net.Conn) error {
				for _, b := range []byte("GET /v1/ws HTTP/1.1\r\nHost: foyer\r\n") {
					if _, err := c.Write([]byte{b}); err != nil {
						return err
					}
					time.Sleep(second) //nolint:forbidigo // of the bubble's clock
				}
				return nil
			},
		} {
			c := w.knocks()
			began := time.Now()
			go func() { _ = say(c) }()
			status := answerTo(c)
			require.Contains(t, []int{0, http.StatusBadRequest, http.StatusRequestTimeout}, status, name)
			require.InDelta(t, 10, time.Since(began).Seconds(), 1, name)
			pass(time.Minute)
		}
		w.arrives("ada")
	})
}

func TestAHeaderThatIsTooLongIsRefused(t *testing.T) {
	story(t, nil, func(w *world) {
		c := w.knocks()
		go func() {
			_, _ = c.Write([]byte("GET /v1/ws HTTP/1.1\r\nHost: foyer\r\nAuthorization: Bearer "))
			for range 1000 {
				if _, err := c.Write([]byte(strings.Repeat("x", 1000))); err != nil {
					return
				}
			}
		}()
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answerTo(c))
		pass(time.Minute)
		_, err := c.Write([]byte("x"))
		require.Error(t, err, "and the connection is gone")
	})
}

func TestAPageThatNobodyTakesIsGivenUp(t *testing.T) {
	story(t, nil, func(w *world) {
		c := w.knocks()
		_, err := c.Write([]byte("GET /tablet/ HTTP/1.1\r\nHost: foyer\r\n\r\n"))
		require.NoError(t, err)
		pass(2 * time.Minute)
		_, err = c.Write([]byte("GET /tablet/ HTTP/1.1\r\nHost: foyer\r\n\r\n"))
		require.Error(t, err)
	})
}

func TestDevicesFromOneAddressAreBounded(t *testing.T) {
	story(t, []string{"--limits.devices-per-address=3"}, func(w *world) {
		var there []*device
		for _, user := range []string{"ada", "ben", "cem"} {
			there = append(there, w.arrives(user))
		}
		_, err := w.dialWith(http.Header{})
		require.Equal(t, refusedUpgrade(http.StatusTooManyRequests), err)
		require.Positive(t, w.retryAfter)
		require.EqualValues(t, 1, w.metric("foyer_upgrades_refused_total", "address"))
		there[0].hangUp()
		pass(3 * second)
		w.arrives("dan")
	})
}

// TestSocketsThatSayNothingAreBounded opens as many as the door lets in, for a minute: none is there for longer than a
// hello may take.
func TestSocketsThatSayNothingAreBounded(t *testing.T) {
	story(t, []string{"--limits.upgrades-per-second=20"}, func(w *world) {
		w.unaudited = true
		most := 0.0
		for range 40 {
			for range 30 {
				_, _ = w.dialWith(http.Header{}) // some are turned away
			}
			most = max(most, w.metric("foyer_devices"))
			pass(second)
		}
		require.InDelta(t, 20*11, most, 30)
		pass(15 * second)
		require.Zero(t, w.metric("foyer_devices"))
		require.Positive(t, w.metric("foyer_devices_ended_total", "4408"))
	})
}

// TestAFloodBeforeHelloEndsTheSocket sends nonsense, and requests that need a hello.
func TestAFloodBeforeHelloEndsTheSocket(t *testing.T) {
	for _, frame := range []string{`{`, `{"jsonrpc":"2.0","method":"settings.get"}`, `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"x":1}}`} {
		story(t, []string{"--limits.requests-per-second=20"}, func(w *world) {
			w.unaudited = true
			d := w.dial()
			for range 2000 {
				if d.conn.WriteMessage(websocket.TextMessage, []byte(frame)) != nil {
					break
				}
			}
			synctest.Wait()
			pass(second)
			require.Equal(t, 4429, d.closeCode())
		})
	}
}
