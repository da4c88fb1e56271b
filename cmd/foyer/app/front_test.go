package app

import (
	"container/list"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoLingersLongestMakesRoomForWhoComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := waitingRoom{places: 3, order: list.New(), at: map[net.Conn]*list.Element{}}
		var near, far []net.Conn
		come := func() {
			n, f := net.Pipe()
			near, far = append(near, n), append(far, f)
			w.changed(f, http.StateNew)
			synctest.Wait()
		}
		gone := func(i int) bool {
			return far[i].SetDeadline(time.Time{}) != nil
		}
		for range 3 {
			come()
		}
		w.changed(far[0], http.StateActive)
		w.changed(far[0], http.StateHijacked) // a device now: it is never in anybody's way
		come()
		require.False(t, gone(0) || gone(1) || gone(2), "there was room")
		come()
		require.True(t, gone(1))
		w.changed(far[1], http.StateClosed)
		come()
		require.True(t, gone(2))
		require.False(t, gone(0) || gone(3) || gone(4) || gone(5))
		for i := range far {
			w.changed(far[i], http.StateClosed)
			require.NoError(t, near[i].Close())
		}
		require.Zero(t, w.order.Len())
		require.Empty(t, w.at)
	})
}
