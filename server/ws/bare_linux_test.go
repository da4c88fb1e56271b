package ws

import (
	"bytes"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// barePair is a bare connection and its other end.
func barePair(t *testing.T) (*bare, net.Conn) {
	far, near := tcpPair(t)
	c, _ := bareOf(near.(*net.TCPConn))
	t.Cleanup(func() { _, _ = c.Close(), far.Close() })
	return c.(*bare), far
}

func TestABareConnectionIsAsGoodAsAny(t *testing.T) {
	b, far := barePair(t)
	got := make([]byte, 10)
	for range 2 { // the first time it is nobody's business yet
		_, err := b.Write([]byte("to far"))
		require.NoError(t, err)
		n, err := far.Read(got)
		require.NoError(t, err)
		require.Equal(t, "to far", string(got[:n]))
		_, err = far.Write([]byte("to near"))
		require.NoError(t, err)
		n, err = b.Read(got)
		require.NoError(t, err)
		require.Equal(t, "to near", string(got[:n]))
	}
	require.NoError(t, b.CloseWrite())
	_, err := far.Read(got)
	require.Error(t, err)
	require.NoError(t, b.Close())
	require.ErrorIs(t, b.Close(), net.ErrClosed)
	_, err = b.Read(got)
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = b.Write(got)
	require.ErrorIs(t, err, net.ErrClosed)
	require.ErrorIs(t, b.CloseWrite(), net.ErrClosed)
	require.ErrorIs(t, rawBare{b}.Read(func(uintptr) bool { t.Error("read"); return true }), net.ErrClosed)
	require.ErrorIs(t, rawBare{b}.Write(func(uintptr) bool { t.Error("written"); return true }), net.ErrClosed)
	require.ErrorIs(t, b.SetDeadline(past), net.ErrClosed)
}

func TestADeadlineThatIsSetBeforeAnybodyWaitsCounts(t *testing.T) {
	b, _ := barePair(t)
	require.NoError(t, b.SetReadDeadline(past))
	require.Nil(t, b.file)
	_, err := b.Read(make([]byte, 10))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	b, far := barePair(t)
	_, err = far.Write([]byte("too late"))
	require.NoError(t, err)
	require.NoError(t, b.SetReadDeadline(past))
	require.ErrorIs(t, rawBare{b}.Read(func(uintptr) bool { t.Error("read"); return true }), os.ErrDeadlineExceeded)
	require.NoError(t, b.SetReadDeadline(time.Time{}))
	n, err := b.Read(make([]byte, 10))
	require.NoError(t, err)
	require.Equal(t, len("too late"), n)
}

func TestADeadlineEndsWaiting(t *testing.T) {
	b, _ := barePair(t)
	waits := make(chan struct{})
	ended := make(chan error)
	go func() {
		tries := 0
		ended <- rawBare{b}.Read(func(uintptr) bool {
			if tries++; tries == 2 {
				close(waits)
			}
			return false
		})
	}()
	<-waits
	require.NoError(t, b.SetReadDeadline(past))
	require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
}

func TestTheEndThatComesWithARequestIsSeen(t *testing.T) {
	h, url := listen(t, nil)
	for i := range 200 {
		c := dial(t, url)
		l := <-h.logs
		_, err := c.NetConn().Write(bytes.Repeat(masked(0x81, "request"), 1+i%3))
		require.NoError(t, err)
		require.NoError(t, c.NetConn().(*net.TCPConn).CloseWrite())
		l.end(t)
		require.Len(t, l.texts, 1+i%3)
		<-l.socket.Done()
		require.NoError(t, c.NetConn().Close())
	}
}
