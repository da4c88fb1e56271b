package e2e_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// withStderr starts the program with its log going to w, and returns it.
func withStderr(t *testing.T, s *server, w *os.File, args ...string) *exec.Cmd {
	t.Helper()
	p := exec.Command(binary, append([]string{"serve", "--listen", s.listen, "--admin-listen", s.admin, "--drain-time", "0s"}, args...)...)
	p.Env = append(os.Environ(), "FOYER_AUTH_SECRET="+secret)
	p.Stdout, p.Stderr = w, w
	require.NoError(t, p.Start())
	return p
}

func TestServerOutlivesTheReaderOfItsLog(t *testing.T) {
	s := &server{t: t, listen: freeAddress(t), admin: freeAddress(t)}
	read, write, err := os.Pipe()
	require.NoError(t, err)
	p := withStderr(t, s, write, "--store", "sqlite::memory:")
	s.await("/readyz", http.StatusOK)
	require.NoError(t, read.Close())
	require.NoError(t, write.Close())
	require.NoError(t, p.Process.Signal(syscall.SIGTERM)) // which it logs
	require.NoError(t, p.Wait(), "it ended as after any drain")
}

func TestSecondServerOnTheSameFileSaysWhyItCanNotStart(t *testing.T) {
	first := newServer(t)
	second := &server{t: t, listen: freeAddress(t), admin: freeAddress(t)}
	read, write, err := os.Pipe()
	require.NoError(t, err)
	p := withStderr(t, second, write, "--store", "sqlite:"+first.store)
	require.NoError(t, write.Close())
	out, err := io.ReadAll(read)
	require.NoError(t, err)
	require.Contains(t, string(out), "another server has the database")
	require.Error(t, p.Wait())
}
