//go:build unix

package nowait_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/nowait"
)

// each runs test with a connection of each kind and its other end.
func each(t *testing.T, test func(t *testing.T, near, far net.Conn)) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			l, err := net.Listen(network, address)
			require.NoError(t, err)
			defer func() { require.NoError(t, l.Close()) }()
			near, err := nowait.Dial((&net.Dialer{}).DialContext)(t.Context(), network, l.Addr().String())
			require.NoError(t, err)
			far, err := l.Accept()
			require.NoError(t, err)
			defer func() {
				_ = near.Close() // perhaps it is
				_ = far.Close()
			}()
			require.NotEqual(t, fmt.Sprintf("%T", far), fmt.Sprintf("%T", near))
			test(t, near, far)
		})
	}
}

func TestMuchComesWholeBothWaysAtOnce(t *testing.T) {
	much := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB, more than sockets hold
	each(t, func(t *testing.T, near, far net.Conn) {
		sent := make(chan error, 2)
		for _, c := range []net.Conn{near, far} {
			go func() {
				_, err := c.Write(much)
				sent <- err
			}()
		}
		got := make(chan []byte, 2)
		for _, c := range []net.Conn{near, far} {
			go func() {
				all := make([]byte, len(much))
				_, err := io.ReadFull(c, all)
				got <- all[:len(all):len(all)]
				sent <- err
			}()
		}
		for range 4 {
			require.NoError(t, <-sent)
		}
		require.True(t, bytes.Equal(much, <-got))
		require.True(t, bytes.Equal(much, <-got))
	})
}

func TestTheEndIsTold(t *testing.T) {
	each(t, func(t *testing.T, near, far net.Conn) {
		_, err := far.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, far.Close())
		all, err := io.ReadAll(near)
		require.NoError(t, err)
		require.Equal(t, "x", string(all))
		require.Eventually(t, func() bool {
			_, err = near.Write([]byte("y"))
			return err != nil
		}, 10*time.Second, time.Millisecond)
		var e *net.OpError
		require.ErrorAs(t, err, &e)
		require.Equal(t, "write", e.Op)
		require.True(t, errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET), "%v", err)
	})
}

func TestDeadlinesEndReadingAndWriting(t *testing.T) {
	much := make([]byte, 16<<20)
	each(t, func(t *testing.T, near, _ net.Conn) {
		require.NoError(t, near.SetDeadline(time.Now().Add(10*time.Millisecond)))
		_, err := near.Read(make([]byte, 1))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		n, err := near.Write(much)
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.Zero(t, n, "its deadline was over")

		require.NoError(t, near.SetDeadline(time.Now().Add(300*time.Millisecond)))
		n, err = near.Write(much)
		require.ErrorAs(t, err, &timeout)
		require.Positive(t, n, "what there was room for")
		require.Less(t, n, len(much))
	})
}

func TestClosingEndsReading(t *testing.T) {
	each(t, func(t *testing.T, near, _ net.Conn) {
		ended := make(chan error, 1)
		go func() {
			_, err := near.Read(make([]byte, 1))
			ended <- err
		}()
		require.NoError(t, near.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		_, err := near.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// Who takes a connection from a pool looks at it first.
func TestLookingAtAConnectionSeesWhatHasCome(t *testing.T) {
	each(t, func(t *testing.T, near, far net.Conn) {
		raw, err := near.(syscall.Conn).SyscallConn()
		require.NoError(t, err)
		looked := func() (came bool) {
			require.NoError(t, raw.Read(func(uintptr) bool {
				came = true
				return true
			}))
			return came
		}
		require.False(t, looked())
		_, err = far.Write([]byte("x"))
		require.NoError(t, err)
		require.Eventually(t, looked, 10*time.Second, time.Millisecond)
		_, err = near.Read(make([]byte, 1))
		require.NoError(t, err)
		require.False(t, looked())
		require.NoError(t, far.Close())
		require.Eventually(t, looked, 10*time.Second, time.Millisecond, "its end")
		require.NoError(t, near.Close())
		require.Error(t, raw.Read(func(uintptr) bool { return true }))
	})
}

func TestWhatIsNotTheSystemsStaysAsItIs(t *testing.T) {
	one, other := net.Pipe()
	defer func() { require.NoError(t, errors.Join(one.Close(), other.Close())) }()
	c, err := nowait.Dial(func(context.Context, string, string) (net.Conn, error) { return one, nil })(t.Context(), "", "")
	require.NoError(t, err)
	require.Same(t, one, c)
	_, err = nowait.Dial(func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF })(t.Context(), "", "")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
