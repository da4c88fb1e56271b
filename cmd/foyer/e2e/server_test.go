package e2e_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"foyer/client"
	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/freeport"

	"github.com/stretchr/testify/require"
)

const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// binary and botsBinary are where TestMain built the programs, with buildFlags.
var (
	binary, botsBinary string
	buildFlags         []string
)

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "foyer-e2e")
	if err != nil {
		panic(err)
	}
	binary, botsBinary = filepath.Join(dir, "foyer"), filepath.Join(dir, "foyer-bots")
	args := append(append([]string{"build"}, buildFlags...), "-o", dir, "foyer/cmd/foyer", "foyer/cmd/foyer-bots")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%v\n", out, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// server is a foyer process that can be ended and started again at the same addresses with the same database.
type server struct {
	t             *testing.T
	listen, admin string
	store         string
	extra         []string
	process       *exec.Cmd
	ended         chan struct{}
	log           bytes.Buffer // of the process that runs; read it when it has ended
}

// newServer starts a server with no limits on inviting and an empty database.
func newServer(t *testing.T, extra ...string) *server {
	t.Helper()
	s := &server{t: t, listen: freeAddress(t), admin: freeAddress(t), store: filepath.Join(t.TempDir(), "foyer.db"), extra: extra}
	t.Cleanup(func() {
		if s.process != nil {
			s.end(syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log.String())
		}
	})
	s.start()
	return s
}

// freeAddress returns an address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := freeport.Address(t.Context())
	require.NoError(t, err)
	return address
}

// start starts the process and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	args := append([]string{
		"serve", "--listen", s.listen, "--admin-listen", s.admin, "--store", "sqlite:" + s.store, "--node", "e2e",
		"--invitations.per-minute", "0", "--invitations.per-day", "0", "--invitations.pair-gap", "0s",
		"--invitations.pair-max", "0", "--limits.requests-per-second", "0", "--drain-time", "500ms", "--log-level", "warn",
	}, s.extra...)
	s.process = exec.Command(binary, args...)
	s.process.Env = append(os.Environ(), "FOYER_AUTH_SECRET="+secret)
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	require.NoError(s.t, s.process.Start())
	ended, process := make(chan struct{}), s.process
	s.ended = ended
	go func() { defer close(ended); _ = process.Wait() }()
	s.await("/readyz", http.StatusOK)
}

// await waits until an operators' page answers with the status. A process that does not come to it has to say what it
// does instead.
func (s *server) await(page string, status int) {
	s.t.Helper()
	said := ""
	hasIt := func() bool {
		answered, body, err := s.page(page)
		said = fmt.Sprint(answered, " ", body, " ", err)
		return answered == status
	}
	every, late := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer every.Stop()
	for !hasIt() {
		select {
		case <-every.C:
			continue
		case <-s.ended:
			said = "it has ended"
		case <-late:
			s.end(syscall.SIGQUIT)
		}
		s.process = nil
		require.Fail(s.t, "the server does not come to "+page, said)
	}
}

// page asks for an operators' page.
func (s *server) page(page string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+page, nil)
	require.NoError(s.t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// end sends the process a signal and waits for its end.
func (s *server) end(signal syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.process.Process.Signal(signal))
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		_ = s.process.Process.Kill()
		require.Fail(s.t, "the server did not end", "after %s", signal)
	}
	s.process = nil
}

// url is the server's address for clients.
func (s *server) url() string { return "http://" + s.listen }

// tokens returns a source of fresh tokens for a user.
func tokens(user string) client.TokenSource {
	return func(context.Context) (string, error) {
		return auth.Sign(auth.Options{Secret: []byte(secret)}, auth.Claims{Subject: user, Name: "Name of " + user}, time.Hour)
	}
}

// device is a client with all that it was told.
type device struct {
	*client.Client
	mu   sync.Mutex
	told []*protocol.RelationChanged
	news chan struct{} // something was told
}

// dial brings a user online; resume may be nil.
func (s *server) dial(user string, resume *protocol.Resume) *device {
	s.t.Helper()
	d := &device{news: make(chan struct{}, 1)}
	var err error
	d.Client, err = client.Dial(s.t.Context(), client.Options{
		URL: s.url(), Token: tokens(user), Resume: resume, CallTimeout: time.Minute,
		OnEvent: func(_ *client.Client, e client.Event) {
			if changed, ok := e.(*protocol.RelationChanged); ok {
				d.mu.Lock()
				d.told = append(d.told, changed)
				d.mu.Unlock()
				select {
				case d.news <- struct{}{}:
				default:
				}
			}
		},
	})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { d.Close(); <-d.Done() })
	return d
}

// awaitRevision waits until the device was told of a revision and returns what it was told so far.
func (d *device) awaitRevision(t *testing.T, rev int64) []*protocol.RelationChanged {
	t.Helper()
	for late := time.After(30 * time.Second); ; {
		d.mu.Lock()
		told := append([]*protocol.RelationChanged(nil), d.told...)
		d.mu.Unlock()
		if n := len(told); n > 0 && told[n-1].Rev >= rev {
			return told
		}
		select {
		case <-d.news:
		case <-late:
			require.Fail(t, "a revision did not come", "%d; told: %d changes", rev, len(told))
		}
	}
}
